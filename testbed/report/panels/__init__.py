"""Kinds of panels, each in a file of its own: the classes of this folder that derive from `PanelKind` and are public.

There is no other registration: `testbed.report` publishes them, and texts that a folder keeps may name them.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from testbed.report.panel import PanelKind

__all__ = ["PANELS"]

_FOUND = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
_NAMED = (getattr(module, name) for module in _FOUND for name in module.__all__)
PANELS: dict[str, type[PanelKind]] = {kind.__name__: kind for kind in _NAMED if issubclass(kind, PanelKind)}
