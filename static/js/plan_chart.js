/* The chart beside the tree: the time scale, bars, marks and the arrows between them. */
import { told } from "./words.js";
import { DAY, LOCALE, ZOOMS, dateOf, dayText, weekday } from "./plan_model.js";

export const ROW = 24;
export const HEAD = 35;
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 21; // days before the first bar and behind the last
const MOST_DAYS = 40_000;
const month = new Intl.DateTimeFormat(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" });
const monthShort = new Intl.DateTimeFormat(LOCALE, { month: "short", timeZone: "UTC" });

export const make = (tag, className = "", text = "") => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
};
const svg = (tag, attributes) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const weekOf = (day) => {
  const on = dateOf(day - weekday(day) + 3); // the Thursday of the week says which year it is of
  const first = Date.UTC(on.getUTCFullYear(), 0, 1);
  return 1 + Math.floor((on.getTime() - first) / (7 * 864e5));
};

export class Chart {
  constructor(model) {
    this.model = model;
    this.zoom = "week";
    this.perDay = ZOOMS.week;
    this.shows = new Set(["critical", "baseline", "slack"]);
    this.ghosts = new Map();
  }

  setZoom(zoom, perDay = ZOOMS[zoom]) { this.zoom = zoom; this.perDay = perDay; }

  /* How far the chart reaches: all bars, today, and enough to fill `width`. */
  reach(width) {
    const { model } = this;
    let first = model.today;
    let last = model.today;
    for (const row of model.rows.values()) {
      if (row.start !== null) { first = Math.min(first, row.start / DAY); last = Math.max(last, row.finish / DAY); }
      if (row.base_start !== null) { first = Math.min(first, row.base_start / DAY); last = Math.max(last, row.base_finish / DAY); }
      if (row.deadline !== null) last = Math.max(last, row.deadline / DAY);
    }
    this.first = Math.floor(first) - MARGIN;
    this.first -= weekday(this.first);
    const most = Math.min(Math.ceil(last) + 2 * MARGIN, this.first + MOST_DAYS);
    this.last = Math.max(most, this.first + Math.ceil(width / this.perDay));
    this.width = Math.ceil((this.last - this.first) * this.perDay);
  }
  x(minutes) { return (minutes / DAY - this.first) * this.perDay; }
  dayAt(x) { return Math.floor(x / this.perDay) + this.first; }

  /* Two lines of labels. */
  scale(head) {
    const above = make("div", "plan-scale");
    const below = make("div", "plan-scale plan-scale-b");
    if (this.model.origin !== null) {
      this.numbered(above, below);
      head.replaceChildren(above, below);
      return;
    }
    for (let day = this.first; day < this.last;) {
      const end = this.nextOf(day, this.zoom === "day" || this.zoom === "week" ? "month" : "year");
      const on = dateOf(day);
      this.label(above, day, end, this.zoom === "day" || this.zoom === "week" ? month.format(on) : String(on.getUTCFullYear()));
      day = end;
    }
    const step = { day: "day", week: "week", month: "month", quarter: "quarter" }[this.zoom];
    for (let day = this.first; day < this.last;) {
      const end = this.nextOf(day, step);
      const on = dateOf(day);
      const text = {
        day: String(on.getUTCDate()), week: String(weekOf(day)), month: monthShort.format(on),
        quarter: `Q${Math.floor(on.getUTCMonth() / 3) + 1}`,
      }[this.zoom];
      const box = this.label(below, day, end, text);
      if (this.model.today >= day && this.model.today < end) box.classList.add("is-now");
      if (this.zoom === "day" && this.model.isOff(day)) box.classList.add("is-off");
      day = end;
    }
    head.replaceChildren(above, below);
  }
  /* Of a template: days, weeks and groups of weeks, counted from its first Monday. */
  numbered(above, below) {
    const { model } = this;
    const week = (day) => (day - model.origin) / 7 + 1;
    const line = (box, size, words) => {
      for (let day = this.first; day < this.last;) {
        const end = this.groupEnd(day, size);
        this.label(box, day, end, day < model.origin ? "" : words(day, end));
        day = end;
      }
    };
    if (this.zoom === "day") {
      line(above, 7, (day) => told("Week {number}", { number: week(day) }));
      line(below, 1, (day) => (model.isOff(day) ? "" : String(model.numberOf(day))));
      return;
    }
    const isWeek = this.zoom === "week";
    if (isWeek) line(above, 28, (day, end) => told("Weeks {first} to {last}", { first: week(day), last: week(end) - 1 }));
    else line(above, 364, (day) => told("Year {number}", { number: Math.floor(week(day) / 52) + 1 }));
    line(below, isWeek ? 7 : this.zoom === "month" ? 28 : 91, (day) => String(week(day)));
  }
  /* Where a group of so many days ends that is counted from the template's first. */
  groupEnd(day, size) {
    const into = (day - this.model.origin) % size;
    return day + size - (into < 0 ? into + size : into);
  }
  label(line, day, end, text) {
    const box = make("span", "", text);
    box.style.left = `${(day - this.first) * this.perDay}px`;
    box.style.width = `${(Math.min(end, this.last) - day) * this.perDay}px`;
    line.append(box);
    return box;
  }
  nextOf(day, step) {
    if (step === "day") return day + 1;
    if (step === "week") return day + 7 - weekday(day);
    const on = dateOf(day);
    const [year, at] = [on.getUTCFullYear(), on.getUTCMonth()];
    const next = step === "month" ? Date.UTC(year, at + 1, 1)
      : step === "quarter" ? Date.UTC(year, (Math.floor(at / 3) + 1) * 3, 1) : Date.UTC(year + 1, 0, 1);
    return day + Math.round((next - on.getTime()) / 864e5);
  }

