/** Speaking and listening through the browser's own speech interfaces; without them nothing of it is shown. */

/** @typedef {import("./words.js").Language} Language */
/**
 * @typedef {"denied" | "silent" | "away"} Trouble
 * @typedef {{interim: (text: string) => void, heard: (text: string) => void, trouble: (why: Trouble) => void, ended: () => void}} Listener
 */

const LOCALES = { de: "de-DE", en: "en-GB" };

/** @type {Record<string, Trouble>} the browser's words for what went wrong, and ours */
const TROUBLES = {
  "not-allowed": "denied",
  "service-not-allowed": "denied",
  "audio-capture": "denied",
  "no-speech": "silent",
  network: "away",
  "language-not-supported": "away",
};

export class Voice {
  /** @type {any} */
  #recognition = null;

  /** Whether the browser can listen. */
  get canListen() {
    return recognitionOf(window) !== undefined;
  }

  get listening() {
    return this.#recognition !== null;
  }

  /** Until the customer pauses, or `stop`. @param {Language} language @param {Listener} listener */
  listen(language, listener) {
    this.hush();
    const recognition = new (recognitionOf(window))();
    recognition.lang = LOCALES[language];
    recognition.interimResults = true;
    recognition.onresult = (/** @type {any} */ event) => this.#understood(event, listener);
    recognition.onerror = (/** @type {any} */ event) => {
      if (event.error !== "aborted") listener.trouble(TROUBLES[event.error] ?? "away");
    };
    recognition.onend = () => {
      this.#recognition = null;
      listener.ended();
    };
    this.#recognition = recognition;
    recognition.start();
  }

  stop() {
    this.#recognition?.abort();
  }

  /** @param {string} text @param {Language} language */
  speak(text, language) {
    if (!("speechSynthesis" in window) || this.listening) return;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = LOCALES[language];
    window.speechSynthesis.speak(utterance);
  }

  /** Neither listens nor speaks on: the customer writes, presses a button or leaves. */
  quiet() {
    this.stop();
    this.hush();
  }

  /** Whoever speaks is not talked over. */
  hush() {
    if ("speechSynthesis" in window) window.speechSynthesis.cancel();
  }

  /** @param {any} event @param {Listener} listener */
  #understood(event, listener) {
    const results = [...event.results];
    const text = results.map((result) => result[0].transcript).join("").trim();
    if (text === "") return;
    if (results.every((result) => result.isFinal)) listener.heard(text);
    else listener.interim(text);
  }
}

/** @param {any} page */
function recognitionOf(page) {
  return page.SpeechRecognition ?? page.webkitSpeechRecognition;
}
