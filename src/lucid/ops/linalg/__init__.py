"""Linear algebra: products, decompositions, equations, norms. The ``xp.linalg`` of rules on Tensors."""

from lucid.ops.linalg.products import einsum, matmul, one_hot, sum_of_products, tensordot, vecdot

__all__ = ["einsum", "matmul", "one_hot", "sum_of_products", "tensordot", "vecdot"]
