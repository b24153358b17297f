"""Batched linear algebra with leading axes: one slice of a stack has the bits it would have alone."""

from __future__ import annotations

from testbed._linalg.arrays import LOST, Array, contrasts, inner, outer, standards, transpose, upper
from testbed._linalg.last_axis import largest_of_last, normalised_exp, sum_of_last
from testbed._linalg.regression import RELATIVE_CUTOFF, least_squares, own_unit, pinv, rank_of, residual_square
from testbed._linalg.roots import (
    FLAT,
    UNEVEN,
    cholesky,
    is_diagonal,
    is_identity,
    of_least_norm,
    principal_roots,
    scaled_root,
    spectral_root,
    symmetric_root,
    units_of,
)
from testbed._linalg.solvers import solve, solve_lower, solve_positive, solve_root, solve_upper

__all__ = [
    "FLAT",
    "LOST",
    "RELATIVE_CUTOFF",
    "UNEVEN",
    "Array",
    "cholesky",
    "contrasts",
    "inner",
    "is_diagonal",
    "is_identity",
    "largest_of_last",
    "least_squares",
    "normalised_exp",
    "of_least_norm",
    "outer",
    "own_unit",
    "pinv",
    "principal_roots",
    "rank_of",
    "residual_square",
    "scaled_root",
    "solve",
    "solve_lower",
    "solve_positive",
    "solve_root",
    "solve_upper",
    "spectral_root",
    "standards",
    "sum_of_last",
    "symmetric_root",
    "transpose",
    "units_of",
    "upper",
]
