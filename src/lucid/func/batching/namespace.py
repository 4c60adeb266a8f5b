"""The namespace over batched arrays: each function of ``lucid.ops``, for a whole batch at once.

A function with a rule in ``rules.py`` runs once for the batch. One without is called for each
example, and the results are stacked: right, and slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lucid import ops, recording
from lucid.engines.registry import is_array
from lucid.errors import MissingAttributeError
from lucid.func.batching.example import Example
from lucid.func.batching.loop import in_a_loop
from lucid.func.batching.rules import RULES
from lucid.func.tree import leaves, tree_map
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.func.batching.levels import BatchEngine


class Namespace:
    """Functions over the batched arrays of one engine; ``path`` is ``"linalg."`` for ``xp.linalg``."""

    def __init__(self, engine: BatchEngine, path: str = "") -> None:
        self._engine = engine
        self._path = path

    def __getattr__(self, name: str) -> Any:
        place = getattr(ops, self._path[:-1]) if self._path else ops
        function = getattr(place, name, None)
        if function is None:
            raise MissingAttributeError(f"lucid.ops.{self._path}{name} is not there, so vmap can't run it")
        if not callable(function):  # linalg, fft, special
            result: Any = Namespace(self._engine, f"{name}.")
        else:
            result = Batched(self._engine, self._path + name, function)
        setattr(self, name, result)  # so that the next look-up finds it without coming here
        return result


class Batched:
    """A function of Tensors, made one of batched arrays."""

    def __init__(self, engine: BatchEngine, name: str, function: Any) -> None:
        self.engine = engine
        self.name = name
        self.function = function
        self.rule = RULES.get(name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        args, options = tree_map(self._unwrap, (args, options))
        examples = [x for x in leaves((args, options)) if isinstance(x, Example)]
        if not examples:
            result = self.function(*args, **options)
        elif self.rule is not None:
            result = self.rule(self.function, *args, **options)
        else:
            result = in_a_loop(self.name, self.function, examples, args, options)
        make = self.engine.array_type
        return tree_map(lambda x: make(x, bool(examples)) if isinstance(x, Tensor) else x, result)

    def _unwrap(self, value: Any) -> Any:
        """Return a batched array as an ``Example``, any other array as a Tensor, all else as it is."""
        if type(value) is self.engine.array_type:
            self.engine.check(value)
            return Example(value.tensor) if value.batched else value.tensor
        return recording.wrap(value) if is_array(value) else value
