/* The plan by keyboard, toolbar, menu and clipboard. */
import { told } from "./words.js";
import { COLUMNS } from "./plan_model.js";
import { days, moveEdit, stretchEdit } from "./plan_drag.js";

const ZOOM_ORDER = ["quarter", "month", "week", "day"];
const PAGE = 20;

/* What toolbar, menu and keys can ask for, by name. */
export const commandsOf = (page) => {
  const { host, model, grid, editor, saver, chart } = page;
  const arrange = (how) => {
    const rows = roots(grid.picked());
    if (!rows.length) return;
    const ordered = how === "down" || how === "outdent" ? [...rows].reverse() : rows;
    saver.send(ordered.map((row) => ({ do: "arrange", task_id: row.id, how })));
  };
  const roots = (rows) => rows.filter((row, at) => !rows.slice(0, at).some((one) => row.outline.startsWith(`${one.outline}.`)));
  const shift = (by, make, words) => {
    const row = grid.current();
    if (row && row.kind !== "sum" && row.start !== null) editor.offer([make(model, row, by)], words(row));
  };
  const onward = (row, by) => model.onward(model.firstDay(row), by) - model.firstDay(row);
  const commands = {
    add: () => editor.addBelow(),
    addChild: () => editor.addBelow(true),
    indent: () => arrange("indent"),
    outdent: () => arrange("outdent"),
    up: () => arrange("up"),
    down: () => arrange("down"),
    undo: () => saver.step(true),
    redo: () => saver.step(false),
    link() {
      let rows = grid.picked();
      if (rows.length === 1) {
        const above = model.shown[model.place.get(rows[0].id) - 1];
        if (!above) return;
        rows = [above, rows[0]];
      }
      const edits = rows.slice(1).map((row, at) => ({ do: "link", predecessor_id: rows[at].id, task_id: row.id, kind: "FS" }));
      editor.offer(edits, told("Linking {tasks}", { tasks: rows.map((row) => row.outline).join(" → ") }));
    },
    unlink() {
      const edits = grid.picked().flatMap((row) => (model.waitsFor.get(row.id) ?? []).map((link) =>
        ({ do: "unlink", predecessor_id: link.before, task_id: link.after })));
      if (edits.length) editor.offer(edits, told("Removing predecessors"));
      else saver.tell(told("It has no predecessors."));
    },
    earlier: () => shift(-1, (m, row, by) => moveEdit(m, row, onward(row, by)), (row) => told("Moving {task} a day earlier", { task: row.outline })),
    later: () => shift(1, (m, row, by) => moveEdit(m, row, onward(row, by)), (row) => told("Moving {task} a day later", { task: row.outline })),
    shorter: () => shift(-1, stretch, (row) => told("Making {task} {time} shorter", { task: row.outline, time: days(1) })),
    longer: () => shift(1, stretch, (row) => told("Making {task} {time} longer", { task: row.outline, time: days(1) })),
    asap: () => send((row) => ({ do: "edit", task_id: row.id, task: { constraint_kind: "asap" } })),
    complete: () => send((row) => ({ do: "edit", task_id: row.id, task: { is_completed: !row.completed } })),
    delete() {
      const rows = roots(grid.picked());
      if (!rows.length) return;
      const gone = new Set(rows.flatMap((row) => model.subtree(row.id)).map((row) => row.id));
      const next = model.shown.slice(model.place.get(rows[0].id)).find((row) => !gone.has(row.id)) ?? model.shown[model.place.get(rows[0].id) - 1];
      saver.send(rows.map((row) => ({ do: "delete", task_id: row.id }))).then((done) => {
        if (!done) return;
        if (next) grid.go(next.id);
        saver.say(gone.size === 1 ? told("Deleted 1 task. Ctrl Z brings it back.") : told("Deleted {count} tasks. Ctrl Z brings them back.", { count: gone.size }));
      });
    },
    keep: () => editor.keep(),
    drop: () => (grid.editing ? editor.cancel() : editor.dropOffer()),
    async paste() {
      try { pasteText(page, await navigator.clipboard.readText()); } catch { saver.tell(told("Press Ctrl V in the table to paste.")); saver.say(told("Press Ctrl V in the table to paste.")); grid.go(grid.focus.id); }
    },
    copy() { navigator.clipboard?.writeText(copied(page)).then(() => saver.say(told("Copied")), () => saver.say(told("Press Ctrl C in the table to copy."))); },
    print: () => print(),
    printLarge() { host.dataset.paper = "A3"; print(); },
    fold: () => { model.foldAll(true); grid.layout(); },
    unfold: () => { model.foldAll(false); grid.layout(); },
    today: () => grid.toDay(model.today),
    in: () => page.zoom(ZOOM_ORDER[Math.min(3, ZOOM_ORDER.indexOf(chart.zoom) + 1)]),
    out: () => page.zoom(ZOOM_ORDER[Math.max(0, ZOOM_ORDER.indexOf(chart.zoom) - 1)]),
  };
  const stretch = (m, row, by) => stretchEdit(m, row, m.onward(m.lastDay(row), by) - m.lastDay(row));
  const send = (edit) => {
    const rows = grid.picked().filter((row) => row.kind !== "sum");
    if (rows.length) saver.send(rows.map(edit));
  };
  return { ...commands, isFor: (name) => host.hasAttribute("data-edit") || READS.has(name) };
};
const READS = new Set(["print", "printLarge", "fold", "unfold", "copy", "today", "in", "out"]);

