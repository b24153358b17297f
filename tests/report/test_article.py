"""Tables and figures for a paper: what fits, what is bold, and an article with all of them that LaTeX compiles."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import testbed.report as report
from testbed.report import Slope, Table
from testbed.report.best import best_of, left_out, source_of
from testbed.report.latex import LINES, long_tables, short_tables
from testbed.report.tables import grid_of
from testbed.report.typeset import COLUMN, PAGE, Column, cast, points
from tests.report import synthetic

TEX = Path(__file__).parents[2] / ".ci" / "tex"
LATEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
LONG = "a heading of many words that say what stands below it"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with more lines than a table shows, a failed cell and long texts."""
    frame = synthetic.rows(ks=tuple(range(2, 14)), alphas=(0.0, 0.25, 1.0), repeats=6)
    frame = synthetic.fail(frame, {frame["key"].iloc[0]: range(2)})
    folder = synthetic.save(frame, tmp_path_factory.mktemp("results") / "made_up")
    slopes = [
        Slope(f"{LONG} {i}, $x_1$", {"pretext": "Raw()", "generator.alpha": 1.0}, "generator.k") for i in range(50)
    ]
    report.write(folder, name="made_up", seed=1, schema=3, analyses={"SLOPES": slopes})
    return folder


def tex(article: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TEX, article], capture_output=True, text=True, check=False)


@LATEX
def test_an_article_of_all_tables_and_figures_compiles_and_nothing_overflows(folder: Path) -> None:
    assert {"table.tex", "table_long.tex", "slopes.tex", "figure.caption.tex"} <= {p.name for p in folder.iterdir()}
    done = tex(folder.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"4 tables and captions, \d+ pages, 0 overfull", done.stdout)


@LATEX
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\begin{table}\begin{tabular}{l}%s\end{tabular}\end{table}" % ("wide " * 99), "Overfull"),
        (r"\begin{table}\rule{1pt}{11in}\end{table}", "Float too large"),
        (r"\begin{table}\caption{a}\label{l}\caption{b}\label{l}\end{table}", "multiply defined"),
        (r"\no{such}{command}", "does not compile"),
    ],
)
def test_what_does_not_fit_is_found(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "table.tex").write_text(text, encoding="utf-8")
    done = tex(tmp_path)
    assert done.returncode == 1 and said in done.stdout + done.stderr


def test_columns_take_the_least_room_that_they_need() -> None:
    number = Column("risk", ("0.123(45)", "12.3(45)"))
    (one,) = cast([Column("$k$", ("2", "10"), side=True), number])
    assert (one.room, one.size, one.form) == (COLUMN, "footnotesize", "r@{}lr@{}l")
    assert [" ".join(line.split()) for line in one.lines()] == [r"2 & & 0 & .123(45) \\", r"10 & & 12 & .3(45) \\"]
    (page,) = cast([Column("$k$", ("2", "10"), side=True), *[number] * 7])
    assert page.room == PAGE
    parts = cast([Column("$k$", ("2", "10"), side=True), *[number] * 30])
    assert len(parts) > 1 and all(part.columns[0].side for part in parts)
    assert sum(len(part.columns) - 1 for part in parts) == 30
    (broken,) = cast([Column(LONG, (LONG, f"{LONG} {LONG}")), Column(LONG, (LONG * 2, "-")), number])
    assert set(broken.broken) == {0, 1} and max(broken.tall()) > 1
    assert all(line.endswith(r"\tabularnewline") for line in (broken.head(), *broken.lines()))


def test_widths_are_those_of_the_letters_or_more() -> None:
    """Computer Modern at 10 points: digits 5.0, i 2.8, m 8.3, W 10.3; a letter of mathematics about 5.7."""
    for text, width in (("0123456789", 50.0), ("iiii", 11.1), ("mm", 16.7), ("WW", 20.6), ("$x_1$", 10.2)):
        assert width <= points(text) <= 1.25 * width


