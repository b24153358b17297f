"""The jackknife in closed form equals n refits; intervals cover; tests have their size."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.audits.input import read
from testbed.audits.leak import epsilon_squared, label_units, leak_epsilon, leak_label_units
from testbed.audits.residuals import pair_squares, residuals_of


def plain(
    x1: np.ndarray, x2: np.ndarray, design: np.ndarray, contrast: np.ndarray, m: np.ndarray
) -> tuple[float, float]:
    """eps_CI^2 and e_W^2 of a table, as they are defined, with one pseudo-inverse each and no shortcuts."""
    n, p = design.shape
    fitted = np.linalg.pinv(design)
    r1, r2 = x1 - design @ (fitted @ x1), x2 - design @ (fitted @ x2)
    unit = np.sqrt((r2**2).sum(axis=0) / (n - p))
    cross = r1.T @ (r2 / unit) / (n - p)
    gap = cross.T @ np.linalg.pinv(np.cov(x1.T)) @ cross
    means = fitted @ (x2 / unit)
    weight = (m @ np.linalg.pinv(means.T @ contrast, rcond=1e-10)).T  # W' = M P (A'P)^+
    return float(np.trace(gap)), float(np.trace(weight.T @ gap @ weight))


def table(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """A random table, its views dependent given the label."""
    rng = np.random.default_rng(seed)
    n, d1, d2 = int(rng.integers(45, 70)), int(rng.integers(2, 6)), int(rng.integers(3, 7))
    z = None
    if kind == "classes":
        y = rng.permutation(np.arange(n) % 3)
        level = np.eye(3)[y]
    elif kind == "states":
        y, z = rng.permutation(np.arange(n) % 2), rng.permutation(np.arange(n) // (n // 2 + 1))
        y = np.concatenate([np.arange(n // 2) % 2, np.arange(n - n // 2) % 2])
        z = np.r_[np.zeros(n // 2, int), np.ones(n - n // 2, int)]
        level = np.eye(4)[2 * y + z]
        d2 += 1
    else:
        y = rng.standard_normal((n, 2))
        level = y
    e1 = rng.standard_t(5, (n, d1)) * rng.uniform(0.1, 10.0, d1)
    x1 = level @ rng.standard_normal((level.shape[1], d1)) + e1 @ rng.standard_normal((d1, d1))
    x2 = level @ rng.standard_normal((level.shape[1], d2)) + e1 @ rng.standard_normal((d1, d2)) / 10.0
    return x1, (x2 + rng.standard_normal((n, d2))) * rng.uniform(0.1, 10.0, d2) + 5.0, y, z


@pytest.mark.parametrize("kind", ["classes", "real", "states"])
@pytest.mark.parametrize("seed", range(20))
def test_the_closed_form_equals_n_refits(kind: str, seed: int) -> None:
    x1, x2, y, z = table(kind, seed)
    read_table = read(x1, x2, y, z, None, 5)
    labels, r = read_table.labels, residuals_of(read_table)
    if kind == "real":
        design = np.column_stack([np.ones(len(y)), y])
        contrast, m = np.eye(3)[:, 1:], np.eye(2)
    else:
        states = labels.design.shape[1]
        design = labels.design
        contrast = np.eye(states) - 1.0 / states
        m = np.eye(3) if kind == "classes" else np.kron(np.eye(2), np.ones((1, 2)))
        m = m @ contrast
    whole = plain(x1, x2, design, contrast, m)
    without = np.array([plain(*(np.delete(v, i, 0) for v in (x1, x2, design)), contrast, m) for i in range(len(x1))])
    for found, value, rest in zip((epsilon_squared(r), label_units(r, labels)), whole, without.T, strict=True):
        assert found.whole == pytest.approx(value, rel=1e-9)
        np.testing.assert_allclose(found.without, rest, rtol=1e-9)


def test_pairs_are_summed_without_a_matrix_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    r1, r2 = rng.standard_normal((50, 3)), rng.standard_normal((50, 4))
    each = ((r1 @ r1.T) * (r2 @ r2.T)) ** 2
    expected = (each.sum() - np.trace(each)) / (50 * 49)
    for most in (4096, 7):
        assert pair_squares(r1, r2, most) == pytest.approx(expected, rel=1e-12)


def test_units_and_maps_of_the_views_change_nothing() -> None:
    """Invertible maps of x1 and units of x2 leave both leaks as they are."""
    x1, x2, y, _ = table("classes", 3)
    rng = np.random.default_rng(1)
    other = read(
        x1 @ rng.standard_normal((x1.shape[1],) * 2) + 3.0,
        x2 * 10.0 ** rng.integers(-3, 4, x2.shape[1]),
        y,
        None,
        None,
        5,
    )
    same = read(x1, x2, y, None, None, 5)
    for one, two in (
        (leak_epsilon(residuals_of(same)), leak_epsilon(residuals_of(other))),
        (leak_label_units(residuals_of(same), same.labels), leak_label_units(residuals_of(other), other.labels)),
    ):
        np.testing.assert_allclose([one.value, one.se, one.high], [two.value, two.se, two.high], rtol=1e-7)
