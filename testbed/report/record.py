"""report.json: what the report of a folder was made of, and which files it is. Written last, so it is true or absent.

It holds no times and no names of machines: the same rows, declarations and code give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testbed.files import FolderError, open_file, read_bytes

__all__ = ["NAME", "fits", "made_of", "publish", "sha_of"]

NAME = "report.json"
PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "tabulate")  # whose versions the bytes may hang on
WRITTEN = re.compile(r"[^./\0][^/\0]*\.(csv|md|tex|txt|pdf|svg|png)")
Write = Callable[[Path, bytes], Path]


def made_of(rows: str, declared: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a report is made of: SHA-256 of rows.csv, declarations, settings such as the seed, and code.

    Examples
    --------
    >>> from testbed.report import made_of
    >>> sorted(made_of("the SHA-256 of rows.csv", {}, {"seed": 0}))
    ['code', 'declared', 'rows.csv']
    """
    said = {"declared": dict(declared), **settings}
    return {"rows.csv": rows, "declared": _sha(json.dumps(said, sort_keys=True).encode()), "code": _code()}


def fits(folder: Path, made: Mapping[str, Any]) -> bool:
    """Whether the report of a folder was made of just this, and every file of it is as it was written."""
    record = _read(folder)
    if record.get("made of") != made or not record["files"]:
        return False
    try:
        return all(sha_of(folder / name) == sha for name, sha in record["files"].items())
    except OSError:
        return False


def publish(
    folder: Path, content: Mapping[str, bytes], made: Mapping[str, Any], write: Write, remove: Callable[[Path], None]
) -> list[Path]:
    """Write the files of a report, remove those of the earlier one that it does not have, and write report.json last.

    Before the first of them, report.json names all files of both reports, so that none is forgotten if this is stopped.
    """
    before = dict.fromkeys(_read(folder).get("files", {}))
    if before or content:
        _write(folder, {"made of": None, "files": before | dict.fromkeys(content)}, write)
    written = [write(folder / name, text) for name, text in content.items()]
    for name in before:
        if name not in content:
            remove(folder / name)
    _write(folder, {"made of": made, "files": {name: _sha(text) for name, text in content.items()}}, write)
    return written


def _read(folder: Path) -> dict[str, Any]:
    """Read report.json; what is no such file counts as none, since the report is then made anew."""
    try:
        record = json.loads(read_bytes(folder / NAME))
        files = record["files"]
        plain = all(WRITTEN.fullmatch(name) and name != "rows.csv" for name in files)  # no other file is ever removed
        kinds = all(isinstance(sha, str | None) for sha in files.values())
    except FolderError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return record if plain and kinds else {}


def _write(folder: Path, record: Mapping[str, Any], write: Write) -> None:
    write(folder / NAME, f"{json.dumps(record, indent=1)}\n".encode())


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sha_of(path: Path) -> str:
    """SHA-256 of a file, or of nothing where there is none; it may be larger than memory."""
    if not path.exists():
        return _sha(b"")
    with open(open_file(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    """SHA-256 of the code that reports, and of the versions of what it calls."""
    here = Path(__file__).parent
    sources = [*sorted(here.rglob("*.py")), here.parent / "files.py", here.parent / "keys.py"]
    versions = [platform.python_version(), *(version(package) for package in PACKAGES)]
    return _sha(b"".join(path.read_bytes() for path in sources) + " ".join(versions).encode())
