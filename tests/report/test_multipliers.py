"""Label multipliers: by hand, with intervals that cover, and with words where there is none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import testbed.report as report
from testbed.report import Multiplier, ReportError, multipliers
from testbed.report.analyses.multipliers import reached
from tests.report import synthetic

N = np.array([10.0, 20.0, 40.0, 80.0, 160.0])
TASK, OLS, FLOOR = "Predict(OLS())", "Raw()", 0.01


def frame(task: np.ndarray, learner: np.ndarray, floor: float | None = FLOOR, n: np.ndarray = N) -> pd.DataFrame:
    """Rows of a task and of a supervised learner: risks (repetitions, n)."""
    made = synthetic.rows(ks=(2,), alphas=(0.0,), repeats=max(len(task), len(learner)))
    cells = []
    for name, risks, level in ((TASK, task, floor), (OLS, learner, 0.0)):
        one = made[(made["pretext"] == name) & (made["rep"] < len(risks))]
        values = {"intrinsic": level, "pretext_part": None if level is None else 0.0}
        cells += [
            one.assign(key=f"{name}{x}", n_labeled=int(x), excess_risk=risks[:, j], **values) for j, x in enumerate(n)
        ]
    return pd.concat(cells, ignore_index=True)


def spec(*levels: float) -> Multiplier:
    return Multiplier("a", {"pretext": TASK}, {"OLS": {"pretext": OLS}}, levels)


def lines(rows: pd.DataFrame, *levels: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = multipliers(rows, [spec(*levels)]).to_dict("records")
    return found


def curves(rng: np.random.Generator, repeats: int, shared: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Gamma risks with means 4 / n and 20 / n; `shared` is the spread of a factor common to both at all n."""
    common = 1.0 + shared * rng.uniform(-1.7, 1.7, (repeats, 1))
    task, learner = (c / N * common * rng.gamma(6.0, 1.0 / 6.0, (repeats, len(N))) for c in (4.0, 20.0))
    return task, learner


def test_by_hand() -> None:
    """Two numbers of labels and three repetitions: everything can be written down."""
    n = np.array([10.0, 40.0])
    task, learner = np.array([[0.4, 0.1], [0.5, 0.12], [0.45, 0.09]]), np.array([[0.9, 0.2], [1.0, 0.15], [0.8, 0.2]])
    (line,) = lines(frame(task, learner, n=n), 0.3)

    def log_n(risk: np.ndarray) -> float:
        first, last = risk.mean(axis=0)
        return math.log(10.0) + math.log(4.0) * math.log(first / 0.3) / math.log(first / last)

    left = np.array([log_n(np.delete(learner, r, 0)) - log_n(np.delete(task, r, 0)) for r in range(3)])
    half = stats.t.ppf(0.975, 2) * np.sqrt(2.0 / 3.0 * np.sum((left - left.mean()) ** 2))
    log = log_n(learner) - log_n(task)
    assert line["n_task"] == pytest.approx(math.exp(log_n(task)), rel=1e-12)
    assert line["n_baseline"] == pytest.approx(math.exp(log_n(learner)), rel=1e-12)
    found = [line[f"multiplier{end}"] for end in ("", "_low", "_high")]
    assert found == pytest.approx(np.exp([log, log - half, log + half]).tolist(), rel=1e-9)
    assert (line["repeats"], line["floor"], line["note"]) == (3, FLOOR, "")


def test_the_last_fall_counts() -> None:
    risk = np.array([[0.1, 3.0, 1.0, 0.25, 0.5], [4.0, 2.0, 1.0, 0.5, 0.25], [1.0, 1.0, 1.0, 1.0, 1.0]])
    found = np.exp(reached(N, risk, 0.5))
    assert found[:2] == pytest.approx([20.0 * 2**1.5, 80.0])
    assert np.isnan(found[2])
    assert np.exp(reached(N, risk[0], 0.6)) == pytest.approx(40.0 * 2 ** (math.log(1 / 0.6) / math.log(4.0)))
    assert np.isnan(reached(N[:1], risk[:, :1], 0.5)).all()


@pytest.mark.parametrize("shared", [0.0, 0.4])
def test_intervals_cover(shared: float) -> None:
    """Nominally 95% of 1,000 intervals of a multiplier of 5: below 92% or above 98% with a probability below 1e-4.

    A factor that both curves share moves their numbers of labels together, and the multiplier not at all: pairing
    makes the interval shorter than that of two independent curves.
    """
    rng, t, covered, width, apart = np.random.default_rng(0), stats.t.ppf(0.975, 39), 0, 0.0, 0.0
    for _ in range(1000):
        both = curves(rng, 40, shared)
        logs = [reached(N, c.mean(axis=0), 0.18) for c in both]
        left = [reached(N, (c.sum(axis=0) - c) / 39.0, 0.18) for c in both]
        half, *alone = (
            t * np.sqrt(39.0 / 40.0 * np.sum((v - v.mean()) ** 2)) for v in (left[1] - left[0], left[0], left[1])
        )
        covered += abs(logs[1] - logs[0] - math.log(5.0)) <= half
        width, apart = width + half, apart + np.hypot(*alone)
    assert 0.92 < covered / 1000 < 0.98
    assert width < (0.8 if shared else 1.05) * apart


