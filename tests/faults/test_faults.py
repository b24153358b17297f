"""What may happen to a run, and that no row is lost by it: each ends in the bytes of one undisturbed run."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import testbed
from testbed.files import FolderError
from testbed.sweep.script import execute
from tests.faults.harness import Process, call, kill, rows, run, start, within, workers, write
from tests.faults.killing import kill_parents, kill_workers


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script and the results of one undisturbed run of it."""
    here = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLEEP", "0")
        status, _, err = call(*run(write(here), here / "one", "--jobs", "2"), fresh=True)
    assert status == 0, err
    return here


def goes_on(whole: Path, out: Path, *words: str) -> str:
    """The same command again must leave the bytes of the undisturbed run; what it said."""
    status, _, err = within(*run(whole / "hurt.py", out))
    assert status == 0, err
    assert rows(out) == rows(whole / "one")
    assert all(word in err for word in words), err
    return err


def wait_for_rows(process: Process, out: Path) -> None:
    """Wait until a run has written something."""
    while process.poll() is None and not ((out / "rows.journal").exists() and "rows" in _kinds(out)):
        time.sleep(0.02)
    assert process.poll() is None, "the run was over before it could be hurt"


def _kinds(out: Path) -> str:
    return "rows" if b'{"kind":"rows"' in (out / "rows.journal").read_bytes() else ""


def test_the_run_is_killed_at_random_moments(whole: Path, tmp_path: Path) -> None:
    assert kill_parents(whole / "hurt.py", tmp_path / "out", 3, random.Random(1)) > 0
    goes_on(whole, tmp_path / "out")


def test_workers_are_killed_at_random_moments(whole: Path, tmp_path: Path) -> None:
    assert kill_workers(whole / "hurt.py", tmp_path / "out", 4, random.Random(2)) > 0
    assert rows(tmp_path / "out") == rows(whole / "one")


def test_workers_end_with_a_run_that_is_killed(whole: Path, tmp_path: Path) -> None:
    process = start(*run(whole / "hurt.py", tmp_path / "out", "--jobs", "2"), fresh=True)
    wait_for_rows(process, tmp_path / "out")
    mine = workers(process)
    assert mine
    kill(process.pid)
    process.communicate()
    deadline = time.monotonic() + 20.0
    while any(Path(f"/proc/{pid}").exists() for pid in mine):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted(whole: Path, tmp_path: Path, times: int) -> None:
    out = tmp_path / "out"
    process = start(*run(whole / "hurt.py", out, "--jobs", "2"), fresh=times == 1)
    wait_for_rows(process, out)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in err
    if times == 1:
        assert set(rows(out).splitlines()) < set(rows(whole / "one").splitlines())
    goes_on(whole, out)


@pytest.mark.parametrize("room", [500, 40_000])
def test_the_disk_is_full(whole: Path, tmp_path: Path, room: int) -> None:
    out = tmp_path / "out"
    status, _, err = call(*run(whole / "hurt.py", out, "--jobs", "2"), limits={resource.RLIMIT_FSIZE: room})
    assert status == 2
    assert "cannot be written: File too large" in err
    goes_on(whole, out)


def test_the_last_record_is_torn(whole: Path, tmp_path: Path) -> None:
    out = shutil.copytree(whole / "one", tmp_path / "out")
    journal = out / "rows.journal"
    os.truncate(journal, journal.stat().st_size - 5)
    (out / "rows.csv").unlink()
    goes_on(whole, out, "torn")


