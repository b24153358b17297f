"""Does an audit say what is true? ``python -m experiments.audit.coverage [FOLDER]`` (about two hours on one core).

Coverage, size and validity of everything that `testbed.audit` prints, on eleven laws: 500 tables of 200 labelled rows
from each and 150 of 1,000, with 1,000 unlabelled pairs. ``--tables N M`` takes other numbers (``--tables 100 0`` takes
ten minutes). Blocks of ten tables, which share their unlabelled pairs, are appended to blocks.journal as they are done:
the same command goes on where it was stopped, and larger numbers add blocks. The figure shows what n rows can find.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from experiments.audit.laws import LAWS, SEVEN, Trial
from testbed.audits import Audit, audit
from testbed.audits.input import read
from testbed.audits.permutation import permutation_tests
from testbed.audits.residuals import residuals_of
from testbed.audits.truth import true_differences
from testbed.report.studies import report_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

RESULTS = Path(__file__).resolve().parents[2] / "results"
SEED = 2026
PAIRS, BLOCK = 1000, 10
SIZES = (100, 200, 500, 1000, 2000, 5000)
EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
POWER_TABLES = 100
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


def jobs(tables: tuple[int, int], power: int) -> Iterator[tuple[str, Any]]:
    """Key and work of every block."""
    for n, number in zip((200, 1000), tables, strict=True):
        for block in range(-(-number // BLOCK)):
            for name in LAWS:
                yield json.dumps(["coverage", name, n, block]), delayed(covered)(name, n, block)
    for block in range(-(-power // BLOCK)):
        for n in SIZES:
            for rho in EDGES:
                yield json.dumps(["power", rho, n, block]), delayed(powers)(rho, n, block)


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


def run(path: Path, tables: tuple[int, int], power: int, processes: int) -> dict[str, list[Record]]:
    """Compute the blocks that are missing, and append each as it is done."""
    known = done(path)
    missing = [(key, work) for key, work in jobs(tables, power) if key not in known]

    def named(key: str, work: Any) -> Any:
        return delayed(_keyed)(key, work)

    with path.open("a", encoding="utf-8") as file, threadpool_limits(1):
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")
        parallel = Parallel(n_jobs=processes, return_as="generator_unordered")
        results = parallel(named(key, work) for key, work in missing)
        for key, records in tqdm(results, total=len(missing), desc="blocks", mininterval=10.0):
            file.write(json.dumps([key, records]) + "\n")
            file.flush()
            os.fsync(file.fileno())
            known[key] = records
    return {key: known[key] for key, _ in jobs(tables, power)}


def _keyed(key: str, work: Any) -> tuple[str, list[Record]]:
    function, arguments, options = work
    with threadpool_limits(1):
        return key, function(*arguments, **options)


def share(values: Any) -> tuple[float, float]:
    """Share of those that hold, and its standard error."""
    held = np.array([v for v in values if v is not None], dtype=float)
    if not len(held):
        return np.nan, np.nan
    return float(held.mean()), float(np.sqrt(max(held.mean() * (1.0 - held.mean()), 1e-12) / len(held)))


def summary(blocks: dict[str, list[Record]]) -> pd.DataFrame:
    """Coverage, size and validity for each law and n."""
    groups: dict[tuple[str, int], list[Record]] = {}
    for key, records in blocks.items():
        kind, name, n, _ = json.loads(key)
        if kind == "coverage":
            groups.setdefault((name, n), []).extend(records)
    rows = []
    for (name, n), records in groups.items():
        law = LAWS[name]
        truth, values = law.truth, law.singular_values
        defined = not np.isnan(truth["leak"])
        row: dict[str, Any] = {"law": name, "n": n, "tables": len(records)}
        row |= {"eps^2": truth["epsilon"], "e_W^2": truth["leak"]}
        known = records if defined else []
        row["eps^2 covered"] = share([r["epsilon"][0] <= truth["epsilon"] <= r["epsilon"][2] for r in records])[0]
        row["eps^2 below the upper limit"] = share([truth["epsilon"] <= r["epsilon"][2] for r in records])[0]
        row["e_W^2 covered"] = share([r["leak"][0] <= truth["leak"] <= r["leak"][2] for r in known])[0]
        row["e_W^2 below the upper limit"] = share(
            [truth["leak"] <= r["leak"][2] for r in records] if defined else [r["leak"][2] == np.inf for r in records]
        )[0]
        row["singular values covered"] = share(
            [bool(np.all(np.abs(np.array(r["singular"]) - values) <= r["half"])) for r in records]
        )[0]
        row["rank valid"] = share([r["rank"] <= int(np.sum(values > 1e-9)) for r in records])[0]
        ratio = truth["epsilon"] / truth["beta"] ** 2 if truth["beta"] else np.inf
        row["eps^2/beta^2 below the limit"] = share([ratio <= r["bound"] for r in records])[0]
        row["plain rejects"] = share([r["plain"] <= 0.05 for r in records])[0]
        row["studentised rejects"] = share([r["studentised"] <= 0.05 for r in records])[0]
        row["lower limit valid"] = share([r["universal"] <= truth["universal"] * 1.01 for r in records])[0]
        row["median lower limit"] = float(np.median([r["universal"] for r in records]))
        row["eps^2, all functions"] = truth["universal"]
        for i in range(len(records[0]["inside"])):
            row[f"D covered {i + 1}"] = share([r["inside"][i] for r in records if i < len(r["inside"])])[0]
        rows.append(row)
    return pd.DataFrame(rows)


def failures(table: pd.DataFrame) -> list[str]:
    """Numbers of the seven laws that miss what was asked for: .92 (tests .06, lower limits .95) within 3 s.e."""
    said = []
    for row in table.to_dict("records"):
        if row["law"] not in SEVEN:
            continue

        def held(column: str, least: float, row: dict[Any, Any] = row) -> None:
            allowed = least - 3.0 * np.sqrt(least * (1.0 - least) / row["tables"])
            if row[column] < allowed:
                said.append(f"{row['law']}, n = {row['n']}: {column} {row[column]:.3f}, asked for {allowed:.3f}")

        columns = [c for c in row if "covered" in str(c) or "below" in str(c)]
        for column in columns:
            held(str(column), 0.92)
        held("lower limit valid", 0.95)
        size = 0.06 + 3.0 * np.sqrt(0.06 * 0.94 / row["tables"])
        for column, of in (("studentised rejects", ("CI", "common scale")), ("plain rejects", ("CI",))):
            if row["law"] in of and row[column] > size:
                said.append(f"{row['law']}, n = {row['n']}: {column} {row[column]:.3f}, allowed {size:.3f}")
        if row["law"] == "common scale" and row["plain rejects"] <= 0.8:
            said.append(f"common scale, n = {row['n']}: plain rejects {row['plain rejects']:.3f}, expected above .8")
    return said


def power_table(blocks: dict[str, list[Record]]) -> pd.DataFrame:
    """Share of tables in which the studentised test finds the leak."""
    groups: dict[tuple[float, int], list[Record]] = {}
    for key, records in blocks.items():
        kind, rho, n, _ = json.loads(key)
        if kind == "power":
            groups.setdefault((rho, n), []).extend(records)
    leak = {rho: Trial(rho=rho).truth["leak"] for rho in {rho for rho, _ in groups}}
    rows = [
        (n, rho, leak[rho], len(r), *(share([v[kind] <= 0.05 for v in r])[0] for kind in ("studentised", "plain")))
        for (rho, n), r in groups.items()
    ]
    return pd.DataFrame(rows, columns=["n", "rho", "e_W^2", "tables", "studentised", "plain"]).sort_values(["n", "rho"])


def draw(page: Figure, power: pd.DataFrame) -> None:
    """Power against the leak in label units, a line for each n."""
    from testbed.report.panel import PALETTE

    page.set_size_inches(4.8, 3.0)
    axes = page.add_axes((0.12, 0.17, 0.62, 0.72))
    for i, (n, rows) in enumerate(power[power["rho"] > 0.0].groupby("n")):
        style: dict[str, Any] = {
            "marker": "osv^D<"[i % 6],
            "color": PALETTE[i],
            "ms": 4,
            "lw": 1.2,
            "label": f"n = {n:,}",
        }
        axes.plot(rows["e_W^2"], rows["studentised"], **style)
    axes.axhline(0.05, color="0.4", lw=0.8, ls=":")
    axes.set_xscale("log")
    axes.set_ylim(0.0, 1.03)
    axes.set_xlabel("leak in label units (squared error)")
    axes.set_ylabel("share of tables in which it is found")
    axes.set_title("What n rows can find", loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)


def main() -> None:
    """Compute what is missing, write, and say what misses its mark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=RESULTS / "audit" / "coverage")
    parser.add_argument("--tables", nargs=2, type=int, default=(500, 150), metavar=("N200", "N1000"))
    parser.add_argument("--power", type=int, default=POWER_TABLES, help="tables for each point of the figure")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    blocks = run(given.folder / "blocks.journal", tuple(given.tables), given.power, given.jobs)
    table, power = summary(blocks), power_table(blocks)
    missed = failures(table) or ["Everything that was asked for holds on the seven laws."]
    notes = [
        "Shares of tables; `D covered i`: interval of the label saving at the i-th number of labels. Standard error of",
        "a share p over t tables: sqrt(p (1 - p) / t).",
        "",
        *(f"- {line}" for line in missed),
    ]
    files = report_of(table, [lambda page, _: draw(page, power)], [lambda shown: (shown, notes)])
    for name, content in files.items():
        (given.folder / name).write_bytes(content)
    (given.folder / "power.csv").write_text(power.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    print("\n".join(missed), given.folder, sep="\n")


if __name__ == "__main__":
    main()
