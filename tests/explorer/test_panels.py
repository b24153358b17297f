"""The declared panels of a page have the cells, numbers and pairs of the committed files."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from testbed.columns import METHOD, PLACE
from testbed.explorer.fields import fields_of
from testbed.explorer.folders import data_of
from testbed.explorer.table import columns_of, pairs_of, unreadable
from testbed.report import read_summary
from testbed.report.files import is_measured
from tests.committed import RESULTS

MAPPED = "violations/when_it_pays"


def frame(study: str, name: str) -> pd.DataFrame:
    return pd.read_csv(RESULTS / study / name, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("study", ["lee2021_controlled", "violations/learners", "tasks/rank", "own_rows/bundled"])
def test_pairs_are_the_lines_of_the_contrasts(study: str) -> None:
    summary, contrasts = frame(study, "summary.csv"), frame(study, "contrasts.csv")
    found = pairs_of(fields_of((RESULTS / study / "contrasts.csv").read_bytes(), ""), read_summary(RESULTS / study))
    assert found["n"] == len(contrasts) > 0
    for side in "ab":
        cells = summary.iloc[found[side]].reset_index(drop=True)
        for name in PLACE:
            assert list(cells[name]) == list(contrasts[name])
        for name in METHOD:
            assert list(cells[name]) == list(contrasts[f"{name}_{side}"])


def test_a_map_has_the_ratios_and_intervals_of_its_files() -> None:
    panel: dict[str, Any] = data_of(RESULTS / MAPPED)["panels"][2]
    summary, contrasts = read_summary(RESULTS / MAPPED), frame(MAPPED, "contrasts.csv")
    first, second = (summary.iloc[curve["rows"]] for curve in panel["curves"][:2])
    assert len(panel["cells"]) == len(first) == 72
    for row, x1, x2, y1, y2, color, low, high in panel["cells"]:
        cell = summary.iloc[row]
        [other] = [c for _, c in second.iterrows() if all(c[name] == cell[name] for name in PLACE)]
        assert color == pytest.approx(cell["excess_risk"] / other["excess_risk"], rel=1e-6)
        assert x1 < cell[panel["x"]] < x2 and y1 < cell[panel["y"]] < y2
        at = contrasts["generator"] == cell["generator"]
        for name in PLACE[1:]:
            at &= contrasts[name].astype(float) == float(cell[name])
        for name in METHOD:
            at &= contrasts[f"{name}_a"] == str(cell[name])
            at &= contrasts[f"{name}_b"] == str(other[name])
        [line] = [c for _, c in contrasts[at].iterrows()]
        assert [low, high] == [float(line["difference_low"]), float(line["difference_high"])]
        assert (color > 1) == (float(line["difference"]) > 0)
    assert panel["color"] == {"ends": [pytest.approx(1 / 1.5), 1.5], "log": True, "diverging": True}
    assert len(panel["equality"]) >= 1


def test_every_column_has_its_role() -> None:
    folder = RESULTS / "violations" / "kind_and_size"
    lines, summary = fields_of((folder / "summary.csv").read_bytes(), ""), read_summary(folder)
    found = {column["name"]: column for column in columns_of(lines, summary)}
    assert [*found] == [*lines[0], "law"]
    wanted = {
        "key": "key", "generator.base.k": "dial", "pretext": "dial", "n_labeled": "dial", "excess_risk": "measured",
        "class_floor": "exact", "class_floor_se": "end", "excess_risk_high": "end", "theory.bound": "theory",
        "theory.bound_mcse": "end", "excess_risk_median": "measured", "n_ok": "other", "selected": "other",
    }  # fmt: skip
    assert {name: found[name]["role"] for name in wanted} == wanted
    assert (found["n_labeled"]["words"], found["n_labeled"]["symbol"]) == ("labelled pairs", "n2")
    assert found["generator.base.k"]["words"] == "number of classes"
    numbers = {name for name, column in found.items() if column["role"] in ("measured", "exact", "theory")}
    assert numbers == {name for name in found if is_measured(name)} | {"excess_risk_median", "excess_risk_share"}
    assert found["law"]["made"] and set(found["law"]["of"]) >= {"CleanMixture", "DirectEdge", "LowRank"}


@pytest.mark.parametrize(("study", "n"), [("lee2021_controlled", 6), ("own_rows/bundled", 3), ("tasks/jigsaw", 0)])
def test_laws_that_describe_cannot_read_are_those_with_arrays(study: str, n: int) -> None:
    found = unreadable(read_summary(RESULTS / study))
    assert len(found) == n and all("array(float64" in text for text in found)
