"""Topic models: enumeration against draws, CI given the proportions, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.laws import Topics
from tests.statistics_ import assert_means


def dials(**change: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    base = {
        "topics": rng.dirichlet(np.ones(5), 3),
        "mixture": rng.dirichlet(np.ones(3), 6),
        "probability": rng.dirichlet(np.ones(6)),
        "readout": rng.normal(size=(3, 2)),
        "length1": 6,
        "length2": 4,
    }
    return base | change


LAW = Topics(**dials())


def test_the_table_is_the_law_of_draws() -> None:
    p, n = LAW.population(), 200_000
    sample = LAW.sample(n, np.random.default_rng(1))
    blocks = {"x1": sample.x1 - p.mean1, "x2": sample.x2 - p.mean2, "y": sample.y - p.mean_y}
    for (a, b), truth in {
        ("x1", "x1"): p.s11,
        ("x1", "x2"): p.s12,
        ("x1", "y"): p.s1y,
        ("x2", "x2"): p.s22,
        ("y", "y"): p.syy,
    }.items():
        assert_means(blocks[a][:, :, None] * blocks[b][:, None], truth)
    assert_means(np.sum((sample.y - p.f_star(sample.x1)) ** 2, axis=-1), p.bayes_noise)
    left = np.trace(p.s22) - np.sum(p.psi_star_root() ** 2)
    assert_means(np.sum((sample.x2 - p.psi_star(sample.x1)) ** 2, axis=-1), left)


def test_ci_given_the_proportions() -> None:
    p = LAW.population()
    assert p.epsilon_ci("universal") == 0.0 and p.epsilon_ci("linear") == 0.0
    assert p.beta(True) > 0.0 and p.approximation_error(p.psi_star, False) < 1e-12
    assert p.approximation_error(p.linear_psi_star) == pytest.approx(float(p.class_floor), abs=1e-12)
    assert p.class_floor > 1e-4
    np.testing.assert_allclose(p.psi_table, p.state_table @ LAW.topics)


def test_the_label_alone_explains_less() -> None:
    mixture = [[0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [0.8, 0.0, 0.2], [0.1, 0.1, 0.8]]
    change = {"readout": [[1.0], [1.0], [0.0]], "mixture": mixture, "probability": [0.2, 0.3, 0.1, 0.4]}
    p = Topics(**dials(**change)).population()
    assert p.epsilon_ci("universal", "y") > 1e-3 and p.epsilon_ci("linear", "y") > 1e-3
    assert p.epsilon_ci("universal", "y") >= p.epsilon_ci("universal", "yz")
    assert p.beta(False, "y") == 0.0


def test_longer_documents_say_more() -> None:
    risks = [float(Topics(**dials(length1=n)).population().bayes_noise) for n in (1, 3, 6)]
    assert risks == sorted(risks, reverse=True)
    p = LAW.population()
    assert p.bayes_risk("both") < min(p.bayes_risk("x1"), p.bayes_risk("x2"))
    views = p.two_view
    assert views.error <= views.e1 + views.e2 + 1e-12


def test_moments_come_from_rows() -> None:
    m = LAW.moments(500, np.random.default_rng(2), 3, ("x1", "y"))
    assert m.n.shape == (3,) and set(m.mean) == {"x1", "y"}
    one = LAW.moments(20_000, np.random.default_rng(2))
    assert one.n == 20_000
    np.testing.assert_allclose(one.mean["x1"], LAW.population().mean1, atol=0.02)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topics": [[0.5, 0.6], [0.5, 0.5], [1.0, 0.0]]}, "row 0 sums to 1.1"),
        ({"mixture": np.full((6, 2), 0.5)}, r"it must be \(6, 3\)"),
        ({"probability": [0.5, 0.2]}, "sums to 0.7"),
        ({"readout": np.ones((2, 2))}, r"readout has shape \(2, 2\)"),
        ({"length1": 0}, "length1 = 0"),
        ({"length1": 400}, "shorten"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Topics(**dials(**change))
