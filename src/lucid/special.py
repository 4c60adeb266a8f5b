"""Special functions, under the names that SciPy and JAX give them.

    from lucid import special
    special.gammaln(x)

On the device ``"cpu"`` the values are those of ``scipy.special`` (``pip install 'lucid-nn[special]'``);
``erf``, ``xlogy``, ``xlog1py``, ``entr``, ``expit``, ``logit``, ``log_expit`` and ``sinc`` need no SciPy.
On XLA they come from ``jax.scipy.special``. Derivatives are Lucid's own, of any order, on both.
"""

from lucid.ops.special import (
    beta,
    betainc,
    betaln,
    digamma,
    entr,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    exp2,
    expit,
    expm1,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    i0,
    i0e,
    i1,
    i1e,
    log1p,
    log_expit,
    log_ndtr,
    logit,
    logsumexp,
    ndtr,
    ndtri,
    polygamma,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)
from lucid.ops.special import digamma as psi  # noqa: F401  (the name by which SciPy asks for it)

__all__ = [
    "erf", "erfc", "erfcx", "erfinv", "erfcinv", "ndtr", "ndtri", "log_ndtr",
    "gamma", "gammaln", "digamma", "polygamma", "beta", "betaln", "zeta",
    "gammainc", "gammaincc", "betainc",
    "i0", "i0e", "i1", "i1e",
    "xlogy", "xlog1py", "entr", "expit", "logit", "log_expit", "sinc",
    "exp2", "expm1", "log1p", "logsumexp",
]  # fmt: skip
