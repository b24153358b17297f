"""What people are shown of laws, populations, experiments and samples: no hashes, and never what decides a row."""

from __future__ import annotations

from html import unescape
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import testbed
from testbed.data import Moments, Sample
from testbed.describe import describe
from testbed.generators import CleanFinite, CleanMixture, StudentTails
from testbed.keys import canonical
from testbed.laws import Law
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

CLEAN = CleanMixture(k=3, d1=6, d2=4, structure_seed=1)
PACKAGE = Path(testbed.__file__).parent


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (CLEAN.law(), "<GaussianMixture: d1 = 6, d2 = 4, k = 3, m = 1>"),
        (CleanMixture(k=3, d1=6, d2=4).law(np.random.default_rng(0), 2)[0], "<GaussianMixture: d1 = 6, "),
        (CleanMixture(k=3, d1=6, d2=4).law(np.random.default_rng(0), 2), "m = 1, repetitions = 2>"),
        (StudentTails(CLEAN, nu=7.0).law(), "nu = 7.0"),
        (CleanFinite(structure_seed=0).law(), "<Finite: d1 = 6, d2 = 8, k = 3, m = 1>"),
    ],
)
def test_a_law_shows_family_dimensions_and_dials(law: Law, said: str) -> None:
    assert said in repr(law) and len(repr(law)) < 150
    html = law._repr_html_()
    assert html.count("<tr>") >= 4 and f"<b>{type(law).__name__}</b>" in html
    assert "array(" in canonical(law), "what decides a row names every number by a hash"
    assert "array(" not in repr(law) + html


def test_a_population_shows_the_screen_of_describe() -> None:
    truth = CLEAN.law().population()
    assert repr(truth) == "<MixturePopulation: d1 = 6, d2 = 4, k = 3, 3 states>"
    head, dimensions, *lines = describe(CLEAN).splitlines()
    assert (head, dimensions[:14]) == (canonical(CLEAN), "d1 = 6, d2 = 4")
    assert unescape(truth._repr_html_()) == "<pre>" + "\n".join(lines) + "</pre>"
    many = CleanMixture(k=3, d1=6, d2=4).law(np.random.default_rng(0), 2).population()
    assert repr(many) == "<MixturePopulation: 2 repetitions, d1 = 6, d2 = 4, k = 3, 3 states>"
    assert many._repr_html_() == f"<pre>&lt;{repr(many)[1:-1]}&gt;</pre>", "each repetition has a screen of its own"


def test_an_experiment_shows_cells_rows_and_what_it_varies() -> None:
    laws = testbed.vary(CleanMixture, k=[3], rho=[0.0, 0.8], structure_seed=1)
    learners, sizes = [Raw(), Predict(OLS())], list(range(100, 1100, 100))
    grid = testbed.Experiment("shown", laws, learners, [OLS()], n_unlabeled=[1000], n_labeled=sizes, repeats=5)
    assert repr(grid) == (
        "<Experiment shown: cells 40, repetitions 5, rows 200; varies generator.rho 2, pretext 2, n_labeled 10>"
    )
    html = grid._repr_html_()
    for name, value in (("rows", "200"), ("generator.rho", "0.0, 0.8"), ("pretext", "Raw(), Predict(OLS())")):
        assert f">{name}</th>" in html and f">{value}</td>" in html
    assert "700, 800, and 2 more" in html
    open_end = testbed.Experiment("open", laws, [Raw()], [OLS()], [100], [100], repeats=30, precision=0.1)
    assert "repetitions 30 to 1000" in repr(open_end) and "rows" not in repr(open_end)
    alone = testbed.Experiment("alone", CLEAN, [Raw()], [OLS()], [100], [100], repeats=2)
    assert repr(alone) == "<Experiment alone: cells 1, repetitions 2, rows 2; varies nothing>"


def test_rows_show_their_shapes() -> None:
    law, rng = CLEAN.law(), np.random.default_rng(0)
    assert repr(law.sample(5, rng)) == "<Sample of 5 rows: x1 (5, 6), x2 (5, 4), y (5, 3)>"
    many = Sample(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.array([12345678.0]))
    assert repr(many).startswith("<Sample of 12345678 rows: ") and "z (1,), weight (1,)" in repr(many)
    assert repr(law.moments(10**9, rng)) == "<Moments of 1000000000 rows: columns x1 6, x2 4, y 3>"
    of_many = law.moments(7, rng, 3, blocks=("x1", "y"))
    assert repr(of_many) == "<Moments of 3 repetitions of 7 rows: columns x1 6, y 3>"
    assert repr(Moments.stacked([of_many, law.moments(9, rng, 1, blocks=("x1", "y"))])).startswith(
        "<Moments of 4 repetitions of 7 to 9 rows"
    )


def test_what_there_is_can_be_listed() -> None:
    """`dir(testbed)` names what people import from; other packages are tools or the inside."""
    assert set(testbed.__all__) | set(testbed.PACKAGES) | {"__version__"} == set(dir(testbed))
    inside = {"cli", "explorer"}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py") if not path.parent.name.startswith("_")}
    assert packages - inside <= set(testbed.PACKAGES)
    for name in testbed.PACKAGES:
        package = import_module(f"testbed.{name}")
        assert getattr(testbed, name) is package and package.__all__
        assert set(package.__all__) <= set(dir(package))


def test_a_statement_that_no_one_has_asked_for_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(testbed.theory), "TotalRisk", raising=False)
    assert "TotalRisk" in dir(testbed.theory)
