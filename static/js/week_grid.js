/* The week as a spreadsheet: moves by arrow, saves each cell by itself, loses nothing that was typed. */
const SAVE_AFTER = 120;
const DAY = 1440;

const week = () => document.querySelector("[data-week]");
const token = () => {
  try { return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]; } catch { return ""; }
};
const isCell = (element) => element instanceof HTMLInputElement && element.hasAttribute("data-cell");
const shown = (cell) => cell.getClientRects().length > 0;
const rows = () => [...document.querySelectorAll(".psa-week tbody tr")]
  .map((row) => [...row.querySelectorAll("[data-cell]")]).filter((row) => row.length);
const place = (cell) => {
  const all = rows();
  const y = all.findIndex((row) => row.includes(cell));
  return { all, y, x: y < 0 ? -1 : all[y].indexOf(cell) };
};

/* Reading and writing hours; the server decides, this is for totals and for "+0.5". */
const minutesOf = (typed) => {
  const text = typed.trim().toLowerCase().replace(/\s+/g, "").replace("−", "-");
  let found = text.match(/^(\d{1,3})(?::|h)([0-5]\d)m?$/);
  if (found) return Number(found[1]) * 60 + Number(found[2]);
  found = text.match(/^(\d{1,4})m(?:in)?$/);
  if (found) return Number(found[1]);
  found = text.match(/^(\d{0,3}(?:[.,]\d+)?)h?$/);
  if (found && found[1]) return Math.round(Number(found[1].replace(",", ".")) * 60);
  return text === "" ? 0 : null;
};
const clock = (minutes) => {
  if (week()?.dataset.decimal) return String(Math.round((minutes / 60) * 100) / 100).replace("-", "−");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "−" : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
};

/* Saving */
const waiting = new Map();
let timer = null;
let sending = null;
const undoable = [];

const say = (text, failed = false) => {
  document.querySelectorAll("[data-saved]").forEach((box) => {
    box.textContent = text;
    box.classList.toggle("psa-neg", failed);
  });
};

const newKey = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

const queue = (cell, change) => {
  waiting.set(cell, { ...waiting.get(cell), ...change });
  say("Saving…");
  clearTimeout(timer);
  timer = setTimeout(flush, SAVE_AFTER);
};

const messageOf = (cell, change) => {
  const data = cell.dataset;
  if (!data.entry && !data.key) data.key = newKey();
  return {
    ref: data.cell, project: data.project, task: data.task, activity: data.activity, billing: data.billing,
    on: data.on, entry: data.entry || null, version: data.version || null, key: data.entry ? null : data.key,
    typed: change.typed ?? null, description: change.description ?? null, note: change.note ?? null,
  };
};

const flush = async () => {
  clearTimeout(timer);
  if (sending) { await sending; }
  if (!waiting.size) return;
  const batch = [...waiting];
  waiting.clear();
  sending = send(batch);
  try { await sending; } finally { sending = null; }
  if (waiting.size) await flush();
};

const send = async (batch) => {
  let answer;
  try {
    const response = await fetch(week().dataset.save, {
      method: "POST", keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ cells: batch.map(([cell, change]) => messageOf(cell, change)) }),
    });
    answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
  } catch (error) {
    batch.forEach(([cell, change]) => failed(cell, change, "Not saved: the server did not answer."));
    say(`${batch.length} not saved. What you typed is kept; it is tried again when you go on.`, true);
    batch.forEach(([cell, change]) => { if (!waiting.has(cell)) waiting.set(cell, change); });
    return;
  }
  const outcomes = new Map(answer.cells.map((one) => [one.ref, one]));
  let bad = 0;
  for (const [cell, change] of batch) {
    const one = outcomes.get(cell.dataset.cell);
    if (!one || one.status === "failed" || one.status === "conflict") {
      bad += 1;
      failed(cell, change, one?.sentence || "Not saved. Reload the page.");
      if (one?.status === "conflict") conflict(cell, one);
    } else saved(cell, one, change);
  }
  const at = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  say(bad ? `${bad} not saved; look at the marked cells` : `Saved ${at}`, bad > 0);
  recount();
  document.dispatchEvent(new Event("psa:week-saved"));
};

const failed = (cell, change, sentence) => {
  cell.setAttribute("aria-invalid", "true");
  cell.dataset.say = sentence;
  cell.dataset.bad = "true";
  cell.title = sentence;
  if (cell === document.activeElement || cell === selected) explain(cell);
};

const conflict = (cell, one) => {
  cell.dataset.entry = one.entry ?? "";
  cell.dataset.version = one.version ?? "";
};

const saved = (cell, one, change) => {
  const data = cell.dataset;
  cell.removeAttribute("aria-invalid");
  cell.removeAttribute("title");
  delete data.bad;
  data.entry = one.entry ?? "";
  data.version = one.version ?? "";
  data.minutes = one.minutes;
  if (one.status === "deleted") { delete data.key; data.description = ""; data.note = ""; }
  if (change.description !== undefined) data.description = change.description;
  if (change.note !== undefined) data.note = change.note;
  data.say = one.findings.join(" ");
  if (!cell.hasAttribute("data-editing") && !waiting.has(cell)) cell.value = one.text;
  cell.closest("td")?.classList.toggle("has-note", Boolean(data.description || data.note));
  cell.closest("td")?.classList.toggle("is-warn", one.findings.length > 0);
  cell.closest("td")?.classList.remove("is-sug", "is-bad");
  if (one.status === "saved") { cell.removeAttribute("placeholder"); delete data.suggested; }
  if (cell === selected) explain(cell);
};

