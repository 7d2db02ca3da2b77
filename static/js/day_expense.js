/* The dialog for one expense with photos of its receipt, made small before they are kept. */
import { drive } from "./day_drive.js";
import { draftOf, dropDraft, keepDraft } from "./phone_store.js";
import { drop, EXPENSE_FIELDS, rewriteUnsent, writeExpense } from "./phone_queue.js";
import { speech } from "./speech.js";

const MILE = 1609.344;
const LONG_SIDE = 1600;
const SMALL = 400 * 1024;
const TRIES = [[LONG_SIDE, 0.8], [LONG_SIDE, 0.6], [1200, 0.6], [1000, 0.5]];
const MEALS = ["breakfast", "lunch", "dinner"];
const LONGEST_DAYS = 31;

/* The picture as a JPEG of at most 400 KB where that is still readable. */
export const madeSmall = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  let small = null;
  for (const [side, quality] of TRIES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    small = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality); });
    if (small && small.size <= SMALL) break;
  }
  picture.close();
  if (!small) throw new Error("no picture");
  return small;
};

export const expenseEditor = ({ owner, words, say, page, send, choiceOf, shifted, written }) => {
  const dialog = document.getElementById("day-expense");
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector("[data-problem]");
  const told = dialog.querySelector("[data-photos]");
  const remove = dialog.querySelector("[data-delete]");
  const chooser = document.getElementById("expense-photo");
  const field = (name) => form.elements[name];
  let change = null;
  let photos = [];

  const complain = (text, name) => {
    problem.textContent = text;
    problem.hidden = !text;
    form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
    if (text && name) { field(name).setAttribute("aria-invalid", "true"); field(name).focus(); }
  };
  const tell = () => { told.textContent = photos.map((one) => say("photo_kept", { kb: Math.ceil(one.size / 1024) })).join(", "); };
  const options = (name, list) => field(name).replaceChildren(...list.map(([value, label]) => new Option(label, value)));

  const kindOf = () => page.facts?.spending?.categories.find((one) => String(one.id) === field("category").value)?.kind ?? "standard";
  const isAsked = (one) => one.dataset.kinds?.split(" ").includes(kindOf()) ?? true;
  const unit = () => page.facts?.spending?.vehicles.find(([name]) => name === field("vehicle").value)?.[1] ?? "km";

  /* The days between the dates, none when there are too many or they end before they begin. */
  const days = () => {
    const found = [];
    const last = field("ends_on").value || field("spent_on").value;
    for (let on = field("spent_on").value; on && on <= last && found.length <= LONGEST_DAYS; on = shifted(on, 1)) found.push(on);
    return found.length > LONGEST_DAYS ? [] : found;
  };
  const drawMeals = () => {
    const had = field("meals").value.split(" ");
    dialog.querySelector("[data-meals]").replaceChildren(...days().map((on) => {
      const row = document.createElement("div");
      row.className = "psa-my-meals";
      const name = document.createElement("span");
      name.textContent = written(on, { weekday: "short", day: "numeric", month: "short" });
      row.append(name, ...MEALS.map((meal) => {
        const label = document.createElement("label");
        const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input", value: `${on}:${meal}` });
        box.checked = had.includes(box.value);
        label.append(box, words[meal]);
        return label;
      }));
      return row;
    }));
  };
  /* What the category asks, and nothing else. */
  const ask = () => {
    const kind = kindOf();
    form.querySelectorAll("[data-kinds]").forEach((one) => { one.hidden = !isAsked(one); });
    form.querySelector('[for="expense-on"]').textContent = { per_diem: words.first_day, lodging: words.arrival }[kind] ?? words.date;
    const place = field("place").value;
    options("place", [...(kind === "lodging" ? [["", words.no_place]] : []), ...(page.facts?.spending?.places ?? [])]);
    if ([...field("place").options].some((one) => one.value === place)) field("place").value = place;
    form.querySelector('[for="expense-distance"]').textContent = say("distance_in", { unit: words[unit()] ?? unit() });
    if (kind === "per_diem") drawMeals();
  };

  const show = (values) => {
    complain(change?.sentence || "");
    options("currency", (page.facts?.spending?.currencies ?? []).map((code) => [code, code]));
    options("category", (page.facts?.spending?.categories ?? []).map((one) => [one.id, one.name]));
    options("vehicle", (page.facts?.spending?.vehicles ?? []).map(([name]) => [name, name]));
    options("place", page.facts?.spending?.places ?? []);
    options("row", [["", words.choose], ...(page.facts?.choices ?? []).map((one) => [one.value, `${one.label} · ${one.project_name}`])]);
    for (const name of EXPENSE_FIELDS) if (values[name] !== undefined) field(name).value = values[name];
    field("row").value = values.row ?? "";
    ask();
    tell();
    remove.hidden = !change;
    if (!dialog.open) dialog.showModal();
  };
  const valuesOf = () => ({ ...Object.fromEntries(EXPENSE_FIELDS.map((name) => [name, field(name).value])), row: field("row").value });
  /* What is asked and not said: the words for it, and its field. */
  const missing = (values) => {
    const kind = kindOf();
    if (kind === "mileage") {
      const gap = ["from_place", "to_place", "distance"].find((name) => !values[name].trim());
      if (gap) return [words.needs_way, gap];
    } else if (kind === "per_diem") {
      if (!values.place) return [words.needs_place, "place"];
      if (!days().length) return [words.too_long, "ends_on"];
    } else if (!values.amount.trim()) return [words.needs_amount, "amount"];
    if (kind === "entertainment") {
      const gap = ["client", "attendees", "description"].find((name) => !values[name].trim());
      if (gap) return [words.needs_client, gap];
    }
    return values.row ? null : [words.needs_row, "row"];
  };
  /* How much it is, as far as this device knows: what a table pays is for the server to say. */
  const much = (values) => {
    const kind = kindOf();
    if (kind === "mileage") return `${values.distance} ${words[unit()] ?? unit()}`;
    if (kind !== "per_diem") return `${values.amount} ${values.currency}`;
    return days().length === 1 ? words.day : say("days", { n: days().length });
  };

  const usual = () => {
    const recent = page.facts?.recent.find(choiceOf);
    return {
      currency: page.facts?.spending?.currency, spent_on: page.on <= page.today ? page.on : page.today,
      row: recent ? `${recent.project}:${recent.task ?? ""}` : "",
    };
  };
  const open = (wanted) => {
    change = wanted;
    photos = wanted?.photos ?? [];
    form.reset();
    show(wanted ?? usual());
  };
  /* What there is to choose from, come after the form was opened: what was typed stays. */
  const arrive = () => {
    if (!dialog.open || !page.facts?.spending || field("category").options.length) return;
    const typed = Object.entries(valuesOf()).filter(([, value]) => value);
    show({ ...usual(), ...change, ...Object.fromEntries(typed) });
  };

  const save = async () => {
    const values = valuesOf();
    form.querySelectorAll("[data-kinds]").forEach((one) => {
      if (!one.hidden) return;
      one.querySelectorAll("[name]").forEach(({ name }) => { values[name] = ""; });
    });
    values.payment_method ||= "own";
    const gap = missing(values);
    if (gap) { complain(...gap); return; }
    const [project, task] = values.row.split(":");
    const expense = { ...values, project, task, photos, much: much(values), category_name: field("category").selectedOptions[0]?.textContent ?? "" };
    try {
      if (!change) await writeExpense(owner, expense);
      else if (!(await rewriteUnsent({ ...change, ...expense }))) { complain(words.sending); return; }
      await dropDraft(owner, "expense");
    } catch { complain(words.stored_full); return; }
    dialog.close();
    send();
  };

  const keep = () => keepDraft({ owner, form: "expense", change, photos, values: valuesOf() }).catch(() => {});
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  form.addEventListener("input", (event) => {
    if (event.target === chooser) return;
    const ticked = event.target.closest("[data-meals]");
    if (ticked) field("meals").value = [...ticked.querySelectorAll(":checked")].map((one) => one.value).join(" ");
    if (["category", "vehicle", "spent_on", "ends_on"].includes(event.target.name)) ask();
    keep();
  });
  chooser.addEventListener("change", async () => {
    for (const file of chooser.files) {
      try { photos = [...photos, await madeSmall(file)]; complain(""); } catch { complain(words.photo_bad); }
    }
    chooser.value = "";
    tell();
    keep();
  });
  remove.addEventListener("click", async () => {
    if (change?.state !== "sent") await drop(change);
    dialog.close();
  });
  dialog.addEventListener("close", () => dropDraft(owner, "expense").catch(() => {}));
  speech(dialog, { words, locale: document.documentElement.lang });
  drive(dialog, {
    say, words, locale: document.documentElement.lang,
    done(metres) { field("distance").value = (metres / (unit() === "mi" ? MILE : 1000)).toFixed(1); keep(); },
  });

  const resume = async () => {
    const draft = await draftOf(owner, "expense");
    if (!draft) return;
    change = page.changes.find((one) => one.id === draft.change?.id) ?? null;
    photos = draft.photos;
    show(draft.values);
  };
  return { open, resume, arrive };
};