def test_negative_numbers_have_a_minus_and_powers_of_ten_a_point() -> None:
    (one,) = cast([Column("x", ("-1.5(2)", "3.20(10)e-09", "-", "failed (6)", "0.1(2) [2 failed]"))])
    assert [" ".join(line.split()) for line in one.lines()] == [
        r"$-$1 & .5(2) \\", r"3 & .20(10)$\times10^{-9}$ \\", r"\multicolumn{2}{c}{-} \\",
        r"\multicolumn{2}{c}{failed (6)} \\", r"0 & .1(2) [2 failed] \\",
    ]  # fmt: skip
    (two,) = cast([Column("interval", ("-1.02 to -0.98", "n - 7"))])
    assert two.lines() == [r"$-$1.02 to $-$0.98 \\", r"n - 7 \\"]


def test_the_best_of_a_line_are_those_that_paired_differences_do_not_tell_from_the_lowest(folder: Path) -> None:
    summary = report.read_summary(folder)
    gaps = report.contrasts(report.read_rows(folder))
    grid = grid_of(Table("c"), summary)
    found = best_of(grid, "excess_risk", gaps)
    seen = set()
    for i, line in enumerate(grid.at):
        cells = grid.cells.iloc[line]
        best = int(cells["excess_risk"].to_numpy().argmin())
        good = {best}
        for side, other in (("a", "b"), ("b", "a")):
            pairs = gaps[gaps["generator"].eq(cells["generator"].iloc[0])]
            pairs = pairs[pairs[f"pretext_{side}"] == cells["pretext"].iloc[best]]
            equal = pairs[(pairs["difference_low"] <= 0) & (pairs["difference_high"] >= 0)]
            good |= {list(cells["pretext"]).index(name) for name in equal[f"pretext_{other}"]}
        seen.add(len(good))
        assert {j for at, j in found if at == i} == (good if len(good) < len(cells) else set())
    assert len(seen) > 1  # lines with one best, and with several
    assert best_of(grid, "intrinsic", gaps) == best_of(grid, "excess_risk", None) == set()
    over = grid_of(Table("c", {"pretext": "Raw()"}, rows=["generator.alpha"], columns=["generator.k"]), summary)
    assert best_of(over, "excess_risk", gaps) == set()  # several laws: no contrast compares them
    latex = report.to_latex(Table("c"), summary, "f", gaps)
    assert latex.count(r"\textbf{.") >= len(found) > 0 and "paired difference" in latex


def test_methods_below_each_other_are_compared_in_their_column(folder: Path) -> None:
    """A table that is turned has the same cells in bold, and says that a column is compared."""
    summary, gaps = report.read_summary(folder), report.contrasts(report.read_rows(folder))
    where = {"generator.k": [2, 5, 7], "generator.alpha": 1.0}
    across, down = (
        grid_of(Table("c", where, rows=rows, columns=columns), summary)
        for rows, columns in ((["generator.k"], ["pretext"]), (["pretext"], ["generator.k"]))
    )
    found = best_of(across, "excess_risk", gaps)
    assert found and {(j, i) for i, j in found} == best_of(down, "excess_risk", gaps, "column")
    rounding = gaps.assign(difference_low=-6e-18, difference_high=-2e-19)
    assert best_of(across, "excess_risk", rounding) == set()  # one method, computed in several ways
    assert best_of(down, "excess_risk", gaps) == best_of(across, "excess_risk", gaps, "column") == set()
    for rows, columns, said in ((["generator.k"], ["pretext"], "line"), (["pretext"], ["generator.k"], "column")):
        latex = report.to_latex(Table("c", where, rows=rows, columns=columns), summary, "f", gaps)
        assert f"the lowest mean of a {said}," in latex and latex.count(r"\textbf{.") == len(found)


