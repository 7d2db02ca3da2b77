/* What this device keeps: changes that are not sent yet, and what the server last said.
   `changes` are typed by people and go only when the server has them; `weeks` and `facts` are copies. */
import { openDB } from "../vendor/idb.js";

const NAME = "psa";
const VERSION = 2;
let opening = null;

export const database = () => {
  opening ??= openDB(NAME, VERSION, {
    async upgrade(made, before, now, work) {
      if (made.objectStoreNames.contains("timers")) { await sendOwnTimers(made, work); return; }
      made.createObjectStore("changes", { keyPath: "id" }).createIndex("owner", "owner");
      made.createObjectStore("weeks", { keyPath: ["owner", "starts_on"] });
      made.createObjectStore("facts", { keyPath: "owner" });
      made.createObjectStore("drafts", { keyPath: ["owner", "form"] });
    },
    // Another page has a newer form of it: let it go on, and open anew when asked.
    blocking() { opening?.then((one) => one.close()); opening = null; },
    terminated() { opening = null; },
  }).catch((error) => { opening = null; throw error; });
  return opening;
};

/* In the first version a device had a timer of its own: one that runs is started on the server, as of then. */
const sendOwnTimers = async (made, work) => {
  for (const { owner, row, started_at: at } of await work.objectStore("timers").getAll()) {
    const key = row ? [row.project, row.task ?? "", "", row.billing ?? "", row.activity ?? ""].join(":") : "";
    await work.objectStore("changes").put({
      id: newId(), owner, kind: "timer", does: "start", state: "waiting", sentence: "", after: null, at, row: key,
      task: "", project: "", description: "",
    });
  }
  made.deleteObjectStore("timers");
};

/* UUIDs of version 7: the time first, so that ids sort as they were made. */
let lastTime = 0;
export const newId = (now = Date.now()) => {
  lastTime = Math.max(now, lastTime + 1);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = lastTime;
  for (let place = 5; place >= 0; place -= 1) { bytes[place] = time % 256; time = Math.floor(time / 256); }
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

export const changesOf = async (owner) => (await database()).getAllFromIndex("changes", "owner", owner);
export const factsOf = async (owner) => (await database()).get("facts", owner);
export const weekOf = async (owner, startsOn) => (await database()).get("weeks", [owner, startsOn]);

/* The week kept here that a day falls into. */
export const weekHolding = async (owner, on) => {
  const all = await (await database()).getAll("weeks", IDBKeyRange.bound([owner, ""], [owner, "\uffff"]));
  return all.find((week) => week.days.some((day) => day.on === on));
};

const deviceDay = () => {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

export const keepData = async (data) => {
  const work = (await database()).transaction(["weeks", "facts"], "readwrite");
  const { weeks, token, ...facts } = data;
  const spending = (await work.objectStore("facts").get(data.owner))?.spending;
  await Promise.all([
    ...weeks.map((week) => work.objectStore("weeks").put({ ...week, owner: data.owner })),
    work.objectStore("facts").put({ ...facts, spending, told_on: deviceDay() }),
    work.done,
  ]);
};

export const keepSpending = async (spending) => {
  const work = (await database()).transaction("facts", "readwrite");
  await work.store.put({ ...(await work.store.get(spending.owner)), spending });
  await work.done;
};

/* What is being typed into a dialog and was not saved yet. */
export const draftOf = async (owner, form) => (await database()).get("drafts", [owner, form]);
export const keepDraft = async (draft) => (await database()).put("drafts", draft);
export const dropDraft = async (owner, form) => (await database()).delete("drafts", [owner, form]);
