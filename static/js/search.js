// The search box, a combobox with a list: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. Without this file it is a plain
// form. This file posts the text, which keeps it out of URLs.
(() => {
  const form = document.querySelector("[data-search]");
  if (!form) return;
  const box = form.querySelector("input");
  const popup = form.querySelector(".suggestions");
  const list = popup.querySelector("[role=listbox]");
  const state = popup.querySelector(".suggestions-state");
  const announcer = form.querySelector("[role=status]");
  // session.js replaces the token when the person signs in again in another tab.
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  let request = null;
  let timer = 0;
  let slowTimer = 0;
  let active = null;
  // Whether the list belongs to an earlier text. Then it stays visible, but keys cannot select from it.
  let isStale = false;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  form.method = "post";
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = csrf();
  form.append(token);

  const options = () => [...list.querySelectorAll("[role=option]")];

  const choose = (option) => {
    active?.setAttribute("aria-selected", "false");
    active = option ?? null;
    active?.setAttribute("aria-selected", "true");
    if (active) {
      box.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };

  // Cancel the running request and all timers.
  const cancel = () => {
    request?.abort();
    request = null;
    clearTimeout(timer);
    clearTimeout(slowTimer);
  };

  const close = () => {
    cancel();
    choose(null);
    isStale = false;
    popup.hidden = true;
    box.setAttribute("aria-expanded", "false");
  };

  const show = (html) => {
    const answer = document.createElement("template");
    answer.innerHTML = html;
    const [found, status] = answer.content.children;
    if (found?.localName !== "ul" || !status) return false;
    const activeId = active?.id;
    choose(null);
    list.replaceChildren(...found.children);
    isStale = false;
    state.replaceChildren(...status.childNodes);
    // Select the same option again, if the new list still has it.
    if (activeId) choose(options().find((option) => option.id === activeId));
    popup.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (announcer.textContent !== status.dataset.announcement) announcer.textContent = status.dataset.announcement;
    if (status.dataset.repeatAfter) timer = setTimeout(ask, Number(status.dataset.repeatAfter));
    return true;
  };

  const showMessage = (text, ...more) => {
    list.replaceChildren();
    choose(null);
    isStale = false;
    const note = document.createElement("p");
    note.className = "suggestion-state";
    note.textContent = text;
    state.replaceChildren(note, ...more);
    announcer.textContent = text;
    popup.hidden = false;
    box.setAttribute("aria-expanded", "false");
  };

  const showProgress = () => {
    const bar = document.createElement("progress");
    bar.className = "scan-bar";
    bar.setAttribute("aria-label", "Searching");
    showMessage("Searching", bar);
  };

  const ask = async () => {
    cancel();
    const mine = request = new AbortController();
    if (popup.hidden || isStale) slowTimer = setTimeout(showProgress, 200);
    try {
      const answer = await fetch(form.dataset.search, {
        method: "POST", signal: mine.signal, credentials: "same-origin", redirect: "manual",
        headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ q: box.value }),
      });
      const html = await answer.text();
      if (mine !== request) return;
      clearTimeout(slowTimer);
      request = null;
      if (!answer.ok || !show(html)) showMessage("Suggestions are unavailable. Press Enter to see why.");
    } catch (error) {
      if (error.name === "AbortError" || mine !== request) return;
      cancel();
      showMessage("The portal did not respond. Nothing was changed.");
    }
  };

  const open = (option) => {
    if (option.dataset.href) location.assign(option.dataset.href);
    else form.requestSubmit();
  };

  const move = (by) => {
    const all = options();
    if (popup.hidden || isStale || !all.length) {
      if (box.value.trim() && !request) ask();
      return;
    }
    const at = all.indexOf(active);
    choose(by > 0 ? all[at + 1] ?? null : at < 0 ? all.at(-1) : all[at - 1] ?? null);
  };

  box.addEventListener("input", () => {
    cancel();
    choose(null);
    isStale = true;
    if (!box.value.trim()) close();
    else timer = setTimeout(ask, 150);
  });

  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active) {
      event.preventDefault();
      open(active);
    } else if (event.key === "Tab") {
      close(); // otherwise the list would receive the focus, because it can scroll
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (popup.hidden) box.value = "";
      close();
    }
  });

  form.addEventListener("submit", (event) => {
    if (!box.value.trim()) event.preventDefault();
  });
  // Keep the focus in the box while the mouse selects an option.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) open(option);
  });
  box.addEventListener("blur", close);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.documentElement.matches(".keys-off")) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
