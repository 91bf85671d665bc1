"""What a voice says of a reply: whole sentences, short lists, and one question at the end."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from xml.sax.saxutils import escape

from bot.channels.pronunciation import CLAUSE, CLOSE, OPEN, counted, said, with_pauses
from bot.messages import Button, Card, Reply

MAX_LISTED = 3
"""Things that a listener keeps in mind."""

GROUP_PAUSE_MILLISECONDS = 250

_URL = re.compile(r"[:,]?\s*(?:<)?(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)]>?")
_MARKER = re.compile(r"\A\s*(?:[-*•·▪–]|\d{1,2}[.)])\s+|\A\s*#+\s*")
_END = re.compile(r"(?<=[.!?]) +")
_WORD = rf"(?!(?:und|oder|and|or) )[^\s,.:!?{OPEN}{CLOSE}]+(?:{OPEN}[^{OPEN}{CLOSE}]*{CLOSE})*"
_THING = rf"{_WORD}(?: {_WORD}){{0,6}}"
_HEAD = rf"(?<!\S){_WORD}(?: {_WORD})*"
_LIST = re.compile(
    rf"(?P<things>(?<=: ){_THING}(?:, {_THING}){{2,}}|{_HEAD}(?:, {_THING}){{3,}}),? (?P<conjunction>und|oder|and|or) "
    rf"(?P<last>{_THING})(?=[.!?:,])"
)
"""Things in a row: four after a colon, five elsewhere, where a clause may stand before the first."""

_NUMBERS = re.compile(r"\b\d+(?:, \d+){2,},? (?:und|oder|and|or) \d+\b")
_ANSWERED_BY_YES = frozenset({"affirm", "deny"})
_NOT_OFFERED = frozenset({"stop"})
_WORDS = {
    "de": {"or": "oder", "and": "und", "to": "bis"},
    "en": {"or": "or", "and": "and", "to": "to"},
}


class Screen(StrEnum):
    """Where something goes that must be seen: a link, a document."""

    ELSEWHERE = "elsewhere"
    BESIDE = "beside"
    SMS = "sms"
    APP = "app"


_SEEN = {
    Screen.ELSEWHERE: {
        "de": "Den Link kann ich nicht vorlesen, den gibt es im Chat auf unserer Seite.",
        "en": "I can't read out the link, you get it in the chat on our site.",
    },
    Screen.BESIDE: {"de": "Der Link steht hier im Chat.", "en": "The link is here in the chat."},
    Screen.SMS: {"de": "Der Link kommt als SMS aufs Handy.", "en": "The link comes as a text message."},
    Screen.APP: {"de": "Der Link steht in der Alexa-App.", "en": "The link is in the Alexa app."},
}


_SHOWN = {"de": "Den Link habe ich an {channel} geschickt.", "en": "I've sent the link to {channel}."}


@dataclass(frozen=True)
class Speech:
    """What is said, in order, the question last.

    `more` is what a long list left out, to be said when it is asked for (`of_more`). `choices` are the buttons that were
    offered, in the order in which they were said or stand in the text: a digit or a bare yes can mean one of them.
    `links` are what must be seen instead.
    """

    sentences: tuple[str, ...]
    language: str = "de"
    more: tuple[str, ...] = ()
    choices: tuple[Button, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return with_pauses(" ".join(self.sentences))

    @property
    def is_question(self) -> bool:
        return bool(self.sentences) and self.sentences[-1].endswith("?")

    @property
    def ssml_body(self) -> str:
        """Without the outermost element, as Twilio's <Say> takes it."""
        return "".join(f"<s>{_marked_up(sentence)}</s>" for sentence in self.sentences)

    @property
    def ssml(self) -> str:
        return f"<speak>{self.ssml_body}</speak>"


def spoken(reply: Reply, screen: Screen = Screen.ELSEWHERE) -> str:
    """A reply as plain words."""
    return speech((reply,), screen).text


