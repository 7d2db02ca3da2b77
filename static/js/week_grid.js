/* The week as a spreadsheet: moves by arrow, takes blocks in and out, steps back, loses nothing that was typed. */
import { DAY, clock, isCell, minutesOf, pasted, place, recount, shown, week, words } from "./week_cells.js";
import { failed, flush, isAtRisk, isBusy, isWaiting, onTold, queue } from "./week_save.js";
import { forget } from "./week_store.js";

const COMMENT_AFTER = 500;

/* The cell that is looked at, and its comments */
let selected = null;
let anchor = null;
const box = (name) => document.querySelector(`[data-comment="${name}"]`);
const isShownNow = (cell) => cell === selected || cell === document.activeElement;

const explain = (cell) => {
  const rail = document.querySelector("[data-note-box]");
  if (!rail || !cell.closest(".psa-week")) return;
  const data = cell.dataset;
  rail.hidden = false;
  rail.querySelector("[data-note-title]").textContent = data.title;
  rail.querySelector("[data-note-day]").textContent = data.day;
  const state = [data.told, data.spans, data.from && !cell.value ? words("suggested", { source: data.from }) : ""];
  rail.querySelector("[data-state-box]").textContent = state.filter(Boolean).join(" · ");
  for (const name of ["description", "note"]) {
    if (document.activeElement !== box(name)) box(name).value = data[name] ?? "";
    box(name).readOnly = cell.readOnly;
  }
  const text = rail.querySelector("[data-say-box]");
  text.textContent = data.say ?? "";
  text.dataset.s = data.bad ? "bad" : "warn";
  const link = rail.querySelector("[data-entry-link]");
  link.hidden = !data.entry;
  if (data.entry) link.href = week().dataset.entries.replace("/0/", `/${data.entry}/`);
};
onTold((cell) => { if (isShownNow(cell)) explain(cell); });

const select = (cell) => {
  selected?.closest("td")?.classList.remove("is-cursor");
  selected = cell;
  cell.closest("td")?.classList.add("is-cursor");
  explain(cell);
};

const picked = () => {
  if (!selected) return [];
  if (!anchor || anchor === selected) return [[selected]];
  const a = place(anchor);
  const b = place(selected);
  if (a.y < 0 || b.y < 0) return [[selected]];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  return a.all.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
};
const paint = () => {
  document.querySelectorAll(".is-picked").forEach((cell) => cell.classList.remove("is-picked"));
  const cells = picked();
  if (cells.length * cells[0]?.length > 1) cells.flat().forEach((cell) => cell.closest("td").classList.add("is-picked"));
};

const move = (cell, dx, dy, extend = false) => {
  const { all, x, y } = place(cell);
  const next = all[y + dy]?.[x + dx];
  if (!next) return;
  if (extend) anchor ??= cell; else anchor = null;
  next.focus();
  next.select();
  paint();
};

/* Editing. A step back takes back all that one keypress, paste or cut did. */
const undoable = [];
let step = null;

const asOneStep = (change) => {
  step = [];
  change();
  if (step.length) undoable.push(step);
  step = null;
  if (undoable.length > 100) undoable.shift();
};

/* "over": typed over the cell, so that arrows go on to the next; "in": edited inside it, arrows move the caret. */
const begin = (cell) => {
  if (cell.readOnly) return;
  cell.dataset.editing = "in";
  cell.dataset.before ??= cell.value;
};
const stop = (cell) => { delete cell.dataset.editing; delete cell.dataset.before; };

const commit = (cell) => {
  const before = cell.dataset.before;
  stop(cell);
  if (before === undefined || cell.value === before) return;
  asOneStep(() => put(cell, cell.value, before));
};

export const put = (cell, typed, before) => {
  if (cell.readOnly) return;
  let text = typed.trim();
  if (text.startsWith("+")) {
    const more = minutesOf(text.slice(1));
    const held = minutesOf(before) ?? (Number(cell.dataset.minutes) || 0);
    if (more !== null) text = `${held + more}m`;
  }
  step?.push([cell, before]);
  const minutes = minutesOf(text);
  const isTime = minutes !== null && minutes > 0 && minutes <= DAY;
  cell.value = isTime ? clock(minutes) : text;
  queue(cell, { typed: text });
  recount();
};

