"""Files are UTF-8 whatever the locale says, and a terminal that knows ASCII alone gets the table all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
from dataclasses import dataclass
from testbed import Experiment, generators, report
from testbed.pretexts import Raw
from testbed.regressors import OLS

@dataclass(frozen=True, repr=False)
class Named(generators.Generator):
    word: str = ""
    structure_seed: int = 0

    def law(self, rng=None, repeats=None):
        return generators.LeeMixture(k=3, d1=4, d2=3, scale=2.0, structure_seed=0).law()

EXPERIMENT = Experiment("words", [Named("größe α"), Named("数")], [Raw()], [OLS()], [20], [30], repeats=2)
FIGURES = []
TABLES = [report.Table("Größe", rows=["generator.word"])]
"""


OURS = tuple(f"{ROOT}{os.sep}{part}{os.sep}" for part in ("testbed", "experiments", "benchmarks"))


def test_ascii_locales(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(SCRIPT, encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONWARNDEFAULTENCODING": "1"}
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "LANG")}
    environment = {**plain, **locale, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default::EncodingWarning"}

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from testbed.cli import main; main()", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        ours = [line for line in done.stderr.splitlines() if "EncodingWarning" in line and line.startswith(OURS)]
        assert not ours
        return done.stdout

    commands = {
        "run": ("words.py", "--jobs", "1"),
        "report": ("results/words",),
        "collect": ("results/words", "--out", "results/merged"),
    }
    for command, arguments in commands.items():
        assert "größe α" in call(command, *arguments), command
        table = tmp_path / ("results/merged" if command == "collect" else "results/words") / "table.md"
        assert "größe α" in table.read_bytes().decode("utf-8"), command
