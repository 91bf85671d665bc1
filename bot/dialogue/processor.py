"""Rasa's message processor with the two things that a turn of ours adds: the language, and errors that count."""

from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.graph_runner import CompiledGraphRunner
from bot.dialogue.language import language_events

FORM_OF_ADDRESS_SLOT = "form_of_address"
ASKED_FORM_SLOT = "form_of_address_asked_for"
"""What the customer wants to be called, whatever the setting."""


class TurnProcessor(MessageProcessor):
    """Used by the runtime; Rasa's own commands use Rasa's. `form_of_address` is "du" or "Sie"."""

    def __init__(self, *args: Any, form_of_address: str = "du", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form_of_address = form_of_address
        self.graph_runner: CompiledGraphRunner = CompiledGraphRunner(vars(self)["graph_runner"])

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """The first step after understanding: the place to settle the language before anything is said in it."""
        tracker.update_with_events(language_events(tracker), self.domain)
        form = tracker.get_slot(ASKED_FORM_SLOT) or self.form_of_address
        if tracker.get_slot(FORM_OF_ADDRESS_SLOT) != form:
            tracker.update(SlotSet(FORM_OF_ADDRESS_SLOT, form), self.domain)
        return await super().run_action_extract_slots(output_channel, tracker)
