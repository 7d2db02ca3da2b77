/* The cells of the week: where they are, what a paste brings, and their totals. */
import { DAY, clock as hours, minutesOf } from "./durations.js";

export { DAY, minutesOf };

export const week = () => document.querySelector("[data-week]");
/* The page's own words, with what stands in braces filled in. */
export const words = (name, values = {}) => {
  let all;
  try { all = JSON.parse(week()?.dataset.words ?? "{}"); } catch { all = {}; }
  return (all[name] ?? name).replace(/{(\w+)}/g, (whole, key) => values[key] ?? whole);
};
export const isCell = (element) => element instanceof HTMLInputElement && element.hasAttribute("data-cell");
export const shown = (element) => element.getClientRects().length > 0;
export const rows = () => [...document.querySelectorAll(".psa-week tbody tr")]
  .map((row) => [...row.querySelectorAll("[data-cell]")]).filter((row) => row.length);
export const place = (cell) => {
  const all = rows();
  const y = all.findIndex((row) => row.includes(cell));
  return { all, y, x: y < 0 ? -1 : all[y].indexOf(cell) };
};
export const cellOf = (ref) =>
  [...document.querySelectorAll("[data-cell]")].find((cell) => cell.dataset.cell === ref && shown(cell));

/* As the page writes hours: in its decimals, or as 7:30. */
export const clock = (minutes) => {
  const { decimal, decimalMark } = week()?.dataset ?? {};
  return hours(minutes, Boolean(decimal), decimalMark);
};

/* A spreadsheet gives times with seconds, and text in quotes. */
export const pasted = (text) => text.trim().replace(/^"(.*)"$/, "$1").replace(/^(\d{1,3}:\d\d):\d\d$/, "$1");

export const recount = () => {
  const days = new Map();
  let total = 0;
  for (const row of rows()) {
    let sum = 0;
    for (const cell of row) {
      const minutes = minutesOf(cell.value) ?? (Number(cell.dataset.minutes) || 0);
      sum += minutes;
      days.set(cell.dataset.on, (days.get(cell.dataset.on) ?? 0) + minutes);
    }
    const box = row[0].closest("tr").querySelector("[data-row-total]");
    if (box) box.textContent = clock(sum);
    total += sum;
  }
  let capacity = 0;
  document.querySelectorAll("[data-day-total]").forEach((box) => {
    const minutes = days.get(box.dataset.dayTotal) ?? 0;
    const full = Number(box.dataset.capacity);
    capacity += full;
    box.querySelector("span").textContent = clock(minutes);
    box.querySelector("rect")?.setAttribute("width", Math.min(100, (minutes * 100) / Math.max((full * 5) / 4, 600)));
    const difference = document.querySelector(`[data-day-difference="${box.dataset.dayTotal}"]`);
    if (difference) {
      difference.textContent = minutes === full ? "–" : (minutes > full ? "+" : "") + clock(minutes - full);
      difference.classList.toggle("psa-amb", minutes > full);
      difference.classList.toggle("psa-2", minutes <= full);
    }
  });
  document.querySelectorAll("[data-total]").forEach((box) => { box.textContent = clock(total); });
  document.querySelectorAll("[data-missing]").forEach((box) => { box.textContent = clock(Math.max(0, capacity - total)); });
  document.querySelectorAll("[data-difference]").forEach((box) => { box.textContent = clock(total - capacity); });
};
