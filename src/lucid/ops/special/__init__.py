"""Special functions, with their derivatives: the ``xp.special`` of rules. ``lucid.special`` shows them."""

from lucid.ops.exponential import erf, exp2, expm1, log1p
from lucid.ops.exponential import sigmoid as expit
from lucid.ops.reduction import logsumexp
from lucid.ops.special.bessel import i0, i0e, i1, i1e
from lucid.ops.special.elementary import entr, log_expit, logit, sinc, xlog1py, xlogy
from lucid.ops.special.error_function import erfc, erfcinv, erfcx, erfinv, log_ndtr, ndtr, ndtri
from lucid.ops.special.gamma_family import beta, betaln, digamma, gamma, gammaln, polygamma, zeta
from lucid.ops.special.incomplete import betainc, gammainc, gammaincc

__all__ = [
    "erf", "erfc", "erfcx", "erfinv", "erfcinv", "ndtr", "ndtri", "log_ndtr",
    "gamma", "gammaln", "digamma", "polygamma", "beta", "betaln", "zeta",
    "gammainc", "gammaincc", "betainc",
    "i0", "i0e", "i1", "i1e",
    "xlogy", "xlog1py", "entr", "expit", "logit", "log_expit", "sinc",
    "exp2", "expm1", "log1p", "logsumexp",
]  # fmt: skip
