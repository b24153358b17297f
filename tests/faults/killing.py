"""SIGKILL at random moments, of the run and of its workers, then the same command again: the rows of one run.

By hand, with 20 kills of each kind: python tests/faults/killing.py [KILLS [SEED]]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.harness import call, kill, rows, run, start, workers, write


def kill_parents(script: Path, out: Path, kills: int, rng: random.Random, fresh: bool = False) -> int:
    """Kill the run itself at random moments, going on with it each time; how many kills met a living one."""
    first, last = (0.1, 3.0) if fresh else (0.01, 0.8)  # seconds; a fresh one has to start up
    hit = 0
    for _ in range(kills):
        process = start(*run(script, out, "--jobs", "2"), fresh=fresh)
        try:
            process.communicate(timeout=rng.uniform(first, last))
        except subprocess.TimeoutExpired:
            hit += 1
            kill(process.pid)
            process.communicate()
    return hit


def kill_workers(script: Path, out: Path, kills: int, rng: random.Random, fresh: bool = False) -> int:
    """Kill a random worker at random moments of one run; how many were killed."""
    hit, longest = 0, 0.6 if fresh else 0.15  # seconds
    process = start(*run(script, out, "--jobs", "2"), fresh=fresh)
    while process.poll() is None and hit < kills:
        time.sleep(rng.uniform(longest / 6.0, longest))
        if alive := workers(process):
            kill(rng.choice(alive))
            hit += 1
    process.communicate()
    return hit


def main(kills: int, seed: int) -> None:
    """Kill, go on, compare."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        script = write(here, repeats=40 + 12 * kills)
        call(*run(script, here / "one", "--jobs", "2"))
        for what, hurt in (("parent", kill_parents), ("worker", kill_workers)):
            hit = hurt(script, here / what, kills, rng, fresh=True)
            status, _, said = call(*run(script, here / what, "--jobs", "2"))
            same = rows(here / what) == rows(here / "one")
            print(f"{what}: {hit} kills, then exit {status}, same bytes: {same}; {said.splitlines()[-1]}")
            if status or not same:
                sys.exit(1)


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["20", "0"][len(sys.argv) - 1 :])))
