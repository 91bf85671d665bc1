"""A tracker that does not replay the conversation for every look at it."""

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker


class WindowTracker(DialogueStateTracker):
    """Rasa's tracker over a bounded window of events.

    `copy` clones the state instead of replaying it; `applied_events` and `past_states` are computed once per event count.
    Both rest on events being only ever appended, which is how Rasa uses them.
    """

    def __init__(self, sender_id: str, slots: Iterable[Slot] | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(sender_id, slots, *args, **kwargs)
        self._seen: dict[Any, Any] = {}

    @classmethod
    def restored(cls, name: str, events: Sequence[Event], slots: Iterable[Slot]) -> "WindowTracker":
        """The tracker after these events, as Rasa's own stores restore it."""
        tracker = cls(name, slots)
        tracker.events.extend(events)
        tracker.replay_events()
        return tracker

    def copy(self) -> "WindowTracker":
        twin = WindowTracker.__new__(WindowTracker)
        twin.__dict__.update(self.__dict__)
        twin.events = self.events.copy()
        twin.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        twin.active_loop = copy.copy(self.active_loop)
        twin._seen = {}
        return twin

    def applied_events(self) -> list[Event]:
        return list(self._once("applied", super().applied_events))

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        what = ("states", omit_unset_slots, ignore_rule_only_turns, id(rule_only_data))
        compute = super().past_states
        states = self._once(what, lambda: compute(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data))
        return [
            {part: dict(features) for part, features in state.items()} for state in states
        ]  # policies change theirs

    def _once(self, what: Any, compute: Any) -> Any:
        count = len(self.events)
        known = self._seen.get(what)
        if known is None or known[0] != count:
            known = self._seen[what] = (count, compute())
        return known[1]
