"""The smallest risk of a read-out of any representation, against regression on rows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from testbed.data import Chain, LinearMap
from testbed.laws import GaussianMixture
from testbed.laws.population import Population
from testbed.maps import Computed
from testbed.pretexts import Oracle, Truncated
from tests.statistics_ import z_limit

N = 60_000


@cache
def law(kind: str) -> GaussianMixture:
    """Three states, two classes, more columns of x1 than states span, and a leak that the posterior does not see."""
    rng = np.random.default_rng(2)
    leak = rng.normal(size=(4, 5))
    covariance = np.block([[np.eye(5), leak.T], [leak, leak @ leak.T + np.eye(4)]])
    if kind == "a covariance each":
        covariance = np.stack([covariance, 2.0 * covariance, 0.5 * covariance])
    mean = rng.normal(size=(1, 3, 9))
    return GaussianMixture([0.5, 0.3, 0.2], mean, covariance[None], 5, [0, 1, 1])[0]  # a cut: integrals of few points


def error_on_rows(truth: Population, x1: np.ndarray, features: np.ndarray, intercept: bool) -> tuple[float, float]:
    """Mean and standard error of the squared residual of f* on features."""
    f = truth.f_star(x1)
    features = np.c_[features, np.ones(len(x1))] if intercept else features
    loss = np.sum((f - features @ np.linalg.lstsq(features, f, rcond=None)[0]) ** 2, axis=1)
    return float(loss.mean()), float(loss.std() / np.sqrt(len(x1)))


LINEAR = LinearMap(np.random.default_rng(3).normal(size=(4, 2)), np.array([0.5, -2.0]))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("kind", ["one covariance", "a covariance each"])
@pytest.mark.parametrize("name", ["psi*", "a map of psi*", "psi* as a stranger", "a stranger", "linear", "truncated"])
def test_smallest_risk_of_a_read_out(name: str, kind: str, intercept: bool) -> None:
    """Within z standard errors of the rows (rate 1e-8) and 2% for the integral of few points."""
    mixture = law(kind)
    truth = mixture.population()
    psi = {
        "psi*": truth.psi_star,
        "a map of psi*": Chain(truth.psi_star, LINEAR),
        "psi* as a stranger": lambda x: truth.psi_star(x),
        "a stranger": lambda x: np.tanh(x[:, :3]) + 1.0,
        "linear": LinearMap(np.eye(5, 2), np.array([1.0, -1.0])),
        "truncated": Truncated(Oracle("universal"), 2).optimum(mixture),
    }[name]
    x1 = mixture.sample(N, np.random.default_rng(4)).x1
    mean, error = error_on_rows(truth, x1, psi(x1), intercept)
    ours = float(truth.approximation_error(psi, intercept))
    assert abs(ours - mean) < z_limit(1) * error + 0.02 * mean


@pytest.mark.parametrize("kind", ["one covariance", "a covariance each"])
def test_principal_components_of_the_oracle_are_those_of_its_values(kind: str) -> None:
    mixture = law(kind)
    truth = mixture.population()
    values = truth.psi_star(mixture.sample(N, np.random.default_rng(5)).x1)
    root = truth.psi_star_root()
    covariance = np.cov(values.T)
    np.testing.assert_allclose(root.T @ root, covariance, atol=0.03 * np.abs(covariance).max())


def test_a_latent_counts_from_zero_within_its_class() -> None:
    sample = law("one covariance").sample(2000, np.random.default_rng(6))
    assert set(sample.z[sample.y[:, 0] == 1.0]) == {0}
    assert set(sample.z[sample.y[:, 1] == 1.0]) == {0, 1}
    share = np.mean(sample.z[sample.y[:, 1] == 1.0] == 0)
    assert abs(share - 0.6) < z_limit(1) * np.sqrt(0.24 / 1000.0) * 1.2


def test_where_no_closed_form_exists_one_law_is_asked_for() -> None:
    stack = GaussianMixture([0.5, 0.5], np.random.default_rng(0).normal(size=(3, 2, 4)), np.eye(4), 2)
    with pytest.raises(ValueError, match=r"law\[r\].population"):
        stack.population().approximation_error(lambda x: x)


def test_what_the_project_computes_is_read_once_and_a_stranger_each_time() -> None:
    """A stranger may be a model that has learnt since; the optimum of a task is what it was."""
    truth, calls = law("one covariance").population(), []

    def changing(x1: np.ndarray) -> np.ndarray:
        calls.append(len(x1))
        return np.asarray(np.tanh(len(calls) * x1[:, :1]))

    psi = Computed(changing, "tanh")
    first, again = truth.approximation_error(psi), truth.approximation_error(psi)
    assert first == again and len(calls) == 1
    assert truth.approximation_error(psi, intercept=False) != first and len(calls) == 2
    assert truth.approximation_error(changing) != truth.approximation_error(changing) and len(calls) == 4
