"""Optimizers: how parameters follow their gradients. Start with ``optimizer.py``."""

from typing import TYPE_CHECKING

from lucid.optim.adam import Adam, AdamW
from lucid.optim.optimizer import Optimizer
from lucid.optim.sgd import SGD

__all__ = ["Optimizer", "SGD", "Adam", "AdamW"]

if not TYPE_CHECKING:  # a type checker knows by itself what is here
    from lucid.hints import in_optim as __getattr__  # noqa: F401
