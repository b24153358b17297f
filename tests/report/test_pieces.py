"""A long rows.csv is read some generators at a time, and the report is the same bytes as of the whole file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from testbed import report
from testbed.report.pieces import Pieces
from tests.report import synthetic

WHERE = {"pretext": "Raw()", "generator.alpha": 0.25}
JUDGED = report.Verdict("b", {"pretext": "Raw()"}, damage="excess_risk", bound=None, ceiling=None, predictors={})
SLOPE = report.Slope("a", WHERE, x="generator.k", y="label_mse")


def shuffled() -> pd.DataFrame:
    """Generators that come back in a second part of the grid, methods in another order, dials of every kind."""
    rows = synthetic.rows(repeats=4)
    large = rows["generator.k"] > 5
    rows.insert(3, "generator.whole", large.map({False: "1", True: "2.5"}))  # an integer in one piece only
    rows.insert(3, "generator.text", large.map({False: "1", True: 'a, "b"'}))
    rows.insert(3, "generator.late", large.map({False: None, True: "3"}))
    rows["label_mse"] = 0.5 / rows["generator.k"] * (1.0 + 0.01 * rows["rep"])
    second = rows["pretext"] == "Predict(OLS())"
    back = rows[second].iloc[::-1].sort_values(["generator.k", "rep"], ascending=[False, True], kind="stable")
    last = rows["generator.k"] == 10
    return pd.concat([rows[~second & ~last], rows[~second & last].iloc[::-1], back]).reset_index(drop=True)


@pytest.mark.parametrize("least", [1, 30])
def test_pieces_give_the_bytes_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    found = []
    for name, size in (("whole", 10**9), ("pieces", least)):
        folder = tmp_path / name
        folder.mkdir()
        synthetic.save(shuffled(), folder)
        monkeypatch.setattr("testbed.report.Pieces", lambda folder, size=size: Pieces(folder, size))
        assert (len(Pieces(folder, size)) > 1) == (name == "pieces")
        report.write(folder, [], name="made up", seed=1, schema=2, analyses={"SLOPES": [SLOPE], "VERDICTS": [JUDGED]})
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert found[0] == found[1]
    assert b"2.5" in found[0]["summary.csv"]


def test_a_piece_holds_what_the_whole_file_says_of_its_rows(tmp_path: Path) -> None:
    whole = report.read_rows(synthetic.save(shuffled(), tmp_path))
    for rows in Pieces(tmp_path, 1):
        assert rows["generator"].nunique() == 1
        for column in rows:
            values, wanted = rows[column], whole.loc[rows.index, column]
            assert values.dtype.kind == wanted.dtype.kind, column
            pd.testing.assert_series_equal(values.astype(object), wanted.astype(object), check_dtype=False)


@pytest.mark.parametrize("hurt", ["lines", "columns", "keys"])
def test_a_file_that_cannot_be_taken_apart_is_one_piece(tmp_path: Path, hurt: str) -> None:
    rows = shuffled()
    if hurt == "lines":
        rows["error"] = "one\ntwo"
    if hurt == "columns":
        rows["generator.behind"] = 1
    if hurt == "keys":
        rows["generator"] = [f"Law({i})" for i in range(len(rows))]
    pieces = Pieces(synthetic.save(rows, tmp_path), 1)
    assert len(pieces) == 1
    (only,) = pieces
    pd.testing.assert_frame_equal(only, report.read_rows(tmp_path))
