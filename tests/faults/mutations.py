"""Random damage to a results folder, then a command: the right bytes, or a sentence and exit status 1 or 2.

Bytes are flipped, files cut, emptied, removed, exchanged, replaced by links, pipes and folders, and records and values
are forged. No command may leave other numbers in silence, hang, run code that it finds, or touch a file outside.

By hand: python tests/faults/mutations.py [NUMBER [SEED]]; 500 by default.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from testbed.sweep.journal import Journal
from tests.faults.disk import PER_RUN, SCRIPT, forked, scripts

LIMIT = 60  # seconds after which a command hangs
BAD = "open('ran', 'w', encoding='utf-8').close()\n"
RECORDS: tuple[dict[str, object], ...] = (
    {"kind": "script", "text": BAD, "tiny": False, "path": "x.py", "host": "elsewhere", "user": 0},
    {"kind": "declared", "texts": {"TABLES": "[Table(__import__('os').system('touch ran'))]"}},
    {"kind": "declared", "texts": {"FIGURES": "[Figure([], name='../../x')]"}},
    {"kind": "declared", "texts": {"TABLES": "[" * 500}},
    {"kind": "cells", "content": [{"key": "../../escaped"}]},
    {"kind": "rows", "seconds": {}, "parts": [["../../escaped", 0, 1, 0, [0], 0]]},
    {"kind": "rows", "seconds": {}, "parts": [["0" * 16, 0, 1, 10**12, [], 0]]},
    {"kind": "grid", "keys": "none", "repeats": "many"},
    {"kind": "stopping", "stopping": {"cells": 3}},
    {"kind": "unheard of"},
)


def flip(path: Path, rng: random.Random) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def digit(path: Path, rng: random.Random) -> None:
    """Change one digit, which leaves most files readable."""
    content = bytearray(path.read_bytes())
    if places := [i for i, byte in enumerate(content) if 0x30 <= byte <= 0x39]:
        content[rng.choice(places)] = 0x30 + rng.randrange(10)
    path.write_bytes(content)


def cut(path: Path, rng: random.Random) -> None:
    """Leave the beginning."""
    os.truncate(path, rng.randrange(path.stat().st_size + 1))


def garbage(path: Path, rng: random.Random) -> None:
    """Write something else into the middle."""
    content = path.read_bytes()
    at = rng.randrange(len(content) + 1)
    path.write_bytes(content[:at] + rng.randbytes(rng.randrange(1, 60)) + content[at:])


def other(path: Path, rng: random.Random) -> None:
    """Put another file of the folder in its place."""
    shutil.copy(rng.choice(sorted(p for p in path.parent.iterdir() if p.is_file() and p != path)), path)


def replaced(make: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
    """Put something else in its place."""

    def change(path: Path, rng: random.Random) -> None:
        path.unlink()
        make(path)

    return change


def forge(path: Path, rng: random.Random) -> None:
    """Append a record whose checksum is right."""
    says = dict(rng.choice(RECORDS))
    content = json.dumps(says.pop("content", "")).encode()
    journal = Journal(path.parent / "rows.journal", {})
    journal.append(says, content)
    journal.close()


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    flip,
    flip,
    digit,
    digit,
    cut,
    garbage,
    other,
    forge,
    replaced(lambda path: path.write_bytes(b"")),
    replaced(lambda path: None),
    replaced(lambda path: path.symlink_to(path.parent.parent / "victim")),
    replaced(os.mkfifo),
    replaced(Path.mkdir),
)


def commands(script: str) -> list[list[str]]:
    """Commands that meet the folder."""
    return [["run", script, "--out", "out"], ["report", "out"], ["collect", "out", "--out", "merged"]]


def wrong(here: Path, whole: Path, status: int | None, said: str, command: list[str]) -> str:
    """What is not as it must be after a command; empty if all is well."""
    if status not in (0, 1, 2) or "Traceback" in said:
        return f"ended with status {status}"
    if (here / "ran").exists():
        return "it ran code that it found"
    if (here / "victim").read_text(encoding="utf-8") != "mine" or (here.parent / "escaped").exists():
        return "it wrote outside"
    if status == 2:
        return "" if said.startswith("testbed: ") else "it says nothing"
    out = here / command[-1]
    for path in sorted(whole.iterdir()):
        if path.name in PER_RUN or path.is_dir():
            continue
        mine = (out / path.name).read_bytes() if (out / path.name).is_file() else b""
        partial = status == 1 and ("missing" in said or "damaged" in said)
        if partial and path.name == "rows.csv" and not set(mine.splitlines()) <= set(path.read_bytes().splitlines()):
            return "some of its rows are not those of the undisturbed run"
        if not partial and mine != path.read_bytes():
            return f"{path.name} is not that of the undisturbed run"
    return ""


def mutations(here: Path, number: int, rng: random.Random) -> Iterator[str]:
    """Damage a folder so many times; give what is wrong then."""
    script = Path(scripts(here)[1])
    script.write_text(SCRIPT.format(alpha="[0.0, 0.5]", figure="new", more="").replace("[3, 40]", "[30, 40]"), "utf-8")
    start = here / "start"
    start.mkdir()
    status, _, said = forked(start, ["run", str(script), "--out", "out"])
    assert status == 0, said
    for i in range(number):
        place = here / "place" / "inside"
        shutil.rmtree(here / "place", ignore_errors=True)
        shutil.copytree(start, place)
        (place / "victim").write_text("mine", encoding="utf-8")
        what = []
        for _ in range(rng.choice((1, 1, 2))):
            path = rng.choice(sorted(p for p in (place / "out").iterdir() if p.is_file() and not p.is_symlink()))
            change = rng.choice(CHANGES)
            try:
                change(path, rng)
            except ValueError:  # the journal is damaged already
                continue
            what.append(f"{getattr(change, '__name__', '')} {path.name}")
        command = rng.choice(commands(str(script)))
        status, _, said = forked(place, command, limit=LIMIT)
        if why := wrong(place, start / "out", status, said, command):
            yield f"{i}: {', '.join(what)}; {command[0]}: {why}; {said}"


def main(number: int, seed: int) -> None:
    """Try, print what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        found = 0
        for case in mutations(Path(name), number, random.Random(seed)):
            print(case, flush=True)
            found += 1
    print(f"{found} of {number} folders after which something is wrong")
    sys.exit(bool(found))


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["500", "0"][len(sys.argv) - 1 :])))
