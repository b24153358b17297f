"""Blocks of a law within its states, and the law with another edge from x1 to x2 in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from testbed._linalg import FLAT, Array, outer, scaled_root, solve, symmetric_root, transpose
from testbed.generators.violations.base import Violation, refused
from testbed.laws import GaussianMixture, JointGaussian, Law

__all__ = ["Within", "complement", "row_space"]

ROUNDING = 1e-10  # share of the largest singular value at or below which a direction counts as missing


@dataclass(frozen=True, eq=False)
class Within:
    """A law whose views are jointly Gaussian with one covariance given the state, in blocks.

    Attributes
    ----------
    c11, c12, c22 : (..., d1, d1), (..., d1, d2), (..., d2, d2)
        Covariances given the state.
    s11, s1s : (..., d1, d1), (..., d1, S)
        Covariance of x1, and of x1 with the root of the state: s1s s1s' is what states add to c11.
    means : (..., S, d2)
        A_bar, row for row.
    read : (..., S, d2)
        Rows with s1s read = Cov(X1, A_bar' state).
    """

    law: GaussianMixture | JointGaussian
    c11: Array
    c12: Array
    c22: Array
    s11: Array
    s1s: Array
    means: Array
    read: Array

    @staticmethod
    def of(law: Law, violation: Violation) -> Within:
        """Take a law apart; refuse one that has no Gaussian noise of one covariance, in all of x1, within states."""
        parts = Within._parts(law, violation)
        unit = np.sqrt(np.diagonal(parts.s11, axis1=-2, axis2=-1))
        unit = np.where(unit > 0.0, unit, 1.0)
        values = np.linalg.eigvalsh(parts.c11 / outer(unit, unit))
        if np.any(values[..., 0] <= FLAT * values[..., -1]):
            refused(violation, law, "the noise of its x1 within the states is singular")
        return parts

    @staticmethod
    def _parts(law: Law, violation: Violation) -> Within:
        if isinstance(law, JointGaussian):
            truth, at = law.population(), law.blocks
            c = law.covariance
            state = slice(at["y"].start, None)
            root = symmetric_root(c[..., state, state])
            x1, x2 = at["x1"], at["x2"]
            s1s = c[..., x1, state] @ np.linalg.pinv(root, rcond=1e-12, hermitian=True)
            read = root @ truth.A_bar
            c22 = c[..., x2, x2] - transpose(read) @ read
            return Within(
                law, c[..., x1, x1] - s1s @ transpose(s1s), truth.cross_given("yz"), c22, c[..., x1, x1], s1s,
                truth.A_bar, read,
            )  # fmt: skip
        if not isinstance(law, GaussianMixture):
            refused(violation, law, "an edge needs Gaussian noise within the states")
        if not law.shared:
            refused(violation, law, "its states have covariances of their own, so no edge has one size in all of them")
        mixture, d1 = law.population(), law.d1
        c = np.broadcast_to(law.covariance, (*law.batch, *law.covariance.shape[-2:]))
        root_p = np.sqrt(law.probability)[:, None]
        s1s = transpose(root_p * (mixture.mu1 - mixture.mean1[..., None, :]))
        return Within(
            law, c[..., :d1, :d1], c[..., :d1, d1:], c[..., d1:, d1:], mixture.s11, s1s, mixture.mu2,
            root_p * (mixture.mu2 - mixture.mean2[..., None, :]),
        )  # fmt: skip

    def with_edge(self, c12: Array) -> Law:
        """Return the law whose covariance of x1 and x2 within states is c12; all else stays."""
        law = self.law
        first, second = slice(0, law.shape[0]), slice(law.shape[0], law.shape[0] + law.shape[1])
        covariance = np.broadcast_to(law.covariance, (*law.batch, *law.covariance.shape[-2:])).copy()
        moved = c12 - self.c12 if isinstance(law, JointGaussian) else c12 - covariance[..., first, second]
        covariance[..., first, second] += moved
        covariance[..., second, first] = transpose(covariance[..., first, second])
        if isinstance(law, JointGaussian):
            return JointGaussian(covariance, *law.shape)
        return GaussianMixture(law.probability, law.mean, covariance, law.d1, law.label, law.latent)

    def correlation(self, c12: Array) -> Array:
        """Largest canonical correlation of x1 and x2 within states, were c12 their covariance; above 1: impossible."""
        return cast(Array, np.linalg.norm(solve(self.root1, c12) @ self.inverse_root2, ord=2, axis=(-2, -1)))

    @property
    def root1(self) -> Array:
        """Root L of c11, L L' = c11: symmetric, unless units of x1 are far apart."""
        unit, even = scaled_root(self.c11)
        return unit[..., :, None] * even

    @property
    def inverse_root2(self) -> Array:
        """Root of the pseudo-inverse of c22."""
        unit, even = scaled_root(self.c22)
        return np.asarray(np.linalg.pinv(even, rcond=1e-9, hermitian=True) / unit[..., :, None])


def row_space(rows: Array) -> Array:
    """Orthonormal basis of the span of rows, as columns (..., d, r); r must be one for all slices."""
    _, s, vt = np.linalg.svd(rows, full_matrices=False)
    return transpose(vt[..., : _rank(s), :])


def complement(rows: Array) -> Array:
    """Orthonormal basis of what is orthogonal to rows, as columns (..., d, d - r)."""
    _, s, vt = np.linalg.svd(rows, full_matrices=True)
    return transpose(vt[..., _rank(s) :, :])


def _rank(s: Array) -> int:
    ranks = np.unique(np.sum(s > ROUNDING * np.maximum(s[..., :1], np.finfo(float).tiny), axis=-1))
    if len(ranks) > 1:
        raise ValueError(
            f"the structures of the base differ in rank ({ranks.tolist()}), and an edge needs one rank for all; "
            "freeze the structure with structure_seed=<int>"
        )
    return int(ranks[0])
