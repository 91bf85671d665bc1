/** The chat's window: head, line status, conversation, composer. Built anew when the language changes. */

import { Composer } from "./composer.js";
import { element, icon } from "./dom.js";
import { LineBanner } from "./line_banner.js";
import { LogView } from "./log_view.js";
import { LANGUAGES } from "./words.js";

/** @typedef {import("./session.js").ChatSession} ChatSession */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {import("./entry.js").Button} Button */
/** @typedef {{session: ChatSession, server: URL, title: string | null, words: Words, voice: import("./voice.js").Voice,
 *   minimise: () => void}} Fittings */

export class Panel {
  #fittings;
  #status = element("p", { class: "status" });
  #banner;
  #log;
  #composer;

  /** @param {Fittings} fittings */
  constructor(fittings) {
    const { session, server, words } = fittings;
    this.#fittings = fittings;
    this.#banner = new LineBanner(words, () => session.connectNow());
    this.#composer = new Composer(
      words,
      (text, spoken) => session.say(text, null, spoken),
      fittings.voice,
      session.language,
    );
    this.#log = new LogView(this.#surroundings(session, server), this.#emptyState());
    this.element = element(
      "section",
      { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", lang: session.language },
      this.#head(),
      this.#banner.element,
      this.#log.element,
      this.#composer.element,
    );
    this.show();
  }

  show() {
    const { session, words } = this.#fittings;
    const isUp = session.line === "online" || session.line === "idle";
    this.#status.textContent = isUp ? words.online : words[session.line === "waiting" ? "waiting" : "connecting"];
    this.element.dataset.line = session.line;
    this.#log.show(session.items, session);
    this.#banner.show(isUp);
  }

  reveal() {
    this.#log.reveal();
  }

  focus() {
    this.#composer.focus();
  }

  slowDown() {
    this.#composer.notify(this.#fittings.words.slowDown);
  }

  /** @param {ChatSession} session @param {URL} server */
  #surroundings(session, server) {
    return {
      words: this.#fittings.words,
      language: session.language,
      server,
      press: (/** @type {Button} */ button, /** @type {MouseEvent} */ event) => this.#press(button, event),
      sayAgain: (/** @type {string} */ key) => session.sayAgain(key),
      discard: (/** @type {string} */ key) => session.discard(key),
    };
  }

  /** @param {Button} button @param {MouseEvent} event */
  #press({ title, payload }, event) {
    this.#fittings.session.say(title, payload);
    // The pressed button is now disabled and would lose the focus to nowhere; a finger's tap must not raise the keyboard.
    if (event.detail === 0) this.#composer.focus();
  }

  #head() {
    const { title, words, minimise } = this.#fittings;
    const name = element("div", { class: "name" }, element("h2", { id: "title" }, title ?? words.title), this.#status);
    const attributes = { type: "button", class: "minimise", "aria-label": words.minimise, click: minimise };
    const close = element("button", attributes, icon("minimise"));
    return element("div", { class: "head" }, mark(), name, this.#languages(), close);
  }

  #languages() {
    const { words } = this.#fittings;
    const choices = LANGUAGES.map((language) => this.#languageChoice(language));
    return element("div", { class: "languages", role: "group", "aria-label": words.languages }, ...choices);
  }

  /** @param {import("./words.js").Language} language */
  #languageChoice(language) {
    const { session } = this.#fittings;
    const name = { de: "Deutsch", en: "English" }[language];
    return element(
      "button",
      {
        type: "button",
        lang: language,
        "aria-label": `${language.toUpperCase()} – ${name}`,
        "aria-pressed": String(language === session.language),
        click: () => session.switchLanguage(language),
      },
      language.toUpperCase(),
    );
  }

  #emptyState() {
    const { words, session } = this.#fittings;
    const starters = words.starters.map((text) => this.#starter(text, session));
    return element(
      "div",
      { class: "empty", hidden: true },
      element("p", { class: "empty-title" }, words.emptyTitle),
      element("p", {}, words.emptyText),
      element("div", { class: "starters" }, ...starters),
    );
  }

  /** @param {string} text @param {ChatSession} session */
  #starter(text, session) {
    const press = (/** @type {MouseEvent} */ event) => {
      session.say(text);
      if (event.detail === 0) this.#composer.focus();
    };
    return element("button", { type: "button", click: press }, text);
  }
}

function mark() {
  return element("span", { class: "mark", "aria-hidden": "true" }, icon("chat"));
}
