"""Jointly Gaussian laws with a covariance of whole numbers, decided in floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, ClassVar

import numpy as np

from testbed.falsifier.candidates import Candidate, Number, nearer, tuples
from testbed.falsifier.rational import UndefinedError
from testbed.laws import JointGaussian

__all__ = ["Gaussian"]


@dataclass(frozen=True)
class Gaussian(Candidate):
    """A jointly Gaussian law of covariance L L', L of whole numbers; coordinates in the order x1, x2, y, z."""

    factor: tuple[tuple[int, ...], ...]
    sizes: tuple[int, int, int, int]

    kind: ClassVar[str] = "gaussian"
    names: ClassVar[tuple[str, ...]] = (
        "e_apx",
        "eps2",
        "eps2_y",
        "beta2",
        "var_f",
        "bayes",
        "sharper",
        "signed",
        "information",
    )
    indexed: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def law(self) -> JointGaussian:
        """Return the candidate as a `testbed.laws.JointGaussian`, in floating point."""
        factor, (d1, d2, k, m) = np.array(self.factor, dtype=float), self.sizes
        try:
            return JointGaussian(factor @ factor.T, d1, d2, k, m)
        except ValueError as error:
            raise UndefinedError(str(error)) from error

    def value(self, name: str, index: tuple[int, ...] = ()) -> Number:
        """Return a named quantity of the population, in floating point."""
        truth = self.law.population()
        every: dict[str, Callable[[], Any]] = {
            "e_apx": lambda: truth.approximation_error(truth.linear_psi_star),
            "eps2": lambda: truth.epsilon_ci("linear") ** 2,
            "eps2_y": lambda: truth.epsilon_ci("linear", "y") ** 2,
            "beta2": lambda: truth.beta(True) ** 2,
            "var_f": lambda: np.trace(truth.syy) - truth.bayes_noise,
            "bayes": lambda: truth.bayes_noise,
            "sharper": lambda: truth.sharper_bound(),
            "signed": lambda: truth.signed_leak().predicted,
            "information": lambda: truth.mutual_information("x1", "x2", "yz"),
        }
        number = float(np.asarray(every[name]()))
        if not math.isfinite(number):
            raise UndefinedError(f"{name} is not defined on this law")
        return number

    def unit(self, name: str) -> float:
        """Trace of the covariance of x2 or of y."""
        truth = self.law.population()
        if name == "information":
            return 1.0
        return float(np.trace(truth.s22 if name in ("eps2", "eps2_y", "beta2") else truth.syy))

    def to_json(self) -> dict[str, Any]:
        """Return the kind, the factor of the covariance and the sizes of the blocks, as JSON holds them."""
        return {"kind": self.kind, "factor": self.factor, "sizes": self.sizes}

    def smaller(self) -> Iterator[Candidate]:
        """Leave out a column, then entries nearer to 0."""
        columns = len(self.factor[0])
        for j in range(columns):
            if columns > 1:
                yield Gaussian(tuple(row[:j] + row[j + 1 :] for row in self.factor), self.sizes)
        for i, row in enumerate(self.factor):
            for j, number in enumerate(row):
                for near in nearer(number):
                    changed = (*row[:j], near, *row[j + 1 :])
                    yield Gaussian((*self.factor[:i], changed, *self.factor[i + 1 :]), self.sizes)

    def mutated(self, random: Random, step: float) -> Gaussian:
        """Return a law nearby: the entries of the factor are moved a little."""
        scale = 1 if any(abs(v) > 20 for row in self.factor for v in row) else 50
        moved = [[round(scale * v + 50.0 * step * random.gauss(0, 1)) for v in row] for row in self.factor]
        return Gaussian(tuples(moved), self.sizes)