const stepBack = () => {
  const last = undoable.pop();
  if (!last) return;
  last.toReversed().forEach(([cell, before]) => put(cell, before, cell.value));
  last[0][0].focus();
};

const clear = () => asOneStep(() => {
  picked().flat().filter((one) => one.value && !one.readOnly).forEach((one) => put(one, "", one.value));
});

document.addEventListener("focusin", (event) => {
  if (!isCell(event.target)) return;
  select(event.target);
  event.target.select();
});
document.addEventListener("focusout", (event) => { if (isCell(event.target)) commit(event.target); });
document.addEventListener("dblclick", (event) => { if (isCell(event.target)) begin(event.target); });
document.addEventListener("beforeinput", (event) => {
  if (!isCell(event.target) || event.target.readOnly) return;
  event.target.dataset.before ??= event.target.value;
  event.target.dataset.editing ||= "over";
});

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

document.addEventListener("keydown", (event) => {
  const cell = event.target;
  if (event.target.matches?.("[data-comment]") && (event.key === "Escape" || (event.altKey && event.key === "ArrowUp"))) {
    event.preventDefault();
    selected?.focus();
    return;
  }
  if (!isCell(cell) || event.isComposing) return;
  const editing = cell.hasAttribute("data-editing");
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey && event.key === "ArrowDown") {
    event.preventDefault();
    commit(cell);
    box("description")?.focus();
  } else if (event.key === "F2") {
    event.preventDefault();
    begin(cell);
    cell.setSelectionRange(cell.value.length, cell.value.length);
  } else if (event.key === "Enter" && !command) {
    event.preventDefault();
    if (editing) { commit(cell); move(cell, 0, event.shiftKey ? -1 : 1); } else {
      begin(cell);
      cell.setSelectionRange(cell.value.length, cell.value.length);
    }
  } else if (event.key === "Escape") {
    if (editing) { event.preventDefault(); cell.value = cell.dataset.before ?? cell.value; stop(cell); cell.select(); recount(); }
    else { anchor = null; paint(); }
  } else if (event.key === "Tab" && cell.dataset.suggested && !cell.value && !event.shiftKey) {
    asOneStep(() => put(cell, `${cell.dataset.suggested}m`, ""));
  } else if (STEPS[event.key] && !event.altKey && !command) {
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (sideways && cell.dataset.editing === "in") return;
    event.preventDefault();
    commit(cell);
    move(cell, ...STEPS[event.key], event.shiftKey);
  } else if ((event.key === "Delete" || event.key === "Backspace") && !editing) {
    event.preventDefault();
    clear();
  } else if (command && event.key.toLowerCase() === "z" && !editing) {
    event.preventDefault();
    stepBack();
  }
});

/* Start and stop of a day's row: typed like a cell, and told by it. */
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-spans-field]")) return;
  const cell = field.closest("tr").querySelector("[data-cell]");
  if (!field.value.trim()) { field.value = cell.dataset.spans ?? ""; return; }
  asOneStep(() => put(cell, field.value, cell.value));
  select(cell);
});

