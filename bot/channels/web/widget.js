/**
 * The chat for any shop's page, in one line:
 *   <script type="module" src="https://HOST/widget.js" data-language="de"></script>
 * A page that wants it elsewhere or otherwise writes <nochannel-chat …></nochannel-chat> itself.
 * `data-` attributes of the script (language, name, placement, customer-token) become the element's own.
 */

import { NochannelChat } from "./chat/element.js";

const TAG = "nochannel-chat";

if (!customElements.get(TAG)) {
  customElements.define(TAG, NochannelChat);
  if (document.querySelector(TAG) === null) document.body.append(chatFor(ownScript()));
}

function ownScript() {
  return [...document.querySelectorAll("script")].find((script) => script.src === import.meta.url);
}

/** @param {HTMLScriptElement | undefined} script */
function chatFor(script) {
  const chat = document.createElement(TAG);
  for (const [name, value] of Object.entries(script?.dataset ?? {})) chat.setAttribute(attributeOf(name), value ?? "");
  return chat;
}

/** @param {string} name as in `dataset`: customerToken for data-customer-token */
function attributeOf(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
