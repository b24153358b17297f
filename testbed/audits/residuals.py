"""What x1 and x2 keep once the label is taken out of them: the pieces that every linear quantity of the audit uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.audits.input import Table

__all__ = ["Residuals", "residuals_of", "symmetric_squares"]


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals given the label, in the coordinates in which the covariance of x1 is I.

    Attributes
    ----------
    white : (n, d1)
        L^{-1}(x1 - mean), L L' = S, the covariance of x1 with divisor n - 1: orthogonal columns.
    r1 : (n, d1)
        L^{-1} times the residuals of x1 on the design.
    r2 : (n, d2)
        Residuals of x2, in its own units.
    scale : (d2,)
        Within-class standard deviations of x2, divisor n - p.
    means : (p, d2)
        Coefficients of x2 on the design, in its own units: class means, for classes.
    leverage, rows : (n,), (n, p)
        Of each row in the design, and (Z'Z)^{-1} z_i.
    cross : (d1, d2)
        L^{-1} C, C = sum r1 r2' / (n - p).
    """

    white: Array
    r1: Array
    r2: Array
    scale: Array
    means: Array
    leverage: Array
    rows: Array
    cross: Array

    @property
    def n(self) -> int:
        """Number of labelled rows."""
        return len(self.r1)

    @property
    def p(self) -> int:
        """Number of columns of the design of the label."""
        return len(self.means)


ALONE = 1e-8  # what a row's leverage may lack of 1


def residuals_of(table: Table) -> Residuals:
    """Regress both views on the label.

    Raises
    ------
    ValueError
        One row alone carries a direction of x1.
    """
    design, n = table.labels.design, table.n
    square = np.linalg.inv(design.T @ design)
    rows = design @ square
    x1 = table.x1 - table.x1.mean(axis=0)
    white = np.linalg.qr(x1)[0] * np.sqrt(n - 1.0)  # not by the covariance, which would square the condition number
    _no_row_alone(white)
    means = square @ (design.T @ table.x2)
    r1 = white - design @ (square @ (design.T @ white))
    r2 = table.x2 - design @ means
    rest = n - design.shape[1]
    scale = np.sqrt(np.sum(r2**2, axis=0) / rest)
    leverage = np.einsum("ij,ij->i", design, rows)
    return Residuals(white, r1, r2, scale, means, leverage, rows, r1.T @ r2 / rest)


def _no_row_alone(white: Array) -> None:
    """Refuse a row without which x1 would have a direction less: no jackknife can leave it out."""
    n = len(white)
    rest = 1.0 - n / (n - 1) ** 2 * np.sum(white**2, axis=1)
    if rest.min() < ALONE:
        raise ValueError(
            f"labelled row {int(np.argmin(rest))} alone gives x1 one of its {white.shape[1]} directions, so the "
            "jackknife cannot leave it out: leave this row out, or columns of x1 that are rarely different from 0"
        )


def symmetric_squares(rows: Array) -> Array:
    """Rows s with s_i's_j = (r_i'r_j)^2: the d(d+1)/2 products of coordinates, those off the diagonal times sqrt 2."""
    i, j = np.triu_indices(rows.shape[1])
    return np.asarray(rows[:, i] * rows[:, j] * np.where(i == j, 1.0, np.sqrt(2.0)))


def pair_squares(r1: Array, r2: Array, most: int = 4096) -> float:
    """Mean over i != j of [(r1_i'r1_j)(r2_i'r2_j)]^2, without an n x n matrix."""
    n, total = len(r1), 0.0
    widths = [v.shape[1] * (v.shape[1] + 1) // 2 for v in (r1, r2)]
    products = np.zeros(widths)
    for start in range(0, n, most):
        a, b = symmetric_squares(r1[start : start + most]), symmetric_squares(r2[start : start + most])
        products += a.T @ b
        total -= float(np.sum((a**2).sum(axis=1) * (b**2).sum(axis=1)))
    return (total + float(np.sum(products**2))) / (n * (n - 1))
