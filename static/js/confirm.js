// Submit the pending form. Without scripts, the person presses the button. After a reload the page only shows the button, so
// that nothing is submitted automatically a second time.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (visit && visit.type !== "navigate") return;
  document.querySelector("form[data-send-now]")?.requestSubmit();
})();