/* Totals */
const recount = () => {
  const days = new Map();
  let total = 0;
  for (const row of rows()) {
    let sum = 0;
    for (const cell of row) {
      const minutes = minutesOf(cell.value) ?? (Number(cell.dataset.minutes) || 0);
      sum += minutes;
      days.set(cell.dataset.on, (days.get(cell.dataset.on) ?? 0) + minutes);
    }
    row[0].closest("tr").querySelector("[data-row-total]").textContent = clock(sum);
    total += sum;
  }
  let capacity = 0;
  document.querySelectorAll("[data-day-total]").forEach((box) => {
    const minutes = days.get(box.dataset.dayTotal) ?? 0;
    const full = Number(box.dataset.capacity);
    capacity += full;
    box.querySelector("span").textContent = clock(minutes);
    box.querySelector("rect").setAttribute("width", Math.min(100, (minutes * 100) / Math.max((full * 5) / 4, 600)));
    const difference = document.querySelector(`[data-day-difference="${box.dataset.dayTotal}"]`);
    if (difference) {
      difference.textContent = minutes === full ? "–" : (minutes > full ? "+" : "") + clock(minutes - full);
      difference.classList.toggle("psa-amb", minutes > full);
      difference.classList.toggle("psa-2", minutes <= full);
    }
  });
  document.querySelectorAll("[data-total]").forEach((box) => { box.textContent = clock(total); });
  document.querySelectorAll("[data-missing]").forEach((box) => { box.textContent = clock(Math.max(0, capacity - total)); });
  document.querySelectorAll("[data-difference]").forEach((box) => { box.textContent = clock(total - capacity); });
};

/* The cell that is looked at, and its comments */
let selected = null;
let anchor = null;
const box = (name) => document.querySelector(`[data-comment="${name}"]`);

const explain = (cell) => {
  const rail = document.querySelector("[data-note-box]");
  if (!rail || !cell.closest(".psa-week")) return;
  const data = cell.dataset;
  rail.hidden = false;
  rail.querySelector("[data-note-title]").textContent = data.title;
  rail.querySelector("[data-note-day]").textContent = data.day;
  for (const name of ["description", "note"]) {
    if (document.activeElement !== box(name)) box(name).value = data[name] ?? "";
    box(name).readOnly = cell.readOnly;
  }
  const text = rail.querySelector("[data-say-box]");
  text.textContent = data.say ?? "";
  text.dataset.s = data.bad ? "bad" : "warn";
  const link = rail.querySelector("[data-entry-link]");
  link.hidden = !data.entry;
  if (data.entry) link.href = week().dataset.entries.replace("/0/", `/${data.entry}/`);
};

const select = (cell) => {
  selected?.closest("td")?.classList.remove("is-cursor");
  selected = cell;
  cell.closest("td")?.classList.add("is-cursor");
  explain(cell);
};

const picked = () => {
  if (!selected) return [];
  if (!anchor || anchor === selected) return [[selected]];
  const a = place(anchor);
  const b = place(selected);
  if (a.y < 0 || b.y < 0) return [[selected]];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  return a.all.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
};
const paint = () => {
  document.querySelectorAll(".is-picked").forEach((cell) => cell.classList.remove("is-picked"));
  const cells = picked();
  if (cells.length * cells[0]?.length > 1) cells.flat().forEach((cell) => cell.closest("td").classList.add("is-picked"));
};

const move = (cell, dx, dy, extend = false) => {
  const { all, x, y } = place(cell);
  const next = all[y + dy]?.[x + dx];
  if (!next) return;
  if (extend) anchor ??= cell; else anchor = null;
  next.focus();
  next.select();
  paint();
};

/* Editing */
const begin = (cell) => {
  if (cell.readOnly) return;
  cell.dataset.editing = "";
  cell.dataset.before ??= cell.value;
};
const stop = (cell) => { delete cell.dataset.editing; delete cell.dataset.before; };

const commit = (cell) => {
  const before = cell.dataset.before;
  stop(cell);
  if (before === undefined || cell.value === before) return;
  put(cell, cell.value, before);
};

const put = (cell, typed, before) => {
  if (cell.readOnly) return;
  let text = typed.trim();
  if (text.startsWith("+")) {
    const more = minutesOf(text.slice(1));
    if (more !== null) text = `${(Number(cell.dataset.minutes) || 0) + more}m`;
  }
  undoable.push([cell, before ?? cell.value]);
  if (undoable.length > 100) undoable.shift();
  const minutes = minutesOf(text);
  cell.value = minutes !== null && minutes > 0 && minutes <= DAY ? clock(minutes) : text;
  queue(cell, { typed: text });
  recount();
};

