/** What the customer wrote and the server has not yet confirmed; survives reloads and closed tabs. */

/** @typedef {import("./visitor_storage.js").VisitorStorage} VisitorStorage */
/**
 * @typedef {{id: string, at: number, text: string, payload: string | null, spoken: boolean, refused: string | null}} Waiting
 *   `at` in ms since 1970; `refused` is the server's reason, such a message waits for the customer's decision
 */

// One key per message: two tabs writing at once do not overwrite each other, as they would a common list.
const PREFIX = "waiting.";

export class Outbox {
  #storage;
  #newest = 0;

  /** @param {VisitorStorage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} text @param {string | null} payload @param {boolean} spoken @returns {Waiting} */
  add(text, payload, spoken) {
    this.#newest = Math.max(Date.now(), this.#newest + 1); // the order within one millisecond stays the typed one
    const message = { id: newId(), at: this.#newest, text, payload, spoken, refused: null };
    this.#keep(message);
    return message;
  }

  /** @returns {Waiting[]} in the order in which they were written */
  all() {
    const messages = this.#storage.names(PREFIX).map((name) => this.#storage.read(name));
    return messages.filter((message) => message !== null).sort((one, other) => one.at - other.at);
  }

  /** @param {string} id */
  remove(id) {
    this.#storage.forget(PREFIX + id);
  }

  /** @param {string} id @param {string | null} reason null takes the refusal back */
  markRefused(id, reason) {
    const message = this.#storage.read(PREFIX + id);
    if (message !== null) this.#keep({ ...message, refused: reason });
  }

  /** @param {string | null} name what another tab wrote */
  holds(name) {
    return name?.startsWith(PREFIX) ?? false;
  }

  /** @param {Waiting} message */
  #keep(message) {
    this.#storage.keep(PREFIX + message.id, message);
  }
}

/** A random UUID, also on plain-http pages, where `crypto.randomUUID` does not exist. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