def test_an_oracle_is_never_bold_nor_keeps_the_best_of_what_is_learnt_from_it(folder: Path) -> None:
    summary, gaps = report.read_summary(folder), report.contrasts(report.read_rows(folder))
    learnt = [
        summary["pretext"] != "Predict(OLS())",
        (gaps[["pretext_a", "pretext_b"]] != "Predict(OLS())").all(axis=1),
    ]
    for known, said in (
        ('Oracle("linear")', "Oracles"),
        ("Optimum(CCA(2))", "Optima"),
        ('Refined(Oracle("a"))', "Oracles"),
    ):
        told, paired = (frame.astype(object).replace("Predict(OLS())", known) for frame in (summary, gaps))
        for column, (rows, columns) in {"line": (None, ["pretext"]), "column": (["pretext"], ["generator.k"])}.items():
            spec = Table("c", {} if column == "line" else {"generator.alpha": 1.0}, rows=rows, columns=columns)
            grid, alone = grid_of(spec, told), grid_of(spec, summary[learnt[0]])
            found = best_of(grid, "excess_risk", paired, column)
            assert known not in {grid.cells["pretext"][grid.at[at]] for at in found}
            assert len(found) == len(best_of(alone, "excess_risk", gaps[learnt[1]], column)) > 0
            assert f"{said} know the law and are not compared." in report.to_latex(spec, told, "f", paired)
    assert left_out(grid_of(Table("c"), summary)) == ""


def test_optima_of_tasks_are_compared_with_each_other(folder: Path) -> None:
    """Where nothing learnt from pairs stands beside them, the best task is bold."""
    summary, gaps = report.read_summary(folder), report.contrasts(report.read_rows(folder))
    names = {name: f"Optimum({name})" for name in summary["pretext"].unique() if name != "Raw()"}
    told, paired = (frame.astype(object).replace(names) for frame in (summary, gaps))
    grid = grid_of(Table("c"), told)
    assert best_of(grid, "excess_risk", paired) == best_of(grid_of(Table("c"), summary), "excess_risk", gaps)
    assert left_out(grid) == ""
    assert [source_of(text) for text in ("Refined(CCA(2), 200)", "OracleOfMine@3f()", "Truncated(Raw(), 2)")] == [
        "pairs", "pairs", "nothing",
    ]  # fmt: skip


def test_a_paper_has_what_the_script_chooses_and_the_long_table_all(folder: Path) -> None:
    summary = report.read_summary(folder)

    def lines(latex: str) -> int:
        return len(re.findall(r"^\d+ & .* \\\\$", latex, re.MULTILINE))

    everything, alone = Table("All"), Table("Some", {"generator.alpha": 1.0}, name="some")
    short, cut = short_tables([everything, alone], summary, None, "f", "made_up")
    assert lines(short) == LINES and cut and "The first 30 of 36 lines." in short and "Some" not in short
    chosen = [Table("All", message={"generator.k": [2, 5]}), Table("Some", message=False, name="some")]
    short, cut = short_tables(chosen, summary, None, "f", "made_up")
    assert lines(short) == 6 and cut and r"\label{tab:made-up-table}" in short
    long = long_tables(chosen, summary, None, "f", "made_up")
    assert lines(long) == 72 and r"\begin{longtable}" in long
    assert re.findall(r"\\label\{(.*?)\}", long) == ["tab:made-up-table-long", "tab:made-up-some-long"]
    assert not short_tables([alone], summary, None, "f", "made_up")[1]


def test_lines_and_columns_have_the_names_that_the_script_gives(folder: Path) -> None:
    summary = report.read_summary(folder)
    labels = {"Raw()": "no task", "Predict(OLS())": "regression", "OLS()": "linear probe"}
    where = {"generator.k": 5}
    wide = report.table(summary, rows=["generator.alpha"], columns=["pretext", "probe"], where=where, labels=labels)
    assert list(wide)[1:] == ["no task", "regression", "Predict(Nystroem())"]
    side = report.table(summary, rows=["pretext"], columns=["generator.alpha"], where=where, labels=labels)
    assert side["pretext"].tolist() == ["no task", "regression", "Predict(Nystroem())"]
    assert [name.replace(" ", "") for name in list(side)[1:]] == [rf"$\alpha$={a}" for a in ("0", "0.25", "1")]


def test_a_table_without_cells_is_written(folder: Path) -> None:
    summary = report.read_summary(folder)
    with pytest.warns(UserWarning, match="selects no cells"):
        text = report.to_latex(Table("c", {"generator.k": 99}), summary, "f")
    assert r"\toprule" in text
