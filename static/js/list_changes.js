/* Changes made in a list: a cell where it stands, and a bulk action that tells what became of each row. */
import { told } from "./words.js";
const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const headers = () => ({ "HX-Request": "true", "X-CSRFToken": token() });
const say = (text, tone = "bad") => document.dispatchEvent(new CustomEvent("psa:toast", { detail: { text, tone } }));
const NO_ANSWER = told("The server did not answer. Nothing was changed; try again.");

/* Answers with the text, or says why there is none. A form that is refused answers 422 with itself. */
const ask = async (url, given = {}) => {
  try {
    const answer = await fetch(url, { headers: headers(), ...given });
    const text = await answer.text();
    const plain = answer.headers.get("Content-Type")?.startsWith("text/plain");
    if (!plain && (answer.ok || answer.status === 422)) return { text, ok: answer.ok };
    say(plain && text ? text : told("This could not be done. Reload the page and try again."));
  } catch {
    say(NO_ANSWER);
  }
  return null;
};

/* Cells */
const put = (cell, html) => {
  const made = document.createElement("template");
  made.innerHTML = html.trim();
  const next = made.content.firstElementChild;
  cell.replaceWith(next);
  return next;
};
const open = async (button) => {
  const answer = await ask(button.dataset.cellEdit);
  if (!answer) return;
  const cell = put(button.closest("[data-cell]"), answer.text);
  const field = cell.querySelector("input:not([type=hidden]), select, textarea");
  field?.focus();
  field?.select?.();
};
const close = (cell, html) => put(cell, html).querySelector("[data-cell-edit]")?.focus();
const cancel = async (cell) => {
  const url = new URL(cell.dataset.cellForm, location.href);
  url.searchParams.set("shown", "1");
  const answer = await ask(url);
  if (answer) close(cell, answer.text);
};
const save = async (cell) => {
  if (cell.hasAttribute("aria-busy")) return;
  const body = new FormData();
  for (const one of cell.querySelectorAll("input, select, textarea")) {
    if (one.type !== "checkbox" || one.checked) body.append(one.name, one.value);
  }
  cell.setAttribute("aria-busy", "true");
  const answer = await ask(cell.dataset.cellForm, { method: "POST", body });
  cell.removeAttribute("aria-busy");
  if (!answer) return;
  if (answer.ok) close(cell, answer.text);
  else put(cell, answer.text).querySelector("input:not([type=hidden]), select, textarea")?.focus();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-cell-edit], [data-cell-save], [data-cell-cancel]");
  if (!button) return;
  event.preventDefault();
  if (button.matches("[data-cell-edit]")) open(button);
  else if (button.matches("[data-cell-save]")) save(button.closest("[data-cell]"));
  else cancel(button.closest("[data-cell]"));
});
document.addEventListener("dblclick", (event) => {
  event.target.closest?.("tr[data-row] :is(td, th)")?.querySelector("[data-cell-edit]")?.click();
});
/* Before the list's own keys: in an open cell Enter saves and Esc gives up; F2 opens a row's first. */
document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-cell-form]");
  if (cell && event.key === "Escape") cancel(cell);
  else if (cell && event.key === "Enter" && !event.target.matches("button")) save(cell);
  else if (!cell && event.key === "F2") {
    const button = event.target.closest?.("tr[data-row]")?.querySelector("[data-cell-edit]");
    if (!button) return;
    open(button);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

/* Bulk actions */
const reload = async (keep) => {
  await window.htmx.ajax("GET", location.href, { source: "#list", target: "#list", select: "#list", swap: "outerHTML" });
  if (!keep.length) return;
  for (const box of document.querySelectorAll('[data-list] input[name="selected"]')) box.checked = keep.includes(box.value);
  document.querySelector('[data-list] input[name="selected"]:checked')?.dispatchEvent(new Event("change", { bubbles: true }));
};
const tell = (html) => {
  const made = document.createElement("template");
  made.innerHTML = html.trim();
  const box = made.content.firstElementChild;
  const refused = box.querySelector("[data-refused]").dataset.refused.split(",").filter(Boolean);
  let keep = [];
  box.querySelector("[data-keep]")?.addEventListener("click", () => { keep = refused; box.close(); });
  box.addEventListener("close", () => { box.remove(); reload(keep); });
  document.body.append(box);
  box.showModal();
};
document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-tells-each]")) return;
  event.preventDefault();
  const form = event.target;
  const answer = await ask(button.formAction, { method: "POST", body: new FormData(form, button) });
  form.removeAttribute("aria-busy");
  form.querySelectorAll("button[type=submit]").forEach((one) => { one.disabled = false; });
  if (answer) tell(answer.text);
});
