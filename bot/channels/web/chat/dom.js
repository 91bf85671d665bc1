/** Building the page out of elements; markup is never parsed, so no text can become code. */

const SVG = "http://www.w3.org/2000/svg";
const LINK = /https?:\/\/[^\s<>"']+/g;
const TRAILING = /[.,;:!?)\]}…]+$/;

/** Drawn on a 24 by 24 grid as strokes. */
const ICONS = {
  chat: "M5 17.5 4 21l4-1.6A9 9 0 1 0 5 17.5Z",
  minimise: "m6 9.5 6 6 6-6",
  send: "M12 20V5m-6.5 6L12 4.5 18.5 11",
  microphone: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15Zm-6.5-4a6.5 6.5 0 0 0 13 0M12 17.5V21",
  previous: "m14.5 6-6 6 6 6",
  next: "m9.5 6 6 6-6 6",
  down: "M12 5v13m-5.5-5.5L12 18l5.5-5.5",
  offline: "M4 4l16 16M8.5 15.5a5 5 0 0 1 6 0M5 12a10 10 0 0 1 4-2.4m4.6-.2A10 10 0 0 1 19 12M12 19h.01",
};

/**
 * An element with attributes and children. `null` and `false` leave an attribute out, functions become listeners.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {any} the element, typed by whoever asked for the tag
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** @param {HTMLElement} target @param {string} name @param {unknown} value */
export function setAttribute(target, name, value) {
  if (typeof value === "function") target.addEventListener(name, /** @type {EventListener} */ (value));
  else if (value === null || value === false) target.removeAttribute(name);
  else target.setAttribute(name, value === true ? "" : String(value));
}

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** For decorative pictures: rather nothing than a torn frame. @param {Event} event of the picture that did not load */
export function hideBroken(event) {
  /** @type {HTMLElement} */ (event.target).hidden = true;
}

/**
 * The address if it may be followed or loaded, else null: http and https only.
 * @param {string | null} address
 * @param {string | URL} base what a relative address is relative to
 */
export function webAddress(address, base) {
  if (!address || !URL.canParse(address, base)) return null;
  const url = new URL(address, base);
  return ["http:", "https:"].includes(url.protocol) ? url.href : null;
}

/**
 * A text as nodes, its web addresses as links.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function textWithLinks(text) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TRAILING, "");
    if (!webAddress(address, location.href)) continue;
    nodes.push(text.slice(done, match.index), linkTo(address, address));
    done = match.index + address.length;
  }
  return [...nodes, text.slice(done)];
}

/**
 * A link that opens beside the conversation and tells the other site nothing about it.
 * @param {string} href
 * @param {Node | string} content
 */
export function linkTo(href, content) {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, content);
}
