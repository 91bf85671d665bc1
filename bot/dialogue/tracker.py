"""A tracker that does not replay the conversation for every look at it."""

import copy
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

_REWRITING = (Restarted, SessionStarted, ActionReverted, UserUtteranceReverted)
"""Events after which earlier ones no longer count."""


@dataclass(frozen=True)
class _Applied:
    """The events that count, of the first `count` events, and the loops among them."""

    count: int
    events: list[Event]
    loops: frozenset[str]

    def only_grows_by(self, event: Event) -> bool:
        """Whether Rasa would append the event and leave the others as they are. A loop's own action may take back others."""
        if isinstance(event, ActionExecuted):
            return event.action_name not in self.loops
        return not isinstance(event, _REWRITING) and not (isinstance(event, ActiveLoop) and event.name)


@dataclass
class _Walk:
    """How far the states of a conversation are known: a tracker led through `events`, and its state before each action."""

    tracker: DialogueStateTracker
    events: list[Event] = field(default_factory=list)
    states: list[State] = field(default_factory=list)

    def is_on_the_way_to(self, applied: Sequence[Event]) -> bool:
        return len(self.events) <= len(applied) and all(map(operator.is_, self.events, applied))

    def go_on(self, applied: Sequence[Event], domain: Domain, omit_unset_slots: bool) -> list[State]:
        """The states that Rasa's `states_for_tracker_history` would compute for `applied`."""
        for event in applied[len(self.events) :]:
            if isinstance(event, ActionExecuted):
                self.states.append(domain.get_active_state(self.tracker, omit_unset_slots))
            event.apply_to(self.tracker)
            self.events.append(event)
        return [*self.states, domain.get_active_state(self.tracker, omit_unset_slots)]


class WindowTracker(DialogueStateTracker):
    """Rasa's tracker over a bounded window of events.

    `copy` clones the state instead of replaying it; `applied_events` and `past_states` go on from the last look.
    All rest on events being only ever appended, which is how Rasa uses them.
    """

    def __init__(self, sender_id: str, slots: Iterable[Slot] | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(sender_id, slots, *args, **kwargs)
        self._applied = _Applied(0, [], frozenset())
        self._walks: dict[bool, _Walk] = {}

    @classmethod
    def restored(cls, name: str, events: Sequence[Event], slots: Iterable[Slot]) -> "WindowTracker":
        """The tracker after these events, as Rasa's own stores restore it."""
        tracker = cls(name, slots)
        tracker.events.extend(events)
        tracker.replay_events()
        return tracker

    def reloaded(self) -> "WindowTracker":
        """`restored` from its own events, knowing what is known of them. Not to be used beside this one."""
        tracker = WindowTracker(self.sender_id, self.slots.values())
        tracker.events.extend(self.events)
        tracker._applied, tracker._walks = self._applied, self._walks
        tracker.replay_events()
        return tracker

    def copy(self) -> "WindowTracker":
        twin = WindowTracker.__new__(WindowTracker)
        twin.__dict__.update(self.__dict__)
        twin.events = self.events.copy()
        twin.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        twin.active_loop = copy.copy(self.active_loop)
        twin._walks = {}
        return twin

    def applied_events(self) -> list[Event]:
        known = self._applied
        new = list(islice(self.events, known.count, None))
        if not all(map(known.only_grows_by, new)):
            loops = frozenset(event.name for event in self.events if isinstance(event, ActiveLoop) and event.name)
            self._applied = _Applied(len(self.events), super().applied_events(), loops)
        elif new:
            self._applied = _Applied(len(self.events), [*known.events, *new], known.loops)
        return list(self._applied.events)

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if ignore_rule_only_turns:
            states: list[State] = super().past_states(domain, omit_unset_slots, True, rule_only_data)
            return states
        applied = self.applied_events()
        walk = self._walks.get(omit_unset_slots)
        if walk is None or not walk.is_on_the_way_to(applied):
            walk = self._walks[omit_unset_slots] = _Walk(self.init_copy())
        known = walk.go_on(applied, domain, omit_unset_slots)
        return [{part: dict(features) for part, features in state.items()} for state in known]  # policies change theirs
