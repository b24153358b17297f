"""Engines: which code computes rows. All have the same draws and agree to nine digits; committed rows are numpy's.

An engine is chosen by name, never because its package happens to be installed, and is part of what a folder is.
"""

from __future__ import annotations

from importlib.util import find_spec

from testbed.arguments import shown

__all__ = ["ENGINES", "NUMPY", "check_engine", "named_engine"]

NUMPY = "numpy"  # also that of every folder that names none
ENGINES = (NUMPY, "fast")


def check_engine(engine: str) -> None:
    """Refuse an engine that does not exist, or whose package is not installed; nothing is imported for it.

    Raises
    ------
    ValueError
        With the engines that there are, or with what to install.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine = {shown(engine)}: {' or '.join(map(repr, ENGINES))} is needed")
    if engine == "fast" and find_spec("numba") is None:
        raise ValueError("the engine fast needs numba, which is not installed: pip install 'testbed[fast]'")


def named_engine(engine: str | None) -> dict[str, str]:
    """Part of an identity that names the engine: none for numpy, as in every folder from before there were others."""
    return {} if engine in (None, NUMPY) else {"engine": str(engine)}
