// The search box: a combobox with a list, as https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ has it. Without this file it
// is a form. With it, what is typed is posted, and stays out of the address.
(() => {
  const form = document.querySelector("[data-search]");
  if (!form) return;
  const box = form.querySelector("input");
  const popup = form.querySelector(".suggestions");
  const list = popup.querySelector("[role=listbox]");
  const state = popup.querySelector(".suggestions-state");
  const said = form.querySelector("[role=status]");
  // Renewed when somebody signs in again in another tab: see session.js.
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  let asked = null;
  let timer = 0;
  let slow = 0;
  let active = null;
  // Whether what is listed was found for what stood in the box before: it can be looked at, and not be chosen by keys.
  let isStale = false;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  form.method = "post";
  const mark = document.createElement("input");
  mark.type = "hidden";
  mark.name = "csrfmiddlewaretoken";
  mark.value = csrf();
  form.append(mark);

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

  // Nothing that was asked before may come any more.
  const halt = () => {
    asked?.abort();
    asked = null;
    clearTimeout(timer);
    clearTimeout(slow);
  };

  const close = () => {
    halt();
    choose(null);
    isStale = false;
    popup.hidden = true;
    box.setAttribute("aria-expanded", "false");
  };

  const show = (html) => {
    const answer = document.createElement("template");
    answer.innerHTML = html;
    const [found, told] = answer.content.children;
    if (found?.localName !== "ul" || !told) return false;
    const was = active?.id;
    choose(null);
    list.replaceChildren(...found.children);
    isStale = false;
    state.replaceChildren(...told.childNodes);
    // Only while the choice is still there: what comes later must not move it.
    if (was) choose(options().find((option) => option.id === was));
    popup.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (said.textContent !== told.dataset.said) said.textContent = told.dataset.said;
    if (told.dataset.again) timer = setTimeout(ask, Number(told.dataset.again));
    return true;
  };

  const tell = (text, ...more) => {
    list.replaceChildren();
    choose(null);
    isStale = false;
    const note = document.createElement("p");
    note.className = "suggestion-state";
    note.textContent = text;
    state.replaceChildren(note, ...more);
    said.textContent = text;
    popup.hidden = false;
    box.setAttribute("aria-expanded", "false");
  };

  const tellThatItTakesLong = () => {
    const bar = document.createElement("progress");
    bar.className = "scan-bar";
    bar.setAttribute("aria-label", "Searching");
    tell("Searching", bar);
  };

  const ask = async () => {
    halt();
    const mine = asked = new AbortController();
    if (popup.hidden || isStale) slow = setTimeout(tellThatItTakesLong, 200);
    try {
      const answer = await fetch(form.dataset.search, {
        method: "POST", signal: mine.signal, credentials: "same-origin", redirect: "manual",
        headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ q: box.value }),
      });
      const html = await answer.text();
      if (mine !== asked) return;
      clearTimeout(slow);
      asked = null;
      if (!answer.ok || !show(html)) tell("Suggestions are not to be had now. Enter says why.");
    } catch (error) {
      if (error.name === "AbortError" || mine !== asked) return;
      halt();
      tell("The portal did not answer. Nothing was changed.");
    }
  };

  const open = (option) => {
    if (option.dataset.href) location.assign(option.dataset.href);
    else form.requestSubmit();
  };

  const move = (by) => {
    const all = options();
    if (popup.hidden || isStale || !all.length) {
      if (box.value.trim() && !asked) ask();
      return;
    }
    const at = all.indexOf(active);
    choose(by > 0 ? all[at + 1] ?? null : at < 0 ? all.at(-1) : all[at - 1] ?? null);
  };

  box.addEventListener("input", () => {
    halt();
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
      close(); // or the list, which scrolls, would take the focus along into nothing
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (popup.hidden) box.value = "";
      close();
    }
  });

  form.addEventListener("submit", (event) => {
    if (!box.value.trim()) event.preventDefault();
  });
  // The focus stays in the box while something is chosen with the mouse.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) open(option);
  });
  box.addEventListener("blur", close);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
