/* The command palette: Ctrl/⌘ K; the server finds, the arrows choose, Enter opens. */
const OPENED = "opened";
const KEPT = 16;

/* Addresses of record pages alone are remembered here; the server says what they are, if one may see them. */
const opened = () => {
  try { return JSON.parse(localStorage.getItem(OPENED) ?? "[]").filter((one) => typeof one === "string"); } catch { return []; }
};
if (/\/\d+\/$/.test(location.pathname)) {
  const paths = [location.pathname, ...opened().filter((one) => one !== location.pathname)];
  try { localStorage.setItem(OPENED, JSON.stringify(paths.slice(0, KEPT))); } catch { /* private windows may refuse */ }
}

const box = () => document.getElementById("psa-palette");
const field = () => document.getElementById("psa-palette-q");
const options = () => [...box().querySelectorAll('a[role="option"]')];

/* The list may still answer an earlier question: Enter pressed meanwhile waits for the answer to what is typed. */
let answered = null;
let awaited = null;

const choose = (option) => {
  options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
  if (option) {
    field().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field().removeAttribute("aria-activedescendant");
};

const open = () => {
  if (!box() || box().open) return;
  field().value = "";
  answered = awaited = null;
  box().showModal();
  field().focus();
  htmx.trigger(field(), "psa:open");
};

const follow = (option, elsewhere) => {
  if (!option) return;
  if (elsewhere) globalThis.open(option.href, "_blank", "noopener");
  else location.assign(option.href);
};

document.addEventListener("click", (event) => {
  if (!event.target.closest('[data-do="palette"]') || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== field() || field().value) return;
  const firm = document.querySelector("[data-firm]")?.dataset.firm ?? "/";
  event.detail.parameters.opened = opened().filter((one) => one.startsWith(firm) && one !== location.pathname);
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
    return;
  }
  if (!box()?.open) return;
  const all = options();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const elsewhere = event.ctrlKey || event.metaKey;
  if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all[(at + all.length - 1) % all.length]);
  else if (event.key === "Enter" && answered !== field().value) awaited = { elsewhere };
  else if (event.key === "Enter" && all[at]) follow(all[at], elsewhere);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
field()?.addEventListener("input", () => { awaited = null; });
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === field()) event.detail.xhr.question = field().value;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "psa-palette-list") return;
  answered = event.detail.xhr.question;
  choose(options()[0]);
  if (awaited && answered === field().value) follow(options()[0], awaited.elsewhere);
});
