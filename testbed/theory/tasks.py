"""Linear pretext tasks in closed form: masked denoising, pseudo-likelihood, and the space that two views share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, ClassVar

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares, pinv, spectral_root, transpose, upper
from testbed.allowed import Count, Real
from testbed.laws import Population
from testbed.laws.augmentation import augmented_moments
from testbed.laws.readouts import ABSOLUTE
from testbed.laws.spectral import axes_of
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import conditional_independence, x1_varies

__all__ = ["FisherSpace", "MaskedDenoising", "PseudoLikelihoodForm"]

MASKED = 12  # coordinates of x1 whose 2^12 masks are still listed
SINGULAR = 1e-12  # smallest eigenvalue of a correlation matrix at or below which it is singular
SEEN = 1e-6  # canonical correlation at or below which the second view does not show a direction of x1


def _variance(truth: Population) -> Array:
    """E|X1 - E X1|^2."""
    return np.asarray(np.trace(truth.s11, axis1=-2, axis2=-1))


@dataclass(frozen=True, repr=False)
class MaskedDenoising(Exact):
    """Least error of rebuilding x1, through a linear code of `rank` numbers, from T(x1) whose coordinates are masked.

    Each coordinate is set to 0 with probability q. With m = E X1, S = Cov X1, ::

        St = Cov T(x1) = (1-q)^2 S + q(1-q) diag(S + m m'),    C = Cov(T(x1), x1) = (1-q) S,
        min E|x1 - B A' T(x1) - c|^2 = tr S - (sum of the largest `rank` eigenvalues of C' St^{-1} C)

    at any mean, and at full rank the slope is St^{-1} C. Measured by least squares over all 2^d1 masks of points whose
    mean and covariance are those of the law.

    Parameters
    ----------
    q : float
        Probability that a coordinate is masked, inside (0, 1).
    rank : int
        Numbers in the code (d1 where that is less).

    References
    ----------
    Chen, Xu, Weinberger and Sha, "Marginalized denoising autoencoders for domain adaptation", ICML 2012; the rank is
    that of reduced-rank regression.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MaskedDenoising().sides(check.LAWS["sharp"].population())
    <Sides: left 1.5, right 1.5, scale 2, error 0>
    """

    q: Annotated[float, Real(above=0.0, below=1.0)] = 0.5
    rank: Count = 1

    versions: ClassVar[Versions] = ({}, {"q": 0.1, "rank": 2})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Masked denoising"
    source: ClassVar[str] = "Chen, Xu, Weinberger and Sha, ICML 2012"
    claim: ClassVar[str] = "min E|x1 - BA'T(x1) - c|^2 = tr S - sum_{i<=r} lambda_i(C' St^{-1} C)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Nothing of the law, but few enough coordinates for all masks to be listed."""
        room = np.full(truth.second2.shape, float(MASKED - truth.s11.shape[-1]))
        return (Assumption(f"at most {MASKED} coordinates to mask", room, room >= 0.0),)

    def subject(self, truth: Population) -> Assumption:
        """An x1 that varies."""
        return x1_varies(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Residual of reduced rank over all masks, NaN where they are too many, and tr S less the eigenvalues."""
        scale, d = _variance(truth), truth.s11.shape[-1]
        seen = augmented_moments("mask", self.q, truth.mean1, truth.s11)
        square = seen.between + np.eye(d) * seen.within[..., None, :]
        s = np.linalg.svd(spectral_root(square, seen.cross)[1], compute_uv=False)
        right = scale - np.sum(s[..., : self.rank] ** 2, axis=-1)
        if d > MASKED:
            return compared(truth, np.nan, right, scale)
        root, target = self.listed(truth)
        weight, rest, _ = least_squares(root, target, unit=np.linalg.norm(root, axis=-2))
        s = np.linalg.svd(upper(root @ weight), compute_uv=False)
        return compared(truth, inner(rest, rest) + np.sum(s[..., self.rank :] ** 2, axis=-1), right, scale)

    def listed(self, truth: Population) -> tuple[Array, Array]:
        """Rows of T(x1) and of x1 over all masks, centred and weighted by the root of their probability."""
        d = truth.s11.shape[-1]
        root = upper(truth.root1)
        side = np.sqrt(root.shape[-2]) * root
        deviations = np.concatenate([side, -side], axis=-2)  # equally likely: mean 0, covariance S
        keep = np.array(list(product((0.0, 1.0), repeat=d)))
        chance = np.prod(np.where(keep > 0.0, 1.0 - self.q, self.q), axis=-1) / deviations.shape[-2]
        x = truth.mean1[..., None, :] + deviations
        masked = keep[:, None, :] * x[..., None, :, :] - (1.0 - self.q) * truth.mean1[..., None, None, :]
        clean = np.broadcast_to(deviations[..., None, :, :], masked.shape)
        weight = np.sqrt(chance)[:, None, None]
        flat = (*masked.shape[:-3], -1, d)
        return (weight * masked).reshape(flat), (weight * clean).reshape(flat)


@dataclass(frozen=True, repr=False)
class PseudoLikelihoodForm(Exact):
    """The regressions of each coordinate of x1 on all the others are in the inverse of its covariance.

    With Theta = S11^{-1} they are psi = (I - diag(Theta)^{-1} Theta)(x1 - E X1), and E|x1 - E X1 - psi|^2 is the sum of
    the 1 / Theta_jj. Measured by d1 regressions.

    References
    ----------
    Besag, "Statistical analysis of non-lattice data", The Statistician 24, 1975, for the task.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.PseudoLikelihoodForm().sides(check.LAWS["sharp"].population())
    <Sides: left 2, right 2, scale 2, error 0>
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Pseudo-likelihood"
    source: ClassVar[str] = "Besag 1975"
    claim: ClassVar[str] = "sum_j E|x_j - E^L[x_j|x_-j]|^2 = sum_j 1 / Theta_jj, Theta = S11^{-1}"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """S11 is invertible: the margin is the smallest eigenvalue of the correlations of x1."""
        lowest = np.asarray(np.linalg.eigvalsh(self._correlation(truth)[0])[..., 0], dtype=float)
        return (Assumption("no coordinate of x1 is a function of the others", lowest, lowest > SINGULAR),)

    def subject(self, truth: Population) -> Assumption:
        """An x1 that varies."""
        return x1_varies(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Sum of the residual variances of the regressions, and of the 1 / Theta_jj, NaN where S11 is singular."""
        return compared(truth, self._regressed(truth), self._inverted(truth), _variance(truth))

    def _inverted(self, truth: Population) -> Array:
        """Sum of the 1 / Theta_jj; NaN where S11 is singular."""
        correlation, deviation = self._correlation(truth)
        singular = np.linalg.eigvalsh(correlation)[..., 0] <= SINGULAR
        d = correlation.shape[-1]
        theta = np.linalg.inv(np.where(singular[..., None, None], np.eye(d), correlation))
        left = deviation**2 / np.diagonal(theta, axis1=-2, axis2=-1)
        return np.where(singular, np.nan, left.sum(axis=-1))

    def _regressed(self, truth: Population) -> Array:
        """Sum of the residual variances of the regressions."""
        root, total = truth.root1, np.zeros(truth.second2.shape)
        for j in range(root.shape[-1]):
            one = root[..., j : j + 1]
            others = np.delete(root, j, axis=-1)
            rest = least_squares(others, one, unit=np.linalg.norm(others, axis=-2))[1] if others.shape[-1] else one
            total = total + inner(rest, rest)
        return np.asarray(total)

    def _correlation(self, truth: Population) -> tuple[Array, Array]:
        """Correlations of x1, and standard deviations."""
        deviation = np.sqrt(np.diagonal(truth.s11, axis1=-2, axis2=-1))
        scale = np.where(deviation > 0.0, deviation, 1.0)
        return np.asarray(truth.s11 / (scale[..., :, None] * scale[..., None, :])), np.asarray(deviation)


@dataclass(frozen=True, repr=False)
class FisherSpace(Exact):
    """Linear regression of one view on the other reads Fisher's discriminant space of the label.

    Where X1 and X2 are uncorrelated given Y, the weights of E^L[X2|X1] span S_w^{-1} span(centred E[X1|Y]), S_w being
    the covariance of X1 within classes, as soon as the second view is correlated with all of it. Two draws from one
    class, the class of the second redrawn with probability w, have that space at every w < 1; at w = 1 nothing is left
    of it. For real labels the means are those linear in Y. Measured is the sine of the largest angle between both
    spaces, 1 where their dimensions differ.

    References
    ----------
    Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936, for the space; that
    exchangeable views find it is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.FisherSpace().sides(check.LAWS["finite"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Fisher's space from two views"
    source: ClassVar[str] = "Fisher 1936; this project"
    claim: ClassVar[str] = "row space of E^L[X2|X1] = S_w^{-1} span(centred E[X1|Y])"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Independence given Y in the linear class, a second view that shows the space, variance within classes.

        The margins are minus eps_CI, the canonical correlation of the views that shows the last direction, and the
        least share of a variance of x1 that is within classes.
        """
        label, views = self._correlations(truth)
        directions = np.sum(label > SEEN, axis=-1)
        last = np.take_along_axis(
            np.concatenate([np.ones((*views.shape[:-1], 1)), views, np.zeros(label.shape)], axis=-1),
            directions[..., None],
            axis=-1,
        )[..., 0]
        within = 1.0 - label.max(axis=-1, initial=0.0) ** 2
        name, margin, holds = conditional_independence(truth, "linear", "y")
        return (
            Assumption(name, margin, holds & self._leaks_nothing(truth, directions)),
            Assumption("x2 is correlated with all of the space", last, last > SEEN),
            Assumption("x1 varies within classes in all directions", within, within > EDGE),
        )

    def subject(self, truth: Population) -> Assumption:
        """A space of at least one direction: the margin is the largest correlation of x1 with the label."""
        largest = self._correlations(truth)[0].max(axis=-1, initial=0.0)
        return Assumption("the classes differ in their means of x1", largest, largest > SEEN)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Sine of the largest angle between both spaces, and 0."""
        return compared(truth, self._sine(truth), 0.0, 1.0)

    def _sine(self, truth: Population) -> Array:
        seen = truth.white1(truth.s1y)  # functions of white x1: in them no unit of x1 is left
        explained = seen @ axes_of(truth.syy).inverse
        within = np.eye(seen.shape[-2]) - explained @ transpose(explained)
        label = np.sqrt(np.clip(np.diagonal(truth.syy, axis1=-2, axis2=-1), 0.0, None))
        one = _basis(truth.white1(truth.s12), truth.unit2, truth.lost1)
        other = _basis(pinv(within, RELATIVE_CUTOFF) @ seen, label, truth.lost1)
        alike = np.sum(one**2, axis=(-1, -2)).round() == np.sum(other**2, axis=(-1, -2)).round()
        missed = other - one @ (transpose(one) @ other)
        sine = np.linalg.svd(missed, compute_uv=False).max(axis=-1, initial=0.0)
        return np.where(alike, np.minimum(sine, 1.0), 1.0)

    def _leaks_nothing(self, truth: Population, directions: Any) -> Array:
        """Whether the leak is too small, beside the weakest direction that x2 shows, to turn the space by 1e-9."""
        _, psi, gap = truth.rows("linear", "y")
        unit = np.where(truth.unit2 > 0.0, truth.unit2, 1.0)[..., None, :]
        s = np.linalg.svd(psi / unit, compute_uv=False)
        s = np.concatenate([np.full((*s.shape[:-1], 1), np.inf), s, np.zeros((*s.shape[:-1], directions.max()))], -1)
        weakest = np.take_along_axis(s, directions[..., None], axis=-1)[..., 0]
        leak = np.sqrt(inner(gap / unit, gap / unit))
        return np.asarray(leak <= 0.1 * EDGE * weakest + truth.lost)

    def _correlations(self, truth: Population) -> tuple[Array, Array]:
        """Canonical correlations of x1 with the label, and with x2."""
        pairs = ((truth.s1y, truth.syy), (truth.s12, truth.s22))
        white = [truth.white1(cross) @ axes_of(own).inverse for cross, own in pairs]
        label, views = (np.asarray(np.linalg.svd(w, compute_uv=False), dtype=float) for w in white)
        return label, views


def _basis(rows: Array, unit: Array, lost: Array) -> Array:
    """Orthonormal basis of the span of functions of x1 with units of their own; columns beyond the rank are 0."""
    u, s, _ = np.linalg.svd(rows / np.where(unit > 0.0, unit, 1.0)[..., None, :], full_matrices=False)
    keep = s > np.maximum(RELATIVE_CUTOFF * s.max(axis=-1, initial=0.0, keepdims=True), ABSOLUTE + lost[..., None])
    return np.asarray(u * keep[..., None, :])
