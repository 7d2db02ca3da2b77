/* The tree grid: only the rows in view are in the page, and the one with the focus; each row spans tree and chart. */
import { COLUMNS } from "./plan_model.js";
import { HEAD, ROW, make } from "./plan_chart.js";

const MORE = 10;
const NARROW = new Set(["name", "start", "finish", "done"]);
const COUNTED = COLUMNS.filter((column) => column.id !== "mode");

export class Grid {
  constructor(box, model, chart, icons, name) {
    Object.assign(this, { box, model, chart, icons, view: "full" });
    this.drawn = new Map();
    this.focus = { id: null, column: "name" };
    this.chosen = new Set();
    this.editing = null;
    this.theirs = new Set();
    this.surface = make("div", "plan-surface");
    this.back = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.arrows = this.back.cloneNode();
    for (const [element, name_] of [[this.back, "plan-back"], [this.arrows, "plan-arrows"]]) {
      element.setAttribute("class", name_);
      element.setAttribute("aria-hidden", "true");
    }
    this.grid = make("div", "plan-grid");
    this.grid.setAttribute("role", "treegrid");
    this.grid.setAttribute("aria-label", `Work breakdown of ${name}`);
    this.grid.setAttribute("aria-multiselectable", "true");
    this.grid.setAttribute("aria-colcount", COUNTED.length);
    this.grid.append(this.headRow());
    this.body = make("div", "plan-body");
    this.body.setAttribute("role", "rowgroup");
    this.grid.append(this.body);
    this.under = make("div", "plan-under");
    this.under.append(make("div"));
    this.surface.append(this.back, this.under, this.grid, this.arrows);
    box.replaceChildren(this.surface);
    let waiting = false;
    box.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    }, { passive: true });
    new ResizeObserver(() => this.layout()).observe(box);
  }

  headRow() {
    const group = make("div", "plan-head");
    group.setAttribute("role", "rowgroup");
    const row = make("div", "plan-head-row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", 1);
    const cells = make("div", "plan-cells");
    cells.setAttribute("role", "presentation");
    for (const column of COLUMNS) {
      const cell = make("div", `plan-c plan-c-${column.id}${column.num ? " psa-num" : ""}`, column.label);
      if (column.id === "mode") cell.setAttribute("aria-hidden", "true");
      else cell.setAttribute("role", "columnheader");
      cells.append(cell);
    }
    this.scale = make("div", "plan-scales");
    this.scale.setAttribute("aria-hidden", "true");
    row.append(cells, this.scale);
    group.append(row);
    return group;
  }

  /* The columns that the focus can be in. */
  columns() {
    return COLUMNS.filter(({ id }) => id === "name" || (id !== "no" && id !== "mode" && (this.view === "full" || (this.view !== "chart" && NARROW.has(id)))));
  }

  /* All measures anew: after a change of zoom, view, window or of how far the plan reaches. */
  layout(isForced = true) {
    const left = this.grid.querySelector(".plan-head .plan-cells").offsetWidth;
    const isTree = getComputedStyle(this.scale).display === "none";
    const was = `${this.left} ${this.chart.first} ${this.chart.width}`;
    this.left = left;
    this.chart.reach(Math.max(0, this.box.clientWidth - left));
    if (!isForced && was === `${left} ${this.chart.first} ${this.chart.width}`) { this.measure(); return; }
    this.surface.style.width = isTree ? "" : `${left + this.chart.width}px`;
    this.under.firstChild.style.width = `${left}px`;
    this.back.style.left = this.arrows.style.left = `${left}px`;
    if (!isTree) this.chart.scale(this.scale);
    this.again();
  }
  measure() {
    const { length } = this.model.shown;
    this.body.style.height = `${length * ROW}px`;
    this.grid.setAttribute("aria-rowcount", length + 1);
    this.chart.back(this.back, Math.max(length * ROW, this.box.clientHeight - HEAD));
  }
  /* Everything in view drawn anew. */
  again() { this.refresh([...this.drawn.keys()]); }
  /* Rows that changed; the order of the others may have, too. */
  refresh(ids) {
    const hadFocus = this.body.contains(document.activeElement) && !this.editing;
    this.measure();
    for (const id of ids) {
      const row = this.drawn.get(id);
      if (row && this.editing?.id !== id) { row.remove(); this.drawn.delete(id); }
    }
    this.draw();
    if (hadFocus && !this.body.contains(document.activeElement)) this.cell(this.focus.id, this.focus.column)?.focus({ preventScroll: true });
  }

  draw() {
    const { shown, place } = this.model;
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - MORE);
    const last = this.everything ? shown.length : Math.min(shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + MORE);
    const from = this.everything ? 0 : first;
    const wanted = new Set(shown.slice(from, last).map((row) => row.id));
    if (!place.has(this.focus.id)) this.focus.id = shown[0]?.id ?? null;
    if (this.focus.id !== null) wanted.add(this.focus.id);
    for (const [id, row] of this.drawn) if (!wanted.has(id)) { row.remove(); this.drawn.delete(id); }
    let before = null;
    const ordered = [...wanted].sort((one, other) => place.get(one) - place.get(other));
    for (const id of ordered) {
      const at = place.get(id);
      let row = this.drawn.get(id);
      if (!row) {
        row = this.row(this.model.rows.get(id));
        this.drawn.set(id, row);
      }
      if (row.dataset.at !== String(at)) {
        row.dataset.at = at;
        row.style.top = `${at * ROW}px`;
        row.setAttribute("aria-rowindex", at + 2);
      }
      const next = before ? before.nextSibling : this.body.firstChild;
      if (next !== row) this.body.insertBefore(row, next);
      before = row;
    }
    this.chart.arrows(this.arrows, from, last);
  }

  row(row) {
    const element = make("div", "plan-row");
    element.setAttribute("role", "row");
    element.dataset.id = row.id;
    element.dataset.k = row.kind;
    element.setAttribute("aria-level", row.depth);
    if (row.kind === "sum") element.setAttribute("aria-expanded", String(!this.model.folded.has(row.id)));
    element.setAttribute("aria-selected", String(this.chosen.has(row.id)));
    if (this.theirs.has(row.id)) element.classList.add("is-theirs");
    const cells = make("div", "plan-cells");
    cells.setAttribute("role", "presentation");
    COLUMNS.forEach((column) => cells.append(this.makeCell(row, column)));
    const track = make("div", "plan-track");
    track.setAttribute("aria-hidden", "true");
    this.chart.bar(track, row);
    element.append(cells, track);
    return element;
  }
  makeCell(row, column) {
    const cell = make("div", `plan-c plan-c-${column.id}${column.num ? " psa-num" : ""}`);
    if (column.id === "mode") {
      cell.setAttribute("aria-hidden", "true");
      if (row.kind !== "sum" && !row.isDraft) cell.append(this.icon(row.pinned ? "i-pin" : "i-bolt"));
      return cell;
    }
    cell.setAttribute("role", column.id === "name" ? "rowheader" : "gridcell");
    cell.setAttribute("aria-colindex", COUNTED.indexOf(column) + 1);
    cell.dataset.column = column.id;
    if (column.id !== "no") cell.tabIndex = this.focus.id === row.id && this.focus.column === column.id ? 0 : -1;
    const text = this.model.text(row, column.id);
    if (column.id === "name") {
      cell.style.paddingLeft = `${(row.depth - 1) * 14 + (row.kind === "sum" ? 0 : 18)}px`;
      if (row.kind === "sum") {
        const fold = make("span", "plan-fold");
        fold.append(this.icon("i-fold"));
        cell.append(fold);
      }
      cell.append(make("span", "plan-name", text));
      cell.title = text;
    } else {
      cell.textContent = text;
      if (column.id === "people") cell.title = this.model.peopleText(row, true);
      if (column.id === "predecessors" || column.id === "role") cell.title = text;
      if (column.id === "slack" && row.critical) cell.classList.add("psa-strong");
      if (column.id === "slack" && row.slack < 0) cell.classList.add("psa-neg");
      if (column.id === "finish" && row.deadline !== null && row.finish > row.deadline) cell.classList.add("psa-neg");
    }
    return cell;
  }
  icon(name) { return this.icons.content.querySelector(`.${name}`).cloneNode(true); }

  cell(id, column) { return this.drawn.get(id)?.querySelector(`[data-column="${column}"]`); }
  current() { return this.model.rows.get(this.focus.id) ?? null; }

  /* Moves the focus, and what is chosen with it unless `extend`. */
  go(id, column = this.focus.column, { extend = false, focus = true } = {}) {
    if (!this.model.place.has(id)) return;
    const columns = this.columns();
    const wanted = columns.some((one) => one.id === column) ? column : "name";
    this.cell(this.focus.id, this.focus.column)?.setAttribute("tabindex", "-1");
    this.focus = { id, column: wanted };
    if (extend) { this.anchor ??= id; this.choose(this.between(this.anchor, id)); } else { this.anchor = id; this.choose([id]); }
    this.reveal(id);
    const cell = this.cell(id, wanted);
    cell?.setAttribute("tabindex", "0");
    if (focus) cell?.focus({ preventScroll: true });
  }
  between(one, other) {
    const [a, b] = [this.model.place.get(one), this.model.place.get(other)].sort((x, y) => x - y);
    return this.model.shown.slice(a, b + 1).map((row) => row.id);
  }
  choose(ids) {
    const next = new Set(ids);
    for (const id of new Set([...this.chosen, ...next])) this.drawn.get(id)?.setAttribute("aria-selected", String(next.has(id)));
    this.chosen = next;
  }
  /* The rows that a command is for, in plan order. */
  picked() {
    const ids = this.chosen.size ? this.chosen : new Set([this.focus.id]);
    return this.model.shown.filter((row) => ids.has(row.id) && !row.isDraft);
  }
  reveal(id) {
    const top = this.model.place.get(id) * ROW;
    const height = this.box.clientHeight - HEAD;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW > this.box.scrollTop + height) this.box.scrollTop = top + ROW - height;
    this.draw();
  }
  /* Scrolls the chart so that a day stands a third into it. */
  toDay(day) { this.box.scrollLeft = Math.max(0, (day - this.chart.first) * this.chart.perDay - (this.box.clientWidth - this.left) / 3); }
  rowAt(event) {
    const row = event.target.closest?.(".plan-row");
    if (row) return this.model.rows.get(Number(row.dataset.id));
    const y = event.clientY - this.body.getBoundingClientRect().top;
    return this.body.contains(event.target) || this.surface.contains(event.target) ? this.model.shown[Math.floor(y / ROW)] : null;
  }
}
