"""Imports flow one way: data <- laws <- generators, data <- regressors <- pretexts, all <- evaluation <- sweep."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "testbed"

# What each module or package of testbed/ may import of the others, bottom to top. Its own inside is always open to it.
BASE = {"allowed", "settings", "things", "keys", "_linalg", "_global_state", "arguments", "guards", "screens"}
LEARNING = {"regressors", "models", "pretexts"}
TRUTH = {"laws", "generators", "theory"}
LAYERS: dict[str, set[str]] = {
    "arguments": set(),
    "guards": {"arguments"},
    "columns": set(),
    "engine": {"arguments"},
    "screens": set(),  # what people are shown
    "things": set(),
    "allowed": {"arguments"},
    "settings": {"arguments", "allowed"},
    "keys": {"arguments", "settings", "things"},
    "files": set(),
    "_linalg": set(),
    "_global_state": set(),
    "_processes": set(),
    "maps": {"_linalg", "screens"},
    "view": {"_linalg", "arguments"},
    "sample": BASE | {"maps", "view"},
    "moments": BASE | {"maps", "sample"},
    "data": {"maps", "moments", "sample"},
    "outside": BASE | {"data"},  # what passes to and from code of others
    "laws": BASE | {"data", "maps", "view"},
    "regressors": BASE | {"data", "maps", "outside"},
    "generators": BASE | {"data", "laws"},
    "models": BASE | {"data", "laws", "regressors", "generators"},  # checks of ranks and dials
    "pretexts": BASE | {"data", "maps", "outside", "laws", "regressors", "models"},
    "theory": BASE | {"data", "laws"},
    "registry": {"arguments", "generators", "laws", "models", "pretexts", "regressors", "theory"},
    "stated": BASE | TRUTH,
    "sketch": BASE | {"laws"},
    "describe": BASE | {"data", "stated", "sketch"} | TRUTH,
    "described": BASE | {"data", "stated", "describe"} | TRUTH,
    "failures": {"arguments"},
    "evaluation": BASE | {"columns", "data", "maps", "engine", "outside", "failures"} | TRUTH | LEARNING,
    "measures": {"evaluation"},  # a former place, for one version
    "check": BASE | {"_processes", "columns", "data", "registry", "evaluation"} | TRUTH | LEARNING,
    "sweep": BASE | {"columns", "data", "engine", "files", "outside", "failures", "evaluation"} | TRUTH | LEARNING,
    "falsifier": BASE | TRUTH | {"_processes"},
    "report": {"keys", "files", "arguments", "columns", "registry"},  # it reads rows.csv and never simulates
    "explorer": {"columns", "files", "registry", "report"},  # it reads what a report wrote, and runs no code
    "plots": {"arguments", "columns", "files", "registry", "report"},
    "audits": BASE | {"data", "report", "view"} | TRUTH | {"regressors"},  # report: how pictures and tables look
    "cli": BASE
    | {"columns", "data", "engine", "files", "failures"}
    | TRUTH
    | LEARNING
    | {"describe", "described", "registry", "evaluation", "check", "sweep", "report"}
    | {"audits", "explorer", "falsifier", "plots"},
}
EXTRA = {
    "pretexts.two_networks": {"generators"},  # checks of dials
    "theory.information": {"models"},
    "theory.likelihood": {"models"},
}  # single modules that may import more than their layer

# Here the only third parties are numpy and scipy.
PURE_LAYERS = {
    "_linalg", "arguments", "allowed", "settings", "maps", "sample", "moments", "data", "laws", "generators", "theory",
}  # fmt: skip
PURE_MODULES = {"regressors", "regressors.base", "regressors.ols", "regressors.ridge", "regressors.reduced_rank"}
PURE = {"numpy", "scipy"}


@cache
def modules() -> dict[str, Path]:
    """Every module of testbed/ but its front door, which may import anything: "laws" is laws/__init__.py."""
    paths = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    paths.pop("", None)
    return paths


FILES = {f"testbed.{module}" for module in modules()}


@cache
def imports(source: str, module: str, *, is_package: bool = False) -> tuple[tuple[int, str], ...]:
    """Line and absolute name of all that a module imports, inside functions and for type checkers too."""
    return tuple(_imports(source, module, is_package))


def _imports(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    here = ["testbed", *module.split(".")]
    package = here if is_package else here[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *(node.module.split(".") if node.module else [])])
            for alias in node.names:  # `from testbed import laws` names a module, `from testbed import run` does not
                yield node.lineno, f"{origin}.{alias.name}" if f"{origin}.{alias.name}" in FILES else origin
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}:
            for name in node.args[:1]:
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
                    yield node.lineno, name.value


def violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """One sentence for each import that the tables above do not allow."""
    layer = module.split(".")[0]
    if layer not in LAYERS:
        return [f"testbed.{module} has no row in LAYERS: say what it may import"]
    allowed = {layer} | LAYERS[layer] | EXTRA.get(module, set())
    pure = layer in PURE_LAYERS or module in PURE_MODULES
    found = []
    for line, name in imports(source, module, is_package=is_package):
        root, _, inside = name.partition(".")
        target = inside.split(".")[0]
        where = f"testbed.{module}, line {line}: imports {name}"
        if root == "testbed" and not inside:
            found.append(f"{where} itself, the front door; name the module instead")
        elif root == "testbed" and target not in allowed:
            found.append(f"{where}, but {layer} may import only {', '.join(sorted(allowed))}")
        elif root != "testbed" and pure and root not in PURE | sys.stdlib_module_names:
            found.append(f"{where}, but its third parties are only {' and '.join(sorted(PURE))}")
    return sorted(set(found))


@pytest.mark.parametrize("module", modules())
def test_imports_flow_one_way(module: str) -> None:
    path = modules()[module]
    found = violations(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
    assert not found, "imports flow one way (LAYERS in this file):\n" + "\n".join(found)


def graph() -> dict[str, set[str]]:
    """Files of testbed/ that each of its files imports, inside functions and for type checkers too."""
    found: dict[str, set[str]] = {}
    for module, path in modules().items():
        named = imports(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
        found[module] = {name.removeprefix("testbed.") for _, name in named if name in FILES} - {module}
    return found


def circles(graph: dict[str, set[str]]) -> list[str]:
    """One sentence for each import that leads back to the importer, directly or through others."""
    return sorted(
        f"{a} imports {b}, which leads back to {a}" for a in graph for b in graph[a] if a in reached(graph, b)
    )


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """All that a file imports, directly or through others."""
    seen, left = set(), [start]
    while left:
        new = graph.get(left.pop(), set()) - seen
        seen |= new
        left.extend(new)
    return seen


def test_no_two_files_import_each_other() -> None:
    found = circles(graph())
    assert not found, "circles of imports between files:\n" + "\n".join(found)


def test_a_circle_is_found_wherever_it_is_closed() -> None:
    closed = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert len(circles(closed)) == 3
    assert circles(closed | {"c": set()}) == []
    late = "def late():\n    from testbed.laws import mixture\n"
    late += "if TYPE_CHECKING:\n    from testbed.laws.finite import Finite"
    assert [name for _, name in imports(late, "laws.base")] == ["testbed.laws.mixture", "testbed.laws.finite"]


def test_tables_name_only_layers() -> None:
    named = set().union(*LAYERS.values(), *EXTRA.values(), PURE_LAYERS, {m.split(".")[0] for m in EXTRA})
    assert named <= set(LAYERS)


def test_layers_have_no_cycle() -> None:
    seen: set[str] = set()
    for layer, allowed in LAYERS.items():
        assert allowed <= seen, f"{layer} may import what stands above it: {sorted(allowed - seen)}"
        seen.add(layer)
    for module, extra in EXTRA.items():
        assert all(module.split(".")[0] not in LAYERS[layer] for layer in extra)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("keys", "from testbed._linalg import solve"),
        ("data", "import testbed.laws"),
        ("laws.mixture", "from testbed.regressors.ols import OLS"),
        ("laws.mixture", "from ..regressors import OLS"),
        ("laws.mixture", "from .. import regressors"),
        ("laws.mixture", "from testbed import regressors"),
        ("laws.mixture", "def late():\n    from testbed.evaluation import run_cells"),
        ("laws.mixture", "if TYPE_CHECKING:\n    from testbed.generators import LeeMixture"),
        ("laws.mixture", "import sklearn.mixture"),
        ("laws.mixture", "import importlib\nimportlib.import_module('pandas')"),
        ("regressors.ols", "from testbed.laws import GaussianMixture"),
        ("regressors.ridge", "def fit():\n    from sklearn.linear_model import Ridge"),
        ("generators.lee", "from testbed.regressors import OLS"),
        ("pretexts.predict", "from testbed.generators import LeeMixture"),
        ("theory.lee2021", "from testbed.models import Factor"),
        ("evaluation.risk", "from testbed.check import run"),
        ("evaluation.study", "import testbed.sweep"),
        ("check", "from testbed.sweep import grid"),
        ("sweep.runner", "from testbed.report import summary"),
        ("report.figures", "from testbed.laws import GaussianMixture"),
        ("report.figures", "from testbed.cli import main"),
        ("sweep.runner", "import testbed"),
        ("sweep.runner", "from testbed import Experiment"),
        ("sweep.runner", "from .. import Experiment"),
        ("attic", "import numpy"),
    ],
)
def test_an_offender_is_named(module: str, source: str) -> None:
    (sentence,) = violations(source, module)
    assert f"testbed.{module}" in sentence


@pytest.mark.parametrize(
    ("module", "is_package", "source"),
    [
        ("laws", True, "from .mixture import GaussianMixture"),
        ("laws.mixture", False, "from . import base\nfrom ..data import Sample\nfrom testbed import _linalg"),
        ("laws.mixture", False, "import numpy as np\nfrom scipy.special import logsumexp\nimport dataclasses"),
        ("regressors.kernel", False, "def fit():\n    from sklearn.kernel_ridge import KernelRidge"),
        ("theory.likelihood", False, "from testbed.models import Factor"),
        ("cli", False, "from testbed.report import figures\nimport click"),
    ],
)
def test_a_lawful_import_passes(module: str, is_package: bool, source: str) -> None:
    assert violations(source, module, is_package=is_package) == []
