"""The rational population against `Finite`, its guards, and values that are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from testbed.falsifier.families import IndependentTables, Tables
from testbed.falsifier.graphs import Graph
from testbed.falsifier.quantities import PLAIN, value
from testbed.falsifier.rational import Rational, UndefinedError
from testbed.falsifier.tables import Table
from testbed.laws import Finite
from testbed.laws.finite_population import FinitePopulation

FLOATS: dict[str, Callable[[FinitePopulation], object]] = {
    "e_apx": lambda p: p.approximation_error(p.psi_star),
    "e_apx_origin": lambda p: p.approximation_error(p.psi_star, intercept=False),
    "e_linear": lambda p: p.approximation_error(p.linear_psi_star),
    "floor": lambda p: p.class_floor,
    "eps2": lambda p: p.epsilon_ci("universal") ** 2,
    "eps2_y": lambda p: p.epsilon_ci("universal", "y") ** 2,
    "eps2_linear": lambda p: p.epsilon_ci("linear") ** 2,
    "eps2_linear_y": lambda p: p.epsilon_ci("linear", "y") ** 2,
    "bayes": lambda p: p.bayes_noise,
    "loss1": lambda p: p.two_view.e1,
    "loss2": lambda p: p.two_view.e2,
    "via": lambda p: p.two_view.error,
    "landmark": lambda p: p.landmark,
    "sharper": lambda p: p.sharper_bound(),
    "signed": lambda p: p.signed_leak().predicted,
    "signed_origin": lambda p: p.signed_leak(intercept=False).predicted,
    "rank": lambda p: p.ranks().rank,
    "affine_rank": lambda p: p.ranks().affine_rank,
}
SIZE = {"eps2", "eps2_y", "eps2_linear", "eps2_linear_y"}  # in units of x2, the others in units of the label


def agree(law: Table) -> None:
    truth = law.law.population()
    for name, of in FLOATS.items():
        found = float(np.asarray(of(truth)))
        try:
            exact = float(law.value(name))
        except UndefinedError:
            assert not np.isfinite(found), (name, law)
            continue
        scale = float(law.value("var_psi")) if name in SIZE else float(law.value("var_f"))
        assert abs(found - exact) <= 1e-12 * max(scale, abs(exact), 1e-3), (name, found, exact, law)


@pytest.mark.parametrize("family", [Tables(k=(1, 3), m=(1, 2), d1=(1, 2)), IndependentTables(k=(2, 3), m=(1, 2))])
def test_floats_agree_on_random_tables(family: Tables) -> None:
    random, checked = Random("rational"), 0
    for _ in range(150):
        law = family.draw(random)
        assert isinstance(law, Table)
        try:
            _ = law.law
        except UndefinedError:
            continue
        agree(law)
        checked += 1
    assert checked > 80


def table(*classes: list[list[int]]) -> tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]:
    return tuple((tuple(map(tuple, c)),) for c in classes)


def test_known_values() -> None:
    """Laws of small numbers whose quantities were computed elsewhere."""
    one = Rational(table([[0, 3], [2, 3], [1, 3]], [[3, 3], [2, 1], [0, 3]]), ((0,), (1,), (2,)), ((-2,), (0,)))
    two = Rational(table([[3, 0], [0, 1], [0, 2]], [[3, 2], [0, 0], [3, 1]]), ((0,), (1,), (2,)), ((-2,), (0,)))
    assert [value(law, "eps2") for law in (one, two)] == [Fraction(1031, 12096), Fraction(427, 3240)]
    assert [value(law, "e_apx") for law in (one, two)] == [Fraction(1, 30), Fraction(1, 40)]
    assert [value(law, "beta2") for law in (one, two)] == [Fraction(1, 18)] * 2
    third = Rational(table([[4, 4], [2, 2]], [[1, 2], [1, 2]]), ((0,), (1,)), ((2,), (1,)))
    assert (value(third, "pinv2"), value(third, "e_apx_origin")) == (Fraction(3060, 9409), Fraction(145, 13014))
    sixth = Rational(((((2, 0), (2, 0)), ((3, 3), (0, 1))),), ((0,), (1,)), ((-2,), (2,)))
    assert (value(sixth, "eps2"), value(sixth, "eps2_y")) == (Fraction(6, 49), Fraction(2, 363))
    eighth = Rational(table([[0, 0], [4, 4], [4, 4]], [[0, 2], [0, 0], [0, 2]]), ((-2,), (0,), (2,)), ((2,), (-2,)))
    assert value(eighth, "e_strict") - value(eighth, "floor") == Fraction(8, 275)


def test_beta_by_pivots_is_the_singular_value() -> None:
    random = Random("pivots")
    for _ in range(60):
        law = Tables(d2=(2, 3)).draw(random)
        try:
            level = float(np.asarray(law.law.population().beta(True))) ** 2  # type: ignore[attr-defined]
        except UndefinedError:
            continue
        if level > 0.0:
            assert law.beta2_exceeds(Fraction(level * (1 - 1e-9)), True)
            assert not law.beta2_exceeds(Fraction(level * (1 + 1e-9)), True)


def test_guards() -> None:
    empty, one_class = table([[0, 0], [0, 0]]), table([[1, 1], [1, 0]], [[0, 0], [0, 0]])
    for counts in (empty, one_class):
        with pytest.raises(UndefinedError, match="class has no mass"):
            Rational(counts, ((0,), (1,)), ((0,), (1,)))
    for v1, v2 in ((((0,), (0,)), ((0,), (1,))), (((0,), (1,)), ((1,), (1,)))):
        with pytest.raises(UndefinedError, match="one value"):
            Rational(table([[1, 2], [2, 1]], [[1, 1], [1, 0]]), v1, v2)
    state = Rational(((((1, 0), (0, 1)), ((0, 0), (0, 0))),), ((0,), (1,)), ((0,), (1,)))  # a state without mass
    assert value(state, "states") == 1
    point = Rational(table([[1, 2], [2, 1], [0, 0]], [[1, 1], [1, 0], [0, 0]]), ((0,), (1,), (5,)), ((0,), (1,)))
    assert point.points1 == [(0,), (1,)]
    same = Rational(table([[1, 1], [1, 1]], [[1, 1], [1, 1]]), ((0,), (1,)), ((0,), (1,)))  # psi* constant, A of rank 1
    assert value(same, "var_psi") == 0
    assert value(same, "e_apx") == value(same, "var_f")
    with pytest.raises(UndefinedError, match="no W"):
        value(same, "sharper")
    tie = Graph(((1, 1), (1, 1)), (0, 1))
    with pytest.raises(UndefinedError, match="equal"):
        tie.value("error", (1,))


def test_every_quantity_has_words() -> None:
    assert all(len(q.words) > 5 for q in PLAIN.values())


def test_no_numbers_are_shared_with_floats() -> None:
    """The law in floats is `Finite` of the same numbers."""
    law = Tables(k=2, s1=2, s2=2).draw(Random("floats"))
    assert isinstance(law, Table)
    assert isinstance(law.law, Finite)
    assert law.law.joint.sum() == pytest.approx(1.0)
