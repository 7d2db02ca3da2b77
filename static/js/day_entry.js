/* The dialog for one entry. What is typed is kept as a draft with each stroke, so that a closed browser
   loses nothing; saving makes it a change on its way. */
import { clock, DAY, minutesOf } from "./durations.js";
import { dropDraft, draftOf, keepDraft } from "./phone_store.js";
import { write } from "./phone_queue.js";
import { speech } from "./speech.js";

export const entryEditor = ({ owner, words, hours, decimal, page, rowsOn, send, choiceOf, written }) => {
  const dialog = document.getElementById("day-edit");
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector("[data-problem]");
  const remove = dialog.querySelector("[data-delete]");
  const field = (name) => form.elements[name];
  let row = null;
  let afterwards = null;

  const complain = (text, name) => {
    problem.textContent = text;
    problem.hidden = !text;
    form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
    if (text && name) { field(name).setAttribute("aria-invalid", "true"); field(name).focus(); }
  };

  const valueOf = (one) => JSON.stringify([one.project, one.task ?? null, one.activity ?? "", one.billing ?? ""]);
  const fillRows = (select, wanted) => {
    select.replaceChildren(new Option(words.choose, ""));
    const groups = new Map();
    const add = (group, label, value, project = group) => {
      if (!groups.has(group)) {
        groups.set(group, document.createElement("optgroup"));
        groups.get(group).label = group;
        select.append(groups.get(group));
      }
      const option = new Option(label, value);
      option.dataset.project = project;
      groups.get(group).append(option);
    };
    for (const recent of page.facts?.recent ?? []) {
      const choice = choiceOf(recent);
      if (choice) add(words.recent, [choice.label, recent.activity].filter(Boolean).join(", "), valueOf(recent), choice.project_name);
    }
    for (const choice of page.facts?.choices ?? []) {
      const [project, task] = choice.value.split(":");
      add(choice.project_name, choice.label, valueOf({ project: Number(project), task: task ? Number(task) : null }));
    }
    if (wanted) {
      if (![...select.options].some((one) => one.value === valueOf(wanted))) add(wanted.project_name ?? "", wanted.name ?? "", valueOf(wanted));
      select.value = valueOf(wanted);
    }
  };

  const show = (wanted, values) => {
    row = wanted?.on ? wanted : null;
    complain(row?.change?.sentence || "");
    fillRows(field("row"), wanted);
    field("row").disabled = Boolean(row);
    field("typed").value = values.typed;
    field("typed").dataset.before = row ? values.typed : "";
    field("description").value = values.description ?? "";
    field("note").value = values.note ?? "";
    const isClosed = Boolean(row && !row.is_editable) || Boolean(page.week?.is_locked);
    [...form.elements].filter((one) => one.name && one.name !== "row").forEach((one) => { one.readOnly = isClosed; });
    dialog.querySelector("[type=submit]").hidden = isClosed;
    remove.hidden = !row || isClosed;
    dialog.querySelector("h2").textContent = `${row ? row.name : words.new_entry} · ${written(row?.on ?? page.on, { weekday: "short", day: "numeric", month: "short" })}`;
    if (!dialog.open) dialog.showModal();
    (wanted ? field("typed") : field("row")).focus();
  };

  const open = (wanted) => show(wanted, {
    typed: wanted.change?.typed && minutesOf(wanted.change.typed) === null ? wanted.change.typed : hours(wanted.minutes),
    description: wanted.description, note: wanted.note,
  });
  const sameRow = (one) => (other) => valueOf(one) === valueOf(other);

  /* A row that the day has already is opened, as a cell of the grid would be. */
  const openRow = (wanted, typed = "", done = null) => {
    afterwards = done;
    const there = wanted && rowsOn(page.on).find(sameRow(wanted));
    if (there && !typed) open(there);
    else show(wanted ? { ...wanted, on: undefined } : null, { typed, description: wanted?.description });
  };

  /* What there is to choose from, come after the form was opened. */
  const arrive = () => { if (dialog.open && page.facts && field("row").options.length === 1) fillRows(field("row")); };

  const fieldsOf = () => {
    const typed = field("typed").value.trim();
    const minutes = minutesOf(typed);
    if (!minutes || minutes < 0) return complain(words.needs_time, "typed");
    if (minutes > DAY) return complain(words.too_much, "typed");
    const isSame = row && typed === field("typed").dataset.before;
    return { ...(isSame ? {} : { typed }), description: field("description").value.trim(), note: field("note").value.trim() };
  };

  const joined = (a, b) => (a && b && a !== b ? `${a}; ${b}`.slice(0, 400) : a || b);
  const save = async () => {
    const fields = fieldsOf();
    if (!fields) return;
    if (!row && !field("row").value) { complain(words.needs_row, "row"); return; }
    let target = row;
    if (!row) {
      const [project, task, activity, billing] = JSON.parse(field("row").value);
      const wanted = { project, task, activity, billing };
      const there = rowsOn(page.on).find(sameRow(wanted));
      if (there && there.is_editable) {
        target = there;
        const sum = (there.isDeleted ? 0 : there.minutes) + minutesOf(fields.typed);
        if (sum > DAY) { complain(words.too_much, "typed"); return; }
        Object.assign(fields, { typed: `${sum}m`, description: joined(there.description, fields.description), note: joined(there.note, fields.note) });
      } else {
        const choice = choiceOf(wanted);
        Object.assign(fields, { ...wanted, on: page.on, name: [choice?.label, activity].filter(Boolean).join(", "), project_name: choice?.project_name ?? "" });
      }
    }
    await keep(target, fields);
  };

  const keep = async (target, fields) => {
    const place = target && {
      on: target.on, project: target.project, task: target.task, activity: target.activity, billing: target.billing,
      name: target.name, project_name: target.project_name, minutes: target.minutes,
    };
    try {
      await write(owner, target ?? {}, { ...place, ...fields });
      await dropDraft(owner, "time");
    } catch { complain(words.stored_full); return; }
    const done = afterwards;
    dialog.close();
    await done?.();
    send();
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  form.addEventListener("input", () => {
    const values = { typed: field("typed").value, description: field("description").value, note: field("note").value };
    keepDraft({ owner, form: "time", on: page.on, row, chosen: field("row").value, values }).catch(() => {});
  });
  form.addEventListener("click", (event) => {
    const plus = event.target.closest("[data-plus]");
    if (!plus || field("typed").readOnly) return;
    const minutes = Math.min(DAY, (minutesOf(field("typed").value) ?? 0) + Number(plus.dataset.plus));
    field("typed").value = clock(minutes, decimal);
    form.dispatchEvent(new Event("input"));
  });
  remove.addEventListener("click", () => keep(row, { typed: "" }));
  dialog.addEventListener("close", () => { afterwards = null; dropDraft(owner, "time").catch(() => {}); });
  speech(dialog, { words, locale: document.documentElement.lang });

  /* What was being typed when the browser was closed. */
  const resume = async () => {
    const draft = await draftOf(owner, "time");
    if (!draft || draft.on !== page.on) return;
    const there = draft.row && rowsOn(draft.on).find((one) => (draft.row.id && one.id === draft.row.id) || (draft.row.key && one.key === draft.row.key));
    show(there ?? null, draft.values);
    if (!there && draft.chosen) field("row").value = draft.chosen;
  };
  return { open, openRow, resume, fillRows, arrive };
};
