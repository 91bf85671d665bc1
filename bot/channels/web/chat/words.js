/** Everything the chat itself says, in German and English; what the assistant says comes from the server. */

/** @typedef {"de" | "en"} Language */

/** @type {Language[]} */
export const LANGUAGES = ["de", "en"];

const GERMAN = {
  title: "Frag uns",
  open: "Frag uns – Chat öffnen",
  openUnread: (/** @type {number} */ count) =>
    `Frag uns – Chat öffnen, ${count === 1 ? "1 neue Nachricht" : `${count} neue Nachrichten`}`,
  launcher: "Frag uns",
  minimise: "Chat minimieren",
  connecting: "Verbinde …",
  online: "Digitaler Assistent",
  waiting: "Keine Verbindung",
  bannerOffline: "Du bist offline. Schreib ruhig weiter: Ich sende alles, sobald du wieder online bist.",
  bannerWaiting: "Verbindung unterbrochen. Schreib ruhig weiter, es geht nichts verloren.",
  bannerBack: "Die Verbindung ist wieder da.",
  connectNow: "Verbinden",
  languages: "Sprache",
  history: "Gesprächsverlauf",
  messages: "Nachrichten",
  newMessage: "Neue Nachricht",
  from: { customer: "Du", assistant: "Assistent", person: "Kundenservice" },
  typing: "Antwort wird geschrieben …",
  pending: "Noch nicht gesendet",
  sent: "Gesendet",
  refused: {
    too_long: "Nicht gesendet: Die Nachricht ist zu lang.",
    other: "Das hat nicht geklappt.",
  },
  tryAgain: "Nochmal senden",
  discard: "Verwerfen",
  slowDown: "Das ging schnell! Ich sende deine Nachricht gleich, einen Moment.",
  compose: "Deine Nachricht",
  placeholder: "Schreib uns …",
  send: "Senden",
  speak: "Sprechen",
  listening: "Ich höre zu …",
  voiceTrouble: {
    denied: "Ich darf dein Mikrofon nicht benutzen. Du kannst es im Browser erlauben oder einfach schreiben.",
    silent: "Ich habe nichts gehört. Versuch es noch einmal, oder schreib einfach.",
    away: "Zuhören klappt gerade nicht. Schreib mir einfach.",
  },
  charactersLeft: (/** @type {number} */ count) => `noch ${count} Zeichen`,
  charactersOver: (/** @type {number} */ count) => `${count} Zeichen zu viel`,
  tooLong: "Das ist etwas zu lang: höchstens 2.000 Zeichen auf einmal.",
  image: "Bild ansehen",
  previous: "Zurückblättern",
  next: "Weiterblättern",
  choices: "Antwort auswählen",
  cards: "Vorschläge",
  chosen: "ausgewählt",
  emptyTitle: "Hallo! Was kann ich für dich tun?",
  emptyText:
    "Ich bin der digitale Assistent des Shops. Ich berate dich, nehme Bestellungen an und weiß, wo dein Paket ist.",
  starters: ["Was kann ich bei euch mieten?", "Wo ist mein Paket?", "Was habt ihr unter 500 Euro?"],
  today: "Heute",
  yesterday: "Gestern",
};

/** @typedef {typeof GERMAN} Words */

/** @type {Words} */
const ENGLISH = {
  title: "Ask us",
  open: "Ask us – open chat",
  openUnread: (count) => `Ask us – open chat, ${count === 1 ? "1 new message" : `${count} new messages`}`,
  launcher: "Ask us",
  minimise: "Minimise chat",
  connecting: "Connecting …",
  online: "Digital assistant",
  waiting: "No connection",
  bannerOffline: "You are offline. Keep typing: I'll send everything once you are back online.",
  bannerWaiting: "Connection interrupted. Keep typing, nothing will be lost.",
  bannerBack: "The connection is back.",
  connectNow: "Connect",
  languages: "Language",
  history: "Conversation",
  messages: "Messages",
  newMessage: "New message",
  from: { customer: "You", assistant: "Assistant", person: "Customer service" },
  typing: "An answer is being written …",
  pending: "Not sent yet",
  sent: "Sent",
  refused: {
    too_long: "Not sent: the message is too long.",
    other: "That did not work.",
  },
  tryAgain: "Send again",
  discard: "Discard",
  slowDown: "That was quick! I'll send your message in a moment.",
  compose: "Your message",
  placeholder: "Write to us …",
  send: "Send",
  speak: "Speak",
  listening: "I'm listening …",
  voiceTrouble: {
    denied: "I may not use your microphone. You can allow it in the browser, or just type.",
    silent: "I didn't hear anything. Try again, or just type.",
    away: "Listening doesn't work right now. Just type to me.",
  },
  charactersLeft: (count) => `${count} characters left`,
  charactersOver: (count) => `${count} characters too many`,
  tooLong: "That is a little too long: 2,000 characters at a time at most.",
  image: "View image",
  previous: "Show previous",
  next: "Show next",
  choices: "Choose an answer",
  cards: "Suggestions",
  chosen: "chosen",
  emptyTitle: "Hello! What can I do for you?",
  emptyText: "I am the shop's digital assistant. I give advice, take orders and know where your parcel is.",
  starters: ["What can I rent from you?", "Where is my parcel?", "What do you have under 500 euros?"],
  today: "Today",
  yesterday: "Yesterday",
};

/** @type {Record<Language, Words>} */
const WORDS = { de: GERMAN, en: ENGLISH };

/** What the customer says by pressing the other language. */
export const SWITCH_TITLES = { de: "Deutsch, bitte", en: "English, please" };

/** @param {Language} language */
export function wordsIn(language) {
  return WORDS[language];
}

/**
 * German unless English is asked for: "en", "en-GB" and the like.
 * @param {unknown} tag
 * @returns {Language}
 */
export function languageOf(tag) {
  return String(tag ?? "")
    .toLowerCase()
    .startsWith("en")
    ? "en"
    : "de";
}
