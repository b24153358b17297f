"""A slice of a stack has the bits it has alone: truths, fits and risks, whatever the other slices are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from testbed.data import LinearMap, Moments
from testbed.evaluation.risk import linear_risk
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture, Population
from testbed.pretexts import Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, LinearRegressor, ReducedRank, Ridge


def unequal_stack(repeats: int) -> GaussianMixture:
    """A covariance for each state."""
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(repeats, 3, 5, 5)) / 2.0
    covariance = roots @ roots.swapaxes(-1, -2) + 0.2 * np.eye(5)
    return GaussianMixture([0.5, 0.2, 0.3], rng.normal(size=(repeats, 3, 5)), covariance, 3, [0, 1, 1])


def lee(repeats: int, **dials: float) -> GaussianMixture:
    return LeeMixture(**{"k": 3, "d1": 3, "d2": 4, "scale": 2.0, "alpha": 0.3, **dials}).law(
        np.random.default_rng(0), repeats
    )


STACKS: dict[str, GaussianMixture] = {
    "overlapping": lee(64),
    "independent views": lee(64, alpha=0.0, d1=5),
    "some certified": lee(64, d1=2, d2=2, scale=30.0),
    "large": lee(64, d1=20, d2=18, k=4),
    "a covariance each": unequal_stack(4),
}
TRUTHS: dict[str, Callable[[Population], np.ndarray]] = {
    "bayes_noise": lambda p: p.bayes_noise,
    "its error": lambda p: (p.bayes_noise, p.se["bayes_noise"])[1],
    "class_floor": lambda p: p.class_floor,
    "baseline_risk": lambda p: p.baseline_risk,
    "epsilon_ci linear": lambda p: p.epsilon_ci("linear"),
    "epsilon_ci linear given y": lambda p: p.epsilon_ci("linear", "y"),
    "epsilon_ci universal": lambda p: p.epsilon_ci("universal"),
    "epsilon_ci universal given y": lambda p: p.epsilon_ci("universal", "y"),
    "beta": lambda p: p.beta(False),
    "beta with intercept": lambda p: p.beta(True),
    "linear f*": lambda p: p.linear_f_star.weight,
    "linear psi*": lambda p: p.linear_psi_star.weight,
    "rank one psi*": lambda p: p.reduced_psi_star(1, False).weight,
    "e_apx of linear psi*": lambda p: p.approximation_error(p.linear_psi_star, True),
    "e_apx of linear psi*, no intercept": lambda p: p.approximation_error(p.linear_psi_star, False),
    "e_apx of psi*": lambda p: p.approximation_error(p.psi_star, True),
    "e_apx of x1": lambda p: p.approximation_error(LinearMap.identity(p.mean1.shape[-1]), False),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("stack", STACKS)
def test_truths(stack: str, name: str) -> None:
    law, of = STACKS[stack], TRUTHS[name]
    whole = of(law.population())
    for i in range(0, law.batch[0], 3):
        assert np.array_equal(of(law[i].population()), whole[i]), i
        assert np.array_equal(of(law[i : i + 1].population())[0], whole[i]), i


def test_the_stacks_are_what_their_names_say() -> None:
    certified = STACKS["some certified"].population().certified
    assert certified.any() and not certified.all()
    assert not STACKS["overlapping"].population().certified.any()


REGRESSORS = [OLS(), OLS(False), Ridge(0.5), Ridge("gcv"), Ridge("gcv", False), Ridge(0.0), ReducedRank(2),
              ReducedRank(1, False)]  # fmt: skip


@pytest.mark.parametrize("regressor", REGRESSORS, ids=repr)
@pytest.mark.parametrize("stack", ["overlapping", "large"])
@pytest.mark.parametrize("n", [40, 9])
def test_fits(stack: str, regressor: LinearRegressor, n: int) -> None:
    """On x1, on a full-rank and on a low-rank representation; with few rows where rank or penalty allow."""
    law = STACKS[stack]
    psi = Predict(OLS()).fit([law.moments(200, np.random.default_rng(5))], law, np.random.default_rng(0))
    full = min(law.shape[:2])
    for features, rank in ((law.population().reduced_psi_star(2), 2), (LinearMap.identity(law.d1), full), (psi, full)):
        if isinstance(regressor, Ridge) and regressor.penalty != 0.0:
            rank = 0
        if rank + 2 > n:
            continue
        moments = law.moments(n, np.random.default_rng(6)).push("x1", features)
        whole = regressor.fit(moments, "psi", "y")
        for i in range(0, 64, 5):
            one = regressor.fit(moments[i], "psi", "y")
            assert np.array_equal(one.weight, whole.weight[i]), i
            assert np.array_equal(one.offset, whole.offset[i]), i


def test_a_singular_slice_leaves_the_others_alone() -> None:
    """One stack in which the second column of one slice is constant, so that its normal equations are singular."""
    for d in (3, 20):  # both ways of solving
        a = np.random.default_rng(0).normal(size=(4, 50, d))
        b = np.random.default_rng(1).normal(size=(4, 50, 2))
        a[2, :, 1] = 0.0
        moments = Moments.of_blocks({"a": a, "b": b})
        whole = OLS().fit(moments, "a", "b")
        for i in range(4):
            one = OLS().fit(moments[i], "a", "b")
            assert np.array_equal(one.weight, whole.weight[i])
        expected = OLS().fit_rows(a[2], b[2], np.random.default_rng(0))
        np.testing.assert_allclose(whole[2](a[2]), expected(a[2]), atol=1e-9)


@pytest.mark.parametrize("pretext", [Raw(), Predict(OLS()), Predict(ReducedRank(2)), Truncated(Predict(Ridge()), 2),
                                     Oracle("linear")], ids=repr)  # fmt: skip
@pytest.mark.parametrize("stack", ["overlapping", "independent views", "large"])
def test_risks(stack: str, pretext: Pretext) -> None:
    law = STACKS[stack]
    pairs, labeled = (law.moments(n, np.random.default_rng(n)) for n in (300, 60))
    rng = np.random.default_rng(0)

    def risk(law: GaussianMixture, pairs: Moments, labeled: Moments) -> dict[str, np.ndarray]:
        psi, optimum = pretext.fit([pairs], law, rng), pretext.optimum(law)
        assert isinstance(psi, LinearMap) and isinstance(optimum, LinearMap)
        readout = OLS().fit(labeled.push("x1", psi), "psi", "y")
        return linear_risk(law.population(), psi, readout, optimum, OLS())

    whole = risk(law, pairs, labeled)
    for i in range(0, 64, 9):
        for name, value in risk(law[i], pairs[i], labeled[i]).items():
            assert np.array_equal(value, whole[name][i]), (name, i)


def test_a_shared_covariance_may_have_a_leading_axis_of_one() -> None:
    plain = STACKS["overlapping"]
    law = GaussianMixture(plain.probability, plain.mean, plain.covariance[None], plain.d1)
    assert np.array_equal(law[5].population().s11, plain[5].population().s11)
    assert np.array_equal(law.population().class_floor, plain.population().class_floor)
