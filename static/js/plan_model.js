/* The plan as the page knows it: rows in order, what is folded, and how each value reads. No document in here. */
import { told } from "./words.js";
const DAY = 1440;
const EPOCH = Date.UTC(2000, 0, 1);
const LANGUAGE = document.documentElement.lang || "en";
const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;

export const ZOOMS = { day: 24, week: 3.4, month: 1.2, quarter: 0.45 };
export const COLUMNS = [
  { id: "no", label: "#" },
  { id: "name", label: told("Task"), edit: true },
  { id: "mode", label: "" },
  { id: "effort", label: told("Effort h"), num: true, edit: true, leaf: true },
  { id: "duration", label: told("Dur."), num: true, edit: true, leaf: true },
  { id: "start", label: told("Start"), num: true, edit: true, leaf: true },
  { id: "finish", label: told("Finish"), num: true, edit: true, leaf: true },
  { id: "predecessors", label: told("Predecessors"), edit: true },
  { id: "role", label: told("Role"), edit: true },
  { id: "people", label: told("People"), edit: true, leaf: true },
  { id: "done", label: told("Done"), num: true, edit: true, leaf: true },
  { id: "left", label: told("Left h"), num: true, edit: true, leaf: true },
  { id: "slack", label: told("Slack"), num: true },
];
export const SCHEDULING = new Set(["duration", "effort", "start", "finish", "predecessors", "people"]);

const number = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const short = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });
const long = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dateOf = (day) => new Date(EPOCH + day * 864e5);
const texts = new Map();

// Of a template: how its days are told, by number.
let numbered = null;
/* A day, counted from the epoch, as people read it; the year only where it is another. */
export const dayText = (day, thisYear = null) => {
  if (day === null) return "–";
  if (numbered) return numbered(day);
  const key = `${day}/${thisYear}`;
  let text = texts.get(key);
  if (text === undefined) {
    const on = dateOf(day);
    const year = on.getUTCFullYear();
    text = thisYear === null ? long.format(on) : short.format(on) + (year === thisYear ? "" : ` ${String(year).slice(2)}`);
    text = text.replace("Sept", "Sep");
    texts.set(key, text);
  }
  return text;
};
export const isoDay = (day) => dateOf(day).toISOString().slice(0, 10);
export const weekday = (day) => (day + 5) % 7; // the epoch was a Saturday; Monday is 0
export { dateOf, DAY, LOCALE };

export class Model {
  constructor(data, { decimal, editable }) {
    this.decimal = decimal;
    this.editable = editable;
    this.folded = new Set();
    this.drafts = 0;
    this.take(data);
  }

  /* All of it, at first and after somebody else's change; says which rows differ from before. */
  take(data) {
    const before = this.rows;
    this.columns = data.columns;
    Object.assign(this, {
      project: data.project, revision: data.revision, roles: data.roles, people: data.people, baseline: data.baseline,
      dayMinutes: data.dayMinutes, today: data.today, status: data.status, finish: data.finish,
    });
    this.origin = data.origin ?? null;
    this.hidden = new Set(data.hidden ?? []);
    this.numbers = new Map();
    numbered = this.origin === null ? null : (day) => told("Day {number}", { number: this.numberOf(day) });
    this.roleIds = new Set(data.roleIds);
    this.off = new Set(data.off);
    this.offFrom = data.off[0] ?? 0;
    this.offUntil = data.off[data.off.length - 1] ?? 0;
    this.thisYear = dateOf(this.today).getUTCFullYear();
    this.initials = new Map(Object.entries(data.people).map(([id, name]) => [Number(id), initialsOf(name)]));
    this.rows = new Map();
    for (const values of data.rows) this.put(values);
    this.links = new Map(data.links.map((link) => [link[0], this.link(link)]));
    this.relink();
    this.see();
    if (!before) return new Set();
    const differ = [...this.rows.values()].filter((row) => JSON.stringify(row) !== JSON.stringify(before.get(row.id)));
    return new Set([...differ.map((row) => row.id), ...[...before.keys()].filter((id) => !this.rows.has(id))]);
  }

  /* What a batch changed; the ids of rows to draw anew. */
  patch(answer) {
    for (const values of answer.rows) this.put(values);
    if (answer.order) {
      const rows = this.rows;
      this.rows = new Map(answer.order.map((id) => [id, rows.get(id)]));
      for (const row of rows.values()) if (row.isDraft) this.insert(row);
    }
    const touched = new Set(answer.rows.map((values) => values[0]));
    for (const id of answer.unlinked) {
      const link = this.links.get(id);
      if (link) { touched.add(link.after); touched.add(link.before); }
      this.links.delete(id);
    }
    for (const values of answer.links) {
      const link = this.link(values);
      this.links.set(link.id, link);
      touched.add(link.after);
    }
    this.revision = answer.revision;
    this.finish = answer.finish;
    if (answer.order) for (const link of this.links.values()) touched.add(link.after); // numbers have changed
    this.relink();
    this.see();
    return touched;
  }