  /* What lies behind all rows: days off where they can be told apart, months, and today. */
  back(box, height) {
    const parts = [];
    if (this.perDay >= 2) {
      let d = "";
      for (let day = this.first; day < this.last;) {
        if (!this.model.isOff(day)) { day += 1; continue; }
        let end = day + 1;
        while (end < this.last && this.model.isOff(end)) end += 1;
        d += `M${(day - this.first) * this.perDay} 0H${(end - this.first) * this.perDay}V${height}H${(day - this.first) * this.perDay}z`;
        day = end;
      }
      parts.push(svg("path", { class: "plan-off", d }));
    }
    let lines = "";
    const isNumbered = this.model.origin !== null;
    const onward = (day) => (isNumbered ? this.groupEnd(day, 28) : this.nextOf(day, "month"));
    for (let day = onward(this.first); day < this.last; day = onward(day)) {
      if (isNumbered || this.zoom !== "quarter" || dateOf(day).getUTCMonth() % 3 === 0) lines += `M${Math.round((day - this.first) * this.perDay) + 0.5} 0V${height}`;
    }
    parts.push(svg("path", { class: "plan-month", d: lines }));
    const now = (this.model.today + 0.5 - this.first) * this.perDay;
    if (!isNumbered) parts.push(svg("path", { class: "plan-now", d: `M${now} 0V${height}` }));
    box.setAttribute("width", this.width);
    box.setAttribute("height", height);
    box.replaceChildren(...parts);
  }

  /* The bar of a row and its marks. */
  bar(track, row) {
    track.replaceChildren();
    if (row.start === null) return;
    const { model } = this;
    const from = this.x(row.start);
    const to = this.x(row.finish);
    const isCritical = row.critical && this.shows.has("critical") && row.kind !== "sum";
    if (row.base_finish !== null && this.shows.has("baseline") && row.kind !== "sum") {
      const base = make("i", row.kind === "ms" ? "plan-base-ms" : "plan-base");
      this.stretch(base, this.x(row.base_start), this.x(row.base_finish), row.kind === "ms");
      track.append(base);
    }
    if (this.shows.has("slack") && row.slack > 0 && !row.completed && row.kind !== "sum") {
      const slack = make("i", "plan-slack");
      const until = model.onward(model.lastDay(row), Math.min(2000, Math.round(row.slack / model.dayMinutes)));
      this.stretch(slack, to + (row.kind === "ms" ? 6 : 0), Math.max(this.x((until + 1) * DAY), to + 1));
      track.append(slack);
    }
    const bar = make("div", { sum: "plan-sum", ms: "plan-ms", task: "plan-bar" }[row.kind]);
    if (isCritical) bar.classList.add("is-critical");
    bar.title = told("{task}, {start} to {finish}, {done} % done", {
      task: `${row.outline} ${row.name}`, start: dayText(model.firstDay(row)), finish: dayText(model.lastDay(row)), done: row.done,
    })
      + (isCritical ? ", critical" : "");
    this.stretch(bar, from, to, row.kind === "ms");
    if (row.kind === "task") {
      const done = make("i", "plan-done");
      done.style.width = `${row.done}%`;
      bar.append(done);
    }
    if (model.editable && row.kind !== "sum") {
      if (row.kind === "task" && !row.completed) bar.append(make("b", "plan-end"));
      bar.append(make("b", "plan-dot"));
    }
    track.append(bar);
    if (row.kind === "ms") {
      const label = make("span", "plan-label", dayText(model.lastDay(row), model.thisYear));
      label.style.left = `${to + 11}px`;
      track.append(label);
    }
    if (row.deadline !== null) {
      const mark = make("i", "plan-deadline");
      if (row.finish > row.deadline) mark.classList.add("is-missed");
      mark.title = told(row.finish > row.deadline ? "Deadline {day}, missed" : "Deadline {day}", { day: dayText(Math.floor((row.deadline - 1) / DAY)) });
      mark.style.left = `${this.x(row.deadline)}px`;
      track.append(mark);
    }
    const ghost = this.ghosts.get(row.id);
    if (ghost && row.kind !== "sum") {
      const after = make("i", row.kind === "ms" ? "plan-ghost-ms" : "plan-ghost");
      this.stretch(after, this.x(ghost[0]), this.x(ghost[1]), row.kind === "ms");
      track.append(after);
    }
  }
  stretch(element, from, to, isPoint = false) {
    element.style.left = `${isPoint ? to : from}px`;
    if (!isPoint) element.style.width = `${Math.max(to - from, 2)}px`;
  }