def ssml(reply: Reply, screen: Screen = Screen.ELSEWHERE) -> str:
    """A reply as a whole SSML document."""
    return speech((reply,), screen).ssml


def speech(replies: Sequence[Reply], screen: Screen = Screen.ELSEWHERE) -> Speech:
    """All that one turn says, as one speech."""
    language = replies[-1].language if replies else "de"
    told = [_Telling(reply) for reply in replies]
    sentences = [sentence for telling in told for sentence in telling.sentences()]
    links = tuple(link for telling in told for link in telling.links)
    more = tuple(thing for telling in told for thing in telling.more)
    question = [sentences.pop()] if sentences and sentences[-1].endswith("?") else []
    if links:
        shown_on = next((reply.shown_on for reply in replies if reply.shown_on), None)
        sentences.append(_SHOWN[language].format(channel=shown_on) if shown_on else _SEEN[screen][language])
    if more and not question:
        question = [_offer(len(more), language)]
    choices = tuple(choice for telling in told for choice in telling.choices)
    return Speech(tuple(sentences + question), language, more, choices, links)


def of_more(more: Sequence[str], language: str) -> Speech:
    """The next of what a list left out."""
    told, rest = more[:MAX_LISTED], tuple(more[MAX_LISTED:])
    sentences = list(told) if told[0].endswith(".") else [_capital(_joined(told, language, "and")) + "."]
    if rest:
        sentences += [_capital(_and_more(len(rest), language)) + ".", _offer(len(rest), language)]
    return Speech(tuple(sentences), language, rest)


@dataclass
class _Telling:
    """One reply being put into words."""

    reply: Reply
    more: list[str] = field(default_factory=list)
    named: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        found = (match[0].lstrip(":, \n<").rstrip(">") for match in _URL.finditer(self.reply.text or ""))
        return tuple(found)

    @property
    def choices(self) -> tuple[Button, ...]:
        """Of the reply itself and, since they are not all said, of no card."""
        return tuple(button for button in self.reply.buttons if _intent(button) not in _NOT_OFFERED)

    def sentences(self) -> list[str]:
        text = self._text()
        question = text.pop() if text and text[-1].endswith("?") else ""
        asked = self._asked(question)
        return [*text, *self._cards(), *([asked] if asked else [])]

    def _text(self) -> list[str]:
        """The text's sentences; lines under a heading are a list, of which three are said."""
        lines = [said(_unmarked(line), self.reply.language) for line in _without_links(self.reply.text or "")]
        self.named = " ".join(lines)
        heading = next((at for at, line in enumerate(lines) if line.endswith(":")), len(lines))
        listed = [] if self._is_confirmation else lines[heading + 1 :]
        lines = [*lines[: len(lines) - len(listed)], *self._first_three([_ended(line) for line in listed])]
        whole = " ".join(_ended(line) for line in lines if line)
        return [self._shortened(sentence) for sentence in _END.split(whole) if sentence.strip(".!? ")]

    def _first_three(self, told: list[str]) -> list[str]:
        """And how many more there are."""
        left = told[MAX_LISTED:]
        self.more += left
        return [*told[:MAX_LISTED], *([_capital(_and_more(len(left), self.reply.language)) + "."] if left else [])]

    @property
    def _is_confirmation(self) -> bool:
        """What a yes is said to is said whole."""
        return any(_intent(button) in _ANSWERED_BY_YES for button in self.reply.buttons)

    def _shortened(self, sentence: str) -> str:
        if self._is_confirmation:
            return sentence
        return _LIST.sub(self._short_list, _NUMBERS.sub(self._short_numbers, sentence))

    def _short_numbers(self, match: re.Match[str]) -> str:
        return _numbers([int(number) for number in re.findall(r"\d+", match[0])], self.reply.language)

    def _short_list(self, match: re.Match[str]) -> str:
        told, rest = _three_of([*match["things"].split(", "), match["last"]], self.reply.language, match["conjunction"])
        self.more += [thing.strip(CLAUSE) for thing in rest]
        return told

    def _cards(self) -> list[str]:
        """One sentence each, of those that the text has not told already."""
        cards = [card for card in self.reply.cards if not _is_in(said(card.title, self.reply.language), self.named)]
        return self._first_three([_card(card, self.reply.language) for card in cards])

    def _asked(self, question: str) -> str:
        """The question with the choices that the text does not name, or the choices as a question."""
        if self._is_confirmation:
            return question
        titles = [said(button.title, self.reply.language).rstrip(".!") for button in self.choices]
        unnamed = [title for title in titles if not title.endswith("?") and not _is_in(title, self.named)]
        if not unnamed:
            return question
        choice = self._choice(unnamed)
        if question and not re.search(r"[:,]", question):
            return f"{question.rstrip('?')}: {choice}?"
        return f"{question} {_capital(choice)}?".lstrip()

    def _choice(self, titles: Sequence[str]) -> str:
        told, _ = _three_of(titles, self.reply.language, _WORDS[self.reply.language]["or"])
        return told


