/* Forms: no double submit, a warning before typed text is lost, clean addresses, named confirmations. */
import { told } from "./words.js";
const dirty = new WeakSet();
let leaving = false;

const isDirty = () => [...document.querySelectorAll("form[data-dirty]")].some((form) => dirty.has(form));

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-dirty]");
  if (form) dirty.add(form);
});
addEventListener("beforeunload", (event) => {
  if (!leaving && isDirty()) event.preventDefault();
});

/* Empty fields of a search stay out of the address. */
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-clean]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = event.detail;
  if (!elt.closest("form[data-clean]")) return;
  for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
});

const lock = (form, on) => {
  form.toggleAttribute("aria-busy", on);
  form.querySelectorAll("button[type=submit]").forEach((button) => { button.disabled = on; });
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.hasAttribute("data-confirmed")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, button?.textContent.trim() || told("Go on"), () => {
      form.setAttribute("data-confirmed", "");
      form.requestSubmit(button);
    });
    return;
  }
  form.removeAttribute("data-confirmed");
  if (form.method === "get") return;
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  leaving = true;
  // After this turn, or the pressed button's own name and value would not be sent.
  setTimeout(() => lock(form, true));
  // A file that comes leaves the page where it is: nothing else would open the form again.
  if (form.hasAttribute("data-file")) setTimeout(() => { lock(form, false); leaving = false; }, 2000);
}, true);

const ask = (text, verb, proceed) => {
  const box = document.getElementById("psa-confirm");
  const count = document.querySelector("[data-bulk-count]")?.textContent.replace(/\D+/g, " ").trim();
  box.querySelector("[data-text]").textContent = text.replaceAll("{count}", count ?? "");
  const yes = box.querySelector("[data-yes]");
  yes.textContent = verb;
  yes.onclick = () => { box.close(); proceed(); };
  box.showModal();
};

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form?.isConnected) lock(form, false);
  leaving = false;
});
document.addEventListener("htmx:afterSettle", (event) => {
  const errors = event.detail.elt.querySelector?.("[data-focus]");
  if (errors) errors.focus();
});
addEventListener("pageshow", () => {
  leaving = false;
  document.querySelectorAll("form[aria-busy]").forEach((form) => lock(form, false));
});
