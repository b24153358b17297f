"""A folder goes on, grows, is cut into shards and merged again; its rows are those of one run, byte for byte."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import testbed
from testbed import Experiment, vary
from testbed.cli import main
from testbed.files import FolderError
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Ridge
from testbed.sweep import experiment
from tests.alone import alone

pytestmark = pytest.mark.usefixtures("here_alone", "forked_workers")

SMALL = Experiment(
    name="small", generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[0.0, 0.5]), pretext=[Raw()],
    probe=[OLS()], n_unlabeled=[200], n_labeled=[40], repeats=70,
)  # fmt: skip
SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, KernelRidge

EXPERIMENT = Experiment(
    name="mine", generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[0.0, 0.5, 1.0]),
    pretext=[Raw(), Predict(OLS())], probe=[OLS()], baseline=[KernelRidge()], n_unlabeled=[200], n_labeled=[40],
    repeats={repeats}{more})
FIGURES = []
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rows of SMALL, to be copied."""
    folder = tmp_path_factory.mktemp("small") / "out"
    run(SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the script was run and reported, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("testbed.sweep.runner.Processes", alone)
        assert call("run", script(), "--jobs", "1").exit_code == 0
    return folder


@pytest.fixture
def mine(finished: Path, here: Path) -> Path:
    """The folder of results of the script, which is here."""
    shutil.copytree(finished, here, dirs_exist_ok=True)
    return here / "results" / "mine"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def script(repeats: int = 5, more: str = "") -> str:
    Path("mine.py").write_text(SCRIPT.format(repeats=repeats, more=more), encoding="utf-8")
    return "mine.py"


def run(experiment: Experiment, out: Path) -> list[bytes]:
    testbed.run(experiment, out, progress=False)
    return (out / "rows.csv").read_bytes().splitlines()


def kept(lines: list[bytes]) -> set[tuple[tuple[str, str], ...]]:
    """What each row says, without what is empty."""
    return {tuple(sorted((k, v) for k, v in row.items() if v)) for row in csv.DictReader(b.decode() for b in lines)}


@pytest.mark.parametrize(
    "change",
    [
        {"repeats": 130},
        {"n_labeled": [60, 40]},
        {"pretext": [Predict(OLS()), Raw()]},
        {"probe": [OLS(), Ridge(1.0)]},
        {"pretext": [Raw(), Truncated(Predict(OLS()), 2)], "baseline": [KernelRidge(), OLS(intercept=False)]},
        {"generator": vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[1.0, 0.5, 0.0])},
    ],
)
def test_a_grown_folder_is_that_of_the_larger_grid(tmp_path: Path, small: Path, change: dict[str, object]) -> None:
    old = (shutil.copytree(small, tmp_path / "grown") / "rows.csv").read_bytes().splitlines()
    large = replace(SMALL, **change)
    grown, one = run(large, tmp_path / "grown"), run(large, tmp_path / "one")
    assert grown == one
    assert len(grown) > len(old)
    assert kept(old) <= kept(grown)
    if grown[0] == old[0]:  # there is no new parameter, which would add an empty column
        assert set(old) < set(grown)
    back = run(SMALL, tmp_path / "grown")
    assert sorted(back) == sorted(grown)  # a smaller grid loses nothing


def test_only_what_is_missing_is_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from testbed.sweep import worker

    done: list[tuple[int, range]] = []
    monkeypatch.setattr(
        worker,
        "run_blocks",
        lambda cells, seed, reps, *engine: done.append((len(cells), reps)) or original(cells, seed, reps, *engine),
    )
    original = testbed.evaluation.run_blocks
    run(SMALL, tmp_path / "out")
    assert sum(cells * len(reps) for cells, reps in done) == 140
    done.clear()
    run(SMALL, tmp_path / "out")
    assert not done
    run(replace(SMALL, repeats=72), tmp_path / "out")
    assert done == [(1, range(70, 72))] * 2


@pytest.mark.parametrize("manifest", [True, False])
def test_an_older_schema_is_kept_aside_and_a_newer_one_refused(
    here: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, manifest: bool
) -> None:
    before = (mine / "rows.csv").read_bytes()
    monkeypatch.setattr(experiment, "SCHEMA", experiment.SCHEMA - 1)
    result = call("run", "mine.py")
    assert result.exit_code == 2
    assert "holds another experiment: its schema is" in result.output
    assert (here / "results" / "mine" / "rows.csv").read_bytes() == before
    if not manifest:
        (here / "results" / "mine" / "manifest.json").unlink()
    monkeypatch.setattr(experiment, "SCHEMA", experiment.SCHEMA + 2)
    result = call("run", "mine.py")
    assert result.exit_code == 0
    assert "is now in results/mine.1; its rows are of the row schema" in result.output.replace("\n", " ")
    assert (here / "results" / "mine.1" / "rows.csv").read_bytes() == before
    assert (here / "results" / "mine" / "rows.csv").read_bytes() == before  # only the number of the schema differs


