/** The line to the server: one WebSocket at a time, opened again with growing, random pauses whenever it is lost. */

/**
 * @typedef {"idle" | "connecting" | "online" | "waiting"} State
 * @typedef {{greeting: () => object, receive: (frame: any) => void, stateChanged: () => void}} Ends
 */

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const WELCOME_WITHIN_MS = 10_000;
// Only a line that held this long makes the next pause short again: a server that drops everyone is not stormed.
const STEADY_AFTER_MS = 10_000;
// A tab that slept longer may hold a line that died without a word.
const STALE_AFTER_MS = 60_000;

export class Connection {
  /** @type {State} */
  state = "idle";
  #url;
  #ends;
  /** @type {WebSocket | null} */
  #socket = null;
  #losses = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #hiddenAt = 0;
  #wake = () => this.#pageWoke();
  #offline = () => this.restart();

  /** @param {URL} url @param {Ends} ends */
  constructor(url, ends) {
    this.#url = url;
    this.#ends = ends;
  }

  start() {
    if (this.state !== "idle") return;
    window.addEventListener("online", this.#wake);
    window.addEventListener("offline", this.#offline);
    document.addEventListener("visibilitychange", this.#wake);
    this.#connect();
  }

  stop() {
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("offline", this.#offline);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#letGo();
    this.#show("idle");
  }

  /** Without waiting for the end of the pause. */
  connectNow() {
    if (this.state === "waiting") this.#connect();
  }

  /** For a line that looks open and is not. */
  restart() {
    if (this.state === "connecting" || this.state === "online") this.#lost();
  }

  /** Greets again at once, because the visitor is somebody else now. */
  reconnect() {
    if (this.state !== "idle") this.#connect();
  }

  /** @param {object} frame @returns {boolean} whether it went out; that does not mean that it arrived */
  send(frame) {
    if (this.state !== "online") return false;
    this.#socket?.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    this.#letGo();
    this.#show("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(this.#ends.greeting()));
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => this.#lost();
    this.#timer = setTimeout(() => this.#lost(), WELCOME_WITHIN_MS);
  }

  /** @param {string} data */
  #received(data) {
    const frame = parsed(data);
    if (frame?.type === "welcome") this.#welcomed();
    if (frame !== null) this.#ends.receive(frame);
  }

  #welcomed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#losses = 0), STEADY_AFTER_MS);
    this.#show("online");
  }

  #lost() {
    this.#letGo();
    this.#timer = setTimeout(() => this.#connect(), pauseAfter(this.#losses));
    this.#losses += 1;
    this.#show("waiting");
  }

  #letGo() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null; // a dead line may take a minute to say that it closed
    socket.close();
  }

  #pageWoke() {
    if (document.visibilityState === "hidden") {
      this.#hiddenAt = Date.now();
      return;
    }
    if (this.state === "online" && this.#hiddenAt && Date.now() - this.#hiddenAt > STALE_AFTER_MS) this.restart();
    this.#hiddenAt = 0;
    this.connectNow();
  }

  /** @param {State} state */
  #show(state) {
    this.state = state;
    this.#ends.stateChanged();
  }
}

/**
 * Milliseconds to wait after so many losses in a row; random, so that a restarted server is not met by all at once.
 * @param {number} losses
 */
export function pauseAfter(losses) {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** losses, LONGEST_PAUSE_MS);
  return pause * (0.5 + Math.random() / 2);
}

/** @param {string} data */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
