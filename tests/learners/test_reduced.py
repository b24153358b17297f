"""The short way of the linear class: the numbers of the general learners on the same draws, whatever is beside it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from testbed.evaluation import Block, Cell, run_blocks, study
from testbed.evaluation.descent import Descent
from testbed.evaluation.reduced import Labeled
from testbed.generators import CleanMixture, Generator, LeeMixture
from testbed.laws import GaussianMixture, Law, Shifted
from testbed.laws.pair_roots import draw_pairs
from testbed.laws.roots import draw_rows
from testbed.pretexts import Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, ReducedRank, Ridge

SHORT: tuple[Pretext, ...] = (Raw(), Oracle("linear"), Predict(OLS()))
CASES: dict[str, tuple[Generator, int, int, tuple[int, ...]]] = {
    "new structures": (LeeMixture(k=10, d1=50, d2=40), 4000, 1000, ()),
    "an edge": (LeeMixture(k=10, d1=50, d2=40, alpha=0.3), 4000, 1000, ()),
    "x2 wider than x1": (LeeMixture(k=3, d1=8, d2=12), 100, 60, ()),
    "the fewest rows": (CleanMixture(k=3, d1=12, d2=8, structure_seed=1), 15, 15, ()),
    "a nested curve": (CleanMixture(k=3, d1=12, d2=8, structure_seed=1), 50, 40, (10, 25, 40)),
    "n = 10^9": (CleanMixture(k=3, d1=12, d2=8), 10**9, 10**8, ()),
}


def cell(generator: Any, pretext: Pretext, n1: int, n2: int, nested: tuple[int, ...] = (), **others: Any) -> Cell:
    return Cell(generator, pretext, others.pop("probe", OLS()), n1, n2, "moments", nested, **others)


def columns(block: Block, names: Sequence[str] = ()) -> dict[str, Any]:
    assert not block.failed, block.failed
    found = dict(zip(block.cell.measured, block.columns, strict=True))
    return {name: found[name] for name in names or found}


def short_ways(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Pretext, bool]]:
    """Which cells are measured the short way, as they come."""
    taken, way = [], study.MomentsDescent.reduced

    def watched(self: Any, cell: Cell, *others: Any) -> Any:
        found = way(self, cell, *others)
        taken.append((cell.pretext, found is not None))
        return found

    monkeypatch.setattr(study.MomentsDescent, "reduced", watched)
    return taken


@pytest.mark.parametrize("name", list(CASES))
def test_the_short_way_gives_what_the_general_learners_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To 1e-10; from as few rows as there can be a scatter is now and then near singular, and both ways lose digits."""
    generator, n1, n2, nested = CASES[name]
    cells = [cell(generator, pretext, n1, n2, nested) for pretext in SHORT]
    taken = short_ways(monkeypatch)
    ours = run_blocks(cells, 3, range(64))
    used = dict(taken)
    assert used[Raw()] and used[Predict(OLS())] and used[Oracle("linear")] == (name != "an edge")
    monkeypatch.setattr(study.MomentsDescent, "reduced", Descent.reduced)
    for one, other in zip(ours, run_blocks(cells, 3, range(64)), strict=True):
        general, close = columns(other), 1e-6 if name == "the fewest rows" else 1e-10
        for column, values in columns(one).items():
            if values[0] is not None:
                assert_allclose(values, general[column], rtol=close, atol=close, err_msg=column)


def test_what_stands_beside_a_cell_changes_none_of_its_bytes() -> None:
    """Learners that need the rest of the pairs, and extra columns, draw it from a stream of its own."""
    generator = CleanMixture(k=3, d1=12, d2=8)
    alone = columns(run_blocks([cell(generator, Predict(OLS()), 100, 60)], 5, range(64))[0])
    beside: list[Pretext] = [
        Predict(Ridge(penalty=1.0)), Predict(ReducedRank(2)), Truncated(Predict(OLS()), 2), Predict(OLS()), Raw()
    ]  # fmt: skip
    blocks = run_blocks([cell(generator, pretext, 100, 60) for pretext in beside], 5, range(64))
    assert columns(blocks[3]) == alone
    assert columns(blocks[4]) == columns(run_blocks([cell(generator, Raw(), 100, 60)], 5, range(64))[0])
    assert columns(blocks[0]) == columns(run_blocks([cell(generator, beside[0], 100, 60)], 5, range(64))[0])
    more = cell(generator, Predict(OLS()), 100, 60, extra=("pretext_error", "subspace_sine"))
    asked = columns(run_blocks([more], 5, range(64))[0])
    assert {name: asked[name] for name in alone} == alone and min(asked["pretext_error"]) > 0.0
    parts = [run_blocks([cell(generator, Predict(OLS()), 100, 60)], 5, reps)[0] for reps in (range(7), range(7, 64))]
    assert {name: [*columns(parts[0])[name], *columns(parts[1])[name]] for name in alone} == alone


