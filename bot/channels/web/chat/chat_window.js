/** Launcher and panel of one chat element: opening, closing, focus, and the fit on small screens. */

import { element, icon, setAttribute } from "./dom.js";
import { Panel } from "./panel.js";
import { ChatSession } from "./session.js";
import { Voice } from "./voice.js";
import { languageOf, wordsIn } from "./words.js";

const FULL_SCREEN = "(max-width: 640px), (max-height: 480px)";
const ROOM_BESIDE_PAGE = "(min-width: 1100px)";

export class ChatWindow {
  session;
  #host;
  #server;
  #root;
  #panel;
  #voice = new Voice();
  #isOpen = false;
  #coversPage = false;
  #launcher = element("button", {
    type: "button",
    class: "launcher",
    "aria-haspopup": "dialog",
    click: () => this.open(),
  });
  #frame = element("div", { class: "frame", hidden: true });
  #fullScreen = matchMedia(FULL_SCREEN);
  #fit = () => this.#fitScreen();

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
    this.#server = new URL(host.getAttribute("server") ?? import.meta.url, location.href);
    this.session = new ChatSession(
      this.#server,
      languageOf(host.getAttribute("language") ?? document.documentElement.lang),
    );
    this.session.customerToken = host.getAttribute("customer-token");
    this.#root = host.attachShadow({ mode: "open" });
    this.#panel = this.#newPanel();
    this.#build();
  }

  begin() {
    this.#fullScreen.addEventListener("change", this.#fit);
    window.visualViewport?.addEventListener("resize", this.#fit);
    window.visualViewport?.addEventListener("scroll", this.#fit);
    const atFirst = this.#host.getAttribute("placement") === "side" && matchMedia(ROOM_BESIDE_PAGE).matches;
    this.#show(this.session.open ?? atFirst);
    if (this.session.known) this.session.start();
  }

  end() {
    this.#fullScreen.removeEventListener("change", this.#fit);
    window.visualViewport?.removeEventListener("resize", this.#fit);
    window.visualViewport?.removeEventListener("scroll", this.#fit);
    this.session.stop();
    this.#coverPage(false);
  }

  open() {
    this.session.open = true;
    this.#show(true);
    this.#focusInside();
  }

  close() {
    this.#voice.quiet();
    this.session.markRead();
    this.session.open = false;
    this.#show(false);
    this.#launcher.focus();
  }

  #build() {
    const house = element("div", { class: "house", hidden: true }, this.#launcher, this.#frame);
    const href = new URL("../widget.css", import.meta.url).href;
    // Nothing is shown before it can be shown well.
    this.#root.append(element("link", { rel: "stylesheet", href, load: () => (house.hidden = false) }), house);
    this.#frame.append(this.#panel.element);
    this.#frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#pressed(event));
    this.session.addEventListener("change", () => this.#update());
    this.session.addEventListener("language", () => this.#speak());
    this.session.addEventListener("slowdown", () => this.#panel.slowDown());
    this.session.addEventListener("said", () => this.#voice.quiet());
    this.session.addEventListener("speech", (/** @type {any} */ { detail }) => this.#voice.speak(detail.text, detail.language));
  }

  #newPanel() {
    return new Panel({
      session: this.session,
      server: this.#server,
      title: this.#host.getAttribute("name"),
      words: wordsIn(this.session.language),
      voice: this.#voice,
      minimise: () => this.close(),
    });
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#isOpen = isOpen;
    this.#frame.hidden = !isOpen;
    this.#launcher.hidden = isOpen;
    this.#host.toggleAttribute("open", isOpen);
    if (isOpen) this.session.start();
    this.#fitScreen();
    this.#update();
    if (isOpen) this.#panel.reveal();
    this.#host.dispatchEvent(new CustomEvent("nochannel-toggle", { detail: { open: isOpen } }));
  }

  #update() {
    this.#panel.show();
    if (this.#isOpen && document.visibilityState === "visible") this.session.markRead();
    this.#label(this.#isOpen ? 0 : this.session.unread);
  }

  /** @param {number} unread */
  #label(unread) {
    const words = wordsIn(this.session.language);
    const label = unread === 0 ? words.open : words.openUnread(unread);
    if (this.#launcher.getAttribute("aria-label") === label) return;
    const count = unread > 9 ? "9+" : String(unread);
    const badge = element("span", { class: "badge", "aria-hidden": "true", hidden: unread === 0 }, count);
    setAttribute(this.#launcher, "aria-label", label);
    this.#launcher.replaceChildren(icon("chat"), element("span", { class: "launcher-text" }, words.launcher), badge);
  }

  /** The same window with other words; who wrote on, writes on. */
  #speak() {
    this.#voice.stop(); // it listens for the panel that goes
    const hadFocus = this.#root.activeElement !== null;
    this.#panel = this.#newPanel();
    this.#frame.replaceChildren(this.#panel.element);
    this.#fitScreen();
    this.#update();
    if (this.#isOpen) this.#panel.reveal();
    if (this.#isOpen && hadFocus) this.#focusInside();
    this.#host.dispatchEvent(new CustomEvent("nochannel-language", { detail: { language: this.session.language } }));
  }

  /** On a phone the cursor would raise the keyboard over what the customer came to read. */
  #focusInside() {
    if (this.#fullScreen.matches) this.#frame.querySelector(".minimise").focus();
    else this.#panel.focus();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape" && !event.isComposing) this.close();
    if (event.key === "Tab" && this.#fullScreen.matches) this.#keepInside(event);
  }

  /** Over a covered page the focus goes round in the panel. @param {KeyboardEvent} event */
  #keepInside(event) {
    const stops = [
      ...this.#frame.querySelectorAll("button:not(:disabled, [tabindex='-1']), textarea, a, [tabindex='0']"),
    ];
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (this.#root.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  /** Full screen means the part that the phone's keyboard leaves. */
  #fitScreen() {
    const covers = this.#isOpen && this.#fullScreen.matches;
    const seen = window.visualViewport;
    setAttribute(this.#panel.element, "aria-modal", covers && "true");
    this.#coverPage(covers);
    this.#frame.style.setProperty("--height", covers && seen ? `${seen.height}px` : "100dvh");
    this.#frame.style.setProperty("--top", covers && seen ? `${seen.offsetTop}px` : "0px");
  }

  /** A page behind a full-screen chat does not scroll along. @param {boolean} covers */
  #coverPage(covers) {
    if (covers !== this.#coversPage) document.documentElement.style.overflow = covers ? "hidden" : "";
    this.#coversPage = covers;
  }
}
