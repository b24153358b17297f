"""Factor analysis: that the maximum is reached, on data of real columns, and what is said where it is not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import FactorAnalysis as SklearnFactorAnalysis
from sklearn.exceptions import ConvergenceWarning

from testbed._linalg import Array, symmetric_root
from testbed.generators import Factors
from testbed.keys import stream
from testbed.models import FactorAnalysis
from testbed.models.factor_analysis import _curvature, _loss
from testbed.models.normal import LOG_2PI


def fit_quietly(rank: int, x: Array) -> float:
    """Mean log-likelihood of a fit that must not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        return float(FactorAnalysis(rank).fit(x).log_likelihood(x).mean())


@pytest.mark.parametrize(
    ("load", "rank", "known"),
    [(load_wine, 1, -20.3602), (load_wine, 2, -19.5339), (load_wine, 3, -19.1805), (load_iris, 1, -2.8159),
     (load_iris, 2, -2.5940), (load_breast_cancer, 2, 16.2111)],
)  # fmt: skip
def test_the_maximum_on_columns_of_real_units(load: Callable[[], Any], rank: int, known: float) -> None:
    """Columns differ by factors of a thousand. The values are those of a search of all parameters at once, below."""
    assert fit_quietly(rank, load().data) == pytest.approx(known, abs=6e-5)


@pytest.mark.parametrize("rank", [1, 2])
def test_a_search_of_all_parameters_finds_no_better_one(rank: int) -> None:
    """L-BFGS over loadings and log noise together, from five random starts, on standardised wine."""
    x = load_wine().data
    r, d, rng = np.corrcoef(x.T), x.shape[1], np.random.default_rng(0)

    def minus(point: Array) -> tuple[float, Array]:
        w, noise = point[:-d].reshape(d, rank), np.exp(point[-d:])
        sigma = w @ w.T + np.diag(noise)
        inverse = np.linalg.inv(sigma)
        slope = inverse - inverse @ r @ inverse
        value = 0.5 * (d * LOG_2PI + np.linalg.slogdet(sigma)[1] + np.trace(inverse @ r))
        return value, np.r_[(slope @ w).ravel(), 0.5 * np.diagonal(slope) * noise]

    starts = [np.r_[0.5 * rng.normal(size=d * rank), np.full(d, -0.7)] for _ in range(5)]
    best = min(minimize(minus, start, jac=True, method="L-BFGS-B").fun for start in starts)  # type: ignore[call-overload]
    assert fit_quietly(rank, x) == pytest.approx(-best - np.log(x.std(axis=0)).sum(), abs=1e-5)


def test_digits_are_at_their_maximum() -> None:
    """On left halves EM that stops at gains of 1e-4 is 0.009 nats below it, at 1e-6 0.0009, at 1e-8 0.0001."""
    images = (load_digits().images + np.random.default_rng(0).random((1797, 8, 8))) / 16.0
    x = images[:1000, :, :4].reshape(1000, 32)
    early = SklearnFactorAnalysis(9, tol=1e-4 * len(x), svd_method="lapack").fit(x)
    assert fit_quietly(9, x) == pytest.approx(27.22362, abs=5e-5)
    assert float(early.score(x)) < fit_quietly(9, x) - 0.008


@pytest.mark.parametrize("seed", range(6))
def test_slopes_and_curvature(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d, rank = 7, 1 + seed % 3
    root = symmetric_root(np.corrcoef(rng.normal(size=(d, 40)) + rng.normal(size=40)))
    point = rng.uniform(-2.0, 0.0, size=d)
    slope = approx_fprime(point, lambda p: _loss(p, root, rank)[0], 1e-7)
    np.testing.assert_allclose(_loss(point, root, rank)[1], slope, atol=1e-5)
    turn = approx_fprime(point, lambda p: _loss(p, root, rank)[1], 1e-7)
    np.testing.assert_allclose(_curvature(point, root, rank), turn, atol=1e-5)


def test_the_factors_of_a_law_with_unequal_noise_are_found() -> None:
    """On all 64 structures of the league; on the 57th EM had stopped where 0.92 of the label's 1.76 are lost."""
    league = Factors(r=2, d1=30, d2=30)
    law = league.law(stream(0, "structure", league.structure_key, 0), 64)
    lost = law.population().approximation_error(FactorAnalysis(2).optimum(law).psi)
    assert lost.shape == (64,) and lost.max() < 1e-9


def test_what_has_not_converged_says_so() -> None:
    with pytest.warns(ConvergenceWarning, match=r"has not converged: .* slope .* nats, above tolerance = 1e-07"):
        FactorAnalysis(2, max_iterations=1).fit(load_wine().data)


@pytest.mark.parametrize(("n", "d", "rank"), [(10, 20, 3), (8, 8, 3), (6, 4, 3), (300, 5, 4)])
def test_few_rows_and_many_factors(n: int, d: int, rank: int) -> None:
    """Where the likelihood pushes the noise of a column to 0 it stops at 1e-9 of the column's variance."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    fitted = FactorAnalysis(rank).fit(x)
    share = fitted.noise_var / x.var(axis=0)
    assert np.isfinite(fitted.log_likelihood(x)).all() and share.min() > 0.9e-9 and share.max() <= 1.0 + 1e-12


@pytest.mark.parametrize("shift", [1e6, 1e7])
def test_columns_that_vary_little_beside_their_mean_are_not_constant(shift: float) -> None:
    """At 1e7 the column of least deviation, .12, keeps eight of its digits."""
    x = load_wine().data
    here, there = (float(np.mean(FactorAnalysis(2).fit(v).log_likelihood(v))) for v in (x, x + shift))
    assert there == pytest.approx(here, abs=1e-13 * shift)
    for constant in (0.3, shift):
        with pytest.raises(ValueError, match=r"columns \[1\] are constant"):
            FactorAnalysis(1).fit(np.column_stack([x[:, 0], np.full(len(x), constant)]))
