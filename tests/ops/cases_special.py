"""Rows for special functions, with SciPy as the reference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special

from lucid import special
from lucid.testing import OpCase, between, complex_normal, nonzero, normal, positive
from tests.ops.rows import BINARY, UNARY

LIBRARIES = "two libraries approximate the function, each to some digits less than all"


def unary(name: str, domain: Any = normal, **others: Any) -> OpCase:
    options = {"rtol": 1e-12, "reason": LIBRARIES} | others
    return OpCase(
        name=name,
        function=getattr(special, name.partition("[")[0]),
        reference=getattr(scipy.special, name.partition("[")[0], None) or np.sinc,
        shapes=UNARY,
        domain=domain,
        **options,
    )


def constant(value: float) -> Any:
    """Return the domain of one integer, for a parameter without a derivative."""
    return lambda rng, shape: np.full(shape, int(value))


PARAMETER = constant(2)
PAIRS = BINARY[:3]

CASES = [
    unary("erfc"),
    unary("erfc[right]", between(3, 5)),
    OpCase(name="erfc[complex]", function=special.erfc, reference=scipy.special.erfc, shapes=UNARY[:1],
           domain=complex_normal, rtol=1e-12, reason=LIBRARIES, devices=("cpu",)),
    unary("erfcx", between(-1, 5)),
    unary("erfcx[far right]", between(30, 40)),
    unary("erfinv", between(-0.9, 0.9)),
    unary("erfcinv", between(0.1, 1.9)),
    unary("ndtr"),
    unary("ndtri", between(0.1, 0.9)),
    unary("log_ndtr", between(-10, 3)),
    unary("gamma", positive),
    unary("gamma[negative]", between(-1.8, -1.2)),
    unary("gammaln", positive),
    unary("gammaln[negative]", between(-1.8, -1.2)),
    unary("digamma", positive),
    unary("digamma[negative]", between(-1.8, -1.2)),
    *(
        OpCase(
            name=f"polygamma[{n}{label}]",
            function=lambda x, n=n: special.polygamma(n, x),
            reference=lambda x, n=n: _polygamma(n, x),
            shapes=UNARY[:2],
            domain=domain,
            rtol=1e-11,
            grad_rtol=1e-5,
            reason=LIBRARIES,
        )
        for n in (0, 1, 2, 5)
        for label, domain in (("", positive), (", negative", between(-1.7, -1.3)))
    ),
    OpCase(
        name="zeta",
        function=special.zeta,
        reference=scipy.special.zeta,
        shapes=PAIRS,
        domain=(constant(3), positive),
        rtol=1e-12,
        reason=LIBRARIES,
    ),
    OpCase(name="beta", function=special.beta, reference=scipy.special.beta, shapes=PAIRS, domain=positive,
           rtol=1e-12, reason=LIBRARIES),
    OpCase(name="betaln", function=special.betaln, reference=scipy.special.betaln, shapes=PAIRS,
           domain=positive, rtol=1e-12, reason=LIBRARIES),
    *(
        OpCase(name=name, function=getattr(special, name), reference=getattr(scipy.special, name),
               shapes=PAIRS, domain=(PARAMETER, positive), rtol=1e-12, reason=LIBRARIES)
        for name in ("gammainc", "gammaincc")
    ),
    OpCase(
        name="betainc",
        function=special.betainc,
        reference=scipy.special.betainc,
        shapes=[((3,), (3,), (2, 3)), ((), (), ()), ((0,), (0,), (0,))],
        domain=(PARAMETER, constant(3), between(0.1, 0.9)),
        rtol=1e-12,
        reason=LIBRARIES,
    ),
    unary("i0"),
    unary("i0e", nonzero),
    unary("i1"),
    unary("i1e", nonzero),
    unary("i1[large]", between(2, 6)),
    unary("i0e[far right]", between(60, 70)),
    unary("i1e[far left]", between(-70, -60)),
    OpCase(name="xlogy", function=special.xlogy, reference=scipy.special.xlogy, shapes=BINARY,
           domain=(positive, positive), scalars=True),
    OpCase(name="xlogy[complex]", function=special.xlogy, reference=scipy.special.xlogy, shapes=PAIRS[:1],
           domain=complex_normal),
    OpCase(name="xlog1py", function=special.xlog1py, reference=scipy.special.xlog1py, shapes=BINARY,
           domain=(positive, positive), scalars=True),
    unary("entr", positive),
    unary("logit", between(0.05, 0.95)),
    unary("log_expit"),
    unary("sinc", nonzero),
    unary("sinc[near 0]", between(-0.2, 0.2)),
    unary("sinc[complex]", complex_normal),
]  # fmt: skip


def _polygamma(n: int, x: Any) -> Any:
    """SciPy's, which is nan for negative ``x``: there by the recurrence DLMF 5.15.5."""
    x = np.asarray(x)
    if n == 0:
        return scipy.special.digamma(x)
    steps = np.where(x < 0, 3, 0)
    total = scipy.special.polygamma(n, x + steps)
    for k in range(3):
        term = (-1) ** n * math.factorial(n) / np.where(steps > k, x + k, 1.0) ** (n + 1)
        total = total - np.where(steps > k, term, 0.0)
    return total
