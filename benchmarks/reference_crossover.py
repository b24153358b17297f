"""The map of experiments/violations/when_it_pays.py at nine points, by a loop over scikit-learn fits on rows.

``python -m benchmarks.reference_crossover`` draws every row, fits by `LinearRegression` (ridge by a singular value
decomposition), scores the predictors, and compares the mean paired differences, pretext less regression on x1, with
those of results/violations/when_it_pays/contrasts.csv. The points were chosen after the map had been drawn: three on
the measured line, three on either side of it. Nothing above `compare` knows of testbed.

The designs, with d1 = 20, d2 = 6, n2 = 200, u the state and e1, e2 standard normal; rho = eps_CI / sqrt(states), as the
directions of x1 that the leak reads have unit variance:

real labels   u = y ~ N(0, I_3),            x1 = (u, 0) + e1 (the label's share of each coordinate is 1/2)
classes       u = y one-hot of 4, equal,    x1 = (2 u, 0) + e1
both          x2 = (u, 0) + e2 sqrt(1 - rho^2) + rho e1[states : 2 states] in the first coordinates, x2 = e2 in the rest

No risk depends on the orientation of the law, which testbed draws at random and this loop leaves at the axes.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float64]

D1, D2, N2 = 20, 6, 200
REPETITIONS = 400
Z_LIMIT = 4.0
SHARES = np.geomspace(1e-7, 1e2, 46)  # penalties, as shares of the mean eigenvalue of the scatter


@dataclass(frozen=True)
class Point:
    """A cell of the map: the law, its leak, and the number of pairs."""

    kind: str  # "real" or "classes"
    epsilon: float
    n1: int
    other: str  # "ols" or "ridge": what the pretext is compared with


POINTS = (
    Point("real", 0.0, 400, "ols"),
    Point("real", 0.25, 800, "ols"),
    Point("real", 0.4, 6400, "ols"),
    Point("real", 0.1, 800, "ridge"),
    Point("real", 0.35, 3200, "ridge"),
    Point("classes", 0.08, 1600, "ols"),
    Point("classes", 0.16, 6400, "ols"),
    Point("classes", 0.04, 3200, "ridge"),
    Point("classes", 0.2, 6400, "ridge"),
)


def rows(point: Point, n: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw n rows of x1, x2 and y."""
    states = 3 if point.kind == "real" else 4
    y = rng.standard_normal((n, states)) if point.kind == "real" else np.eye(states)[rng.integers(states, size=n)]
    rho = point.epsilon / states**0.5
    x1, x2 = rng.standard_normal((n, D1)), rng.standard_normal((n, D2))
    x2[:, :states] *= (1.0 - rho**2) ** 0.5
    x2[:, :states] += y + rho * x1[:, states : 2 * states]
    x1[:, :states] += y if point.kind == "real" else 2.0 * y
    return x1, x2, y


def risk(point: Point, weight: Array, offset: Array) -> float:
    """Squared distance from the best affine predictor; the floor above it is common to all methods."""
    if point.kind == "real":
        slope = np.vstack([0.5 * np.eye(3), np.zeros((D1 - 3, 3))])
        s11, mean, level = np.diag([2.0] * 3 + [1.0] * (D1 - 3)), np.zeros(D1), np.zeros(3)
    else:
        mean = np.array([0.5] * 4 + [0.0] * (D1 - 4))
        cover = np.zeros((D1, 4))
        cover[:4] = np.eye(4) / 2.0 - 1.0 / 8.0  # Cov(2 u, u)
        s11 = np.eye(D1)
        s11[:4, :4] += 2.0 * cover[:4]
        slope = np.linalg.solve(s11, cover)
        level = 0.25 - mean @ slope
    gap = weight - slope
    return float(np.sum(gap * (s11 @ gap)) + np.sum((offset - level + mean @ gap) ** 2))


def affine(x: Array, y: Array, intercept: bool) -> tuple[Array, Array]:
    """Least squares."""
    fitted = LinearRegression(fit_intercept=intercept).fit(x, y)
    return np.asarray(fitted.coef_).T, np.broadcast_to(np.asarray(fitted.intercept_, dtype=float), (y.shape[1],))


