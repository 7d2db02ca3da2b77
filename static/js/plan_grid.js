/* The tree grid: only the rows in view are in the page, and the one with the focus; a row of the tree and
   its track on the chart have one height and one place. */
import { told } from "./words.js";
import { COLUMNS } from "./plan_model.js";
import { HEAD, ROW, make } from "./plan_chart.js";

const MORE = 10;
const STEP = 8; // rows come and go by so many at once
const A_FRAME = 12; // rows made in one frame while scrolling: what is in sight first, then the rest
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
    this.grid = make("div", "plan-grid");
    this.grid.setAttribute("role", "treegrid");
    this.grid.setAttribute("aria-label", told("Work breakdown of {name}", { name }));
    this.grid.setAttribute("aria-multiselectable", "true");
    this.grid.setAttribute("aria-colcount", COUNTED.length);
    this.body = make("div", "plan-body");
    this.body.setAttribute("role", "rowgroup");
    this.grid.append(this.headRow(), this.body);
    this.scale = make("div", "plan-scales");
    this.canvas = make("div", "plan-chart");
    for (const element of [this.scale, this.canvas]) element.setAttribute("aria-hidden", "true");
    this.back = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.arrows = this.back.cloneNode();
    this.back.setAttribute("class", "plan-back");
    this.arrows.setAttribute("class", "plan-arrows");
    this.tracks = make("div", "plan-tracks");
    this.canvas.append(this.back, this.arrows, this.tracks);
    this.surface.append(this.grid, this.scale, this.canvas);
    box.replaceChildren(this.surface);
    box.addEventListener("scroll", () => this.drawNext(), { passive: true });
    new ResizeObserver(() => this.layout()).observe(box);
  }

  headRow() {
    const group = make("div", "plan-head");
    group.setAttribute("role", "rowgroup");
    const row = make("div", "plan-head-row plan-cells");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", 1);
    for (const column of COLUMNS) {
      const cell = make("div", `plan-c plan-c-${column.id}${column.num ? " psa-num" : ""}`, column.label);
      if (column.id === "mode") cell.setAttribute("aria-hidden", "true");
      else cell.setAttribute("role", "columnheader");
      row.append(cell);
    }
    group.append(row);
    return group;
  }

  /* The columns that the focus can be in. */
  columns() {
    return COLUMNS.filter(({ id }) => id === "name" || (!this.model.hidden.has(id) && id !== "no" && id !== "mode" && (this.view === "full" || (this.view !== "chart" && NARROW.has(id)))));
  }

  /* All measures anew: after a change of zoom, view, window or of how far the plan reaches. */
  layout(isForced = true) {
    const left = this.grid.offsetWidth;
    const isTree = getComputedStyle(this.scale).display === "none";
    const was = `${this.left} ${this.chart.first} ${this.chart.width}`;
    this.left = left;
    this.chart.reach(Math.max(0, this.paper ? 0 : this.box.clientWidth - left));
    if (!isForced && was === `${left} ${this.chart.first} ${this.chart.width}`) { this.measure(); return; }
    this.surface.style.width = isTree ? "" : `${left + this.chart.width}px`;
    if (!isTree) this.chart.scale(this.scale);
    this.again();
  }
  measure() {
    const { length } = this.model.shown;
    const height = Math.max(length * ROW, this.paper ? 0 : this.box.clientHeight - HEAD);
    this.body.style.height = this.canvas.style.height = `${height}px`;
    this.grid.setAttribute("aria-rowcount", length + 1);
    this.chart.back(this.back, height);
  }
  /* Everything in view drawn anew. */
  again() { this.refresh([...this.drawn.keys()]); }
  /* Rows that changed; the order of the others may have, too. */
  refresh(ids) {
    const hadFocus = this.body.contains(document.activeElement) && !this.editing;
    this.measure();
    for (const id of ids) {
      if (this.editing?.id !== id) this.remove(id);
      else if (this.drawn.has(id)) this.chart.bar(this.drawn.get(id).track, this.model.rows.get(id));
    }
    this.draw();
    if (hadFocus && !this.body.contains(document.activeElement)) this.cell(this.focus.id, this.focus.column)?.focus({ preventScroll: true });
  }

  /* The rows in view and some more, from and until. */
  windowOf() {
    const { length } = this.model.shown;
    if (this.everything) return [0, length];
    const first = Math.floor(this.box.scrollTop / ROW / STEP) * STEP;
    return [Math.max(0, first - MORE), Math.min(length, first + STEP + Math.ceil(this.box.clientHeight / ROW) + MORE)];
  }
  /* A part of the rows in the next frame, and so on until all are there: no frame is long. */
  drawNext() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      if (this.windowOf().join() !== this.window && !this.draw(A_FRAME)) this.drawNext();
    });
  }
  /* The rows in view, at most so many new ones; whether that was all. */
  draw(most = Infinity) {
    const { shown, place } = this.model;
    const [from, last] = this.windowOf();
    const wanted = new Set(shown.slice(from, last).map((row) => row.id));
    if (!place.has(this.focus.id)) this.focus.id = shown[0]?.id ?? null;
    if (this.focus.id !== null) wanted.add(this.focus.id);
    for (const id of [...this.drawn.keys()]) if (!wanted.has(id)) this.remove(id);
    const missing = [...wanted].filter((id) => !this.drawn.has(id));
    if (missing.length > most) {
      const middle = (this.box.scrollTop + this.box.clientHeight / 2) / ROW;
      const away = (id) => Math.abs(place.get(id) - middle);
      missing.sort((one, other) => away(one) - away(other));
      for (const id of missing.slice(most)) wanted.delete(id);
    }
    let before = null;
    const ordered = [...wanted].sort((one, other) => place.get(one) - place.get(other));
    for (const id of ordered) {
      const at = place.get(id);
      let row = this.drawn.get(id);
      if (!row) {
        row = this.row(this.model.rows.get(id));
        this.drawn.set(id, row);
        this.tracks.append(row.track);
      }
      if (row.dataset.at !== String(at)) {
        row.dataset.at = at;
        row.style.top = row.track.style.top = `${at * ROW}px`;
        row.setAttribute("aria-rowindex", at + 2);
      }
      const next = before ? before.nextSibling : this.body.firstChild;
      if (next !== row) this.body.insertBefore(row, next);
      before = row;
    }
    if (missing.length > most) { this.window = ""; return false; }
    this.window = `${from},${last}`;
    this.chart.arrows(this.arrows, from, last);
    return true;
  }

  remove(id) {
    const row = this.drawn.get(id);
    row?.track.remove();
    row?.remove();
    this.drawn.delete(id);
  }

  /* A row without its values, to be copied: that is quicker than making each cell. */
  blankRow() {
    const element = make("div", "plan-row plan-cells");
    element.setAttribute("role", "row");
    for (const column of COLUMNS) {
      const cell = make("div", `plan-c plan-c-${column.id}${column.num ? " psa-num" : ""}`);
      if (column.id === "mode") cell.setAttribute("aria-hidden", "true");
      else {
        cell.setAttribute("role", column.id === "name" ? "rowheader" : "gridcell");
        cell.setAttribute("aria-colindex", COUNTED.indexOf(column) + 1);
        cell.dataset.column = column.id;
        if (column.id !== "no") cell.tabIndex = -1;
        if (column.id === "name") cell.append(make("span", "plan-name"));
      }
      element.append(cell);
    }
    return element;
  }
  row(row) {
    this.blank ??= this.blankRow();
    const element = this.blank.cloneNode(true);
    element.dataset.id = row.id;
    element.dataset.k = row.kind;
    element.setAttribute("aria-level", row.depth);
    if (row.kind === "sum") element.setAttribute("aria-expanded", String(!this.model.folded.has(row.id)));
    element.setAttribute("aria-selected", String(this.chosen.has(row.id)));
    element.track = make("div", this.chosen.has(row.id) ? "plan-track is-on" : "plan-track");
    element.track.dataset.id = row.id;
    if (this.theirs.has(row.id)) element.classList.add("is-theirs");
    COLUMNS.forEach((column, at) => this.fill(element.children[at], row, column.id));
    if (this.focus.id === row.id) element.querySelector(`[data-column="${this.focus.column}"]`)?.setAttribute("tabindex", "0");
    this.chart.bar(element.track, row);
    return element;
  }
  fill(cell, row, column) {
    if (column === "mode") {
      if (row.kind !== "sum" && !row.isDraft) cell.append(this.icon(row.pinned ? "i-pin" : "i-bolt"));
      return;
    }
    const text = this.model.text(row, column);
    if (column === "name") {
      cell.style.paddingLeft = `${(row.depth - 1) * 14 + (row.kind === "sum" ? 0 : 18)}px`;
      if (row.kind === "sum") {
        const fold = make("span", "plan-fold");
        fold.append(this.icon("i-fold"));
        cell.prepend(fold);
      }
      cell.lastChild.textContent = text;
      cell.title = text;
      if (row.talk) cell.append(this.talk(row));
      return;
    }
    if (text) cell.textContent = text;
    if (column === "people" && text) cell.title = this.model.peopleText(row, true);
    if ((column === "predecessors" || column === "role") && text) cell.title = text;
    if (column === "slack" && row.critical) cell.classList.add("psa-strong");
    if (column === "slack" && row.slack < 0) cell.classList.add("psa-neg");
    if (column === "finish" && row.deadline !== null && row.finish > row.deadline) cell.classList.add("psa-neg");
  }
  /* How much is said about a task; marked while the reader was named and has not answered. */
  talk(row) {
    const link = make("a", row.asked ? "plan-talk is-asked" : "plan-talk", String(row.talk));
    link.href = this.model.talkOf(row);
    link.tabIndex = -1;
    const said = row.talk === 1 ? "1 comment" : `${row.talk} comments`;
    link.title = row.asked ? `${said}; you are named and have not answered` : said;
    link.setAttribute("aria-label", link.title);
    link.prepend(this.icon("i-talk"));
    if (row.asked) link.append("@");
    return link;
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
    for (const id of new Set([...this.chosen, ...next])) {
      this.drawn.get(id)?.setAttribute("aria-selected", String(next.has(id)));
      this.drawn.get(id)?.track.classList.toggle("is-on", next.has(id));
    }
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
    const row = event.target.closest?.("[data-id]");
    if (row) return this.model.rows.get(Number(row.dataset.id));
    const y = event.clientY - this.body.getBoundingClientRect().top;
    return this.body.contains(event.target) || this.surface.contains(event.target) ? this.model.shown[Math.floor(y / ROW)] : null;
  }
}