/* Rows as a spreadsheet takes them; Ctrl V brings them back. */
const copied = ({ model, grid }) => {
  const rows = grid.picked();
  const least = Math.min(...rows.map((row) => row.depth));
  const columns = COLUMNS.filter((column) => !["no", "mode", "slack"].includes(column.id) && !model.hidden.has(column.id));
  const lines = rows.map((row) => columns.map((column) =>
    (column.id === "name" ? "  ".repeat(row.depth - least) : "") + model.typed(row, column.id)).join("\t"));
  return [columns.map((column) => column.label).join("\t"), ...lines].join("\n");
};

export const pasteText = ({ grid, saver }, text) => {
  const rows = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
  if (!rows.length || !text.trim()) return;
  const edit = { do: "paste", rows };
  const here = grid.current();
  if (here) edit.after_id = here.id;
  saver.send([edit], { words: "Pasting" }).then((done) => {
    if (!done) return;
    const made = Object.values(done.made);
    if (made.length) grid.go(made[0], "name");
    saver.say(made.length === 1 ? told("Pasted 1 row. Ctrl Z takes it out.") : told("Pasted {count} rows. Ctrl Z takes them out.", { count: made.length }));
  });
};

export const keyboard = (page, commands) => {
  const { host, model, grid, editor } = page;

  const walk = (event) => {
    const row = grid.current();
    if (!row) return false;
    const { shown } = model;
    const at = model.place.get(row.id);
    const columns = grid.columns();
    const x = columns.findIndex((column) => column.id === grid.focus.column);
    const isName = grid.focus.column === "name";
    const isOpen = row.kind === "sum" && !model.folded.has(row.id);
    const command = event.ctrlKey || event.metaKey;
    const down = (by) => {
      const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
      grid.go(next.id, grid.focus.column, { extend: event.shiftKey });
    };
    switch (event.key) {
      case "ArrowDown": down(1); break;
      case "ArrowUp": down(-1); break;
      case "PageDown": down(PAGE); break;
      case "PageUp": down(-PAGE); break;
      case "Home": if (command) down(-shown.length); else grid.go(row.id, columns[0].id); break;
      case "End": if (command) down(shown.length); else grid.go(row.id, columns[columns.length - 1].id); break;
      case "ArrowRight":
        if (isName && row.kind === "sum" && !isOpen) fold(row, false);
        else if (columns[x + 1]) grid.go(row.id, columns[x + 1].id);
        break;
      case "ArrowLeft":
        if (isName && isOpen) fold(row, true);
        else if (isName) { const parent = model.parentOf(row); if (parent) grid.go(parent.id); } else grid.go(row.id, columns[x - 1].id);
        break;
      default: return false;
    }
    return true;
  };
  const fold = (row, close) => { model.fold(row.id, close); grid.refresh([row.id]); grid.go(row.id, "name"); };

  const inEditor = (event) => {
    const { editing } = grid;
    const isDraft = editing.id < 0 && !editing.isOnItsWay;
    if (event.key === "Enter") {
      const { id } = editing;
      const hasSaved = editor.save({ focus: true });
      if (isDraft && hasSaved) { const row = model.rows.get(id); if (row) editor.add(id, row.depth); }
    } else if (event.key === "Escape") editor.cancel();
    else if (event.key === "Tab" && editing.column === "name") editor.shift(event.shiftKey ? -1 : 1);
    else if (event.key === "Tab") {
      const columns = grid.columns();
      const row = model.rows.get(editing.id);
      let x = columns.findIndex((column) => column.id === editing.column);
      do x += event.shiftKey ? -1 : 1; while (columns[x] && !model.canEdit(row, columns[x].id));
      editor.save({ focus: true });
      if (columns[x]) editor.open(row.id, columns[x].id);
    } else return false;
    return true;
  };

  const onRow = (event) => {
    const row = grid.current();
    const command = event.ctrlKey || event.metaKey;
    if (!row) return false;
    const key = event.key.toLowerCase();
    if (command && key === "z") commands[event.shiftKey ? "redo" : "undo"]();
    else if (command && key === "y") commands.redo();
    else if (event.altKey) {
      const name = { ArrowRight: "indent", ArrowLeft: "outdent", ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (!name || !model.editable) return false;
      commands[name]();
    } else if (command && event.key !== "Home" && event.key !== "End") return false;
    else if ((event.key === "Enter" || event.key === "F2") && model.editable) editor.open(row.id, grid.focus.column);
    else if (event.key === "Insert" && model.editable) commands.add();
    else if (event.key === "Delete" && model.editable) commands.delete();
    else if (event.key === " ") grid.choose(grid.chosen.has(row.id) && grid.chosen.size > 1 ? [...grid.chosen].filter((id) => id !== row.id) : [...grid.chosen, row.id]);
    else if ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") openMenu(page, row, grid.cell(row.id, grid.focus.column));
    else if (key === "m" && model.talkAt) location.assign(model.talkOf(row));
    else if (/^[0-9]$/.test(event.key) && model.editable && grid.focus.column !== "name") editor.open(row.id, grid.focus.column, event.key);
    else return walk(event);
    return true;
  };

  host.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    let done = false;
    if (grid.editing && event.target === grid.editing.input) done = inEditor(event);
    else if (event.target.closest(".plan-effect") && event.key === "Escape") { editor.dropOffer(); done = true; }
    else if (event.target.closest(".plan-body") && editor.isOffering && event.key === "Enter") { editor.keep(); done = true; }
    else if (event.target.closest(".plan-body") && event.key === "Escape") { if (editor.isOffering) editor.dropOffer(); else grid.choose([grid.focus.id]); done = true; }
    else if (event.target.closest(".plan-body")) done = onRow(event);
    if (done) { event.preventDefault(); event.stopPropagation(); }
  });
  host.addEventListener("paste", (event) => {
    if (event.target.closest("input, textarea") || !model.editable || !event.target.closest(".plan-box")) return;
    event.preventDefault();
    pasteText(page, event.clipboardData.getData("text/plain"));
  });
  host.addEventListener("copy", (event) => {
    if (event.target.closest("input, textarea") || !event.target.closest(".plan-body")) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", copied(page));
  });
};

