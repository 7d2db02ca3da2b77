/* Cells edited in place, new rows, and the effect of a change before it is kept. */
import { told } from "./words.js";
import { SCHEDULING } from "./plan_model.js";
import { make } from "./plan_chart.js";

const TRIAL_AFTER = 350;

export class Editor {
  constructor(host, model, grid, saver) {
    Object.assign(this, { host, model, grid, saver });
    this.kept = null;
    saver.onDraftSaved = (draft, id) => { if (this.anchorOf?.anchor === draft) this.anchorOf.anchor = id; };
    saver.onTakenIn = () => this.putDraftBack();
    saver.onStillTyped = ({ id, column, text, from, to }) => { this.open(id, column, text); this.input?.setSelectionRange(from, to); };
  }

  get input() { return this.grid.editing?.input ?? null; }

  /* Opens a cell; `text` takes the place of what it says. */
  open(id, column, text = null) {
    const row = this.model.rows.get(id);
    if (!row || this.grid.editing) return;
    if (!this.model.canEdit(row, column)) {
      if (this.model.editable) this.saver.tell(row.kind === "sum" ? told("This comes from the tasks below.") : told("This is not typed."));
      return;
    }
    this.leave();
    this.grid.go(id, column, { focus: false });
    const cell = this.grid.cell(id, column);
    const input = make("input", "plan-input");
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = column === "name";
    if (column === "name") input.maxLength = 160;
    input.setAttribute("aria-label", `${LABELS[column]}, ${row.outline || told("new task")}`);
    input.value = text ?? this.model.typed(row, column);
    if (column === "role") input.setAttribute("list", this.list("plan-roles", Object.values(this.model.roles)));
    if (column === "people") input.setAttribute("list", this.list("plan-people", Object.values(this.model.people)));
    this.grid.editing = { id, column, input, before: this.model.typed(row, column), isOnItsWay: Boolean(row.isNamed) };
    cell.replaceChildren(input);
    cell.classList.add("is-edited");
    input.focus({ preventScroll: true });
    if (text === null) input.select();
    input.addEventListener("input", () => this.consider());
    input.addEventListener("blur", () => { if (this.grid.editing?.input === input) this.save(); });
    if (text !== null) this.consider();
  }
  list(id, names) {
    let box = document.getElementById(id);
    if (!box) { box = make("datalist"); box.id = id; this.host.append(box); }
    box.replaceChildren(...names.map((name) => { const option = make("option"); option.value = name; return option; }));
    return id;
  }

  /* Closes the editor and draws the cell as it stands. */
  close() {
    const { editing } = this.grid;
    if (!editing) return null;
    this.grid.editing = null;
    clearTimeout(this.timer);
    this.hideEffect();
    this.grid.refresh([editing.id]);
    return editing;
  }

  /* Takes what was typed; a draft becomes a task. False when there was nothing to take. */
  save({ focus = false } = {}) {
    const { editing } = this.grid;
    if (!editing) return false;
    const text = editing.input.value.trim();
    const row = this.model.rows.get(editing.id);
    if (isUnnamed(row)) return this.saveDraft(row, text, focus);
    this.close();
    if (focus) this.grid.go(editing.id, editing.column);
    if (!row || text === editing.before.trim() || (editing.column === "name" && !text)) return false;
    this.saver.send([{ do: "type", task_id: editing.id, column: editing.column, text }], { words: told("Changing {task}", { task: row.outline }) })
      .then((done) => { if (!done) this.failed(editing, text); });
    return true;
  }
  /* What was refused is not lost: the cell opens again with it. */
  failed(editing, text) {
    if (this.grid.editing || !this.host.querySelector("[data-note]").hidden) return;
    const id = this.saver.real.get(editing.id) ?? editing.id;
    if (!this.model.rows.has(id)) return;
    const sentence = this.host.querySelector("[data-saved]").textContent;
    this.open(id, editing.column, text);
    clearTimeout(this.timer);
    this.input?.setAttribute("aria-invalid", "true");
    this.showEffect(sentence, null);
  }
  cancel() {
    const { editing } = this.grid;
    if (!editing) return;
    const row = this.model.rows.get(editing.id);
    this.grid.editing = null;
    clearTimeout(this.timer);
    this.hideEffect();
    if (isUnnamed(row)) {
      this.model.drop(row.id);
      this.grid.remove(row.id);
      this.grid.focus.id = row.anchor ?? this.model.shown[0]?.id ?? null;
      this.grid.layout();
    } else this.grid.refresh([editing.id]);
    if (this.grid.focus.id !== null) this.grid.go(this.grid.focus.id, editing.column);
  }

  /* A new row behind `anchor` and all below it, at `depth`; its name is typed at once. */
  add(anchor, depth) {
    this.save();
    const row = this.model.draft(anchor, depth);
    this.anchorOf = row;
    this.grid.layout();
    this.open(row.id, "name", "");
  }
  addBelow(asChild = false) {
    const here = this.grid.current();
    if (!here) { this.add(this.lastTop(), 1); return; }
    if (asChild) { this.grid.chosen = new Set(); this.model.fold(here.id, false); }
    this.add(here.id, Math.min(10, here.depth + (asChild ? 1 : 0)));
  }
  lastTop() { return [...this.model.rows.values()].filter((row) => row.depth === 1).pop()?.id ?? null; }

