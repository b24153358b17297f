"""A testbed for the theory of self-supervised learning: exact truth beside every estimate."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testbed.audits import audit
    from testbed.evaluation import score
    from testbed.falsifier import falsify
    from testbed.generators import vary
    from testbed.sweep import Experiment, run

__all__ = ["Experiment", "audit", "falsify", "run", "score", "vary"]

__version__ = "0.1.0"

_HOME = {
    "Experiment": "sweep",
    "audit": "audits",
    "falsify": "falsifier",
    "run": "sweep",
    "score": "evaluation",
    "vary": "generators",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import testbed`` and the command's help stay fast."""
    if name in _HOME:
        return getattr(import_module(f"testbed.{_HOME[name]}"), name)
    from testbed.arguments import attributes

    return attributes(__name__, __all__)(name)
