/** The conversation's entries as the server sends them, checked once at the door. */

/**
 * @typedef {{title: string, payload: string}} Button
 * @typedef {{title: string, subtitle: string, image: string | null, buttons: Button[]}} Card
 * @typedef {"customer" | "assistant" | "person"} Speaker
 * @typedef {{id: string, at: Date, from: Speaker, clientId: string | null, text: string | null, image: string | null,
 *   buttons: Button[], cards: Card[], language: string | null, speech: string | null}} Entry
 */

const SPEAKERS = ["customer", "assistant", "person"];

/**
 * @param {any} raw
 * @returns {Entry | null} null for what is not an entry: one bad entry must not cost the others
 */
export function entryFrom(raw) {
  if (typeof raw?.id !== "string" || !SPEAKERS.includes(raw.from)) return null;
  return {
    id: raw.id,
    at: dateFrom(raw.at),
    from: raw.from,
    clientId: textOrNull(raw.client_id),
    text: textOrNull(raw.text),
    image: textOrNull(raw.image),
    buttons: listOf(raw.buttons).map(buttonFrom),
    cards: listOf(raw.cards).map(cardFrom),
    language: textOrNull(raw.language),
    speech: textOrNull(raw.speech),
  };
}

/** @param {any} raw @returns {Button} */
function buttonFrom(raw) {
  return { title: String(raw.title ?? ""), payload: String(raw.payload ?? "") };
}

/** @param {any} raw @returns {Card} */
function cardFrom(raw) {
  return {
    title: String(raw.title ?? ""),
    subtitle: String(raw.subtitle ?? ""),
    image: textOrNull(raw.image),
    buttons: listOf(raw.buttons).map(buttonFrom),
  };
}

/** @param {unknown} value */
function textOrNull(value) {
  return typeof value === "string" && value !== "" ? value : null;
}

/** @param {unknown} value @returns {object[]} */
function listOf(value) {
  return Array.isArray(value) ? value.filter((item) => item !== null && typeof item === "object") : [];
}

/** @param {unknown} value ISO 8601 */
function dateFrom(value) {
  const date = new Date(String(value));
  return Number.isNaN(date.getTime()) ? new Date() : date;
}
