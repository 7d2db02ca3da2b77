/* Changes on their way: written down before they are sent, dropped when the server has answered.

   A change whose sending was begun is never altered: its answer may be lost, and then the same change
   goes again under the same id, which the server does once. What is typed meanwhile is a change of its
   own that waits for that answer (`after`). */
import { changesOf, database, keepData, keepSpending, newId } from "./phone_store.js";

/* What is asked of an expense; which of it depends on the kind of its category. */
export const EXPENSE_FIELDS = [
  "category", "spent_on", "amount", "currency", "payment_method", "merchant", "description", "vehicle", "from_place",
  "to_place", "distance", "place", "ends_on", "first_day_part", "last_day_part", "meals", "nights", "client", "attendees",
];
const BATCH = 40;
const DONE = ["saved", "deleted", "unchanged"];
const listeners = new Set();
let state = { is: "idle", sentence: "" };

/* Calls back with each change of state; answers what ends that. */
export const onChange = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
export const status = () => state;
const tell = (is, sentence = "") => {
  state = { is, sentence };
  listeners.forEach((listener) => listener(state));
};

/* Which changes belong to one entry: by its number here or in the system. */
export const isAbout = (change, entry) =>
  (entry.key && change.key === entry.key) || (entry.id && change.entry === entry.id);

/* Write down what a person wants of an entry; `fields` are typed, description, note and the row. */
export const write = async (owner, entry, fields) => {
  const store = await database();
  const work = store.transaction("changes", "readwrite");
  const all = await work.store.index("owner").getAll(owner);
  const chain = all.filter((change) => change.kind === "time" && isAbout(change, entry)).sort(byId);
  const last = chain.at(-1);
  const wanted = { ...fields, state: "waiting", sentence: "", held: undefined };
  let change;
  if (last && last.state !== "sent") {
    if (fields.typed === "" && !last.entry && chain.length === 1) {
      await work.store.delete(last.id);
      await work.done;
      tell(state.is, state.sentence);
      return null;
    }
    change = { ...last, ...wanted };
  } else {
    const id = newId();
    change = {
      id, owner, kind: "time", key: entry.key || (entry.id ? "" : id), entry: entry.id || null,
      version: entry.version || null, after: last ? last.id : null, ...wanted,
    };
  }
  await work.store.put(change);
  await work.done;
  navigator.storage?.persist?.().catch(() => {});
  tell(state.is, state.sentence);
  return change;
};

export const writeExpense = async (owner, expense) => {
  const change = { id: newId(), owner, kind: "expense", state: "waiting", sentence: "", after: null, ...expense };
  await (await database()).put("changes", change);
  navigator.storage?.persist?.().catch(() => {});
  tell(state.is, state.sentence);
  return change;
};

/* A press of the timer { does, at, … }: it waits for the one before it, so that they are done in order. */
export const writeStep = async (owner, step) => {
  const work = (await database()).transaction("changes", "readwrite");
  const pressed = (await work.store.index("owner").getAll(owner)).filter((one) => one.kind === "timer" && isOnItsWay(one));
  const change = {
    id: newId(), owner, kind: "timer", state: "waiting", sentence: "", after: pressed.sort(byId).at(-1)?.id ?? null, ...step,
  };
  await work.store.put(change);
  await work.done;
  navigator.storage?.persist?.().catch(() => {});
  tell(state.is, state.sentence);
  return change;
};

/* A press that was refused is dealt with, a start together with its stop; what was pressed afterwards goes on. */
export const settleStep = async (change) => {
  const work = (await database()).transaction("changes", "readwrite");
  const all = await work.store.index("owner").getAll(change.owner);
  const after = (one) => all.find((other) => other.after === one.id);
  const gone = [change, change.does === "start" && after(change)].filter((one) => one && (one === change || one.does === "stop"));
  const next = after(gone.at(-1));
  await Promise.all(gone.map((one) => work.store.delete(one.id)));
  if (next) await work.store.put({ ...next, after: null });
  await work.done;
  tell(state.is, state.sentence);
};

export const rewrite = async (change) => {
  await (await database()).put("changes", change);
  tell(state.is, state.sentence);
};

/* An expense typed anew, unless its sending was begun meanwhile; whether it was taken. */
export const rewriteUnsent = async (change) => {
  const work = (await database()).transaction("changes", "readwrite");
  const stored = await work.store.get(change.id);
  const isUnsent = stored && stored.state !== "sent";
  if (isUnsent) await work.store.put({ ...change, state: "waiting", sentence: "" });
  await work.done;
  tell(state.is, state.sentence);
  return Boolean(isUnsent);
};

