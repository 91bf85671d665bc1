"""Runs the trained graph as a list of calls, prepared once, instead of building and walking a dask graph per message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner


@dataclass(frozen=True)
class _Step:
    name: str
    function: Any
    component: Any
    inputs: tuple[tuple[str, str], ...]


class CompiledGraphRunner(GraphRunner):
    """Takes over the loaded nodes of Rasa's own runner; every node of a prediction graph is loaded eagerly."""

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema: GraphSchema = loaded._graph_schema
        self._nodes = loaded._instantiated_nodes
        self._plans: dict[tuple[str, ...], list[_Step]] = {}

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> "CompiledGraphRunner":
        return cls(DaskGraphRunner.create(*args, **kwargs))

    @property
    def components(self) -> list[Any]:
        """The loaded components: classifiers, extractors, policies."""
        return [node._component for node in self._nodes.values()]

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._compile(wanted)
        results = dict(inputs or {})
        for step in plan:
            arguments = {parameter: results[provider] for parameter, provider in step.inputs}
            results[step.name] = step.function(step.component, **arguments)
        return {name: results[name] for name in wanted}

    def _compile(self, wanted: Sequence[str]) -> list[_Step]:
        order: list[str] = []
        for name in wanted:
            self._visit(name, order)
        return [self._step(name) for name in order]

    def _visit(self, name: str, order: list[str]) -> None:
        if name in order or name not in self._nodes:
            return
        for provider in self._nodes[name]._inputs.values():
            self._visit(provider, order)
        order.append(name)

    def _step(self, name: str) -> _Step:
        node = self._nodes[name]
        return _Step(name, node._fn, node._component, tuple(node._inputs.items()))
