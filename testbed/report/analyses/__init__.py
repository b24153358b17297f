"""Analyses: what a script may ask of its rows beside means, each in a file of its own.

A file of this folder is one by its `ANALYSIS`: scripts may declare its list, reports write its files, and its kind is
part of `testbed.report`. There is no other registration.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from testbed.report.analysis import Analysis

__all__ = ["ANALYSES"]

_FOUND = (import_module(f"{__name__}.{found.name}").ANALYSIS for found in iter_modules(__path__))
ANALYSES: dict[str, Analysis] = {analysis.declared: analysis for analysis in _FOUND}  # by the name of the list
