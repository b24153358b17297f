"""Equal singular values at the rank that is kept, and whether the label sees which direction is chosen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array

__all__ = ["ambiguous"]

TIE = 1e-9  # share of a singular value by which the next one must be smaller to be told apart


def ambiguous(psi: Array, f: Array, rank: int) -> npt.NDArray[np.bool_]:
    """Whether the best predictors of a given rank differ in what they keep of the label, (...).

    The singular directions of psi with values equal to the r-th one span a tied space: any part of it of the missing
    dimension serves the regression as well. With c the coefficients of f on an orthonormal basis of its functions, the
    label that a part V keeps is |V'c|^2, the same for every V if and only if c c' is a multiple of the identity.

    Parameters
    ----------
    psi, f : (..., m, d2), (..., m, k)
        Rows of the best affine predictors of x2 and of the label: their inner products are covariances.
    rank : int
        The rank that is kept.
    """
    u, s, _ = np.linalg.svd(psi, full_matrices=False)
    batch = s.shape[:-1]
    found = np.zeros(batch, dtype=bool)
    if rank >= s.shape[-1]:
        return found
    close = (s[..., rank - 1] > 0.0) & (s[..., rank] >= (1.0 - TIE) * s[..., rank - 1])
    for place in map(tuple, np.argwhere(close)):  # few laws have ties
        level = s[place][rank - 1]
        tied = np.abs(s[place] - level) <= TIE * level * len(s[place])
        label = np.broadcast_to(f, (*batch, *f.shape[-2:]))[place]
        c = u[place][:, tied].T @ label
        found[place] = np.ptp(np.linalg.eigvalsh(c @ c.T)) > TIE * float(np.sum(label**2))
    return found