def test_learners_that_share_the_pairs_are_paired() -> None:
    """Ridge of almost no penalty and the full rank are OLS on the same draws: the same to the penalty."""
    generator = CleanMixture(k=3, d1=12, d2=8, structure_seed=2)
    learners = [Predict(OLS()), Predict(Ridge(penalty=1e-9)), Predict(ReducedRank(8)), Predict(OLS(intercept=False))]
    blocks = run_blocks([cell(generator, learner, 200, 60) for learner in learners], 6, range(64))
    risks = [np.array(columns(block)["excess_risk"]) for block in blocks]
    assert_allclose(risks[1], risks[0], rtol=1e-6)
    assert_allclose(risks[2], risks[0], rtol=1e-6)
    assert np.abs(risks[3] / risks[0] - 1.0).max() < 0.5


@pytest.mark.parametrize("sizes", [(14, 40), (40, 14), (13, 40), (40, 9)])
def test_few_rows_go_the_general_way(sizes: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """From d1 + 2 pairs and d2 + 2 labels least squares has a solution, but the short way needs a row more a state."""
    taken = short_ways(monkeypatch)
    block = run_blocks([cell(CASES["the fewest rows"][0], Predict(OLS()), *sizes)], 0, range(64))[0]
    assert taken[0] == (Predict(OLS()), False)
    refused = sizes in {(13, 40), (40, 9)}
    assert bool(block.failed) == refused and all("needs n >=" in why for why, _ in block.failed.values())


def test_pairs_of_another_law_go_the_general_way(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (CleanMixture(k=3, d1=12, d2=8, rho=rho, structure_seed=1).law() for rho in (0.0, 0.8))
    taken = short_ways(monkeypatch)
    laws: list[Law] = [Shifted(target=one, pairs=other), one]
    for law in laws:
        columns(run_blocks([cell(law, Predict(OLS()), 100, 60)], 0, range(64))[0])
    assert [way for _, way in taken] == [False, True]


def exactly(a: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(float(v)) for v in row] for row in a]


def times(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, c, strict=True)), Fraction(0)) for c in columns] for row in a]


def turned(a: list[list[Fraction]]) -> list[list[Fraction]]:
    return [list(row) for row in zip(*a, strict=True)]


def solved(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss's elimination without rounding; the matrix is positive definite."""
    rows = [[*left, *right] for left, right in zip(a, b, strict=True)]
    for j, pivot in enumerate(rows):
        rows[j] = [v / pivot[j] for v in pivot]
        for i, row in enumerate(rows):
            if i != j:
                rows[i] = [v - row[j] * w for v, w in zip(row, rows[j], strict=True)]
    return [row[len(a) :] for row in rows]


def mixture(separation: float, alike: slice | None) -> GaussianMixture:
    """Four states at a distance; with `alike` two of them share these coordinates."""
    mean = separation * np.random.default_rng(1).standard_normal((4, 10))
    if alike is not None:
        mean[1, alike] = mean[0, alike]
    return GaussianMixture(np.full(4, 0.25), mean, np.eye(10), 6)


@pytest.mark.parametrize("n", [40, 10**9])
@pytest.mark.parametrize("alike", [None, slice(0, 6), slice(6, 10)], ids=["no two alike", "in x1", "in x2"])
@pytest.mark.parametrize("separation", [1e-3, 1.0, 1e4])
def test_states_far_apart_and_alike_cost_no_digits(separation: float, alike: slice | None, n: int) -> None:
    """Against rational arithmetic: normal equations have condition numbers of up to 1e17 here."""
    law = mixture(separation, alike)
    assert law.frame is not None
    rng = np.random.default_rng(2)
    pairs, root = draw_pairs(law.frame, n, rng, (1,)), draw_rows(law.frame, n, rng, (1,))
    assert pairs.vanishing is not None
    t, f, b, a = (exactly(v[0]) for v in (root.lower, root.contrasts, root.labels, pairs.vanishing))
    within, between = times(t, turned(t)), times(turned(f), f)
    scatter = [[x + y for x, y in zip(one, other, strict=True)] for one, other in zip(within, between, strict=True)]
    raw, away = solved(scatter, times(turned(f), b)), solved(scatter, a)
    share = solved(times(turned(a), away), times(turned(a), raw))
    part = times(away, share)
    exact = np.array([[float(x - y) for x, y in zip(*rows, strict=True)] for rows in zip(raw, part, strict=True)])
    labeled = Labeled(root)
    for found, expected in ((labeled.raw, np.array(raw, dtype=float)), (labeled.within(pairs.vanishing), exact)):
        gap, size = ((v**2).sum() + ((law.mean[:, :6] @ v) ** 2).sum() for v in (found.weight[0] - expected, expected))
        assert gap < 1e-14 * size  # a share of 1e-7 of the predictor, in mean square


def test_an_oracle_of_states_that_are_alike_in_x1_goes_the_general_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The means of x1 span fewer directions than those of x2 have: least squares on psi* is of lower rank."""
    taken = short_ways(monkeypatch)
    for law in (mixture(2.0, slice(0, 6)), mixture(2.0, None), mixture(0.0, None)):
        columns(run_blocks([cell(law, Oracle("linear"), 60, 60)], 0, range(64))[0])
    assert [way for _, way in taken] == [False, True, False]
