"""A results folder: rows.csv and manifest.json, written by one process, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

from testbed.study import IDENTITY, MEASURED, Row
from testbed.sweep.grid import SCHEMA, Experiment

__all__ = ["Folder", "FolderError", "columns_of", "write_atomically"]

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib")


class FolderError(ValueError):
    """A results folder that cannot be written, or holds something else."""


class Folder:
    """The results of one experiment.

    Same experiment means same name, seed and row schema; another grid is growth.
    """

    def __init__(self, path: Path, experiment: Experiment) -> None:
        self.path, self.experiment = path, experiment

    def prepare(self) -> None:
        """Refuse a folder of another experiment, or one that cannot be written, before any work is done."""
        mine = {"name": self.experiment.name, "seed": self.experiment.seed, "schema": SCHEMA}
        for field, found in self._owner().items():
            if found != mine[field]:
                raise FolderError(
                    f"{self.path} holds another experiment: its {field} is {found!r}, this one's is {mine[field]!r}; "
                    "choose another folder with --out"
                )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise FolderError(f"{self.path} cannot be written ({error}); choose another folder with --out") from error

    def _owner(self) -> dict[str, Any]:
        """Name, seed and schema of what the folder holds: from its manifest, or in a fresh clone from its table."""
        try:
            manifest = json.loads((self.path / "manifest.json").read_text())
            return {field: manifest[field] for field in ("name", "seed", "schema")}
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FolderError(f"{self.path}/manifest.json cannot be read ({error!r}); choose another --out") from error
        try:
            footer = re.search(r"<sub>(.+), seed (\d+), row schema (\d+),", (self.path / "table.md").read_text())
        except OSError:
            return {}
        return {"name": footer[1], "seed": int(footer[2]), "schema": int(footer[3])} if footer else {}

    def publish(self, rows: Sequence[Row], manifest: dict[str, Any]) -> None:
        """Write rows.csv and manifest.json."""
        text = StringIO()
        writer = csv.DictWriter(text, columns_of(rows), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self.path / "rows.csv", text.getvalue())
        write_atomically(self.path / "manifest.json", json.dumps(manifest, indent=1) + "\n")

    def manifest(self, **extra: Any) -> dict[str, Any]:
        """Describe this run: what, with which code, on which machine."""
        return {
            "name": self.experiment.name,
            "seed": self.experiment.seed,
            "schema": SCHEMA,
            "command": " ".join(sys.argv),
            **_git(),
            "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
            "blas": _blas(),
            "cpu": platform.processor() or platform.machine(),
            "host": platform.node(),
            **extra,
        }


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Columns in canonical order: identity, each dial after what it belongs to, measured, status."""
    dials: dict[str, dict[str, None]] = {"generator": {}, "pretext": {}, "probe": {}}
    for row in rows:
        for name in row:
            head = name.split(".")[0]
            if "." in name and head in dials:
                dials[head][name] = None
    ordered = [c for name in IDENTITY for c in (name, *dials.get(name, ()))]
    return [*ordered, *MEASURED, "status", "error"]


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole: to a temporary neighbour, flushed to disk, then renamed over it."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, newline="") as f:
            try:
                f.write(text)
                f.flush()
                os.fsync(f.fileno())
                os.chmod(f.name, 0o644)
                os.replace(f.name, path)
            except BaseException:
                Path(f.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error}") from error


def _git() -> dict[str, Any]:
    here = Path(__file__).parent
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
        dirty = subprocess.run(["git", "status", "--porcelain"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit.stdout.strip(), "dirty": bool(dirty.stdout.strip())}


def _blas() -> list[dict[str, Any]]:
    from threadpoolctl import threadpool_info

    return [{k: pool.get(k) for k in ("internal_api", "version", "num_threads")} for pool in threadpool_info()]
