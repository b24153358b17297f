"""Tables in Markdown and LaTeX: every mean with its error, and nothing that LaTeX would stumble over."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest

import testbed.report as report
from testbed.report import Table
from testbed.report.cells import symbol
from testbed.report.tables import number
from tests.report import synthetic


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Two k, two alpha; at (2, 0.5) Raw() failed in 2 of 6 repetitions, at (5, 0.5) in all."""
    frame = synthetic.rows(ks=(2, 5), alphas=(0.5, 1.0), repeats=6)
    raw = frame[(frame["pretext"] == "Raw()") & (frame["generator.alpha"] == 0.5)]
    keys = {k: raw.loc[raw["generator.k"] == k, "key"].iloc[0] for k in (2, 5)}
    frame = synthetic.fail(frame, {keys[2]: range(2), keys[5]: range(6)})
    return report.summarize(report.read_rows(synthetic.save(frame, tmp_path_factory.mktemp("rows"))))


def markdown_cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in (lines[0], *lines[2:])]


def plain(latex: str) -> str:
    """LaTeX without its escaped characters, so that what is left of braces and dollars is syntax."""
    return re.sub(r"\\[&%$#_{}]", "", latex)


def assert_balanced(latex: str) -> None:
    depth = 0
    for character in plain(latex):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert plain(latex).count("$") % 2 == 0


def test_a_markdown_cell_is_the_mean_and_its_standard_error(summary: pd.DataFrame) -> None:
    text = report.to_markdown(Table("A caption"), summary, "a footer")
    head, *lines = markdown_cells(text)
    assert head == ["k", "alpha", *synthetic.METHODS]
    assert [line[:2] for line in lines] == [["2", "0.5"], ["2", "1"], ["5", "0.5"], ["5", "1"]]
    seen = 0
    for line in lines:
        for method, shown in zip(head[2:], line[2:], strict=True):
            at = summary["generator.k"].eq(int(line[0])) & summary["generator.alpha"].eq(float(line[1]))
            cell = summary[at & (summary["pretext"] == method)].squeeze()
            if cell["n_failed"]:
                continue
            mean, error = shown.split(" ± ")
            half = 0.5 * 10.0 ** -len(error.partition(".")[2])
            assert float(mean) == pytest.approx(cell["excess_risk"], abs=1.0001 * half)
            assert float(error) == pytest.approx(cell["excess_risk_mcse"], abs=1.0001 * half)
            assert 10 <= int(error.replace(".", "")) <= 99  # two significant digits
            seen += 1
    assert seen == 10
    assert text.startswith("**A caption.**\n")
    assert "mean ± Monte Carlo standard error over 4 to 6 repetitions." in text
    assert "<sub>a footer</sub>" in text


@pytest.mark.parametrize("latex", [False, True])
def test_failed_cells_say_how_many_failed(summary: pd.DataFrame, latex: bool) -> None:
    wide = report.table(summary, latex=latex)
    assert wide.loc[2, "Raw()"] == "failed (6)"
    some = r"[\d.]+\(\d+\) \[2 failed\]" if latex else r"[\d.]+ ± [\d.]+ \[2 failed\]"
    assert re.fullmatch(some, wide.loc[0, "Raw()"])
    others = wide.drop(columns="Raw()").astype(str)
    assert not others.apply(lambda column: column.str.contains("failed")).any(axis=None)


def test_a_cell_that_was_not_run_is_a_dash(summary: pd.DataFrame) -> None:
    hit = (summary["pretext"] == "Predict(OLS())") & (summary["generator.k"] == 5) & (summary["generator.alpha"] == 1)
    wide = report.table(summary[~hit])
    assert wide.loc[3, "Predict(OLS())"] == "-"
    assert (wide == "-").to_numpy().sum() == 1


@pytest.mark.parametrize(
    ("mean", "error", "text", "latex"),
    [
        (0.011234, 0.000312, "0.01123 ± 0.00031", "0.01123(31)"),
        (3.2e-9, 1e-10, "(3.20 ± 0.10)e-09", "3.20(10)e-09"),
        (1234.5, 99.6, "1230 ± 100", "1230(100)"),
        (-0.5, 0.0999, "-0.50 ± 0.10", "-0.50(10)"),
        (0.5, 2.3, "0.5 ± 2.3", "0.5(23)"),
        (2.0, 0.0, "2 ± 0", "2"),
        (2.0 / 3.0, 2e-17, "0.6667 ± 0", "0.6667"),
        (-2.0e9, 1e-7, "(-2 ± 0)e+09", "-2e+09"),
        (0.12345, math.nan, "0.123", "0.123"),
        (math.nan, math.nan, "-", "-"),
    ],
)
def test_a_number_has_the_digits_of_its_error(mean: float, error: float, text: str, latex: str) -> None:
    assert number(mean, error) == text
    assert number(mean, error, latex=True) == latex


def test_one_repetition_shows_no_error(tmp_path: Path) -> None:
    frame = synthetic.rows(ks=(2, 5), alphas=(1.0,), repeats=1)
    summary = report.summarize(report.read_rows(synthetic.save(frame, tmp_path)))
    cells = report.table(summary)[list(synthetic.METHODS)]
    assert all(re.fullmatch(r"[\d.]+", cell) for cell in cells.to_numpy().ravel())


