// The grid of a price list: Up and Down go to the same column of the next row, as in a spreadsheet.
document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const field = event.target;
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!(field instanceof HTMLInputElement) || !field.closest(".psa-prices")) return;
  const cell = field.closest("td");
  const rows = [...field.closest("tbody").rows];
  const next = rows[rows.indexOf(cell.parentElement) + step];
  const target = next?.cells[cell.cellIndex]?.querySelector("input:not([type=hidden])");
  if (!target) return;
  event.preventDefault();
  target.focus();
  if (target.type !== "checkbox") target.select();
});
