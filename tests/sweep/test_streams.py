"""What draws share and what they do not: blocks, nested sizes, evaluation points and learners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.data import Moments
from testbed.evaluation import BLOCK, Cell, run_cells
from testbed.evaluation.draws import MomentsDraws, RowsDraws
from testbed.evaluation.source import Source
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw, Truncated
from testbed.regressors import OLS, Nystroem, Regressor, Ridge

DIALS = LeeMixture(k=3, d1=4, d2=3, scale=3.0, alpha=0.3)


def moments(reps: range, nested: tuple[int, ...] = (), generator: LeeMixture = DIALS, seed: int = 0) -> MomentsDraws:
    return MomentsDraws(Source(generator, seed, nested), reps)


def same(a: Moments, b: Moments) -> bool:
    return all(np.array_equal(a.scatter[pair], b.scatter[pair]) for pair in a.scatter)


def test_repetitions_are_cut_from_whole_blocks() -> None:
    whole = moments(range(0, BLOCK)).labeled(30, 1)[0]
    part = moments(range(10, 12)).labeled(30, 1)[0]
    assert same(part, whole[10:12])
    later = moments(range(BLOCK, BLOCK + 3)).labeled(30, 1)[0]
    assert not np.isin(later.block("x1", "y"), whole.block("x1", "y")).any()
    with pytest.raises(ValueError, match="spans more than one block"):
        moments(range(BLOCK - 1, BLOCK + 1))
    assert np.array_equal(moments(range(10, 12)).law.mean, moments(range(0, BLOCK)).law.mean[10:12])
    assert np.array_equal(RowsDraws(Source(DIALS, 0), 70).law.mean, moments(range(70, 71)).law.mean[0])


def test_streams_are_told_apart() -> None:
    """Labelled draws of different sizes, pretext draws, seeds, laws and repetitions share nothing."""
    other = LeeMixture(k=3, d1=4, d2=3, scale=3.0, alpha=0.4)
    draws = [
        moments(range(2)).labeled(30, 1)[0].mean["x1"],
        moments(range(2)).labeled(31, 1)[0].mean["x1"],
        moments(range(2)).pretext(30, 1, False)[0].mean["x1"],
        moments(range(2), seed=1).labeled(30, 1)[0].mean["x1"],
        moments(range(2), generator=other).labeled(30, 1)[0].mean["x1"],
    ]
    for rep in (0, 1):
        rows = RowsDraws(Source(DIALS, 0), rep)
        draws += [
            rows.labeled(30).x1,
            rows.pretext(30).x1,
            rows.evaluation(30),
            RowsDraws(rows.source, 2).labeled(9).x1,
        ]
    values = np.concatenate([d.ravel() for d in draws[:5]] + [d.ravel() for d in draws[5:8] + draws[9:]])
    assert len(np.unique(values)) == len(values)


def test_folds_are_batches_of_one_draw() -> None:
    draws = moments(range(3))
    parts = draws.labeled(32, 5)
    assert [float(p.n[0]) for p in parts] == [6.0, 6.0, 7.0, 6.0, 7.0]
    square = draws.pretext(30, 1, True)[0]
    plain = draws.pretext(30, 1, False)[0]
    assert all(np.array_equal(plain.scatter[pair], square.scatter[pair]) for pair in plain.scatter)
    with pytest.raises(ValueError, match="n = 3 cannot be cut into 5 batches"):
        draws.labeled(3, 5)


@pytest.mark.parametrize("generator", [DIALS, LeeMixture(k=3, d1=4, d2=3, structure_seed=1)], ids=["redrawn", "frozen"])
def test_nested_sizes_accumulate(generator: LeeMixture) -> None:
    rows = RowsDraws(Source(generator, 0, (40, 10, 25)), 1)
    ten, forty = rows.labeled(10), rows.labeled(40)
    assert forty.x1.shape == (40, 4)
    assert np.array_equal(forty.x1[:10], ten.x1) and np.array_equal(forty.y[:25], rows.labeled(25).y)
    grown = RowsDraws(Source(generator, 0, (10, 25, 40, 90)), 1)
    assert np.array_equal(grown.labeled(90).x1[:40], forty.x1)
    stacks = {n: moments(range(5), (10, 25, 40), generator).labeled(n, 1)[0] for n in (10, 25)}
    assert float(stacks[25].n[0]) == 25.0
    rest = stacks[25].block("x1", "x1") - stacks[10].block("x1", "x1")
    assert np.linalg.eigvalsh(rest).min() > -1e-9, "what 15 more rows add is positive semidefinite"


def test_nested_batches_have_the_law_of_one_draw() -> None:
    """The same risks as an independent draw of that size, in the mean; rate 2e-9."""
    frames = {
        nested: testbed.run(
            Experiment("nest", [DIALS], [Raw()], [OLS()], [10], [10, 30], repeats=512, nested=nested, seed=int(nested)),
            progress=False,
        )
        for nested in (False, True)
    }
    a, b = (f[f["n_labeled"] == 30]["excess_risk"].to_numpy(float) for f in frames.values())
    assert abs(a.mean() - b.mean()) < 6.0 * np.hypot(a.std(), b.std()) / np.sqrt(512)


def test_a_pretext_tunes_itself_on_repetition_0_whatever_runs() -> None:
    """Settings of Nystroem come from repetition 0, so a repetition is the same alone as among others."""
    inner = Predict(Nystroem(15))
    cells = [Cell(DIALS, p, OLS(), 80, 30, "rows") for p in (inner, Truncated(inner, 2))]
    together = run_cells(cells, 0, range(0, 4))
    alone = run_cells(cells[1:], 0, range(3, 4))[0]
    assert alone["status"] == "ok"
    match = next(row for row in together if row["key"] == alone["key"] and row["rep"] == 3)
    assert match == alone


@dataclass(frozen=True, repr=False)
class Noisy(Regressor):
    """Adds what its stream gives, so that a row shows which stream it was handed."""

    size: float = 1.0

    def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> object:
        level = rng.normal() * self.size
        return lambda x: np.full((len(x), b.shape[1]), level)


def test_learners_have_streams_of_their_own() -> None:
    experiment = Experiment("noisy", [DIALS], [Raw()], [Noisy(), Noisy(2.0)], [10, 20], [10, 20], repeats=3)
    rows = testbed.run(experiment, progress=False)
    assert (rows["status"] == "ok").all()
    assert rows["excess_risk"].nunique() == len(rows) == 2 * 2 * 2 * 3


def test_linear_learners_with_folds_run_in_a_sweep() -> None:
    """Five batches in the pretext, in the probe, or in both; too few rows for the batches is a failed row."""
    learners = [Predict(Ridge("cv")), Truncated(Predict(Ridge("cv")), 2), Raw()]
    rows = testbed.run(
        Experiment("folds", [DIALS], learners, [Ridge("cv"), OLS()], [50], [4, 40], repeats=4), progress=False
    )
    small = rows[(rows["n_labeled"] == 4) & (rows["probe"] != "OLS()")]
    assert small["error"].str.fullmatch("ValueError: n = 4 cannot be cut into 5 batches").all() and len(small) == 12
    assert (rows.loc[rows["n_labeled"] == 40, "status"] == "ok").all()
