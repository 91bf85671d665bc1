/** One visitor's conversation in this tab: what was said, what waits, what the line is doing. Knows no page elements. */

import { Connection } from "./connection.js";
import { Delivery } from "./delivery.js";
import { entryFrom } from "./entry.js";
import { Outbox } from "./outbox.js";
import { timeline } from "./timeline.js";
import { VisitorStorage } from "./visitor_storage.js";
import { languageOf, SWITCH_TITLES } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("./entry.js").Entry} Entry */

const SWITCH = "/switch_language";
const TYPING_AT_MOST_MS = 30_000;

/** Tells of its changes by the events `change` (anything), `language`, `slowdown`, `said` (by the customer) and `speech` (something to say aloud). */
export class ChatSession extends EventTarget {
  /** @type {Language} */
  language;
  typing = false;
  /** Whether the customer last spoke in this tab, rather than wrote. */
  #speaks = false;
  /** @type {string | null} the site's word for who is signed in there (docs/identity.md) */
  customerToken = null;
  /** False until the server has told what was said before. */
  ready = false;
  /** @type {Map<string, Entry>} by the server's ids, in the server's order */
  #entries = new Map();
  #storage;
  #outbox;
  #connection;
  #delivery;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typingLimit;
  /** @type {string | null} */
  #greetedAs = null;
  #otherTab = (/** @type {StorageEvent} */ event) => this.#otherTabWrote(event);

  /** @type {Record<string, (frame: any) => void>} */
  #receive = {
    welcome: (frame) => this.#welcomed(frame),
    entry: (frame) => (this.#heard([frame.entry]), this.#sayAloud(frame.entry)),
    typing: (frame) => this.#setTyping(frame.on === true),
    language: (frame) => this.#setLanguage(languageOf(frame.language)),
    error: (frame) => this.#refused(frame),
  };