/* Blocks, as spreadsheets exchange them: a line a row, a tab between cells. */
const take = (event) => {
  if (!isCell(event.target) || event.target.hasAttribute("data-editing")) return false;
  event.preventDefault();
  event.clipboardData.setData("text/plain", picked().map((row) => row.map((cell) => cell.value).join("\t")).join("\n"));
  return true;
};
document.addEventListener("copy", take);
document.addEventListener("cut", (event) => { if (take(event)) clear(); });
document.addEventListener("paste", (event) => {
  const cell = event.target;
  if (!isCell(cell) || cell.hasAttribute("data-editing")) return;
  event.preventDefault();
  const lines = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "").split("\n")
    .slice(0, 100).map((line) => line.split("\t").slice(0, 7));
  const chosen = picked();
  const isOne = lines.length === 1 && lines[0].length === 1;
  const corner = isOne || chosen.length < 2 ? cell : chosen[0][0];
  const { all, x, y } = place(corner);
  asOneStep(() => {
    if (isOne && chosen.flat().length > 1) {
      chosen.flat().forEach((one) => put(one, pasted(lines[0][0]), one.value));
      return;
    }
    lines.forEach((line, down) => line.forEach((text, right) => {
      const target = y < 0 ? (down + right ? null : cell) : all[y + down]?.[x + right];
      if (target && !target.readOnly) put(target, pasted(text), target.value);
    }));
  });
});

/* A comment is kept while it is typed, and saved when typing rests. */
let resting = null;
const saveComment = (field, cell) => {
  clearTimeout(resting);
  resting = null;
  const name = field.dataset.comment;
  if ((cell.dataset[name] ?? "") === field.value && !isWaiting(cell)) return;
  if (!cell.dataset.entry && !isBusy()) {
    failed(cell, words("time_first"));
    return;
  }
  queue(cell, { [name]: field.value });
};
document.addEventListener("input", (event) => {
  if (!event.target.dataset?.comment || !selected || selected.readOnly) return;
  const [field, cell] = [event.target, selected];
  clearTimeout(resting);
  resting = setTimeout(() => saveComment(field, cell), COMMENT_AFTER);
});
document.addEventListener("change", (event) => {
  if (event.target.dataset?.comment && selected && !selected.readOnly) saveComment(event.target, selected);
});

/* Nothing is left behind: before submitting, and when the page goes away. On the window, so that the
   guard against sending twice, at the document, sees only the submit that really goes. */
const commitAll = () => {
  const active = document.activeElement;
  if (isCell(active)) commit(active);
  if (active?.dataset?.comment && selected && !selected.readOnly && resting) saveComment(active, selected);
};
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-grid]")) { event.preventDefault(); event.stopImmediatePropagation(); flush(); return; }
  if (!form.matches("[data-flush]") || form.hasAttribute("data-flushed")) return;
  commitAll();
  if (!isBusy()) return;
  const button = event.submitter;
  event.preventDefault();
  event.stopImmediatePropagation();
  flush().then(() => {
    if (isBusy() || document.querySelector("[data-cell][aria-invalid]")) return;
    form.setAttribute("data-flushed", "");
    form.requestSubmit(button);
  });
}, true);
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") { commitAll(); flush(); }
});
addEventListener("online", flush);
addEventListener("beforeunload", (event) => {
  commitAll();
  if (isBusy()) flush();
  if (isAtRisk()) event.preventDefault();
});

/* A letter that no time begins with is a shortcut of the page, also while a cell has the focus. */
document.addEventListener("keydown", (event) => {
  if (!isCell(event.target) || event.target.hasAttribute("data-editing")) return;
  if (!/^[a-z]$/i.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.documentElement.dataset.letters === "off") return;
  const found = [...document.querySelectorAll(`[data-key="${event.key.toLowerCase()}"]`)].find(shown);
  if (!found) return;
  event.preventDefault();
  if (found.matches("select, input")) found.focus(); else found.click();
}, true);

/* Escape on a marked cell gives up what was refused, and shows what the server has. */
document.addEventListener("keydown", (event) => {
  const cell = event.target;
  if (event.key !== "Escape" || !isCell(cell) || cell.hasAttribute("data-editing") || !cell.dataset.bad) return;
  forget(cell.dataset.cell);
  const minutes = Number(cell.dataset.minutes) || 0;
  cell.value = minutes ? clock(minutes) : "";
  cell.removeAttribute("aria-invalid");
  cell.removeAttribute("title");
  delete cell.dataset.bad;
  cell.dataset.say = "";
  cell.dataset.told = "";
  explain(cell);
  recount();
}, true);