  saveDraft(row, text, focus) {
    if (!text) { this.cancel(); return false; }
    this.grid.editing = null;
    this.hideEffect();
    row.name = text;
    row.isNamed = true;
    const edit = { do: "add", called: `draft${row.id}`, task: { name: text } };
    if (row.anchor !== null) {
      edit.after_id = row.anchor;
      edit.as_child = this.model.rows.get(row.anchor)?.depth < row.depth;
    }
    this.grid.refresh([row.id]);
    if (focus) this.grid.go(row.id, "name");
    this.saver.send([edit], { words: told("Adding {task}", { task: text }) }).then((done) => {
      if (done) return;
      this.model.drop(row.id);
      this.grid.again();
    });
    return true;
  }
  /* Tab while naming: one level down or up, where the rows above allow it. */
  shift(by) {
    const { editing } = this.grid;
    const row = editing && this.model.rows.get(editing.id);
    if (!row) return;
    if (!isUnnamed(row)) {
      const { id } = editing;
      this.save({ focus: true });
      this.saver.send([{ do: "arrange", task_id: id, how: by > 0 ? "indent" : "outdent" }]);
      return;
    }
    const depth = row.depth + by;
    const above = this.model.shown[this.model.place.get(row.id) - 1];
    if (!above || depth < 1 || depth > Math.min(10, above.depth + 1)) { this.saver.tell(told("It cannot go there.")); return; }
    let anchor = above;
    while (anchor && anchor.depth > depth) anchor = this.model.parentOf(anchor);
    const text = editing.input.value;
    this.grid.editing = null;
    this.model.drop(row.id);
    this.grid.remove(row.id);
    const moved = this.model.draft(anchor.id, depth);
    this.anchorOf = moved;
    this.grid.layout();
    this.open(moved.id, "name", text);
  }
  /* After somebody else's change: what is being typed stays. */
  putDraftBack() {
    const { editing } = this.grid;
    if (!editing) return;
    const text = editing.input.value;
    this.grid.editing = null;
    this.hideEffect();
    if (editing.isOnItsWay && editing.id < 0) return; // its row was refused, and is offered again
    if (editing.id > 0) { if (this.model.rows.has(editing.id)) queueMicrotask(() => this.open(editing.id, editing.column, text)); return; }
    const anchor = this.anchorOf?.anchor ?? null;
    const moved = this.model.draft(this.model.rows.has(anchor) ? anchor : this.lastTop(), this.model.rows.get(anchor)?.depth ?? 1);
    this.anchorOf = moved;
    queueMicrotask(() => this.open(moved.id, "name", text));
  }

  /* While a cell is typed: what it would do, once the fingers rest. */
  consider() {
    const { editing } = this.grid;
    editing.input.removeAttribute("aria-invalid");
    this.hideEffect();
    clearTimeout(this.timer);
    if (editing.id < 0 || !SCHEDULING.has(editing.column)) return;
    const text = editing.input.value.trim();
    if (text === editing.before.trim()) return;
    this.timer = setTimeout(async () => {
      const effect = await this.saver.trial([{ do: "type", task_id: editing.id, column: editing.column, text }]);
      if (this.grid.editing === editing && effect) this.preview(effect, told("Changing {task}", { task: this.model.rows.get(editing.id)?.outline }), null);
    }, TRIAL_AFTER);
  }
  /* Shows what edits would do; Keep sends them. */
  async offer(edits, subject) {
    this.leave();
    const effect = await this.saver.trial(edits);
    if (!effect) return;
    this.preview(effect, subject, effect.error ? null : () => this.saver.send(edits, { words: subject }));
  }
  preview(effect, subject, keep) {
    if (effect.error) { this.showEffect(effect.error, null, true); return; }
    this.ghosts(new Map(effect.moved.map(([id, start, finish]) => [id, [start, finish]])));
    this.showEffect(this.saver.effectText(effect, subject), keep);
  }
  showEffect(text, keep, isBad = false) {
    const box = this.host.querySelector("[data-effect]");
    const line = box.querySelector("[data-effect-text]");
    line.textContent = text;
    line.classList.toggle("psa-neg", isBad);
    box.querySelector('[data-plan-do="keep"]').hidden = !keep && !this.grid.editing;
    box.hidden = false;
    this.kept = keep;
    if (keep) box.querySelector('[data-plan-do="keep"]').focus({ preventScroll: true });
  }
  hideEffect() {
    this.host.querySelector("[data-effect]").hidden = true;
    this.kept = null;
    this.saver.stopTrial();
    this.ghosts(new Map());
  }
  ghosts(next) {
    const before = this.grid.chart.ghosts;
    if (!before.size && !next.size) return;
    this.grid.chart.ghosts = next;
    for (const id of new Set([...before.keys(), ...next.keys()])) {
      const track = this.grid.drawn.get(id)?.track;
      if (track) this.grid.chart.bar(track, this.model.rows.get(id));
    }
  }
  get isOffering() { return Boolean(this.kept); }
  keep() {
    if (this.grid.editing) { this.save({ focus: true }); return; }
    const keep = this.kept;
    this.hideEffect();
    this.grid.go(this.grid.focus.id);
    keep?.();
  }
  leave() { if (!this.host.querySelector("[data-effect]").hidden) this.hideEffect(); }
  dropOffer() { this.hideEffect(); if (this.grid.focus.id !== null) this.grid.go(this.grid.focus.id); }
}

const isUnnamed = (row) => Boolean(row?.isDraft) && !row.isNamed;
const LABELS = {
  name: told("Task"), effort: told("Effort, hours"), duration: told("Duration"), start: told("Start"), finish: told("Finish"),
  predecessors: told("Predecessors"),
  role: told("Role"), people: told("People"), done: told("Done, percent"), left: told("Hours left"),
};
