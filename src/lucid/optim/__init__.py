"""Optimizers: how parameters follow their gradients. Start with ``optimizer.py``."""

from lucid.hints import in_optim as __getattr__
from lucid.optim.adam import Adam, AdamW
from lucid.optim.optimizer import Optimizer
from lucid.optim.sgd import SGD

__all__ = ["Optimizer", "SGD", "Adam", "AdamW"]
