/* A price list as a spreadsheet: cells by arrow, blocks pasted and filled, each row saved by itself, every step undone.
   Only the rows in view are in the page, so that a thousand lines scroll as ten do. */
import { told } from "./words.js";
const ROW = 30;
const SAVE_AFTER = 350;
const BATCH = 500;
const MORE = 12;

const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const make = (tag, attributes = {}, text = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
};

class Sheet {
  constructor(host) {
    this.host = host;
    this.view = host.querySelector("[data-view]");
    this.status = host.querySelector("[data-saved]");
    this.at = { y: 0, x: 0 };
    this.from = { y: 0, x: 0 };
    this.past = [];
    this.future = [];
    this.changed = new Set();
    this.removed = [];
    this.editor = null;
    this.refs = 0;
  }

  async load() {
    const response = await fetch(this.host.dataset.rows, { headers: { Accept: "application/json" } });
    if (!response.ok) { this.say(told("The lines could not be loaded. Load the page again."), true); return; }
    const data = await response.json();
    this.version = data.lock_version;
    this.columns = data.columns;
    this.rows = data.rows.map((row) => this.row(row.values, row.id));
    this.build();
    this.draw();
    this.count();
  }

  row(values, id = null) {
    this.refs += 1;
    return { ref: `r${this.refs}`, id, values: [...values], why: "", field: "" };
  }
  blank() { return this.row(this.columns.map((column) => ({ transaction_class: "time", method: "Price" }[column.code] || ""))); }
  isBlank(row) {
    const given = new Set(["transaction_class", "method"]);
    return row.values.every((text, x) => !text.trim() || given.has(this.columns[x].code));
  }
  get height() { return this.rows.length + 1; }

  build() {
    this.view.replaceChildren();
    this.table = make("table", { role: "grid", "aria-label": this.host.dataset.label, "aria-multiselectable": "true", class: "psa-sheet-t" });
    const head = this.table.createTHead().insertRow();
    head.append(make("th", { scope: "col", class: "psa-sheet-n" }, "#"));
    this.columns.forEach((column) => head.append(make("th", { scope: "col", ...(column.number ? { class: "psa-num" } : {}) }, column.label)));
    this.body = this.table.createTBody();
    this.view.append(this.table);
    this.columns.forEach((column, x) => {
      if (!column.choices.length) return;
      const list = make("datalist", { id: `sheet-choices-${x}` });
      column.choices.forEach((choice) => list.append(make("option", { value: choice })));
      this.host.append(list);
    });
    this.view.addEventListener("scroll", () => this.draw());
    this.view.addEventListener("mousedown", (event) => this.pointed(event));
    this.view.addEventListener("dblclick", () => this.edit());
    this.view.addEventListener("keydown", (event) => this.key(event));
    this.host.addEventListener("click", (event) => {
      const name = event.target.closest("[data-do]")?.dataset.do;
      if (name) { this.command(name); this.focus(); }
    });
    for (const kind of ["copy", "cut", "paste"]) document.addEventListener(kind, (event) => this.clip(kind, event));
    window.addEventListener("beforeunload", (event) => { if (this.changed.size || this.removed.length) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.save(); });
  }

  /* Drawing */
  draw() {
    if (this.editor) return;
    const seen = Math.ceil(this.view.clientHeight / ROW) + MORE;
    const first = Math.max(0, Math.floor(this.view.scrollTop / ROW) - MORE / 2);
    const last = Math.min(this.height, first + seen);
    const had = this.view.contains(document.activeElement);
    const parts = [this.space(first)];
    for (let y = first; y < last; y += 1) parts.push(this.line(y));
    parts.push(this.space(this.height - last));
    this.table.setAttribute("aria-rowcount", this.height + 1);
    this.table.setAttribute("aria-colcount", this.columns.length);
    this.body.replaceChildren(...parts);
    if (had) this.cell(this.at)?.focus({ preventScroll: true });
  }
  space(rows) {
    const row = make("tr", { "aria-hidden": "true", class: "psa-sheet-s" });
    const cell = row.insertCell();
    cell.colSpan = this.columns.length + 1;
    cell.style.height = `${rows * ROW}px`;
    row.hidden = rows === 0;
    return row;
  }
  line(y) {
    const row = this.rows[y];
    const line = make("tr", { "aria-rowindex": y + 2 });
    line.append(make("th", { scope: "row", class: "psa-sheet-n" }, row ? String(y + 1) : "+"));
    this.columns.forEach((column, x) => {
      const cell = make("td", { role: "gridcell", "data-y": y, "data-x": x, tabindex: "-1" }, row ? row.values[x] : "");
      if (column.number) cell.classList.add("psa-num");
      if (this.inside(y, x)) cell.setAttribute("aria-selected", "true");
      if (y === this.at.y && x === this.at.x) cell.tabIndex = 0;
      if (row?.why && (row.field ? row.field === column.code : x === 0)) {
        cell.setAttribute("aria-invalid", "true");
        cell.title = row.why;
        cell.append(make("span", { class: "psa-vh" }, ` ${row.why}`));
      }
      line.append(cell);
    });
    if (row?.why) line.classList.add("psa-sheet-bad");
    return line;
  }
  cell({ y, x }) { return this.body.querySelector(`[data-y="${y}"][data-x="${x}"]`); }
  box() {
    return { top: Math.min(this.at.y, this.from.y), bottom: Math.max(this.at.y, this.from.y), left: Math.min(this.at.x, this.from.x), right: Math.max(this.at.x, this.from.x) };
  }
  inside(y, x) { const b = this.box(); return y >= b.top && y <= b.bottom && x >= b.left && x <= b.right; }

