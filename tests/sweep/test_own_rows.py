"""Sweeps and held-out risks on rows of a user are scikit-learn's on the same rows, and have all that a sweep has."""

from __future__ import annotations

import re
import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn import cross_decomposition, decomposition
from sklearn.datasets import load_digits, load_linnerud, load_wine
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, RepeatedKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

import testbed
from testbed import Experiment, FromRows, held_out
from testbed.cli import main
from testbed.columns import TRUTH
from testbed.data import Moments, Sample
from testbed.generators import CleanMixture
from testbed.pretexts import CCA, PCA, Predict, Raw, RidgeCCA
from testbed.regressors import OLS, Sklearn

ROOT = Path(__file__).parents[2]
KNN = Sklearn(KNeighborsRegressor(5))


@cache
def wine() -> FromRows:
    x, y = load_wine(return_X_y=True)
    x = x / x.std(axis=0)
    return FromRows(x[:, :7], x[:, 7:], y, name="wine")


@cache
def digits() -> FromRows:
    images = load_digits().images[:600]
    return FromRows(images[:, :, :4].reshape(600, -1), images[:, :, 4:].reshape(600, -1), load_digits().target[:600])


@cache
def linnerud() -> FromRows:
    exercises, body = load_linnerud(return_X_y=True)
    return FromRows(exercises, body[:, :2], body[:, 2])


def features(task: Any, x1: Any, x2: Any) -> Any:
    """What scikit-learn learns from pairs, as a function of x1."""
    if isinstance(task, Raw):
        return lambda x: x
    if isinstance(task, Predict):
        return LinearRegression().fit(x1, x2).predict
    if isinstance(task, PCA):
        return decomposition.PCA(task.rank, svd_solver="full").fit(x1).transform
    if isinstance(task, RidgeCCA):
        return cross_decomposition.PLSSVD(int(task.rank), scale=False).fit(x1, x2).transform
    found = cross_decomposition.CCA(int(task.rank), scale=False, max_iter=100_000, tol=1e-14).fit(x1, x2)
    return lambda x: found.transform(x) / found.transform(x1).std(axis=0)  # variates of CCA have variance 1


CASES = [
    (digits, [Raw(), PCA(8), RidgeCCA(5)], 250, 100, 1e-7),
    (wine, [Raw(), PCA(2), RidgeCCA(2), Predict(OLS()), CCA(2)], 80, 40, 1e-6),
    (linnerud, [Raw(), PCA(2), RidgeCCA(2), Predict(OLS()), CCA(2)], 8, 7, 1e-6),
]


@pytest.mark.parametrize(("table", "tasks", "pairs", "labels", "rtol"), CASES, ids=["digits", "wine", "linnerud"])
def test_rows_of_a_sweep_are_scikit_learns(table: Any, tasks: Any, pairs: int, labels: int, rtol: float) -> None:
    rows: FromRows = table()
    sizes: dict[str, Any] = {"n_unlabeled": pairs, "n_labeled": labels, "repeats": 2, "seed": 5, "extra": "error01"}
    found = testbed.run(Experiment("own", rows, tasks, [OLS(), KNN], **sizes), progress=False)
    assert (found["status"] == "ok").all(), found["error"].tolist()
    for rep in range(2):
        order = rows.order(5, rep)
        scored, labelled, unlabelled = order[: rows.scored], order[rows.scored :][:labels], order[-pairs:]
        assert len({*scored, *labelled, *unlabelled}) == rows.scored + labels + pairs
        for task in tasks:
            psi = features(task, rows.x1[unlabelled], rows.x2[unlabelled])
            a, b, y, truth = psi(rows.x1[labelled]), psi(rows.x1[scored]), rows.y[labelled], rows.y[scored]
            for probe, theirs in ((OLS(), LinearRegression()), (KNN, KNeighborsRegressor(5))):
                chosen = (found["rep"] == rep) & (found["pretext"] == str(task)) & (found["probe"] == str(probe))
                (row,) = found[chosen].to_dict("records")
                loss = np.sum((truth - theirs.fit(a, y).predict(b).reshape(truth.shape)) ** 2, axis=1)
                assert row["label_mse"] == pytest.approx(loss.mean(), rel=rtol), (task, probe)
                assert row["label_mse_se"] == pytest.approx(loss.std(ddof=1) / len(loss) ** 0.5, rel=rtol)
                if probe is KNN and rows.y.shape[1] > 1:
                    guess = KNeighborsClassifier(5).fit(a, y.argmax(axis=1)).predict(b)
                    assert row["error01"] == pytest.approx(np.mean(guess != truth.argmax(axis=1)), abs=1e-12)


