/* Durations as people write them; the server decides, this is for totals, for "+0.5" and for
   what is not sent yet. */
export const DAY = 1440;

const spanMinutes = (text) => {
  const words = text.replace(/(\d)h(?!\d)/g, "$1").split(/[,;]/);
  let total = 0;
  for (const word of words) {
    const found = word.match(/^(\d{1,2})(?:[:h]([0-5]\d))?[-–—](\d{1,2})(?:[:h]([0-5]\d))?$/);
    if (!found) return null;
    const length = Number(found[3]) * 60 + Number(found[4] ?? 0) - Number(found[1]) * 60 - Number(found[2] ?? 0);
    if (length <= 0) return null;
    total += length;
  }
  return total;
};

/* Minutes of what was typed; null for what is no time. */
export const minutesOf = (typed) => {
  const text = typed.trim().toLowerCase().replace(/\s+/g, "").replace("−", "-");
  let found = text.match(/^(\d{1,3})(?::|h)([0-5]\d)m?$/);
  if (found) return Number(found[1]) * 60 + Number(found[2]);
  found = text.match(/^(\d{1,4})m(?:in)?$/);
  if (found) return Number(found[1]);
  found = text.match(/^(\d{0,3}(?:[.,]\d+)?)h?$/);
  if (found && found[1]) return Math.round(Number(found[1].replace(",", ".")) * 60);
  return text === "" ? 0 : spanMinutes(text);
};

export const clock = (minutes, decimal = false, mark = ".") => {
  if (decimal) return String(Math.round((minutes / 60) * 100) / 100).replace("-", "−").replace(".", mark || ".");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "−" : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
};