def test_fresh_moves_a_folder_aside(here: Path, mine: Path) -> None:
    before = (mine / "rows.csv").read_bytes()
    result = call("run", "mine.py", "--fresh", "--jobs", "1")
    assert result.exit_code == 0
    assert "is now in results/mine.1" in result.output
    assert (here / "results" / "mine.1" / "rows.csv").read_bytes() == before
    assert (here / "results" / "mine" / "rows.csv").read_bytes() == before


def test_a_fresh_clone_is_filled_again(mine: Path) -> None:
    summary = (mine / "summary.csv").read_bytes()
    for name in ("rows.csv", "rows.journal", "manifest.json", ".lock"):
        (mine / name).unlink()
    Path("mine.py").write_text(
        Path("mine.py").read_text(encoding="utf-8").replace("repeats", "seed=1, repeats"), encoding="utf-8"
    )
    assert "its seed is 0, this one's is 1" in call("run", "mine.py").output
    assert call("run", script(), "--jobs", "1").exit_code == 0
    assert (mine / "summary.csv").read_bytes() == summary


@pytest.mark.parametrize("more", ["", ", precision=0.2, max_repeats=100"])
def test_shards_are_merged_to_one_run(here: Path, more: str) -> None:
    path = script(30 if more else 5, more).removesuffix(".py") + ".py"
    assert call("run", path, "--out", "one", "--jobs", "1").exit_code == 0
    for part in ("1/2", "2/2"):
        assert call("run", path, "--shard", part, "--jobs", "1").exit_code == 0
    shards = [str(p) for p in sorted((here / "results" / "mine").glob("shard-*"))]
    assert len(shards) == 2
    counts = [(Path(p) / "rows.csv").read_bytes().count(b",ok,\n") for p in shards]
    assert min(counts) > 0
    assert sum(counts) == (here / "one" / "rows.csv").read_bytes().count(b",ok,\n")
    result = call("collect", *shards)
    assert result.exit_code == 0, result.output
    for name in ("rows.csv", "summary.csv", "contrasts.csv", "table.md"):
        assert (here / "results" / "mine" / name).read_bytes() == (here / "one" / name).read_bytes()
    assert "nothing was missing" in call("run", path).output
    assert call("collect", *shards).exit_code == 0


def test_what_cannot_be_merged_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("run", script(2), "--shard", "1/2", "--out", "a", "--jobs", "1")
    monkeypatch.setattr(experiment, "SCHEMA", experiment.SCHEMA + 1)
    call("run", "mine.py", "--shard", "1/1", "--out", "b", "--jobs", "1")
    Path("mine.py").write_text(
        Path("mine.py").read_text(encoding="utf-8").replace("repeats", "seed=1, repeats"), encoding="utf-8"
    )
    call("run", "mine.py", "--shard", "1/2", "--out", "c", "--jobs", "1")
    assert "differ in seed: 1, 0" in call("collect", "a", "c").output
    assert "--mix-schemas merges them all the same" in call("collect", "a", "b").output
    assert "one of the folders" in call("collect", "a", "--out", "a").output
    assert "no rows are kept there" in call("collect", "nowhere").output
    assert not Path("results").exists()
    assert call("collect", "a", "b", "--mix-schemas").exit_code == 0
    refused = call("report", "results/mine")
    assert refused.exit_code == 2
    assert "rows of the row schemas" in refused.output
    told = call("report", "results/mine", "--mix-schemas")
    assert told.exit_code == 0
    assert f"row schema {experiment.SCHEMA - 1} and {experiment.SCHEMA}" in told.output


def test_plan_says_what_is_to_be_done_and_writes_nothing(finished: Path, here: Path) -> None:
    result = call("run", script(), "--plan", "--jobs", "2")
    assert result.exit_code == 0
    assert "9, 5 repetitions each" in result.output
    assert "0 done (0 failed), 45 to do" in result.output
    assert "with 2 processes" in result.output
    assert [p.name for p in here.iterdir()] == ["mine.py"]
    shutil.copytree(finished, here, dirs_exist_ok=True)
    after = call("run", script(6), "--plan").output
    assert "45 done (0 failed), 9 to do" in after
    assert "from the times that the folder keeps" in after
    plan = json.loads(call("run", "mine.py", "--plan", "--json").output)
    names = ("cells", "repeats", "max_repeats", "done", "failed", "missing", "shard")
    assert [plan[name] for name in names] == [9, 6, None, 45, 0, 9, [1, 1]]
    assert plan["seconds"] > 0.0 and plan["basis"] in after and f"disk         {plan['disk'] / 1e6:.1f} MB" in after


