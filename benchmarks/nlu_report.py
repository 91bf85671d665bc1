"""How well the assistant understands: `make nlu-report`.

Splits data/nlu (four fifths to learn from, one fifth to be asked), trains with the project's own config.yml through Rasa's graph,
and asks. Messages in tests/nlu/heldout, written by people who never saw the data, are asked too.
Prints tables; writes results/nlu_report.jsonl and pictures of the confusion matrices.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded; halves the CPU per message

import numpy as np
import yaml

HELD_BACK = 0.2
ALIKE = 0.7
"""Share of common letter triples above which two messages are near-duplicates and stay on one side of the split."""
OUT_OF_SCOPE = "out_of_scope"
FALLBACK = "nlu_fallback"
OURS = "nochannel"
DEFAULT_PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
]
"""What `rasa init` writes, less what it does for other tasks (synonyms, response selection, fallback)."""


@dataclass(frozen=True)
class Entity:
    """An entity by its place and kind."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """A message with what is to be understood of it; `line` is how the file writes it."""

    line: str
    text: str
    intent: str
    language: str
    entities: frozenset[Entity]


@dataclass(frozen=True)
class Answer:
    """What a model made of an example."""

    example: Example
    ranking: Sequence[tuple[str, float]]
    unsure: bool
    language: str | None
    language_confidence: float
    entities: frozenset[Entity]
    milliseconds: float

    @property
    def intent(self) -> str:
        return self.ranking[0][0] if self.ranking else "none"

    @property
    def is_right(self) -> bool:
        return self.intent == self.example.intent


@dataclass(frozen=True)
class Score:
    """Precision, recall and their harmonic mean, of `support` cases."""

    precision: float
    recall: float
    f1: float
    support: int

    @classmethod
    def of(cls, hits: int, found: int, wanted: int) -> Score:
        precision, recall = hits / found if found else 0.0, hits / wanted if wanted else 0.0
        return cls(precision, recall, 2 * hits / (found + wanted) if found + wanted else 0.0, wanted)


# --- reading and splitting


def read(paths: Iterable[Path]) -> list[Example]:
    """All examples of these files, in the order of the files' names; repeated ones once."""
    examples = {example.text.lower(): example for path in sorted(paths) for example in _examples_in(path)}
    return list(examples.values())


def _examples_in(path: Path) -> Iterator[Example]:
    from rasa.shared.nlu.training_data.entities_parser import parse_training_example

    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for line in block["examples"].splitlines():
            if line.startswith("- ") and line[2:].strip():
                message = parse_training_example(line[2:].strip(), block["intent"])
                entities = frozenset(Entity(e["entity"], e["start"], e["end"]) for e in message.get("entities") or [])
                yield Example(line, message.get("text"), block["intent"], block["metadata"]["language"], entities)


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Learning and asking part: by intent and language, near-duplicates together, the same at every run."""
    learned: list[Example] = []
    asked: list[Example] = []
    for block in _blocks(sorted(examples, key=lambda example: example.text)).values():
        groups = sorted(_groups_of_alike(block), key=lambda group: crc32(group[0].text.encode()))
        wanted = HELD_BACK * len(block)
        taken = 0
        for group in groups:
            (asked if taken < wanted else learned).extend(group)
            taken += len(group)
    return learned, asked


def _blocks(examples: Iterable[Example]) -> Mapping[tuple[str, str], list[Example]]:
    blocks: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        blocks[example.intent, example.language].append(example)
    return blocks


def _groups_of_alike(block: Sequence[Example]) -> list[list[Example]]:
    """The block's messages, those together that are near-duplicates of each other."""
    from scipy.sparse.csgraph import connected_components

    _, numbers = connected_components(_likeness(block) >= ALIKE, directed=False)
    groups: dict[int, list[Example]] = defaultdict(list)
    for example, number in zip(block, numbers, strict=True):
        groups[number].append(example)
    return list(groups.values())


def _likeness(block: Sequence[Example]) -> np.ndarray[Any, Any]:
    """Shared letter triples over all letter triples, for each pair."""
    from sklearn.feature_extraction.text import CountVectorizer

    triples = CountVectorizer(analyzer="char_wb", ngram_range=(3, 3), binary=True, dtype=np.float32)
    rows = triples.fit_transform([f"{example.text.lower()} ." for example in block])
    common = (rows @ rows.T).toarray()
    counts = np.diag(common)
    return np.asarray(common / (counts[:, None] + counts[None, :] - common))


