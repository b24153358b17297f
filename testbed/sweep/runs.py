"""Who is in a results folder, and who was: its lock, and manifest.json with a block for each run.

The manifest also says what the last digits of a row hang on: the kernels of BLAS that the CPU is given, and versions.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from testbed.engine import NUMPY
from testbed.files import FolderError, open_file, read_bytes

__all__ = ["Lock", "Manifest", "kernels", "read_manifest", "unlike", "user"]

DECISIVE = ("numpy", "scipy", "scikit-learn")
COMPILERS = ("numba", "llvmlite")  # of the engine fast
PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "dask", "distributed")


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {package: _installed(package) for package in packages}
    return {package: number for package, number in found.items() if number is not None}


@cache
def _installed(package: str) -> str | None:
    """Version of a package, None without it; asked once, as what is imported stays what it is in a process."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def blas() -> list[dict[str, Any]]:
    """Libraries of linear algebra and threads that are loaded, with the architecture that each has chosen."""
    import scipy.linalg  # noqa: F401  # it brings a BLAS of its own
    from threadpoolctl import threadpool_info

    names = ("internal_api", "version", "architecture", "num_threads")
    return [{name: pool.get(name) for name in names} for pool in threadpool_info()]


@cache
def kernels(engine: str = NUMPY) -> str:
    """Kernels and versions of this process in one line, such as "openblas Haswell, numpy 2.4.6, scipy 1.17.1"."""
    chosen = {f"{p['internal_api']} {p['architecture']}": None for p in blas() if p["architecture"]}
    packages = DECISIVE if engine == NUMPY else (*DECISIVE, *COMPILERS)
    return ", ".join([*chosen, *(f"{name} {number}" for name, number in versions(packages).items())])


def unlike(made: Iterable[str]) -> str | None:
    """Say so where rows were computed with different kernels or versions; None where they were not."""
    different = sorted(set(made))
    if len(different) < 2:
        return None
    return f"rows computed with different kernels or versions may differ in their digits: {'; '.join(different)}"


try:
    import fcntl
except ImportError:  # pragma: no cover - a system without flock is served by the owner's name alone
    fcntl = None  # type: ignore[assignment]


class Lock:
    """The file .lock, held open and locked, which names its owner: host, process, and when the process started.

    The system gives the lock up when its owner dies, however it dies. Where locks of the file system cannot be trusted
    (a network file system), the owner's name decides: a process of this host that is gone, or that started at another
    time than the owner did, has left a stale lock. Clocks are never compared. An owner on another host cannot be
    looked at, so it is believed.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".lock"
        try:
            self._handle = open_file(self.path, os.O_RDWR | os.O_CREAT)
            try:
                self._mine = os.fstat(self._handle)
                self._take()
            except BaseException:
                os.close(self._handle)
                raise
        except OSError as error:
            raise FolderError(f"{folder} cannot be written: {error.strerror or error}") from error

    def check(self) -> None:
        """Refuse to go on if the folder at this place is no longer the one that is locked.

        Raises
        ------
        FolderError
            If it was moved, removed or replaced, or its lock was deleted.
        """
        try:
            there = self.path.lstat()
        except OSError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (self._mine.st_dev, self._mine.st_ino):
            raise FolderError(
                f"{self.path.parent} was moved, removed or replaced (or its .lock was deleted) while a run was in it. "
                "What was finished is in its rows.journal, wherever that is now: put the folder back, or name its new "
                "place with --out, and run the same command again"
            )

    def _take(self) -> None:
        held = False
        if fcntl is not None:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held = True
            except OSError:
                pass  # this file system knows no locks
        owner = self._owner()
        if held or (owner and _alive(owner)):
            raise FolderError(
                f"{self.path.parent} is in use by process {owner.get('pid', 'unknown')} on host "
                f"{owner.get('host', 'unknown')}; wait for it, or choose another folder with --out. "
                f"If you know that process to be gone, delete {self.path}"
            )
        mine = {"host": platform.node(), "pid": os.getpid(), "started": _started(os.getpid())}
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, json.dumps(mine).encode(), 0)
        except OSError as error:
            raise FolderError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _owner(self) -> dict[str, Any]:
        try:
            owner = json.loads(os.pread(self._handle, 4096, 0))
        except ValueError:
            return {}  # empty after a run that ended, torn after one that was killed while it wrote this
        return owner if isinstance(owner, dict) else {}

    def release(self) -> None:
        """Give the lock up; the empty file stays, since another run may have it open already."""
        try:
            os.ftruncate(self._handle, 0)
        finally:
            os.close(self._handle)


def _alive(owner: dict[str, Any]) -> bool:
    if owner.get("host") != platform.node():
        return True
    pid = owner.get("pid")
    if not isinstance(pid, int) or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process
    return _started(pid) == owner.get("started")


def _started(pid: int) -> str | None:
    """When a process started, as the system writes it: only compared with itself."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
        )  # in ticks since the system started
    except OSError:
        pass
    try:
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return shown.stdout.strip() or None


