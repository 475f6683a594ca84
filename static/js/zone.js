// My account: offers the browser's own time zone when it is another than the one that is set.
(() => {
  const button = document.querySelector("[data-browser-zone]");
  const field = document.querySelector("input[name=time_zone]");
  if (!button || !field) return;

  // A list shows only what fits the text in the field: with the text selected, typing begins anew.
  field.addEventListener("focus", () => field.select());

  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!own || own === button.form.dataset.zone) return;
  button.textContent = `Use ${own}, as this browser does`;
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = own;
    button.form.requestSubmit();
  });
})();
