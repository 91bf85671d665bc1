"""What reaches Rasa of what people and buttons say, and what the assistant keeps in memory."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.processor import MessageProcessor

from bot.dialogue.assistant import PARSED_ONCE_UP_TO, Assistant, plain
from bot.messages import MAX_TEXT_LENGTH, Answer, Incoming, State
from tests.house import ShopDoor

NAME = "rest-kim"
_numbers = itertools.count()


@pytest.fixture
def fresh(assistant: Assistant, shop_door: ShopDoor) -> Iterator[Assistant]:
    """Nothing in memory yet, and a shop for its actions."""
    yield assistant
    assistant.forget_all()


async def says(assistant: Assistant, text: str, payload: str | None = None) -> Answer:
    """One committed turn."""
    number = next(_numbers)
    incoming = Incoming("rest", "kim", f"message-{number}", text, payload, language="de")
    answer = await assistant.answer(NAME, incoming, State(assistant.known_version(NAME), None))
    assistant.keep(NAME, str(number))
    return answer


def heard(answer: Answer) -> list[str | None]:
    return [reply.text for reply in answer.replies]


async def test_a_button_means_what_it_carries_whatever_it_says(fresh: Assistant) -> None:
    assert heard(await says(fresh, "Wetter morgen?", "/thanks")) == heard(await says(fresh, "", "/thanks"))


async def test_a_button_carries_entities(fresh: Assistant) -> None:
    parsed = fresh._from_payload('/ask_product{"product": "aeropix-mini"}', "Mehr dazu")
    assert parsed is not None
    assert parsed["intent"] == {"name": "ask_product", "confidence": 1.0}
    assert [(entity["entity"], entity["value"]) for entity in parsed["entities"]] == [("product", "aeropix-mini")]


@pytest.mark.parametrize(
    "payload",
    [
        None, "", "/", "thanks", "/no_such_intent", "/ask_product{broken", '/ask_product{"product": }', "/ask_product {}",
        "/thanks/thanks", "/thanks\n", "/Thanks", '/thanks["a"]', "/restart", "/back", "/session_start", "/restart{}",
    ],
)  # fmt: skip
def test_a_payload_that_is_none_of_ours_is_no_payload(assistant: Assistant, payload: str | None) -> None:
    assert assistant._from_payload(payload, "") is None


@given(payload=st.text())
def test_no_payload_breaks_the_turn(assistant: Assistant, payload: str) -> None:
    for text in (payload, "/" + payload, "/thanks{" + payload + "}"):
        parsed = assistant._from_payload(text, "")
        assert parsed is None or parsed["intent"]["name"] in assistant.domain.intents


@pytest.mark.parametrize(
    "word", ["/restart", "/back", "/session_start", "/thanks", " /restart", "//restart", "/ /restart"]
)
async def test_a_command_that_is_typed_is_not_carried_out(fresh: Assistant, word: str) -> None:
    await says(fresh, "auf deutsch bitte", "/switch_language")
    for payload in (None, word):
        answer = await says(fresh, word, payload)
        events = {event.type_name for event in fresh._kept[NAME].tracker.events}
        assert not events & {"restart", "undo", "rewind"}
        assert answer.replies
    assert fresh._kept[NAME].tracker.get_slot("language_asked_for") is True


@given(text=st.text(max_size=2 * MAX_TEXT_LENGTH))
def test_no_text_reaches_rasa_as_a_command_or_at_a_length_that_hurts(text: str) -> None:
    read = plain(text)
    assert not read.startswith("/")
    assert "\x00" not in read
    assert len(read) <= MAX_TEXT_LENGTH
    assert read == read.strip()


async def test_what_was_understood_once_is_not_worked_out_again(
    fresh: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    parse = MessageProcessor.parse_message

    async def counted(self: MessageProcessor, *args: object, **kwargs: object) -> object:
        asked.append(args)
        return await parse(self, *args, **kwargs)

    monkeypatch.setattr(MessageProcessor, "parse_message", counted)
    short, long = "vielen dank euch beiden", "vielen dank " * PARSED_ONCE_UP_TO
    for text in (short, short, long, long):
        await says(fresh, text)
    assert len(asked) == 3
    assert fresh._kept[NAME].tracker.latest_message.text == long.strip()


async def test_what_was_not_committed_is_not_remembered(fresh: Assistant) -> None:
    await says(fresh, "auf englisch bitte", "/switch_language")
    known = fresh.known_version(NAME)
    incoming = Incoming("rest", "kim", "message-x", "", "/switch_language")
    await fresh.answer(NAME, incoming, State(known, None))
    fresh.forget(NAME)
    assert fresh.known_version(NAME) == ""


async def test_another_workers_turn_is_read_from_redis(fresh: Assistant) -> None:
    first = await says(fresh, "danke", "/thanks")
    incoming = Incoming("rest", "kim", "message-y", "was habe ich gesagt?", "/repeat")
    answer = await fresh.answer(NAME, incoming, State("of-another-worker", tuple(first.events)))
    assert heard(answer) == heard(first)


async def test_the_window_in_memory_stays_short_in_a_conversation_that_is_never_interrupted(fresh: Assistant) -> None:
    lengths, windows = [], []
    for _ in range(120):
        windows.append((await says(fresh, "danke", "/thanks")).window)
        lengths.append(len(fresh._kept[NAME].tracker.events))
    assert max(lengths) < 110
    assert sum(window is not None for window in windows) >= 5
