// Single keys, and their help in a dialog. A link or button names its key in aria-keyshortcuts. Without this file, the help is
// a page, and the links have no keys.
(() => {
  const root = document.documentElement;
  const link = document.querySelector("[data-keyboard-help]");
  let dialog = null;

  const areOn = () => {
    try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
  };
  const apply = () => { root.classList.toggle("keys-off", !areOn()); };

  // The setting is in the dialog, and on the page of the help.
  const showChoice = (part) => {
    const choice = part.querySelector("[data-keys-choice]");
    if (!choice) return;
    const box = choice.querySelector("input");
    choice.hidden = false;
    box.checked = areOn();
    box.addEventListener("change", () => {
      try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { box.checked = true; }
      apply();
    });
  };

  const show = async () => {
    if (dialog?.open || !link) return;
    let help = "";
    try {
      const answer = await fetch(link.href, { credentials: "same-origin", redirect: "manual", headers: { "HX-Request": "true" } });
      if (answer.ok) help = await answer.text();
    } catch { /* the page says why it does not open */ }
    if (!help) {
      location.assign(link.href);
      return;
    }
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "session-dialog keys-dialog";
      dialog.setAttribute("aria-labelledby", "keys-title");
      document.body.append(dialog);
    }
    if (dialog.open) return;
    const title = document.createElement("h2");
    title.className = "session-title";
    title.id = "keys-title";
    title.textContent = "Keyboard";
    const content = document.createElement("div");
    content.innerHTML = help;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-primary";
    close.textContent = "Close";
    close.autofocus = true;
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(title, content, close);
    showChoice(dialog);
    // The browser returns the focus to where it was when the dialog closes.
    dialog.showModal();
  };

  link?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const menu = link.closest("details");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    show();
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (event.key === "?") {
      event.preventDefault();
      show();
      return;
    }
    if (!/^[a-z]$/.test(event.key)) return;
    const target = document.querySelector(`a[aria-keyshortcuts="${event.key}"]`);
    if (!target) return;
    event.preventDefault();
    target.click();
  });

  apply();
  addEventListener("storage", apply);
  showChoice(document);
})();
