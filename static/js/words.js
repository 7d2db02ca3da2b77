/* What scripts say, in the reader's language. English is written where it is said; the other language's texts come
   from its own file, which readers of English never load. `{name}` in a text is filled from `values`. */
const language = document.documentElement.lang.slice(0, 2);
let texts = {};
if (language === "de") {
  try { texts = (await import("./words.de.js")).default; } catch { /* without a network it is said in English */ }
}

export const told = (text, values = {}) =>
  (texts[text] ?? text).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