export const openMenu = ({ host, model }, row, at) => {
  const menu = host.querySelector("#plan-row-menu");
  if (!menu || row.isDraft) return;
  menu.querySelector("[data-menu-title]").textContent = `${row.outline} ${row.name}`;
  menu.querySelector("[data-menu-task]").href = host.dataset.task.replace("/0/", `/${row.id}/`);
  if (model.origin === null) {
    menu.querySelector("[data-menu-fields]").href = host.dataset.fields.replace("/0/", `/${row.id}/`);
    menu.querySelector("[data-menu-talk]").href = model.talkOf(row);
  }
  const role = row.people.find(([who]) => model.roleIds.has(who));
  menu.querySelector("[data-role-only]")?.toggleAttribute("hidden", !role);
  if (role) menu.querySelector("[data-menu-replace]").href = `${host.dataset.replace}?role=${role[0]}&task=${row.id}`;
  menu.querySelectorAll("[data-leaf]").forEach((item) => { item.hidden = row.kind === "sum"; });
  menu.querySelector('[data-plan-do="shorter"]').closest("li").hidden = row.kind !== "task";
  menu.querySelector('[data-plan-do="longer"]').closest("li").hidden = row.kind !== "task";
  const box = at.getBoundingClientRect?.() ?? at;
  menu.showPopover();
  menu.style.left = `${Math.min(box.left, innerWidth - menu.offsetWidth - 8)}px`;
  menu.style.top = `${Math.max(8, Math.min(box.bottom ?? box.top, innerHeight - menu.offsetHeight - 8))}px`;
  model.menuOf = row.id;
  menu.querySelector("a, button").focus();
};
