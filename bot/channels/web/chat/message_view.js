/** One thing said, on the page: its texts are set once, what may change later (delivery, buttons) is updated in place. */

import { element, hideBroken, icon, linkTo, setAttribute, textWithLinks, webAddress } from "./dom.js";
import { calendarDay, daysBetween, timeOfDay } from "./moments.js";

/** @typedef {import("./timeline.js").Item} Item */
/** @typedef {import("./entry.js").Button} Button */
/** @typedef {import("./entry.js").Card} Card */
/**
 * @typedef {{words: import("./words.js").Words, language: import("./words.js").Language, server: URL,
 *   press: (button: Button, event: MouseEvent) => void, sayAgain: (key: string) => void,
 *   discard: (key: string) => void}} Surroundings
 */

const EDGE_PX = 8;

export class MessageView {
  #item;
  #around;
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  #day = element("p", { class: "day" });
  #delivery = element("p", { class: "delivery" });

  /** @param {Item} item @param {Surroundings} around */
  constructor(item, around) {
    this.#item = item;
    this.#around = around;
    // Entries in another language than the panel's are read aloud in their own.
    const said = element(
      "div",
      { class: "said", lang: item.language },
      this.#speaker(),
      ...this.#content(),
      this.#time(),
    );
    this.element = element("div", { class: "row", "data-from": item.from }, this.#day, said, this.#delivery);
    this.update(item);
  }

  /** @param {Item} item the same one as before, in its present state */
  update(item) {
    this.#item = item;
    setAttribute(this.element, "data-starts-group", item.startsGroup || item.startsDay);
    setAttribute(this.element, "data-delivered", item.delivered);
    this.#buttons.forEach((button) => this.#updateButton(button));
    this.#updateDay();
    this.#updateDelivery();
  }

  #speaker() {
    return element("p", { class: "speaker" }, this.#around.words.from[this.#item.from]);
  }

  #content() {
    const { text, image, cards, buttons } = this.#item;
    return [
      text === null ? null : element("div", { class: "bubble" }, ...textWithLinks(text)),
      this.#image(image),
      cards.length === 0 ? null : this.#cards(cards),
      buttons.length === 0 ? null : this.#quickReplies(buttons),
    ].filter((part) => part !== null);
  }

  #time() {
    const { at } = this.#item;
    return element("time", { datetime: at.toISOString() }, timeOfDay(at, this.#around.language));
  }

  /** @param {string | null} address */
  #image(address) {
    const source = webAddress(address, this.#around.server);
    if (source === null) return null;
    const picture = element("img", { src: source, alt: this.#around.words.image, class: "picture" });
    const link = linkTo(source, picture);
    link.className = "picture-link";
    return link;
  }

  /** @param {Button[]} buttons */
  #quickReplies(buttons) {
    const attributes = { class: "replies", role: "group", "aria-label": this.#around.words.choices };
    return element("div", attributes, ...buttons.map((each) => this.#button(each)));
  }

  /** @param {Card[]} cards */
  #cards(cards) {
    const attributes = { class: "cards", role: "list", "aria-label": this.#around.words.cards };
    // Once its buttons are used up, only its own stop lets the keyboard scroll it.
    const tabindex = cards.length > 1 ? 0 : null;
    const list = element("div", { ...attributes, tabindex }, ...cards.map((card) => this.#card(card)));
    return element("div", { class: "deck" }, list, ...(cards.length > 1 ? this.#turners(list) : []));
  }

  /** @param {Card} card */
  #card(card) {
    const source = webAddress(card.image, this.#around.server);
    const picture = source === null ? null : element("img", { src: source, alt: "", error: hideBroken });
    const subtitle = card.subtitle === "" ? null : element("p", { class: "subtitle" }, card.subtitle);
    // Five cards have five buttons of the same name: only with the card's title can they be told apart by ear.
    const buttons = card.buttons.map((each) => this.#button(each, { "aria-label": `${each.title}: ${card.title}` }));
    const text = element("div", { class: "card-text" }, element("p", { class: "card-title" }, card.title), subtitle);
    const choices = element("div", { class: "card-buttons" }, ...buttons);
    return element("div", { class: "card", role: "listitem" }, picture, text, choices);
  }

  /** @param {Button} button @param {Record<string, unknown>} [attributes] */
  #button(button, attributes = {}) {
    const press = (/** @type {MouseEvent} */ event) => this.#around.press(button, event);
    const made = element("button", { type: "button", ...attributes, click: press }, button.title);
    this.#buttons.push(made);
    return made;
  }

  /** For the mouse only: with a finger one swipes, with the keyboard one goes from button to button.
   * @param {HTMLElement} list */
  #turners(list) {
    const [previous, next] = [this.#turner(list, "previous", -1), this.#turner(list, "next", 1)];
    previous.hidden = true;
    list.addEventListener("scroll", () => {
      previous.hidden = list.scrollLeft < EDGE_PX;
      next.hidden = list.scrollWidth - list.clientWidth - list.scrollLeft < EDGE_PX;
    });
    return [previous, next];
  }

  /** @param {HTMLElement} list @param {"previous" | "next"} name @param {1 | -1} direction */
  #turner(list, name, direction) {
    const turn = () => list.scrollBy({ left: direction * list.clientWidth * 0.8 });
    const attributes = { type: "button", class: `turn ${name}`, tabindex: -1, "aria-label": this.#around.words[name] };
    return element("button", { ...attributes, click: turn }, icon(name));
  }

  /** @param {HTMLButtonElement} button */
  #updateButton(button) {
    const isChosen = !this.#item.active && this.#item.chosen === button.textContent;
    button.disabled = !this.#item.active;
    setAttribute(button, "data-chosen", isChosen);
    setAttribute(button, "aria-description", isChosen && this.#around.words.chosen);
  }

  #updateDay() {
    this.#day.hidden = !this.#item.startsDay;
    this.#day.textContent = this.#item.startsDay ? this.#dayName() : "";
  }

  #dayName() {
    const { words, language } = this.#around;
    const age = daysBetween(this.#item.at, new Date());
    return [words.today, words.yesterday][age] ?? calendarDay(this.#item.at, language);
  }

  #updateDelivery() {
    if (this.#item.from !== "customer" || this.#delivery.dataset.shown === this.#shownDelivery()) return;
    this.#delivery.dataset.shown = this.#shownDelivery();
    this.#delivery.replaceChildren(...this.#deliveryParts());
  }

  #shownDelivery() {
    return this.#item.refused ?? this.#item.delivered;
  }

  #deliveryParts() {
    const { words, sayAgain, discard } = this.#around;
    const { key, delivered, refused } = this.#item;
    if (delivered !== "refused") return [words[delivered]];
    const tooLong = refused === "too_long";
    const again = element("button", { type: "button", click: () => sayAgain(key) }, words.tryAgain);
    const away = element("button", { type: "button", click: () => discard(key) }, words.discard);
    return [words.refused[tooLong ? "too_long" : "other"], ...(tooLong ? [] : [again]), away];
  }
}
