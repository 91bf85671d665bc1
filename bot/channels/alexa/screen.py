"""The answer on a device with a screen: texts, pictures and buttons, one below the other, as an APL document."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from bot.messages import Button, Reply

PRESS = "press"
"""First argument of the events that our buttons send; the payload and the title follow."""

NAME = "answer"
VERSION = "1.8"

_TEXT = {
    "type": "Text",
    "when": "${data.text}",
    "text": "${data.text}",
    "fontSize": "28dp",
    "paddingBottom": "16dp",
}
_PICTURE = {
    "type": "Image",
    "when": "${data.picture}",
    "source": "${data.picture}",
    "width": "100%",
    "height": "40vh",
    "scale": "best-fit",
    "paddingBottom": "16dp",
}
_BUTTON = {
    "type": "TouchWrapper",
    "paddingBottom": "12dp",
    "onPress": [{"type": "SendEvent", "arguments": [PRESS, "${data.payload}", "${data.title}"]}],
    "item": {
        "type": "Frame",
        "borderRadius": "24dp",
        "borderWidth": "2dp",
        "borderColor": "#ffffff",
        "item": {"type": "Text", "text": "${data.label}", "fontSize": "24dp", "padding": "12dp", "textAlign": "center"},
    },
}
_DOCUMENT = {
    "type": "APL",
    "version": VERSION,
    "theme": "dark",
    "mainTemplate": {
        "parameters": ["payload"],
        "items": [
            {
                "type": "ScrollView",
                "width": "100vw",
                "height": "100vh",
                "item": {
                    "type": "Container",
                    "padding": "5vw",
                    "data": f"${{payload.{NAME}.parts}}",
                    "items": [_TEXT, _PICTURE, _BUTTON],
                },
            }
        ],
    },
}


def shown(replies: Sequence[Reply]) -> dict[str, Any]:
    """The directive that shows the replies."""
    parts = [part for reply in replies for part in _parts(reply)]
    return {
        "type": "Alexa.Presentation.APL.RenderDocument",
        "token": NAME,
        "document": _DOCUMENT,
        "datasources": {NAME: {"type": "object", "parts": parts}},
    }


def _parts(reply: Reply) -> Iterator[Mapping[str, str]]:
    yield from _portion(reply.text or "", reply.image, reply.buttons)
    for card in reply.cards:
        yield from _portion(f"{card.title}\n{card.subtitle}".strip(), card.image, card.buttons)


def _portion(text: str, picture: str | None, buttons: Sequence[Button]) -> Iterator[Mapping[str, str]]:
    if picture:
        yield {"picture": picture}
    if text:
        yield {"text": _escaped(text)}
    for button in buttons:
        yield {"label": _escaped(button.title), "title": button.title, "payload": button.payload}


def _escaped(text: str) -> str:
    """APL reads a little markup in texts."""
    return escape(text).replace("\n", "<br>")