class Manifest:
    """The manifest of a folder during one run: its block is there from the start, so a run that is killed is seen."""

    def __init__(
        self, folder: Path, identity: Mapping[str, Any], write: Callable[[Path, str], object], **settings: Any
    ) -> None:
        self._put, self._path = write, folder / "manifest.json"
        before = read_manifest(folder)
        self.content: dict[str, Any] = {**before, **identity}
        self.run: dict[str, Any] = {
            "outcome": "running",
            "command": " ".join(sys.argv),
            **settings,
            **_git(),
            "versions": {"python": platform.python_version(), **versions(PACKAGES)},
            "blas": blas(),
            "cpu": _cpu(),
            "host": platform.node(),
            "user": user(),
            "pid": os.getpid(),
            "start": time.time(),
            "end": None,
        }
        self.content["runs"] = [*before.get("runs", []), self.run]
        self._write()

    @property
    def commits(self) -> int:
        """Number of different commits that the runs say they are of."""
        return len({run["commit"] for run in self.content["runs"] if run.get("commit")})

    def finish(self, outcome: str, result: Mapping[str, Any], **facts: Any) -> None:
        """Say how the run ended, and what the folder holds now."""
        self.run |= {"outcome": outcome, "end": time.time(), **facts}
        self.content |= result
        self._write()

    def _write(self) -> None:
        ordered = {name: self.content[name] for name in self.content if name != "runs"} | {"runs": self.content["runs"]}
        self._put(self._path, json.dumps(ordered, indent=1) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a folder; empty where there is none.

    Raises
    ------
    FolderError
        If it cannot be read, or does not say what a manifest says.
    """
    try:
        content = json.loads(read_bytes(folder / "manifest.json"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(folder, error if isinstance(error, FolderError) else repr(error)) from error
    shape = {"name": str, "seed": int, "schema": int}
    if isinstance(content, dict) and content.get("study") is True:  # which has neither seed nor rows
        shape = {"name": str}
    if not isinstance(content, dict) or not all(isinstance(content.get(name), kind) for name, kind in shape.items()):
        raise _unreadable(folder, "it does not say name, seed and schema of an experiment")
    for name, kind in {"runs": list, "columns": dict, "stopping": dict, "schemas": list, "engine": str}.items():
        if not isinstance(content.get(name, kind()), kind):
            raise _unreadable(folder, f"{name} is no {kind.__name__}")
    if not all(isinstance(run, dict) for run in content.get("runs", [])):
        raise _unreadable(folder, "a run is no dict")
    if not all(isinstance(schema, int) for schema in content.get("schemas", [])):
        raise _unreadable(folder, "a row schema is no whole number")
    return content


def _unreadable(folder: Path, why: object) -> FolderError:
    return FolderError(
        f"{folder}/manifest.json cannot be read ({why}); delete it (the rows are elsewhere), or choose another folder "
        "with --out"
    )


def user() -> int | None:
    """Id of the user, where the system has such numbers."""
    return os.getuid() if hasattr(os, "getuid") else None


def _git() -> dict[str, Any]:
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, encoding="utf-8", check=True
        )
        dirty = subprocess.run(
            ["git", "status", "--porcelain"], cwd=here, capture_output=True, encoding="utf-8", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit.stdout.strip(), "dirty": bool(dirty.stdout.strip())}


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
