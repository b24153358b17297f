"""rows.csv keeps its texts and dials, and a file is published whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from testbed.files import FolderError, write_atomically
from testbed.report import read_rows, read_summary, summarize
from testbed.report.files import to_csv
from tests.report import synthetic


def test_texts_that_look_like_something_else_stay_texts(tmp_path: Path) -> None:
    made = synthetic.rows(repeats=2)
    made["pretext"] = "NA"
    made["key"] = "00000000000000" + made["key"].factorize()[0].astype(str)
    made["pretext.rank"] = ["k", "5"] * (len(made) // 2)
    back = read_rows(synthetic.save(made, tmp_path))
    assert back["pretext"].tolist()[0] == "NA"
    assert back["key"].tolist() == made["key"].tolist()
    assert back["pretext.rank"].tolist()[:2] == ["k", "5"]
    assert back["probe.intercept"].tolist()[0] == "True"


def test_a_dial_may_be_empty_in_whole_parts_of_a_long_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = synthetic.rows(repeats=5)
    made["generator.young"] = [None] * 60 + ["0.5"] * (len(made) - 60)
    whole = read_rows(synthetic.save(made, tmp_path))
    monkeypatch.setattr("testbed.report.files.CHUNK", 50)
    back = read_rows(tmp_path)
    assert back["generator.young"].isna().sum() == 60 and back["generator.young"].max() == 0.5
    pd.testing.assert_frame_equal(back, whole)


def test_dials_are_written_exactly_and_measured_numbers_to_six_digits(tmp_path: Path) -> None:
    made = summarize(synthetic.rows(alphas=(0.0, 0.1234567890123, 1 / 3), repeats=3)).assign(n_unlabeled=123456789)
    (tmp_path / "summary.csv").write_bytes(to_csv(made))
    back = read_summary(tmp_path)
    assert back["generator.alpha"].tolist() == made["generator.alpha"].tolist()
    assert back["n_unlabeled"].tolist() == made["n_unlabeled"].tolist()
    assert back["excess_risk"].tolist() == [float(f"{v:.6g}") for v in made["excess_risk"]]


def test_whole_dials_have_no_point_though_some_are_empty() -> None:
    frame = pd.DataFrame({"generator.k": [5.0, None], "excess_risk": [0.12345678, 1e-9]})
    assert to_csv(frame) == b"generator.k,excess_risk\n5,0.123457\n,1e-09\n"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    write_atomically(tmp_path / "summary.csv", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FolderError, match="No space"):
        write_atomically(tmp_path / "summary.csv", b"new")
    assert (tmp_path / "summary.csv").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["summary.csv"]
