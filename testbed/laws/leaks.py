"""What read-outs come to: ranks of conditional means, rows that span the leak, and what of it a label sees."""

from __future__ import annotations

from typing import NamedTuple

from testbed._linalg import Array
from testbed.screens import short

__all__ = ["Ranks", "Rows", "SignedLeak"]


class Ranks(NamedTuple):
    """Ranks of conditional means, and the singular values that decide them."""

    rank: Array  # (...)
    singular_values: Array  # (..., min(S, d2)), falling
    affine_rank: Array  # (...) dimension of their affine hull: the rank that counts with an intercept
    affine_singular_values: Array

    def __repr__(self) -> str:
        return short(self)


class Rows(NamedTuple):
    """Rows whose inner products are the covariances of f, psi and d, the last two of one class of functions.

    f is the best predictor of the label in the class, psi that of X2, and d = psi - A_bar' fbar the leak.
    """

    f: Array  # (..., r, k)
    psi: Array  # (..., r, d2)
    leak: Array  # (..., r, d2)

    def __repr__(self) -> str:
        return short(self)


class SignedLeak(NamedTuple):
    """Parts of a violation of conditional independence, as the label sees them (I14).

    W'psi* = f* + g, and g = a f* + h with E h f*' = 0. The leak has a sign: a > 0 makes the signal of the label
    larger in psi* (helps at finite n), a < 0 smaller (hurts). `predicted` bounds e_apx(psi*) and is equal to it where
    the label takes all of psi*: given Y alone, d2 = k without an intercept or for a real label, d2 = k - 1 with one.
    """

    aligned: Array  # (...) positive part of tr(a F) / tr F
    anti_aligned: Array  # (...) negative part
    harmful: Array  # (...) tr H, H = E h h'
    neutral: Array  # (...) E|leak|^2 outside the row space of the conditional means
    slope: Array  # (..., k, k) a
    predicted: Array  # (...) tr[F - F B'(B F B' + H)^+ B F], B = I + a

    def __repr__(self) -> str:
        return short(self)
