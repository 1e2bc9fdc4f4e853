// A click on a mark opens its event; the list below has the same events for keyboards and screen readers.

for (const mark of document.querySelectorAll("[data-open]")) {
  mark.addEventListener("click", () => location.assign(mark.dataset.open));
}
