/* Runs before the first paint: the chosen theme and the state of the navigation, without a flash. */
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = root.dataset.theme || read("theme");
    const dark = chosen === "dark" || (chosen !== "light" && system.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
  };
  apply();
  system.addEventListener("change", apply);
  addEventListener("psa:theme", apply);
  if (read("nav") === "closed") root.dataset.nav = "closed";
})();
