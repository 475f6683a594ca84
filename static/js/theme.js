// Runs before the first paint, so that no page flashes in the wrong theme. "theme" in localStorage is the person's choice;
// without one, the setting of the system applies.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const apply = () => {
    root.dataset.bsTheme = chosen() ?? (dark.matches ? "dark" : "light");
    document.dispatchEvent(new Event("themechange"));
  };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("themechoice", (event) => {
    try { localStorage.setItem("theme", event.detail); } catch { root.dataset.bsTheme = event.detail; return; }
    apply();
  });
  root.classList.add("js");
  apply();
})();
