"""Rasa's message processor with the two things that a turn of ours adds: the language, and errors that count."""

from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.graph_runner import CompiledGraphRunner
from bot.dialogue.language import LANGUAGE_SLOT, language_after


class TurnProcessor(MessageProcessor):
    """Used by the runtime; Rasa's own commands use Rasa's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.graph_runner = CompiledGraphRunner(self.graph_runner)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """The first step after understanding, so the place to settle the language before anything is said in it."""
        spoken = language_after(tracker)
        if spoken != tracker.get_slot(LANGUAGE_SLOT):
            tracker.update(SlotSet(LANGUAGE_SLOT, spoken), self.domain)
        return await super().run_action_extract_slots(output_channel, tracker)
