/* The one timer of a person as this browser knows it: what the server said, and over it what was pressed
   here and is not sent yet. Each press is a change of the phone's queue (docs/adr/0060). A copy draws it at
   once after a reload and tells other tabs. */
const FRESH = 30_000;
export const LONGEST = 24 * 3_600_000;
const KEPT = ["offline", "unreachable", "signed_out", "not_yours"];

export const host = document.querySelector("[data-timer]");
export const owner = host?.dataset.owner;
const firm = host?.dataset.firmAddress;
const stored = `timer:${owner}`;
const channel = host && "BroadcastChannel" in window ? new BroadcastChannel(stored) : null;
const listeners = new Set();
let state = null;

export const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
export const write = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* this tab only */ } };
const say = (text, tone = "ok") => document.dispatchEvent(new CustomEvent("psa:toast", { detail: { text, tone } }));

export const current = () => state;
export const isRunning = () => Boolean(state?.timer?.running);
export const onTimer = (listener) => { listeners.add(listener); };

const become = (next) => {
  state = next;
  write(stored, state);
  channel?.postMessage(state);
  listeners.forEach((listener) => listener());
};
/* `since` is when it started by this device's own clock, which need not be the server's. */
const take = (timer) => become({
  timer, since: Date.now() - (timer?.seconds ?? 0) * 1000, readAt: Date.now(), isUnsent: false,
});
/* What a press makes of it, until the server has answered. */
const apply = (step) => become({
  timer: step.does === "start" ? { ...step, running: true, began: null } : { ...state?.timer, running: false },
  since: step.does === "start" ? step.at : state?.since, readAt: Date.now(), isUnsent: true,
});

const ask = async () => {
  const response = await fetch(host.dataset.timer, { headers: { Accept: "application/json" } });
  // 204: who is signed in is no member of staff, and has no time to enter.
  if (response.status === 200) take((await response.json()).timer); else host.hidden = true;
};

/* Ask when the copy is old; what is not sent yet stands until it was sent. */
export const renew = async () => {
  if (state && Date.now() - state.readAt < FRESH) return;
  if (state?.isUnsent) {
    const { changesOf } = await import("./phone_store.js");
    const waits = (await changesOf(owner)).some((one) => one.kind === "timer" && ["waiting", "sent"].includes(one.state));
    if (waits) return;
  }
  await ask();
};

/* Press it: one step or several in order, written down before they are sent. Whether that went well; what is
   kept for later went well, what a rule refuses at once did not, and then the timer is as it was. */
export const press = async (...steps) => {
  let queue;
  let last;
  try {
    queue = await import("./phone_queue.js");
    for (const step of steps) {
      const { row, task, project, description, began } = state?.timer ?? {};
      const whole = { at: Date.now(), since: state?.since, row, task, project, description, began: began ?? null, ...step };
      last = await queue.writeStep(owner, whole);
      apply(whole);
    }
  } catch {
    say(host.dataset.failed, "bad");
    return false;
  }
  const heard = new AbortController();
  const answered = new Promise((resolve) => {
    document.addEventListener("psa:timer-answer", ({ detail }) => {
      if (detail.change.id === last.id || detail.answer.status === "failed") resolve(detail);
    }, { signal: heard.signal });
    heard.signal.addEventListener("abort", queue.onChange(({ is }) => { if (KEPT.includes(is)) resolve(null); }));
  });
  queue.flush(firm, owner);
  const told = await answered;
  heard.abort();
  if (!told) { say(host.dataset.kept, "warn"); return true; }
  if (told.answer.status === "failed") {
    await queue.drop(told.change);
    take(told.timer);
    say(told.answer.told, "bad");
    return false;
  }
  say(told.answer.told);
  return true;
};

const localText = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/* Stop now, unless it was forgotten for more than a day: then its person says when. */
export const stop = () => {
  if (Date.now() - state.since <= LONGEST) return press({ does: "stop" });
  const field = document.getElementById("psa-timer-until");
  field.min = localText(state.since);
  field.max = localText(state.since + LONGEST);
  field.value = localText(state.since + 8 * 3_600_000);
  document.getElementById("psa-timer-forgotten").showModal();
  return Promise.resolve(false);
};

if (host) {
  state = read(stored);
  document.addEventListener("psa:timer-answer", ({ detail }) => {
    if (!detail.isLast) return;
    take(detail.timer);
    if (detail.answer.minutes) document.dispatchEvent(new Event("psa:timer-stopped"));
  });
  channel?.addEventListener("message", (event) => { state = event.data; listeners.forEach((listener) => listener()); });
  addEventListener("storage", (event) => {
    if (event.key !== stored || !event.newValue) return;
    state = JSON.parse(event.newValue);
    listeners.forEach((listener) => listener());
  });
  const quietly = () => renew().catch(() => {});
  quietly();
  addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") quietly(); });
}
