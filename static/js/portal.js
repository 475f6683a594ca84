// Copy buttons, the theme, single submits and panels. Pages work without this file.
(() => {
  const announce = (text) => {
    const announcer = document.getElementById("announcer");
    announcer.textContent = "";
    // Without a pause, screen readers ignore a text that is announced twice in a row.
    setTimeout(() => { announcer.textContent = text; }, 50);
  };

  // --- Copy buttons ----------------------------------------------------------------------------------------------
  const mark = (button, isCopied) => {
    button.classList.toggle("is-copied", isCopied);
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, isCopied ? "#check" : "#copy"));
  };

  const copied = (button) => {
    mark(button, true);
    announce("Copied");
    setTimeout(() => mark(button, false), 2000);
  };

  // navigator.clipboard requires https or a loopback host.
  const copyWithCommand = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  };

  const copy = async (button) => {
    const text = button.dataset.copy || button.parentElement.querySelector("code, pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
      copied(button);
    } catch {
      const done = copyWithCommand(text);
      button.focus();
      if (done) copied(button); else announce("Copying failed. Select the text and copy it manually.");
    }
  };

  // --- Theme ------------------------------------------------------------------------------------------------------
  const showTheme = () => {
    const isDark = document.documentElement.dataset.bsTheme === "dark";
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(isDark));
    }
  };

  const enhance = (part) => {
    for (const button of part.querySelectorAll("[data-copy]")) button.hidden = false;
  };

  const closeOtherMenus = (event) => {
    for (const menu of document.querySelectorAll("details.person[open], details.views[open], details.export[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.closest("[data-theme-toggle]")) {
      const isDark = document.documentElement.dataset.bsTheme === "dark";
      document.dispatchEvent(new CustomEvent("themechoice", { detail: isDark ? "light" : "dark" }));
    }
    closeOtherMenus(event);
  });

  // A menu that stays open would cover what has the focus. Not with a mouse: what is clicked would move.
  document.addEventListener("keyup", (event) => {
    if (event.key === "Tab") closeOtherMenus(event);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.person[open], details.views[open], details.export[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // --- Forms: submit once -------------------------------------------------------------------------------------------
  const release = (form) => {
    for (const button of form.querySelectorAll("button[type=submit]")) {
      button.disabled = false;
      if (button.dataset.label) button.textContent = button.dataset.label;
    }
    delete form.dataset.sent;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // After this event: otherwise the browser omits the button's value, and some do not submit at all.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit]")) {
        button.disabled = true;
        if (button.dataset.busy) {
          button.dataset.label = button.textContent;
          button.textContent = button.dataset.busy;
        }
      }
    });
  });

  // A page from the back/forward cache is as it was left: enable its buttons again.
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.querySelectorAll("form[data-once]")) release(form);
  });

  // Remove a secret that is shown once, so that the back button does not show it again.
  addEventListener("pagehide", () => {
    for (const secret of document.querySelectorAll("[data-secret]")) {
      secret.textContent = "This is not shown again.";
    }
  });

  // --- Panels that htmx reloads -------------------------------------------------------------------------------------
  // Found before the request: afterwards its target may have been replaced and be in no panel.
  const panels = new WeakMap();
  const panelOf = (context) => panels.get(context);

  document.addEventListener("htmx:before:request", (event) => {
    const panel = event.detail.ctx?.target?.closest?.("[data-panel]");
    if (!panel) return;
    panels.set(event.detail.ctx, panel);
    panel.setAttribute("aria-busy", "true");
  });

  document.addEventListener("htmx:finally:request", (event) => {
    const panel = panelOf(event.detail.ctx);
    if (!panel) return;
    panel.removeAttribute("aria-busy");
    enhance(document); // a response may also replace parts outside the panel
    const failure = panel.querySelector("[data-failure]");
    if (failure) announce(failure.dataset.failure);
    else if (event.detail.ctx.sourceEvent?.type === "click") announce("Refreshed");
    // The account status is updated from what this panel has read.
    if (panel.matches("[data-updates-status]")) document.body.dispatchEvent(new CustomEvent("panelload"));
  });

  // No response: the portal itself is unreachable.
  document.addEventListener("htmx:error", (event) => {
    const panel = panelOf(event.detail.ctx);
    if (!panel) return;
    const note = document.createElement("p");
    note.className = "panel-note";
    note.textContent = "The portal did not respond. Nothing was changed. Reload the page in a moment.";
    panel.replaceChildren(note);
    announce(note.textContent);
  });

  // Of tabs that are wider than the window, show the current one.
  for (const tab of document.querySelectorAll(":is(.tabs, .section-tabs) [aria-current]")) {
    const row = tab.closest("ul");
    const box = tab.getBoundingClientRect();
    row.scrollLeft += box.left + box.width / 2 - row.getBoundingClientRect().left - row.clientWidth / 2;
  }

  showTheme();
  document.addEventListener("themechange", showTheme);
  enhance(document);
  document.querySelector("[data-focus]")?.focus();
})();
