/** The conversation as it is shown: what the server stored, then what is still on its way there. */

import { daysBetween } from "./moments.js";

/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./outbox.js").Waiting} Waiting */
/**
 * @typedef {"sent" | "pending" | "refused"} Delivered
 * @typedef {Omit<Entry, "id" | "clientId"> & {key: string, delivered: Delivered, refused: string | null}} Spoken
 * @typedef {Spoken & {active: boolean, chosen: string | null, startsDay: boolean, startsGroup: boolean}} Item
 *   `active`: its buttons still count; `chosen`: the title of the button that the customer pressed
 */

/**
 * @param {Entry[]} entries @param {Waiting[]} waiting
 * @returns {Item[]}
 */
export function timeline(entries, waiting) {
  const spoken = withoutRepeats([...entries.map(stored), ...waiting.map(onItsWay)]);
  const lastAnswer = spoken.findLastIndex((item) => item.from === "customer" && item.refused === null);
  return spoken.map((item, index) => ({
    ...item,
    active: index > lastAnswer,
    chosen: chosenIn(item, spoken.slice(index + 1)),
    startsDay: index === 0 || daysBetween(spoken[index - 1].at, item.at) > 0,
    startsGroup: spoken[index - 1]?.from !== item.from,
  }));
}

/** @param {Entry} entry @returns {Spoken} */
function stored({ id, clientId, ...entry }) {
  return { ...entry, key: clientId ?? id, delivered: "sent", refused: null };
}

/** @param {Waiting} message @returns {Spoken} */
function onItsWay({ id, at, text, refused }) {
  const delivered = refused === null ? "pending" : "refused";
  const none = { image: null, buttons: [], cards: [], language: null };
  return { ...none, key: id, at: new Date(at), from: "customer", text, delivered, refused };
}

/** @param {Spoken[]} items */
function withoutRepeats(items) {
  const byKey = new Map();
  items.forEach((item) => byKey.has(item.key) || byKey.set(item.key, item));
  return [...byKey.values()];
}

/** @param {Spoken} item @param {Spoken[]} later */
function chosenIn(item, later) {
  if (item.buttons.length === 0) return null;
  const answer = later.find((next) => next.from === "customer");
  return item.buttons.find((button) => button.title === answer?.text)?.title ?? null;
}
