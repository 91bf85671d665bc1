"""The compiled runner gives what Rasa's own gives."""

import warnings
from pathlib import Path

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.assistant import Assistant
from bot.dialogue.graph_runner import CompiledGraphRunner
from tests.dialogue.dialogues import answer, closing, dated, interruption, message, opening, question, session_start
from tests.dialogue.script import conversation

MESSAGES = 50


@pytest.fixture(scope="module")
def rasas(model: Path) -> DaskGraphRunner:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa's own, about itself
        _, _, runner = MessageProcessor._load_model(str(model))
    return runner


@pytest.fixture(scope="module")
def ours(rasas: DaskGraphRunner) -> CompiledGraphRunner:
    return CompiledGraphRunner(rasas)


def test_messages_are_understood_alike(ours: CompiledGraphRunner, rasas: DaskGraphRunner, assistant: Assistant) -> None:
    target = assistant._agent.processor.model_metadata.nlu_target
    tracker = DialogueStateTracker("rest-kim", assistant.domain.slots)
    texts = list(dict.fromkeys(text for text, _ in conversation(seed=1, turns=40 * MESSAGES)))[:MESSAGES]
    assert len(texts) == MESSAGES
    for text in texts:
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: tracker}
        parsed = [
            runner.run(inputs, [target])[target][0].as_dict(only_output_properties=True) for runner in (ours, rasas)
        ]
        assert parsed[0] == parsed[1]


@pytest.mark.parametrize(
    "turns",
    [
        [message("greet")],
        [question(), message("ask_product")],
        [opening(), message("place_order")],
        [opening(), answer(), message("thanks")],
        [opening(), interruption(), message("affirm")],
        [opening(), closing(), message("track_order")],
    ],
)  # fmt: skip
def test_the_same_action_follows(
    ours: CompiledGraphRunner, rasas: DaskGraphRunner, assistant: Assistant, turns: list[list[object]]
) -> None:
    target = assistant._agent.processor.model_metadata.core_target
    events = dated([session_start(), *turns])
    tracker = DialogueStateTracker.from_events("rest-kim", events, assistant.domain.slots)
    predictions = [runner.run({PLACEHOLDER_TRACKER: tracker}, [target])[target] for runner in (ours, rasas)]
    assert predictions[0].probabilities == predictions[1].probabilities
    assert predictions[0].max_confidence > 0
    assert predictions[0].events == predictions[1].events


def test_only_what_a_target_needs_is_run(ours: CompiledGraphRunner, assistant: Assistant) -> None:
    metadata = assistant._agent.processor.model_metadata
    steps = {
        target: {step.name for step in ours._compile((target,))}
        for target in (metadata.nlu_target, metadata.core_target)
    }
    assert steps[metadata.nlu_target]
    assert not steps[metadata.nlu_target] & {name for name in steps[metadata.core_target] if "Policy" in name}
