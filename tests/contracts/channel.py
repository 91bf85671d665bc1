"""What every channel promises its customers. A channel's test class inherits this and gives it a `line`."""

import pytest

from bot.messages import Button, Card, Reply
from tests.contracts.lines import Line, Shown

LONG_TEXT = "\n\n".join(f"{number}. Die Drohne fliegt 31 Minuten, sagt {number * 7919} 🚁." for number in range(400))
CAPTION = " ".join(f"Wort{number}" for number in range(300))
MANY = tuple(Button(str(number), f'/inform{{"quantity": {number}}}') for number in range(1, 13))
PICTURE = "http://localhost:8080/images/aeropix-mini.png"
LONG_PAYLOAD = '/ask_product{"product": "aeropix-mini", "color": "nachtschwarz metallic", "since": "gestern Abend"}'
CHOICE = (Button("Ja", "/affirm"), Button("Ein langer Titel, der eine Zeile füllt", LONG_PAYLOAD))
CARDS = (
    Card("AeroPix Mini", "ab 499,00 €", PICTURE, (Button("Nehmen", "/affirm"),)),
    Card("AeroPix Pro", "", PICTURE),
    Card("Kurs für den Anfang", "4 Stunden", None, (Button("Buchen", "/affirm"), Button("Später", "/deny"))),
)
REPLIES = {
    "text": Reply(text="Gern."),
    "markup that is none": Reply(text="a < b & c_d *e* [f](g) `h` <b>i</b> \\ {j}"),
    "emoji, right to left, combined letters": Reply(text="🏳️‍🌈 שלום e\u0301 \u200d \u202e"),
    "text with buttons": Reply(text="Passt das so?", buttons=CHOICE),
    "many buttons": Reply(text="Wie viele?", buttons=MANY),
    "picture": Reply(image=PICTURE),
    "picture with text": Reply(text="So sieht sie aus.", image=PICTURE, buttons=CHOICE),
    "picture with a text longer than captions may be": Reply(text=CAPTION, image=PICTURE, buttons=CHOICE),
    "cards": Reply(text="Wir haben drei:", cards=CARDS),
    "a card with very much to say": Reply(cards=(Card("AeroPix", CAPTION, PICTURE, CHOICE),)),
    "a text longer than any vendor allows": Reply(text=LONG_TEXT, buttons=CHOICE),
}


class ChannelContract:
    """Messages are kept once and in order, not too many; replies are shown whole."""

    async def test_a_message_is_answered(self, line: Line) -> None:
        async with line.board.working():
            assert (await line.says("was habt ihr für drohnen? 🚁", "1")).status == 200
            await line.board.quiet(line.account)
        [heard] = line.board.dialogue.heard
        assert (heard.channel, heard.account) == (line.board.channel.name, line.account)
        assert heard.text == "was habt ihr für drohnen? 🚁"
        assert _words(await line.sees()).endswith("Gern.")

    async def test_a_message_delivered_twice_is_answered_once(self, line: Line) -> None:
        async with line.board.working():
            for _ in range(2):
                assert (await line.says("hallo", "1")).status == 200
                await line.board.quiet(line.account)
        assert len(line.board.dialogue.heard) == 1
        assert _words(await line.sees()).count("Gern.") == 1

    async def test_messages_are_answered_in_the_order_in_which_they_came(self, line: Line) -> None:
        async with line.board.working():
            for number in range(5):
                await line.says(f"nummer {number}", str(number))
            await line.board.quiet(line.account)
        assert [heard.text for heard in line.board.dialogue.heard] == [f"nummer {number}" for number in range(5)]

    async def test_too_many_in_a_minute_are_refused_until_it_is_over(self, line: Line) -> None:
        allowed = line.board.settings.messages_per_minute
        async with line.board.working():
            receipts = [await line.says("hallo", str(number)) for number in range(allowed + 2)]
            await line.board.quiet(line.account)
        assert [receipt.status for receipt in receipts] == [200] * allowed + [429, 429]
        assert 1 <= (receipts[-1].retry_after or 0) <= 60
        assert len(line.board.dialogue.heard) == allowed

    @pytest.mark.parametrize("kind", REPLIES)
    async def test_every_kind_of_reply_is_shown_whole(self, line: Line, kind: str) -> None:
        reply = line.board.dialogue.replies = (REPLIES[kind],)
        async with line.board.working():
            await line.says("hallo", "1")
            await line.board.quiet(line.account)
        shown = [part for part in await line.sees() if part.text != "hallo"]
        assert _shows_in_order(_words(shown), _said(reply[0]))
        assert sum(part.has_picture for part in shown) == _pictures(reply[0])
        assert [title for part in shown for title in part.buttons] == _titles(reply[0])

    @pytest.mark.parametrize("button", CHOICE, ids=["short", "long"])
    async def test_a_pressed_button_means_its_payload(self, line: Line, button: Button) -> None:
        line.board.dialogue.replies = (REPLIES["text with buttons"],)
        async with line.board.working():
            await line.says("hallo", "1")
            await line.board.quiet(line.account)
            assert (await line.presses(button.title)).status == 200
            await line.board.quiet(line.account)
        assert line.board.dialogue.heard[-1].payload == button.payload

    @pytest.mark.parametrize(
        "text", ["\x00", "\u202e\u200f", " \n\t ", "a" * 2_000, "{}{}{nc}", "'; DROP TABLE orders;--"]
    )
    async def test_strange_words_are_no_trouble(self, line: Line, text: str) -> None:
        async with line.board.working():
            assert (await line.says(text, "1")).status == 200
            assert (await line.says("hallo", "2")).status == 200
            await line.board.quiet(line.account)
        assert line.board.dialogue.heard[-1].text == "hallo"


def _words(shown: list[Shown]) -> str:
    return " ".join(" ".join(part.text.split()) for part in shown)


def _said(reply: Reply) -> list[str]:
    return [
        text for card in (None, *reply.cards) for text in ([card.title, card.subtitle] if card else [reply.text or ""])
    ]


def _shows_in_order(words: str, said: list[str]) -> bool:
    """Whether everything was said, in that order; where a long text was parted does not matter."""
    packed, position = "".join(words.split()), 0
    for text in said:
        wanted = "".join(text.split())
        position = packed.find(wanted, position)
        if position < 0:
            return False
        position += len(wanted)
    return True


def _pictures(reply: Reply) -> int:
    return sum(1 for image in (reply.image, *(card.image for card in reply.cards)) if image)


def _titles(reply: Reply) -> list[str]:
    return [button.title for buttons in (reply.buttons, *(card.buttons for card in reply.cards)) for button in buttons]
