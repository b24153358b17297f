"""What a representation keeps of the label: what is lost, what is not linear, and what a drawn code tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares
from testbed.allowed import Share
from testbed.laws import Population
from testbed.laws.readouts import ABSOLUTE
from testbed.laws.table_population import TablePopulation
from testbed.models.codes import code_losses
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared

__all__ = ["CodeVector", "IntrinsicParts", "SampledCodes"]

ONE_HOT = 1e-9  # distance of E[YY'] from that of one-hot labels that is rounding


@dataclass(frozen=True, repr=False)
class IntrinsicParts(Exact):
    """What a linear probe cannot read of the label is either lost, or there and not linear.

    e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2: no probe recovers the first part, a nonlinear one the
    second.

    Parameters
    ----------
    representation : "signs" or "psi_star"
        Whether each coordinate of x1 is above its mean, which merges points; or the pretext optimum.

    References
    ----------
    This project; the second part is what Chen, Kornblith, Norouzi and Hinton, ICML 2020, section 4, call linearity.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.IntrinsicParts().sides(check.LAWS["finite"].population())
    <Sides: left 0.0675552, right 0.0675552, scale 0.64444, error 0>
    """

    representation: Literal["signs", "psi_star"] = "signs"

    versions: ClassVar[Versions] = ({}, {"representation": "psi_star"})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Information lost, and not linear"
    source: ClassVar[str] = "this project"
    claim: ClassVar[str] = "e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """x1 has a finite support, so that E[Y|psi] is a sum."""
        finite = np.full(truth.second2.shape, isinstance(truth, TablePopulation))
        return (Assumption("x1 has a finite support", np.where(finite, 0.0, -1.0), finite),)

    def _features(self, truth: TablePopulation) -> tuple[Array, float, Array]:
        """Values of the features, and the unit and share of it up to which they are rounding."""
        if self.representation == "psi_star":
            return truth.psi_centred, ABSOLUTE, truth.unit2
        signs = (truth.points1 > truth.mean1).astype(float)
        return signs, RELATIVE_CUTOFF, truth.feature_unit(signs)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx with an intercept, and the sum of both parts; NaN without a finite support."""
        if not isinstance(truth, TablePopulation):
            return compared(truth, np.nan, np.nan)
        (psi, cutoff, unit), weight = self._features(truth), np.sqrt(truth.p1)[:, None]
        _, place = np.unique(psi + 0.0, axis=0, return_inverse=True)
        group = np.eye(int(place.max()) + 1)[place.ravel()]
        given = group @ ((group.T @ (truth.p1[:, None] * truth.f_table)) / (truth.p1 @ group)[:, None])
        _, rest, _ = least_squares(weight * (psi - truth.p1 @ psi), weight * (given - truth.p1 @ given), cutoff, unit)
        lost = weight * (truth.f_table - given)
        right = inner(lost, lost) + inner(rest, rest)
        if self.representation == "psi_star":
            return compared(truth, truth.approximation_error(truth.psi_star), right)
        return compared(truth, truth.approximation_error_table(psi), right)


class _OfClasses(Exact):
    """A statement about relabelled classes: z is y with probability 1 - t, and else one of k drawn evenly.

    So p(z|x) = T'f*(x) with T = (1 - t) I + t 11'/k, and p(x) does not depend on t, whatever the classes' shares are;
    where they are equal, p(x|z) = sum_y T(y|z) p(x|y).
    """

    t: float

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Y is one of k classes: the margin is minus the distance of its moments from those of one-hot labels."""
        mean = truth.mean_y
        second = truth.syy + mean[..., :, None] * mean[..., None, :]
        distance = np.abs(second - mean[..., None] * np.eye(mean.shape[-1])).max(axis=(-1, -2))
        distance = np.maximum(distance, np.abs(mean.sum(axis=-1) - 1.0))
        return (Assumption("Y is one of k classes", -distance, distance <= ONE_HOT),)

    def _channel(self, truth: Population, t: float) -> Array:
        k = truth.mean_y.shape[-1]
        return np.asarray((1.0 - t) * np.eye(k) + t / k)


@dataclass(frozen=True, repr=False)
class CodeVector(_OfClasses):
    """The vector p(z|x) of relabelled classes is an invertible linear map of f*: a linear probe on it loses nothing.

    p(z|x) = T' f*(x), so e_apx(p(z|x)) = 0 for every t < 1 (T27): usefulness must be that of drawn codes.

    References
    ----------
    This project (T27), on a construction of Huszar, "Is maximum likelihood useful for representation learning?", 2017.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.CodeVector().sides(check.LAWS["finite"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    t: Share = 0.5

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Vector of code probabilities"
    source: ClassVar[str] = "this project (T27)"
    claim: ClassVar[str] = "p(z|x) = T'f*, so e_apx(p(z|x)) = 0 for t < 1"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Y is a class, and T is invertible: the margin is 1 - t."""
        margin = np.full(truth.second2.shape, 1.0 - self.t)
        return (*super().assumptions(truth), Assumption("t < 1", margin, margin > 0.0))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx of the vector, with intercept, and 0."""
        f = truth.rows("universal", "yz").f
        channel = self._channel(truth, self.t)
        unit = np.sqrt(np.clip(np.diagonal(truth.syy, axis1=-2, axis2=-1), 0.0, None))[..., None, :] @ np.abs(channel)
        _, rest, _ = least_squares(f @ channel, f, ABSOLUTE, unit[..., 0, :])
        return compared(truth, inner(rest, rest), 0.0)


@dataclass(frozen=True, repr=False)
class SampledCodes(_OfClasses):
    """The risk of a code drawn from p(z|x) does not fall as relabelling goes on, while the likelihood stays (M5a).

    E|f* - E[Y|z]|^2 at t is at most that at t + (1 - t)/2, E[Y|z] = E[p(z|x) f*(x)] / E[p(z|x)].

    References
    ----------
    Huszar, "Is maximum likelihood useful for representation learning?", inference.vc, 2017; the risk is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.SampledCodes().sides(check.LAWS["finite"].population())
    >>> bool(sides.left <= sides.right)
    True
    """

    t: Share = 0.25

    versions: ClassVar[Versions] = ({}, {"t": 0.0})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Equal likelihood, falling usefulness"
    source: ClassVar[str] = "Huszar 2017; this project (M5a)"
    claim: ClassVar[str] = "E|f* - E[Y|z]|^2 does not fall in t, for z drawn from p(z|x)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Y is a class, and x1 has a finite support, so that both sides are sums."""
        finite = np.full(truth.second2.shape, isinstance(truth, TablePopulation))
        return (*super().assumptions(truth), Assumption("x1 has a finite support", np.where(finite, 0.0, -1.0), finite))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Risk at t, and half of the way further to pure chance."""
        return compared(truth, self._risk(truth, self.t), self._risk(truth, 0.5 * (1.0 + self.t)))

    def _risk(self, truth: Population, t: float) -> Array:
        if not isinstance(truth, TablePopulation):
            return np.full(truth.second2.shape, np.nan)
        p = truth.f_table @ self._channel(truth, t)
        return np.asarray(truth.p1 @ code_losses(p, truth.f_table, truth.p1))
