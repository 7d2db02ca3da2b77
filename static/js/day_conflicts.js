/* Where somebody changed the same entry elsewhere: both side by side, and the person decides. */
import { minutesOf } from "./durations.js";
import { drop, rewrite } from "./phone_queue.js";

const noteOf = (one) => [one.description, one.note].filter(Boolean).join(" · ");

export const showConflicts = (box, changes, { say, hours, longDay, copyOf, send }) => {
  const found = changes.filter((change) => change.state === "conflict");
  // What is being decided keeps the focus: nothing is drawn anew as long as the same ones stand there.
  const names = found.map((change) => change.id).join(" ");
  if (box.dataset.names === names) return;
  box.dataset.names = names;
  box.hidden = !found.length;
  box.replaceChildren(...found.map((change) => {
    const card = copyOf("day-conflict");
    const part = (name) => card.querySelector(`[data-${name}]`);
    const { held } = change;
    const isDeleted = change.typed === "";
    const mine = isDeleted ? 0 : minutesOf(change.typed ?? "") || change.minutes || held?.minutes || 0;
    part("title").textContent = `${change.name}, ${longDay(change.on)}`;
    part("sentence").textContent = change.sentence;
    part("mine").textContent = isDeleted ? say("deleted") : hours(mine);
    part("mine-note").textContent = isDeleted ? "" : noteOf(change);
    part("theirs").textContent = held ? hours(held.minutes) : say("was_deleted");
    part("theirs-note").textContent = held ? noteOf(held) : "";
    const both = card.querySelector('[data-keep="both"]');
    const sum = mine + (held?.minutes ?? 0);
    both.hidden = !held || isDeleted || change.entry !== null || sum > 1440;
    both.textContent = say("keep_both", { sum: hours(sum) });

    const again = (values) => rewrite({
      ...change, state: "waiting", sentence: "", held: undefined, after: null,
      entry: held?.entry_id ?? null, version: held?.version ?? null, key: held ? "" : change.id, ...values,
    }).then(send);
    // Only the comment was changed here: then the time is the one that stood there.
    const typed = change.typed ?? `${mine}m`;
    card.querySelector('[data-keep="mine"]').addEventListener("click", () => again({ typed }));
    card.querySelector('[data-keep="theirs"]').addEventListener("click", () => drop(change).then(send));
    both.addEventListener("click", () => again({
      typed: `${sum}m`,
      description: [...new Set([held.description, change.description].filter(Boolean))].join("; ").slice(0, 400),
      note: [...new Set([held.note, change.note].filter(Boolean))].join("; ").slice(0, 400),
    }));
    return card;
  }));
};
