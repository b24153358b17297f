"""Jointly Gaussian views and a label of two classes: the probit or the logistic function of a Gaussian score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np

from testbed.allowed import Real
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Moments, Sample
from testbed.laws.base import Law, pooled_moments
from testbed.laws.binary_population import LINKS, BinaryPopulation
from testbed.laws.joint_gaussian import JointGaussian

__all__ = ["BinaryGaussian"]

MOST = 1e4  # variance of the score: beyond it the label is a step of the score, and integrals need too many nodes


@dataclass(frozen=True, eq=False, repr=False)
class BinaryGaussian(Law):
    """Views (X1, X2) and a score T that are jointly Gaussian, and a class with P(Y = 1 | T) = g(T + shift).

    g is the distribution function of a standard normal ("probit") or logistic ("logistic") variable, and Y is
    independent of the views given T. With m(x1) = E[T | X1 = x1], linear, and v = Var(T | X1)::

        f*(x1) = (1 - p, p),    p = E g(m(x1) + shift + sqrt(v) e),  e ~ N(0, 1)
               probit: Phi((m(x1) + shift) / sqrt(1 + v));  logistic: by the trapezoidal rule, to 1e-12

    E[X2 | X1] is linear, and f* is not: linear probes have a class floor. Everything else follows from one-dimensional
    integrals over m(X1), which are as exact.

    Parameters
    ----------
    gaussian : JointGaussian
        Law of (X1, X2, T) with the score as its label: k = 1 and m = 0, Var(T) at most 1e4, no leading axes.
    link : "probit" or "logistic"
        The function g.
    shift : float
        Added to the score, which has mean 0.

    Raises
    ------
    ValueError
        A law of another kind, or a score that varies more.

    Examples
    --------
    >>> from testbed.laws import BinaryGaussian, JointGaussian
    >>> score = JointGaussian.from_correlations([0.9, 0.5], label=[[2.0, 0.0]], noise_var=0.0)
    >>> law = BinaryGaussian(score, link="logistic")
    >>> truth = law.population()
    >>> round(float(truth.bayes_noise), 4), round(float(truth.class_floor), 4)
    (0.3029, 0.0137)
    """

    gaussian: JointGaussian
    link: Literal["probit", "logistic"] = "probit"
    shift: Annotated[float, Real()] = 0.0

    def __post_init__(self) -> None:
        """Check that there is one score."""
        super().__post_init__()
        law = self.gaussian
        if law.batch:
            raise ValueError(f"gaussian has leading axes {law.batch}; give one of them, gaussian[r]")
        if law.shape[2:] != (1, 0):
            raise ValueError(f"gaussian has k = {law.k} and m = {law.m}: one label, the score, and no latent is needed")
        variance = float(law.covariance[-1, -1])
        if variance > MOST:
            raise ValueError(f"gaussian: the variance of the score is {variance:.6g}; at most {MOST:g} is allowed")

    @property
    def batch(self) -> tuple[int, ...]:
        """Empty: this law has no leading axes."""
        return ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, 2, 1) of x1, x2 and the one-hot label; the score is not shown."""
        return self.gaussian.d1, self.gaussian.d2, 2, 1

    def __getitem__(self, index: Any) -> Self:
        """Refuse: there are no leading axes to cut."""
        raise IndexError(f"index = {shown(index)}: this law has no leading axis to cut")

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows: views and score of the Gaussian law, then the class."""
        rng = generator_of(rng)
        rows = self.gaussian.sample(n, rng)
        one = rng.random(len(rows.y)) < LINKS[self.link].value(rows.y[:, 0] + self.shift)
        return Sample(rows.x1, rows.x2, np.stack([~one, one], axis=1).astype(float))

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments from rows, a block of them at a time: the cost grows with n, for their law has no short form."""
        flat = not np.all(self.population().axes1.varies)
        deficient = frozenset({"x1"} if flat else ())
        return pooled_moments(self, n, generator_of(rng), repeats, blocks, x2_square, deficient)

    def population(self) -> BinaryPopulation:
        """Return the exact population of the law."""
        return BinaryPopulation(self.gaussian.population(), self.link, self.shift)
