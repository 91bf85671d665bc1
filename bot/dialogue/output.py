"""Collects what Rasa wants to say as replies in the shared words."""

from typing import Any

from rasa.core.channels.channel import OutputChannel

from bot.messages import Button, Card, Document, Reply


class ReplyCollector(OutputChannel):
    """An output channel that sends nothing: the turn commits the replies.

    Responses with a `channel:` variant in domain.yml are chosen by `channel`; Rasa's `elements` become cards.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._messages: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        """Custom messages: what actions ask for beyond saying something here."""

    def name(self) -> str:  # Rasa declares a class method, yet calls it on the instance
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        if message.get("custom"):
            self.asked.append(message["custom"])
        else:
            self._messages.append(message)

    def forget(self) -> None:
        """What was said so far is not to be heard."""
        self._messages.clear()

    def replies(self, language: str) -> tuple[Reply, ...]:
        replies = (_reply(message, language) for message in self._messages)
        return tuple(reply for reply in replies if reply.text or reply.image or reply.cards)


def _reply(message: dict[str, Any], language: str) -> Reply:
    return Reply(
        text=message.get("text") or None,
        image=message.get("image") or None,
        buttons=_buttons(message.get("buttons") or message.get("quick_replies") or ()),
        cards=tuple(_card(element) for element in message.get("elements") or ()),
        document=_document(message.get("attachment")),
        language=language,
        response=message.get("utter_action"),
    )


def _document(attachment: Any) -> Document | None:
    """Rasa's own attachments are addresses of pictures, which are shown as such."""
    return Document(**attachment) if isinstance(attachment, dict) else None


def _card(element: dict[str, Any]) -> Card:
    return Card(
        title=element["title"],
        subtitle=element.get("subtitle") or "",
        image=element.get("image_url"),
        buttons=_buttons(element.get("buttons") or ()),
    )


def _buttons(raw: Any) -> tuple[Button, ...]:
    return tuple(Button(button["title"], button["payload"]) for button in raw)
