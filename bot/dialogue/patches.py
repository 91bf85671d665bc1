"""Two changes to Rasa 3.6.21 that no public seam offers. Applied only to that version; others run unchanged, slower."""

import logging
from typing import Any

import jsonschema
import rasa
import rasa.core.actions.forms
import rasa.core.policies.memoization
import rasa.core.policies.rule_policy
import rasa.core.processor
from rasa.core.actions.action import RemoteAction

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
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate
