// The forecast by keyboard: up and down walk the column, Enter goes down, as in a spreadsheet.

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-forecast]");
  if (!cell) return;
  const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const cells = [...document.querySelectorAll("[data-forecast]")];
  const next = cells[cells.indexOf(cell) + step];
  if (!next) return;
  next.focus();
  next.select();
});
