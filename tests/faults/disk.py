"""A fault before each file operation of a command, then the same command again: the files of an undisturbed run.

SIGKILL, a write that is torn by SIGKILL, a disk that is full from then on, and one input/output error. Commands run in
forks of this process, which works alone and draws no pictures, so that a fault costs a quarter of a second.

By hand, all of them: python tests/faults/disk.py [EVERY [SEED]]; with EVERY = 10, each tenth of them.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).parents[2]))

import pandas  # noqa: F401, so that no fork has to import it
import tabulate  # noqa: F401
import threadpoolctl  # noqa: F401

import testbed.files
import testbed.report
from testbed.cli import main as command
from testbed.sweep import runner, runs
from testbed.sweep.journal import Reader
from tests.alone import alone

SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.report import Curve, Figure, Panel, Slope

EXPERIMENT = Experiment(
    name="small", generator=vary(LeeMixture, k=3, d1=4, d2=3, scale=1.5, alpha={alpha}), pretext=[Raw()],
    probe=[OLS()], n_unlabeled=[50], n_labeled=[3, 40], repeats=2)
FIGURES = [Figure([Panel("a", "n_labeled", [Curve("b", {{"generator.alpha": 0.0}})])], name="{figure}")]
{more}
"""
CHANGING = ("open", "mkdir", "pwrite", "fsync", "ftruncate", "replace", "rename", "unlink")
FAULTS = ("kill", "torn", "full", "error")
PER_RUN = ("manifest.json", "rows.journal", ".lock")
Commands = list[list[str]]


def scripts(here: Path) -> tuple[str, str]:
    """Two scripts, the second with a larger grid and another figure than the first."""
    first, second = here / "first.py", here / "second.py"
    first.write_text(SCRIPT.format(alpha="[0.0]", figure="old", more="SLOPES = [Slope('a')]"), encoding="utf-8")
    second.write_text(SCRIPT.format(alpha="[0.0, 0.5]", figure="new", more=""), encoding="utf-8")
    return str(first), str(second)


def scenarios(here: Path) -> dict[str, tuple[Commands, list[str]]]:
    """By name: the commands that come before, and the one that meets a fault; results are in ``out``."""
    first, second = scripts(here)
    small, out = ["run", first, "--out", "out"], ["--out", "out"]
    shards = [["run", second, "--shard", f"{i}/2", "--out", f"shard-{i}"] for i in (1, 2)]
    return {
        "first run": ([], small),
        "growth": ([small], ["run", second, *out]),
        "report": ([["run", second, "--shard", "1/1", *out]], ["report", "out"]),
        "collect": (shards, ["collect", "shard-1", "shard-2", *out]),
        "--fresh": ([small], ["run", second, *out, "--fresh"]),
    }


def forked(
    where: Path, arguments: list[str], fault: str | None = None, at: int = 0, limit: int = 0
) -> tuple[int | None, int, str]:
    """Run a command in a fork: exit status (None if it was killed), file operations, and what it said.

    With a `limit` in seconds it is killed then.
    """
    counter, said = where / "counter", where / "said"
    counter.write_text("0", encoding="utf-8")
    pid = os.fork()
    if not pid:
        status = 70
        with suppress(BaseException):
            os.chdir(where)
            signal.alarm(limit)
            stream = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            sys.stdout = sys.stderr = os.fdopen(stream, "w", encoding="utf-8")
            quiet()
            count = hurt(where / "out", fault, at)
            try:
                command(arguments, standalone_mode=False)
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
            counter.write_text(str(count()), encoding="utf-8")
            sys.stdout.flush()
        os._exit(status)
    _, ended = os.waitpid(pid, 0)
    return (
        os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else None,
        int(counter.read_text(encoding="utf-8")),
        said.read_text(encoding="utf-8"),
    )


def quiet() -> None:
    """Work in this process without asking git, and write a picture as the text that it is of."""
    patched: Any = runner
    patched.Processes = alone
    runs._git = lambda: {"commit": None, "dirty": None}

    def render(figure: Any, summary: Any, footer: str, *_: Any, **__: Any) -> dict[str, bytes]:
        return {kind: f"{figure!r} {footer}".encode() for kind in ("pdf", "svg", "png", "caption.tex", "caption.md")}

    writing: Any = testbed.report
    writing.render = render