export const drop = async (change) => {
  const work = (await database()).transaction("changes", "readwrite");
  const all = await work.store.index("owner").getAll(change.owner);
  const chain = all.filter((one) => one.id === change.id || follows(all, one, change.id));
  await Promise.all(chain.map((one) => work.store.delete(one.id)));
  await work.done;
  tell(state.is, state.sentence);
};

const byId = (a, b) => (a.id < b.id ? -1 : 1);
const follows = (all, one, id) => {
  for (let at = one; at?.after; at = all.find((other) => other.id === at.after)) if (at.after === id) return true;
  return false;
};

/* Sending */
let token = "";
const pageToken = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};

class SignedOut extends Error {}
class NotYours extends Error {}

const asked = async (address, options = {}) => {
  const response = await fetch(address, { redirect: "manual", cache: "no-store", ...options });
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
  return response;
};

export const fetchData = async (firm, on = "") => {
  const response = await asked(`${firm}time/day/data/${on ? `?on=${on}` : ""}`);
  if (!response.ok) throw new Error(String(response.status));
  const data = await response.json();
  token = data.token;
  return data;
};

/* What an expense may be: once a page, as it changes seldom. */
let spendingAsked = null;
const fetchSpending = async (firm, owner) => {
  const response = await asked(`${firm}time/day/spending/`);
  const found = response.ok ? await response.json() : null;
  if (found?.owner === owner) await keepSpending(found);
};

const post = async (firm, address, owner, make) => {
  for (const again of [true, false]) {
    const options = make();
    options.headers = { ...options.headers, "X-CSRFToken": token || pageToken() };
    const response = await asked(firm + address, { method: "POST", ...options });
    if (response.ok) return response.json();
    // A page kept from an earlier signing-in has an old token: ask for the present one, once.
    if (response.status === 403 && again) {
      const data = await fetchData(firm);
      if (data.owner !== owner) throw new NotYours();
      continue;
    }
    if (response.status === 409) throw new NotYours();
    throw new Error(String(response.status));
  }
  throw new Error("token");
};

const isOnItsWay = (change) => ["waiting", "sent"].includes(change.state);
const ready = (all) => all.filter((change) =>
  isOnItsWay(change) && !all.some((other) => other.id === change.after)).sort(byId);

/* One change a row and day at once: the server would not know which is meant. */
const batchOf = (changes) => {
  const rows = new Set();
  return changes.filter((change) => {
    const row = [change.project, change.task, change.activity, change.billing, change.on].join("|");
    if (change.kind !== "time" || rows.has(row) || rows.size >= BATCH) return false;
    rows.add(row);
    return true;
  });
};

const mark = async (changes) => {
  const work = (await database()).transaction("changes", "readwrite");
  await Promise.all([...changes.map((change) => work.store.put({ ...change, state: "sent" })), work.done]);
};

const messageOf = (change) => ({
  id: change.id, entry: change.entry, version: change.version, on: change.on, project: change.project,
  task: change.task, activity: change.activity, billing: change.billing, typed: change.typed,
  description: change.description, note: change.note,
});

const settleTime = async (owner, answers) => {
  const work = (await database()).transaction(["changes", "weeks"], "readwrite");
  const changes = work.objectStore("changes");
  const all = await changes.index("owner").getAll(owner);
  const weeks = await work.objectStore("weeks").getAll(IDBKeyRange.bound([owner, ""], [owner, "\uffff"]));
  for (const answer of answers) {
    const change = all.find((one) => one.id === answer.change_id);
    if (!change) continue;
    const next = all.find((one) => one.after === change.id);
    if (DONE.includes(answer.status)) {
      await changes.delete(change.id);
      const week = weeks.find((one) => one.days.some((day) => day.on === change.on));
      if (week) { copyInto(week, change, answer); await work.objectStore("weeks").put(week); }
      if (next) {
        const isGone = !answer.entry_id;
        await changes.put({
          ...next, after: null, entry: answer.entry_id, version: answer.version, key: isGone ? next.id : next.key,
        });
      }
    } else if (next) {
      // It was changed since: what was refused is no longer wanted.
      await changes.delete(change.id);
      await changes.put({ ...next, after: null, entry: change.entry, version: change.version, key: change.key });
    } else {
      await changes.put({
        ...change, state: answer.status === "conflict" ? "conflict" : "refused",
        sentence: answer.sentence, held: answer.held,
      });
    }
  }
  await work.done;
};

