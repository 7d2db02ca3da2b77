// After cells were saved, what the server says about the week: its state, figures, warnings, buttons.
// The grid itself is left alone, so that typing goes on.

const AFTER = 300;
const PATIENCE = 10_000;
let timer = null;
let asked = 0;
let leaving = false;

const freshen = async () => {
  const mine = ++asked;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || mine !== asked || leaving) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (leaving) return;
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const found = page.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
    const isUsed = old.contains(document.activeElement) || old.querySelector(":active");
    if (found && !isUsed) old.replaceWith(document.adoptNode(found));
  }
};

document.addEventListener("psa:week-saved", () => {
  clearTimeout(timer);
  // A failed reading leaves what was there; the next save reads again.
  timer = setTimeout(() => freshen().catch(() => {}), AFTER);
});

// The form that hands the week in waits for the last save; it must still be there afterwards. Loaded
// before the grid, which stops the event while it saves.
addEventListener("submit", (event) => {
  if (!event.target.matches("[data-flush]")) return;
  leaving = true;
  setTimeout(() => { leaving = false; }, PATIENCE);
}, true);
