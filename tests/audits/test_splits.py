"""What coverage on sixty tables cannot tell: formulas of splits, permutations, residuals and levels, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from testbed.audits import means, permutation, saving
from testbed.audits.input import read
from testbed.audits.permutation import permutation_tests
from testbed.audits.residuals import residuals_of
from testbed.audits.universal import _own_residuals

RNG = np.random.default_rng(0)
N = 150
Y = np.repeat([0, 1, 2], [90, 45, 15])
X1, X2 = RNG.standard_normal((N, 4)) + Y[:, None], RNG.standard_normal((N, 3)) - Y[:, None]


def test_the_interval_of_repeated_splits_is_that_of_nadeau_and_bengio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variance (1/splits + n_test/n_train) s^2, Student's t with splits - 1 degrees, on differences that are known."""
    splits = 7
    task = RNG.standard_normal((splits, 5))
    rows = iter(task)
    monkeypatch.setattr(saving, "held_out_risks", lambda *_: (next(rows), 0.25, 0.5))
    found = saving.label_saving(read(X1, X2, Y, None, None, 5), splits, np.random.default_rng(0))
    train = found.labels[-1]
    assert train + found.held_out == N and abs(found.held_out - N / 5) <= 3
    difference = task - 0.25
    se = np.sqrt((1.0 / splits + (N - train) / train) * difference.var(axis=0, ddof=1))
    half = student.ppf(0.975, splits - 1) * se
    for i, d in enumerate(found.difference):
        expected = difference[:, i].mean() + np.array([0.0, -half[i], half[i]])
        np.testing.assert_allclose([d.value, d.low, d.high], expected, rtol=1e-12)
    assert (found.constant, found.baseline) == (0.5, 0.25)


@pytest.mark.parametrize("given_z", [False, True])
def test_rows_are_permuted_within_their_state(given_z: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every permutation maps each state to itself, and rows do move."""
    orders: list[np.ndarray] = []

    class Recorded(permutation._Statistic):
        def __call__(self, order: np.ndarray) -> tuple[float, float]:
            orders.append(order)
            return super().__call__(order)

    monkeypatch.setattr(permutation, "_Statistic", Recorded)
    mixed = np.random.default_rng(1).permutation(N)
    y = np.where(Y == 2, 1, Y)
    table = read(X1[mixed], X2[mixed], y[mixed], np.arange(N)[mixed] % 3 if given_z else None, None, 5)
    state = table.labels.state
    assert state is not None
    permutation_tests(residuals_of(table), state, np.random.default_rng(2), 19)
    group = np.sort(state)
    assert len(orders) == 20 and len(np.unique(group)) == (6 if given_z else 2)
    for order in orders[1:]:
        assert np.array_equal(np.sort(order), np.arange(N)) and np.array_equal(group[order], group)
        assert np.mean(order != np.arange(N)) > 0.5


def test_residuals_of_a_fold_are_taken_from_the_other_rows_of_the_class() -> None:
    state = np.append(Y[::7], 3)  # the last row is alone in its class
    x2 = RNG.standard_normal((len(state), 3))
    found = _own_residuals(x2, state)
    for i in range(len(state) - 1):
        others = (state == state[i]) & (np.arange(len(state)) != i)
        np.testing.assert_allclose(found[i], x2[i] - x2[others].mean(axis=0), rtol=1e-9, atol=1e-12)
    assert np.array_equal(found[-1], np.zeros(3))


def test_the_band_of_singular_values_has_its_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-width at .95 and lower limit of beta at .975 of the norms of the drawn errors."""
    norms = np.random.default_rng(3).permutation(np.arange(400)) / 1000.0
    monkeypatch.setattr(means, "_errors", lambda *_: norms[:, None, None] * np.eye(2, 3))
    table = read(X1, 3.0 * X2 + 9.0 * np.eye(3)[Y], Y, None, None, 5)
    found = means.class_means(residuals_of(table), table.labels, np.random.default_rng(0))
    assert np.mean(norms <= found.half) == pytest.approx(0.95, abs=1 / 400)
    assert np.mean(norms <= found.wide) == pytest.approx(0.975, abs=1 / 400)
    assert found.factor == pytest.approx(1.0) and found.least == pytest.approx(found.values[-1] - found.wide)