def hurt(folder: Path, fault: str | None, at: int) -> Callable[[], int]:
    """Let the operation number `at` on files of a folder fail; return what counts them."""
    state = {"count": 0, "full": 0}

    def strike(name: str, torn: Callable[[], object]) -> None:
        state["count"] += 1
        if state["full"] and name in ("open", "mkdir", "pwrite", "fsync"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if state["count"] != at or fault is None:
            return
        if fault in ("kill", "torn"):
            if fault == "torn":
                torn()
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "full":
            state["full"] = 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def concerns(name: str, arguments: tuple[Any, ...]) -> bool:
        if name == "open" and not arguments[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            return False
        place = os.readlink(f"/proc/self/fd/{arguments[0]}") if isinstance(arguments[0], int) else arguments[0]
        return Path(os.path.abspath(place)).is_relative_to(folder)

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def operation(*arguments: Any, **options: Any) -> Any:
            if concerns(name, arguments):
                strike(name, lambda: real(arguments[0], arguments[1][:9], arguments[2]) if name == "pwrite" else None)
            return real(*arguments, **options)

        setattr(os, name, operation)

    for name in CHANGING:
        wrap(name)
    fill = testbed.files._fill

    def filled(file: BinaryIO, pieces: Any) -> None:
        content = b"".join(pieces)

        def torn() -> None:
            file.write(content[: len(content) // 2])
            file.flush()

        strike("pwrite", torn)
        fill(file, [content])

    testbed.files._fill = filled
    return lambda: state["count"]


def files(folder: Path) -> dict[str, bytes]:
    """Files that are a function of the experiment, and the names of the others."""
    found = {str(p.relative_to(folder)): p for p in folder.rglob("*") if not p.is_dir()}
    return {name: b"" if name in PER_RUN else path.read_bytes() for name, path in sorted(found.items())}


def faults(here: Path, every: int, rng: random.Random) -> Iterator[tuple[str, str, int, str]]:
    """Try each scenario with each fault at every operation, or each `every`-th; give those that end badly."""
    for name, (before, hurting) in scenarios(here).items():
        start, whole = here / f"{name} start", here / f"{name} whole"
        start.mkdir()
        for arguments in before:
            forked(start, arguments)
        shutil.copytree(start, whole)
        status, operations, said = forked(whole, hurting)
        assert status == 1 and operations > 10, said  # with 3 labelled rows least squares fails
        wanted = files(whole / "out")
        assert b"Figure(" in next(iter((whole / "out").glob("*.png"))).read_bytes(), "a picture is drawn"
        every_one = [(fault, at) for fault in FAULTS for at in range(1, operations + 1)]
        for fault, at in every_one[rng.randrange(every) :: every]:
            hit = here / "hit"
            shutil.rmtree(hit, ignore_errors=True)
            shutil.copytree(start, hit)
            first, _, said = forked(hit, hurting, fault, at)
            if (first is None) != (fault in ("kill", "torn")) or (first == 2 and "testbed: " not in said):
                yield name, fault, at, f"ended with status {first}: {said}"
            status, _, said = forked(hit, hurting)
            found = files(hit / "out") if (hit / "out").is_dir() else {}
            differing = [file for file in sorted({*found, *wanted}) if found.get(file) != wanted.get(file)]
            if status != 1 or differing:
                yield name, fault, at, f"then status {status}, other files: {', '.join(differing)}; {said}"
            json.loads((hit / "out" / "manifest.json").read_text(encoding="utf-8"))
            Reader(hit / "out" / "rows.journal").close()


def main(every: int, seed: int) -> None:
    """Try, print what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        wrong = 0
        for case in faults(Path(name), every, random.Random(seed)):
            print(*case, flush=True)
            wrong += 1
    print(f"{wrong} faults after which something is wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["1", "0"][len(sys.argv) - 1 :])))
