"""manifest.json: what a results folder holds, and a block for each run: with which code, where, and how it ended."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from testbed.sweep.files import write_atomically

__all__ = ["Manifest"]

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "dask", "distributed")


class Manifest:
    """The manifest of a folder during one run: its block is there from the start, so a run that is killed is seen."""

    def __init__(self, folder: Path, identity: Mapping[str, Any], **settings: Any) -> None:
        self.path = folder / "manifest.json"
        before = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
        self.content: dict[str, Any] = {**before, **identity}
        self.run: dict[str, Any] = {
            "outcome": "running",
            "command": " ".join(sys.argv),
            **settings,
            **_git(),
            "versions": {"python": platform.python_version(), **_versions()},
            "blas": _blas(),
            "cpu": _cpu(),
            "host": platform.node(),
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
        write_atomically(self.path, json.dumps(ordered, indent=1) + "\n")


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


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


def _blas() -> list[dict[str, Any]]:
    from threadpoolctl import threadpool_info

    return [{k: pool.get(k) for k in ("internal_api", "version", "num_threads")} for pool in threadpool_info()]


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
