"""Stands in for TensorFlow when the model has no part that needs it: import in 1 s instead of 4, half the memory.

Rasa imports TensorFlow wherever it might be used; nothing of it is called unless DIET, TED, UnexpecTED, a response selector
or a language-model featurizer is in the model.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import tarfile
from abc import ABCMeta
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


def before_rasa(model: Path) -> None:
    """Call once, before anything imports Rasa. Raises OSError when the model cannot be read."""
    # a message is a small matrix: more threads only wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if not model_needs_tensorflow(model):
        install()
    importlib.import_module("skops.io")  # it walks over all loaded modules: 1 s now, 10 s after Rasa


def install() -> bool:
    """Whether imports of TensorFlow are answered by the stub from now on; not if the real one is loaded already."""
    if "tensorflow" in sys.modules:
        return False
    sys.meta_path.insert(0, _Finder())
    return True


class _Everything(ABCMeta):
    """Classes of which every attribute is such a class again: bases, decorators, types, constants."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or name.startswith("_abc_"):
            raise AttributeError(name)
        return _named(name)

    def __call__(cls, *args: Any, **_kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else cls

    def __getitem__(cls, _item: Any) -> Any:
        return cls


def _named(name: str) -> _Everything:
    return _Everything(name, (), {"__init_subclass__": classmethod(lambda cls, **_kwargs: None)})


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _named(name)
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
