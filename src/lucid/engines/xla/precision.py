"""XLA's words for the precision of products."""

from __future__ import annotations

import jax

from lucid.engines.settings import precision_of

_PRECISIONS = {
    "highest": jax.lax.Precision.HIGHEST,
    "high": jax.lax.Precision.HIGH,
    "medium": jax.lax.Precision.DEFAULT,
}


def precision() -> jax.lax.Precision:
    """Return XLA's word for the precision of float32 products that is set."""
    return _PRECISIONS[precision_of("xla")]
