"""``python -m benchmarks [GROUP ...]``: run the groups of cases that are named, or all: results/benchmarks/."""

from __future__ import annotations

import sys
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks import finite, floor, kernels, linear, output, processes, sweeps
from benchmarks.harness import Result, measure

FOLDER = Path(__file__).resolve().parent.parent / "results" / "benchmarks"


def run_linear() -> list[Result]:
    """Floor and cases of the linear class."""
    return [*floor.results(), *(measure(case) for case in linear.cases())]


def run_finite() -> list[Result]:
    """Cases of finite laws."""
    return [measure(case) for case in finite.cases()]


GROUPS = {
    "linear": run_linear,
    "finite": run_finite,
    "kernels": kernels.results,
    "sweeps": sweeps.results,
    "processes": processes.results,
}


def main() -> None:
    """Run the groups that are named, or all; rows of the others stay as they are."""
    wrong = set(sys.argv[1:]) - set(GROUPS)
    if wrong:
        sys.exit(f"benchmarks: no group {', '.join(sorted(wrong))}; there are {', '.join(GROUPS)}")
    for name in sys.argv[1:] or GROUPS:
        with threadpool_limits(1):
            found = GROUPS[name]()
        output.update(FOLDER, name, found)
    print((FOLDER / "benchmarks.md").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