def _three_of(things: Sequence[str], language: str, conjunction: str) -> tuple[str, list[str]]:
    """At most three of a list with how many more there are, and those; numbers in a row as a range."""
    if len(things) <= MAX_LISTED:
        return _joined(things, language, conjunction), []
    if all(thing.isdigit() for thing in things):
        return _numbers([int(thing) for thing in things], language), []
    left = things[MAX_LISTED:]
    return f"{', '.join(things[:MAX_LISTED])} {_and_more(len(left), language)}", list(left)


def _numbers(numbers: Sequence[int], language: str) -> str:
    """38, 39, 40, 41 -> "38 bis 41"; 1, 3, 6, 12 -> "1, 3, 6 und weitere bis 12"."""
    if list(numbers) == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{numbers[0]} {_WORDS[language]['to']} {numbers[-1]}"
    between = "and more up to" if language == "en" else "und weitere bis"
    return f"{', '.join(map(str, numbers[:MAX_LISTED]))} {between} {numbers[-1]}"


def _and_more(left: int, language: str) -> str:
    if language == "en":
        return f"and {counted(left, 'en')} more"
    return "und noch etwas" if left == 1 else f"und noch {counted(left, 'de')} weitere"


def _offer(left: int, language: str) -> str:
    if language == "en":
        return "Shall I name it?" if left == 1 else "Shall I name them?"
    return "Soll ich es nennen?" if left == 1 else "Soll ich sie nennen?"


def _joined(things: Sequence[str], language: str, conjunction: str) -> str:
    word = _WORDS[language].get(conjunction, conjunction)
    return f"{', '.join(things[:-1])} {word} {things[-1]}" if len(things) > 1 else "".join(things)


def _card(card: Card, language: str) -> str:
    details = said(_unmarked(" ".join(_without_links(card.subtitle))), language).rstrip(".!? ")
    title = said(card.title, language)
    return f"{title}: {re.sub(r'[.!] +', f'{CLAUSE} ', details)}." if details else f"{title}."


def _without_links(text: str) -> Iterable[str]:
    """Its lines."""
    return [line for line in _URL.sub("", text).splitlines() if line.strip()]


def _unmarked(line: str) -> str:
    return _MARKER.sub("", line)


def _ended(line: str) -> str:
    return line if line.endswith((".", "!", "?", ":")) else f"{line}."


def _is_in(title: str, text: str) -> bool:
    return (
        re.search(rf"(?<!\w){re.escape(with_pauses(title).casefold())}(?!\w)", with_pauses(text).casefold()) is not None
    )


def _intent(button: Button) -> str:
    return button.payload.removeprefix("/").partition("{")[0] if button.payload.startswith("/") else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _marked_up(sentence: str) -> str:
    return with_pauses(escape(sentence), f'<break time="{GROUP_PAUSE_MILLISECONDS}ms"/>')
