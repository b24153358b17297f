"""What a representation keeps of the label, beside its risk: what is lost, what is not linear, angles, 0-1 error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, least_squares, transpose
from testbed.arguments import Seed, generator_of
from testbed.data import LinearMap
from testbed.laws import GaussianMixture, JointGaussian, Law, Population
from testbed.laws.population import NotDefinedError
from testbed.laws.table_population import TablePopulation
from testbed.pretexts.base import Psi, Unknown

__all__ = ["IntrinsicSplit", "error01", "intrinsic_split", "subspace_sine"]

POINTS = 2**15  # x1 over which the split is averaged where it is not exact


class IntrinsicSplit(NamedTuple):
    """Parts of e_apx(psi), each with its standard error (0 where exact); their sum is e_apx(psi)."""

    lost: float  # E|f* - E[Y | psi]|^2: no probe recovers it
    not_linear: float  # E|E[Y | psi] - E^L[Y | psi]|^2: a nonlinear probe does
    lost_se: float
    not_linear_se: float


def intrinsic_split(
    law: Law, psi: Psi, *, intercept: bool = True, rng: Seed | None = None, points: int = POINTS
) -> IntrinsicSplit:
    """Split the smallest risk of a linear read-out into the information that psi lost and what is not linear in it.

    ::

        e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2

    Exact on laws whose x1 takes finitely many values, for any psi, and on jointly Gaussian ones for a linear psi
    (nothing is not linear there). For a linear psi of a Gaussian mixture, psi(X1) is a mixture again and E[Y|psi] is in
    closed form: both parts are means over `points` draws of x1, with their standard errors.

    Parameters
    ----------
    law : Law
        One law, without leading axes.
    psi : LinearMap or callable
        Representation, (n, d1) -> (n, r).
    intercept : bool
        Whether the linear read-out has an intercept.
    rng : numpy.random.Generator, optional
        Source of the draws, needed where the split is not exact.
    points : int
        Number of draws.

    Raises
    ------
    ValueError
        Laws with leading axes, an optimum that is not known, a missing rng, or a psi for which E[Y|psi] is not known.

    References
    ----------
    "Linearity in the downstream task" is the second part: Chen, Kornblith, Norouzi and Hinton, ICML 2020, section 4.

    Examples
    --------
    >>> from testbed.evaluation import intrinsic_split
    >>> from testbed.generators import CleanFinite
    >>> law = CleanFinite(structure_seed=0).law()
    >>> split = intrinsic_split(law, lambda x1: x1[:, :2])
    >>> f"{split.lost:.4f}, {split.not_linear:.4f}"
    '0.0000, 0.3068'
    """
    rng = None if rng is None else generator_of(rng)
    if law.batch:
        raise ValueError(f"law has leading axes {law.batch}; split one of them, law[r]")
    if isinstance(psi, Unknown):
        raise NotDefinedError(psi.reason)
    truth = law.population()
    if isinstance(truth, TablePopulation):
        return _on_table(truth, np.asarray(psi(truth.points1), dtype=float), intercept)
    if isinstance(law, JointGaussian) and isinstance(psi, LinearMap):
        return IntrinsicSplit(float(truth.approximation_error(psi, intercept)), 0.0, 0.0, 0.0)
    if not isinstance(law, GaussianMixture) or not isinstance(psi, LinearMap):
        raise NotDefinedError(f"E[Y | psi] of a nonlinear psi is not known on a {type(law).__name__}: give a LinearMap")
    if rng is None:
        raise ValueError("rng = None: on a mixture the split is a mean over draws; give a numpy.random.Generator")
    x1 = law.sample(points, rng).x1
    f, best = truth.f_star(x1), _given_image(law, psi, x1)
    read = _best_linear(truth, psi, intercept)(psi(x1))
    parts = [np.sum((f - best) ** 2, axis=-1), np.sum((best - read) ** 2, axis=-1)]
    errors = [float(p.std(ddof=1) / np.sqrt(len(p))) for p in parts]
    return IntrinsicSplit(float(parts[0].mean()), float(parts[1].mean()), *errors)


def _on_table(truth: TablePopulation, features: Array, intercept: bool) -> IntrinsicSplit:
    """Sum over the points of x1; rows of features that are equal are one value of psi."""
    weight, f = np.sqrt(truth.p1)[:, None], truth.f_table
    _, place = np.unique(features + 0.0, axis=0, return_inverse=True)
    group = np.eye(int(place.max()) + 1)[place.ravel()]
    mean = (group.T @ (truth.p1[:, None] * f)) / (truth.p1 @ group)[:, None]
    given = mean[place.ravel()]
    centre_a, centre_f = (truth.p1 @ v if intercept else 0.0 for v in (features, given))
    unit = truth.feature_unit(features, intercept)
    _, rest, _ = least_squares(weight * (features - centre_a), weight * (given - centre_f), RELATIVE_CUTOFF, unit)
    return IntrinsicSplit(float(truth.lost_table(features)), float(np.sum(rest**2)), 0.0, 0.0)


def _given_image(law: GaussianMixture, psi: LinearMap, x1: Array) -> Array:
    """E[Y | psi(X1)] at rows of x1: f* of the mixture that the coordinates of psi are."""
    truth = law.population()
    unit = truth.feature_unit_of(psi, True)
    scaled = psi.weight / np.where(unit > 0.0, unit, 1.0)
    _, s, vt = np.linalg.svd(truth.root1 @ scaled, full_matrices=False)
    axes = scaled @ vt[s > RELATIVE_CUTOFF * max(1.0, s.max(initial=0.0))].T  # independent, of the same space
    if axes.shape[1] == 0:
        return np.broadcast_to(truth.mean_y, (len(x1), law.shape[2]))
    d1, r = law.d1, axes.shape[1]
    carry = np.zeros((law.mean.shape[-1], r + 1))  # to the image, and a coordinate that is noise in place of x2
    carry[:d1, :r] = axes
    mean, covariance = law.mean @ carry, transpose(carry) @ law.covariance @ carry
    covariance[..., r, r] = 1.0
    image = GaussianMixture(law.probability, mean, covariance, r, law.label)
    return image.population().f_star(x1 @ axes)


def _best_linear(truth: Population, psi: LinearMap, intercept: bool) -> LinearMap:
    """Best read-out of a linear psi, E^L[Y | psi] (without an intercept: the best linear map)."""
    root, target = truth.root1 @ psi.weight, truth.root1 @ truth.linear_f_star.weight
    level = psi(truth.mean1[None])[0]
    if not intercept:
        root, target = np.vstack([level, root]), np.vstack([truth.mean_y, target])
    weight, _, _ = least_squares(root, target, RELATIVE_CUTOFF, truth.feature_unit_of(psi, intercept))
    return LinearMap(weight, truth.mean_y - level @ weight if intercept else np.zeros(weight.shape[1]))


def error01(law: Law, predictor: Callable[[Array], Array], x1: Array | None = None) -> tuple[float, float]:
    """Probability that the largest output of a predictor is not the class, with its standard error.

    P(argmax yhat(X1) != Y) = 1 - E f*_c(X1), c = argmax yhat(X1), the first of equal outputs: no label is drawn. Exact
    where x1 takes finitely many values, elsewhere a mean over independent draws of x1.

    Parameters
    ----------
    law : Law
        One law without leading axes, with one-hot labels.
    predictor : callable
        (n, d1) -> (n, k).
    x1 : (n, d1), optional
        Draws of x1; not needed, and not used, where the error is exact.

    Returns
    -------
    float, float
        Error and standard error, 0 where it is exact.

    Raises
    ------
    ValueError
        Real-valued labels, leading axes, missing draws, outputs of the wrong shape.

    Examples
    --------
    >>> from testbed.evaluation import error01
    >>> from testbed.generators import CleanFinite
    >>> law = CleanFinite(structure_seed=0).law()
    >>> share, error = error01(law, law.population().f_star)
    >>> f"{share:.4f} {error:.0f}"
    '0.2118 0'
    """
    if law.batch:
        raise ValueError(f"law has leading axes {law.batch}; score one of them, law[r]")
    truth = law.population()
    if not truth.simplex["y"]:
        raise ValueError(f"a {type(law).__name__} has a real-valued label; the 0-1 error is of classes")
    exact = isinstance(truth, TablePopulation)
    if x1 is None and not exact:
        raise ValueError("x1 = None: draws of x1 are needed, law.sample(n, rng).x1")
    rows = truth.points1 if exact else np.asarray(x1, dtype=float)  # type: ignore[attr-defined]
    f, output = truth.f_star(rows), np.asarray(predictor(rows), dtype=float)
    if output.shape != f.shape:
        raise ValueError(f"predictor maps {rows.shape} to {output.shape}; it must return {f.shape}")
    wrong = 1.0 - np.take_along_axis(f, np.argmax(output, axis=-1)[:, None], axis=-1)[:, 0]
    if exact:
        return float(truth.p1 @ wrong), 0.0  # type: ignore[attr-defined]
    return float(wrong.mean()), float(wrong.std(ddof=1) / np.sqrt(len(wrong)))


def subspace_sine(
    psi: LinearMap | Array, truth: LinearMap | Array, *, norm: Literal["spectral", "frobenius"] = "spectral"
) -> Array:
    """Sine of the largest angle between the directions of x1 that a linear psi reads and those that the truth reads.

    |(I - P) Q|_2 with P the projection on the columns of one (d1, r) and Q an orthonormal basis of those of the other:
    the part that psi misses of the truth, so a psi that reads more than the truth is not blamed for it; 0 where all of
    it is read, 1 where some direction is lost altogether. The Frobenius norm |(I - P) Q|_F is the root of the sum of
    the squared sines of all angles; with r directions on either side it is |P - Q Q'|_F / sqrt(2), at most sqrt(r).

    Parameters
    ----------
    psi, truth : LinearMap or (..., d1, r)
        Affine maps of x1, or their weights; singular values up to 1e-11 of the largest count as 0.
    norm : "spectral" or "frobenius"
        Sine of the largest angle alone, or the sines of all of them together.

    Returns
    -------
    (...)
        Sines; 0 where the truth reads nothing.

    References
    ----------
    Bjorck and Golub, "Numerical methods for computing angles between linear subspaces", Math. Comp. 27, 1973.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.evaluation import subspace_sine
    >>> float(subspace_sine(np.eye(3)[:, :1], np.eye(3)[:, 1:2]))
    1.0
    """
    if norm not in ("spectral", "frobenius"):
        raise ValueError(f"norm = {norm!r}: give 'spectral' or 'frobenius'")
    one, two = (_basis(m.weight if isinstance(m, LinearMap) else np.asarray(m, dtype=float)) for m in (psi, truth))
    if one.shape[-2] != two.shape[-2]:
        raise ValueError(f"psi reads x1 in {one.shape[-2]} dimensions, truth in {two.shape[-2]}")
    missed = two - one @ (transpose(one) @ two)
    if norm == "frobenius":
        return np.asarray(np.linalg.norm(missed, axis=(-2, -1)))
    sine = np.linalg.svd(missed, compute_uv=False).max(axis=-1, initial=0.0)
    return np.asarray(np.minimum(sine, 1.0))


def _basis(weight: Array) -> Array:
    """Orthonormal basis of the span of the columns; columns beyond the rank are 0."""
    u, s, _ = np.linalg.svd(weight, full_matrices=False)
    keep = (s > RELATIVE_CUTOFF * s.max(axis=-1, initial=0.0, keepdims=True)) & (s > 0.0)
    return np.asarray(u * keep[..., None, :])
