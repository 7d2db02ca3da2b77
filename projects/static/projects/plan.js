// The plan by keyboard: arrows walk and fold, Enter or F2 edits, Ins adds, Alt with an arrow moves.
// Works on whatever #plan is in the page, so it survives htmx swaps.

const folded = new Set();
const rows = () => [...document.querySelectorAll("#plan tr[data-task]")];
const shown = () => rows().filter((row) => !row.hidden);
const depth = (row) => Number(row.dataset.depth);

function choose(row, focus = true) {
  for (const other of rows()) {
    const is = other === row;
    other.setAttribute("aria-selected", String(is));
    if (!other.hasAttribute("data-edit")) other.tabIndex = is ? 0 : -1;
  }
  const pick = row.querySelector(".plan-pick");
  if (pick) pick.checked = true;
  if (focus) row.focus();
}

function applyFolds() {
  let hiddenBelow = Infinity;
  for (const row of rows()) {
    row.hidden = depth(row) > hiddenBelow;
    if (row.hidden) continue;
    hiddenBelow = Infinity;
    if (row.hasAttribute("aria-expanded")) {
      const isFolded = folded.has(row.dataset.task);
      row.setAttribute("aria-expanded", String(!isFolded));
      if (isFolded) hiddenBelow = depth(row);
    }
  }
}

function fold(row, close) {
  if (close) folded.add(row.dataset.task);
  else folded.delete(row.dataset.task);
  applyFolds();
}

function parentOf(row) {
  const all = rows();
  return all.slice(0, all.indexOf(row)).reverse().find((r) => depth(r) < depth(row));
}

function command(name) {
  const button = document.querySelector(`#plan-arrange button[value="${name}"]`);
  if (button) button.click();
}

function walk(row, event) {
  const all = shown();
  const at = all.indexOf(row);
  const isSummary = row.hasAttribute("aria-expanded");
  const isOpen = row.getAttribute("aria-expanded") === "true";
  let to = null;
  if (event.key === "ArrowDown") to = all[at + 1];
  else if (event.key === "ArrowUp") to = all[at - 1];
  else if (event.key === "Home") to = all[0];
  else if (event.key === "End") to = all[all.length - 1];
  else if (event.key === "ArrowRight" && isSummary && !isOpen) fold(row, false);
  else if (event.key === "ArrowRight" && isSummary) to = all[at + 1];
  else if (event.key === "ArrowLeft" && isSummary && isOpen) fold(row, true);
  else if (event.key === "ArrowLeft") to = parentOf(row);
  else return false;
  if (to) choose(to);
  return true;
}

const MOVES = { ArrowRight: "indent", ArrowLeft: "outdent", ArrowUp: "up", ArrowDown: "down" };

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#plan tr[data-task]");
  if (!row) return;
  if (row.hasAttribute("data-edit")) {
    if (event.key === "Escape") row.querySelector("[data-cancel]")?.click();
    return;
  }
  if (event.target !== row && event.target.matches("input:not(.plan-pick), select, textarea")) return;
  if (event.ctrlKey || event.metaKey) return;
  let done = true;
  if (event.altKey && MOVES[event.key]) command(MOVES[event.key]);
  else if (event.altKey) done = false;
  else if (event.key === "Enter" || event.key === "F2") row.querySelector("[data-edit-link]")?.click();
  else if (event.key === "Insert") command("add");
  else if (event.key === "Delete") command("delete");
  else done = walk(row, event);
  if (done) {
    event.preventDefault();
    event.stopPropagation();
  }
});

document.addEventListener("click", (event) => {
  const row = event.target.closest?.("#plan tr[data-task]");
  if (!row) return;
  if (event.target.closest("[data-fold]")) {
    fold(row, row.getAttribute("aria-expanded") === "true");
    return;
  }
  if (!event.target.closest("a, button, select") && !row.hasAttribute("data-edit")) {
    choose(row, !event.target.closest("input"));
  }
});

document.addEventListener("htmx:afterSettle", () => {
  if (!document.querySelector("#plan")) return;
  applyFolds();
  const edited = document.querySelector("#plan tr[data-edit] input[name=name]");
  if (edited) edited.select();
  else document.querySelector('#plan tr[aria-selected="true"]')?.focus();
});

const target = location.hash ? document.querySelector(location.hash) : null;
if (target?.matches("#plan tr[data-task]")) choose(target);
