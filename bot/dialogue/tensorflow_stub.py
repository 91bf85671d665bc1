"""Stands in for TensorFlow when the model has no part that needs it: import in 1 s instead of 4, half the memory.

Rasa imports TensorFlow wherever it might be used; nothing of it is called unless DIET, TED, UnexpecTED, a response selector
or a language-model featurizer is in the model.
"""

import importlib.abc
import importlib.machinery
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

NEEDS_TENSORFLOW = ("DIET", "TED", "ResponseSelector", "LanguageModelFeaturizer", "Convert")
_STUBBED = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras")


def model_needs_tensorflow(model: Path) -> bool:
    """Reads the component names from the archive, before Rasa is imported. Raises OSError when it cannot be read."""
    with tarfile.open(model) as archive:
        metadata = archive.extractfile("metadata.json")
        described = metadata.read().decode() if metadata else ""
    schema = described.split('"predict_schema"', 1)[-1]
    return any(f".{name}" in schema for name in NEEDS_TENSORFLOW)


def install() -> bool:
    """Whether imports of TensorFlow are answered by the stub from now on; not if the real one is loaded already."""
    if "tensorflow" in sys.modules:
        return False
    sys.meta_path.insert(0, _Finder())
    return True


class _Anything:
    """Whatever is asked of TensorFlow while Rasa's modules are imported: a base class, a decorator, a type."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **_kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Anything,), {})

    def __class_getitem__(cls, _item: Any) -> Any:
        return cls


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Anything() if name[:1].islower() else type(name, (_Anything,), {})
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".")[0] not in _STUBBED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__version__"] = "2.12.1"