# --- training and asking


@dataclass(frozen=True)
class Trained:
    """A model's archive and how long it took to make."""

    path: Path
    seconds: float


def train(config: Path, examples: Sequence[Example], folder: Path) -> Trained:
    """Train through Rasa's own graph, without anything cached."""
    from rasa.model_training import train_nlu

    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    data = folder / "nlu.yml"
    write(examples, data)
    started = time.perf_counter()
    path = train_nlu(str(config), str(data), str(folder / "models"))
    if path is None:
        raise RuntimeError("Rasa trained no model")
    return Trained(Path(path), time.perf_counter() - started)


def write(examples: Iterable[Example], path: Path) -> None:
    """Rasa YAML, one block per intent and language."""
    blocks = [
        {"intent": intent, "metadata": {"language": language}, "examples": "\n".join(e.line for e in block) + "\n"}
        for (intent, language), block in _blocks(examples).items()
    ]
    path.write_text(
        yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000), encoding="utf-8"
    )


async def ask(trained: Trained, examples: Sequence[Example], *, encoder: bool = True) -> list[Answer]:
    """What the model understands of each example, one message after the other as in a conversation."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    processor = Agent.load(str(trained.path)).processor
    assert processor is not None
    if not encoder:
        _take_encoder_away(processor)
    await processor.parse_message(UserMessage("warm up"))
    answers = []
    for example in examples:
        started = time.perf_counter()
        parsed = await processor.parse_message(UserMessage(example.text))
        answers.append(_answer(example, parsed, (time.perf_counter() - started) * 1000))
    return answers


def _take_encoder_away(processor: Any) -> None:
    """As it is where the encoder's package is not installed: n-grams alone."""
    from bot.nlu.sentence_encoder import SentenceEncoder

    for node in processor.graph_runner._instantiated_nodes.values():
        if isinstance(node._component, SentenceEncoder):
            node._component._encoder = None


def _answer(example: Example, parsed: Mapping[str, Any], milliseconds: float) -> Answer:
    ranking = [(entry["name"], entry["confidence"]) for entry in parsed.get("intent_ranking") or []]
    language = parsed.get("language") or {}
    entities = frozenset(Entity(e["entity"], e["start"], e["end"]) for e in parsed.get("entities") or [])
    unsure = parsed["intent"]["name"] == FALLBACK
    ranked = [entry for entry in ranking if entry[0] != FALLBACK]
    return Answer(
        example, ranked, unsure, language.get("name"), language.get("confidence", 0.0), entities, milliseconds
    )


# --- figures


def figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures of one set of answers."""
    times = [answer.milliseconds for answer in answers]
    return {
        "messages": len(answers),
        "intent_accuracy": _share(answers, lambda answer: answer.is_right),
        "intent_macro_f1": float(np.mean([score.f1 for score in intent_scores(answers).values()])),
        "in_best_two": _share(answers, lambda a: a.example.intent in [name for name, _ in a.ranking[:2]]),
        "unsure": _share(answers, lambda answer: answer.unsure),
        "accuracy_when_sure": _share([a for a in answers if not a.unsure], lambda answer: answer.is_right),
        "calibration_error": calibration_error(answers),
        "entity_f1": entity_score(answers).f1,
        "language_accuracy": _share(answers, lambda answer: answer.language == answer.example.language),
        "language_wrong_and_sure": _share(
            answers, lambda a: a.language != a.example.language and a.language_confidence >= 0.8
        ),
        "out_of_scope_recall": _share(
            [a for a in answers if a.example.intent == OUT_OF_SCOPE], lambda a: a.intent == OUT_OF_SCOPE
        ),
        "out_of_scope_false_alarms": _share(
            [a for a in answers if a.example.intent != OUT_OF_SCOPE], lambda a: a.intent == OUT_OF_SCOPE
        ),
        "milliseconds_p50": float(np.percentile(times, 50)),
        "milliseconds_p95": float(np.percentile(times, 95)),
    }


def _share(answers: Sequence[Answer], holds: Any) -> float | None:
    """Of how many this holds; None of none."""
    return sum(map(bool, map(holds, answers))) / len(answers) if answers else None


def calibration_error(answers: Sequence[Answer]) -> float:
    """Mean distance between confidence and accuracy over ten bins of confidence (ECE)."""
    bins: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        bins[min(int(answer.ranking[0][1] * 10), 9) if answer.ranking else 0].append(answer)
    gaps = (abs(sum((a.ranking[0][1] if a.ranking else 0.0) - a.is_right for a in bin_)) for bin_ in bins.values())
    return float(sum(gaps) / len(answers))


def intent_scores(answers: Sequence[Answer]) -> dict[str, Score]:
    """Per intent that occurs."""
    wanted = Counter(answer.example.intent for answer in answers)
    found = Counter(answer.intent for answer in answers)
    hits = Counter(answer.intent for answer in answers if answer.is_right)
    return {intent: Score.of(hits[intent], found[intent], wanted[intent]) for intent in sorted(wanted)}


def entity_score(answers: Sequence[Answer], name: str | None = None) -> Score:
    """Exact span and label, over all entities or those of one name."""
    wanted = [{e for e in answer.example.entities if name in (None, e.name)} for answer in answers]
    found = [{e for e in answer.entities if name in (None, e.name)} for answer in answers]
    hits = sum(len(one & other) for one, other in zip(wanted, found, strict=True))
    return Score.of(hits, sum(map(len, found)), sum(map(len, wanted)))


def entity_scores(answers: Sequence[Answer]) -> dict[str, Score]:
    """Per entity that occurs."""
    names = sorted({entity.name for answer in answers for entity in answer.example.entities})
    return {name: entity_score(answers, name) for name in names}


def thresholds(answers: Sequence[Answer]) -> list[dict[str, float]]:
    """What asking back below a confidence would cost and bring: share answered, and how much of that is right."""
    rows = []
    for threshold in np.arange(0.2, 0.71, 0.05):
        sure = [answer for answer in answers if answer.ranking and answer.ranking[0][1] >= threshold]
        right = sum(answer.is_right for answer in sure)
        rows.append(
            {"threshold": float(threshold), "answered": len(sure) / len(answers), "right": right / max(len(sure), 1)}
        )
    return rows


# --- showing


def show(title: str, answers: Sequence[Answer]) -> None:
    """Print the figures of one set of answers, in all and by language."""
    print(f"\n== {title}")
    parts = {"all": answers} | {name: [a for a in answers if a.example.language == name] for name in ("de", "en")}
    columns = {name: figures(part) for name, part in parts.items() if part}
    print(f"{'':28}" + "".join(f"{name:>10}" for name in columns))
    for row in next(iter(columns.values())):
        print(f"{row:28}" + "".join(f"{_number(column[row]):>10}" for column in columns.values()))


def show_details(answers: Sequence[Answer]) -> None:
    """Print the tables per intent and entity, what is confused most, and what thresholds would do."""
    for title, scores in (("intent", intent_scores(answers)), ("entity", entity_scores(answers))):
        print(f"\n{title:24}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}")
        for name, score in scores.items():
            print(f"{name:24}{score.precision:10.3f}{score.recall:10.3f}{score.f1:10.3f}{score.support:10}")
    print("\nconfused most (meant -> understood)")
    pairs = Counter((a.example.intent, a.intent) for a in answers if not a.is_right)
    for (meant, understood), count in pairs.most_common(15):
        print(f"  {meant:22} -> {understood:22}{count:5}")
    print("\nconfidence  answered     right")
    for row in thresholds(answers):
        print(f"{row['threshold']:10.2f}{row['answered']:10.3f}{row['right']:10.3f}")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def draw(answers: Sequence[Answer], path: Path) -> None:
    """A picture of the confusion matrix, rows meant, columns understood, in per cent of the row."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = sorted({answer.example.intent for answer in answers} | {answer.intent for answer in answers})
    counts = np.zeros((len(names), len(names)))
    for answer in answers:
        counts[names.index(answer.example.intent), names.index(answer.intent)] += 1
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(12, 11))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    for row, column in zip(*np.nonzero(shares >= 1), strict=True):
        shade = "white" if shares[row, column] > 60 else "black"
        axes.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=7, color=shade)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


