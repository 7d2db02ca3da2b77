/* Lists: J K move, X selects, Shift X selects to here, Enter opens, Esc clears. */
import { told } from "./words.js";
let cursor = null;
let mark = null;

const list = () => document.querySelector("[data-list]");
const rows = () => [...(list()?.querySelectorAll("tr[data-row]") ?? [])];
const boxOf = (row) => row.querySelector('input[name="selected"]');
const typing = (element) =>
  element.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [popover]");

const moveTo = (row) => {
  cursor?.removeAttribute("data-cursor");
  cursor = row;
  if (!row) return;
  row.setAttribute("data-cursor", "");
  row.scrollIntoView({ block: "nearest" });
  (row.querySelector("th a, a") ?? boxOf(row))?.focus({ preventScroll: true });
};

const paint = () => {
  const bar = list()?.querySelector("[data-bulk]");
  if (!bar) return;
  const all = rows();
  const chosen = all.filter((row) => boxOf(row)?.checked);
  all.forEach((row) => row.toggleAttribute("data-on", Boolean(boxOf(row)?.checked)));
  const whole = bar.querySelector('input[name="all"]');
  const everything = bar.querySelector("[data-bulk-all]");
  if (chosen.length < all.length) whole.value = "";
  bar.hidden = chosen.length === 0;
  bar.querySelector("[data-bulk-count]").textContent =
    whole.value ? told("All {count} selected", { count: everything.dataset.count }) : told("{count} selected", { count: chosen.length });
  everything.hidden = Boolean(whole.value) || chosen.length < all.length || !list().querySelector('[rel="next"], [rel="prev"]');
  const head = list().querySelector("[data-check-all]");
  head.checked = chosen.length === all.length;
  head.indeterminate = chosen.length > 0 && chosen.length < all.length;
};

const clear = () => {
  rows().forEach((row) => { const box = boxOf(row); if (box) box.checked = false; });
  const whole = list()?.querySelector('[data-bulk] input[name="all"]');
  if (whole) whole.value = "";
  mark = null;
  paint();
};

const select = (row, toMark) => {
  const all = rows();
  const on = !boxOf(row)?.checked;
  const [from, to] = [all.indexOf(toMark && mark ? mark : row), all.indexOf(row)].sort((a, b) => a - b);
  for (const one of all.slice(Math.max(from, 0), to + 1)) {
    const box = boxOf(one);
    if (box) box.checked = toMark ? true : on;
  }
  mark = row;
  paint();
};

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-check-all]")) {
    rows().forEach((row) => { boxOf(row).checked = event.target.checked; });
    paint();
  } else if (event.target.matches('input[name="selected"]')) {
    mark = event.target.closest("tr");
    paint();
  }
});

/* The column chooser: a column goes one place up or down; the form sends them in this order. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const item = button?.closest("[data-column]");
  if (!item) return;
  if (button.dataset.move === "-1") item.previousElementSibling?.matches("[data-column]") && item.previousElementSibling.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) clear();
  if (event.target.closest("[data-bulk-all]")) {
    list().querySelector('[data-bulk] input[name="all"]').value = "1";
    paint();
  }
});

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.letters === "off") return;
  if (!list() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target instanceof Element && typing(event.target)) return;
  const all = rows();
  const at = all.indexOf(cursor?.isConnected ? cursor : null);
  const key = event.key.toLowerCase();
  if (key === "j") moveTo(all[Math.min(at + 1, all.length - 1)]);
  else if (key === "k") moveTo(all[Math.max(at - 1, 0)]);
  else if (key === "x" && at >= 0) select(all[at], event.shiftKey);
  else if (key === "enter" && at >= 0 && !event.target.closest("a, button") && all[at].dataset.href) location.assign(all[at].dataset.href);
  else if (key === "escape") clear();
  else return;
  event.preventDefault();
});

/* A list counts as one state of the page: Back restores the boxes as the browser remembers them. */
addEventListener("pageshow", () => { paint(); pin(); });
addEventListener("resize", () => pin());
document.addEventListener("htmx:afterSettle", () => { cursor = null; paint(); pin(); });

/* Pinned columns stand beside one another, each as far from the left as those before it are wide. */
const pin = () => {
  const table = document.querySelector("table[data-pin]");
  if (!table) return;
  for (const row of table.rows) {
    let left = 0;
    for (const cell of row.cells) {
      if (!cell.matches(".psa-pin, .psa-fit")) break;
      cell.style.insetInlineStart = `${left}px`;
      left += cell.offsetWidth;
    }
  }
};
pin();
