"""Blocks of audited tables: computed in any order, kept in a journal, never computed twice."""

from __future__ import annotations

import json
import os
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from experiments.audit.laws import LAWS, Trial
from testbed.audits import Audit, audit
from testbed.audits.input import read
from testbed.audits.permutation import permutation_tests
from testbed.audits.residuals import residuals_of
from testbed.audits.truth import true_differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["BLOCK", "Record", "computed"]

SEED = 2026
PAIRS, BLOCK = 1000, 10
SIZES = (100, 200, 500, 1000, 2000, 5000)
EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
Record = dict[str, Any]


def stream(*what: object) -> np.random.Generator:
    """Random numbers that depend on what they are for, and on nothing else."""
    return np.random.Generator(np.random.SFC64([SEED, zlib.crc32(repr(what).encode())]))


def covered(name: str, n: int, block: int) -> list[Record]:
    """Audit the tables of a block, and give the truth of their label saving beside."""
    law, rng = LAWS[name], stream("coverage", name, n, block)
    pairs = law.draw(PAIRS, rng, pairs=True)[:2]
    found: list[Audit] = []
    while len(found) < BLOCK:
        x1, x2, y = law.draw(n, rng)
        if np.bincount(y, minlength=3).min() < 10:  # such a table is refused
            continue
        found.append(audit(x1, x2, y, unlabeled=pairs, seed=int(rng.integers(2**31))))
    truth = true_differences(law.draw, pairs, found[0].saving.labels, rng)
    records = []
    for a in found:
        assert a.leak is not None and a.universal is not None
        known = dict(zip(found[0].saving.labels, truth, strict=True))
        differences = zip(a.saving.labels, a.saving.difference, strict=True)
        inside = [bool(d.low <= known[m] <= d.high) if m in known else None for m, d in differences]
        records.append({
            "epsilon": [a.epsilon.low, a.epsilon.value, a.epsilon.high],
            "leak": [a.leak.low, a.leak.value, a.leak.high], "bound": a.bound.high, "rank": a.means.rank,
            "singular": a.means.values.tolist(), "half": a.means.half, "beta": a.means.least,
            "plain": a.tests.plain, "studentised": a.tests.studentised, "universal": a.universal.low, "inside": inside,
            "difference": [d.value for d in a.saving.difference], "verdict": a.saving.verdict, "true": truth.tolist(),
            "width": a.saving.difference[-1].high - a.saving.difference[-1].low,
        })  # fmt: skip
    return records


def powers(rho: float, n: int, block: int) -> list[Record]:
    """Run the tests alone, on a block of tables with an edge of size rho."""
    law, rng = Trial(rho=rho), stream("power", rho, n, block)
    records: list[Record] = []
    while len(records) < BLOCK:
        x1, x2, y = law.draw(n, rng)
        if np.bincount(y, minlength=3).min() < 10:
            continue
        table = read(x1, x2, y, None, None, 5)
        tests = permutation_tests(residuals_of(table), table.labels.state, rng, 199)
        records.append({"plain": tests.plain, "studentised": tests.studentised})
    return records


def jobs(tables: Mapping[int, int], power: int, every: int) -> Iterator[tuple[str, Any]]:
    """Key and work of every block; of a tiny run, of every fifth law, n and edge."""
    for n, number in tables.items():
        for block in range(-(-number // BLOCK)):
            for name in [*LAWS][::every]:
                yield json.dumps(["coverage", name, n, block]), (covered, name, n, block)
    for block in range(-(-power // BLOCK)):
        for n in SIZES[::every]:
            for rho in EDGES[::every]:
                yield json.dumps(["power", rho, n, block]), (powers, rho, n, block)


def done(path: Path) -> dict[str, list[Record]]:
    """Blocks that are there; a last line that a kill cut short is no block."""
    blocks = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            key, records = json.loads(line)
        except ValueError:
            continue
        blocks[key] = records
    return blocks


def computed(
    tables: Mapping[int, int], power: int, journal: Path | None, processes: int, every: int = 1
) -> dict[str, list[Record]]:
    """Blocks for so many tables of each size, and so many for each point of the power, by key.

    With a journal, those that it has are read from it, and each new one is appended as it is done.
    """
    wanted = dict(jobs(tables, power, every))
    known = {} if journal is None else done(journal)
    missing = [(key, work) for key, work in wanted.items() if key not in known]
    results = Parallel(n_jobs=processes, return_as="generator_unordered")(delayed(_keyed)(*one) for one in missing)
    for key, records in tqdm(results, total=len(missing), desc="blocks", mininterval=10.0, disable=None):
        known[key] = records
        if journal is not None:
            _append(journal, json.dumps([key, records]))
    return {key: known[key] for key in wanted}


def _append(journal: Path, line: str) -> None:
    """Write a line to disk, on a line of its own even where a kill cut the last one short."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else "\n" + line
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _keyed(key: str, work: tuple[Any, ...]) -> tuple[str, list[Record]]:
    with threadpool_limits(1):
        return key, work[0](*work[1:])
