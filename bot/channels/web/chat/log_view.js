/** The scrolling conversation: adds what is new, keeps the place of who reads older things, says who is writing. */

import { element, icon } from "./dom.js";
import { MessageView } from "./message_view.js";

/** @typedef {import("./timeline.js").Item} Item */
/** @typedef {import("./message_view.js").Surroundings} Surroundings */

const NEAR_END_PX = 60;
const GAP_ABOVE_PX = 12;
const ONE_TURN_MS = 60_000;

export class LogView {
  /** @type {Map<string, MessageView>} */
  #views = new Map();
  #around;
  #emptyState;
  #following = true;
  #lastTop = 0;
  /** @type {HTMLElement | null} the first entry of the newest turn */
  #turn = null;
  #typing = element("div", { class: "typing", role: "status" });
  #log;
  #scroller;
  #jump;

  /** @param {Surroundings} around @param {HTMLElement} emptyState shown until something was said */
  constructor(around, emptyState) {
    const { words } = around;
    this.#around = around;
    this.#log = element("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      "aria-relevant": "additions", // that a message was sent is seen; it need not interrupt
      "aria-label": words.messages,
    });
    this.#scroller = element(
      "div",
      { class: "scroller", role: "region", tabindex: 0, "aria-label": words.history, scroll: () => this.#scrolled() },
      emptyState,
      this.#log,
      this.#typing,
    );
    const jump = { type: "button", class: "jump", hidden: true, click: () => this.#jumpToEnd() };
    this.#jump = element("button", jump, words.newMessage, icon("down"));
    this.element = element("div", { class: "conversation" }, this.#scroller, this.#jump);
    this.#emptyState = emptyState;
    new ResizeObserver(() => this.#following && this.#scrollToNewest("instant")).observe(this.#scroller);
  }

  /** @param {Item[]} items @param {{ready: boolean, typing: boolean}} state */
  show(items, { ready, typing }) {
    const fresh = items.filter((item) => !this.#views.has(item.key));
    this.#hush(fresh.length > 3);
    this.#arrange(items);
    this.#emptyState.hidden = !ready || items.length > 0;
    this.#turn = this.#views.get(turnStart(items) ?? "")?.element ?? null;
    this.#showTyping(typing);
    this.#moveOn(fresh);
  }

  /** To the newest entry, for a panel that has just been opened. */
  reveal() {
    this.#following = true;
    this.#scrollToNewest("instant");
  }

  focus() {
    this.#scroller.focus();
  }

  /** A whole history is not read aloud; what is said from now on is. @param {boolean} hushed */
  #hush(hushed) {
    if (!hushed) return;
    this.#log.setAttribute("aria-live", "off");
    setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 500);
  }

  /** @param {Item[]} items */
  #arrange(items) {
    const keys = new Set(items.map((item) => item.key));
    for (const key of this.#views.keys()) if (!keys.has(key)) this.#drop(key);
    items.forEach((item, index) => this.#place(item, index));
  }

  /** @param {Item} item @param {number} index */
  #place(item, index) {
    const view = this.#views.get(item.key) ?? new MessageView(item, this.#around);
    this.#views.set(item.key, view);
    view.update(item);
    const there = this.#log.children[index] ?? null;
    if (there !== view.element) this.#log.insertBefore(view.element, there);
  }

  /** @param {string} key */
  #drop(key) {
    this.#views.get(key)?.element.remove();
    this.#views.delete(key);
  }

  /** @param {boolean} typing */
  #showTyping(typing) {
    if (typing === this.#typing.hasChildNodes()) return;
    const dots = element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    const text = element("span", { class: "unseen" }, this.#around.words.typing);
    this.#typing.replaceChildren(...(typing ? [dots, text] : []));
    if (typing && this.#following) this.#scrollToNewest("auto");
  }

  /** @param {Item[]} fresh */
  #moveOn(fresh) {
    if (fresh.length === 0) return;
    const isOwn = fresh.at(-1)?.delivered === "pending";
    if (isOwn) this.#following = true;
    if (this.#following) this.#scrollToNewest(fresh.length > 3 ? "instant" : "auto");
    this.#jump.hidden = this.#following && !this.#endsBelow();
  }

  /** To the end, but not past the beginning of the newest turn: a long answer is read from its top.
   * @param {ScrollBehavior} behavior "auto": as fast as the style sheet has it, which knows who wants less motion */
  #scrollToNewest(behavior) {
    this.#scroller.scrollTo({ top: this.#newestTop(), behavior });
  }

  #newestTop() {
    const top = this.#turn === null ? Infinity : this.#turn.offsetTop - GAP_ABOVE_PX;
    return Math.min(this.#end(), top);
  }

  #end() {
    return this.#scroller.scrollHeight - this.#scroller.clientHeight;
  }

  #endsBelow() {
    return this.#end() - this.#newestTop() > NEAR_END_PX;
  }

  #jumpToEnd() {
    this.#scroller.scrollTo({ top: this.#end() });
    this.focus();
  }

  /** Whoever scrolls up reads, and is not moved by new entries until back at the end. */
  #scrolled() {
    const top = this.#scroller.scrollTop;
    const atEnd = this.#end() - top < NEAR_END_PX;
    this.#following = atEnd || (this.#following && top >= this.#lastTop);
    this.#lastTop = top;
    if (atEnd) this.#jump.hidden = true;
  }
}

/**
 * The first of the entries that one side said in a row; what comes long after is a turn of its own.
 * @param {Item[]} items
 */
function turnStart(items) {
  const pauseBefore = (/** @type {number} */ index) => items[index].at.getTime() - items[index - 1].at.getTime();
  const start = items.findLastIndex((item, index) => item.startsGroup || pauseBefore(index) > ONE_TURN_MS);
  return items[start]?.key;
}
