"""A results folder from elsewhere: it leads to no file outside, hangs nothing, and runs no code by itself."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.files import FolderError, sweep_up, write_atomically
from testbed.sweep.folder import Folder
from testbed.sweep.index import Index, OpenIndex
from testbed.sweep.journal import EARLIER, SIGNATURE, Journal, Reader

SCRIPT = """
import os
open("ran", "a", encoding="utf-8").close()
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.report import Table

EXPERIMENT = Experiment("strange", [LeeMixture(k=3, d1=4, d2=3, scale=1.5, alpha=0.5)], [Raw()], [OLS()], [50], [40], 2)
FIGURES = []
TABLES = [Table("Declared", {"pretext": Raw(), "n_labeled": (40, 50)})]
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a script, without the script."""
    here = tmp_path_factory.mktemp("made")
    script = here / "strange.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        done = call("run", str(script), "--out", "out", "--jobs", "1")
    assert done.exit_code == 0, done.output
    return here / "out"


@pytest.fixture
def out(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, here, beside a file that is none of its business and another script of the same name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (tmp_path / "strange.py").write_text("open('ran', 'a', encoding='utf-8').close()\n", encoding="utf-8")
    return shutil.copytree(made, tmp_path / "out")


NAMES = (".lock", "rows.journal", "rows.csv", "manifest.json", "report.json", "table.md", "summary.csv")
COMMANDS = (["report", "out"], ["collect", "out", "--out", "merged"], ["run", "again.py", "--out", "out"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["symlink", "pipe", "hard link"])
def test_no_link_is_followed_and_no_pipe_is_waited_for(out: Path, tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "again.py").write_text(SCRIPT, encoding="utf-8")
    (out / name).unlink()
    if kind == "symlink":
        (out / name).symlink_to(tmp_path / "victim")
    elif kind == "hard link":
        (out / name).hardlink_to(tmp_path / "victim")
    else:
        os.mkfifo(out / name)
    for command in COMMANDS:
        done = call(*command)
        assert done.exit_code in (0, 1, 2), done.output
        assert "Traceback" not in done.output
        assert done.exit_code == 0 or "testbed: " in done.output
        assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"


def test_a_folder_of_tracebacks_that_leads_elsewhere_is_refused(out: Path, tmp_path: Path) -> None:
    notes = tmp_path / "elsewhere" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine", encoding="utf-8")
    (out / "failures").symlink_to(notes.parent)
    done = call("report", "out")
    assert done.exit_code == 2 and "a link is not followed" in done.output
    assert notes.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("key", ["../../escaped", "A" * 16, "a" * 15, "", 7, None, ["a"]])
def test_a_key_has_sixteen_hexadecimal_digits(tmp_path: Path, key: object) -> None:
    journal = Journal(tmp_path / "j", {"name": "x", "seed": 0, "schema": 1})
    journal.append({"kind": "cells"}, json.dumps([{"key": key}]).encode())
    journal.close()
    with pytest.raises(FolderError, match="is damaged"):
        Index(Reader(tmp_path / "j"))


@pytest.mark.parametrize(
    "says",
    [
        {"kind": "rows", "seconds": {}, "parts": [["a" * 16, 0, 1, 10**9, [], 0]]},
        {"kind": "rows", "seconds": {}, "parts": [["a" * 16, 0, 1, -1, [], 0]]},
        {"kind": "rows", "seconds": {}, "parts": 3},
        {"kind": "grid", "keys": None},
        {"kind": "script"},
        {"kind": "declared", "texts": []},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_is_damage(tmp_path: Path, says: dict[str, object]) -> None:
    journal = Journal(tmp_path / "j", {"name": "x", "seed": 0, "schema": 1})
    journal.append({"kind": "cells"}, json.dumps([{"key": "a" * 16}]).encode())
    journal.append(says)
    journal.close()
    with pytest.raises(FolderError, match="is damaged"):
        Index(Reader(tmp_path / "j"))


def test_reports_run_no_code_unless_they_are_given_a_script(out: Path, tmp_path: Path) -> None:
    before = (out / "table.md").read_bytes()
    assert b"Declared" in before
    for command in COMMANDS[:2]:
        done = call(*command)
        assert done.exit_code == 0, done.output
        assert "Declared" in done.output
    assert (out / "table.md").read_bytes() == (tmp_path / "merged" / "table.md").read_bytes() == before
    assert not (tmp_path / "ran").exists()
    other = SCRIPT.replace("Declared", "Given")
    (tmp_path / "given.py").write_text(other, encoding="utf-8")
    assert "Given" in call("report", "out", "--script", "given.py").output
    assert (tmp_path / "ran").exists()


def test_a_row_is_replayed_by_who_ran_it_or_on_trust(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = next(iter(Index(Reader(out / "rows.journal")).entries))
    done = call("replay", "out", key, "0")
    assert done.exit_code == 0 and "the same, bit for bit" in done.output
    assert "running the journal's copy of" in done.stderr and "strange.py (SHA-256 " in done.stderr
    (tmp_path / "ran").unlink(missing_ok=True)
    monkeypatch.setattr("testbed.sweep.replay.platform.node", lambda: "another host")
    done = call("replay", "out", key, "0")
    assert done.exit_code == 2 and "--trust" in done.output and "SHA-256" in done.output
    assert not (tmp_path / "ran").exists()
    assert call("replay", "out", key, "0", "--trust").exit_code == 0


def test_report_json_removes_no_file_that_is_none_of_a_report(out: Path) -> None:
    record = json.loads((out / "report.json").read_text(encoding="utf-8"))
    for name in ("rows.journal", "rows.csv", "../victim", ".lock", "manifest.json"):
        (out / "report.json").write_text(json.dumps({**record, "files": {name: None}}), encoding="utf-8")
        assert call("report", "out").exit_code == 0
        assert (out / name).exists(), name


def test_a_journal_of_an_earlier_version_is_read(out: Path, tmp_path: Path) -> None:
    """It does not say what was declared: that is asked for, not guessed, and no code is run to find out."""
    (tmp_path / "again.py").write_text(SCRIPT, encoding="utf-8")
    old = tmp_path / "old"
    old.mkdir()
    with Folder(out) as folder:
        identity, entries = folder.identity, {k: e.columns for k, e in folder.index.ordered()}
        lines = {key: b"".join(folder.index.lines(e)) for key, e in folder.index.ordered()}
    journal = Journal(old / "rows.journal", identity)
    journal.append({"kind": "script", "text": SCRIPT, "tiny": False})
    journal.append({"kind": "cells"}, json.dumps(list(entries.values())).encode())
    journal.append({"kind": "grid", "keys": list(entries)})
    for key, text in lines.items():
        journal.append({"kind": "rows", "seconds": {}, "parts": [[key, 0, 2, len(text), [], 0]]}, text)
    journal.close()
    content = (old / "rows.journal").read_bytes()
    (old / "rows.journal").write_bytes(EARLIER + content[len(SIGNATURE) :])
    stopping = {"precision": 0.1, "first": 2, "most": 9, "cells": {next(iter(entries)): {"stopped": "precision"}}}
    manifest = {**identity, "schemas": [1, 2], "stopping": stopping}
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shutil.copytree(old, tmp_path / "mixed")
    assert "row schemas 1, 2" in call("report", "mixed", "--script", "again.py").output
    (tmp_path / "ran").unlink(missing_ok=True)  # a script that is named may run
    with Folder(tmp_path / "mixed") as folder:
        assert folder.index.stopping == stopping
    (old / "manifest.json").write_text(json.dumps(identity), encoding="utf-8")
    done = call("report", "old")
    assert done.exit_code == 2 and "--script" in done.output
    assert (old / "rows.csv").read_bytes() == (out / "rows.csv").read_bytes()
    assert not (tmp_path / "ran").exists()
    assert call("run", "again.py", "--out", "old", "--jobs", "1").exit_code == 0
    assert (old / "rows.journal").read_bytes().startswith(SIGNATURE)
    assert call("report", "old").exit_code == 0
    assert (old / "table.md").read_bytes() == (out / "table.md").read_bytes()


@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
def test_a_folder_that_is_moved_under_a_run_is_not_written(tmp_path: Path, how: str) -> None:
    with Folder(tmp_path / "out", {"name": "x", "seed": 0, "schema": 1}) as folder:
        folder.index.declare([{"key": "a" * 16}], 1)
        (tmp_path / "out").rename(tmp_path / "away")
        if how != "moved":
            shutil.rmtree(tmp_path / "away")
        if how == "replaced":
            Folder(tmp_path / "out", {"name": "y", "seed": 0, "schema": 1}).__exit__()
        there = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        for write in (
            lambda: folder.index.declare([{"key": "b" * 16}], 1),
            folder.publish,
            lambda: folder.write(tmp_path / "out" / "manifest.json", "{}"),
            lambda: folder.remove(tmp_path / "out" / "rows.journal"),
        ):
            with pytest.raises(FolderError, match="was moved, removed or replaced"):
                write()
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == there


def test_new_files_obey_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "file", "text")
        with Folder(tmp_path / "out", {"name": "x", "seed": 0, "schema": 1}) as folder:
            assert isinstance(folder.index, OpenIndex)
            folder.publish()
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_what_killed_runs_leave_is_swept_up(tmp_path: Path) -> None:
    left = [".rows.csv.abcd_123", ".rows.csv.0123456789abcdef.tmp", ".summary.csv.4711.tmp", ".manifest.json.x1y2z3w4"]
    kept = [".lock", ".notes.md", ".rows.csv.swp", "rows.csv", ".env.tmp", ".mine.0123.txt"]
    for name in (*left, *kept):
        (tmp_path / name).touch()
    sweep_up(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


def test_rows_that_were_never_published_are_reported(out: Path) -> None:
    """Killed before rows.csv, and rows.csv of an earlier grid, or with a flipped digit: the journal decides."""
    rows, table = (out / "rows.csv").read_bytes(), (out / "table.md").read_bytes()
    for hurt in (b"", rows[: len(rows) // 2], rows.replace(b"1", b"2"), None):
        (out / "rows.csv").unlink()
        (out / "table.md").unlink()
        if hurt is not None:
            (out / "rows.csv").write_bytes(hurt)
        assert call("report", "out").exit_code == 0
        assert ((out / "rows.csv").read_bytes(), (out / "table.md").read_bytes()) == (rows, table)


def test_rows_that_are_missing_are_named(out: Path) -> None:
    size = (out / "rows.journal").stat().st_size
    with Folder(out) as folder:
        key = next(iter(folder.index.entries))
        segment = folder.index.entries[key].segments[-1]
    for command in COMMANDS[:2]:
        os.truncate(out / "rows.journal", min(size, segment.offset + 3))
        done = call(*command)
        assert done.exit_code == 1 or "holds no rows" in done.output, done.output
        assert f"2 rows of 1 cells are missing: {key}" in done.output
        assert "torn" in done.output or command[0] == "collect"
