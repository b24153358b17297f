"""Training of two encoders: it takes the steps that its losses say, by one compiled program for each layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.pretexts import pair_training
from testbed.pretexts.pair_steps import Layout, Objective, programs, slopes

pytest.importorskip("jax")
pytest.importorskip("optax")

BATCH, RIDGE, RATE, STEPS = 12, 0.1, 1e-2, 30
SMALL = 1e-5  # step of a numeric derivative
RNG = np.random.default_rng(0)
X1 = RNG.standard_normal((50, 4)) @ RNG.standard_normal((4, 4))
X2 = np.tanh(X1[:, :3]) + 0.5 * RNG.standard_normal((50, 3))


def loss(objective: Objective, f: np.ndarray, g: np.ndarray) -> float:
    """As the docstrings of `ContrastiveNetwork` and `DeepCCA` say it, of outputs (batch, r)."""
    s, other = f @ g.T, ~np.eye(len(f), dtype=bool)
    own = np.diagonal(s)
    if objective == "infonce":
        return float(np.mean(np.log(np.sum(np.exp(s), axis=1)) - own))
    if objective == "logistic":
        return float(np.mean(np.log1p(np.exp(-own))) + np.mean(np.log1p(np.exp(s[other]))))
    if objective == "spectral":
        return float(-2.0 * np.mean(own) + np.mean(s[other] ** 2))
    f, g = f - f.mean(axis=0), g - g.mean(axis=0)
    c11, c12, c22 = (a.T @ b / len(f) for a, b in ((f, f), (f, g), (g, g)))
    one, two = (np.linalg.inv(np.linalg.cholesky(c + RIDGE * np.eye(f.shape[1]))) for c in (c11, c22))
    return -float(np.linalg.svd(one @ c12 @ two.T, compute_uv=False).sum())


def slope_of(value: Any, at: np.ndarray) -> np.ndarray:
    """Derivative of a number along each number of an array."""
    found = np.empty_like(at)
    for place in np.ndindex(at.shape):
        ends = []
        for sign in (1.0, -1.0):
            moved = at.copy()
            moved[place] += sign * SMALL
            ends.append(value(moved))
        found[place] = (ends[0] - ends[1]) / (2.0 * SMALL)
    return found


def encode(weights: np.ndarray, d: int, x: np.ndarray) -> np.ndarray:
    """Outputs of d, 5 and 2 numbers; `weights` are those of both layers and their offsets."""
    w, b, v, c = np.split(weights, np.cumsum([5 * d, 5, 10]))
    return np.asarray(np.tanh(x @ w.reshape(d, 5) + b) @ v.reshape(5, 2) + c)


def by_the_book(objective: Objective, shared: bool, x1: np.ndarray, x2: np.ndarray) -> list[np.ndarray]:
    """Adam as in section 2 of Kingma and Ba, in double precision, on a numeric derivative: the outputs at the end."""
    rng, start = np.random.default_rng(1), []
    for d in [x1.shape[1], x2.shape[1]][: 1 if shared else 2]:
        for a, b in ((d, 5), (5, 2)):
            start += [rng.standard_normal(a * b) / np.sqrt(a), np.zeros(b)]
    weights, batches = np.concatenate(start), pair_training._batches(len(x1), BATCH, rng)
    second = 0 if shared else 5 * x1.shape[1] + 17

    def outputs(weights: np.ndarray, rows: Any) -> list[np.ndarray]:
        return [encode(weights[i:][: 5 * x.shape[1] + 17], x.shape[1], x[rows]) for i, x in ((0, x1), (second, x2))]

    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(STEPS):
        rows = next(batches)
        slope = slope_of(lambda w, rows=rows: loss(objective, *outputs(w, rows)), weights)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * step / STEPS))
        weights = weights - rate * mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-8)
    return outputs(weights, slice(None))


CASES: list[tuple[Objective, bool]] = [("infonce", False), ("logistic", True), ("spectral", False), ("cca", False)]


@pytest.mark.parametrize(("objective", "shared"), CASES)
def test_it_takes_the_steps_that_its_loss_says_by_one_program(objective: Objective, shared: bool) -> None:
    """To single precision, whatever is trained in between: other rows, numbers of rows and of steps.

    A mean of the outputs that the loss does not see has slope 0, which rounding decides: it is taken out.
    """
    x1, x2 = X1, X1[::-1] if shared else X2
    layout = Layout(objective, BATCH, (4, 5, 2), (x2.shape[1], 5, 2), shared)

    def train(n: int, steps: int) -> Any:
        given: dict[str, Any] = {"steps": steps, "learning_rate": RATE, "ridge": RIDGE, "task": "Test()"}
        return pair_training.train(x1[:n], x2[:n], layout, 1, **given)

    first = train(50, STEPS)
    train(40, 120)
    again = train(50, STEPS)
    compiled: Any = programs(layout, "Test")
    assert compiled.start._cache_size() == compiled.steps._cache_size() == 1

    seen = [np.concatenate([x1, x2])] * 2 if shared else [x1, x2]
    one, two = ((x - rows.mean(axis=0)) / rows.std(axis=0) for x, rows in zip((x1, x2), seen, strict=True))
    unseen = {"infonce": (False, True), "cca": (True, True)}.get(objective, (False, False))
    both = zip(first, again, by_the_book(objective, shared, one, two), (x1, x2), unseen, strict=True)
    for encoder, same, wanted, x, level in both:
        found = encoder(x)
        np.testing.assert_array_equal(found, same(x))
        if level:
            found, wanted = found - found.mean(axis=0), wanted - wanted.mean(axis=0)
        np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("objective", ["infonce", "logistic"])
def test_scores_beyond_the_largest_exponential(objective: Objective) -> None:
    """At scores of 10^4 slopes are those of the limit: the best score of a row counts, or the sign of each."""
    f = np.array([[100.0, -100.0, 200.0]], dtype=np.float32)
    one, two = slopes(objective)(f, f, 0.0)
    if objective == "infonce":  # the best score of rows 0 and 2 is with row 2, that of row 1 with itself
        np.testing.assert_allclose(one, [[100 / 3, 0.0, 0.0]])
        np.testing.assert_allclose(two, [[-100 / 3, 0.0, 100 / 3]])
    else:  # of different rows, 0 and 2 have a positive score
        np.testing.assert_allclose(one, [[200 / 6, 0.0, 100 / 6]])
        np.testing.assert_allclose(two, one)
