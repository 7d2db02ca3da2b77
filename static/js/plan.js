/* The plan of a project: tree grid and Gantt on one surface. Puts the parts together. */
import { Model, ZOOMS } from "./plan_model.js";
import { Chart } from "./plan_chart.js";
import { Grid } from "./plan_grid.js";
import { Saver } from "./plan_save.js";
import { Editor } from "./plan_edit.js";
import { drags } from "./plan_drag.js";
import { commandsOf, keyboard, openMenu } from "./plan_keys.js";

// Pixels between the margins of a landscape page.
const PAPER = { A4: 1046, A3: 1511 };
const PHONE = matchMedia("(max-width: 760px)");
const keep = (name, value) => { try { localStorage.setItem(`plan.${name}`, value); } catch { /* then not */ } };
const kept = (name) => { try { return localStorage.getItem(`plan.${name}`); } catch { return null; } };

const start = (host) => {
  const data = JSON.parse(document.getElementById("plan-data").textContent);
  const editable = host.hasAttribute("data-edit");
  const model = new Model(data, { decimal: host.hasAttribute("data-decimal"), editable });
  model.talkAt = host.dataset.talk;
  const chart = new Chart(model);
  const box = host.querySelector("[data-box]");
  const grid = new Grid(box, model, chart, host.querySelector("[data-icons]"), host.dataset.name);
  const saver = new Saver(host, model, grid);
  const editor = new Editor(host, model, grid, saver);
  const page = { host, model, grid, chart, saver, editor };

  page.view = (view) => {
    host.dataset.view = view;
    grid.view = view === "full" && PHONE.matches ? "narrow" : view;
    host.querySelectorAll("[data-plan-view]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.planView === view)));
    grid.layout();
  };
  page.zoom = (zoom) => {
    const middle = chart.first === undefined ? model.today : chart.dayAt(box.scrollLeft + (box.clientWidth - grid.left) / 3);
    chart.setZoom(zoom);
    host.querySelectorAll("[data-plan-zoom]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.planZoom === zoom)));
    keep("zoom", zoom);
    grid.layout();
    grid.toDay(middle);
  };
  const commands = commandsOf(page);
  keyboard(page, commands);
  if (editable) drags(model, grid, editor);

  host.addEventListener("click", (event) => {
    const button = event.target.closest("[data-plan-do], [data-plan-zoom], [data-plan-view], [data-plan-show]");
    if (button) {
      const { planDo, planZoom, planView, planShow } = button.dataset;
      if (button.closest("#plan-row-menu")) { button.closest("[popover]").hidePopover(); if (model.place.has(model.menuOf)) grid.go(model.menuOf); }
      else button.closest("[popover]")?.hidePopover();
      if (planDo && button.ariaDisabled !== "true" && commands.isFor(planDo)) {
        if (planDo !== "keep" && planDo !== "drop") editor.save();
        commands[planDo]?.();
      }
      if (planZoom) page.zoom(planZoom);
      if (planView) { page.view(planView); if (!PHONE.matches) keep("view", planView); }
      if (planShow) {
        const isOn = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(isOn));
        if (isOn) chart.shows.add(planShow); else chart.shows.delete(planShow);
        grid.again();
      }
      return;
    }
    if (event.target.closest(".plan-talk")) return;
    const cell = event.target.closest(".plan-body [data-column]");
    const row = grid.surface.contains(event.target) && !event.target.dataset?.link ? grid.rowAt(event) : null;
    if (!row || grid.editing?.id === row.id && event.target === grid.editing.input) return;
    if (event.target.closest(".plan-fold")) { model.fold(row.id, !model.folded.has(row.id)); grid.refresh([row.id]); grid.go(row.id, "name"); return; }
    if (event.target.closest(".plan-bar, .plan-ms, .plan-head")) return;
    grid.go(row.id, cell && cell.dataset.column !== "no" ? cell.dataset.column : grid.focus.column, { extend: event.shiftKey });
  });
  host.addEventListener("dblclick", (event) => {
    const cell = event.target.closest(".plan-body [data-column]");
    if (cell && !event.target.closest(".plan-fold, input")) editor.open(Number(cell.closest(".plan-row").dataset.id), cell.dataset.column);
  });
  host.addEventListener("contextmenu", (event) => {
    const row = event.target.closest(".plan-surface") && !event.target.closest("input") ? grid.rowAt(event) : null;
    if (!row || !editable) return;
    event.preventDefault();
    grid.go(row.id);
    openMenu(page, row, { left: event.clientX, top: event.clientY });
  });

  /* For paper all rows are in the page, the names have room, and the chart fills what is left of the width. */
  let before = null;
  addEventListener("beforeprint", () => {
    before = [chart.zoom, chart.perDay];
    host.classList.add("is-printed");
    grid.everything = true;
    grid.paper = PAPER[host.dataset.paper] ?? PAPER.A4;
    grid.layout();
    const perDay = Math.max(0.1, (grid.paper - grid.left) / (chart.last - chart.first));
    chart.setZoom(perDay > 10 ? "day" : perDay > 2.6 ? "week" : perDay > 0.7 ? "month" : "quarter", perDay);
    grid.layout();
  });
  addEventListener("afterprint", () => {
    host.classList.remove("is-printed");
    delete host.dataset.paper;
    grid.everything = false;
    grid.paper = null;
    chart.setZoom(...before);
    grid.layout();
  });
  PHONE.addEventListener("change", () => page.view(PHONE.matches ? "narrow" : kept("view") ?? "full"));

  page.view(PHONE.matches ? "narrow" : kept("view") ?? (innerWidth < 1300 ? "narrow" : "full"));
  page.zoom(ZOOMS[kept("zoom")] ? kept("zoom") : "week");
  grid.toDay(model.today);
  saver.figures();
  const wanted = /^#task-(\d+)$/.exec(location.hash);
  if (model.shown.length) grid.go(wanted ? Number(wanted[1]) : model.shown[0].id, "name", { focus: Boolean(wanted) });
  host.dataset.ready = "";
};

const host = document.querySelector("#plan");
if (host) start(host);