def ridge(x: Array, y: Array, intercept: bool) -> tuple[Array, Array]:
    """Ridge regression with the penalty of least generalised cross-validation, n RSS / (n - df)^2."""
    n = len(x)
    mean_x, mean_y = (v.mean(axis=0) if intercept else np.zeros(v.shape[1]) for v in (x, y))
    u, s, vt = np.linalg.svd(x - mean_x, full_matrices=False)
    seen = u.T @ (y - mean_y)
    best, weight = np.inf, np.zeros((x.shape[1], y.shape[1]))
    for share in SHARES:
        filtered = s**2 / (s**2 + share * np.mean(s**2))
        rss = np.sum((y - mean_y - u @ (filtered[:, None] * seen)) ** 2)
        score = n * rss / (n - filtered.sum() - intercept) ** 2
        if score < best:
            best, weight = float(score), vt.T @ ((filtered / s)[:, None] * seen)
    return weight, mean_y - mean_x @ weight


def pretext(point: Point, x1: Array, x2: Array, intercept: bool) -> tuple[Array, Array]:
    """Reduced-rank regression: the least-squares fit, projected on the leading components of its fitted values."""
    weight, _ = affine(x1, x2, intercept)
    centred = x1 - x1.mean(axis=0) if intercept else x1
    axes = np.linalg.svd(centred @ weight, full_matrices=False)[2][:3].T  # rank k = 3 for labels, k - 1 = 3 for classes
    return weight @ axes, np.zeros(3)


def difference(point: Point, rng: np.random.Generator) -> float:
    """Excess risk of the pretext less that of the regression on x1, on one draw of everything."""
    intercept = point.kind == "classes"
    x1, x2, _ = rows(point, point.n1, rng)
    psi, _ = pretext(point, x1, x2, intercept)
    x1, _, y = rows(point, N2, rng)
    readout, offset = affine(x1 @ psi, y, intercept)
    direct = affine(x1, y, intercept) if point.other == "ols" else ridge(x1, y, intercept)
    return risk(point, psi @ readout, offset) - risk(point, *direct)


def reference(point: Point, repetitions: int = REPETITIONS, seed: int = 0) -> tuple[float, float]:
    """Mean difference and its standard error."""
    rng = np.random.default_rng([seed, POINTS.index(point)])
    values = np.array([difference(point, rng) for _ in range(repetitions)])
    return float(values.mean()), float(values.std(ddof=1) / repetitions**0.5)


def mapped(point: Point, contrasts: Path) -> tuple[float, float]:
    """What the map says: mean paired difference and its standard error."""
    import pandas as pd

    frame = pd.read_csv(contrasts)
    law = "CleanGaussian" if point.kind == "real" else "CleanMixture"
    frame = frame[frame["generator"].str.startswith(law) & (frame["n_labeled"] == N2)]
    frame = frame[(frame["generator.epsilon_ci"] == point.epsilon) & (frame["n_unlabeled"] == point.n1)]
    name = "OLS" if point.other == "ols" else "Ridge"
    frame = frame[frame["pretext_a"].str.contains("ReducedRank") & frame["probe_b"].str.startswith(name)]
    ((mean, error),) = frame[["difference", "difference_mcse"]].to_numpy().tolist()
    return mean, error


def compare(folder: Path = Path("results/violations/when_it_pays")) -> bool:
    """Print both sides and their z-scores; return whether all agree."""
    agree = True
    print(f"{'law':>8} {'eps_CI':>6} {'n1':>5} {'against':>7} {'loop':>9} {'s.e.':>8} {'map':>9} {'s.e.':>8} {'z':>6}")
    for point in POINTS:
        (m0, e0), (m1, e1) = reference(point), mapped(point, folder / "contrasts.csv")
        z = (m0 - m1) / (e0**2 + e1**2) ** 0.5
        agree &= abs(z) < Z_LIMIT
        where = f"{point.kind:>8} {point.epsilon:6g} {point.n1:5d} {point.other:>7}"
        print(f"{where} {m0:9.5f} {e0:8.5f} {m1:9.5f} {e1:8.5f} {z:6.2f}")
    return agree


if __name__ == "__main__":
    with threadpool_limits(1):  # more threads than idle cores stall small fits
        sys.exit(0 if compare() else 1)
