"""Random and degenerate laws, and what the theory says of them.

Views of deficient rank, constant coordinates, one class, one point, labels that x1 shows or that know nothing of it,
scales from 1e-8 to 1e8 and shifts to 1e8. On such laws no statement may be violated, none may hold because there is
nothing on either side, and no message may be numpy's. ``python -m tests.check.many_laws 200`` runs them all.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from testbed._linalg import Array
from testbed.check import Record, check, statements_named
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, SquaredMixture, StudentMixture, Topics
from testbed.theory import Exact

__all__ = ["laws", "records", "wrong"]

Rng = np.random.Generator
OF_X1 = {"MaskedDenoising", "PseudoLikelihoodForm", "Tweedie", "EvidenceForms", "MeanFieldGap", "LinearVAEOptimum",
         "CollapseThreshold", "ExcessLogLoss"}  # fmt: skip
NUMPY = ("Singular", "positive definite", "reshape", "broadcast", "out of bounds", "converge", "nan", "zero-size")


def _shares(rng: Rng, *shape: int) -> Array:
    """Probabilities along the last axis; some are zero."""
    weights = rng.exponential(size=shape) * (rng.random(shape) < 0.8)
    weights[..., 0] += 1e-3
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _points(rng: Rng, s: int, d: int) -> Array:
    """Support points, plain, one-hot, with constant, doubled or equal coordinates, or all in one place."""
    kind = rng.integers(7)
    points = rng.normal(size=(s, d))
    if kind == 1:
        return np.eye(s)
    if kind == 2:
        points[:, rng.integers(d)] = rng.normal()
    elif kind == 3:
        points = np.c_[points, points[:, :1]]
    elif kind == 4:
        points[:] = points[0]
    elif kind == 5:
        points = np.round(points)
    return points


def _finite(rng: Rng) -> Law:
    k, m, s1, s2 = (int(rng.integers(1, most)) for most in (4, 3, 7, 7))
    prior = _shares(rng, k, m) * rng.dirichlet(np.ones(k))[:, None]
    joint = prior[..., None, None] * _shares(rng, k, m, s1)[..., None] * _shares(rng, k, m, s2)[..., None, :]
    kind = rng.integers(6)
    if kind == 1:
        joint = 0.7 * joint + 0.3 * rng.dirichlet(np.ones(joint.size)).reshape(joint.shape)
    elif kind == 2:  # y knows nothing of x1
        joint = prior[..., None, None] * _shares(rng, s1)[:, None] * _shares(rng, k, m, 1, s2)
    elif kind == 3:  # x2 knows nothing of y
        joint = prior[..., None, None] * _shares(rng, k, m, s1, 1) * _shares(rng, s2)
        joint /= joint.sum()
    elif kind == 4:  # x1 shows y
        shown = np.arange(s1) % k == np.arange(k)[:, None]
        left = _shares(rng, k, s1) * shown + 1e-3 * shown
        if np.all(left.sum(axis=1) > 0.0):
            joint = prior[..., None, None] * left[:, None, :, None] * _shares(rng, k, m, 1, s2)
    elif kind == 5 and s1 == s2:  # x2 is x1
        joint = joint.sum(axis=-1)[..., None] * np.eye(s1)
    return Finite(
        joint / joint.sum(), _points(rng, s1, int(rng.integers(1, 4))), _points(rng, s2, int(rng.integers(1, 4)))
    )


def _gaussian(rng: Rng) -> Law:
    d1, d2, k, m = int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(1, 3)), int(rng.integers(0, 2))
    size = d1 + d2 + k + m
    root = rng.normal(size=(size, int(rng.integers(1, size + 2))))
    kind = rng.integers(6)
    if kind == 1 and d1 > 1:
        root[0] = 0.0  # a constant coordinate
    elif kind == 2:
        root[d1 : d1 + d2] = 0.0  # x2 is constant
    elif kind == 3:
        root[d1 + d2 : d1 + d2 + k] = root[:1]  # x1 shows y
    covariance = root @ root.T
    if kind == 4:  # y knows nothing of x1
        covariance[:d1, d1 + d2 :] = covariance[d1 + d2 :, :d1] = 0.0
        covariance[:d1, d1 : d1 + d2] = covariance[d1 : d1 + d2, :d1] = 0.0
    elif kind == 5:
        covariance += np.eye(size)
    return JointGaussian(covariance, d1, d2, k, m)


def _mixture(rng: Rng, edge: bool = True) -> GaussianMixture:
    states, d1, d2 = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    mean = 1.5 * rng.normal(size=(states, d1 + d2))
    root = rng.normal(size=(d1 + d2, d1 + d2))
    kind = rng.integers(6)
    if kind == 1:
        mean[:] = mean[0]
    elif kind == 2:
        root[d1:], mean[:, d1:] = 0.0, mean[0, d1:]  # x2 is constant
    elif kind == 3:
        root[d1:] = 0.0  # x2 is the state
    elif kind == 4:
        mean[:, :d1] = mean[0, :d1]  # x1 knows nothing of y
    covariance = root @ root.T
    covariance[:d1, :d1] += np.eye(d1)
    if not edge or rng.random() < 0.5:
        covariance[:d1, d1:] = covariance[d1:, :d1] = 0.0
    label = np.sort(rng.integers(0, states, size=states))
    label = np.unique(label, return_inverse=True)[1]
    return GaussianMixture(rng.dirichlet(np.ones(states)), mean, covariance, d1, label)


def _topics(rng: Rng) -> Law:
    count, words, values = int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    topics = _shares(rng, count, words)
    if rng.random() < 0.3:
        topics[:] = topics[0]
    readout = rng.normal(size=(count, 1)) * (rng.random() < 0.8)
    return Topics(topics, _shares(rng, values, count), rng.dirichlet(np.ones(values)), readout, 2, 2)


def scaled(law: Law, rng: Rng) -> Law:
    """Put each view into units of its own, from 1e-8 to 1e8, and move it by up to 1e8 of them; x1 each coordinate."""
    d1, d2 = law.shape[:2]
    unit = 10.0 ** rng.uniform(-8.0, 8.0, size=d1)
    both = np.r_[unit, np.full(d2, 10.0 ** rng.uniform(-8.0, 8.0))]
    shift = rng.choice([0.0, 1.0, 1e4, 1e8], size=2)
    move = np.r_[np.full(d1, shift[0]), np.full(d2, shift[1])] * both * rng.uniform(-1.0, 1.0, size=d1 + d2)
    if isinstance(law, Finite):
        return Finite(law.joint, law.v1 * both[:d1] + move[:d1], law.v2 * both[d1:] + move[d1:])
    if isinstance(law, GaussianMixture):
        covariance = law.covariance * np.outer(both, both)
        return GaussianMixture(law.probability, law.mean * both + move, covariance, law.d1, law.label)
    if isinstance(law, JointGaussian):
        full = np.r_[both, np.ones(law.k + law.m)]
        return JointGaussian(law.covariance * np.outer(full, full), *law.shape)
    return law


KINDS: tuple[Callable[[Rng], Law], ...] = (
    _finite, _gaussian, _mixture, _finite, _topics, _finite, _gaussian,
    lambda rng: StudentMixture(_mixture(rng, edge=False), 5.0),
    lambda rng: SquaredMixture(_mixture(rng, edge=False)),
)  # fmt: skip


def laws(number: int, units: bool = True, seed: int = 0) -> Iterator[tuple[str, Law]]:
    """Laws by name; every second one in units of its own, where asked for."""
    for i in range(number):
        rng = np.random.default_rng([seed, i])
        law = KINDS[i % len(KINDS)](rng)
        inside = units and (i // len(KINDS)) % 2 == 1
        yield (
            f"{i}{' in other units' if inside else ''} {type(law).__name__}{law.shape}",
            scaled(law, rng) if inside else law,
        )


def records(law: Law, name: str) -> list[Record]:
    """What all exact statements come to; a warning of numpy's is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [r for s in statements_named(None) if isinstance(s, Exact) for r in check(s, law, name)]


