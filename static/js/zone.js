// My account: offer the time zone of the browser if it differs from the saved one.
(() => {
  const button = document.querySelector("[data-browser-zone]");
  const field = document.querySelector("input[name=time_zone]");
  if (!button || !field) return;

  // The list shows only what matches the text, so select the text to let the person replace it.
  field.addEventListener("focus", () => field.select());

  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!own || own === button.form.dataset.zone) return;
  button.textContent = `Use ${own} (this browser)`;
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = own;
    button.form.requestSubmit();
  });
})();
