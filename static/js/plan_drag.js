/* Bars moved, stretched and linked with the pointer; every drag has its twin in the row's menu. */
import { told } from "./words.js";
import { isoDay } from "./plan_model.js";
import { ROW } from "./plan_chart.js";

const SVG = "http://www.w3.org/2000/svg";

export const moveEdit = (model, row, days) =>
  ({ do: "edit", task_id: row.id, task: { starts_on: isoDay(model.firstDay(row) + days) } });
export const stretchEdit = (model, row, days) =>
  ({ do: "edit", task_id: row.id, task: { finishes_on: isoDay(Math.max(model.firstDay(row), model.lastDay(row) + days)) } });
export const days = (count) =>
  (Math.abs(count) === 1 ? told("1 day") : told("{count} days", { count: Math.abs(count) }));

export const drags = (model, grid, editor) => {
  let drag = null;

  const begin = (event) => {
    const bar = event.target.closest(".plan-bar, .plan-ms");
    if (!bar || event.button !== 0) return;
    const row = model.rows.get(Number(bar.closest("[data-id]").dataset.id));
    const isLink = event.target.classList.contains("plan-dot");
    const isEnd = event.target.classList.contains("plan-end");
    grid.go(row.id, grid.focus.column);
    if (!isLink && row.completed) return;
    event.preventDefault();
    drag = { row, bar, mode: isLink ? "link" : isEnd ? "stretch" : "move", x: event.clientX, days: 0, width: bar.offsetWidth };
    if (isLink) {
      drag.line = grid.arrows.appendChild(document.createElementNS(SVG, "path"));
      drag.line.setAttribute("class", "plan-drawn");
    }
    bar.setPointerCapture(event.pointerId);
    bar.classList.add("is-dragged");
  };
  const move = (event) => {
    if (!drag) return;
    if (drag.mode === "link") {
      const box = grid.arrows.getBoundingClientRect();
      const from = drag.bar.getBoundingClientRect();
      drag.line.setAttribute("d", `M${from.right - box.left} ${from.top + ROW / 2 - 7 - box.top}L${event.clientX - box.left} ${event.clientY - box.top}`);
      return;
    }
    drag.days = Math.round((event.clientX - drag.x) / grid.chart.perDay);
    const by = drag.days * grid.chart.perDay;
    if (drag.mode === "move") drag.bar.style.transform = `translateX(${by}px)`;
    else drag.bar.style.width = `${Math.max(grid.chart.perDay, drag.width + by)}px`;
  };
  const end = (event) => {
    if (!drag) return;
    const { row, bar, mode, days: by, width, line } = drag;
    drag = null;
    bar.classList.remove("is-dragged");
    bar.style.transform = "";
    if (mode === "stretch") bar.style.width = `${width}px`;
    line?.remove();
    if (event.type === "pointercancel") return;
    if (mode === "link") { link(row, event); return; }
    if (!by) return;
    const edit = mode === "move" ? moveEdit(model, row, by) : stretchEdit(model, row, by);
    const words = mode === "move"
      ? told("Moving {task} by {time}", { task: row.outline, time: `${by < 0 ? "−" : ""}${days(by)}` }) : told(by < 0 ? "Making {task} {time} shorter" : "Making {task} {time} longer", { task: row.outline, time: days(by) });
    editor.offer([edit], words);
  };
  const link = (row, event) => {
    const y = event.clientY - grid.body.getBoundingClientRect().top;
    const other = model.shown[Math.floor(y / ROW)];
    if (!other || other.id === row.id || other.isDraft) return;
    editor.offer([{ do: "link", predecessor_id: row.id, task_id: other.id, kind: "FS" }], told("Linking {tasks}", { tasks: `${row.outline} → ${other.outline}` }));
  };

  grid.surface.addEventListener("pointerdown", begin);
  grid.surface.addEventListener("pointermove", move);
  grid.surface.addEventListener("pointerup", end);
  grid.surface.addEventListener("pointercancel", end);
  grid.arrows.addEventListener("click", (event) => {
    const found = model.links.get(Number(event.target.dataset?.link));
    if (!found) return;
    const [before, after] = [model.rows.get(found.before), model.rows.get(found.after)];
    grid.go(after.id, "predecessors");
    editor.offer([{ do: "unlink", predecessor_id: before.id, task_id: after.id }], told("Removing the link from {before} to {after}", { before: before.outline, after: after.outline }));
  });
};
