/* On every page: the service worker, how much waits to be sent, and sending it when there is a network. */
const link = document.querySelector("[data-unsent]");
const dayPage = document.querySelector("[data-day]");
const firmAddress = document.querySelector("[data-firm]")?.dataset.firm;

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});

/* Nothing is opened on devices that never kept anything. */
const isKept = async () => {
  if (!("indexedDB" in window)) return false;
  if (!indexedDB.databases) return true;
  return (await indexedDB.databases()).some((one) => one.name === "psa");
};

const show = (count) => {
  if (!link) return;
  link.hidden = count === 0 || Boolean(dayPage);
  link.textContent = count === 1 ? link.dataset.one : link.dataset.many.replace("{n}", count);
  const leaving = document.querySelector('form[action="/accounts/logout/"]');
  if (!leaving) return;
  if (count) leaving.dataset.confirm = link.dataset.leaving.replace("{n}", count);
  else delete leaving.dataset.confirm;
};
document.addEventListener("psa:unsent", (event) => show(event.detail));

const look = async () => {
  const owner = link?.dataset.owner;
  if (!owner || dayPage || !(await isKept())) return;
  const { changesOf } = await import("./phone_store.js");
  const waiting = await changesOf(owner);
  show(waiting.length);
  if (!waiting.some((change) => ["waiting", "sent"].includes(change.state)) || !navigator.onLine) return;
  const { flush } = await import("./phone_queue.js");
  await flush(firmAddress, owner);
  show((await changesOf(owner)).length);
};

const quietly = () => look().catch(() => {});
quietly();
addEventListener("online", quietly);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") quietly(); });