def test_failed_rows_are_kept_replayed_and_done_again_on_request(here: Path) -> None:
    text = SCRIPT.format(repeats=4, more="").replace("probe=[OLS()]", "probe=[OLS(), Moody()]")
    moody = """
import pathlib
from dataclasses import dataclass
from testbed.regressors import Regressor

@dataclass(frozen=True, repr=False)
class Moody(Regressor):
    def fit_rows(self, a, b, rng):
        if rng.random() < 0.5 and pathlib.Path("broken").exists():
            raise RuntimeError("broken")
        return OLS().fit_rows(a, b, rng)
"""
    Path("mine.py").write_text(text.replace("\nEXPERIMENT", f"{moody}\nEXPERIMENT"), encoding="utf-8")
    assert call("run", "mine.py", "--out", "one", "--jobs", "1").exit_code == 0
    Path("broken").touch()
    result = call("run", "mine.py", "--out", "out", "--jobs", "1")
    assert result.exit_code == 1
    rows = list(csv.DictReader(Path("out/rows.csv").read_text(encoding="utf-8").splitlines()))
    failed = [row for row in rows if row["status"] == "failed"]
    assert 0 < len(failed) < 24
    assert f"{len(rows) - len(failed)} rows ok, {len(failed)} failed" in result.output.splitlines()[-1]
    key, rep = failed[0]["key"], failed[0]["rep"]
    assert 'raise RuntimeError("broken")' in Path(f"out/failures/{key}.txt").read_text(encoding="utf-8")
    replayed = call("replay", "out", key[:10], rep)
    assert replayed.exit_code == 1
    assert "the same, bit for bit" in replayed.output
    assert "RuntimeError: broken" in replayed.output
    Path("broken").unlink()
    assert "not the same" in call("replay", "out", key, rep).output
    again = call("run", "mine.py", "--out", "out", "--jobs", "1")
    assert (again.exit_code, "nothing was missing" in again.output) == (1, True)
    mended = call("run", "mine.py", "--out", "out", "--jobs", "1", "--retry-failed")
    assert mended.exit_code == 0
    assert f"({len(failed)} new)" in mended.output
    assert Path("out/rows.csv").read_bytes() == Path("one/rows.csv").read_bytes()
    assert not list(Path("out/failures").iterdir())
    ok = call("replay", "out", key, rep)
    assert (ok.exit_code, "the same, bit for bit" in ok.output) == (0, True)


def test_what_cannot_be_replayed_is_refused(here: Path, small: Path) -> None:
    call("run", script(2), "--jobs", "1", "--out", "out")
    key = Path("out/rows.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    Path("mine.py").unlink()  # the folder keeps what it was run with
    assert call("replay", "out", key, "1").exit_code == 0
    assert "not stored before" in call("replay", "out", key, "7").output
    for arguments, words in (
        (("out", "zz", "1"), "0 cells of out have a key that begins with 'zz'"),
        (("out", "", "1"), "9 cells of out"),
        (("nowhere", key, "1"), "no rows are kept there"),
    ):
        result = call("replay", *arguments)
        assert result.exit_code == 2
        assert words in result.output
    shutil.copytree(small, here / "api")
    key = Path("api/rows.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    assert "was not run from a script" in call("replay", "api", key, "0").output


def test_every_run_has_a_block_in_the_manifest(mine: Path) -> None:
    call("run", script(6), "--jobs", "1")
    manifest = json.loads((mine / "manifest.json").read_text())
    assert [run["computed"] for run in manifest["runs"]] == [45, 9]
    assert [run["outcome"] for run in manifest["runs"]] == ["finished"] * 2
    assert {"commit", "dirty", "versions", "blas", "cpu", "host", "start", "end", "command"} <= set(manifest["runs"][0])
    assert manifest["rows"] == 54


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b", "-1/2", "1/0"])
def test_bad_shards_are_refused(here: Path, shard: str) -> None:
    result = call("run", script(), "--shard", shard)
    assert result.exit_code == 2
    assert "is not i/N" in result.output


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    from testbed.sweep.folder import Folder

    with Folder(tmp_path / "out", SMALL.identity), pytest.raises(FolderError, match="in use by process"):
        testbed.run(SMALL, tmp_path / "out", progress=False)
    testbed.run(replace(SMALL, repeats=1), tmp_path / "out", progress=False)