def test_held_out_is_cross_validation_of_scikit_learn() -> None:
    rows, folds = wine(), KFold(6, shuffle=True, random_state=1)  # 178 rows: folds of unequal sizes
    sample = Sample(rows.x1, rows.x2, rows.y)
    model = make_pipeline(decomposition.PCA(3, svd_solver="full"), LinearRegression())
    found = held_out(sample, PCA(3), splits=folds.split(rows.x1))
    guess = cross_val_predict(model, rows.x1, rows.y, cv=folds)
    loss = np.sum((rows.y - guess) ** 2, axis=1)
    assert found["label_mse"] == pytest.approx(loss.mean(), rel=1e-9)
    assert found["label_mse_se"] == pytest.approx(loss.std(ddof=1) / len(loss) ** 0.5, rel=1e-9)
    assert found["error01"] == pytest.approx(np.mean(guess.argmax(axis=1) != rows.y.argmax(axis=1)), abs=1e-12)
    each = cross_val_score(model, rows.x1, rows.y, cv=folds, scoring="neg_mean_squared_error")
    sizes = [len(test) for _, test in folds.split(rows.x1)]
    assert found["label_mse"] == pytest.approx(-3.0 * np.average(each, weights=sizes), rel=1e-9)


def test_held_out_counts_a_row_once_however_often_it_is_held_out() -> None:
    rows = linnerud()
    splits = list(RepeatedKFold(n_splits=4, n_repeats=3, random_state=0).split(rows.x1))
    found = held_out(Sample(rows.x1, rows.x2, rows.y), lambda x: x[:, :2], splits=splits)
    losses: list[list[float]] = [[] for _ in range(20)]
    for train, test in splits:
        model = LinearRegression().fit(rows.x1[train, :2], rows.y[train])
        for i, loss in zip(test, ((rows.y[test] - model.predict(rows.x1[test, :2])) ** 2).sum(axis=1), strict=True):
            losses[i].append(loss)
    each = np.mean(losses, axis=1)
    assert found == {
        "label_mse": pytest.approx(each.mean(), rel=1e-9),
        "label_mse_se": pytest.approx(each.std(ddof=1) / 20**0.5, rel=1e-9),
        "n_held_out": 20,
    }


def test_held_out_is_the_risk_of_the_law_that_rows_were_drawn_from() -> None:
    """Against the truth: the error of 50 draws, of 600 rows each, over its standard error. False alarm 1e-6 a seed.

    Means of about 50 ratios that are nearly standard normal: their mean is off by 4.9 / sqrt(50) with probability 1e-6;
    0.1 is allowed beside for what the folds' training rows share. Their standard deviation over 50 is within 0.5 to 1.6
    with the same probability (chi-squared), unless the error is wrong.
    """
    law, rng = CleanMixture(k=3, d1=4, d2=3, structure_seed=0).law(), np.random.default_rng(0)
    truth = law.population()
    ratios = []
    for _ in range(50):
        found = held_out(law.sample(600, rng), PCA(4), rng=rng)
        fit = OLS().fit(Moments.of(law.sample(480, rng)), "x1", "y")
        risk = float(truth.distance_to_linear(fit) + truth.class_floor + truth.bayes_noise)
        ratios.append((found["label_mse"] - risk) / found["label_mse_se"])
    assert abs(np.mean(ratios)) < 4.9 / 50**0.5 + 0.1
    assert 0.5 < np.std(ratios) < 1.6


def test_columns_of_truth_are_empty_and_the_others_are_not() -> None:
    laws = [wine(), CleanMixture(k=3, d1=7, d2=6, structure_seed=0)]
    sizes: dict[str, Any] = {"n_unlabeled": 80, "n_labeled": 40, "repeats": 2, "extra": ["error01", "subspace_sine"]}
    found = testbed.run(Experiment("own", laws, [Raw(), CCA(2)], OLS(), **sizes), progress=False)
    assert (found["status"] == "ok").all(), found["error"].tolist()
    own = found["generator"].str.startswith("FromRows")
    assert found.loc[own, [name for name in TRUTH if name in found]].isna().all(axis=None)
    assert found.loc[own, ["label_mse", "label_mse_se", "error01"]].notna().all(axis=None)
    assert found.loc[~own, "label_mse_se"].isna().all() and found.loc[~own, "excess_risk"].notna().all()


