/* The timer in the head of every page. Away from the machine for long, it asks whether the time counts;
   running for more than a day, when it should have stopped. */
import { current, host, isRunning, LONGEST, onTimer, owner, press, read, stop, write } from "./timer_state.js";

const TICK = 1_000;
const SEEN_EVERY = 10_000;

const find = (name) => host.querySelector(`[data-timer-${name}]`);
const seenAt = `timer:${owner}:seen`;
const idle = () => Number(host.dataset.idleMinutes) * 60_000;
let away = 0;

const clock = (milliseconds) => {
  const minutes = Math.floor(milliseconds / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
};
const draw = () => {
  const timer = current()?.timer;
  find("running").hidden = !isRunning();
  find("still").hidden = isRunning();
  find("continue").hidden = !timer || isRunning();
  if (!timer) return;
  find("last").textContent = timer.task;
  find("name").textContent = timer.task;
  find("name").title = [timer.task, timer.project, timer.description].filter(Boolean).join(" · ");
  if (isRunning()) host.querySelectorAll("[data-timer-clock]").forEach((one) => { one.textContent = clock(Date.now() - current().since); });
};

/* Being there: any key or pointer, in any tab. */
let wrote = 0;
const notice = () => {
  const now = Date.now();
  if (now - wrote < SEEN_EVERY) return;
  const seen = Math.max(Number(read(seenAt)) || 0, wrote);
  const gap = seen && now - Math.max(seen, current()?.since ?? 0);
  wrote = now;
  write(seenAt, now);
  const box = document.getElementById("psa-timer-idle");
  if (!isRunning() || gap < idle() || box.open || now - current().since > LONGEST) return;
  away = now - gap;
  find("away").textContent = host.dataset.away.replace("{time}", clock(gap));
  box.showModal();
};

const again = () => { const { row, task, project, description } = current().timer; return { does: "start", row, task, project, description }; };

const DOES = {
  stop,
  continue: () => press(again()),
  discard: () => press({ does: "discard" }),
  until: () => press({ does: "stop", at: new Date(document.getElementById("psa-timer-until").value).getTime() || Date.now() }),
  "stop-away": () => press({ does: "stop", at: away }),
  "leave-out": () => press({ does: "stop", at: away }, again()),
};

if (host) {
  draw();
  onTimer(draw);
  notice();
  setInterval(() => { if (isRunning()) draw(); }, TICK);
  for (const name of ["pointerdown", "keydown", "pointermove"]) addEventListener(name, notice, { passive: true });
  addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") notice(); });

  host.addEventListener("click", (event) => {
    const button = event.target.closest("[data-timer-do]");
    if (!button && !event.target.closest("[data-timer-keep-all]")) return;
    event.target.closest("dialog")?.close();
    if (button) DOES[button.dataset.timerDo]();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-timer-row]");
    if (button) press({ does: "start", row: button.dataset.timerRow, task: button.dataset.timerTask, project: "", description: "" });
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "psa-timer-body") return;
    const box = document.getElementById("psa-timer");
    if (!box.open) box.showModal();
    box.querySelector("select")?.focus();
  });
  // On the window, so that the guard against sending twice never takes the form for one that leaves the page.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "psa-timer-form") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const option = form.elements.row.selectedOptions[0];
    press({
      does: "start", row: option?.value ?? "", task: option?.textContent.trim() ?? "",
      project: option?.closest("optgroup")?.label ?? "", description: form.elements.description.value.trim(),
    }).then((went) => { if (went) form.closest("dialog")?.close(); });
  }, true);
  // Enter in the list starts as well.
  host.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "psa-timer-row") return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
}