def test_a_record_in_the_middle_is_damaged(whole: Path, tmp_path: Path) -> None:
    out = shutil.copytree(whole / "one", tmp_path / "out")
    with (out / "rows.journal").open("r+b") as file:
        place = file.read().index(b'{"kind":"rows"')
        file.seek(place + 200)
        file.write(b"garbage")
    damaged = (out / "rows.journal").read_bytes()
    status, _, err = within(*run(whole / "hurt.py", out))
    assert status == 2
    assert "is damaged at byte" in err
    assert (out / "rows.journal").read_bytes() == damaged
    status, _, err = within("collect", out, "--out", tmp_path / "saved")
    assert status == 1, err  # rows are missing
    assert "rows.journal is damaged: bytes" in err and "cells are missing" in err
    assert 0 < len(rows(tmp_path / "saved")) < len(rows(whole / "one"))
    goes_on(whole, tmp_path / "saved")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.journal", b"garbage", "is not a journal"),
        ("rows.journal", b"", "is not a journal"),
        ("manifest.json", b"{garbage", "cannot be read"),
        ("manifest.json", b"[]", "cannot be read"),
    ],
)
def test_garbage_is_refused(whole: Path, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    out = shutil.copytree(whole / "one", tmp_path / "out")
    (out / name).write_bytes(content)
    status, _, err = within(*run(whole / "hurt.py", out))
    assert status == 2
    assert words in err
    assert (out / name).read_bytes() == content


def test_garbage_in_rows_is_replaced_and_rows_without_a_journal_are_refused(whole: Path, tmp_path: Path) -> None:
    out = shutil.copytree(whole / "one", tmp_path / "out")
    (out / "rows.csv").write_bytes(b"\xff\x00garbage")
    goes_on(whole, out)
    (out / "rows.journal").unlink()
    status, _, err = within(*run(whole / "hurt.py", out))
    assert status == 2
    assert "holds rows.csv but not rows.journal" in err
    assert rows(out) == rows(whole / "one")


def test_the_clock_jumps(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = iter([2e9, 1.0, 3e9, -5.0] * 1000)
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    monkeypatch.setenv("SLEEP", "0")
    experiment = execute((whole / "hurt.py").read_text()).EXPERIMENT
    for _ in range(2):
        testbed.run(experiment, tmp_path / "out", progress=False)
    assert rows(tmp_path / "out") == rows(whole / "one")


def test_learners_that_raise_hang_and_kill_their_process(tmp_path: Path) -> None:
    kinds = ("raises", "hangs", "exits", "is killed")
    script = write(tmp_path, f"[OLS(), {', '.join(f'Bad({kind!r})' for kind in kinds)}]", 3, "[0.5]", seed=31)
    out = tmp_path / "out"
    status, _, err = call(*run(script, out, "--jobs", "2", "--timeout", "1"))
    assert status == 1
    found = pd.read_csv(out / "rows.csv")
    failed = found[found["status"] == "failed"]
    said = dict(zip(failed["probe.how"], failed["error"], strict=True))
    assert said == {
        "raises": "RuntimeError: not, today",
        "hangs": "TimeLimit: not done within 1 s",
        "exits": "WorkerDied: the process ended itself with exit status 3",
        "is killed": "WorkerDied: the process was ended by SIGKILL (out of memory?)",
    }
    assert len(found) == 5 * 3
    assert (found.loc[found["probe"] == "OLS()", "status"] == "ok").all()
    last = err.splitlines()[-1]
    assert last.startswith(f"{len(found) - len(failed)} rows ok, {len(failed)} failed (15 new)")
    raising = failed[failed["probe.how"] == "raises"].iloc[0]
    assert 'RuntimeError("not, today")' in (out / "failures" / f"{raising['key']}.txt").read_text()
    status, shown, _ = call("replay", out, raising["key"], str(raising["rep"]))
    assert status == 1
    assert "the same, bit for bit" in shown
    assert 'raise RuntimeError("not, today")' in shown


def test_a_folder_that_cannot_be_written(whole: Path) -> None:
    mount = "mount -t tmpfs -o ro tmpfs /mnt && cat /proc/self/mounts | grep -q ' /mnt ' && exec sleep 20"
    holder = subprocess.Popen(["unshare", "-m", "sh", "-c", mount], stderr=subprocess.DEVNULL)
    try:
        while holder.poll() is None and not os.statvfs(f"/proc/{holder.pid}/root/mnt").f_flag & os.ST_RDONLY:
            time.sleep(0.02)
    except OSError:  # it has ended meanwhile
        holder.wait()
    if holder.poll() is not None:
        pytest.skip("this user may not mount a read-only file system")
    try:
        status, _, err = call(*run(whole / "hurt.py", f"/proc/{holder.pid}/root/mnt"))
    finally:
        holder.kill()
        holder.wait()
    assert status == 2
    assert "cannot be written: Read-only file system" in err


def test_a_second_run_is_refused_and_a_stale_lock_is_not(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(*run(whole / "hurt.py", out, "--jobs", "2"))
    wait_for_rows(process, out)
    os.kill(process.pid, signal.SIGSTOP)  # or it may have ended before the second one looks
    status, _, err = call(*run(whole / "hurt.py", out))
    assert status == 2
    assert f"in use by process {process.pid} on host {os.uname().nodename}" in err
    kill(process.pid)
    process.communicate()
    assert (out / ".lock").read_text()
    goes_on(whole, out)


Change = Callable[[dict[str, object]], dict[str, object]]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda owner: owner, True),
        (lambda owner: owner | {"host": "elsewhere"}, True),
        (lambda owner: owner | {"started": "at another time"}, False),
        (lambda owner: owner | {"pid": 2**22 + 1}, False),
    ],
)
def test_a_lock_of_another_owner(whole: Path, tmp_path: Path, change: Change, refused: bool) -> None:
    """What a file system without locks leaves of a living, a distant, a recycled and a dead owner."""
    import json

    from testbed.sweep.runs import Lock, _started

    owner = {"host": os.uname().nodename, "pid": os.getppid(), "started": _started(os.getppid())}
    (tmp_path / ".lock").write_text(json.dumps(change(owner)))
    if refused:
        with pytest.raises(FolderError, match=f"in use by process {os.getppid()} on host"):
            Lock(tmp_path)
    else:
        Lock(tmp_path).release()
