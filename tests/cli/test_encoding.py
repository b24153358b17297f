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

COMMANDS = """
import sys
from testbed.cli import main
for words in sys.argv[1:]:
    print(">>>", words, flush=True)
    try:
        main(words.split(), standalone_mode=False)
    except SystemExit as end:
        assert not end.code, end.code
"""

OURS = tuple(f"{ROOT}{os.sep}{part}{os.sep}" for part in ("testbed", "experiments", "benchmarks"))


def test_ascii_locales(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(SCRIPT, encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONWARNDEFAULTENCODING": "1"}
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "LANG")}
    environment = {**plain, **locale, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default::EncodingWarning"}

    def call(*commands: str) -> None:
        """In one interpreter, of which the first command is the first."""
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS, *commands], cwd=tmp_path, env=environment, capture_output=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        ours = [line for line in done.stderr.splitlines() if "EncodingWarning" in line and line.startswith(OURS)]
        assert not ours
        said = done.stdout.split(">>> ")[1:]
        assert [text.splitlines()[0] for text in said] == [*commands]
        assert all("größe α" in text for text in said)

    def table(folder: str) -> str:
        return (tmp_path / "results" / folder / "table.md").read_bytes().decode("utf-8")

    call("run words.py --jobs 1")
    assert "größe α" in table("words")
    (tmp_path / "results/words/table.md").unlink()
    call("report results/words", "collect results/words --out results/merged")
    assert "größe α" in table("words") and "größe α" in table("merged")
