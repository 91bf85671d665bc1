"""The report is honest: nobody is asked what was nearly said in the lessons, and the same is asked at every run."""

from pathlib import Path

import pytest

from benchmarks.nlu_report import Answer, Entity, Example, entity_score, figures, read, split, thresholds, write

DATA = Path("data/nlu")


def example(text: str, intent: str = "track_order", entities: frozenset[Entity] = frozenset()) -> Example:
    return Example(f"- {text}", text, intent, "de", entities)


def answer(asked: Example, intent: str, confidence: float = 0.9, entities: frozenset[Entity] = frozenset()) -> Answer:
    return Answer(asked, [(intent, confidence)], False, "de", 0.9, entities, 1.0)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read([DATA / "de" / "orders.yml", DATA / "en" / "service.yml"])


def test_every_message_is_on_one_side_of_the_split(examples: list[Example]) -> None:
    learned, asked = split(examples)
    assert len(learned) + len(asked) == len(examples)
    assert not set(learned) & set(asked)
    assert 0.18 < len(asked) / len(examples) < 0.25


def test_every_intent_is_asked_and_learned(examples: list[Example]) -> None:
    learned, asked = split(examples)
    assert {e.intent for e in learned} == {e.intent for e in asked} == {e.intent for e in examples}


def test_the_split_does_not_depend_on_the_order(examples: list[Example]) -> None:
    assert set(split(examples)[1]) == set(split(examples[::-1])[1])


def test_near_duplicates_stay_together() -> None:
    twins = [example("wo bleibt denn mein paket nur"), example("wo bleibt denn mein paket nur!!")]
    others = [
        example(text) for text in ("kommt das heute", "tracking", "ich warte seit montag", "noch nichts da", "dhl?")
    ]
    for side in split([*twins, *others]):
        assert len(set(side) & set(twins)) in (0, 2)


def test_what_is_written_is_read_again(tmp_path: Path, examples: list[Example]) -> None:
    write(examples, tmp_path / "nlu.yml")
    assert set(read([tmp_path / "nlu.yml"])) == set(examples)


def test_an_entity_counts_only_with_its_exact_words() -> None:
    wanted, short = Entity("product", 4, 11), Entity("product", 4, 8)
    asked = example("die aeropix", entities=frozenset({wanted}))
    assert entity_score([answer(asked, "x", entities=frozenset({wanted}))]).f1 == 1
    assert entity_score([answer(asked, "x", entities=frozenset({short}))]).f1 == 0


def test_figures_count_what_was_understood() -> None:
    answers = [answer(example("a"), "track_order"), answer(example("b"), "out_of_scope", 0.3)]
    counted = figures(answers)
    assert counted["intent_accuracy"] == 0.5
    assert counted["out_of_scope_false_alarms"] == 0.5
    assert counted["out_of_scope_recall"] is None
    assert thresholds(answers)[-1] == {"threshold": pytest.approx(0.7), "answered": 0.5, "right": 1.0}
