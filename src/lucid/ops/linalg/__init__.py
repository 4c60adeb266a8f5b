"""Linear algebra: products, decompositions, equations, norms. The ``xp.linalg`` of rules on Tensors."""

from lucid.ops.linalg.decompositions import cholesky, qr, svd, svdvals
from lucid.ops.linalg.determinants import adjugate, det, slogdet
from lucid.ops.linalg.diagonals import diagonal, trace
from lucid.ops.linalg.eigen import eig, eigh, eigvals, eigvalsh
from lucid.ops.linalg.norms import matrix_norm, vector_norm
from lucid.ops.linalg.products import cross, kron, matmul, outer, tensordot, vecdot
from lucid.ops.linalg.solving import inv, matrix_power, matrix_rank, pinv, solve
from lucid.ops.linalg.summation import einsum as einsum
from lucid.ops.linalg.summation import sum_of_products as sum_of_products
from lucid.ops.shape import matrix_transpose

__all__ = [
    "adjugate", "cholesky", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv",
    "kron", "matmul", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose", "outer", "pinv", "qr",
    "slogdet", "solve", "svd", "svdvals", "tensordot", "trace", "vecdot", "vector_norm",
]  # fmt: skip
