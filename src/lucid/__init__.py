"""Lucid: a deep-learning framework that can be read end to end and is fast anyway."""

from lucid import autograd
from lucid.autograd import enable_grad, no_grad
from lucid.ops import *  # noqa: F403
from lucid.tensor import Tensor
