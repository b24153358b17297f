"""Random orthogonal matrices, which give a law its orientation."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array

__all__ = ["orthogonal"]


def orthogonal(rng: np.random.Generator, batch: tuple[int, ...], d: int) -> Array:
    """Random orthogonal matrices (Haar): signs of the triangular factor are taken out."""
    q, r = np.linalg.qr(rng.standard_normal((*batch, d, d)))
    return np.asarray(q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :])
