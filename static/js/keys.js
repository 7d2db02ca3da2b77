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

/* Holding Alt shows each key beside what it presses, until it is let go or another key or a click comes. Alt alone is no
   letter, yet what it shows are letters: it is off with them. Told to no screen reader, as aria and "?" tell them. */
const held = { wait: 0, layer: null };

const hideHeld = () => {
  clearTimeout(held.wait);
  held.layer?.remove();
  held.layer = null;
};

const showHeld = () => {
  hideHeld();
  const layer = document.createElement("div");
  layer.className = "psa-held";
  layer.setAttribute("aria-hidden", "true");
  const room = modal() ?? document;
  for (const element of room.querySelectorAll("[data-key]")) {
    const box = element.getBoundingClientRect();
    if (!visible(element) || element.disabled || box.bottom < 0 || box.top > innerHeight) continue;
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key.replace("shift+", "⇧ ").toUpperCase();
    key.style.left = `${Math.max(0, Math.min(box.right - 12, innerWidth - 34))}px`;
    key.style.top = `${Math.max(0, box.top - 9)}px`;
    layer.append(key);
  }
  // A dialog lies above the page: what belongs to it has to lie in it.
  if (layer.childElementCount) (modal() ?? document.body).append(layer);
  held.layer = layer;
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "Alt" || event.repeat || event.ctrlKey || event.metaKey || event.shiftKey || off()) hideHeld();
  else held.wait = setTimeout(showHeld, 400);
}, true);
for (const end of ["keyup", "pointerdown"]) document.addEventListener(end, hideHeld, true);
for (const end of ["blur", "scroll", "resize"]) addEventListener(end, hideHeld, { capture: true, passive: true });

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
    const button = [...scope.querySelectorAll("button.btn-primary[type=submit]:not(:disabled)")].find(visible);
    if (button) { event.preventDefault(); button.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || modal() || off()) return;
  if (event.key === "?") { event.preventDefault(); showKeys(); return; }
  const wanted = (event.shiftKey ? "shift+" : "") + event.key.toLowerCase();
  // What stands on every page (data-key-last) gives way to what this page has.
  const found = [...document.querySelectorAll("[data-key]")]
    .filter((element) => [wanted, event.key].includes(element.dataset.key) && visible(element) && !element.disabled)
    .sort((a, b) => a.hasAttribute("data-key-last") - b.hasAttribute("data-key-last"))[0];
  if (!found) return;
  event.preventDefault();
  if (found.matches("select, input, textarea")) found.focus(); else found.click();
});
