"""Predictions and further measured columns in the rows: they change nothing else, and are part of the experiment."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from click.testing import CliRunner, Result

import testbed
from testbed import Experiment, vary
from testbed.cli import main
from testbed.columns import MEASURED
from testbed.evaluation.source import Source
from testbed.files import FolderError
from testbed.generators import CleanMixture, LeeMixture
from testbed.laws import Population
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge
from testbed.sweep.experiment import SCHEMA
from testbed.theory import Assumption, Exact, IntrinsicBound, SharperBound, Sides
from testbed.theory.base import compared

PLAIN = Experiment(
    name="plain", generator=vary(CleanMixture, k=3, d1=6, d2=5, epsilon_ci=[0.0, 0.5]),
    pretext=[Raw(), Predict(OLS()), Oracle("linear")], probe=[OLS()], baseline=[KernelRidge()], n_unlabeled=[200],
    n_labeled=[40, 60], repeats=3,
)  # fmt: skip
THEORY = {"bound": IntrinsicBound("linear"), "sharper": SharperBound("linear")}
ASKING = replace(PLAIN, theory=THEORY, extra=["pretext_error", "intrinsic_class"])
ADDED = ["intrinsic_class", "pretext_error", "theory.bound", "theory.sharper"]
SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import CleanMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, KernelRidge
from testbed.theory import IntrinsicBound, SharperBound

EXPERIMENT = Experiment(
    name="mine", generator=vary(CleanMixture, k=3, d1=6, d2=5, epsilon_ci=[0.0, 0.5]),
    pretext=[Raw(), Predict(OLS())], probe=[OLS()], baseline=[KernelRidge()], n_unlabeled=[200], n_labeled=[40],
    repeats={repeats}, theory={theory}, extra=["pretext_error"])
FIGURES = []
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def script(repeats: int = 3, theory: str = '{"bound": IntrinsicBound()}') -> str:
    Path("mine.py").write_text(SCRIPT.format(repeats=repeats, theory=theory), encoding="utf-8")
    return "mine.py"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((path / "rows.csv").read_text().splitlines()))


def test_an_experiment_that_asks_for_nothing_is_what_it_was(tmp_path: Path) -> None:
    assert PLAIN.identity == {"name": "plain", "seed": 0, "schema": SCHEMA}
    testbed.run(PLAIN, tmp_path / "plain", progress=False)
    first = (tmp_path / "plain" / "rows.journal").read_bytes().split(b"\n")[1]
    assert first.endswith(b'{"kind":"experiment","name":"plain","seed":0,"schema":%d}' % SCHEMA)
    assert "columns" not in json.loads((tmp_path / "plain" / "manifest.json").read_text())
    head = (tmp_path / "plain" / "rows.csv").read_text().splitlines()[0].split(",")
    assert head[head.index("rep") :] == ["rep", *MEASURED, "status", "error"]


def test_asking_changes_no_key_and_no_number(tmp_path: Path) -> None:
    assert [cell.key for cell in ASKING.cells()] == [cell.key for cell in PLAIN.cells()]
    for name, experiment in (("plain", PLAIN), ("asking", ASKING)):
        testbed.run(experiment, tmp_path / name, progress=False)
    plain, asking = table(tmp_path / "plain"), table(tmp_path / "asking")
    assert list(asking[0]) == [*list(plain[0])[:-2], *ADDED, "status", "error"]
    assert [{k: v for k, v in row.items() if k not in ADDED} for row in asking] == plain


def test_each_row_has_the_prediction_for_its_own_structure() -> None:
    """Dials alone decide the bounds of a clean mixture, so the laws here are printed ones, redrawn."""
    generator = LeeMixture(k=3, d1=6, d2=5, scale=3.0, alpha=0.5)
    frame = testbed.run(replace(ASKING, generator=[generator], repeats=66), progress=False)
    source = Source(generator, 0)
    laws = [source.block(rep // 64)[rep % 64] for rep in range(66)]
    for name, statement in THEORY.items():
        expected = [float(statement.sides(law.population(), 200, 40).right) for law in laws]
        assert len(set(expected)) == 66
        for _, cell in frame.groupby("key"):
            np.testing.assert_allclose(cell[f"theory.{name}"], expected, rtol=1e-9)


def test_further_parts_of_the_risk() -> None:
    frame = testbed.run(ASKING, progress=False)
    np.testing.assert_array_equal(frame["intrinsic_class"], frame["intrinsic"] - frame["class_floor"])
    learnt = frame["pretext"] == "Predict(OLS())"
    assert (frame.loc[learnt, "pretext_error"] > 0.0).all()
    assert frame.loc[~learnt, "pretext_error"].isna().all()
    linear = frame["draws"] == "moments"
    assert (frame.loc[linear, "intrinsic_class"] <= frame.loc[linear, "theory.sharper"] + 1e-9).all()
    assert (frame["theory.sharper"] <= frame["theory.bound"] + 1e-9).all()


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_the_pretext_error_is_a_mean_over_x1(draws: Any) -> None:
    generator = CleanMixture(k=3, d1=6, d2=5, structure_seed=0)
    one = replace(
        ASKING, generator=[generator], pretext=[Predict(OLS()), Truncated(Predict(OLS()), 2)], baseline=[],
        n_labeled=[40], repeats=1, draws=draws,
    )  # fmt: skip
    frame = testbed.run(one, progress=False).set_index("pretext")
    assert np.isnan(frame.loc["Truncated(Predict(OLS()), 2)", "pretext_error"])  # its axes are not those of psi*
    if draws == "auto":
        return
    law = generator.law()
    psi = OLS().fit_rows(*(getattr(_pairs(generator), x) for x in ("x1", "x2")), np.random.default_rng(0))
    x1 = law.sample(200_000, np.random.default_rng(1)).x1
    square = np.sum((psi(x1) - law.population().linear_psi_star(x1)) ** 2, axis=-1)
    assert frame.loc["Predict(OLS())", "pretext_error"] == pytest.approx(square.mean(), rel=0.02)


def _pairs(generator: CleanMixture) -> Any:
    from testbed.evaluation.draws import RowsDraws

    return RowsDraws(Source(generator, 0), 0).pretext(200)


@dataclass(frozen=True, repr=False)
class Undefined(Exact):
    """A statement that says nothing of small violations."""

    value: float = np.nan
    kind: ClassVar[Any] = "identity"
    title: ClassVar[str] = "Undefined"
    source: ClassVar[str] = "a test"
    claim: ClassVar[str] = "nothing"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        return ()

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        return compared(truth, 1.0, np.where(truth.epsilon_ci("linear") > 0.1, 1.0, self.value))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_defined_is_empty_and_fails_nothing(tmp_path: Path, value: float) -> None:
    from testbed.report import read_rows, summarize

    testbed.run(replace(PLAIN, theory={"none": Undefined(value)}), tmp_path, progress=False)
    rows = read_rows(tmp_path)
    assert (rows["status"] == "ok").all()
    leaking = rows["generator.epsilon_ci"] == 0.5
    assert rows.loc[~leaking, "theory.none"].isna().all() and (rows.loc[leaking, "theory.none"] == 1.0).all()
    summary = summarize(rows)
    told = summary["generator.epsilon_ci"] == 0.5
    assert summary.loc[~told, "theory.none"].isna().all()
    assert (summary.loc[told, ["theory.none", "theory.none_low", "theory.none_high"]] == 1.0).all(axis=None)


@pytest.mark.usefixtures("forked_workers")
def test_the_same_bytes_in_two_processes_and_in_two_runs(tmp_path: Path) -> None:
    long = replace(ASKING, repeats=70, baseline=[])
    for jobs in (1, 2):
        testbed.run(long, tmp_path / str(jobs), jobs=jobs, progress=False)
    testbed.run(replace(long, repeats=2, n_labeled=[40]), tmp_path / "grown", progress=False)
    frame = testbed.run(long, tmp_path / "grown", progress=False)
    one, two, grown = ((tmp_path / name / "rows.csv").read_bytes() for name in ("1", "2", "grown"))
    assert one == two == grown
    assert list(frame.columns) == one.decode().splitlines()[0].split(",")


def test_failed_rows_have_the_columns_too(tmp_path: Path) -> None:
    testbed.run(replace(ASKING, n_labeled=[2], baseline=[]), tmp_path, progress=False)
    rows = table(tmp_path)
    assert {row["status"] for row in rows} == {"failed"}
    assert all(row[name] == "" for row in rows for name in ADDED)


@pytest.mark.usefixtures("here_alone")
def test_other_columns_are_another_experiment(here: Path) -> None:
    assert call("run", script(), "--jobs", "1").exit_code == 0
    before = (here / "results" / "mine" / "rows.csv").read_bytes()
    for theory, words in (
        ("{}", "are pretext_error, theory.bound = IntrinsicBound(), this one's are pretext_error;"),
        ('{"bound": SharperBound()}', "this one's are pretext_error, theory.bound = SharperBound()"),
        ('{"limit": IntrinsicBound()}', "this one's are pretext_error, theory.limit = IntrinsicBound()"),
    ):
        result = call("run", script(theory=theory), "--jobs", "1")
        assert result.exit_code == 2
        assert words in result.output and "its added columns" in result.output and "--fresh" in result.output
        assert (here / "results" / "mine" / "rows.csv").read_bytes() == before
    assert call("run", "mine.py", "--fresh", "--jobs", "1").exit_code == 0
    assert b"theory.limit" in (here / "results" / "mine" / "rows.csv").read_bytes()
    with pytest.raises(FolderError, match="its added columns are none, this one's are intrinsic_class, pretext_error"):
        testbed.run(replace(PLAIN, repeats=1), here / "plain", progress=False)
        testbed.run(replace(ASKING, repeats=1), here / "plain", progress=False)


@pytest.mark.usefixtures("here_alone")
def test_a_fresh_clone_knows_the_names(here: Path) -> None:
    assert call("run", script(), "--jobs", "1").exit_code == 0
    folder = here / "results" / "mine"
    summary = (folder / "summary.csv").read_bytes()
    for name in ("rows.csv", "rows.journal", "manifest.json", ".lock"):
        (folder / name).unlink()
    result = call("run", script(theory='{"limit": IntrinsicBound()}'))
    assert result.exit_code == 2 and "its added columns are pretext_error, theory.bound" in result.output
    assert call("run", script(), "--jobs", "1").exit_code == 0
    assert (folder / "summary.csv").read_bytes() == summary


@pytest.mark.usefixtures("here_alone")
def test_shards_with_predictions_are_merged_and_rows_replayed(here: Path) -> None:
    assert call("run", script(), "--out", "one", "--jobs", "1").exit_code == 0
    for part in ("1/2", "2/2"):
        assert call("run", "mine.py", "--shard", part, "--jobs", "1").exit_code == 0
    shards = [str(p) for p in sorted((here / "results" / "mine").glob("shard-*"))]
    assert call("collect", *shards).exit_code == 0
    for name in ("rows.csv", "summary.csv"):
        assert (here / "results" / "mine" / name).read_bytes() == (here / "one" / name).read_bytes()
    row = table(here / "one")[-1]
    replayed = call("replay", "one", row["key"], row["rep"])
    assert replayed.exit_code == 0 and "the same, bit for bit" in replayed.output
    (line,) = (text for text in replayed.output.splitlines() if text.startswith("theory.bound"))
    assert line.split()[1:] == [row["theory.bound"]] * 2
    call("run", script(theory="{}"), "--out", "other", "--jobs", "1")
    assert "differ in columns" in call("collect", "one", "other", "--out", "both").output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"theory": [IntrinsicBound()]}, "theory = .*a mapping from names"),
        ({"theory": {"a b": IntrinsicBound()}}, "theory holds the name 'a b'; letters, digits and _"),
        ({"theory": {"": IntrinsicBound()}}, "theory holds the name ''"),
        ({"theory": {"bound_low": IntrinsicBound()}}, "not ending in _mcse, _low, _high, _se"),
        ({"theory": {"ß": IntrinsicBound()}}, "theory holds the name"),
        ({"theory": {"bound": IntrinsicBound}}, r"theory\['bound'\] = .*a statement of testbed.theory"),
        ({"extra": ["risk"]}, "extra holds 'risk'; allowed: 'intrinsic_class', 'pretext_error', 'information_lost'"),
        ({"extra": 3}, "extra holds 3; allowed"),
        ({"parts": [OLS()]}, r"parts holds OLS\(\); each entry must be an Experiment"),
        ({"parts": [replace(PLAIN, repeats=4)]}, "parts differ in repeats: 3 and 4"),
        ({"parts": [ASKING]}, "parts differ in extra"),
    ],
)
def test_bad_columns_and_parts_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(PLAIN, **change)


def test_parts_are_one_experiment(tmp_path: Path) -> None:
    small = replace(PLAIN, baseline=[], n_labeled=[40])
    other = replace(small, generator=[CleanMixture(d1=6, d2=5)], pretext=[Raw()], n_labeled=[40, 80])
    both = small + other + replace(other, n_labeled=[80])
    assert [c.key for c in both.cells()] == [c.key for grid in (small, other) for c in grid.cells()]
    assert both.identity == small.identity and len(both.generators) == 3
    testbed.run(small, tmp_path, progress=False)
    testbed.run(both, tmp_path, progress=False)  # growth
    assert len(table(tmp_path)) == 3 * len(both.cells())
    tiny = both.tiny()
    assert (tiny.name, len(tiny.cells()), tiny.repeats) == ("plain-tiny", 2 * 3 + 2, 2)
