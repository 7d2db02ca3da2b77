/* My day: shows what is kept on this device and in the system as one, and works without a network. */
import { clock, minutesOf } from "./durations.js";
import { changesOf, factsOf, weekHolding } from "./phone_store.js";
import { flush, isAbout, onChange, status } from "./phone_queue.js";
import { showConflicts } from "./day_conflicts.js";
import { entryEditor } from "./day_entry.js";
import { expenseEditor } from "./day_expense.js";
import { timer } from "./day_timer.js";

const host = document.querySelector("[data-day]");
const AGAIN_AFTER = 30_000;
const { owner, firmAddress: firm, locale } = host.dataset;
const decimal = Boolean(host.dataset.decimal);
const words = JSON.parse(document.getElementById("day-words").textContent);
const find = (name) => host.querySelector(`[data-${name}]`);
const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key]);
const hours = (minutes) => clock(minutes, decimal);

/* Days are text, 2026-07-09: no time of day and no zone gets into them. */
const noon = (on) => new Date(`${on}T12:00:00`);
const textOf = (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  .map((part) => String(part).padStart(2, "0")).join("-");
const shifted = (on, days) => { const date = noon(on); date.setDate(date.getDate() + days); return textOf(date); };
const written = (on, options) => new Intl.DateTimeFormat(locale, options).format(noon(on));
const longDay = (on) => written(on, { weekday: "long", day: "numeric", month: "long" });

/* The system's today, moved on by as many days as this device has gone on since it was told. */
const todayBy = (facts) => {
  const device = textOf(new Date());
  if (!facts) return device;
  return shifted(facts.today, Math.round((noon(device) - noon(facts.told_on ?? device)) / 86_400_000));
};

const page = { on: "", view: "day", week: undefined, facts: undefined, changes: [] };

const read = async () => {
  page.facts = await factsOf(owner);
  page.today = todayBy(page.facts);
  const asked = location.pathname.match(/\/(\d{4}-\d{2}-\d{2})\/$/)?.[1];
  page.on = asked || page.today;
  page.week = await weekHolding(owner, page.on);
  page.changes = await changesOf(owner);
};

/* What a day holds: the system's entries with what was typed here over them. */
export const rowsOn = (on) => {
  const rows = (page.week?.entries ?? []).filter((entry) => entry.on === on).map((entry) => ({ ...entry, key: "" }));
  const own = page.changes.filter((change) => change.kind === "time" && change.on === on);
  for (const change of own.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    let row = rows.find((one) => isAbout(change, one));
    if (!row) {
      row = { ...change, id: change.entry, minutes: 0, state: "", state_label: "", reason: "", is_editable: true };
      rows.push(row);
    }
    row.key = change.key;
    row.change = change;
    row.isDeleted = change.typed === "";
    const minutes = change.typed == null ? null : minutesOf(change.typed);
    if (minutes !== null) row.minutes = minutes;
    row.typed = change.typed ?? row.typed;
    row.description = change.description ?? row.description;
    row.note = change.note ?? row.note;
  }
  return rows;
};
const totalOn = (on) => rowsOn(on).reduce((sum, row) => sum + (row.isDeleted ? 0 : row.minutes), 0);

const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

const STATES = { waiting: ["pending", "warn"], sent: ["pending", "warn"], refused: ["refused", "bad"], conflict: ["conflict", "bad"] };
const label = (box, change) => {
  if (!change) return;
  const [key, tone] = STATES[change.state];
  box.textContent = words[change.typed === "" && tone === "warn" ? "deleting" : key];
  box.dataset.s = tone;
};

const drawEntry = (row) => {
  const item = copyOf("day-entry");
  const part = (name) => item.querySelector(`[data-${name}]`);
  part("name").textContent = row.name;
  part("project").textContent = row.project_name;
  part("note").textContent = row.description || row.note;
  part("hours").textContent = hours(row.minutes);
  part("state").textContent = row.state_label && row.state ? row.state_label : "";
  label(part("state"), row.change);
  const reason = row.change?.sentence || row.reason;
  part("say").hidden = !reason;
  part("say").textContent = reason;
  if (!row.change?.sentence) part("say").dataset.s = "warn";
  item.querySelector("button").addEventListener("click", () => editor.open(row));
  return item;
};

const drawDays = () => {
  const box = find("days");
  const days = page.week?.days ?? Array.from({ length: 7 }, (_, n) => ({ on: shifted(page.on, n - 3), capacity_minutes: 0 }));
  box.replaceChildren(...days.map((day) => {
    const item = copyOf("day-column");
    const button = item.querySelector("button");
    const minutes = totalOn(day.on);
    item.querySelector("[data-letter]").textContent = written(day.on, { weekday: "narrow" });
    item.querySelector("[data-number]").textContent = noon(day.on).getDate();
    item.querySelector("[data-hours]").textContent = minutes ? hours(minutes) : "–";
    item.querySelector("[data-full]").textContent = `${longDay(day.on)}, ${hours(minutes)}`;
    if (day.on === page.on) button.setAttribute("aria-current", "date");
    button.classList.toggle("psa-off", !day.capacity_minutes);
    button.addEventListener("click", () => go(day.on));
    return item;
  }));
};

const drawDay = () => {
  const day = page.week?.days.find((one) => one.on === page.on);
  find("title").textContent = page.on === page.today ? `${longDay(page.on)}` : longDay(page.on);
  find("day-name").textContent = page.view === "week" ? say("week", { n: page.week?.number ?? "" }) : written(page.on, { weekday: "long" });
  const days = page.view === "week" ? page.week?.days ?? [] : [day].filter(Boolean);
  const entered = (page.view === "week" ? days.map((one) => one.on) : [page.on]).reduce((sum, on) => sum + totalOn(on), 0);
  const capacity = days.reduce((sum, one) => sum + one.capacity_minutes, 0);
  find("day-sum").textContent = say("of_capacity", { entered: hours(entered), capacity: hours(capacity) });
  const note = !page.week ? words.not_kept : page.week.is_locked ? words.locked : page.view === "day" ? day?.off_reason : "";
  find("day-note").textContent = note || "";
  find("day-note").hidden = !note;
  const rows = page.view === "week" ? days.flatMap((one) => rowsOn(one.on)) : rowsOn(page.on);
  const items = rows.map((row) => {
    const item = drawEntry(row);
    if (page.view === "week") item.querySelector("[data-project]").textContent = `${written(row.on, { weekday: "short", day: "numeric" })} · ${row.project_name}`;
    return item;
  });
  if (!items.length) {
    const none = document.createElement("li");
    none.className = "psa-2 psa-entry";
    none.textContent = words.nothing;
    items.push(none);
  }
  find("entries").replaceChildren(...items);
};

const choiceOf = (row) => page.facts?.choices.find((choice) => choice.value === `${row.project}:${row.task ?? ""}`);
const drawQuick = () => {
  const recent = (page.facts?.recent ?? []).map((row) => [row, choiceOf(row)]).filter(([, choice]) => choice);
  find("quick-box").hidden = !recent.length;
  find("quick").replaceChildren(...recent.map(([row, choice]) => {
    const button = document.createElement("button");
    button.className = "btn";
    button.type = "button";
    button.textContent = row.activity ? `${choice.label}, ${row.activity}` : choice.label;
    button.title = choice.project_name;
    button.addEventListener("click", () => editor.openRow(row));
    return button;
  }));
};

const drawExpenses = () => {
  const own = page.changes.filter((change) => change.kind === "expense");
  find("expenses-box").hidden = !own.length;
  find("expenses").replaceChildren(...own.map((change) => {
    const item = copyOf("day-entry");
    const part = (name) => item.querySelector(`[data-${name}]`);
    part("name").textContent = change.merchant || change.category_name;
    part("project").textContent = `${written(change.spent_on, { day: "numeric", month: "short" })} · ${change.category_name}`;
    part("note").textContent = change.description;
    part("hours").textContent = change.much ?? `${change.amount} ${change.currency}`;
    label(part("state"), change);
    part("say").hidden = !change.sentence;
    part("say").textContent = change.sentence;
    item.querySelector("button").addEventListener("click", () => expenses.open(change));
    return item;
  }));
};

const drawSync = () => {
  const box = find("sync");
  const count = page.changes.length;
  const { is } = status();
  find("count").textContent = count === 0 ? words.sent : count === 1 ? words.unsent_one : say("unsent", { n: count });
  const why = is === "idle" ? "" : words[is];
  find("why").textContent = !navigator.onLine ? words.offline : why ?? "";
  box.dataset.s = page.changes.some((change) => ["refused", "conflict"].includes(change.state)) ? "bad" : count ? "warn" : "";
  find("sync-more").hidden = !count && is !== "signed_out";
  find("sign-in").hidden = is !== "signed_out";
  document.dispatchEvent(new CustomEvent("psa:unsent", { detail: count }));
};

const draw = () => {
  drawDays();
  drawDay();
  drawQuick();
  drawExpenses();
  timers.drawRuns();
  editor.arrive();
  expenses.arrive();
  showConflicts(find("conflicts"), page.changes, { say, hours, longDay, copyOf, send });
  drawSync();
  host.dataset.ready = "";
};

/* One drawing at a time, and always once more after the last change. */
let drawing = null;
let drawAgain = false;
const refresh = () => {
  if (drawing) { drawAgain = true; return drawing; }
  drawing = read().then(draw).finally(() => {
    drawing = null;
    if (drawAgain) { drawAgain = false; refresh(); }
  });
  return drawing;
};

const send = () => flush(firm, owner, page.on);
const go = (on) => {
  history.pushState(null, "", `${firm}time/day/${on}/`);
  refresh().then(() => { if (!page.week) send(); });
};

const context = { host, owner, words, say, hours, decimal, page, rowsOn, send, choiceOf, textOf, written, shifted, copyOf };
const editor = entryEditor(context);
const expenses = expenseEditor(context);
const timers = timer({ ...context, editor });

onChange(refresh);
host.addEventListener("click", (event) => {
  const at = (name) => event.target.closest(`[data-${name}]`);
  const step = at("step");
  if (step) go(shifted(page.on, Number(step.dataset.step) * (page.view === "week" ? 7 : 1)));
  const view = at("view");
  if (view) {
    page.view = view.dataset.view;
    host.querySelectorAll("[data-view]").forEach((one) => { one.ariaPressed = String(one === view); });
    draw();
  }
  if (at("send")) send();
  if (at("add")) editor.openRow(null);
  if (at("add-expense")) expenses.open(null);
});
addEventListener("popstate", refresh);
addEventListener("online", send);
addEventListener("offline", drawSync);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") send(); });
setInterval(() => {
  const waits = page.changes.some((change) => ["waiting", "sent"].includes(change.state));
  if (waits && navigator.onLine && document.visibilityState === "visible") send();
}, AGAIN_AFTER);

/* Installing: browsers that keep scripts' storage for some days only keep an installed page's for good. */
const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone;
const declined = (() => { try { return localStorage.getItem("install") === "no"; } catch { return true; } })();
const offer = (isIos) => {
  if (installed || declined) return;
  find("install").hidden = false;
  find("install-ios").hidden = !isIos;
  find("install-now").hidden = isIos;
};
if (/iphone|ipad/i.test(navigator.userAgent)) offer(true);
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer(false);
  find("install-now").onclick = () => { event.prompt(); find("install").hidden = true; };
});
find("install-not").addEventListener("click", () => {
  find("install").hidden = true;
  try { localStorage.setItem("install", "no"); } catch { /* then it is offered again */ }
});

await refresh();
await editor.resume();
await expenses.resume();
send();
