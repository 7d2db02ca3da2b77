/* The timer on my day: the one of every page, started and stopped with or without a network. What ran and is
   not entered yet stands below it; what a rule refused is entered by hand or discarded. */
import { clock, DAY } from "./durations.js";
import { settleStep } from "./phone_queue.js";
import { current, isRunning, onTimer, press, stop } from "./timer_state.js";

const TICK = 10_000;

export const timer = ({ host, words, say, hours, page, editor, copyOf, send, textOf }) => {
  const dialog = document.getElementById("day-timer");
  const form = dialog.querySelector("form");
  const find = (name) => host.querySelector(`[data-timer-${name}]`);
  const timeOf = (at) => new Date(at).toLocaleTimeString(host.dataset.locale, { hour: "2-digit", minute: "2-digit" });
  const minutesBetween = (from, until) => Math.max(0, Math.min(DAY, Math.floor((until - from) / 60_000 + 0.5)));

  const draw = () => {
    find("card").hidden = !isRunning();
    find("start").disabled = isRunning();
    if (!isRunning()) return;
    const { timer: running, since, isUnsent } = current();
    find("what").textContent = running.task || words.new_entry;
    find("since").textContent = [say("timer_runs", { time: timeOf(since) }), isUnsent ? words.pending : ""].filter(Boolean).join(" · ");
    find("time").textContent = clock(Math.floor((Date.now() - since) / 60_000));
  };

  /* One item a run: a stop with the start before it, or what was refused. */
  const runs = () => {
    const steps = page.changes.filter((one) => one.kind === "timer");
    const stops = steps.filter((one) => one.does === "stop");
    return steps.filter((one) => one.does === "stop" || one.state === "refused").flatMap((one) => {
      const isStart = one.does === "start";
      if (isStart && one.state !== "refused") return [];
      const other = isStart ? stops.find((end) => end.after === one.id) : steps.find((start) => start.id === one.after);
      if (!isStart && other?.state === "refused") return [];
      const start = isStart ? one : other;
      const until = (isStart ? other?.at : one.at) ?? Date.now();
      const from = start?.at ?? one.since ?? until;
      const what = start ?? one;
      return [{ one, from, until, row: what.row, name: what.task, project: what.project, description: what.description ?? "" }];
    });
  };

  const drawRuns = () => {
    const found = runs();
    find("runs-box").hidden = !found.length;
    find("runs").replaceChildren(...found.map((run) => {
      const item = copyOf("day-run");
      const part = (name) => item.querySelector(`[data-${name}]`);
      const isRefused = run.one.state === "refused";
      part("name").textContent = run.name || words.new_entry;
      part("project").textContent = [run.project, `${timeOf(run.from)}–${timeOf(run.until)}`].filter(Boolean).join(" · ");
      part("state").textContent = isRefused ? words.refused : words.pending;
      part("state").dataset.s = isRefused ? "bad" : "warn";
      part("hours").textContent = hours(minutesBetween(run.from, run.until));
      part("say").textContent = run.one.sentence;
      part("say").hidden = part("acts").hidden = !isRefused;
      const done = async () => {
        await settleStep(run.one);
        // A refused stop left the server's running; what is entered by hand is not entered twice.
        if (run.one.does === "stop") await press({ does: "discard", began: run.one.began });
        send();
      };
      part("by-hand").addEventListener("click", () => {
        const [project, task, , billing, activity] = run.row?.split(":") ?? [];
        page.on = textOf(new Date(run.from));
        editor.openRow(
          project ? { project: Number(project), task: task ? Number(task) : null, billing, activity, name: run.name, project_name: run.project, description: run.description } : null,
          clock(minutesBetween(run.from, run.until)), done,
        );
      });
      part("discard").addEventListener("click", done);
      return item;
    }));
  };

  find("start").addEventListener("click", () => {
    form.reset();
    editor.fillRows(form.elements.row, page.facts?.recent[0]);
    dialog.showModal();
    form.elements.row.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = form.elements.row.selectedOptions[0];
    dialog.querySelector("[data-problem]").hidden = Boolean(chosen?.value);
    if (!chosen?.value) { dialog.querySelector("[data-problem]").textContent = words.needs_row; return; }
    const [project, task, activity, billing] = JSON.parse(chosen.value);
    dialog.close();
    await press({
      does: "start", row: [project, task ?? "", "", billing, activity].join(":"), task: chosen.textContent,
      project: chosen.dataset.project ?? "", description: form.elements.description.value.trim(),
    });
  });
  find("stop").addEventListener("click", stop);

  onTimer(draw);
  setInterval(draw, TICK);
  draw();
  return { drawRuns };
};