def test_latex_is_booktabs_with_escaped_text_and_balanced_braces(summary: pd.DataFrame) -> None:
    labels = {"Raw()": "raw_x & {50%} #1"}
    spec = Table("Risk of raw_x at 50% of $x_1$", labels=labels, name="risks")
    text = report.to_latex(spec, summary, "made_up, seed 1")
    assert_balanced(text)
    comment, *rest = text.splitlines()
    assert comment == "% made_up, seed 1"
    body = "\n".join(rest)
    for once in ("toprule", "midrule", "bottomrule"):
        assert body.count(f"\\{once}") == 1
    assert "\\hline" not in body
    starts = re.findall(r"\\begin\{(\w+)\}", body)
    assert starts == ["table", "tabular"]
    assert re.findall(r"\\end\{(\w+)\}", body) == starts[::-1]
    assert r"\label{tab:risks}" in body
    assert r"Risk of raw\_x at 50\% of $x_1$." in body
    heading = body.partition("\\toprule\n")[2].partition("\\midrule")[0].replace(r" \\ ", " ")
    assert r"raw\_x \& \{50\%\} \#1" in heading
    outside = re.sub(r"\$[^$]*\$", "", plain(body))  # mathematics may have subscripts, text may not
    assert "_" not in outside
    assert "±" not in body
    assert body.isascii()


def test_every_latex_line_has_a_cell_for_every_column(summary: pd.DataFrame) -> None:
    text = report.to_latex(Table("c"), summary, "f")
    (form,) = re.findall(r"\\begin\{tabular\}\{(\S+)\}\n", text)
    lines = text.partition("\\midrule\n")[2].partition("\\bottomrule")[0].splitlines()
    assert form == "r@{}l" * 5  # both halves of a number at its decimal point
    assert len(lines) == 4
    for line in lines:
        assert line.endswith(r" \\")
        assert plain(line).count("&") + line.count(r"\multicolumn{2}") == 2 * 5 - 1
    assert "failed (6)" in lines[2]
    assert "[2 failed]" in lines[0]


def test_a_long_latex_table_is_cut_into_floats_with_their_own_labels(summary: pd.DataFrame) -> None:
    one = summary[(summary["generator.k"] == 2) & (summary["generator.alpha"] == 1)]
    many = pd.concat([one.assign(n_labeled=n) for n in range(100, 150)], ignore_index=True)
    text = report.to_latex(Table("c"), many, "f")
    assert_balanced(text)
    assert re.findall(r"\\label\{(.*?)\}", text) == ["tab:table", "tab:table-2"]
    assert text.count(r"\toprule") == text.count(r"\end{table}") == 2
    assert [int(n) for n in re.findall(r"^(\d+) &", text, re.MULTILINE)] == list(range(100, 150))


def test_a_bar_in_a_text_is_not_the_edge_of_a_markdown_cell(summary: pd.DataFrame) -> None:
    spec = Table("c", labels={"Raw()": "a|b"})
    head, *lines = markdown_cells(report.to_markdown(spec, summary, "f"))
    assert head[2] == r"a\|b"
    assert {len(line) for line in lines} == {5}


def test_a_table_shows_the_cells_and_the_column_it_declares(summary: pd.DataFrame) -> None:
    where = {"generator.k": 5, "pretext": ["Raw()", "Predict(OLS())"]}
    wide = report.table(summary, "intrinsic", ["generator.alpha"], where=where, labels={"Predict(OLS())": "ols"})
    assert list(wide.columns) == ["generator.alpha", "Raw()", "ols"]
    cell = summary[summary["generator.k"].eq(5) & summary["generator.alpha"].eq(1) & (summary["pretext"] == "Raw()")]
    assert wide.loc[1, "Raw()"] == number(cell["intrinsic"].item(), cell["intrinsic_mcse"].item())


@pytest.mark.parametrize("column", ["generator.k", "generator.alpha"])
def test_a_label_of_one_column_names_a_part_of_the_heading(summary: pd.DataFrame, column: str) -> None:
    """A label names a method without its draws, the last of their columns; no other last column is left out."""
    rows = ["generator.alpha" if column == "generator.k" else "generator.k"]
    labels = {"Raw()": "no task", "Predict(OLS())": "ols"}
    wide = report.table(summary, rows=rows, columns=["pretext", column], where={"pretext": [*labels]}, labels=labels)
    values = summary[column].unique()
    heads = {f"{label}, {symbol(column)} = {value:g}" for label in labels.values() for value in values}
    assert set(wide.columns[1:]) == heads


def test_a_table_that_does_not_fit_the_summary_is_refused(summary: pd.DataFrame) -> None:
    with pytest.raises(report.ReportError, match="measured column n_labeled"):
        report.table(summary, "n_labeled")
    with pytest.raises(report.ReportError, match=r"columns generator\.no, which"):
        report.table(summary, rows=["generator.no"])
    with pytest.raises(report.ReportError, match=r"2 cells at generator\.k = 2, .*differ in generator\.alpha"):
        report.table(summary, rows=["generator.k"])


def test_the_default_table_names_the_generator(summary: pd.DataFrame) -> None:
    spec = report.default_table(summary)
    assert "(LeeMixture)" in spec.caption
    assert spec.value == "excess_risk"
