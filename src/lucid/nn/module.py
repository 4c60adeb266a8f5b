"""The Module: parameters, buffers and other modules, and a forward that uses them.

A Module has no registry beside its attributes. Whoever asks for its parameters has them looked up:
every Parameter, Buffer and Module that an attribute holds, directly or in lists, tuples and dicts.
So nothing goes unregistered, and the order is that of the assignments. The one walk that all
questions come down to is ``Module._walk``; where it goes on from a module is ``Module._members``.

Read next: ``names.py`` (what things are called), ``state.py`` (saving and loading), ``hooks.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self

from lucid.engines.dtypes import is_inexact
from lucid.errors import ArgumentTypeError, MissingAttributeError, MissingForwardError
from lucid.nn import hooks, inside, names, notes, signatures, state
from lucid.nn import summary as summaries
from lucid.nn.parameter import Buffer, Parameter, clear_gradient, overwrite
from lucid.tensor import Tensor


class Module:
    """Base of all layers and models: subclass it, and write ``forward``.

    What you assign to attributes is found: a ``Parameter`` is learned, a ``Buffer`` is kept, a
    Module is part of this one. They may also sit in lists, tuples and dicts. ``super().__init__()``
    need not be called.

    Attributes:
        training: whether layers such as Dropout behave as in training. Set by ``train`` and ``eval``.

    Example:
        >>> class Affine(nn.Module):
        ...     def __init__(self):
        ...         self.scale = nn.Parameter([2.0])
        ...         self.shift = nn.Parameter([1.0])
        ...     def forward(self, x):
        ...         return self.scale * x + self.shift
        >>> model = Affine()
        >>> model(Tensor([3.0]))
        Tensor([7.0], grad=None)
        >>> [name for name, parameter in model.named_parameters()]
        ['scale', 'shift']
    """

    training: bool = True
    _hooks: hooks.Hooks | None = None

    # ------------------------------------------------------------- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return hooks.call(self, self._hooks, args, kwargs)
        except Exception as error:
            notes.add_note(error, self, args, kwargs)
            raise

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. To be written by subclasses, and called as ``module(...)``."""
        name = type(self).__name__
        raise MissingForwardError(
            f"{name} has no forward: write `def forward(self, x): ...` in class {name} and return the output"
        )

    # ------------------------------------------------------------- attributes

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inside.check_class(cls, _KINDS)
        signatures.speak_plainly(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        if old is not value and isinstance(old, (Parameter, Buffer)):
            if not isinstance(value, (Parameter, Buffer, Module, type(None))):
                overwrite(name, old, value)
                return
        elif hasattr(Module, name):
            inside.check_name(self, name, value, _KINDS)
        if isinstance(value, inside.HOLDERS):
            inside.check_sets(self, name, value, _KINDS)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Reached only when the usual search has failed: here the error is made.
        if any(name in vars(cls) for cls in type(self).__mro__):
            return object.__getattribute__(self, name)  # a property failed: its own error says why
        near = "" if name.startswith("_") else names.instead(name, dir(self))
        raise MissingAttributeError(f"{type(self).__name__} has no attribute {name!r}{near}")

    def __copy__(self) -> Self:
        """Return another module that holds the same parameters, buffers and modules."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        if self._hooks is not None:
            other._hooks = self._hooks.__copy__()
        return other

    # ------------------------------------------------------------- looking for state

    def _members(self) -> Iterable[tuple[Any, Any]]:
        """Return what the walk goes on to from here: pairs of a key and a value."""
        return vars(self).items()

    def _walk(self, recurse: bool = True, duplicates: bool = False) -> list[tuple[names.Path, Any]]:
        """Return all Parameters, Buffers and Modules from here on, each with the path to it.

        Depth first and in the order of definition; this module comes first. With ``duplicates``,
        what is held in several places is listed in each. What holds itself (``child.parent = self``)
        is not entered again.
        """
        found: list[tuple[names.Path, Any]] = [((), self)]
        seen = {id(self)}
        inside = {id(self)}  # the modules, lists and dicts that are being walked through
        stack: list[tuple[names.Path, Any, Iterator[tuple[Any, Any]]]] = [((), self, iter(self._members()))]
        while stack:
            path, owner, members = stack[-1]
            for key, value in members:
                if isinstance(value, (Parameter, Buffer)):
                    if duplicates or id(value) not in seen:
                        seen.add(id(value))
                        found.append(((*path, key), value))
                    continue
                entries = _entries(value)
                if entries is None or id(value) in inside or (not duplicates and id(value) in seen):
                    continue
                seen.add(id(value))
                if isinstance(value, Module):
                    found.append(((*path, key), value))
                    if not recurse:
                        continue
                inside.add(id(value))
                stack.append(((*path, key), value, iter(entries)))
                break
            else:
                stack.pop()
                inside.discard(id(owner))
        return found

    def _named(
        self, kind: type, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        found = self._walk(recurse, not remove_duplicate)
        return iter([(names.join(path, prefix), value) for path, value in found if isinstance(value, kind)])

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Return an iterator over the Parameters, each one once.

        Args:
            recurse: also those of the modules in this one.
        """
        return iter([value for _, value in self._walk(recurse) if isinstance(value, Parameter)])

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Return an iterator over the Parameters and their qualified names.

        Args:
            prefix: what this module is called, to be put before the names.
            recurse: also those of the modules in this one.
            remove_duplicate: give a shared Parameter once, under its first name.

        Example:
            >>> model = nn.ModuleDict({"a": nn.ParameterDict({"w": nn.Parameter([1.0])})})
            >>> list(model.named_parameters("model"))
            [('model.a.w', Parameter([1.0], grad=None))]
        """
        return self._named(Parameter, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """Return an iterator over the Buffers, each one once."""
        return iter([value for _, value in self._walk(recurse) if isinstance(value, Buffer)])

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Buffer]]:
        """Return an iterator over the Buffers and their qualified names; see ``named_parameters``."""
        return self._named(Buffer, prefix, recurse, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Return an iterator over this module and all in it, each one once."""
        return iter([value for _, value in self._walk() if isinstance(value, Module)])

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Return an iterator over this module and all in it, and their qualified names.

        This module's own name is ``prefix``.
        """
        return self._named(Module, prefix, True, remove_duplicate)

    def children(self) -> Iterator[Module]:
        """Return an iterator over the modules that this one holds itself, each one once."""
        return (child for _, child in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Return an iterator over the modules that this one holds itself, and their names."""
        named = self._named(Module, "", recurse=False, remove_duplicate=True)
        next(named)  # this module
        return named

    # ------------------------------------------------------------- changing all of it

    def train(self, mode: bool = True) -> Self:
        """Have this module and all in it behave as in training, or with ``mode=False`` not; return it."""
        if not isinstance(mode, bool):
            raise ArgumentTypeError(f"train expects True or False, got {type(mode).__name__} {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Have this module and all in it behave as in use, not as in training; return it."""
        return self.train(False)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function`` with every module in this one and then with this one; return it.

        Example:
            >>> def zero(module):
            ...     for parameter in module.parameters(recurse=False):
            ...         nn.init.zeros_(parameter)
            >>> nn.Linear(2, 1).apply(zero).weight
            Parameter([[0.0, 0.0]], grad=None)
        """
        _apply(self, function, set())
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have all Parameters track gradients, or not (a frozen model); return the module.

        Parameters of integers, which have no gradients, stay as they are.
        """
        for parameter in self.parameters():
            if not requires_grad or is_inexact(parameter.dtype):
                parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set ``grad`` of all Parameters to None; without ``set_to_none``, those that are there to zeros."""
        for parameter in self.parameters():
            clear_gradient(parameter, set_to_none)

    def to(self, device: str | None = None, dtype: Any = None) -> Self:
        """Move Parameters, Buffers and gradients to a device, or cast those of floats; return the module.

        Parameters stay the objects that they are, so an optimizer made before goes on working.

        Args:
            device: ``"cpu"``, ``"xla:cpu"``, ``"gpu"``, ``"tpu"``; None leaves them where they are.
            dtype: a type of floats. Integers and booleans are not cast, nor complex numbers to real ones.

        Raises:
            DeviceError: if there is no such device. Nothing has moved then.
            DTypeError: if ``dtype`` is not of floats.

        Example:
            >>> nn.Linear(2, 1).to(dtype=lucid.float64).weight.dtype
            dtype('float64')
        """
        state.move(self, device, dtype)
        return self

    # ------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Tensor]:
        """Return the values of all Parameters and persistent Buffers, by qualified name.

        They are values: training on does not change what was returned. A Parameter that is held in
        several places stands under each of its names.

        Example:
            >>> list(nn.Linear(2, 1).state_dict())
            ['weight', 'bias']
        """
        return state.state_dict(self)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> state.LoadResult:
        """Give Parameters and Buffers the values of ``state_dict``. If anything is wrong, nothing is changed.

        Args:
            state_dict: Tensors or arrays by qualified name. Floats are cast to the dtype that is there.
            strict: whether the names must be exactly those of ``state_dict()``. If not, names that
                are missing or unexpected are passed over.

        Returns:
            LoadResult: the names that were ``missing``, and those that were ``unexpected``.

        Raises:
            StateError: naming all that is missing, unexpected, or of another shape or kind.
        """
        return state.load_state_dict(self, state_dict, strict)

    # ------------------------------------------------------------- hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call ``hook(module, args)`` before ``forward``; what it returns, unless None, replaces ``args``.

        Returns a function that removes the hook.
        """
        return hooks.add(self, "before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns, unless None, is the output.

        Returns a function that removes the hook.

        Example:
            >>> layer = nn.Linear(3, 2)
            >>> remove = layer.register_forward_hook(lambda module, args, output: print(output.shape))
            >>> y = layer(lucid.zeros((4, 3)))
            (4, 2)
            >>> remove()
        """
        return hooks.add(self, "after", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call ``hook(module, grad_inputs, grad_outputs)`` once per call of the module in a backward pass.

        ``grad_inputs`` has an entry for each positional argument, ``grad_outputs`` for each output;
        None where no gradients are tracked. What the hook returns, unless None, goes on in the
        place of ``grad_inputs``. A module that is gone when the backward pass comes calls none.

        Returns a function that removes the hook.

        Example:
            >>> layer = nn.Tanh()
            >>> remove = layer.register_full_backward_hook(lambda m, inputs, outputs: print(inputs, outputs))
            >>> layer(Tensor([0.0], requires_grad=True)).sum().backward()
            (Tensor([1.0]),) (Tensor([1.0]),)
        """
        return hooks.add(self, "backward", hook)

    # ------------------------------------------------------------- how it is shown

    def extra_repr(self) -> str:
        """Return what stands between the brackets of the repr: ``Linear(9 -> 1)``. For subclasses."""
        return ""

    def _headline(self) -> str:
        """Return the repr in one line, without what the module holds."""
        inner = self.extra_repr()
        return f"{type(self).__name__}({inner or ('...' if self._lines() else '')})"

    def _lines(self) -> list[str]:
        """Return the lines of the repr, one entry for each module that this one holds."""
        held = [(path, m) for path, m in self._walk(False, True) if path and isinstance(m, Module)]
        return [f"({names.join(path)}): {module!r}" for path, module in held]

    @recursive_repr("(...)")
    def __repr__(self) -> str:
        inner, lines = self.extra_repr(), self._lines()
        if not lines:
            return f"{type(self).__name__}({inner})"
        body = "\n".join([inner, *lines] if inner else lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"

    def summary(self, *inputs: Any, **kwargs: Any) -> summaries.Summary:
        """Return a table of the modules in this one: what they are, what comes out, how much is learned.

        Args:
            inputs: what to call the module with: Tensors, or shapes (tuples of integers) for which
                zeros are made. Without any, the table has no output shapes.
            kwargs: further arguments of the call.

        The module runs in evaluation mode and unrecorded, and is then as it was; lazy layers take their size.

        Example:
            >>> print(nn.Sequential(nn.Linear(4, 2), nn.Tanh()).summary((8, 4)))
            Name    Module           Output  Parameters
            -------------------------------------------
            (self)  Sequential(...)  (8, 2)           0
            0       Linear(4 -> 2)   (8, 2)          10
            1       Tanh()           (8, 2)           0
            -------------------------------------------
            10 parameters, 10 of them trained; 40 bytes
        """
        return summaries.summarize(self, inputs, kwargs)


def _entries(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Return what ``value`` holds, with keys, if it is something to walk through."""
    return value._members() if isinstance(value, Module) else inside.entries(value)


def _apply(module: Module, function: Callable[[Module], Any], seen: set[int]) -> None:
    """Call ``function`` with what ``module`` holds, in order, and then with ``module``; each one once."""
    seen.add(id(module))
    for child in module.children():
        if id(child) not in seen:
            _apply(child, function, seen)
    function(module)


_KINDS = (Parameter, Buffer, Module)
