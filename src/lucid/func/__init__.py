"""Functions of functions: derivatives, Jacobians, and batches.

They take functions of Tensors and return functions of Tensors, and go into each other: the
gradients of single examples are ``vmap(grad(loss))``.

Read next: ``derivatives.py``.
"""

from lucid.func.derivatives import grad, jvp, value_and_grad, vjp
from lucid.func.jacobians import hessian, jacobian
from lucid.func.vmap import vmap

__all__ = ["grad", "hessian", "jacobian", "jvp", "value_and_grad", "vjp", "vmap"]
