"""Wrong calls of the command line at random, and what a refusal must not repeat; see wrong_calls.py."""

from __future__ import annotations

import random
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner

from testbed.cli import main

LONG = "word " * 2_000
SCRIPT = """
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS
LAW = LeeMixture(k=2, d1=3, d2=3, structure_seed=0)
NUMBER = 3
EXPERIMENT = Experiment("wrong", [LAW], [Raw()], [OLS()], [20], [30], repeats=2)
FIGURES = []
"""
ODD_TEXTS = (
    "", " ", "a", "-1", "0", "1", "1e400", "nan", "inf", "1e10", "10" * 200, LONG, "²", "2/3", "0/0", "3/2", "²/³",
    "1/1", "x.py",
    "good.py", "bad.py", "exits.py", "folder", "good.py:LAW", "good.py:NUMBER", "good.py:LAV", "LeeMixture(k=3)",
    "LeeMixture(k=3,k=4)", "LeeMixture(kk=3)", "LeeMixtur(k=3)", "LeeMixture(", "LeeMixture(k=1e400)",
    "__import__('os')",
    "LeeMixture(k=[1]*9)", "results/wrong", "/dev/null", "/dev/null/x", "../..", "\udcff", "a\nb", "ZeroError",
    "ZeroEror",
    "tcp://127.0.0.1:1", "tcp://x", "local:", "--", "--jobs", "--nonsense",
)  # fmt: skip
COMMANDS = (
    ["run", "good.py", "--jobs", "1"], ["run", "good.py", "--out", "o", "--shard", "1/2", "--jobs", "1"],
    ["run", "good.py", "--tiny", "--plan"], ["run", "good.py", "--timeout", "5", "--grace", "1", "--jobs", "1"],
    ["run", "good.py", "--dask", "tcp://127.0.0.1:1"], ["report", "results/wrong"],
    ["collect", "results/wrong", "--out", "c"],
    ["replay", "results/wrong", "a", "0"], ["describe", "LeeMixture(k=2, structure_seed=0)"],
    ["describe", "good.py:LAW"],
    ["check", "ZeroError", "--law", "finite-plane"], ["check", "ZeroError", "--law", "good.py:LAW"], ["list"],
    ["falsify", "e_apx <= 0", "--budget", "20"],
)  # fmt: skip


def repeats_input(message: str) -> str | None:
    """Why a message is too long."""
    return (
        "it repeats more than 200 characters" if "word " * 45 in message or re.search(r"[0-9]{210}", message) else None
    )


def command_line(count: int, seed: int) -> Iterator[str]:
    """Wrong calls of the command line, in this process; yields a line for each that is answered by accident."""
    dice, runner = random.Random(seed), CliRunner()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("good.py").write_text(SCRIPT, encoding="utf-8")
        Path("bad.py").write_text("def :\n", encoding="utf-8")
        Path("exits.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
        Path("folder").mkdir()
        runner.invoke(main, ["run", "good.py", "--jobs", "1"])
        for _ in range(count):
            words = list(dice.choice(COMMANDS))
            place = dice.randrange(1, len(words) + 1)
            how = dice.choice(["replace", "replace", "replace", "insert", "drop"])
            words[place : place + (how != "insert")] = [] if how == "drop" else [dice.choice(ODD_TEXTS)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = runner.invoke(main, words)
            shown = " ".join(word[:40] for word in words).encode("ascii", "backslashreplace").decode()
            output = result.output
            error = result.exception
            if error is not None and not isinstance(error, SystemExit):
                yield f"testbed {shown}: {type(error).__name__}: {str(error)[:160]!r}"
            elif result.exit_code not in (0, 1, 2):
                yield f"testbed {shown}: exit status {result.exit_code}"
            elif "Traceback" in output or re.search(r"testbed: (\w+Error|KeyError|Exception): ", output):
                yield f"testbed {shown}: {output.strip().splitlines()[-1][:200]!r}"
            elif why := repeats_input(output):
                yield f"testbed {shown}: {why}"
