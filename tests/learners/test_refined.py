"""Pairs refined with labels: the regression, its optimum on each kind of law, streams, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from testbed import Experiment, run
from testbed.data import LinearMap
from testbed.generators import CleanFinite, CleanMixture, LeeMixture
from testbed.laws import GaussianMixture, Law
from testbed.pretexts import CCA, Predict, Raw, Refined
from testbed.pretexts.base import Unknown
from testbed.regressors import OLS, ReducedRank
from tests.laws.random_laws import finite, gaussian

GAUSSIAN = gaussian(np.random.default_rng(5), 4, 3, 2, 0)
LAWS: dict[str, Law] = {
    "gaussian": GAUSSIAN,
    "mixture": LeeMixture(k=3, d1=4, d2=3, alpha=0.3, scale=1.5, structure_seed=4).law(),
    "finite": finite(np.random.default_rng(7), violated=True),
}


def slope(x1: np.ndarray, x2: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slopes of x1 by least squares on (1, x1, y), of least norm."""
    columns = np.column_stack([np.ones(len(x1)), x1, y])
    return np.linalg.lstsq(columns, x2, rcond=None)[0][1 : 1 + x1.shape[1]]


def test_the_fit_is_that_of_the_refined_pairs() -> None:
    """With OLS it is the fit of the plain pairs, less the slopes that the labelled rows give."""
    pairs = GAUSSIAN.sample(500, np.random.default_rng(0))
    labelled = GAUSSIAN.sample(40, np.random.default_rng(1))
    plain = Predict(OLS()).fit(pairs, GAUSSIAN, 0)
    refined = Refined(Predict(OLS()), 40).fit(pairs, GAUSSIAN, np.random.default_rng(1))
    expected = plain(pairs.x1) - pairs.x1 @ slope(labelled.x1, labelled.x2, labelled.y)
    np.testing.assert_allclose(refined(pairs.x1), expected, atol=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_many_rows_of_both_kinds_tend_to_the_optimum(name: str) -> None:
    """The squared distance falls as 1 / n: a hundred times the rows leave less than a tenth of it."""
    law, errors = LAWS[name], []
    x1 = law.sample(2_000, np.random.default_rng(9)).x1
    for n in (2_000, 200_000):
        task = Refined(Predict(OLS()), n)
        optimum, rng = task.optimum(law), np.random.default_rng(2)
        assert isinstance(optimum, LinearMap)
        learnt = task.fit(law.sample(n, rng), law, rng)
        errors.append(float(np.mean((learnt(x1) - optimum(x1)) ** 2)))
    assert errors[1] < 0.1 * errors[0]


@pytest.mark.parametrize("name", LAWS)
def test_the_optimum_has_no_leak_left(name: str) -> None:
    """The refined law has x1, y of the old one, and eps_CI = 0 in the linear class given y."""
    from testbed.pretexts.refined import _refined

    law = LAWS[name]
    refined = _refined(law)
    assert refined is not None
    old, new = law.population(), refined.population()
    np.testing.assert_allclose(new.s1y, old.s1y, atol=1e-12)
    assert old.epsilon_ci("linear", "y") > 0.01
    np.testing.assert_allclose(new.epsilon_ci("linear", "y"), 0.0, atol=1e-7)


def test_a_covariance_for_each_state_is_refined_too() -> None:
    base = LAWS["mixture"]
    assert isinstance(base, GaussianMixture)
    each = GaussianMixture(base.probability, base.mean, np.stack([s * base.covariance for s in (1.0, 2.0, 0.5)]), 4)
    psi = Refined(Predict(OLS()), 50).optimum(each)
    assert isinstance(psi, LinearMap)


def test_in_a_study_its_rows_are_there_and_those_of_others_keep_their_bytes() -> None:
    law = CleanMixture(k=3, d1=6, d2=4, rho=0.8, separation=1.5, structure_seed=1)
    plain, refined = Predict(ReducedRank(2)), Refined(Predict(ReducedRank(2)), 400)

    def rows(*tasks: object) -> list[tuple[str, float]]:
        frame = run(Experiment("refined", law, list(tasks), OLS(), 2000, 100, repeats=6, draws="rows"))
        assert set(frame["status"]) == {"ok"}
        return list(zip(frame["pretext"], frame["excess_risk"], strict=True))

    both = rows(plain, refined)
    assert [row for row in both if row[0] == repr(plain)] == rows(plain)
    risk = {text: np.mean([value for other, value in both if other == text]) for text in (repr(plain), repr(refined))}
    assert len({value for text, value in both if text == repr(refined)}) == 6, "each repetition has labels of its own"
    assert risk[repr(refined)] < risk[repr(plain)], "the leak is large, and 400 labels take it out"


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"pretext = Raw\(\) looks at no pairs"):
        Refined(Raw(), 40)
    few, law = Refined(CCA(1), 8), GAUSSIAN
    for ask in (lambda: few.optimum(law), lambda: few.fit(law.sample(50, 0), law, 0)):
        with pytest.raises(ValueError, match=r"finite mean from d1 \+ k \+ 3 = 9 labelled rows on"):
            ask()
    with pytest.raises(TypeError, match="fitted on rows, not on Moments"):
        Refined(CCA(1), 40).fit([law.moments(50, 0)], law, 0)


def test_weights_stand_for_rows() -> None:
    law, rng = CleanFinite(structure_seed=1).law(), np.random.default_rng(3)
    task = Refined(Predict(OLS()), 60)
    assert task.weighted == Predict(OLS()).weighted
    assert not isinstance(task.optimum(law), Unknown) and len(task.fit(law.sample(80, rng), law, rng)(law.v1)) > 0
