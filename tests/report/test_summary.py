"""Means, their errors and paired contrasts against a direct computation, row by row."""

from __future__ import annotations

import hashlib
import math
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

import testbed.report as report
from testbed.columns import AVERAGED
from testbed.report.drawing import KINDS
from tests.report import synthetic

HOLD_FLOOR = {"excess_risk", "class_floor", "intrinsic", "label_mse"}


def small(**options: object) -> pd.DataFrame:
    return synthetic.rows(**{"ks": (2, 5), "alphas": (0.25, 1.0), "repeats": 7, **options})


def key_of(frame: pd.DataFrame, pretext: str, k: int = 2, alpha: float = 1.0) -> str:
    hit = (frame["pretext"] == pretext) & (frame["generator.k"] == k) & (frame["generator.alpha"] == alpha)
    return str(frame.loc[hit, "key"].iloc[0])


def summarized(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Summary by key, of the rows as they come back from the file."""
    return report.summarize(report.read_rows(synthetic.save(frame, folder))).set_index("key")


def directly(values: list[float], shared: float) -> tuple[float, float, float, float]:
    mean = math.fsum(values) / len(values)
    error = math.sqrt(statistics.variance(values) / len(values) + shared**2)
    width = float(student.ppf(0.975, len(values) - 1)) * error
    return mean, error, mean - width, mean + width


@pytest.mark.parametrize("frozen", [False, True])
def test_means_errors_and_intervals_are_those_of_a_direct_computation(tmp_path: Path, frozen: bool) -> None:
    frame = small(frozen=frozen)
    summary = summarized(frame, tmp_path)
    assert list(summary.index) == list(dict.fromkeys(frame["key"]))
    for key, rows in frame.groupby("key"):
        linear = rows["draws"].iloc[0] == "moments"
        for column in AVERAGED:
            shared = 0.0005 if frozen and linear and column in HOLD_FLOOR else 0.0
            if column == "epsilon_ci_universal":  # the same integral in every row, whatever else is redrawn
                shared = 0.01 * rows["generator.alpha"].iloc[0]
            if column in ("bayes_noise", "label_mse"):  # likewise; label_mse contains it
                shared = math.hypot(shared, 0.002)
            got = summary.loc[key, [f"{column}{end}" for end in ("", "_mcse", "_low", "_high")]].astype(float)
            np.testing.assert_allclose(
                got, directly(rows[column].tolist(), shared), rtol=1e-9, atol=1e-15, err_msg=f"{key} {column}"
            )
        assert summary.loc[key, "n_ok"] == 7
        assert summary.loc[key, "n_failed"] == 0


def test_the_error_shared_by_all_rows_is_added_once_and_not_divided_by_their_number(tmp_path: Path) -> None:
    frame = small(frozen=True, repeats=400, ks=(2,), alphas=(1.0,))
    raw = summarized(frame, tmp_path).loc[key_of(frame, "Raw()")]
    assert raw["class_floor_mcse"] == pytest.approx(0.0005, rel=1e-12)
    assert raw["excess_risk_mcse"] ** 2 - raw["excess_risk_class_mcse"] ** 2 == pytest.approx(0.0005**2, rel=1e-6)
    assert raw["pretext_part_mcse"] == 0


def test_one_floor_that_differs_in_its_last_bit_is_not_shared(tmp_path: Path) -> None:
    frame = small(frozen=True)
    key = key_of(frame, "Raw()")
    at = frame.index[frame["key"] == key][3]
    frame.loc[at, "class_floor"] = np.nextafter(synthetic.FLOOR, 1)
    summary = summarized(frame, tmp_path)
    assert summary.loc[key, "class_floor_mcse"] < 1e-15
    assert summary.loc[key, "excess_risk_mcse"] == pytest.approx(summary.loc[key, "excess_risk_class_mcse"], rel=1e-9)
    assert summary.loc[key_of(frame, "Predict(OLS())"), "class_floor_mcse"] == pytest.approx(0.0005)


def test_own_errors_are_their_root_mean_square(tmp_path: Path) -> None:
    frame = small(frozen=False)
    key = key_of(frame, "Predict(Nystroem())")
    own = np.linspace(0.0001, 0.003, 7)
    frame.loc[frame["key"] == key, "excess_risk_se"] = own
    assert summarized(frame, tmp_path).loc[key, "excess_risk_se"] == pytest.approx(math.sqrt(np.mean(own**2)))


def test_failed_rows_are_counted_and_never_averaged(tmp_path: Path) -> None:
    frame = small(frozen=True)
    some, all_ = key_of(frame, "Raw()"), key_of(frame, "Predict(OLS())", k=5)
    frame = synthetic.fail(frame, {some: range(2, 5), all_: range(7)})
    frame.loc[frame["status"] == "failed", "excess_risk"] = 1e6  # a number in a failed row is not a result
    summary = summarized(frame, tmp_path)
    ok = frame[(frame["key"] == some) & (frame["status"] == "ok")]
    assert (summary.loc[some, "n_ok"], summary.loc[some, "n_failed"]) == (4, 3)
    got = summary.loc[some, ["excess_risk", "excess_risk_mcse", "excess_risk_low", "excess_risk_high"]].astype(float)
    np.testing.assert_allclose(got, directly(ok["excess_risk"].tolist(), 0.0005), rtol=1e-9)
    assert (summary.loc[all_, "n_ok"], summary.loc[all_, "n_failed"]) == (0, 7)
    measured = [f"{column}{end}" for column in AVERAGED for end in ("", "_mcse", "_low", "_high")]
    assert summary.loc[all_, measured].isna().all()
    assert summary.loc[all_, "pretext"] == "Predict(OLS())"
    untouched = summary.drop(index=[some, all_])
    assert (untouched["n_failed"] == 0).all()
    assert (untouched["n_ok"] == 7).all()


def test_a_column_with_a_gap_in_an_ok_row_has_no_mean_of_the_rest(tmp_path: Path) -> None:
    frame = small()
    key = key_of(frame, "Raw()")
    frame.loc[frame.index[frame["key"] == key][0], "beta"] = np.nan
    summary = summarized(frame, tmp_path)
    assert math.isnan(summary.loc[key, "beta"])
    assert summary["beta"].notna().sum() == len(summary) - 1
    assert summary["excess_risk"].notna().all()


def test_one_repetition_has_a_mean_and_no_error(tmp_path: Path) -> None:
    frame = small(repeats=1, frozen=True)
    summary = summarized(frame, tmp_path)
    for column in AVERAGED:
        np.testing.assert_array_equal(summary[column], frame[column])
        assert summary[[f"{column}{end}" for end in ("_mcse", "_low", "_high")]].isna().all(axis=None)
    difference = report.contrasts(report.read_rows(tmp_path))
    assert difference["difference"].notna().all()
    assert (difference["n_pairs"] == 1).all()
    assert difference[["difference_mcse", "difference_low", "difference_high"]].isna().all(axis=None)


def test_a_written_summary_reads_back_to_six_digits(tmp_path: Path) -> None:
    frame = small(frozen=True)
    report.write(synthetic.save(frame, tmp_path), [], [], name="made up", seed=1, schema=2)
    back, summary = report.read_summary(tmp_path), summarized(frame, tmp_path)
    numbers = [f"{column}{end}" for column in AVERAGED for end in ("", "_mcse", "_low", "_high")]
    np.testing.assert_allclose(back[numbers], summary[numbers].astype(float), rtol=5e-6, atol=1e-15)
    assert list(back["generator.alpha"]) == list(summary["generator.alpha"])


@pytest.mark.parametrize("frozen", [False, True])
def test_contrasts_are_those_of_a_direct_paired_computation(tmp_path: Path, frozen: bool) -> None:
    frame = small(frozen=frozen)
    key = key_of(frame, "Raw()")
    frame = synthetic.fail(frame, {key: range(1, 3), key_of(frame, "Predict(OLS())"): range(2, 4)})
    got = report.contrasts(report.read_rows(synthetic.save(frame, tmp_path)))
    assert len(got) == 4 * 3  # places, pairs of methods
    ok = frame[frame["status"] == "ok"]
    pairs = []
    for _, line in got.iterrows():
        here = ok[ok["generator"] == line["generator"]]
        a, b = (
            dict(zip(at["rep"], at["excess_risk"], strict=True))
            for at in (here[here["pretext"] == line[f"pretext_{side}"]] for side in "ab")
        )
        gaps = [a[rep] - b[rep] for rep in sorted(a.keys() & b.keys())]
        shared = 0.0005 if frozen and line["draws_a"] != line["draws_b"] else 0.0
        columns = ["difference", "difference_mcse", "difference_low", "difference_high"]
        np.testing.assert_allclose(line[columns].astype(float), directly(gaps, shared), rtol=1e-8, atol=1e-14)
        assert line["n_pairs"] == len(gaps)
        assert line["paired"] == ("draws" if line["draws_a"] == line["draws_b"] else "structure")
        pairs.append(len(gaps))
    assert sorted(set(pairs)) == [4, 5, 7]  # both fail at repetition 2: three are lost together


def test_pairing_removes_what_the_methods_share(tmp_path: Path) -> None:
    frame = small(repeats=200, ks=(2,), alphas=(0.25,))
    alone = summarized(frame, tmp_path).loc[key_of(frame, "Raw()", alpha=0.25), "excess_risk_mcse"]
    got = report.contrasts(report.read_rows(tmp_path))
    paired = got.loc[got["paired"] == "draws", "difference_mcse"].item()
    assert paired == pytest.approx(0.0003 * math.sqrt(2 / 200), rel=0.2)
    assert paired < alone / 3


def test_one_place_with_one_method_twice_cannot_be_paired(tmp_path: Path) -> None:
    frame = small(ks=(2,), alphas=(1.0,))
    frame = pd.concat([frame, frame[frame["pretext"] == "Raw()"].assign(key="0123456789abcdef")])
    with pytest.raises(report.ReportError, match="cannot be paired"):
        report.contrasts(report.read_rows(synthetic.save(frame, tmp_path)))


def test_a_missing_or_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(report.ReportError, match=r"rows\.csv is missing"):
        report.read_rows(tmp_path)
    with pytest.raises(report.ReportError, match=r"summary\.csv is missing"):
        report.read_summary(tmp_path)
    with pytest.raises(report.ReportError, match=r"rows\.csv is missing"):
        report.write(tmp_path, name="made up", seed=1, schema=2)
    (tmp_path / "rows.csv").touch()
    with pytest.raises(report.ReportError, match=r"rows\.csv is empty"):
        report.read_rows(tmp_path)
    synthetic.save(small().iloc[:0], tmp_path)
    with pytest.raises(report.ReportError, match="holds no rows"):
        report.read_rows(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (["intrinsic"], r"lacks the column intrinsic$"),
        (["key", "class_floor_se"], r"lacks the columns key, class_floor_se$"),
    ],
)
def test_missing_columns_are_named(tmp_path: Path, lost: list[str], said: str) -> None:
    with pytest.raises(report.ReportError, match=said):
        report.read_rows(synthetic.save(small().drop(columns=lost), tmp_path))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("rep", None, "column rep must hold whole numbers"),
        ("status", "lost", "column status must say ok or failed, not lost"),
        ("pretext", None, "column pretext is empty in 1 rows"),
        ("n_labeled", "many", "column n_labeled must hold numbers"),
        ("excess_risk", "small", r"rows\.csv cannot be read.*small"),
        ("rep", 1, "repetition 1 of cell [0-9a-f]{16} more than once"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_named(tmp_path: Path, column: str, value: object, said: str) -> None:
    frame = small().astype({column: object})
    frame.loc[0, column] = value
    with pytest.raises(report.ReportError, match=said):
        report.read_rows(synthetic.save(frame, tmp_path))


def test_write_writes_all_files_and_names_them(tmp_path: Path) -> None:
    frame = small()
    written = report.write(synthetic.save(frame, tmp_path), name="made up", seed=1, schema=2)
    names = {"summary.csv", "contrasts.csv", "table.md", "table.tex", *(f"figure.{kind}" for kind in KINDS)}
    assert {path.name for path in written} == names
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "report.json", *names}
    assert all(path.stat().st_size for path in written)
    sha = hashlib.sha256((tmp_path / "summary.csv").read_bytes()).hexdigest()[:12]
    footer = f"made up, seed 1, row schema 2, summary.csv SHA-256 {sha}"
    for name in ("table.md", "table.tex", "figure.svg", "figure.caption.tex", "figure.caption.md"):
        assert footer in (tmp_path / name).read_text(encoding="utf-8"), name


def test_nothing_is_written_if_one_figure_does_not_fit(tmp_path: Path) -> None:
    figure = report.Figure([report.Panel("p", "generator.k", [report.Curve("c")], y="no_such_column")])
    with pytest.raises(report.ReportError, match="no_such_column"):
        report.write(synthetic.save(small(), tmp_path), [figure], name="made up", seed=1, schema=2)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
