"""Every exception that Lucid raises on purpose.

    LucidError
    ├── ArgumentError (ValueError)        a value that cannot be used
    │   ├── ShapeError                    shapes that do not fit together
    │   └── RangeError (OverflowError)    an integer that a data type does not hold
    ├── ArgumentTypeError (TypeError)     an object of the wrong type
    │   └── DTypeError                    an array of the wrong data type
    ├── IndexingError (IndexError)        an index outside its axis, or of no use as one
    ├── MissingKeyError (KeyError)        a name that a container does not hold
    ├── MissingAttributeError (AttributeError)
    ├── MissingForwardError (NotImplementedError)
    ├── DeviceError (ValueError)          devices that mix, or do not exist
    ├── GradientError (RuntimeError)      a derivative that cannot be had
    ├── StateError (ValueError)           a state dict that does not fit
    └── MissingDependencyError (ImportError)

Each one is also the built-in exception that a Python programmer would catch, so
``except ValueError`` works without knowing this file.
"""


class LucidError(Exception):
    """The root: ``except LucidError`` catches whatever Lucid raises on purpose."""


class ArgumentError(LucidError, ValueError):
    """An argument has a value that the function cannot use."""


class ShapeError(ArgumentError):
    """The shapes of the arguments do not fit together."""


class RangeError(ArgumentError, OverflowError):
    """A data type does not hold an integer."""


class ArgumentTypeError(LucidError, TypeError):
    """An argument is an object of the wrong type."""


class DTypeError(ArgumentTypeError):
    """An array has a data type that the function cannot use."""


class IndexingError(LucidError, IndexError):
    """An index lies outside its axis, or is no index at all."""


class MissingKeyError(LucidError, KeyError):
    """A container does not hold the name asked for."""

    # KeyError shows the repr of its argument; a sentence should read as one.
    __str__ = Exception.__str__


class MissingAttributeError(LucidError, AttributeError):
    """An object has no attribute of that name, or none that may be set."""


class MissingForwardError(LucidError, NotImplementedError):
    """A module was called that computes nothing itself."""


class DeviceError(LucidError, ValueError):
    """Tensors of different devices meet, or a device does not exist."""


class GradientError(LucidError, RuntimeError):
    """A derivative was asked for that does not exist or can no longer be computed."""


class StateError(LucidError, ValueError):
    """A state dict does not fit the object that it is loaded into."""


class MissingDependencyError(LucidError, ImportError):
    """An optional library is needed and not installed."""