SCRIPT = """
from sklearn.datasets import load_wine
from testbed import Experiment, FromRows
from testbed.pretexts import CCA, Raw
from testbed.regressors import OLS
x, y = load_wine(return_X_y=True)
EXPERIMENT = Experiment("own", FromRows(x[:, :7], x[:, 7:], y), [Raw(), CCA(2)], [OLS()], n_unlabeled=[80],
                        n_labeled=[20, 40], repeats=3)
"""


@pytest.mark.usefixtures("here_alone")
def test_a_folder_resumes_grows_and_refuses_other_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def run(text: str) -> tuple[int, str]:
        Path("own.py").write_text(text, encoding="utf-8")
        result = CliRunner().invoke(main, ["run", "own.py", "--jobs", "1"])
        return result.exit_code, result.output

    folder = tmp_path / "results" / "own"
    assert run(SCRIPT)[0] == 0
    first = (folder / "rows.csv").read_bytes()
    assert "Label error of each method" in (folder / "table.md").read_text(encoding="utf-8")
    assert (folder / "figure.png").exists()
    status, said = run(SCRIPT)
    assert status == 0 and "nothing was missing" in said and (folder / "rows.csv").read_bytes() == first
    status, said = run(SCRIPT.replace("n_labeled=[20, 40]", "n_labeled=[20, 30, 40]") + "FIGURES = []\n")
    assert status == 0 and "(6 new)" in said
    assert {*first.splitlines()} <= {*(folder / "rows.csv").read_bytes().splitlines()}
    status, said = run(SCRIPT.replace("EXPERIMENT =", "x[0, 0] += 1e-12\nEXPERIMENT ="))
    assert status == 2 and "holds another experiment" in said and "FromRows(array(" in said
    assert len(re.findall("another experiment", said)) == 1
    contrasts, summary, rows = (pd.read_csv(folder / f"{name}.csv") for name in ("contrasts", "summary", "rows"))
    squares = (rows["label_mse_se"] ** 2).groupby(rows["key"]).mean()
    np.testing.assert_allclose(summary["label_mse_se"], np.sqrt(squares[summary["key"]]), rtol=1e-5)
    assert not any(name.startswith("label_mse_se_") for name in summary)
    wide = rows[rows["n_labeled"] == 20].pivot_table("label_mse", "rep", "pretext")
    gap = (wide["Raw()"] - wide["CCA(2)"]).mean()
    mine = contrasts[contrasts["n_labeled"] == 20]["difference"].item()
    assert abs(mine) == pytest.approx(abs(gap), rel=1e-4)


def test_a_failure_is_a_row_with_its_reason() -> None:
    found = testbed.run(
        Experiment("own", wine(), [Raw(), CCA(2)], OLS(), n_unlabeled=9, n_labeled=20, repeats=2), progress=False
    )
    failed = found[found["status"] == "failed"]
    assert set(failed["pretext"]) == {"CCA(2)"} and failed["error"].str.contains("needs n >= 14 pairs").all()


def test_memory_is_linear_in_the_rows() -> None:
    """Peak of a sweep of three linear tasks: at most twice for twice the rows, and 12 copies of the table."""
    peaks = []
    for n in (4000, 8000):
        table = np.random.default_rng(0).normal(size=(n, 41))
        rows, size = FromRows(table[:, :20], table[:, 20:40], table[:, 40:]), table.nbytes
        tracemalloc.start()
        sizes: dict[str, Any] = {"n_unlabeled": n // 2, "n_labeled": [n // 8, n // 4], "repeats": 1}
        found = testbed.run(Experiment("own", rows, [PCA(2), CCA(2), Predict(OLS())], OLS(), **sizes), progress=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (found["status"] == "ok").all()
        assert peaks[-1] < 12 * size
    assert peaks[1] < 2.1 * peaks[0]


def test_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own_rows.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 5
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/own_rows.md", "exec"), names)
    assert {"rows", "found"} <= set(names)
