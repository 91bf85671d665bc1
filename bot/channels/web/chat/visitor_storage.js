/** What the browser keeps for one visitor of one server, across pages, tabs and reloads. */

export class VisitorStorage {
  /** @type {Map<string, string>} what the browser would not take (storage full or forbidden): lives as long as the page */
  #page = new Map();
  #prefix;

  /** @param {URL} server tokens of one server are never read for another */
  constructor(server) {
    this.#prefix = `nochannel:${server.host}:`;
  }

  /** @param {string} name @returns {any} what was kept, or null */
  read(name) {
    const text = this.#text(this.#prefix + name);
    try {
      return text === null ? null : JSON.parse(text);
    } catch {
      return null; // not written by us: as good as absent
    }
  }

  /** @param {string} name @param {unknown} value */
  keep(name, value) {
    const key = this.#prefix + name;
    const text = JSON.stringify(value);
    if (!attempt(() => (localStorage.setItem(key, text), true))) this.#page.set(key, text);
  }

  /** @param {string} name */
  forget(name) {
    this.#page.delete(this.#prefix + name);
    attempt(() => localStorage.removeItem(this.#prefix + name));
  }

  /** @param {string} start @returns {string[]} names that begin so */
  names(start) {
    const keys = new Set([...(attempt(() => Object.keys(localStorage)) ?? []), ...this.#page.keys()]);
    return [...keys].filter((key) => key.startsWith(this.#prefix + start)).map((key) => key.slice(this.#prefix.length));
  }

  /**
   * The name that another tab has just written, or null if the event is about something else.
   * @param {StorageEvent} event
   */
  changed(event) {
    return event.key?.startsWith(this.#prefix) ? event.key.slice(this.#prefix.length) : null;
  }

  /** @param {string} key */
  #text(key) {
    return attempt(() => localStorage.getItem(key) ?? undefined) ?? this.#page.get(key) ?? null;
  }
}

/** @template T @param {() => T} act @returns {T | undefined} */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined; // storage is full or forbidden
  }
}
