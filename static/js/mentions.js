/* Comments: @ offers the names of those who may read them; arrows choose, Enter or Tab takes, Esc leaves. */
const AT = /(?:^|[^\w@.])@([^@\n]{0,40})$/u;
const MOST = 6;
let box = null;

const readersOf = (area) => (area.closest("[data-readers]")?.dataset.readers ?? "").split("|").filter(Boolean);

const typedBefore = (area) => AT.exec(area.value.slice(0, area.selectionStart))?.[1] ?? null;

const close = () => {
  if (!box) return;
  box.area.removeAttribute("aria-activedescendant");
  box.area.setAttribute("aria-expanded", "false");
  box.list.remove();
  box = null;
};

const choose = (at) => {
  box.at = (at + box.names.length) % box.names.length;
  [...box.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === box.at)));
  box.area.setAttribute("aria-activedescendant", `mention-${box.at}`);
};

const take = (name) => {
  const { area, typed } = box;
  const start = area.selectionStart - typed.length;
  area.setRangeText(`${name} `, start, area.selectionStart, "end");
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

const offer = (area) => {
  const typed = typedBefore(area);
  const begins = typed?.toLocaleLowerCase();
  const names = typed === null ? [] : readersOf(area).filter((name) =>
    name.toLocaleLowerCase().split(" ").some((word, place, words) => words.slice(place).join(" ").startsWith(begins))).slice(0, MOST);
  close();
  if (!names.length || names.some((name) => name.toLocaleLowerCase() === begins.trimEnd())) return;
  const list = document.createElement("ul");
  list.className = "psa-mentions";
  list.id = "mention-list";
  list.setAttribute("role", "listbox");
  names.forEach((name, place) => {
    const item = document.createElement("li");
    item.id = `mention-${place}`;
    item.setAttribute("role", "option");
    item.textContent = name;
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(name); });
    list.append(item);
  });
  area.after(list);
  box = { area, list, names, typed, at: 0 };
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("aria-expanded", "true");
  choose(0);
};

document.addEventListener("input", (event) => { if (event.target.matches?.("textarea[data-mentions]")) offer(event.target); });
document.addEventListener("focusout", (event) => { if (box && event.target === box.area) close(); });
document.addEventListener("keydown", (event) => {
  if (!box || event.target !== box.area) return;
  const act = {
    ArrowDown: () => choose(box.at + 1),
    ArrowUp: () => choose(box.at - 1),
    Enter: () => take(box.names[box.at]),
    Tab: () => take(box.names[box.at]),
    Escape: close,
  }[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}, true);
