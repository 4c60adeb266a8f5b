"""Special functions, under the names that SciPy and JAX give them.

    from lucid import special
    special.gammaln(x)

On the device ``"cpu"`` the values are those of ``scipy.special`` (``pip install 'lucid-nn[special]'``);
``erf``, ``xlogy``, ``xlog1py``, ``entr``, ``expit``, ``logit``, ``log_expit`` and ``sinc`` need no SciPy.
On XLA they come from ``jax.scipy.special``. Derivatives are Lucid's own, of any order, on both.
"""

from lucid.ops.special import *  # noqa: F403
from lucid.ops.special import __all__ as __all__
from lucid.ops.special import digamma as psi  # noqa: F401  (the name by which SciPy asks for it)
