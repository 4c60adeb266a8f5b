"""Optimizers: how parameters follow their gradients. Start with ``optimizer.py``."""

from typing import TYPE_CHECKING

from lucid.optim import lr_scheduler, swa_utils
from lucid.optim.adadelta import Adadelta
from lucid.optim.adafactor import Adafactor
from lucid.optim.adagrad import Adagrad
from lucid.optim.adam import Adam, AdamW
from lucid.optim.adamax import Adamax
from lucid.optim.asgd import ASGD
from lucid.optim.groups import param_groups
from lucid.optim.lbfgs import LBFGS
from lucid.optim.lion import Lion
from lucid.optim.muon import Muon
from lucid.optim.nadam import NAdam
from lucid.optim.optimizer import Optimizer
from lucid.optim.radam import RAdam
from lucid.optim.rmsprop import RMSprop
from lucid.optim.rprop import Rprop
from lucid.optim.sgd import SGD

__all__ = [
    "ASGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LBFGS",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "lr_scheduler",
    "param_groups",
    "swa_utils",
]

if not TYPE_CHECKING:  # a type checker knows by itself what is here
    from lucid.hints import in_optim as __getattr__  # noqa: F401
