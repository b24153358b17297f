"""Changes of units, and what the tests of fits in other units draw from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.data import Sample
from testbed.generators import CleanMixture
from testbed.laws import Finite, Law

ROWS, UNSEEN = 160, 40


@dataclass(frozen=True)
class Change:
    """x -> (x @ matrix) + offset."""

    matrix: Array
    offset: Array

    def __call__(self, x: Array) -> Array:
        return np.asarray(x @ self.matrix + self.offset)

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume that a unit cube has after the change."""
        return float(np.linalg.slogdet(self.matrix)[1])


def change(kind: str, d: int) -> Change:
    """One change of each kind, for d columns."""
    rng = np.random.default_rng(d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    none = np.zeros(d)
    return {
        "none": Change(np.eye(d), none),
        "small": Change(1e-6 * np.eye(d), none),
        "large": Change(3e7 * np.eye(d), none),
        "columns": Change(np.diag(10.0 ** np.linspace(-6.0, 6.0, d)[rng.permutation(d)]), none),
        "shift": Change(np.eye(d), 1e4 * rng.normal(size=d)),
        "one shift": Change(np.eye(d), np.full(d, 1e4)),
        "rotation": Change(turn, none),
        "matrix": Change(turn @ np.diag(np.geomspace(1.0, 1e3, d)) @ turn[::-1], none),
    }[kind]


COMMON = ("small", "large")
SCALED = (*COMMON, "columns")
SHIFTED = (*COMMON, "shift")
ROUND = (*SHIFTED, "rotation")
EACH = (*COMMON, "columns", "shift")
ANY = (*EACH, "rotation", "matrix")


def rows(law: Law, seed: int, n: int) -> Sample:
    return law.sample(n, np.random.default_rng(seed))


CLEAN = CleanMixture(k=3, d1=6, d2=4, structure_seed=0).law()


def finite() -> Finite:
    """Exchangeable pairs of six points on a grid, some of which differ in one column only."""
    weight = np.random.default_rng(0).uniform(0.2, 1.0, size=(6, 6))
    grid = np.stack(np.meshgrid([0.0, 1.0], [0.0, 1.0, 3.0]), axis=-1).reshape(-1, 2)
    return Finite.from_graph(weight + weight.T, np.arange(6) % 3, grid)
