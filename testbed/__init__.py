"""A testbed for the theory of self-supervised learning: exact truth beside every estimate."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from testbed.screens import screens

if TYPE_CHECKING:
    from testbed.audits import audit
    from testbed.evaluation import held_out, score
    from testbed.falsifier import falsify
    from testbed.generators import vary
    from testbed.laws.from_rows import FromRows
    from testbed.laws.sampled import SampledLaw
    from testbed.report.loading import load
    from testbed.sweep import Experiment, run

__all__ = ["Experiment", "FromRows", "SampledLaw", "audit", "falsify", "held_out", "load", "run", "score", "vary"]

__version__ = "0.1.0"

_HOME = {
    "Experiment": "sweep",
    "FromRows": "laws.from_rows",
    "SampledLaw": "laws.sampled",
    "audit": "audits",
    "falsify": "falsifier",
    "held_out": "evaluation",
    "load": "report.loading",
    "run": "sweep",
    "score": "evaluation",
    "vary": "generators",
}


PACKAGES = (  # what people import from, in the order in which the pages name them
    "laws", "generators", "pretexts", "regressors", "models", "theory", "check", "evaluation", "sweep", "report",
    "plots", "audits", "falsifier", "data", "maps", "describe",
)  # fmt: skip

screens("population", lambda truth: str(import_module("testbed.describe").screen(truth)))


def __dir__() -> list[str]:
    """What there is: first names, and packages."""
    return sorted({*__all__, *PACKAGES, "__version__"})


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import testbed`` and the command's help stay fast."""
    if name in _HOME:
        return getattr(import_module(f"testbed.{_HOME[name]}"), name)
    from testbed.arguments import attributes

    return attributes(__name__, __all__)(name)
