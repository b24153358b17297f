"""The law, the models and the constructions whose likelihood and usefulness `usefulness.py` and `capacity.py` compare.

x1 has eight coordinates in a random orientation: two directions of large variance that know nothing of the class, two
that hold the means of three classes, and four of noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.generators import LowVarianceLabel
from testbed.keys import stream
from testbed.laws import GaussianMixture, Law
from testbed.models import Fitted, Model, ProbabilisticPCA, blurred, classes_of, ignoring, relabelled, sampled_code_risk
from testbed.models.vae import FittedVAE, SampledExcess

__all__ = ["Point", "constructions", "front", "law", "measured"]

D1, CLASSES, RADIUS = 8, 3, 2.0  # coordinates of x1, classes, norm of their means (noise of variance 1)
NUISANCE = (6.0, 4.0)  # variances of the directions that know nothing of the class


class Point(NamedTuple):
    """Where a model is on the plane: nats a point, share of the constant's risk, and the errors of their integrals.

    `bias` is about by how much the sampled likelihood of a VAE is too low, in nats: an error that more draws of x1 do
    not average out. It is 0 where likelihoods are exact.
    """

    excess: float
    usefulness: float
    excess_se: float
    usefulness_se: float
    bias: float = 0.0


def law() -> GaussianMixture:
    """Three equally likely classes, their means on a circle, and nuisance of more variance than these have."""
    turn = 2.0 * np.pi * np.arange(CLASSES) / CLASSES
    mean = np.zeros((CLASSES, D1 + 1))  # the last coordinate is an x2 that no model looks at
    mean[:, :2] = RADIUS * np.c_[np.cos(turn), np.sin(turn)]
    variance = np.ones(D1 + 1)
    variance[2:4] = NUISANCE
    rotation = np.eye(D1 + 1)
    rotation[:D1, :D1], _ = np.linalg.qr(stream(0, "structure", "likelihood_plane", 0).standard_normal((D1, D1)))
    covariance = (rotation * variance) @ rotation.T
    return GaussianMixture(np.full(CLASSES, 1.0 / CLASSES), mean @ rotation.T, 0.5 * (covariance + covariance.T), D1)


def measured(model: Fitted, of: Law, rng: np.random.Generator) -> Point:
    """Excess log-loss, and 1 - risk of a code drawn from p(z|x) / risk of the constant."""
    excess, spread, bias = _excess(model, of, rng)
    risk, constant = sampled_code_risk(model, of, rng), float(of.population().baseline_risk)
    return Point(excess, 1.0 - float(risk.value) / constant, spread, float(risk.se) / constant, bias)


def _excess(model: Fitted, of: Law, rng: np.random.Generator) -> SampledExcess:
    if isinstance(model, FittedVAE):
        return model.sampled_excess(of, rng)
    found = model.excess_log_loss(of, rng)
    return SampledExcess(float(found.value), float(found.se), 0.0)


def constructions() -> Iterator[tuple[str, str, Point]]:
    """Family, setting and place of models that part likelihood from usefulness without being fitted (M5 a to d)."""
    of = law()
    base, low = classes_of(of), LowVarianceLabel(structure_seed=0).law()
    cases: list[tuple[str, str, Fitted, Law]] = [
        *(("relabelled", f"t = {t:g}", relabelled(base, t), of) for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        *(("blurred", f"variance {v:g}", blurred(of, v), of) for v in (1.0, 4.0, 16.0, 64.0)),
        *(("low variance", f"rank {r}", ProbabilisticPCA(r).optimum(low), low) for r in (1, 2)),
        ("ignoring", f"{CLASSES} states", ignoring(base, CLASSES), of),
    ]
    for family, setting, model, source in cases:
        # One stream for all: the same draws of x1, so that what does not change on paper does not here.
        yield family, setting, measured(model, source, stream(0, "evaluation", "likelihood_plane", 0))


def place(model: Model, n: int, seed: int) -> Point:
    """Fit a model to the x1 of n draws, and say where it is."""
    of = law()
    x1 = of.sample(n, stream(0, "pretext", f"likelihood_plane, {n}", seed)).x1
    fitted = model.fit(x1, stream(0, "learner", repr(model), seed))
    return measured(fitted, of, stream(0, "evaluation", "likelihood_plane", seed))


def front(excess: Array, usefulness: Array) -> list[int]:
    """Places that no other one beats in both, from the best likelihood on."""
    order = np.lexsort((-usefulness, excess))
    kept: list[int] = []
    for i in order:
        if not kept or usefulness[i] > usefulness[kept[-1]]:
            kept.append(int(i))
    return kept
