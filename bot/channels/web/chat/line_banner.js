/** Says honestly that the line is down, and briefly that it is back; a short interruption is not worth a word. */

import { element, icon, setAttribute } from "./dom.js";

const LOST_AFTER_MS = 1_500;
const BACK_FOR_MS = 4_000;

export class LineBanner {
  #words;
  #connectNow;
  /** @type {"hidden" | "lost" | "back"} */
  #shown = "hidden";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isUp = true;

  /** @param {import("./words.js").Words} words @param {() => void} connectNow */
  constructor(words, connectNow) {
    this.#words = words;
    this.#connectNow = connectNow;
    this.element = element("div", { class: "banner", role: "status" });
  }

  /** @param {boolean} isUp */
  show(isUp) {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    clearTimeout(this.#timer);
    if (!isUp) this.#timer = setTimeout(() => this.#showLost(), LOST_AFTER_MS);
    else if (this.#shown === "lost") this.#showBack();
  }

  #showLost() {
    const { bannerWaiting, bannerOffline, connectNow } = this.#words;
    const retry = element("button", { type: "button", click: this.#connectNow }, connectNow);
    if (navigator.onLine) this.#fill("lost", icon("offline"), element("p", {}, bannerWaiting), retry);
    else this.#fill("lost", icon("offline"), element("p", {}, bannerOffline));
  }

  #showBack() {
    this.#fill("back", element("p", {}, this.#words.bannerBack));
    this.#timer = setTimeout(() => this.#fill("hidden"), BACK_FOR_MS);
  }

  /** @param {"hidden" | "lost" | "back"} shown @param {...Node} parts */
  #fill(shown, ...parts) {
    this.#shown = shown;
    setAttribute(this.element, "data-shown", shown);
    this.element.replaceChildren(...parts);
  }
}
