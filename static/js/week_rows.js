/* Rows are added in place, and what was typed before the tab was closed comes back. */
import { cellOf, minutesOf, recount, week, words } from "./week_cells.js";
import { put } from "./week_grid.js";
import { failed, flush, queue } from "./week_save.js";
import { forget, forgetAll, unsaved } from "./week_store.js";

const bodyOf = () => document.querySelector(".psa-week tbody");
const rowOf = (key) => [...document.querySelectorAll("[data-row]")].find((row) => row.dataset.row === key);

/* The row as the server draws it, put above those of leave; the address then names it too. */
const add = async (keys) => {
  const address = new URL(location.href);
  keys.forEach((key) => address.searchParams.append("row", key));
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  let first = null;
  for (const row of page.querySelectorAll("[data-row]")) {
    if (rowOf(row.dataset.row)) continue;
    const made = document.adoptNode(row);
    const before = bodyOf().querySelector(".psa-wk-leave");
    bodyOf().querySelector(".psa-wk-none")?.closest("tr").remove();
    if (before) before.before(made); else bodyOf().append(made);
    window.htmx?.process(made);
    first ??= made;
  }
  history.replaceState(history.state, "", address);
  recount();
  return first;
};

const keyOf = (form) => {
  const data = new FormData(form);
  const [project, task = "", role = "", billing = "", ...activity] = data.getAll("row").at(-1).split(":");
  const vary = (name, held) => data.get(name) || held;
  return `${project}:${task}:${vary("role", role)}:${vary("billing", billing)}:${vary("activity", activity.join(":"))}`;
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-add-row]") || !form.closest(".psa-wk")) return;
  event.preventDefault();
  const key = keyOf(form);
  const askedFrom = document.activeElement;
  // Whoever went on meanwhile, into another cell or its comment, is not called back.
  const focus = (row) => {
    if ([askedFrom, document.body].includes(document.activeElement)) row?.querySelector("[data-cell]")?.focus();
  };
  if (rowOf(key)) { focus(rowOf(key)); return; }
  add([key]).then((row) => focus(row ?? rowOf(key)), () => form.submit());
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-add-row] select")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

/* Coming back */
const isDone = (cell, change) =>
  (change.typed === undefined || minutesOf(change.typed) === (Number(cell.dataset.minutes) || 0)) &&
  (change.description === undefined || change.description.trim() === (cell.dataset.description ?? "")) &&
  (change.note === undefined || change.note.trim() === (cell.dataset.note ?? ""));

const bringBack = (ref, change) => {
  const cell = cellOf(ref);
  if (!cell) return false;
  if (isDone(cell, change)) { forget(ref); return false; }
  if (change.key && !cell.dataset.entry) cell.dataset.key = change.key;
  if (cell.readOnly || (change.version ?? "") !== (cell.dataset.version ?? "")) {
    const held = cell.value || words("nothing");
    const typed = change.typed ?? change.description ?? change.note;
    if (change.typed !== undefined && !cell.readOnly) cell.value = change.typed;
    failed(cell, words("changed", { typed, held }));
    return true;
  }
  const { typed, description, note } = change;
  if (typed !== undefined) put(cell, typed, cell.value);
  const comments = { ...(description !== undefined && { description }), ...(note !== undefined && { note }) };
  Object.assign(cell.dataset, comments);
  if (Object.keys(comments).length) queue(cell, comments);
  return true;
};

const restore = async () => {
  const kept = Object.entries(unsaved());
  if (!kept.length || !bodyOf()) return;
  const days = new Set([...document.querySelectorAll("[data-day-total]")].map((one) => one.dataset.dayTotal));
  const isHere = ([ref]) => days.has(ref.slice(ref.lastIndexOf("|") + 1));
  const missing = kept.filter(isHere).map(([ref]) => ref.slice(0, ref.lastIndexOf("|"))).filter((key) => !rowOf(key));
  if (missing.length) await add([...new Set(missing)]);
  const back = kept.filter(isHere).filter(([ref, change]) => bringBack(ref, change)).length;
  const elsewhere = kept.filter((one) => !isHere(one)).length;
  if (!back && !elsewhere) return;
  const box = document.querySelector("[data-restored]");
  const told = [];
  if (back) told.push(words(back === 1 ? "back_one" : "back_many", { count: back }));
  if (elsewhere) told.push(words("elsewhere", { count: elsewhere }));
  box.querySelector("[data-restored-text]").textContent = told.join(" ");
  box.hidden = false;
};

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-drop-restored]")) return;
  forgetAll();
  location.reload();
});

/* What a timer left stands in the week at once. */
document.addEventListener("psa:timer-stopped", () => {
  if (week()) flush().then(() => location.reload());
});

if (week()) restore().catch(() => {});
