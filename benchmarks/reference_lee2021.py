"""The linear class of Lee et al. 2021 as a loop over scikit-learn fits: an independent check of this project's rows.

``python -m benchmarks.reference_lee2021`` draws every row, fits `LinearRegression` twice, scores the predictor, and
compares means with the rows that testbed gives for the same design. Nothing above `compare` knows of testbed.

The design: k classes of equal probability, centres mu1 in R^50 and mu2 in R^40 uniform on [0, 10) and redrawn in each
repetition, x1 ~ N(mu1_y, I), x2 ~ N(mu2_y, I), y one-hot; n1 = 4,000 unlabelled pairs, n2 = 1,000 labelled ones.
The classes do not overlap, so f*(x1) = P(Y | x1) is the one-hot label itself (`bayes_error` bounds the difference), and
the excess risk of an affine predictor x -> W'x + c is ::

    E|Y - W'X1 - c|^2 = (1/k) sum_s |e_s - W'mu1_s - c|^2 + |W|_F^2.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float64]

D1, D2, N1, N2, SCALE = 50, 40, 4000, 1000, 10.0
CLASSES = (5, 10)
REPETITIONS = 60
METHODS = ("raw", "psi~", "psi*")
Z_LIMIT = 4.0


@dataclass(frozen=True)
class World:
    """Centres of one repetition."""

    mu1: Array
    mu2: Array

    @classmethod
    def draw(cls, k: int, d1: int, d2: int, rng: np.random.Generator) -> World:
        """Draw centres uniform on the cube."""
        return cls(rng.uniform(0.0, SCALE, (k, d1)), rng.uniform(0.0, SCALE, (k, d2)))

    def rows(self, n: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """Draw n rows of x1, x2 and the one-hot label."""
        k = len(self.mu1)
        label = rng.integers(k, size=n)
        x1 = self.mu1[label] + rng.standard_normal((n, self.mu1.shape[1]))
        x2 = self.mu2[label] + rng.standard_normal((n, self.mu2.shape[1]))
        return x1, x2, np.eye(k)[label]

    def psi_star(self, x1: Array) -> Array:
        """Best affine predictor of x2 from x1."""
        mean1, mean2 = self.mu1.mean(axis=0), self.mu2.mean(axis=0)
        centred1, centred2 = self.mu1 - mean1, self.mu2 - mean2
        k, d1 = self.mu1.shape
        s11 = np.eye(d1) + centred1.T @ centred1 / k
        s12 = centred1.T @ centred2 / k
        return np.asarray(mean2 + (x1 - mean1) @ np.linalg.solve(s11, s12))

    def risk(self, weight: Array, offset: Array) -> float:
        """Excess risk of x1 -> x1 weight + offset."""
        bias = np.eye(len(self.mu1)) - self.mu1 @ weight - offset
        return float(np.sum(bias**2) / len(self.mu1) + np.sum(weight**2))

    def bayes_error(self) -> float:
        """Union bound of the probability that x1 is closer to another centre."""
        square = np.sum((self.mu1[:, None] - self.mu1) ** 2, axis=-1)
        return float(np.sum(np.exp(-square / 8.0)) / len(self.mu1) - 1.0)


def repetition(k: int, rng: np.random.Generator) -> list[float]:
    """Excess risks of the three methods on one draw of everything."""
    world = World.draw(k, D1, D2, rng)
    if world.bayes_error() > 1e-12:
        raise ValueError("the classes overlap: f* is not the one-hot label")
    x1, x2, _ = world.rows(N1, rng)
    pretext = LinearRegression().fit(x1, x2)
    x1, _, y = world.rows(N2, rng)
    basis = np.vstack([np.zeros(D1), np.eye(D1)])
    risks = []
    for psi in (lambda x: x, pretext.predict, world.psi_star):
        images = LinearRegression().fit(psi(x1), y).predict(psi(basis))
        risks.append(world.risk(images[1:] - images[0], images[0]))
    return risks


def reference(k: int, repetitions: int = REPETITIONS, seed: int = 0) -> Array:
    """Excess risks, (repetitions, 3)."""
    rng = np.random.default_rng([seed, k])
    return np.array([repetition(k, rng) for _ in range(repetitions)])


def mean_and_error(values: Array) -> tuple[float, float]:
    """Mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)


def blindness(seed: int = 0, d1: int = 13, d2: int = 29, k: int = 5) -> float:
    """Largest difference between OLS on psi~ and OLS on x1 where d2 >= d1: none but rounding, whatever n1."""
    rng = np.random.default_rng(seed)
    world = World.draw(k, d1, d2, rng)
    x1, x2, _ = world.rows(500, rng)
    pretext = LinearRegression().fit(x1, x2)
    x1, _, y = world.rows(300, rng)
    fresh, _, _ = world.rows(1000, rng)
    through = LinearRegression().fit(pretext.predict(x1), y).predict(pretext.predict(fresh))
    return float(np.abs(through - LinearRegression().fit(x1, y).predict(fresh)).max())


def compare() -> bool:
    """Print both sides and their z-scores; return whether all agree."""
    import testbed
    from testbed.generators import LeeMixture
    from testbed.pretexts import Oracle, Predict, Raw
    from testbed.regressors import OLS

    experiment = testbed.Experiment(
        name="reference",
        generator=testbed.vary(LeeMixture, k=list(CLASSES), d1=D1, d2=D2, scale=SCALE),
        pretext=[Raw(), Predict(OLS()), Oracle("linear")],
        probe=[OLS()],
        n_unlabeled=[N1],
        n_labeled=[N2],
        repeats=256,
    )
    frame = testbed.run(experiment, progress=False)
    agree = True
    print(f"{'k':>3} {'method':>6} {'scikit-learn':>12} {'s.e.':>9} {'testbed':>9} {'s.e.':>9} {'z':>6}")
    for k in CLASSES:
        risks = reference(k)
        texts = ("Raw()", "Predict(OLS())", 'Oracle("linear")')
        for method, text, ours in zip(METHODS, texts, risks.T, strict=True):
            cell = frame[(frame["generator.k"] == k) & (frame["pretext"] == text)]["excess_risk"]
            (m0, e0), (m1, e1) = mean_and_error(ours), mean_and_error(cell.to_numpy(dtype=float))
            z = (m0 - m1) / (e0**2 + e1**2) ** 0.5
            agree &= abs(z) < Z_LIMIT
            print(f"{k:3d} {method:>6} {m0:12.6f} {e0:9.6f} {m1:9.6f} {e1:9.6f} {z:6.2f}")
    gap = blindness()
    print(f"OLS(psi~) against OLS(x1), d1 = 13, d2 = 29: largest difference {gap:.1e}")
    return bool(agree and gap < 1e-9)


if __name__ == "__main__":
    with threadpool_limits(1):  # more threads than idle cores stall small fits
        sys.exit(0 if compare() else 1)
