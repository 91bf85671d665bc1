"""Keeps a conversation's window short without changing what Rasa sees in it.

The window is made of ordinary Rasa events. Compaction replaces its older part by the fewest events that lead to the same
state (`applied` is a left fold, so what a prefix amounts to is all that the rest depends on) and keeps the recent turns raw.
Each result is compared with the original through Rasa's own featurisation before it is accepted.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    LoopInterrupted,
    ReminderScheduled,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from bot.dialogue.tracker import WindowTracker

COMPACT_AT = 64
"""Events in the window at which a compaction is tried; tried again only after it has grown by half as many."""

RAW_TURNS = 2
"""Turns that are always kept as they were."""


@dataclass(frozen=True)
class Bounds:
    """How far back the loaded policies can look, in states; 0 means that no such policy is loaded.

    `rule_states` counts every turn, `story_states` does not count turns that rules hide from other policies.
    """

    rule_states: int
    story_states: int
    is_exact: bool = True

    @classmethod
    def of(cls, policies: Sequence[Policy]) -> "Bounds":
        """A policy that looks back without limit makes compaction impossible (`is_exact` is False)."""
        rules = [policy for policy in policies if isinstance(policy, RulePolicy)]
        others = [policy.config.get("max_history") for policy in policies if not isinstance(policy, RulePolicy)]
        return cls(
            rule_states=max((_longest_rule(policy) for policy in rules), default=0) + 1,
            story_states=max((history + 2 for history in others if history), default=0),
            is_exact=all(others),
        )


def _longest_rule(policy: RulePolicy) -> int:
    rules = [rule for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH) for rule in policy.lookup.get(kind, {})]
    return max((len(policy._rule_key_to_state(rule)) for rule in rules), default=0)


@dataclass(frozen=True)
class Compactor:
    """Shortens windows for one model."""

    domain: Domain
    bounds: Bounds

    def compact(self, name: str, events: Sequence[Event]) -> list[Event] | None:
        """A shorter window that Rasa cannot tell from `events`; None when there is none."""
        if not self.bounds.is_exact:
            return None
        original = WindowTracker.restored(name, events, self.domain.slots)
        starts = _turn_starts(events)
        turns = RAW_TURNS
        while turns < len(starts):
            cut = starts[-turns]
            shorter = [*self._base(name, events[:cut]), *events[cut:]]
            if self._looks_alike(original, WindowTracker.restored(name, shorter, self.domain.slots)):
                return shorter if len(shorter) < len(events) else None
            turns *= 2
        return None

    def _base(self, name: str, head: Sequence[Event]) -> list[Event]:
        """The fewest events that lead where `head` leads: its beginning in short, then what policies still see of it."""
        tracker = WindowTracker.restored(name, head, self.domain.slots)
        applied = tracker.applied_events()
        recent = _recent(applied, max(self.bounds.rule_states, self.bounds.story_states))
        late = [event for event in applied[recent:] if self._is_seen(event)]
        early = self._in_short(name, applied[:recent], tracker)
        began = min(event.timestamp for event in (*late, head[-1]))
        for event in early:
            event.timestamp = min(event.timestamp, began)
        return [*early, *_still_of_use(head), *late]

    def _in_short(self, name: str, early: Sequence[Event], tracker: WindowTracker) -> list[Event]:
        """What `early` amounts to; values that no policy looks at are those of `tracker`, at the end."""
        then = WindowTracker.restored(name, early, self.domain.slots)
        slots = [
            then.slots[slot.name] if slot.name in self._featurized_slots else slot for slot in tracker.slots.values()
        ]
        return [
            ActionExecuted(ACTION_SESSION_START_NAME),
            SessionStarted(),
            *_opening(then, early),
            *(SlotSet(slot.name, slot.value) for slot in slots if slot.has_been_set),
            *_loop_flags(then),
            *([ConversationPaused()] if then.is_paused() else []),
        ]

    def _is_seen(self, event: Event) -> bool:
        """Whether policies can see it."""
        if isinstance(event, SlotSet):
            return event.key in self._featurized_slots
        return not isinstance(event, BotUttered | ReminderScheduled)

    @cached_property
    def _featurized_slots(self) -> frozenset[str]:
        return frozenset(slot.name for slot in self.domain.slots if slot.has_features())

    def _looks_alike(self, one: WindowTracker, other: WindowTracker) -> bool:
        return _state(one) == _state(other) and all(
            self._recent_states(one, hidden) == self._recent_states(other, hidden) for hidden in (False, True)
        )

    def _recent_states(self, tracker: WindowTracker, ignore_hidden: bool) -> list[State] | None:
        wanted = self.bounds.story_states if ignore_hidden else self.bounds.rule_states
        if not wanted:
            return []
        states = tracker.past_states(self.domain, omit_unset_slots=True, ignore_rule_only_turns=ignore_hidden)
        return states[-wanted:] if len(states) >= wanted else [{"too few": {"of": str(id(tracker))}}]


def _turn_starts(events: Sequence[Event]) -> list[int]:
    """Where turns begin: at the listening that a person's words end."""
    starts = []
    listening = None
    for index, event in enumerate(events):
        if isinstance(event, ActionExecuted):
            listening = index if event.action_name == ACTION_LISTEN_NAME else None
        elif isinstance(event, UserUttered) and listening is not None:
            starts.append(listening)
            listening = None
    return starts


def _recent(applied: Sequence[Event], states: int) -> int:
    """Where the turn begins in which the last so many states begin."""
    actions = [index for index, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    if len(actions) < states:
        return 0
    before = applied[: actions[-states] + 1]
    starts = _turn_starts(before)
    return starts[-1] if starts else 0


def _opening(tracker: WindowTracker, applied: Sequence[Event]) -> list[Event]:
    """The opening of the loop that is active, with the message that opened it."""
    if tracker.active_loop is None:
        return []
    opened = max(index for index, event in enumerate(applied) if isinstance(event, ActiveLoop) and event.name)
    trigger = next((event for event in reversed(applied[:opened]) if isinstance(event, UserUttered)), None)
    opening = [ActionExecuted(ACTION_LISTEN_NAME), trigger] if trigger else []
    return [*opening, ActionExecuted(tracker.active_loop_name), ActiveLoop(tracker.active_loop_name)]


def _loop_flags(tracker: WindowTracker) -> list[Event]:
    if tracker.active_loop is None:
        return []
    flags: list[Event] = [LoopInterrupted(True)] if tracker.active_loop.is_interrupted else []
    return [*flags, ActionExecutionRejected(tracker.active_loop_name)] if tracker.active_loop.rejected else flags


def _still_of_use(head: Sequence[Event]) -> list[Event]:
    """What is not for policies: reminders that are not due yet, and what was said last."""
    now = time.time()
    reminders = [
        event for event in head if isinstance(event, ReminderScheduled) and event.trigger_date_time.timestamp() > now
    ]
    return [*reminders, *[event for event in head if isinstance(event, BotUttered)][-1:]]


def _state(tracker: WindowTracker) -> tuple[object, ...]:
    return (
        tracker.current_slot_values(),
        tracker.active_loop,
        tracker.latest_action,
        tracker.latest_message,
        tracker.is_paused(),
        tracker.followup_action,
    )