  /* Moving */
  move(y, x, extend = false) {
    this.at = { y: Math.max(0, Math.min(this.height - 1, y)), x: Math.max(0, Math.min(this.columns.length - 1, x)) };
    if (!extend) this.from = { ...this.at };
    const top = this.at.y * ROW;
    const room = this.view.clientHeight - 2 * ROW;
    if (top < this.view.scrollTop) this.view.scrollTop = top;
    else if (top > this.view.scrollTop + room) this.view.scrollTop = top - room;
    this.draw();
    this.focus();
    const row = this.rows[this.at.y];
    if (row?.why) this.say(told("Line {line}: {why}", { line: this.at.y + 1, why: row.why }), true);
  }
  focus() { this.cell(this.at)?.focus({ preventScroll: true }); this.cell(this.at)?.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  pointed(event) {
    const cell = event.target.closest("td[data-y]");
    if (!cell || event.target === this.editor) return;
    event.preventDefault();
    this.commit();
    this.move(Number(cell.dataset.y), Number(cell.dataset.x), event.shiftKey);
  }

  key(event) {
    if (this.editor) { this.editorKey(event); return; }
    const { y, x } = this.at;
    const page = Math.max(1, Math.floor(this.view.clientHeight / ROW) - 2);
    const jump = event.ctrlKey || event.metaKey;
    const steps = {
      ArrowUp: [jump ? 0 : y - 1, x], ArrowDown: [jump ? this.height - 1 : y + 1, x],
      ArrowLeft: [y, jump ? 0 : x - 1], ArrowRight: [y, jump ? this.columns.length - 1 : x + 1],
      PageUp: [y - page, x], PageDown: [y + page, x],
      Home: [jump ? 0 : y, 0], End: [jump ? this.height - 1 : y, this.columns.length - 1],
    };
    if (steps[event.key] && !event.altKey) { this.stop(event); this.move(...steps[event.key], event.shiftKey); return; }
    if (jump && !event.altKey) {
      const name = { z: event.shiftKey ? "redo" : "undo", y: "redo", d: "fill", a: "all" }[event.key.toLowerCase()];
      if (name) { this.stop(event); this.command(name); }
      return;
    }
    if (event.altKey) return;
    if (event.key === "Enter" || event.key === "F2") { this.stop(event); this.edit(); }
    else if (event.key === "Tab") {
      const last = this.columns.length - 1;
      const next = event.shiftKey ? (x ? [y, x - 1] : [y - 1, last]) : (x < last ? [y, x + 1] : [y + 1, 0]);
      if (next[0] < 0 || next[0] >= this.height) return;
      this.stop(event);
      this.move(...next);
    } else if (event.key === "Delete" || event.key === "Backspace") { this.stop(event); this.command("clear"); }
    else if (event.key === " " && event.shiftKey) { this.stop(event); this.from = { y, x: 0 }; this.at = { y, x: this.columns.length - 1 }; this.draw(); }
    else if (event.key.length === 1) { this.stop(event); this.edit(event.key); }
  }
  stop(event) { event.preventDefault(); event.stopPropagation(); }

  /* Typing */
  edit(typed = null) {
    const cell = this.cell(this.at);
    if (!cell || this.editor) return;
    const column = this.columns[this.at.x];
    const input = make("input", { class: "psa-sheet-e", "aria-label": `${column.label}, line ${this.at.y + 1}`, autocomplete: "off" });
    if (column.choices.length) input.setAttribute("list", `sheet-choices-${this.at.x}`);
    input.value = typed ?? this.rows[this.at.y]?.values[this.at.x] ?? "";
    cell.replaceChildren(input);
    this.editor = input;
    input.addEventListener("blur", () => this.commit());
    input.focus();
    if (typed === null) input.select();
  }
  editorKey(event) {
    if (event.key === "Escape") { this.stop(event); this.editor = null; this.draw(); this.focus(); return; }
    const next = { Enter: [event.shiftKey ? -1 : 1, 0], Tab: [0, event.shiftKey ? -1 : 1] }[event.key];
    if (!next) { event.stopPropagation(); return; }
    this.stop(event);
    this.commit();
    this.move(this.at.y + next[0], this.at.x + next[1]);
  }
  commit() {
    const input = this.editor;
    if (!input) return;
    this.editor = null;
    this.change([[this.at.y, this.at.x, input.value.trim()]]);
    this.draw();
  }

  /* Changing: a change is a list of [row, column, text]; what was there before is its way back. */
  change(cells, keep = true) {
    const back = [];
    for (const [y, x, text] of cells) {
      while (y >= this.rows.length) this.rows.push(this.blank());
      const row = this.rows[y];
      if (row.values[x] === text) continue;
      back.push([y, x, row.values[x]]);
      row.values[x] = text;
      this.changed.add(row);
    }
    if (!back.length) return back;
    if (keep) { this.past.push({ cells: back.reverse() }); this.future = []; }
    this.draw();
    this.later();
    return back;
  }
  remove(top, bottom) {
    const rows = this.rows.splice(top, bottom - top + 1);
    rows.forEach((row) => { this.changed.delete(row); if (row.id) this.removed.push(row.id); });
    this.past.push({ rows, y: top });
    this.future = [];
    this.move(Math.min(top, this.height - 1), this.at.x);
    this.later();
  }
  put(rows, y) {
    rows.forEach((row) => {
      const waits = this.removed.indexOf(row.id);
      if (waits >= 0) this.removed.splice(waits, 1); else row.id = null;
      if (!this.isBlank(row)) this.changed.add(row);
    });
    this.rows.splice(y, 0, ...rows);
  }
  step(from, to) {
    const last = from.pop();
    if (!last) { this.say(told("There is nothing more to undo.")); return; }
    if (last.cells) { to.push({ cells: this.change(last.cells, false).reverse() }); this.move(last.cells[0][0], last.cells[0][1]); }
    else if (last.removes) {
      const rows = this.rows.splice(last.y, last.removes);
      rows.forEach((row) => { this.changed.delete(row); if (row.id) this.removed.push(row.id); });
      to.push({ rows, y: last.y });
    } else { this.put(last.rows, last.y); to.push({ removes: last.rows.length, y: last.y }); }
    this.draw();
    this.later();
  }

  command(name) {
    this.commit();
    const b = this.box();
    if (name === "undo") this.step(this.past, this.future);
    else if (name === "redo") this.step(this.future, this.past);
    else if (name === "all") { this.from = { y: 0, x: 0 }; this.at = { y: Math.max(0, this.rows.length - 1), x: this.columns.length - 1 }; this.draw(); }
    else if (name === "add") this.move(this.rows.length, 0);
    else if (name === "remove") { if (b.top < this.rows.length) this.remove(b.top, Math.min(b.bottom, this.rows.length - 1)); }
    else if (name === "clear") this.change(this.each(b, () => ""));
    else if (name === "fill") {
      const single = b.top === b.bottom;
      const source = single ? b.top - 1 : b.top;
      if (source < 0 || !this.rows[source]) return;
      this.change(this.each({ ...b, top: single ? b.top : b.top + 1 }, (y, x) => this.rows[source].values[x]));
    }
  }
  each(b, text) {
    const cells = [];
    for (let y = b.top; y <= b.bottom; y += 1) for (let x = b.left; x <= b.right; x += 1) if (text(y, x) !== undefined && (y < this.rows.length || text(y, x))) cells.push([y, x, text(y, x)]);
    return cells;
  }

  /* Copying and pasting, as spreadsheets do: tabs between cells, lines between rows. */
  clip(kind, event) {
    if (this.editor || !this.view.contains(document.activeElement)) return;
    const b = this.box();
    event.preventDefault();
    if (kind === "paste") { this.paste(event.clipboardData.getData("text/plain"), b); return; }
    const lines = [];
    for (let y = b.top; y <= b.bottom && y < this.rows.length; y += 1) {
      lines.push(this.rows[y].values.slice(b.left, b.right + 1).map((text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join("\t"));
    }
    event.clipboardData.setData("text/plain", lines.join("\n"));
    this.say(told("Lines copied: {count}", { count: lines.length }));
    if (kind === "cut") this.command("clear");
  }
  paste(text, b) {
    const block = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    const cells = [];
    const one = block.length === 1 && block[0].length === 1;
    const bottom = one ? b.bottom : b.top + block.length - 1;
    const right = one ? b.right : Math.min(this.columns.length - 1, b.left + Math.max(...block.map((line) => line.length)) - 1);
    for (let y = b.top; y <= bottom; y += 1) {
      for (let x = b.left; x <= right; x += 1) {
        const found = one ? block[0][0] : block[y - b.top][x - b.left];
        if (found !== undefined) cells.push([y, x, found.trim().replace(/^"([\s\S]*)"$/, "$1").replaceAll('""', '"')]);
      }
    }
    this.change(cells);
    this.from = { y: b.top, x: b.left };
    this.at = { y: bottom, x: right };
    this.draw();
    this.focus();
    this.say(told("Lines pasted: {count}", { count: block.length }));
  }

  /* Saving */
  later() { this.say(told("Saving…")); clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), SAVE_AFTER); }
  async save() {
    clearTimeout(this.timer);
    if (this.sending) { await this.sending; }
    const rows = [...this.changed].filter((row) => row.id || !this.isBlank(row)).slice(0, BATCH);
    const removed = this.removed.splice(0, BATCH);
    if (!rows.length && !removed.length) { this.changed.clear(); this.count(); return; }
    rows.forEach((row) => this.changed.delete(row));
    this.sending = this.send(rows, removed);
    try { await this.sending; } finally { this.sending = null; }
    if ((this.changed.size || this.removed.length) && !this.stopped) await this.save();
  }
  async send(rows, removed) {
    const sent = rows.map((row) => ({ ref: row.ref, id: row.id, values: Object.fromEntries(this.columns.map((column, x) => [column.code, row.values[x]])) }));
    let answer;
    let response;
    try {
      response = await fetch(this.host.dataset.save, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
        body: JSON.stringify({ lock_version: this.version, rows: sent, removed }),
      });
      answer = await response.json();
    } catch {
      rows.forEach((row) => this.changed.add(row));
      this.removed.push(...removed);
      this.stopped = true;
      setTimeout(() => { this.stopped = false; }, 5000);
      this.say(told("Not saved: the server did not answer. What you typed is kept; it is tried again when you go on."), true);
      return;
    }
    if (!response.ok) {
      this.stopped = true;
      this.say(answer.error || told("Not saved."), true);
      return;
    }
    this.version = answer.lock_version;
    document.querySelectorAll('input[name="lock_version"]').forEach((field) => { field.value = this.version; });
    const outcomes = new Map(answer.rows.map((one) => [one.ref, one]));
    rows.forEach((row) => {
      const one = outcomes.get(row.ref);
      row.why = one?.status === "failed" ? one.sentence : "";
      row.field = one?.field || "";
      if (one?.id && !row.id) row.id = one.id;
      // As it was understood: names in full, the list's own unit. What was typed since stays.
      if (one?.values && !this.changed.has(row)) row.values = one.values;
    });
    this.draw();
    this.count();
  }
  count() {
    const bad = this.rows.filter((row) => row.why);
    if (bad.length) { this.say(told("Lines not saved: {count}. Line {line}: {why}", { count: bad.length, line: this.rows.indexOf(bad[0]) + 1, why: bad[0].why }), true); return; }
    const lines = this.rows.filter((row) => row.id).length;
    this.say(told("All saved: {count} lines", { count: lines.toLocaleString(document.documentElement.lang) }));
  }
  say(text, failed = false) {
    this.status.textContent = text;
    this.status.classList.toggle("psa-neg", failed);
  }
}

const start = () => document.querySelectorAll("[data-sheet]:not([data-ready])").forEach((host) => {
  host.dataset.ready = "true";
  new Sheet(host).load();
});
start();
document.addEventListener("htmx:afterSettle", start);
