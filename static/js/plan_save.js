/* Between page and server: batches one after the other, undo and redo, trials, and what others have changed. */
import { told } from "./words.js";
import { days } from "./plan_drag.js";
import { DAY, LOCALE, dayText } from "./plan_model.js";

const LOOK_AFTER = 20_000;
const MOST_STEPS = 100;
const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const time = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const idsOf = (edits) => edits.flatMap((edit) =>
  [edit.task_id, edit.after_id, edit.parent_id, edit.predecessor_id, Number(edit.called?.replace("was", "")) || null].filter(Boolean));

export class Saver {
  constructor(host, model, grid) {
    Object.assign(this, { host, model, grid });
    this.undos = [];
    this.redos = [];
    this.last = Promise.resolve();
    this.pending = 0;
    this.real = new Map(); // what drafts have become
    this.trialNumber = 0;
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.look(); });
    addEventListener("focus", () => this.look());
    setInterval(() => { if (document.visibilityState === "visible") this.look(); }, LOOK_AFTER);
    addEventListener("beforeunload", (event) => { if (this.pending) event.preventDefault(); });
    this.buttons();
  }

  say(text, isBad = false) {
    const box = this.host.querySelector("[data-saved]");
    box.textContent = text;
    box.classList.toggle("psa-neg", isBad);
    if (isBad || !/^(Sav|Gespei|Wird gespei)/.test(text)) this.tell(text);
  }
  tell(text) { this.host.querySelector("[data-say]").textContent = text; }

  /* Edits go to the server after those before them; the answer, or null when they were refused. */
  send(edits, { as = "new", words = "" } = {}) {
    this.pending += 1;
    this.say(told("Saving…"));
    this.hideNote();
    const done = this.last.then(() => this.post(edits, as, words)).finally(() => { this.pending -= 1; });
    this.last = done.catch(() => null);
    return done;
  }

  async post(edits, as, words) {
    const sent = this.resolved(edits);
    if (sent.some((edit) => edit.task_id < 0)) { this.say(told("Not saved: its row was not kept."), true); return null; }
    const answer = await this.ask(sent, false);
    if (!answer) return null;
    if (answer.status === 409) { this.refused(answer.body, sent, as); return null; }
    if (answer.status !== 200) {
      const text = answer.body.error ?? told("Not saved.");
      this.say(text, true);
      if (sent[0].do !== "type") document.dispatchEvent(new CustomEvent("psa:toast", { detail: { text, tone: "warn" } }));
      return null;
    }
    const { body } = answer;
    if (body.order || body.rows.length || body.links?.length || body.unlinked?.length) {
      const typed = this.named(body.made ?? {});
      this.grid.refresh(this.model.patch(body));
      this.grid.layout(false);
      if (typed) this.onStillTyped?.(typed);
      if (body.inverse.length) this.remember(body.inverse, as);
    }
    this.say(told("Saved {time}", { time: time() }));
    this.told(body.effect, words);
    this.figures();
    return body;
  }

  async ask(edits, isTrial) {
    let response;
    try {
      response = await fetch(this.host.dataset.changes, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
        body: JSON.stringify({ revision: this.model.revision, is_trial: isTrial, edits }),
      });
    } catch {
      if (!isTrial) this.say(told("Not saved: the server did not answer. Try again."), true);
      return null;
    }
    let body = {};
    try { body = await response.json(); } catch { body = { error: SENTENCES[response.status] ?? told("Something broke on our side; nothing was kept.") }; }
    return { status: response.status, body };
  }

  /* What edits would do, without doing them: the effect, or the sentence that refuses them. */
  async trial(edits) {
    const number = (this.trialNumber += 1);
    await this.last;
    const answer = await this.ask(this.resolved(edits), true);
    if (number !== this.trialNumber) return undefined; // another one was asked since
    if (!answer) return null;
    if (answer.status === 409) { this.takeIn(answer.body); return null; }
    return answer.status === 200 ? answer.body.effect ?? null : { error: answer.body.error };
  }
  stopTrial() { this.trialNumber += 1; }

  /* Rows that were drafts when an edit was made go by their real number. */
  resolved(edits) {
    const real = (edit) => Object.fromEntries(Object.entries(edit).map(([name, value]) =>
      [name, name.endsWith("_id") && this.real.has(value) ? this.real.get(value) : value]));
    return edits.map(real);
  }
  /* Drafts take their numbers; what is being typed into one is handed back, to go on in the real row. */
  named(made) {
    let typed = null;
    for (const [called, id] of Object.entries(made)) {
      if (called.startsWith("draft")) {
        const draft = Number(called.slice(5));
        this.real.set(draft, id);
        if (this.grid.focus.id === draft) this.grid.focus.id = id;
        if (this.grid.chosen.delete(draft)) this.grid.chosen.add(id);
        if (this.grid.anchor === draft) this.grid.anchor = id;
        if (this.grid.editing?.id === draft) {
          const { column, input } = this.grid.editing;
          typed = { id, column, text: input.value, from: input.selectionStart, to: input.selectionEnd };
          this.grid.editing = null;
        }
        this.model.drop(draft);
        this.onDraftSaved?.(draft, id);
      }
    }
    return typed;
  }

  remember(inverse, as) {
    (as === "undo" ? this.redos : this.undos).push(inverse);
    if (as === "new") this.redos = [];
    if (this.undos.length > MOST_STEPS) this.undos.shift();
    this.buttons();
  }
  async step(back) {
    await this.last;
    const edits = (back ? this.undos : this.redos).pop();
    this.buttons();
    if (!edits) { this.tell(told(back ? "There is nothing to undo." : "There is nothing to redo.")); return; }
    const done = await this.send(edits, { as: back ? "undo" : "redo" });
    if (done) this.tell(told(back ? "Undone." : "Done again."));
  }
  buttons() {
    for (const [name, steps] of [["undo", this.undos], ["redo", this.redos]]) {
      this.host.querySelectorAll(`[data-plan-do="${name}"]`).forEach((b) => b.setAttribute("aria-disabled", String(!steps.length)));
    }
  }

  /* Somebody else was first: nothing is overwritten; their change is taken in, ours is offered again. */
  refused(body, edits, as) {
    this.takeIn(body);
    this.say(told("Not saved: the plan has changed meanwhile."), true);
    this.note(`${sentence(body.told)} ${told("Your change was not saved.")}`, [
      [told("Make my change again"), () => this.send(edits, { as })],
      [told("Leave it"), () => this.hideNote()],
    ]);
  }
  takeIn(body) {
    const drafts = [...this.model.rows.values()].filter((row) => row.isDraft && row.id !== this.grid.editing?.id);
    const changed = this.model.take(body.plan);
    this.grid.theirs = changed;
    const stays = (step) => !idsOf(step).some((id) => changed.has(id));
    const before = this.undos.length + this.redos.length;
    this.undos = this.undos.filter(stays);
    this.redos = this.redos.filter(stays);
    this.lost = before - this.undos.length - this.redos.length;
    this.buttons();
    if (drafts.length || this.grid.editing) this.onTakenIn?.();
    this.grid.layout();
    this.figures();
  }
  async look() {
    if (this.pending || this.looking) return;
    this.looking = true;
    try {
      const response = await fetch(`${this.host.dataset.state}?since=${this.model.revision}`, { headers: { Accept: "application/json" } });
      const body = response.ok ? await response.json() : {};
      if (body.plan && !this.pending && body.plan.revision > this.model.revision) {
        this.takeIn(body);
        const lost = this.lost ? ` ${told("{count} of your steps can no longer be undone.", { count: this.lost })}` : "";
        this.note(`${sentence(body.told)}${lost}`, [[told("Seen"), () => this.hideNote()]]);
      }
    } catch { /* the next look may get through */ } finally { this.looking = false; }
  }

  note(text, acts) {
    const box = this.host.querySelector("[data-note]");
    box.querySelector("[data-note-text]").textContent = text;
    box.querySelector("[data-note-acts]").replaceChildren(...acts.map(([words, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-s";
      button.textContent = words;
      button.addEventListener("click", () => { this.hideNote(); act(); this.grid.go(this.grid.focus.id); });
      return button;
    }));
    box.hidden = false;
    this.tell(text);
  }
  hideNote() {
    this.host.querySelector("[data-note]").hidden = true;
    if (this.grid.theirs.size) {
      const ids = this.grid.theirs;
      this.grid.theirs = new Set();
      this.grid.refresh(ids);
    }
  }

  /* What a change did, for those who do not see the chart. */
  told(effect, words) {
    if (!effect) return;
    const text = this.effectText(effect, words || told("Saved:"));
    if (text) this.tell(text);
  }
  effectText(effect, subject) {
    const day = (minutes) => dayText(minutes === null ? null : Math.floor((minutes - (minutes % DAY ? 0 : 1)) / DAY), this.model.thisYear);
    const parts = [];
    if (effect.finish !== effect.was && day(effect.finish) !== day(effect.was)) parts.push(told("moves the finish from {was} to {finish}", { was: day(effect.was), finish: day(effect.finish) }));
    else parts.push(told("leaves the finish where it is"));
    if (effect.milestones) parts.push(effect.milestones === 1 ? told("1 milestone shifts") : told("{count} milestones shift", { count: effect.milestones }));
    if (effect.tasks > 1) parts.push(told("{count} tasks move", { count: effect.tasks }));
    return `${subject} ${parts.join("; ")}. ${effect.warnings.join(" ")}`.trim();
  }
  /* By how much the finish is off the baseline's. */
  behind() {
    const finishes = [...this.model.rows.values()].map((row) => row.base_finish).filter((at) => at !== null);
    if (!finishes.length || this.model.finish === null) return "";
    const off = Math.round((this.model.finish - Math.max(...finishes)) / DAY);
    if (!off) return told(", as in the baseline");
    return told(off > 0 ? ", {time} after the baseline" : ", {time} before the baseline", { time: days(off) });
  }
  /* The sums and the finish of the plan, below it. */
  figures() {
    const { model } = this;
    let effort = 0;
    let left = 0;
    let count = 0;
    for (const row of model.rows.values()) {
      if (row.isDraft) continue;
      count += 1;
      if (row.depth === 1) { effort += row.effort; left += row.left; }
    }
    const last = model.finish === null ? null : Math.floor((model.finish - (model.finish % DAY ? 0 : 1)) / DAY);
    this.host.querySelector("[data-total]").textContent =
      told(model.origin !== null ? "Template: {count} tasks, {effort} h" : count === 1 ? "Project: 1 task, {effort} h, {left} h left" : "Project: {count} tasks, {effort} h, {left} h left", {
        count: count.toLocaleString(LOCALE), effort: model.hours(effort), left: model.hours(left),
      })
      + (last === null ? "" : `${told(", finish {day}", { day: dayText(last) })}${this.behind()}`);
    this.host.querySelector("[data-empty]").hidden = model.rows.size > 0;
    const base = this.host.querySelector("[data-legend-base]");
    base.hidden = !model.baseline;
    base.querySelector("span").textContent = model.baseline.toLowerCase();
  }
}

const sentence = (said) => `${said || told("Somebody has changed the plan")}.`.replace(/\.\.$/, ".");
const SENTENCES = {
  401: told("You have been signed out. Reload the page to sign in again."),
  403: told("Your role does not include this, or you were signed out. Reload the page."),
  404: told("This task is no longer here. Reload the page."),
};
