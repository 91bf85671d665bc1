/** Brings what waits in the outbox to the server: in order, again after every loss, until it is confirmed or refused. */

/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Waiting} Waiting */
/** @typedef {import("./connection.js").Connection} Connection */

const CONFIRM_WITHIN_MS = 10_000;
const MOST_TRIES = 5;
const SLOW_DOWN_MS = 5_000;

export class Delivery {
  #outbox;
  #connection;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} sent over the present line, each with its time limit */
  #inFlight = new Map();
  /** @type {Map<string, number>} */
  #tries = new Map();
  /** @type {ReturnType<typeof setTimeout> | null} */
  #pause = null;

  /** @param {Outbox} outbox @param {Connection} connection */
  constructor(outbox, connection) {
    this.#outbox = outbox;
    this.#connection = connection;
  }

  /** On a new line: what the old one left unconfirmed goes again, under the same ids. */
  startAgain() {
    this.#inFlight.forEach((limit) => clearTimeout(limit));
    this.#inFlight.clear();
    this.sendWaiting();
  }

  sendWaiting() {
    if (this.#pause !== null) return;
    const due = this.#outbox.all().filter((message) => message.refused === null && !this.#inFlight.has(message.id));
    due.forEach((message) => this.#send(message));
  }

  /** @param {string} id */
  confirmed(id) {
    this.#landed(id);
    this.#tries.delete(id);
    this.#outbox.remove(id);
  }

  /** @param {string} id @param {string} code */
  refused(id, code) {
    this.#landed(id);
    this.#tries.delete(id);
    this.#outbox.markRefused(id, code);
  }

  /** The server has too much to do with us: everything waits a little. */
  slowDown() {
    this.#inFlight.forEach((limit) => clearTimeout(limit));
    this.#inFlight.clear();
    this.#tries.clear();
    this.#pause ??= setTimeout(() => this.#goOn(), SLOW_DOWN_MS);
  }

  #goOn() {
    this.#pause = null;
    this.sendWaiting();
  }

  /** @param {Waiting} message */
  #send({ id, text, payload, spoken }) {
    const tries = this.#tries.get(id) ?? 0;
    if (tries >= MOST_TRIES) return this.refused(id, "unconfirmed");
    const more = { ...(payload === null ? {} : { payload }), ...(spoken ? { spoken } : {}) };
    if (!this.#connection.send({ type: "message", id, text, ...more })) return;
    this.#tries.set(id, tries + 1);
    // A line can die without closing; no confirmation is the only sign of it.
    this.#inFlight.set(
      id,
      setTimeout(() => this.#connection.restart(), CONFIRM_WITHIN_MS),
    );
  }

  /** @param {string} id */
  #landed(id) {
    clearTimeout(this.#inFlight.get(id));
    this.#inFlight.delete(id);
  }
}
