/** Where the customer writes: Enter sends, Shift+Enter begins a line, a draft outlives a reload. */

import { element, icon, setAttribute } from "./dom.js";

export const MOST_CHARACTERS = 2_000;
const COUNT_FROM = 1_800;
const DRAFT = "nochannel:draft";

export class Composer {
  #words;
  #say;
  #notice = element("p", { class: "notice", role: "status" });
  #counter = element("p", { class: "counter", id: "counter", hidden: true });
  #field;
  #button;
  #voice;
  #language;
  /** @type {any} null where the browser cannot listen */
  #microphone = null;

  /**
   * @param {import("./words.js").Words} words @param {(text: string, spoken?: boolean) => void} say
   * @param {import("./voice.js").Voice} voice @param {import("./words.js").Language} language
   */
  constructor(words, say, voice, language) {
    this.#words = words;
    this.#say = say;
    this.#voice = voice;
    this.#language = language;
    this.#field = this.#textField();
    this.#button = element("button", { type: "submit", class: "send", "aria-label": words.send }, icon("send"));
    const label = element("label", { for: "message", class: "unseen" }, words.compose);
    if (voice.canListen) this.#microphone = this.#microphoneButton();
    const line = element("div", { class: "line" }, label, this.#field, this.#microphone, this.#button);
    const submit = (/** @type {Event} */ event) => (event.preventDefault(), this.#submit());
    this.element = element("form", { class: "composer", submit }, this.#notice, line, this.#counter);
    this.#setText(readDraft());
  }

  focus() {
    this.#field.focus();
  }

  /** @param {string} text shown until the customer writes on */
  notify(text) {
    this.#notice.textContent = text;
  }

  /** @returns {HTMLTextAreaElement} */
  #textField() {
    return element("textarea", {
      id: "message",
      rows: 1,
      placeholder: this.#words.placeholder,
      enterkeyhint: "send",
      "aria-describedby": "counter",
      input: () => (this.#voice.quiet(), this.#written()),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
    });
  }

  #microphoneButton() {
    return element(
      "button",
      { type: "button", class: "microphone", "aria-label": this.#words.speak, "aria-pressed": "false", click: () => this.#listen() },
      icon("microphone"),
    );
  }

  /** What is heard appears while it is said, and is sent when the customer pauses; a second press gives it up. */
  #listen() {
    if (this.#voice.listening) return this.#voice.stop();
    const written = this.#field.value;
    this.#showListening(true);
    this.#voice.listen(this.#language, {
      interim: (text) => (this.#setText(text), this.notify(this.#words.listening)),
      heard: (text) => {
        this.#setText(written);
        this.#say(text, true);
      },
      trouble: (why) => {
        this.#setText(written);
        this.notify(this.#words.voiceTrouble[why]);
      },
      ended: () => this.#showListening(false),
    });
  }

  /** @param {boolean} on */
  #showListening(on) {
    if (on) this.notify(this.#words.listening);
    else if (this.#notice.textContent === this.#words.listening) this.notify("");
    setAttribute(this.#microphone, "aria-pressed", String(on));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    // While an input method composes (Japanese, some phone keyboards), Enter takes its suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#field.value.trim();
    if (text === "") return this.focus();
    if (lengthOf(text) > MOST_CHARACTERS) return this.notify(this.#words.tooLong);
    this.#setText("");
    this.#say(text);
  }

  #written() {
    this.notify("");
    keepDraft(this.#field.value);
    this.#count();
    this.#fit();
  }

  /** @param {string} text */
  #setText(text) {
    this.#field.value = text;
    this.#written();
  }

  #count() {
    const left = MOST_CHARACTERS - lengthOf(this.#field.value);
    this.#counter.hidden = left > MOST_CHARACTERS - COUNT_FROM;
    this.#counter.textContent = left < 0 ? this.#words.charactersOver(-left) : this.#words.charactersLeft(left);
    setAttribute(this.#field, "aria-invalid", left < 0 && "true");
    setAttribute(this.#button, "data-ready", this.#field.value.trim() !== "" && left >= 0);
  }

  /** As high as its text, up to the style sheet's limit. */
  #fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}

/** Characters as people count them: an emoji of one code point is one. @param {string} text */
function lengthOf(text) {
  return [...text].length;
}

function readDraft() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return ""; // storage is forbidden: there is no draft then
  }
}

/** @param {string} text */
function keepDraft(text) {
  try {
    sessionStorage.setItem(DRAFT, text);
  } catch {
    // Storage is full or forbidden: the draft lives in the field alone.
  }
}