def wrong(record: Record, law: Law) -> str:
    """Why a record may not be; empty where it may."""
    if record.verdict in ("violated", "error"):
        return record.verdict
    if any(word in record.remark for word in NUMPY):
        return "a message of numpy's"
    return "vacuous" if record.verdict == "holds" and _vacuous(record, law) else ""


def _vacuous(record: Record, law: Law) -> bool:
    """Whether both sides are 0 because the law has nothing of what they speak of, or the bound is infinite."""
    if not np.isfinite(record.predicted):
        return True
    if max(abs(record.measured), abs(record.predicted)) > 1e-12:
        return False
    truth, name = law.population(), record.statement.partition("(")[0]
    if name in OF_X1:
        return not np.any(np.diagonal(truth.s11) > (1e-13 * truth.mean1) ** 2)
    _, psi, _ = truth.rows("universal", "y")
    if name == "DependenceRank":
        return truth.spectrum is None or float(np.sum(truth.spectrum**2)) - isinstance(law, Finite) < 1e-20
    if name == "OptimumOfLabel":
        return float(np.sum(psi**2)) <= 1e-24 * float(np.sum(np.diagonal(truth.s22)) + np.sum(truth.mean2**2))
    f = truth.rows("universal").f
    intercept = "intercept=False" not in record.statement and name not in ("ZeroError", "PseudoInverseBound")
    told = np.sum(f**2) if intercept else np.sum(f**2) + np.sum(truth.mean_y**2)
    return float(told) <= 1e-20 * float(1.0 + np.sum(truth.mean_y**2))


def main(number: int) -> int:
    """Run them, and print what may not be."""
    counts: Counter[str] = Counter()
    bad: list[str] = []
    for name, law in laws(number):
        for record in records(law, name):
            counts[record.verdict] += 1
            if why := wrong(record, law):
                bad.append(f"{why}: {record.statement}: {record.text}")
    sys.stdout.write("\n".join([*bad, str(dict(counts)), f"{len(bad)} records may not be", ""]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
