/** Points in time as a reader of the conversation names them. */

/** @typedef {import("./words.js").Language} Language */

const LOCALES = { de: "de-DE", en: "en-GB" };

/** @param {Date} at @param {Language} language */
export function timeOfDay(at, language) {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** @param {Date} at @param {Language} language */
export function calendarDay(at, language) {
  const style = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  return new Intl.DateTimeFormat(LOCALES[language], /** @type {Intl.DateTimeFormatOptions} */ (style)).format(at);
}

/**
 * Whole calendar days from one moment to the other, in the reader's own time zone.
 * @param {Date} earlier @param {Date} later
 */
export function daysBetween(earlier, later) {
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}

/** @param {Date} at */
function midnight(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
