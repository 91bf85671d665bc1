/** The custom element `<nochannel-chat>`: a shop's page places it, the rest happens inside its shadow. */

import { ChatWindow } from "./chat_window.js";

/**
 * Attributes: `server` (default: where this script comes from), `language` ("de", "en"), `name` (the panel's title),
 * `placement="side"` (beside the page where there is room, and open there at first; else a window in the corner).
 * The attribute `open` is set while the chat is open. Events: `nochannel-toggle`, `nochannel-language`.
 */
export class NochannelChat extends HTMLElement {
  /** @type {ChatWindow | null} its parts are built when the attributes can be read */
  #window = null;

  connectedCallback() {
    this.#window ??= new ChatWindow(this);
    this.#window.begin();
  }

  disconnectedCallback() {
    this.#window?.end();
  }

  /** The conversation's language, "de" or "en". */
  get language() {
    return this.#window?.session.language;
  }

  /**
   * Says who is signed in at the shop's site; null after signing out. The attribute `customer-token` says it at the start.
   * @param {string | null} token signed by the site's server (docs/identity.md)
   */
  identify(token) {
    this.#window?.session.identify(token);
  }

  /** Opens the chat and moves the focus there. */
  open() {
    this.#window?.open();
  }

  /** Minimises the chat and gives the focus back to its launcher. */
  close() {
    this.#window?.close();
  }

  /**
   * Says something in the customer's name, as a product's "ask" button does, and opens the chat.
   * @param {string} text
   */
  say(text) {
    this.#window?.session.say(text);
    this.#window?.open();
  }
}
