"""manifest.json: what a results folder holds, and a block for each run: with which code, where, and how it ended."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from testbed.files import FolderError, read_bytes
from testbed.sweep.machine import blas, versions

__all__ = ["Manifest", "read_manifest", "user"]

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "dask", "distributed")


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
    for name, kind in {"runs": list, "columns": dict, "stopping": dict, "schemas": list}.items():
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
