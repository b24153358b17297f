"""How processes of a pool start."""

from __future__ import annotations

import sys
from multiprocessing import get_context
from multiprocessing.context import BaseContext

__all__ = ["start"]


def start() -> BaseContext | None:
    """As Python does it, but anew where jax is loaded: a copy of a process could wait for its threads forever."""
    return get_context("spawn") if "jax" in sys.modules else None