def test_the_report_gives_these_intervals() -> None:
    """The intervals of the table are those whose coverage the test above counts."""
    task, learner = curves(np.random.default_rng(1), 40)
    (line,) = lines(frame(task, learner), 0.18)
    left = [reached(N, (c.sum(axis=0) - c) / 39.0, 0.18) for c in (task, learner)]
    log = reached(N, learner.mean(axis=0), 0.18) - reached(N, task.mean(axis=0), 0.18)
    each = left[1] - left[0]
    half = stats.t.ppf(0.975, 39) * np.sqrt(39.0 / 40.0 * np.sum((each - each.mean()) ** 2))
    assert line["multiplier_low"] == pytest.approx(float(np.exp(log - half)), rel=1e-9)
    assert line["multiplier_high"] == pytest.approx(float(np.exp(log + half)), rel=1e-9)


def test_where_there_is_no_multiplier_it_says_why() -> None:
    task, learner = curves(np.random.default_rng(2), 30)
    low = frame(task + FLOOR, learner + 0.2)
    first, second, third, fourth = lines(low, FLOOR, 0.15, 0.9, 1.9)
    assert first["note"] == "below the task's floor" and math.isnan(first["n_task"])
    assert second["note"] == "the baseline is above it at n = 160" and math.isnan(second["multiplier"])
    assert second["multiplier_low"] == pytest.approx(160.0 / second["n_task_high"])
    assert third["note"] == fourth["note"] == "the task is below it at n = 10"
    assert third["multiplier_low"] == pytest.approx(third["n_baseline_low"] / 10.0) and third["multiplier_low"] > 1.0
    (line,) = lines(frame(task + 0.2, learner, floor=None), 0.15)
    assert line["note"] == "the task is above it at n = 160" and math.isnan(line["floor"])
    (line,) = lines(frame(task, learner / 20.0), 0.18)
    assert line["note"] == "the baseline is below it at n = 10"
    (line,) = lines(frame(task[:1], learner[:1]), 0.18)
    assert line["note"] == "no interval" and line["multiplier"] > 0
    (line,) = lines(frame(task[:, :1], learner[:, :1], n=N[:1]), 0.18)
    assert line["note"] == "fewer than two numbers of labels"
    last = float(learner.mean(axis=0)[-1])
    (line,) = lines(frame(task, learner), 1.001 * last)
    assert line["note"] == "the interval leaves the grid" and line["multiplier"] > 1.0
    assert math.isnan(line["multiplier_low"]) and math.isnan(line["multiplier_high"])
    (line,) = lines(frame(task, learner), 1.1 * last)
    assert line["note"] == "the interval leaves the grid" and math.isnan(line["multiplier_high"])
    assert line["multiplier_low"] > 1.0


def test_a_baseline_near_the_level_gives_no_bound() -> None:
    """Its mean is above the level, but the interval of the mean holds it."""
    task, learner = curves(np.random.default_rng(3), 30)
    (line,) = lines(frame(task, learner), float(learner.mean(axis=0)[-1]) * 0.99)
    assert line["note"] == "the baseline is above it at n = 160" and math.isnan(line["multiplier_low"])


def test_only_repetitions_that_both_have_count() -> None:
    task, learner = curves(np.random.default_rng(4), 12)
    rows = frame(task, learner)
    gone = (rows["rep"] == 5) & (rows["n_labeled"] == 80) & (rows["pretext"] == TASK)
    rows.loc[gone, "status"] = "failed"
    (line,) = lines(rows, 0.18)
    (same,) = lines(frame(np.delete(task, 5, 0), np.delete(learner, 5, 0)), 0.18)
    assert line["repeats"] == 11
    assert line["multiplier_low"] == pytest.approx(same["multiplier_low"], rel=1e-12)


def test_what_cannot_be_read_is_refused() -> None:
    rows = frame(*curves(np.random.default_rng(5), 4))
    for changes, words in (
        ({"levels": []}, "at least one baseline and one level"),
        ({"baselines": {}}, "at least one baseline and one level"),
        ({"levels": [0.0]}, "must be positive"),
    ):
        settings: dict[str, Any] = {
            "label": "a",
            "task": {"pretext": TASK},
            "baselines": {"OLS": {"pretext": OLS}},
            "levels": [0.1],
        }
        with pytest.raises(ValueError, match=words):
            Multiplier(**settings | changes)
    with pytest.raises(ReportError, match=r"reads the column generator\.no"):
        multipliers(rows, [Multiplier("a", {"generator.no": 1}, {"OLS": {"pretext": OLS}}, [0.1])])
    with pytest.raises(ReportError, match="has 2 cells"):
        multipliers(rows, [Multiplier("a", {}, {"OLS": {"pretext": OLS}}, [0.1])])
    wrong = Multiplier("a", {"generator.no": 1}, {"b": {}}, [0.1])
    with pytest.raises(ReportError, match=r"MULTIPLIERS: there is no column generator\.no"):
        report.declared({"MULTIPLIERS": [wrong]}, set(rows.columns))


def test_the_report_writes_them(tmp_path: Path) -> None:
    task, learner = curves(np.random.default_rng(6), 30)
    folder = synthetic.save(frame(task + FLOOR, learner), tmp_path)
    report.write(
        folder, [], [], name="made up", seed=1, schema=2, analyses={"MULTIPLIERS": [spec(0.18, FLOOR), spec(0.05)]}
    )
    written = pd.read_csv(folder / "multipliers.csv")
    assert written["level"].tolist() == [0.18, FLOOR, 0.05]
    text = (folder / "multipliers.md").read_text()
    assert "below the task's floor" in text and "> " in text and "made up, seed 1" in text
    tex = (folder / "multipliers.tex").read_text()
    assert r"\toprule" in tex and r"\label{tab:made-up-multipliers}" in tex
