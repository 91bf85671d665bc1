"""Three changes to Rasa 3.6.21 that no public seam offers. Applied only to that version; others run unchanged, slower."""

import logging
from typing import Any

import jsonschema
import rasa
import rasa.core.actions.forms
import rasa.core.policies.memoization
import rasa.core.policies.rule_policy
import rasa.core.processor
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.slots import Slot

log = logging.getLogger(__name__)

VERSION = "3.6.21"


class _NoCopies:
    """Stands in for `copy` in modules that deep-copy only what they then hand to a debug log that is off."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


def apply() -> bool:
    """Whether the patches fit the installed Rasa and are in force."""
    if rasa.__version__ != VERSION:
        log.warning(
            "rasa %s is not %s: running without the patches of bot/dialogue/patches.py", rasa.__version__, VERSION
        )
        return False
    _compile_action_schema()
    _copy_slots_quickly()
    for module in (
        rasa.core.processor,
        rasa.core.actions.forms,
        rasa.core.policies.rule_policy,
        rasa.core.policies.memoization,
    ):
        setattr(module, "copy", _NoCopies)  # noqa: B010
    return True


def _compile_action_schema() -> None:
    """Rasa checks the constant schema itself at every action result, which costs more than the rest of the turn."""
    schema = RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)(schema)

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        if not _is_plain(result):
            validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _is_plain(result: dict[str, Any]) -> bool:
    """Whether a result is certainly valid, as nearly all are: slots set, an action to follow, things said."""
    events, responses = result.get("events"), result.get("responses")
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(isinstance(event, dict) and _is_plain_event(event) for event in events)
    )


def _is_plain_event(event: dict[str, Any]) -> bool:
    if event.get("timestamp") is not None or event.get("metadata") is not None:
        return False
    kind = event.get("event")
    return kind == "followup" or (kind == "slot" and isinstance(event.get("name"), str) and "value" in event)


def _copy_slots_quickly() -> None:
    """Rasa copies every slot for every tracker that it makes, some ten times in a turn."""

    def copied(self: Slot) -> Slot:
        twin: Slot = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    Slot.__copy__ = copied