  put(values) {
    const row = {};
    this.columns.forEach((name, at) => { row[name] = values[at]; });
    this.rows.set(row.id, row);
  }
  link([id, before, after, kind, lag, percent, elapsed]) { return { id, before, after, kind, lag, percent, elapsed }; }
  relink() {
    this.waitsFor = new Map();
    this.holds = new Map();
    for (const link of this.links.values()) {
      push(this.waitsFor, link.after, link);
      push(this.holds, link.before, link);
    }
  }

  /* The rows that are not folded away, in order. */
  see() {
    this.shown = [];
    this.place = new Map();
    let hiddenBelow = Infinity;
    for (const row of this.rows.values()) {
      if (row.depth > hiddenBelow) continue;
      hiddenBelow = this.folded.has(row.id) && row.kind === "sum" ? row.depth : Infinity;
      this.place.set(row.id, this.shown.length);
      this.shown.push(row);
    }
  }
  fold(id, close) { if (close) this.folded.add(id); else this.folded.delete(id); this.see(); }
  foldAll(close) {
    this.folded = new Set(close ? [...this.rows.values()].filter((row) => row.kind === "sum").map((row) => row.id) : []);
    this.see();
  }
  talkOf(row) { return this.talkAt.replace("/0/", `/${row.id}/`); }
  parentOf(row) {
    for (let at = this.place.get(row.id) - 1; at >= 0; at -= 1) if (this.shown[at].depth < row.depth) return this.shown[at];
    return null;
  }
  /* The row and all below it, also what is folded away. */
  subtree(id) {
    const all = [...this.rows.values()];
    const at = all.findIndex((row) => row.id === id);
    let end = at + 1;
    while (end < all.length && all[end].depth > all[at].depth) end += 1;
    return all.slice(at, end);
  }

  /* A row that is being named and not saved yet; it stands behind `anchor` and what is below it. Once it has its
     name (isNamed) it is on its way: its other cells can be typed meanwhile. */
  draft(anchor, depth) {
    this.drafts -= 1;
    const row = {
      id: this.drafts, depth, outline: "", name: "", kind: "task", role: null, effort: 0, left: 0, booked: 0, done: 0,
      duration: 0, start: null, finish: null, constraint: "asap", constrained: null, deadline: null, slack: null,
      critical: 0, people: [], talk: 0, asked: 0, base_start: null, base_finish: null, pinned: 0, completed: 0, isDraft: true, anchor,
    };
    this.insert(row);
    this.see();
    return row;
  }
  insert(row) {
    const all = [...this.rows.values()];
    const anchor = this.rows.get(row.anchor);
    let at = anchor ? all.indexOf(anchor) + 1 : all.length;
    while (anchor && at < all.length && all[at].depth > anchor.depth) at += 1;
    all.splice(at, 0, row);
    this.rows = new Map(all.map((one) => [one.id, one]));
  }
  drop(id) { this.rows.delete(id); this.see(); }

  firstDay(row) { return row.start === null ? null : Math.floor(row.start / DAY); }
  lastDay(row) {
    if (row.finish === null) return null;
    return Math.floor((row.finish > row.start && row.finish % DAY === 0 ? row.finish - 1 : row.finish) / DAY);
  }
  isOff(day) { return day >= this.offFrom && day <= this.offUntil ? this.off.has(day) : weekday(day) > 4; }
  workdays(first, last) {
    let count = 0;
    for (let day = first; day <= last; day += 1) if (!this.isOff(day)) count += 1;
    return count;
  }
  /* The number of a day of a template: 1 is its first working day, −1 the one before. */
  numberOf(day) {
    let number = this.numbers.get(day);
    if (number === undefined) {
      number = day >= this.origin ? Math.max(1, this.workdays(this.origin, day)) : -Math.max(1, this.workdays(day, this.origin - 1));
      this.numbers.set(day, number);
    }
    return number;
  }
  /* So many working days on from a day, forward or back. */
  onward(day, by) {
    let at = day;
    for (let left = Math.abs(by); left > 0;) { at += Math.sign(by); if (!this.isOff(at)) left -= 1; }
    return at;
  }

