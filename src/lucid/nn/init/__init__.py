"""How parameters begin: functions that fill a Tensor with new values.

Their names end in ``_``, as they write into the Tensor that they are given, and return it. The
gradient doesn't see the write. ``generator`` says where random numbers come from; by default
it is the global generator, which ``lucid.random.seed`` sets.
"""

from lucid.nn.init.distributions import constant_, normal_, ones_, trunc_normal_, uniform_, zeros_
from lucid.nn.init.patterns import dirac_, eye_, sparse_
from lucid.nn.init.spread import (
    calculate_gain,
    kaiming_normal_,
    kaiming_uniform_,
    orthogonal_,
    xavier_normal_,
    xavier_uniform_,
)

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]
