"""The command line answers at once: what takes long to import is imported where it is used."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ["sklearn", "statsmodels", "pandas", "matplotlib", "seaborn", "scipy.stats", "dask", "jax", "numba"]

PROBE = """
import json, sys
from click.testing import CliRunner
heavy = json.loads(sys.argv[1])
loaded = lambda: [name for name in heavy if name in sys.modules]
import testbed
from testbed.cli import main
after_import = loaded()
result = CliRunner().invoke(main, ["--help"])
print(json.dumps({"import": after_import, "help": loaded(), "exit": result.exit_code, "output": result.output}))
"""


def probe(before: str = "") -> dict[str, object]:
    """Heavy modules that a fresh interpreter holds after `import testbed.cli` and after `testbed --help`."""
    command = [sys.executable, "-c", before + PROBE, json.dumps(HEAVY)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stderr
    answer: dict[str, object] = json.loads(run.stdout)
    return answer


def test_help_imports_nothing_heavy() -> None:
    answer = probe()
    assert answer["import"] == [], "import testbed.cli loads these; move their imports into functions"
    assert answer["help"] == [], "testbed --help loads these; move their imports into functions"
    assert answer["exit"] == 0
    assert "Usage" in str(answer["output"])


def test_a_heavy_import_is_seen() -> None:
    assert "matplotlib" in str(probe(before="import matplotlib\n")["import"])
