/** The demo shop's page: products from the catalog, and everything on it can be asked about in the chat. */

import { element, hideBroken, webAddress } from "./chat/dom.js";
import { languageOf } from "./chat/words.js";

/** @typedef {import("./chat/words.js").Language} Language */
/**
 * @typedef {{id: string, name: string, tagline: string, image: string | null, price: string, monthly: string | null}}
 *   Product
 */

/** German stands in the page itself. */
const ENGLISH = {
  skip: "Skip to products",
  demo: "Demo: nothing is really sold here.",
  headline: "Fly, ride, sit, run. And simply ask.",
  lead: "Rent for a few months, buy for life or ask for advice: all in one conversation that goes on in any channel.",
  browse: "What can I rent from you?",
  track: "Where is my parcel?",
  products: "Our products",
  trouble: "The products cannot be loaded right now. The chat helps you all the same.",
  retry: "Try again",
  promises: "How we do things",
  once: "Say it once",
  onceText: "Web, messenger, voice assistant or phone: it is always the same conversation. Nobody asks you twice.",
  term: "Rent as long as it suits you",
  termText: "One month or two years. Swap, pause, cancel: a sentence is enough.",
  first: "We get in touch first",
  firstText: "When something breaks or comes late, you hear it from us, with a suggestion.",
  about: "Nochannel is an open-source assistant for shops whose customers do not think in channels.",
};

const PRODUCT_WORDS = {
  de: { ask: "Fragen", askAbout: (/** @type {string} */ name) => `Erzähl mir mehr über ${name}`, or: "oder" },
  en: { ask: "Ask about it", askAbout: (/** @type {string} */ name) => `Tell me more about ${name}`, or: "or" },
};

const labelled = [...document.querySelectorAll("[data-word]")];
const GERMAN = Object.fromEntries(labelled.map((target) => [word(target), target.textContent]));
const chat = /** @type {import("./chat/element.js").NochannelChat} */ (document.querySelector("nochannel-chat"));
const grid = /** @type {HTMLElement} */ (document.querySelector(".grid"));
const trouble = /** @type {HTMLElement} */ (document.querySelector(".trouble"));

/** @param {Element} target */
function word(target) {
  return /** @type {HTMLElement} */ (target).dataset.word ?? "";
}

/** @param {Language} language */
async function speak(language) {
  /** @type {Record<string, string | null>} */
  const words = language === "en" ? ENGLISH : GERMAN;
  document.documentElement.lang = language;
  labelled.forEach((target) => (target.textContent = words[word(target)]));
  await showProducts(language);
}

/** @param {Language} language */
async function showProducts(language) {
  trouble.hidden = true;
  grid.hidden = false;
  try {
    const products = await catalog(language);
    if (document.documentElement.lang === language) fill(products, language);
  } catch {
    trouble.hidden = false;
    grid.hidden = true;
  }
}

/** @param {Product[]} products @param {Language} language */
function fill(products, language) {
  grid.replaceChildren(...products.map((product) => card(product, language)));
  grid.removeAttribute("aria-busy");
}

/** @param {Language} language @returns {Promise<Product[]>} @throws when the shop does not answer */
async function catalog(language) {
  const response = await fetch(`catalog.json?language=${language}`);
  if (!response.ok) throw new Error(`catalog: status ${response.status}`);
  return (await response.json()).items;
}

/** @param {Product} product @param {Language} language */
function card(product, language) {
  const words = PRODUCT_WORDS[language];
  const title = element("h3", {}, product.name);
  const text = element("div", { class: "text" }, title, element("p", {}, product.tagline));
  const asked = () => chat.say(words.askAbout(product.name));
  const ask = element(
    "button",
    { type: "button", "aria-label": `${words.ask}: ${product.name}`, click: asked },
    words.ask,
  );
  return element("li", { class: "card" }, picture(product), text, prices(product, words.or), ask);
}

/** @param {Product} product */
function picture(product) {
  const source = webAddress(product.image, location.href);
  const attributes = { alt: "", loading: "lazy", width: 800, height: 600, error: hideBroken };
  const image = source === null ? null : element("img", { src: source, ...attributes });
  return element("div", { class: "picture" }, image);
}

/** @param {Product} product @param {string} or */
function prices({ price, monthly }, or) {
  const rent = monthly ? element("strong", {}, monthly) : null;
  return element("p", { class: "prices" }, rent, element("span", {}, rent ? `${or} ${price}` : price));
}

function listen() {
  chat.addEventListener("nochannel-language", () => speak(languageOf(chat.language)));
  trouble.querySelector("button")?.addEventListener("click", () => showProducts(languageOf(chat.language)));
  for (const button of document.querySelectorAll("[data-say]"))
    button.addEventListener("click", () => chat.say(button.textContent ?? ""));
}

// The chat knows which language this visitor speaks; its script may be ready after ours.
await customElements.whenDefined("nochannel-chat");
listen();
await speak(languageOf(chat.language));
