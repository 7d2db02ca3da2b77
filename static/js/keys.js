/* Shortcuts: an element with data-key is pressed by that letter; "?" lists what this page has, also the keys that
   a page's own script takes (data-keys). */
import { keep } from "./shell.js";

const off = () => document.documentElement.dataset.letters === "off";
const typing = (element) =>
  element instanceof Element && element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const visible = (element) => element.getClientRects().length > 0;
const modal = () => document.querySelector("dialog[open]");

const labelOf = (element) =>
  element.dataset.keyLabel || element.getAttribute("aria-label") ||
  [...element.childNodes].filter((n) => n.nodeName !== "KBD").map((n) => n.textContent).join("").trim();

const showKeys = () => {
  const box = document.getElementById("psa-keys");
  if (!box || box.open) return;
  const list = box.querySelector("[data-page-keys]");
  const told = [...document.querySelectorAll("[data-key], [data-keys]")].filter((one) => one.dataset.keys || visible(one));
  list.replaceChildren(...told.map((element) => {
    const item = document.createElement("li");
    const key = document.createElement("kbd");
    item.textContent = labelOf(element);
    key.textContent = element.dataset.keys ?? element.dataset.key.toUpperCase();
    item.append(key);
    return item;
  }));
  box.querySelector('[data-do="letters"]').checked = !off();
  box.showModal();
};

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-do="keys"]')) {
    event.target.closest("[popover]")?.hidePopover();
    showKeys();
  }
});
document.addEventListener("change", (event) => {
  if (!event.target.matches('[data-do="letters"]')) return;
  document.documentElement.dataset.letters = event.target.checked ? "on" : "off";
  keep("letters", document.documentElement.dataset.letters);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const scope = modal() ?? event.target.closest("form") ?? document;
    const button = scope.querySelector("button.btn-primary[type=submit]:not(:disabled)");
    if (button) { event.preventDefault(); button.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || modal() || off()) return;
  if (event.key === "?") { event.preventDefault(); showKeys(); return; }
  const wanted = (event.shiftKey ? "shift+" : "") + event.key.toLowerCase();
  const found = [...document.querySelectorAll("[data-key]")]
    .find((element) => [wanted, event.key].includes(element.dataset.key) && visible(element) && !element.disabled);
  if (!found) return;
  event.preventDefault();
  found.click();
});