  hours(minutes) {
    if (minutes % 60 === 0 || this.decimal) return number.format(minutes / 60);
    if (minutes >= 6000) return number.format(Math.round(minutes / 60));
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  }
  length(minutes) {
    const sign = minutes < 0 ? "−" : "";
    const size = Math.abs(minutes);
    if ((size * 4) % this.dayMinutes && size < this.dayMinutes) return `${sign}${this.hours(size)} h`;
    return `${sign}${number.format(Math.round((size / this.dayMinutes) * 100) / 100)} d`;
  }
  span(row) {
    if (row.kind === "ms") return "0 d";
    if (row.isDraft || row.start === null) return "–";
    return row.kind === "sum" ? `${number.format(this.workdays(this.firstDay(row), this.lastDay(row)))} d` : this.length(row.duration);
  }
  linkText(link) {
    const before = this.rows.get(link.before)?.outline ?? "?";
    let lag = "";
    if (link.percent) lag = `${link.percent < 0 ? "-" : "+"}${Math.abs(link.percent)}%`;
    else if (link.lag) {
      const unit = link.elapsed ? DAY : this.dayMinutes;
      const size = Math.abs(link.lag);
      const amount = size % unit ? `${number.format(size / 60)}${link.elapsed ? "eh" : "h"}` : `${size / unit}${link.elapsed ? "ed" : "d"}`;
      lag = (link.lag < 0 ? "-" : "+") + amount;
    }
    return before + (link.kind === "FS" && !lag ? "" : link.kind) + lag;
  }
  predecessors(row) { return (this.waitsFor.get(row.id) ?? []).map((link) => this.linkText(link)).join(", "); }
  peopleText(row, full) {
    return row.people.map(([who, units, name]) => {
      const shown = full ? this.people[who] ?? name : this.initials.get(who) ?? initialsOf(this.people[who] ?? name);
      return units === 100 ? shown : `${shown} ${units}%`;
    }).join(full ? ", " : " ");
  }

  /* What a cell shows. */
  text(row, column) {
    const isNone = row.isDraft;
    switch (column) {
      case "no": return row.outline;
      case "name": return row.name;
      case "effort": return row.kind === "ms" || isNone ? "–" : this.hours(row.effort);
      case "left": return row.kind === "ms" || isNone ? "–" : this.hours(row.left);
      case "duration": return this.span(row);
      case "start": return dayText(this.firstDay(row), this.thisYear);
      case "finish": return dayText(this.lastDay(row), this.thisYear);
      case "predecessors": return this.predecessors(row);
      case "role": return typeof row.role === "string" ? row.role : this.roles[row.role] ?? "";
      case "people": return this.peopleText(row, false);
      case "done": return isNone || row.kind === "ms" && !row.completed ? "–" : `${row.done} %`;
      case "slack": return row.completed || row.slack === null ? "–" : this.length(row.slack);
      default: return "";
    }
  }
  /* What its editor begins with. */
  typed(row, column) {
    switch (column) {
      case "effort": case "left": return row.kind === "ms" ? "" : plainHours(row[column]);
      case "duration": return plainLength(row.kind === "ms" ? 0 : row.duration, this.dayMinutes);
      case "start": return this.firstDay(row) === null ? "" : this.dayTyped(this.firstDay(row));
      case "finish": return this.lastDay(row) === null ? "" : this.dayTyped(this.lastDay(row));
      case "people": return this.peopleText(row, true);
      case "done": return String(row.done);
      default: return this.text(row, column);
    }
  }
  dayTyped(day) { return this.origin !== null || LOCALE.startsWith("en") || LOCALE.startsWith("de") ? dayText(day) : isoDay(day); }
  canEdit(row, column) {
    const found = COLUMNS.find((one) => one.id === column);
    if (!this.editable || !found?.edit || this.hidden.has(column) || row.isDraft && !row.isNamed && column !== "name") return false;
    if (row.kind === "ms" && (column === "effort" || column === "left" || column === "people")) return false;
    return !(found.leaf && row.kind === "sum");
  }
}

const plainHours = (minutes) =>
  minutes % 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}` : String(minutes / 60);
const plainLength = (minutes, day) => {
  if (minutes % (day / 4) === 0) return `${minutes / day}d`;
  return minutes % 60 ? `${minutes}m` : `${minutes / 60}h`;
};
const push = (map, key, value) => { if (map.has(key)) map.get(key).push(value); else map.set(key, [value]); };
export const initialsOf = (name) => {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return (words[0]?.[0] ?? "").concat(words.length > 1 ? words.at(-1)[0] : words[0]?.[1] ?? "").toUpperCase();
};
