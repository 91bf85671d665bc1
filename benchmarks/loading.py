"""Loads the assistant as `python -m bot run` does."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot import logs, training
from bot.dialogue import tensorflow_stub
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.dialogue.assistant import Assistant


def load(settings: Settings) -> "Assistant":
    """Raises FileNotFoundError when nothing was trained yet."""
    logs.configure(settings.log_level, settings.log_format)
    model = newest_model(settings)
    tensorflow_stub.before_rasa(model)
    from bot.app import load_assistant

    return load_assistant(settings, model)


def newest_model(settings: Settings) -> Path:
    """Raises FileNotFoundError when nothing was trained yet."""
    model = training.newest_model(settings.model)
    if model is None:
        raise FileNotFoundError("there is no trained model yet: run `make bench`, or `python -m bot train` before")
    return model
