// Warn before a session ends, and keep the input of forms. Without this file, a person whose session has ended signs in and
// fills in the form again.
(() => {
  const body = document.body;
  const dialog = document.getElementById("session-dialog");
  const person = body.dataset.person;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  // Tell other windows who this page is for. They react if it is another person.
  channel?.postMessage(person);
  if (!person || !dialog) return;

  const address = body.dataset.session;
  const warningSeconds = Number(body.dataset.sessionWarning);
  const part = (name) => dialog.querySelector(`[data-session-${name}]`);
  let endsAt = Date.now() + Number(body.dataset.sessionSeconds) * 1000;
  let csrfToken = null;
  let hasEnded = false;
  let timer = 0;
  let askedAt = Date.now();
  let isDismissed = false;

  // --- Dialog ------------------------------------------------------------------------------------------------------
  const show = (state) => {
    for (const other of dialog.querySelectorAll("[data-session-state]")) {
      other.hidden = other.dataset.sessionState !== state;
      // The visible heading labels the dialog.
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

  const showTime = () => {
    const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(endsAt);
    part("at").textContent = time;
    part("left").textContent = left > 60 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left} seconds`;
  };

  const warn = (canBeExtended) => {
    for (const element of dialog.querySelectorAll("[data-session-why]")) {
      element.hidden = (element.dataset.sessionWhy === "idle") !== canBeExtended;
    }
    showTime();
    show("ending");
  };

  const end = () => {
    if (!hasEnded) document.title = `Signed out · ${document.title}`;
    hasEnded = true;
    show("over");
  };

  const resume = () => {
    if (hasEnded) document.title = document.title.replace("Signed out · ", "");
    hasEnded = false;
    close();
  };

  // --- State of the session -----------------------------------------------------------------------------------------
  const replaceToken = (token) => {
    csrfToken = token;
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
  };

  const apply = (status) => {
    if (status.person && status.person !== person) {
      // Another person has signed in: hide everything of the previous one.
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
    replaceToken(status.csrf_token);
    const isNear = endsAt - Date.now() <= warningSeconds * 1000;
    if (!isNear) isDismissed = false;
    if (isNear && !isDismissed) {
      hasEnded = false;
      warn(status.can_be_prolonged);
    } else {
      resume();
    }
    schedule();
  };

  // Returns false if the portal did not respond.
  const ask = async (options = {}) => {
    askedAt = Date.now();
    try {
      const answer = await fetch(address, { cache: "no-store", ...options });
      if (!answer.ok) return false;
      apply(await answer.json());
      return true;
    } catch {
      return false;
    }
  };

  const extend = async () => {
    if (csrfToken === null) await ask();
    const done = await ask({ method: "POST", headers: { "X-CSRFToken": csrfToken ?? "" } });
    if (done && !hasEnded) channel?.postMessage("prolonged");
    else if (!done) await ask();
  };

  // --- Schedule -----------------------------------------------------------------------------------------------------
  // Once a second while the dialog counts down, otherwise when the warning or the end is due. Another window may have extended
  // the session, so ask the portal before showing anything.
  const tick = () => {
    const left = endsAt - Date.now();
    if (!hasEnded && dialog.open && left > 0) {
      showTime();
      schedule();
    } else {
      ask().then((answered) => { if (!answered) schedule(); });
    }
  };

  function schedule() {
    clearTimeout(timer);
    if (hasEnded) {
      timer = setTimeout(tick, 60_000);
      return;
    }
    const left = endsAt - Date.now();
    const untilWarning = left - warningSeconds * 1000;
    let pause = dialog.open ? 1000 : Math.max(untilWarning, 0);
    if (!dialog.open && untilWarning <= 0) pause = Math.max(left, 0);
    // Timers are limited to 24 days. The lower limit keeps failed requests from repeating immediately.
    timer = setTimeout(tick, Math.min(Math.max(pause, 500), 3_600_000));
  }

  const askIfStale = () => {
    if (document.visibilityState === "visible" && (hasEnded || dialog.open || Date.now() - askedAt > 5000)) ask();
  };

  channel?.addEventListener("message", (event) => {
    if (event.data !== person || hasEnded || dialog.open) ask();
  });
  addEventListener("focus", askIfStale);
  document.addEventListener("visibilitychange", askIfStale);
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });

  part("stay").addEventListener("click", extend);
  const dismiss = () => {
    isDismissed = true;
    close();
    schedule();
  };

  part("close").addEventListener("click", dismiss);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (!hasEnded) dismiss();
  });
  // Chromium closes the dialog if Escape is pressed twice.
  dialog.addEventListener("close", () => { if (hasEnded) dialog.showModal(); });

  // --- Forms: check the session before a submit ----------------------------------------------------------------------
  // In the capture phase, before portal.js marks the form as sent.
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
    // If the portal does not respond, the submit itself will show that.
    await ask();
    delete form.dataset.checking;
    if (hasEnded || body.hidden) return;
    form.dataset.alive = "yes";
    form.requestSubmit(submitter);
  }, true);

  schedule();
})();
