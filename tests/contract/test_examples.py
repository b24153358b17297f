"""Every class and function of the main path shows itself in an example, and every example of a docstring runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

import testbed

MAIN = (
    "generators", "regressors", "pretexts", "laws", "data", "theory", "models", "check", "falsifier", "describe",
    "keys", "registry",
)  # fmt: skip
ALSO = {
    "testbed": ("Experiment", "FromRows", "SampledLaw", "audit", "falsify", "held_out", "score", "vary"),
    "evaluation": ("error01", "intrinsic_split", "run_cells", "subspace_sine"),
    "report": (
        "Crossing", "Curve", "Figure", "HeatMap", "Multiplier", "Panel", "Shown", "Slope", "Stack",
        "Table", "Verdict", "contrasts", "declared", "default_table", "figures_text", "made_of", "summarize", "texts",
    ),
}  # fmt: skip
WITHOUT = {
    "LAWS", "SUITE", "STATEMENTS", "KINDS", "checker", "NearlyTight", "ContrastiveNetwork", "DeepCCA", "VAE",
    "CollapseThreshold", "ExcessLogLoss", "LandmarkDraws", "LinearVAEOptimum", "know", "known",
}  # lists, what few call, what trains for seconds, and where a file is full  # fmt: skip


def main_path() -> list[tuple[str, Any]]:
    """Names and objects that must have an example."""
    found = []
    for package in MAIN:
        module = importlib.import_module(f"testbed.{package}")
        found += [(name, getattr(module, name)) for name in module.__all__ if name not in WITHOUT]
    for package, names in ALSO.items():
        module = testbed if package == "testbed" else importlib.import_module(f"testbed.{package}")
        found += [(name, getattr(module, name)) for name in names]
    return sorted(dict(found).items())


def modules() -> list[str]:
    """Modules of the package whose text holds an example."""
    root = Path(testbed.__file__).parent
    paths = [path for path in sorted(root.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
    return [".".join(("testbed", *path.relative_to(root).with_suffix("").parts)) for path in paths]


@pytest.mark.parametrize(("name", "thing"), main_path(), ids=lambda v: v if isinstance(v, str) else "")
def test_main_path_has_an_example(name: str, thing: Any) -> None:
    assert ">>> " in (inspect.getdoc(thing) or ""), f"{name}: its docstring has no example"


def test_names_without_an_example_exist() -> None:
    known = {name for package in MAIN for name in importlib.import_module(f"testbed.{package}").__all__}
    assert known >= WITHOUT


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
