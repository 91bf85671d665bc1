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

  /** @param {import("./words.js").Words} words @param {(text: string) => void} say */
  constructor(words, say) {
    this.#words = words;
    this.#say = say;
    this.#field = this.#textField();
    this.#button = element("button", { type: "submit", class: "send", "aria-label": words.send }, icon("send"));
    const label = element("label", { for: "message", class: "unseen" }, words.compose);
    const line = element("div", { class: "line" }, label, this.#field, this.#button);
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
      input: () => this.#written(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
    });
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
