"""Numbers that findings, corrections and captions quote are those of committed results, or of the command beside."""

from __future__ import annotations

import csv
import re
import shlex

import pandas as pd
import pytest
from click.testing import CliRunner

from testbed.check import LAWS
from testbed.cli import main
from testbed.report.ledger import short_table
from testbed.sweep.script import execute
from tests.committed import ROOT, committed

SUMMARY = pd.read_csv(committed("lee2021_figure1", "summary.csv"))


def cells(pretext: str, probe: str = "OLS()", **dials: float) -> pd.DataFrame:
    chosen = SUMMARY[(SUMMARY["pretext"] == pretext) & (SUMMARY["probe"] == probe)]
    for name, value in dials.items():
        chosen = chosen[chosen[f"generator.{name}"] == value]
    return chosen.set_index("generator.k" if "alpha" in dials else "generator.alpha").sort_index()


def test_panel_a() -> None:
    raw, learnt = cells("Raw()", alpha=0.0), cells("Predict(OLS())", alpha=0.0)
    assert raw.loc[5, "excess_risk"] == pytest.approx(0.0107, abs=5e-5)
    assert raw.loc[35, "excess_risk"] == pytest.approx(0.170, abs=5e-4)
    assert raw.loc[35, "excess_risk"] / raw.loc[5, "excess_risk"] == pytest.approx(16.0, abs=0.5)
    assert (raw["class_floor"] / raw["excess_risk"]).between(0.945, 0.955).all()
    assert (learnt["excess_risk"] / raw["excess_risk"]).between(0.99, 1.01).all()


def test_panel_b() -> None:
    best = cells('Oracle("linear")', k=10)
    share = (best["intrinsic"] - best["class_floor"]) / best["epsilon_ci_linear"] ** 2
    assert share[0.1] == pytest.approx(7e-4, abs=0.5e-4)
    assert share[1.0] == pytest.approx(2e-4, abs=0.5e-4)
    gap = cells("Predict(OLS())", k=10)["excess_risk"] / cells("Raw()", k=10)["excess_risk"]
    assert gap.max() == pytest.approx(1.29, abs=0.005)


def test_panels_c_and_d() -> None:
    ideal = cells('Oracle("universal")', alpha=0.0)
    assert (ideal["excess_risk"] < 1e-27).all()
    assert (SUMMARY["bayes_noise"] == 0.0).all()
    leaking = cells('Oracle("universal")', k=10)
    assert leaking.loc[0.1, "intrinsic"] / leaking.loc[0.1, "epsilon_ci_universal"] ** 2 == pytest.approx(
        1e-3, abs=1e-4
    )
    assert leaking.loc[1.0, "excess_risk"] == pytest.approx(0.034, abs=5e-4)
    learnt = cells("Predict(Nystroem())", k=10)
    assert (learnt.loc[[0.75, 1.0], "pretext_part"] < 0.0).all()


def test_the_captions_quote_the_findings() -> None:
    figures = execute((ROOT / "experiments" / "lee2021_figure1.py").read_text()).FIGURES
    said = {name: quote.text({"summary": SUMMARY}, name) for name, quote in figures[0].numbers.items()}
    assert said == {"share": "95%", "few": "0.0107", "many": "0.170", "b": "0.0007", "d": "0.001", "last": "0.034"}
    findings = (ROOT / "docs" / "findings.md").read_text()
    assert all(number in findings for number in (".0107", ".170", "95%", ".034"))


def ledger() -> list[dict[str, object]]:
    numbers = ("predicted", "measured", "error", "low", "high", "ratio")
    files = (committed("ledger", name).read_text().splitlines() for name in ("ledger.csv", "statements.csv"))
    records, statements = map(csv.DictReader, files)
    about = {row["statement"]: row for row in statements}
    return [{**r, **about[r["statement"]], **{n: float(r[n] or "nan") for n in numbers}} for r in records]


def test_the_ledger_is_that_of_its_records() -> None:
    page, rows = (ROOT / "docs" / "ledger.md").read_text(), ledger()
    assert committed("ledger", "ledger.md").read_text().startswith(short_table(rows))
    assert f"on {len(LAWS)} laws" in page and {row["law"] for row in rows} == set(LAWS)
    assert not [row for row in rows if row["verdict"] == "violated"]


def corrections() -> list[tuple[str, list[str]]]:
    """Commands of the table of corrections, and what each is said to show."""
    section = (ROOT / "docs" / "corrections.md").read_text()
    lines = [line for line in section.splitlines() if line.startswith("|") and "`testbed" in line]
    cells = [[cell.replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[2:4]] for line in lines]
    return [(command.strip(" `"), re.findall(r"`([^`]+)`", shown)) for command, shown in cells]


@pytest.mark.parametrize(("command", "shown"), corrections(), ids=[command for command, _ in corrections()])
def test_corrections_show_what_they_say(command: str, shown: list[str]) -> None:
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0 and shown, result.output
    said = " ".join(result.output.split())
    assert [words for words in shown if words not in said] == []


def test_there_are_corrections() -> None:
    assert len(corrections()) >= 12
