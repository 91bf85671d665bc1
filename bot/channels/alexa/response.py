"""What Alexa is answered: speech, a reprompt, a card in the app, a screen, and whether it goes on listening."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from bot.channels.alexa.screen import shown
from bot.channels.alexa.words import Tone, words
from bot.channels.pieces import split
from bot.channels.speech import Screen, Speech, of_more, speech
from bot.messages import Reply

MAX_SPEECH = 8_000
MAX_CARD = 7_900
"""Characters of a card's text, its title not counted."""

MAX_RESPONSE_BYTES = 120_000
_LONGEST_SENTENCE = 2_000
_LOCALES = {"de": "de-DE", "en": "en-US"}

_OFFERS = {language: {of_more("abc" + left, language).sentences[-1] for left in ("d", "de")} for language in _LOCALES}
"""How the voice asks whether to go on with a list."""

Body = dict[str, Any]

NOTHING: Body = {"version": "1.0", "response": {}}
CANNOT_FULFILL: Body = {"version": "1.0", "response": {"canFulfillIntent": {"canFulfill": "NO"}}}
"""To Alexa's question whether some sentence of somebody who did not name this skill is for it."""


@dataclass(frozen=True)
class Listener:
    """Who hears the answer: the language of the device's voice, how people are addressed, whether there is a screen."""

    language: str
    tone: Tone
    title: str
    has_screen: bool = False


def answered(
    replies: Sequence[Reply], listener: Listener, *, is_late: bool = False, link_account: bool = False
) -> Body:
    """What a turn said. A late answer is introduced as that, a missing account link is asked for in the app."""
    if not replies:
        return plainly("nothing_said", listener)
    said = _within_limit(_speech(replies, listener, is_late=is_late))
    body = _body(said, listener)
    body["response"]["card"] = {"type": "LinkAccount"} if link_account else _card(replies, listener)
    body["sessionAttributes"] = _for_a_yes(said, replies)
    return _with_screen(body, replies) if listener.has_screen else body


def next_of_more(more: Sequence[str], language: str, listener: Listener) -> Body:
    """What a long list had left out; the next three of it."""
    said = of_more(more, language)
    body = _body(said, listener)
    if said.more:
        body["sessionAttributes"] = {"more": list(said.more), "language": language}
    return body


def plainly(name: str, listener: Listener, *, ends: bool = False) -> Body:
    """A sentence of the skill's own; said again to whoever keeps silent, unless the session ends."""
    text = words(name, listener.language, listener.tone)
    body = _body(speech((Reply(text=text, language=listener.language),)), listener)
    response = {**body["response"], "shouldEndSession": ends}
    if not ends:
        response["reprompt"] = {"outputSpeech": response["outputSpeech"]}
    return {**body, "response": response}


def _speech(replies: Sequence[Reply], listener: Listener, *, is_late: bool) -> Speech:
    language = replies[-1].language
    before = Reply(text=words("answer_to_before", language, listener.tone), language=language)
    return speech([before, *replies] if is_late else replies, Screen.APP)


def _body(said: Speech, listener: Listener) -> Body:
    """With attributes that are empty rather than absent: what an earlier answer offered is over."""
    response: Body = {
        "outputSpeech": {"type": "SSML", "ssml": _ssml(said.ssml_body, said.language, listener)},
        "shouldEndSession": not said.is_question,
    }
    if said.is_question:
        again = replace(said, sentences=(said.sentences[-1],))
        response["reprompt"] = {
            "outputSpeech": {"type": "SSML", "ssml": _ssml(again.ssml_body, said.language, listener)}
        }
    return {"version": "1.0", "sessionAttributes": {}, "response": response}


def _ssml(body: str, language: str, listener: Listener) -> str:
    """In the voice of the conversation's language, where that is not the device's."""
    if language != listener.language:
        body = f'<lang xml:lang="{_LOCALES[language]}">{body}</lang>'
    return f"<speak>{body}</speak>"


def _within_limit(said: Speech) -> Speech:
    """Of a speech that is longer than Alexa allows, the beginning and the question; the rest stands in the app."""
    sentences = [split(sentence, _LONGEST_SENTENCE)[0] for sentence in said.sentences if sentence.strip()]
    while len(replace(said, sentences=tuple(sentences)).ssml) > MAX_SPEECH - 100:
        del sentences[-2 if len(sentences) > 1 else -1]
    return replace(said, sentences=tuple(sentences))


def _for_a_yes(said: Speech, replies: Sequence[Reply]) -> Body:
    """What a yes means that answers a question of the voice's own: whether to name the rest, or to do the only thing offered."""
    if said.more and said.sentences[-1] in _OFFERS[said.language]:
        return {"more": list(said.more), "language": said.language}
    if len(said.choices) == 1 and not any("?" in (reply.text or "") for reply in replies):
        return {"yes": asdict(said.choices[0])}
    return {}


def _card(replies: Sequence[Reply], listener: Listener) -> Body:
    text = next(iter(split("\n".join(_lines(replies)), MAX_CARD)), "")
    image = next((image for reply in replies for image in _images(reply) if image.startswith("https://")), None)
    if image is None:
        return {"type": "Simple", "title": listener.title, "content": text}
    images = {"smallImageUrl": image, "largeImageUrl": image}
    return {"type": "Standard", "title": listener.title, "text": text, "image": images}


def _lines(replies: Sequence[Reply]) -> list[str]:
    lines = []
    for reply in replies:
        lines += [reply.text] if reply.text else []
        lines += [f"{card.title}: {card.subtitle}".rstrip(": ") for card in reply.cards]
    return lines


def _images(reply: Reply) -> list[str]:
    return [image for image in (reply.image, *(card.image for card in reply.cards)) if image]


def _with_screen(body: Body, replies: Sequence[Reply]) -> Body:
    """Unless that makes it longer than Alexa reads."""
    with_screen = {**body, "response": {**body["response"], "directives": [shown(replies)]}}
    return with_screen if len(orjson.dumps(with_screen)) <= MAX_RESPONSE_BYTES else body