const copyInto = (week, change, answer) => {
  week.entries = week.entries.filter((one) => one.id !== answer.entry_id && one.id !== change.entry);
  if (answer.status !== "saved") return;
  week.entries.push({
    id: answer.entry_id, version: answer.version, on: change.on, project: change.project, task: change.task,
    activity: change.activity, billing: change.billing, name: change.name, project_name: change.project_name,
    minutes: answer.minutes, description: change.description, note: change.note, state: "", state_label: "",
    reason: answer.findings.join(" "), is_editable: true,
  });
};

const sendExpense = async (firm, change) => {
  const body = new FormData();
  body.set("owner", change.owner);
  body.set("id", change.id);
  for (const name of [...EXPENSE_FIELDS, "project", "task"]) body.set(name, change[name] ?? "");
  change.photos.forEach((photo, number) => body.append("receipts", photo, `receipt-${number + 1}.jpg`));
  const answer = await post(firm, "time/day/expense/", change.owner, () => ({ body }));
  const store = await database();
  if (answer.status === "saved") await store.delete("changes", change.id);
  else await store.put("changes", { ...change, state: "refused", sentence: answer.sentence });
};

/* How long ago it was by this device's clock goes with it, so that the clock may be wrong. A start that was
   not sent before its stop brings when that was: something else may have been started since. */
const sendStep = async (firm, change, stop) => {
  const make = () => ({
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      owner: change.owner,
      steps: [{
        id: change.id, does: change.does, row: change.row, description: change.description, began: change.began,
        ago: Date.now() - change.at, until_ago: stop ? Date.now() - stop.at : null,
      }],
    }),
  });
  const { answers: [answer], timer } = await post(firm, "time/timer/sync/", change.owner, make);
  const work = (await database()).transaction("changes", "readwrite");
  const next = (await work.store.index("owner").getAll(change.owner)).find((one) => one.after === change.id);
  if (answer.status === "failed") await work.store.put({ ...change, state: "refused", sentence: answer.told });
  else {
    await work.store.delete(change.id);
    if (next) await work.store.put({ ...next, after: null, began: answer.began ?? next.began });
  }
  await work.done;
  document.dispatchEvent(new CustomEvent("psa:timer-answer", { detail: { change, answer, timer, isLast: !next } }));
};

const round = async (firm, owner) => {
  const known = await changesOf(owner);
  const all = ready(known);
  const step = all.find((change) => change.kind === "timer");
  if (step) {
    await mark([step]);
    await sendStep(firm, step, known.find((one) => one.after === step.id && one.does === "stop"));
    return true;
  }
  const batch = batchOf(all);
  if (batch.length) {
    await mark(batch);
    const body = JSON.stringify({ owner, changes: batch.map(messageOf) });
    const { answers } = await post(firm, "time/day/sync/", owner, () => (
      { headers: { "Content-Type": "application/json" }, body }));
    await settleTime(owner, answers);
    return true;
  }
  const expense = all.find((change) => change.kind === "expense");
  if (!expense) return false;
  await mark([expense]);
  await sendExpense(firm, expense);
  return true;
};

const work = async (firm, owner, on) => {
  tell("sending");
  try {
    while (await round(firm, owner)) tell("sending");
    const data = await fetchData(firm, on);
    if (data.owner !== owner) throw new NotYours();
    await keepData(data);
    spendingAsked ??= fetchSpending(firm, owner).catch(() => { spendingAsked = null; });
    await spendingAsked;
    tell("idle");
  } catch (error) {
    if (error instanceof SignedOut) tell("signed_out");
    else if (error instanceof NotYours) tell("not_yours");
    else tell(navigator.onLine ? "unreachable" : "offline");
  }
};

/* Send all that waits, then read anew; one page of this browser at a time does it. */
let running = null;
let wantedAgain = false;
export const flush = (firm, owner, on = "") => {
  if (running) { wantedAgain = true; return running; }
  const whole = () => work(firm, owner, on);
  running = (navigator.locks ? navigator.locks.request("psa-send", whole) : whole()).finally(() => {
    running = null;
    if (!wantedAgain) return;
    wantedAgain = false;
    if (state.is === "idle") flush(firm, owner, on);
  });
  return running;
};