class Journal:
    """results/nlu_report.jsonl: one line per set of answers, figures only, no messages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "nlu_report.jsonl"
        self._path.write_text("", encoding="utf-8")

    def note(self, pipeline: str, title: str, answers: Sequence[Answer], trained: Trained) -> None:
        entry = {
            "pipeline": pipeline,
            "set": title,
            "training_seconds": round(trained.seconds, 1),
            **figures(answers),
            "by_language": {
                name: figures(part)
                for name in ("de", "en")
                if (part := [a for a in answers if a.example.language == name])
            },
            "intents": {name: asdict(score) for name, score in intent_scores(answers).items()},
            "entities": {name: asdict(score) for name, score in entity_scores(answers).items()},
            "thresholds": thresholds(answers),
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class Sets:
    """What is learned from, and the named sets that are asked."""

    learned: Sequence[Example]
    asked: Mapping[str, Sequence[Example]]


async def report(pipeline: str, config: Path, sets: Sets, journal: Journal) -> None:
    """Train one pipeline and show how it does on every set."""
    with tempfile.TemporaryDirectory() as folder:
        trained = train(config, sets.learned, Path(folder))
        print(f"\n#### {pipeline}: trained on {len(sets.learned)} examples in {trained.seconds:.0f} s")
        for title, examples in sets.asked.items():
            answers = await ask(trained, examples)
            show(f"{pipeline}: {title}", answers)
            if title == "held back":
                show_details(answers)
            draw(answers, journal.folder / f"confusion_{pipeline}_{title.replace(' ', '_')}.png")
            journal.note(pipeline, title, answers, trained)
        if pipeline == OURS:
            for title, examples in sets.asked.items():
                answers = await ask(trained, examples, encoder=False)
                show(f"{pipeline}, n-grams alone: {title}", answers)
                journal.note(f"{pipeline}-ngrams", title, answers, trained)


async def learning_curve(config: Path, sets: Sets, journal: Journal) -> None:
    """How accuracy grows with the examples: a quarter of them, half of them (all of them is the report itself)."""
    for every in (4, 2):
        with tempfile.TemporaryDirectory() as folder:
            trained = train(config, sets.learned[::every], Path(folder))
            print(f"\n#### learning curve: {len(sets.learned[::every])} examples, one in {every}")
            for title, examples in sets.asked.items():
                answers = await ask(trained, examples)
                accuracy = figures(answers)["intent_accuracy"]
                print(f"{title:28}{accuracy:10.3f}")
                journal.note(f"{OURS}-1/{every}", title, answers, trained)


def default_config(folder: Path) -> Path:
    """Rasa's default pipeline as a config file."""
    path = folder / "default.yml"
    config = {"assistant_id": "default", "recipe": "default.v1", "language": "de", "pipeline": DEFAULT_PIPELINE}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/nlu"))
    parser.add_argument("--heldout", type=Path, default=Path("tests/nlu/heldout"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--config", type=Path, default=Path("config.yml"))
    parser.add_argument(
        "--compare-default", action="store_true", help="also train Rasa's default pipeline (hours on all examples)"
    )
    parser.add_argument(
        "--curve",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also train on a quarter and on half of the examples",
    )
    parser.add_argument(
        "--one-in",
        type=int,
        default=1,
        metavar="N",
        help="learn from one example in N, and ask one in N, all pipelines alike",
    )
    return parser.parse_args()


async def main() -> None:
    from rasa.utils.log_utils import configure_structlog

    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    configure_structlog(logging.ERROR)  # Rasa's debug lines hold what was said
    options = arguments()
    learned, held_back = split(read(options.data.rglob("*.yml")))
    strangers = {path.stem: read([path]) for path in sorted(options.heldout.glob("*.yml"))}
    sets = Sets(learned[:: options.one_in], {"held back": held_back[:: options.one_in], **strangers})
    journal = Journal(options.results)
    await report(OURS, options.config, sets, journal)
    if options.curve:
        await learning_curve(options.config, sets, journal)
    if options.compare_default:
        with tempfile.TemporaryDirectory() as folder:
            await report("default", default_config(Path(folder)), sets, journal)


if __name__ == "__main__":
    import skops.io  # noqa: F401  (before rasa: loads ten times faster)

    asyncio.run(main())
