/* What was typed and is not saved yet, kept in the browser: it survives a failed save and a closed tab. */
import { week } from "./week_cells.js";

const name = () => `week-unsaved:${week()?.dataset.save}:${week()?.dataset.keep}`;

export const unsaved = () => {
  try { return JSON.parse(localStorage.getItem(name())) ?? {}; } catch { return {}; }
};

const write = (all) => {
  try {
    if (Object.keys(all).length) localStorage.setItem(name(), JSON.stringify(all));
    else localStorage.removeItem(name());
    return true;
  } catch { return false; /* private windows may refuse storage; leaving then asks first */ }
};

/* `change` is what goes to the server: typed, description, note, beside the version it was typed over. */
export const remember = (ref, change) => write({ ...unsaved(), [ref]: { ...unsaved()[ref], ...change } });

export const forget = (ref) => {
  const { [ref]: _, ...rest } = unsaved();
  write(rest);
};

export const forgetAll = () => write({});
export const isKept = (ref) => ref in unsaved();
