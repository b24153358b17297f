"""V4: the conditional means of X2 given the state have less than full rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import Array, symmetric_root, transpose
from testbed.allowed import Whole
from testbed.arguments import shown
from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law

__all__ = ["LowRank"]


@dataclass(frozen=True, repr=False)
class LowRank(Violation):
    """V4: the conditional means of X2 are projected on r directions, A_bar -> V V' A_bar, V'V = I_r.

    V holds r of the S orthonormal cosines of the states, v_0 = 1/sqrt(S), v_j(s) ~ cos(pi j (s + 1/2) / S). With
    `affine` false they are v_1, ..., v_r: rank(A_bar) = r, and 1 is not in its column space, so an intercept adds a
    dimension and rescues r = S - 1 (r = S changes nothing). With `affine` true they are v_0, ..., v_r: the affine rank
    is r, 1 is in the column space, and an intercept rescues nothing. Means alone move: x1, the label and
    Cov(X2 | state) stay; in a finite law the points of x2 move instead. In a jointly Gaussian law they are
    v_0, ..., v_{r-1}.

    Breaks the rank assumption. Without an edge e_apx(psi*) is the loss of rank (I3 of docs/theory.md),
    tr M [S - S A_bar (A_bar' S A_bar)^+ A_bar' S] M' with S = E fbar fbar' (Cov fbar with intercept); rank = 0 makes
    A_bar = 0 (affine: equal rows), where regression fails altogether. `LowRank(CleanMixture(k=2), 1)` is Example 3.1
    of the paper: rank 1 < k = 2, rows mu and -mu, and with an intercept no harm.

    Parameters
    ----------
    base : Generator or Law
        Its A_bar has independent rows, S <= d2 of them.
    rank : int
        r, 0 to S; affine: 0 to S - 1.
    affine : bool
        Whether `rank` is the affine rank, and the column space holds 1.

    Raises
    ------
    ValueError
        Dials out of range; from `law`: a rank above the attainable one; an affine rank for a jointly Gaussian law,
        where an intercept changes nothing; a finite law whose states have dependent laws of x2.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Assumption 3.1 and Example 3.1.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, LowRank
    >>> truth = LowRank(CleanMixture(k=3, structure_seed=1), rank=1).law().population()
    >>> float(truth.beta().round(6))    # A no longer tells the classes apart
    0.0
    """

    rank: Annotated[int, Whole(0)] = 1
    affine: bool = False

    def violate(self, base: Law) -> Law:
        """Return the law of the base with its conditional means of X2 projected."""
        if not isinstance(base, GaussianMixture | Finite | JointGaussian):
            refused(self, base, "the means of its states cannot move without the words")
        truth = base.population()
        means = truth.A_bar
        states = means.shape[-2]
        least = int(np.min(truth.ranks().rank))
        if least < states:
            refused(self, base, f"its {states} states have means of rank {least}; independent rows are needed")
        real = isinstance(base, JointGaussian)
        if real and self.affine:
            refused(self, base, "its label and means have no level that an intercept frees; affine=False")
        most = states - 1 if self.affine else states
        if self.rank > most:
            raise ValueError(f"rank = {shown(self.rank)}: attainable with {states} states: 0 to {most}")
        basis = cosines(states)
        first = 0 if self.affine or real or self.rank == states else 1
        kept = basis[:, first : self.rank + first + int(self.affine)]
        lost = means - kept @ (kept.T @ means)
        if isinstance(base, GaussianMixture):
            mean = base.mean.copy()
            mean[..., base.d1 :] -= base.shown @ lost
            return self.changed(base, mean=mean)
        return self._moved(base, lost) if isinstance(base, Finite) else _reduced(base, lost)

    def _moved(self, base: Finite, lost: Array) -> Finite:
        """Points of x2 moved by the least that moves the means of all states as they should."""
        states = base.joint.reshape(-1, *base.joint.shape[2:]).sum(axis=1)
        mass = states.sum(axis=1)
        given = states[mass > 0.0] / mass[mass > 0.0, None]
        if np.linalg.matrix_rank(given) < len(given):
            refused(
                self, base, "the laws of x2 in its states are linearly dependent, so their means cannot move freely"
            )
        return Finite(base.joint, base.v1, base.v2 - np.linalg.pinv(given) @ lost)


def _reduced(base: JointGaussian, lost: Array) -> JointGaussian:
    """Take what is lost of A_bar out of the covariances of x2; Cov(X2 | state) stays."""
    at, c = base.blocks, base.covariance.copy()
    x1, x2, state = at["x1"], at["x2"], slice(at["y"].start, None)
    read = base.population().A_bar
    for block in (x1, state):
        c[..., block, x2] -= c[..., block, state] @ lost
        c[..., x2, block] = transpose(c[..., block, x2])
    root = symmetric_root(c[..., state, state])
    before, after = root @ read, root @ (read - lost)
    c[..., x2, x2] += transpose(after) @ after - transpose(before) @ before
    return JointGaussian(c, *base.shape)


def cosines(states: int) -> Array:
    """Orthonormal cosines over the states, as columns (S, S), the constant first."""
    place = np.arange(states)
    basis = np.cos(np.pi * place * (place[:, None] + 0.5) / states)
    return np.asarray(basis / np.linalg.norm(basis, axis=0))