  /** @param {URL} server @param {Language} language of a visitor who has none yet */
  constructor(server, language) {
    super();
    this.#storage = new VisitorStorage(server);
    this.language = languageOf(this.#storage.read("language") ?? language);
    this.#outbox = new Outbox(this.#storage);
    this.#connection = new Connection(socketAddress(server), {
      greeting: () => this.#greeting(),
      receive: (frame) => this.#receive[frame.type]?.(frame),
      stateChanged: () => this.#lineChanged(),
    });
    this.#delivery = new Delivery(this.#outbox, this.#connection);
  }

  /** Opens the line; a page calls it only when the visitor turns to the chat, so that mere reading leaves no trace. */
  start() {
    window.addEventListener("storage", this.#otherTab);
    this.#connection.start();
  }

  stop() {
    window.removeEventListener("storage", this.#otherTab);
    this.#connection.stop();
  }

  /** Whether this visitor has talked to us before, in any tab. */
  get known() {
    return this.#storage.read("token") !== null || this.#outbox.all().length > 0;
  }

  get line() {
    return this.#connection.state;
  }

  get items() {
    return timeline([...this.#entries.values()], this.#outbox.all());
  }

  /** @returns {number} answers that came while the chat was closed */
  get unread() {
    const ids = [...this.#entries.keys()];
    const later = ids.slice(ids.indexOf(this.#storage.read("seen")) + 1);
    return later.filter((id) => this.#entries.get(id)?.from !== "customer").length;
  }

  /** @returns {boolean | null} as the visitor left it; null: not decided yet */
  get open() {
    return this.#storage.read("open");
  }

  /** @param {boolean | null} open */
  set open(open) {
    this.#storage.keep("open", open);
  }

  /**
   * @param {string} text @param {string | null} [payload] what a button means, where the text is only its title
   * @param {boolean} [spoken] then the answer is said aloud, too
   */
  say(text, payload = null, spoken = false) {
    this.#speaks = spoken;
    this.#outbox.add(text, payload, spoken);
    this.dispatchEvent(new Event("said"));
    this.start();
    this.#delivery.sendWaiting();
    this.#changed();
  }

  /** Asks the server to go on in the language; the words change when it agrees. @param {Language} language */
  switchLanguage(language) {
    const asked = this.#outbox.all().some((message) => message.payload === SWITCH && message.refused === null);
    if (language !== this.language && !asked) this.say(SWITCH_TITLES[language], SWITCH);
  }

  /** @param {string} key of a refused message */
  sayAgain(key) {
    this.#outbox.markRefused(key, null);
    this.#delivery.sendWaiting();
    this.#changed();
  }

  /** @param {string} key of a refused message */
  discard(key) {
    this.#outbox.remove(key);
    this.#changed();
  }

  markRead() {
    const last = this.#lastId();
    if (last !== null && last !== this.#storage.read("seen")) this.#storage.keep("seen", last);
  }

  /** Goes on as who is signed in at the site now. @param {string | null} token */
  identify(token) {
    if (token === this.customerToken) return;
    this.customerToken = token;
    this.#connection.reconnect();
  }

  connectNow() {
    this.#connection.connectNow();
  }

  #greeting() {
    this.#greetedAs = this.#storage.read("token");
    const customer = this.customerToken === null ? {} : { customer_token: this.customerToken };
    return { type: "hello", token: this.#greetedAs, language: this.language, last_id: this.#lastId(), ...customer };
  }

  /** @param {any} frame */
  #welcomed(frame) {
    this.ready = true;
    if (this.#greetedAs !== null && frame.token !== this.#greetedAs) this.#entries.clear(); // somebody else by now
    this.#storage.keep("token", frame.token);
    this.#setLanguage(languageOf(frame.language));
    this.#heard(frame.history ?? []);
    this.#delivery.startAgain();
  }

  /** @param {any[]} raw */
  #heard(raw) {
    const entries = raw.map(entryFrom).filter((entry) => entry !== null);
    entries.forEach((entry) => this.#add(entry));
    this.#changed();
  }

  /** @param {any} raw */
  #sayAloud(raw) {
    const entry = entryFrom(raw);
    if (!this.#speaks || entry?.speech == null) return;
    const detail = { text: entry.speech, language: languageOf(entry.language) };
    this.dispatchEvent(new CustomEvent("speech", { detail }));
  }

  /** @param {Entry} entry */
  #add(entry) {
    this.#entries.set(entry.id, entry);
    if (entry.clientId !== null) this.#delivery.confirmed(entry.clientId);
    if (entry.from !== "customer") this.typing = false;
  }

  /** @param {{code?: unknown, id?: unknown}} frame */
  #refused({ code, id }) {
    if (code === "too_many") {
      this.#delivery.slowDown();
      this.dispatchEvent(new Event("slowdown"));
    } else if (typeof id === "string") {
      this.#delivery.refused(id, String(code));
      this.#changed();
    }
  }

  /** @param {boolean} on */
  #setTyping(on) {
    clearTimeout(this.#typingLimit);
    if (on) this.#typingLimit = setTimeout(() => this.#setTyping(false), TYPING_AT_MOST_MS);
    this.typing = on;
    this.#changed();
  }

  /** @param {Language} language */
  #setLanguage(language) {
    this.#storage.keep("language", language);
    if (language === this.language) return;
    this.language = language;
    this.dispatchEvent(new Event("language"));
  }

  #lineChanged() {
    if (this.line !== "online") this.typing = false;
    this.#changed();
  }

  /** @param {StorageEvent} event */
  #otherTabWrote(event) {
    const name = this.#storage.changed(event);
    // Two new tabs got a token each: the one without a word in it joins the other.
    if (name === "token" && this.#greetedAs === null && this.#entries.size === 0) this.#connection.restart();
    if (this.#outbox.holds(name)) this.#changed();
  }

  #lastId() {
    return [...this.#entries.keys()].at(-1) ?? null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {URL} server */
function socketAddress(server) {
  const address = new URL("/ws/chat", server);
  address.protocol = server.protocol === "https:" ? "wss:" : "ws:";
  return address;
}