  /* Arrows of the links that touch the rows from `first` to `last` of those shown. */
  arrows(box, first, last) {
    const { model } = this;
    const drawn = new Set();
    const parts = [];
    const paths = [{ line: "", tip: "" }, { line: "", tip: "" }];
    const top = first * ROW;
    for (let at = first; at < last; at += 1) {
      const { id } = model.shown[at];
      for (const links of [model.waitsFor.get(id), model.holds.get(id)]) {
        for (const link of links ?? []) {
          if (drawn.has(link.id)) continue;
          drawn.add(link.id);
          const d = this.arrow(link, top);
          if (!d) continue;
          const isCritical = this.shows.has("critical") && model.rows.get(link.before).critical && model.rows.get(link.after).critical;
          const path = paths[Number(isCritical)];
          path.line += d.line;
          path.tip += d.tip;
          if (model.editable) parts.push(svg("path", { class: "plan-hit", d: d.line, "data-link": link.id }));
        }
      }
    }
    paths.forEach(({ line, tip }, isCritical) => {
      if (!line) return;
      parts.push(svg("path", { class: isCritical ? "plan-link is-critical" : "plan-link", d: line }));
      parts.push(svg("path", { class: isCritical ? "plan-tip is-critical" : "plan-tip", d: tip }));
    });
    box.style.top = `${top}px`;
    box.setAttribute("width", this.width);
    box.setAttribute("height", Math.max(1, (last - first) * ROW));
    box.replaceChildren(...parts);
  }
  arrow(link, top) {
    const { model } = this;
    const [one, other] = [model.rows.get(link.before), model.rows.get(link.after)];
    const from = model.place.get(link.before);
    const to = model.place.get(link.after);
    if (from === undefined || to === undefined || one.start === null || other.start === null) return null;
    const leaves = link.kind[0] === "F" ? 1 : -1;
    const enters = link.kind[1] === "S" ? 1 : -1;
    const half = (row) => (row.kind === "ms" ? 6 : 0);
    const x1 = this.x(leaves === 1 || one.kind === "ms" ? one.finish : one.start) + leaves * half(one);
    const x2 = this.x(enters === -1 || other.kind === "ms" ? other.finish : other.start) - enters * half(other);
    const y1 = from * ROW + 11.5 - top;
    const y2 = to * ROW + 11.5 - top;
    const down = to > from ? 1 : -1;
    if (leaves === 1 && enters === 1 && x2 >= x1 + 4) { // along, then onto the bar from above or below
      const y = y2 - down * (half(other) || 5);
      const x = Math.max(x1 + 4, x2 + (other.kind === "ms" ? 6 : 3));
      return { line: `M${x1} ${y1}H${x}V${y - down * 3}`, tip: `M${x - 3} ${y - down * 5}h6l-3 ${down * 5}z` };
    }
    const out = x1 + leaves * 7;
    const into = x2 - enters * 9;
    const middle = y1 + (down * ROW) / 2;
    return { line: `M${x1} ${y1}H${out}V${middle}H${into}V${y2}H${x2 - enters * 4}`, tip: `M${x2 - enters * 5} ${y2 - 3}v6l${enters * 5} -3z` };
  }
}
