/* Each cell saves itself: queued, sent together, told in words, tried again until the server has it. */
import { recount, week, words } from "./week_cells.js";
import { forget, isKept, remember } from "./week_store.js";

const SAVE_AFTER = 120;
const RETRIES = [5_000, 10_000, 20_000, 40_000, 60_000];

const waiting = new Map();
let timer = null;
let sending = null;
let failures = 0;
let told = () => {};

/* The grid shows what is said of the cell that is looked at. */
export const onTold = (show) => { told = show; };
export const isBusy = () => waiting.size > 0 || sending !== null;
export const isWaiting = (cell) => waiting.has(cell);
/* Whether leaving now could lose something: storage was refused and the server does not have it. */
export const isAtRisk = () => isBusy() && [...waiting.keys()].some((cell) => !isKept(cell.dataset.cell));

const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const time = () => new Date().toLocaleTimeString(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit" });

const say = (text, failed = false) => {
  document.querySelectorAll("[data-saved]").forEach((box) => {
    box.textContent = text;
    box.classList.toggle("psa-neg", failed);
  });
};
const tell = (cell, text) => { cell.dataset.told = text; told(cell); };

const newKey = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

export const queue = (cell, change) => {
  const data = cell.dataset;
  if (!data.entry && !data.key) data.key = newKey();
  waiting.set(cell, { ...waiting.get(cell), ...change });
  remember(data.cell, { ...change, key: data.key ?? null, version: data.version ?? "" });
  say(words("saving"));
  tell(cell, words("saving"));
  clearTimeout(timer);
  timer = setTimeout(flush, SAVE_AFTER);
};

const messageOf = (cell, change) => {
  const data = cell.dataset;
  return {
    ref: data.cell, project: data.project, task: data.task, role: data.role, activity: data.activity,
    billing: data.billing, on: data.on, entry: data.entry || null, version: data.version || null,
    key: data.entry ? null : data.key,
    typed: change.typed ?? null, description: change.description ?? null, note: change.note ?? null,
  };
};

export const flush = async () => {
  clearTimeout(timer);
  if (sending) { await sending; }
  if (!waiting.size) return;
  const batch = [...waiting];
  waiting.clear();
  sending = send(batch);
  let went = false;
  try { went = await sending; } finally { sending = null; }
  if (went && waiting.size) await flush();
};

const send = async (batch) => {
  let answer;
  try {
    const response = await fetch(week().dataset.save, {
      method: "POST", keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ cells: batch.map(([cell, change]) => messageOf(cell, change)) }),
    });
    answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
  } catch {
    batch.forEach(([cell, change]) => {
      failed(cell, words("no_answer"));
      waiting.set(cell, { ...change, ...waiting.get(cell) });
    });
    say(words("kept", { count: batch.length }), true);
    timer = setTimeout(flush, RETRIES[Math.min(failures, RETRIES.length - 1)]);
    failures += 1;
    return false;
  }
  failures = 0;
  const outcomes = new Map(answer.cells.map((one) => [one.ref, one]));
  for (const [cell, change] of batch) {
    const one = outcomes.get(cell.dataset.cell);
    if (!one || one.status === "failed" || one.status === "conflict") {
      failed(cell, one?.sentence || words("reload"));
      if (one?.status === "conflict") {
        cell.dataset.entry = one.entry ?? "";
        cell.dataset.version = one.version ?? "";
      }
    } else saved(cell, one, change);
  }
  const bad = document.querySelectorAll("[data-cell][aria-invalid]").length;
  const isAll = waiting.size === 0; // what was typed meanwhile goes next
  say(bad ? words("marked", { count: bad }) : isAll ? words("saved", { time: time() }) : words("saving"), bad > 0);
  recount();
  document.dispatchEvent(new Event("psa:week-saved"));
  return true;
};

export const failed = (cell, sentence) => {
  cell.setAttribute("aria-invalid", "true");
  cell.dataset.say = sentence;
  cell.dataset.bad = "true";
  cell.title = sentence;
  tell(cell, words("not_saved"));
};

const saved = (cell, one, change) => {
  const data = cell.dataset;
  cell.removeAttribute("aria-invalid");
  cell.removeAttribute("title");
  delete data.bad;
  data.entry = one.entry ?? "";
  data.version = one.version ?? "";
  data.minutes = one.minutes;
  data.spans = one.spans ?? "";
  if (one.status === "deleted") { delete data.key; data.description = ""; data.note = ""; }
  if (change.description !== undefined) data.description = change.description;
  if (change.note !== undefined) data.note = change.note;
  data.say = one.findings.join(" ");
  const isNewest = !waiting.has(cell);
  if (isNewest) forget(data.cell);
  if (!cell.hasAttribute("data-editing") && isNewest) cell.value = one.text;
  const times = cell.closest("tr")?.querySelector("[data-spans-field]");
  if (times && times !== document.activeElement) times.value = data.spans;
  const box = cell.closest("td");
  box?.classList.toggle("has-note", Boolean(data.description || data.note));
  box?.classList.toggle("is-warn", one.findings.length > 0);
  box?.classList.remove("is-sug", "is-bad");
  if (one.status === "saved") { cell.removeAttribute("placeholder"); delete data.suggested; delete data.from; }
  const typed = (change.typed ?? "").trim();
  const echo = typed && typed !== one.text && one.text ? `${words("echo", { typed, text: one.text })} · ` : "";
  tell(cell, echo + words(one.status === "deleted" ? "removed" : "saved", { time: time() }));
};