document.addEventListener("focusin", (event) => {
  if (!isCell(event.target)) return;
  select(event.target);
  event.target.select();
});
document.addEventListener("focusout", (event) => { if (isCell(event.target)) commit(event.target); });
document.addEventListener("dblclick", (event) => { if (isCell(event.target)) begin(event.target); });
document.addEventListener("beforeinput", (event) => {
  if (!isCell(event.target) || event.target.readOnly) return;
  event.target.dataset.before ??= event.target.value;
  event.target.dataset.editing = "";
});

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

document.addEventListener("keydown", (event) => {
  const cell = event.target;
  if (event.target.matches?.("[data-comment]") && (event.key === "Escape" || (event.altKey && event.key === "ArrowUp"))) {
    event.preventDefault();
    selected?.focus();
    return;
  }
  if (!isCell(cell) || event.isComposing) return;
  const editing = cell.hasAttribute("data-editing");
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey && event.key === "ArrowDown") {
    event.preventDefault();
    commit(cell);
    box("description")?.focus();
  } else if (event.key === "F2") {
    event.preventDefault();
    begin(cell);
    cell.setSelectionRange(cell.value.length, cell.value.length);
  } else if (event.key === "Enter" && !command) {
    event.preventDefault();
    if (editing) { commit(cell); move(cell, 0, event.shiftKey ? -1 : 1); } else {
      begin(cell);
      cell.setSelectionRange(cell.value.length, cell.value.length);
    }
  } else if (event.key === "Escape") {
    if (editing) { event.preventDefault(); cell.value = cell.dataset.before ?? cell.value; stop(cell); cell.select(); recount(); }
    else { anchor = null; paint(); }
  } else if (event.key === "Tab" && cell.dataset.suggested && !cell.value && !event.shiftKey) {
    put(cell, `${cell.dataset.suggested}m`, "");
  } else if (STEPS[event.key] && !event.altKey && !command) {
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (editing && sideways) return;
    event.preventDefault();
    commit(cell);
    move(cell, ...STEPS[event.key], event.shiftKey);
  } else if ((event.key === "Delete" || event.key === "Backspace") && !editing) {
    event.preventDefault();
    picked().flat().filter((one) => one.value && !one.readOnly).forEach((one) => {
      const before = one.value;
      one.value = "";
      put(one, "", before);
    });
  } else if (command && event.key.toLowerCase() === "z" && !editing) {
    event.preventDefault();
    const last = undoable.pop();
    if (!last) return;
    put(last[0], last[1]);
    undoable.pop();
    last[0].focus();
  }
});

document.addEventListener("copy", (event) => {
  if (!isCell(event.target) || event.target.hasAttribute("data-editing")) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", picked().map((row) => row.map((cell) => cell.value).join("\t")).join("\n"));
});
document.addEventListener("paste", (event) => {
  const cell = event.target;
  if (!isCell(cell) || cell.hasAttribute("data-editing")) return;
  event.preventDefault();
  const lines = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "").split("\n");
  const { all, x, y } = place(cell);
  lines.slice(0, 100).forEach((line, down) => line.split("\t").slice(0, 7).forEach((text, right) => {
    const target = y < 0 ? (down + right ? null : cell) : all[y + down]?.[x + right];
    if (target && !target.readOnly) put(target, text, target.value);
  }));
});

document.addEventListener("change", (event) => {
  const name = event.target.dataset?.comment;
  if (!name || !selected || selected.readOnly) return;
  if (!selected.dataset.entry && !waiting.has(selected) && !sending) {
    failed(selected, {}, "Enter the time first; a comment needs time beside it.");
    explain(selected);
    return;
  }
  queue(selected, { [name]: event.target.value });
});

/* Nothing is left behind: before submitting, and when the page goes away. On the window, so that the
   guard against sending twice, at the document, sees only the submit that really goes. */
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-grid]")) { event.preventDefault(); event.stopImmediatePropagation(); flush(); return; }
  if (!form.matches("[data-flush]") || form.hasAttribute("data-flushed")) return;
  if (isCell(document.activeElement)) commit(document.activeElement);
  if (!waiting.size && !sending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  flush().then(() => {
    if (waiting.size || document.querySelector("[data-cell][aria-invalid]")) return;
    form.setAttribute("data-flushed", "");
    form.requestSubmit();
  });
}, true);
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    if (isCell(document.activeElement)) commit(document.activeElement);
    flush();
  }
});
addEventListener("online", flush);
addEventListener("beforeunload", (event) => {
  if (isCell(document.activeElement)) commit(document.activeElement);
  if (waiting.size || sending) { flush(); event.preventDefault(); }
});

/* S submits also while a cell has the focus and nothing is being typed. */
document.addEventListener("keydown", (event) => {
  if (!isCell(event.target) || event.target.hasAttribute("data-editing")) return;
  if (event.key.toLowerCase() !== "s" || event.ctrlKey || event.metaKey || event.altKey) return;
  try { if (localStorage.getItem("letters") === "off") return; } catch { /* then letters are on */ }
  const button = [...document.querySelectorAll('[data-key="s"]')].find(shown);
  if (!button) return;
  event.preventDefault();
  button.click();
}, true);
