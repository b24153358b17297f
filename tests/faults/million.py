"""A million rows of a small law in one folder: memory of the parent, cost of storage and scheduling, resume.

By hand: python tests/faults/million.py [FOLDER [REPEATS]]; 250000 repetitions of 4 cells take some minutes.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.harness import start

SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

EXPERIMENT = Experiment(
    name="million", generator=vary(LeeMixture, k=2, d1=10, d2=8, structure_seed=1, alpha=[0.0, 0.1]),
    pretext=[Raw(), Predict(OLS())], probe=[OLS()], n_unlabeled=[4000], n_labeled=[1000], repeats=REPEATS)
"""


def peak() -> float:
    """Peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)


def watch(process: subprocess.Popen[str]) -> tuple[float, float, str]:
    """Wait for a process: seconds, its own peak memory in MB, and what it said last."""
    began, most = time.perf_counter(), 0.0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            break
        most = max([most, *(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))])
        time.sleep(0.05)
    _, err = process.communicate()
    return time.perf_counter() - began, most, (err.splitlines() or [""])[-1]


def main(folder: Path, repeats: int) -> None:
    """Run, measure, print."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "million.py"
    script.write_text(SCRIPT.replace("REPEATS", str(repeats)))
    out = folder / "million"

    from testbed.sweep.chunk import Script
    from testbed.sweep.folder import reading
    from testbed.sweep.rows import decode, encode
    from testbed.sweep.runner import Options, run_script

    before, began = time.process_time(), time.perf_counter()
    outcome = run_script(Script(script.read_text(), False), out, Options(jobs=2, progress=False), str(script))
    wall, parent = time.perf_counter() - began, time.process_time() - before
    print(f"run: {outcome.computed} rows in {wall:.0f} s; parent {parent:.1f} s CPU, peak {peak():.0f} MB", flush=True)

    writing = encoding = 0.0
    with reading(out) as index, (folder / "plain.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for _, entry in index.ordered():
            for lines in index.lines(entry):
                rows = [entry.columns | decode(line) for line in lines.splitlines(keepends=True)]
                began = time.process_time()
                writer.writerows([list(row.values()) for row in rows])
                writing += time.process_time() - began
                began = time.process_time()
                encode(list(row.values())[len(entry.columns) :] for row in rows)
                encoding += time.process_time() - began
        began = time.process_time()
        file.flush()
        os.fsync(file.fileno())
        writing += time.process_time() - began
    ratio = (parent + encoding) / writing
    print(f"csv.writer {writing:.1f} s; storage and scheduling {parent:.1f} + {encoding:.1f} s: ratio {ratio:.2f}")

    for what, arguments in (("report", ("report", out)), ("resume", ("run", script, "--out", out, "--jobs", "2"))):
        seconds, most, said = watch(start(*arguments, fresh=True))
        print(f"{what}: {seconds:.1f} s, peak {most:.0f} MB; {said}", flush=True)
    print(f"disk: {sum(f.stat().st_size for f in out.iterdir()) / 1e6:.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else scratch), int(sys.argv[2]) if len(sys.argv) > 2 else 250_000)
