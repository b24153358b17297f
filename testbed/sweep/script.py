"""Sweep scripts: loaded from their text, here and in workers, so that nothing they define is ever pickled."""

from __future__ import annotations

import hashlib
import linecache
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from testbed.keys import SCRIPT_PREFIX
from testbed.sweep.grid import Experiment

__all__ = ["ScriptError", "execute", "experiment_of", "read"]


class ScriptError(ValueError):
    """A script that cannot be read, or does not define what is needed."""


def read(path: Path) -> str:
    """Return the text of a script."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"script {path} cannot be read: {error}") from error


@lru_cache(maxsize=8)
def execute(text: str) -> ModuleType:
    """Execute a script once, as a module named by the hash of its text; `inspect` can read its source."""
    name = SCRIPT_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:16]
    module = ModuleType(name)
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    sys.modules[name] = module
    try:
        exec(compile(text, module.__file__, "exec"), module.__dict__)
    except SystemExit as error:
        del sys.modules[name]
        raise ScriptError(f"the script exits by itself (status {error.code!r}) before it can be read") from error
    except BaseException:
        del sys.modules[name]
        raise
    return module


def experiment_of(text: str, tiny: bool = False) -> Experiment:
    """Return the EXPERIMENT of a script."""
    found: Any = getattr(execute(text), "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise ScriptError("the script defines no EXPERIMENT = Experiment(...)")
    return found.tiny() if tiny else found
