/* Theme, navigation, dialogs, menus and popovers, by attribute. */
const root = document.documentElement;

const remember = (key, value) => {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch { /* private windows may refuse storage; the choice then lasts for this page */ }
};

/* A switch of the shell is kept with the member's settings, so that it follows to the next device. */
export const keep = (name, value) => {
  const body = new FormData();
  body.set(name, value);
  let headers = {};
  try { headers = JSON.parse(document.body.getAttribute("hx-headers")); } catch { /* a page without a firm */ }
  const url = document.querySelector("[data-settings]")?.dataset.settings;
  if (url) fetch(url, { method: "POST", headers, body }).catch(() => {});
};

const setTheme = (theme) => {
  root.dataset.theme = theme === "system" ? "" : theme;
  keep("theme", theme);
  remember("theme", theme === "system" ? null : theme);
  if (theme === "system") dispatchEvent(new Event("psa:theme"));
  else root.dataset.bsTheme = theme;
};

const open = (id) => {
  const box = document.getElementById(id);
  if (box && !box.open) box.showModal();
};

const closeMenu = () => {
  document.getElementById("psa-nav")?.removeAttribute("data-open");
  document.querySelector('[data-do="menu"]')?.setAttribute("aria-expanded", "false");
};

const actions = {
  theme() { setTheme(root.dataset.bsTheme === "dark" ? "light" : "dark"); },
  nav() {
    const closed = root.dataset.nav === "closed";
    if (closed) delete root.dataset.nav; else root.dataset.nav = "closed";
    remember("nav", closed ? "open" : "closed");
  },
  menu(button) {
    const nav = document.getElementById("psa-nav");
    const opened = nav.toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(opened));
    if (opened) nav.querySelector("a")?.focus();
  },
  accent(button) {
    root.dataset.accent = button.value;
    for (const one of button.parentElement.children) one.ariaPressed = String(one === button);
  },
};

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const button = at("[data-do]");
  if (button && actions[button.dataset.do]) actions[button.dataset.do](button);
  const theme = at("[data-theme-set]");
  if (theme) { setTheme(theme.dataset.themeSet); theme.closest("[popover]")?.hidePopover(); }
  const opener = at("[data-open]");
  if (opener instanceof HTMLButtonElement || opener instanceof HTMLAnchorElement) {
    event.preventDefault();
    open(opener.dataset.open);
  }
  if (at("[data-close]")) at("dialog")?.close();
  if (at("[data-back]")) history.back();
  const copy = at("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy);
  if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
  if (!at("#psa-nav") && !at('[data-do="menu"]')) closeMenu();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenu();
});

/* Popovers stand under the button that opened them, inside the window. */
let anchor = null;
const place = (box) => {
  if (!anchor?.isConnected) return;
  const from = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = from.left + width > innerWidth - 8 ? from.right - width : from.left;
  const below = from.bottom + 4;
  const top = below + height > innerHeight - 8 ? Math.max(8, from.top - height - 4) : below;
  box.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[popovertarget], [data-pop]");
  if (button) anchor = button;
}, true);

document.addEventListener("toggle", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLElement) || !box.hasAttribute("popover")) return;
  document.querySelectorAll(`[popovertarget="${box.id}"]`).forEach((button) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
  });
  if (event.newState !== "open") return;
  place(box);
  box.querySelector("input:not([type=hidden]), select, a, button")?.focus();
}, true);

/* The trace behind a number: loaded by htmx into the one popover, then shown. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "psa-pop-body") return;
  const box = document.getElementById("psa-pop");
  if (!box.matches(":popover-open")) box.showPopover();
  place(box);
});

/* Of more tabs than fit, the current one is in view. */
const showCurrentTab = () => {
  for (const tab of document.querySelectorAll(".psa-tabs a[aria-current]")) {
    const row = tab.parentElement;
    if (row.scrollWidth <= row.clientWidth) continue;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
};
showCurrentTab();
document.addEventListener("htmx:afterSettle", showCurrentTab);
