// The end of a session: a warning before it, and forms that outlive it. Everything works without this file; then a
// person who comes too late signs in again and types again.
(() => {
  const body = document.body;
  const dialog = document.getElementById("session-dialog");
  const person = body.dataset.person;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  // Every page says who it was made for. Windows of the same person learn nothing new from that.
  channel?.postMessage(person);
  if (!person || !dialog) return;

  const address = body.dataset.session;
  const warningSeconds = Number(body.dataset.sessionWarning);
  const part = (name) => dialog.querySelector(`[data-session-${name}]`);
  let endsAt = Date.now() + Number(body.dataset.sessionSeconds) * 1000;
  let csrfToken = null;
  let isOver = false;
  let timer = 0;
  let asked = Date.now();
  let isDismissed = false;

  // --- What is shown ------------------------------------------------------------------------------------------------
  const show = (state) => {
    for (const other of dialog.querySelectorAll("[data-session-state]")) {
      other.hidden = other.dataset.sessionState !== state;
      // A dialog is named by the heading that can be seen.
      other.querySelector("[data-session-title]").id = other.hidden ? "" : "session-title";
    }
    dialog.classList.toggle("is-over", state === "over");
    dialog.hidden = false;
    if (!dialog.open) dialog.showModal();
  };

  const close = () => {
    if (dialog.open) dialog.close();
    dialog.hidden = true;
  };

  const tellTime = () => {
    const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(endsAt);
    part("at").textContent = time;
    part("left").textContent = left > 60 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left} seconds`;
  };

  const warn = (canBeProlonged) => {
    for (const element of dialog.querySelectorAll("[data-session-why]")) {
      element.hidden = (element.dataset.sessionWhy === "idle") !== canBeProlonged;
    }
    tellTime();
    show("ending");
  };

  const end = () => {
    if (!isOver) document.title = `Signed out · ${document.title}`;
    isOver = true;
    show("over");
  };

  const goOn = () => {
    if (isOver) document.title = document.title.replace("Signed out · ", "");
    isOver = false;
    close();
  };

  // --- What the portal says -----------------------------------------------------------------------------------------
  const putToken = (token) => {
    csrfToken = token;
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
  };

  const take = (status) => {
    if (status.person && status.person !== person) {
      // Somebody else signed in: nothing of the former person stays on the screen.
      body.hidden = true;
      location.replace(body.dataset.home);
      return;
    }
    if (!status.person) {
      end();
      schedule();
      return;
    }
    endsAt = Date.now() + status.ends_in_seconds * 1000;
    putToken(status.csrf_token);
    const isNear = endsAt - Date.now() <= warningSeconds * 1000;
    if (!isNear) isDismissed = false;
    if (isNear && !isDismissed) {
      isOver = false;
      warn(status.can_be_prolonged);
    } else {
      goOn();
    }
    schedule();
  };

  // Gives false when the portal did not answer.
  const ask = async (options = {}) => {
    asked = Date.now();
    try {
      const answer = await fetch(address, { cache: "no-store", ...options });
      if (!answer.ok) return false;
      take(await answer.json());
      return true;
    } catch {
      return false;
    }
  };

  const stay = async () => {
    if (csrfToken === null) await ask();
    const done = await ask({ method: "POST", headers: { "X-CSRFToken": csrfToken ?? "" } });
    if (done && !isOver) channel?.postMessage("prolonged");
    else if (!done) await ask();
  };

  // --- When to ask --------------------------------------------------------------------------------------------------
  // Once a second while a clock is shown; else at the next moment that matters. Other windows may have used the session
  // meanwhile, so nothing is shown on the strength of this window's clock alone.
  const tick = () => {
    const left = endsAt - Date.now();
    if (!isOver && dialog.open && left > 0) {
      tellTime();
      schedule();
    } else {
      ask().then((answered) => { if (!answered) schedule(); });
    }
  };

  function schedule() {
    clearTimeout(timer);
    if (isOver) {
      timer = setTimeout(tick, 60_000);
      return;
    }
    const left = endsAt - Date.now();
    const untilWarning = left - warningSeconds * 1000;
    let pause = dialog.open ? 1000 : Math.max(untilWarning, 0);
    if (!dialog.open && untilWarning <= 0) pause = Math.max(left, 0);
    // A browser counts no further than 24 days, and an answer that failed is not asked for all the time.
    timer = setTimeout(tick, Math.min(Math.max(pause, 500), 3_600_000));
  }

  const lookAgain = () => {
    if (document.visibilityState === "visible" && (isOver || dialog.open || Date.now() - asked > 5000)) ask();
  };

  channel?.addEventListener("message", (event) => {
    if (event.data !== person || isOver || dialog.open) ask();
  });
  addEventListener("focus", lookAgain);
  document.addEventListener("visibilitychange", lookAgain);
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });

  part("stay").addEventListener("click", stay);
  const putOff = () => {
    isDismissed = true;
    close();
    schedule();
  };

  part("close").addEventListener("click", putOff);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (!isOver) putOff();
  });
  // Chromium does not let a page refuse Escape twice.
  dialog.addEventListener("close", () => { if (isOver) dialog.showModal(); });

  // --- Forms: nothing is sent that would be lost ----------------------------------------------------------------------
  // Before portal.js counts it as sent.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.alive) {
      delete form.dataset.alive;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.checking) return;
    form.dataset.checking = "yes";
    const { submitter } = event;
    // A portal that does not answer will say so itself.
    await ask();
    delete form.dataset.checking;
    if (isOver || body.hidden) return;
    form.dataset.alive = "yes";
    form.requestSubmit(submitter);
  }, true);

  schedule();
})();
