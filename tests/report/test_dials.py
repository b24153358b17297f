"""Whatever dial can be run can be reported: dials that differ are lines that differ, in every file that shows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import testbed.report as report
from testbed import Experiment, generators, run, vary
from testbed.keys import flatten, written
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.report.analyses.crossings import ANALYSIS
from testbed.report.cells import labels_of, select
from testbed.report.escaped import escape
from testbed.report.latex import floats
from testbed.report.typeset import Column

PICTURES = ["png"]  # the texts of a figure are the same in all kinds of files
LAW = generators.LeeMixture(k=2, d1=3, d2=3, scale=2.0, structure_seed=0).law()


@dataclass(frozen=True, repr=False)
class Held(generators.Generator):
    """Holds any dial, and is one law."""

    x: Any = 0
    structure_seed: int = 0

    def law(self, rng: Any = None, repeats: Any = None) -> Any:
        return LAW


def reported(folder: Path, dials: Sequence[object]) -> list[str]:
    """First cells of the lines of table.md."""
    experiment = Experiment("dials", vary(Held, x=list(dials)), [Raw()], [OLS()], [20], [30], repeats=2)
    run(experiment, folder, progress=False)
    drawn = any(dial is None or isinstance(dial, bool) or dial == 2**64 for dial in dials)
    report.write(folder, figures=None if drawn else [], name="dials", seed=0, schema=1, pictures=PICTURES)
    lines = [line for line in (folder / "table.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines)
    return [re.split(r"(?<!\\)\|", line)[1].strip() for line in lines[2:]]


@pytest.mark.parametrize(
    ("dials", "labels"),
    [
        (["01", "1", "1.0"], ['"01"', '"1"', '"1.0"']),
        (["nan", None, "", float("nan")], ['"nan"', "-", '""', "nan"]),
        ([True, 1, "1", 1.0], ["True", "1", '"1"', "1.0"]),
        (["inf", float("inf"), "-", None], ['"inf"', "inf", '"-"', "-"]),
        ([2**64 + 1, 2**64], ["18446744073709551617", "18446744073709551616"]),
        ([2**53 + 1, 0.5], ["9007199254740993", "0.5"]),
        ([1, 10**400], ["1", str(10**400)]),
        ([0.3, 0.1 + 0.2, 1.0], ["0.3", "0.30000000000000004", "1"]),
        (["a\nb", "a\\nb", "a|b", "$x$", "$", " a"], [r'"a\nb"', r"a\nb", r"a\|b", r"\$x\$", r"\$", '" a"']),
        ([[1], "[1]"], None),
        ([0, -1, 2], ["0", "-1", "2"]),
    ],
    ids=str,
)
def test_dials_that_differ_are_lines_that_differ(tmp_path: Path, dials: list[object], labels: list[str] | None) -> None:
    first = reported(tmp_path, dials)
    assert len(set(first)) == len(dials)
    if labels:
        assert first == labels
    assert len(report.read_summary(tmp_path)) == len(dials)


def test_a_value_selects_what_it_is() -> None:
    texts = [flatten(value, "x")["x"] for value in ("1", 1, 1.0, True, "True", "a")]
    frame = pd.DataFrame({"generator.x": [str(text) for text in texts]})
    for place, value in enumerate(("1", 1, 1.0, True, "True", "a")):
        assert list(select(frame, {"generator.x": value}, "a test").index) == [place]
    assert written("cv") == "cv" and written("größe α") == "größe α"
    assert written("1_000") == '"1_000"' and written("\u2028") == '"\\u2028"'


@pytest.mark.parametrize(
    "column",
    [pd.Series([0.2, None, 0.5]), pd.Series(["a", None, "b"]), pd.Series(["a", None, "b"], dtype="category")],
    ids=["numbers", "texts", "categories"],
)
def test_a_value_does_not_select_what_is_empty(column: pd.Series) -> None:
    """A dial that some laws do not have is empty there; only None asks for those."""
    frame, (first, _, last) = pd.DataFrame({"generator.x": column}), list(column)
    for wanted, places in ((first, [0]), ([first, last], [0, 2]), (None, [1]), ([None, last], [1, 2])):
        assert list(select(frame, {"generator.x": wanted}, "a test").index) == places
    with pytest.warns(UserWarning, match=f"a test selects no cells: .* only {first}, -, {last}"):
        assert not len(select(frame, {"generator.x": "no such"}, "a test"))


def test_labels_have_the_digits_that_tell_them_apart() -> None:
    assert labels_of([0.1234567, 0.1234568, 0.5], 6) == ["0.1234567", "0.1234568", "0.5"]
    assert labels_of([0.1234567, 0.5], 6) == ["0.123457", "0.5"]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (r"\$x\$ is 5%", r"\$x\$ is 5\%"),
        (r"$\alpha$ & \$", r"$\alpha$ \& \$"),
        ("a $ b", r"a \$ b"),
        (r"a\b", r"a\textbackslash{}b"),
        ("a\nb", "a b"),
    ],
)
def test_a_dollar_sign_of_a_dial_is_no_mathematics(text: str, latex: str) -> None:
    assert escape(text) == latex


def test_headings_are_written_for_latex_as_cells_are() -> None:
    hostile = "5% of_a & b #1"
    (table,) = floats([Column(hostile, (hostile,)), Column("95% interval", ("~",))], "C", "l")
    assert not re.search(r"(?<!\\)[%#_]", table.replace("textasciitilde", ""))
    assert all(len(re.findall(r"(?<!\\)&", line)) == 1 for line in table.splitlines() if line.endswith(r"\\"))
    columns = ("crossing", "crossing_low", "crossing_high", "x_first", "x_last", "rate_%")
    found = pd.DataFrame([{"label": "a", "x": "n_labeled", "unit": "", **dict.fromkeys(columns, 1.0), "note": ""}])
    text = ANALYSIS.to_latex(found.assign(**{"rate_%_covered": "yes"}), "footer")
    assert re.search(r"95\\% (\\\\ )?interval", text) and r"rate\_\%" in text


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline"])
def test_no_backend_is_needed(tmp_path: Path, backend: str) -> None:
    reported(tmp_path, [True])
    before = (tmp_path / "figure.png").read_bytes()
    command = "from testbed.report import write; write('.', name='dials', seed=0, schema=1, pictures=['png'])"
    environment = {**os.environ, "MPLBACKEND": backend, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "figure.png").read_bytes() == before
