"""Sweep scripts: loaded from their text, here and in workers, so that nothing they define is ever pickled."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from testbed.arguments import cut
from testbed.keys import SCRIPT_PREFIX
from testbed.sweep import beside
from testbed.sweep.grid import Experiment
from testbed.things import TEXTS

__all__ = ["ScriptError", "execute", "experiment_of", "place", "read", "standing", "stood"]


class ScriptError(ValueError):
    """A script that cannot be read, or does not define what is needed."""


def read(path: Path) -> str:
    """Return the text of a script, and forget what was executed before: what lies beside it may have changed."""
    execute.cache_clear()
    beside.forget()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"script {path} cannot be read: {error}") from error


def place(path: Path) -> str:
    """Where a script is, as its `__file__` says it."""
    return os.path.abspath(path)


@lru_cache(maxsize=8)
def execute(text: str, path: str = "") -> ModuleType:
    """Execute a script once, as a module named by the hash of its text; `inspect` can read its source.

    With its `path` it finds what lies beside it: `__file__` is the path, and its folder comes first for imports. The
    directory that a script changes to is left again, so that results do not move with it (see `standing`).
    """
    name = SCRIPT_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:16]
    shown = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = path or shown
    linecache.cache[shown] = (len(text), None, text.splitlines(keepends=True), shown)
    TEXTS[name] = text
    sys.modules[name] = module
    if path:
        beside.add(str(Path(path).resolve().parent))
    here = os.getcwd()
    try:
        exec(compile(text, shown, "exec"), module.__dict__)
    except SystemExit as error:
        del sys.modules[name]
        raise ScriptError(f"the script exits by itself (status {error.code!r}) before it can be read") from error
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, SyntaxError) and error.filename == shown:
            line = cut((error.text or "").strip())
            raise ScriptError(f"{path or 'the script'}, line {error.lineno}: {error.msg}: {line}") from error
        if isinstance(error, ImportError) and beside.hidden(error.name):
            raise ScriptError(
                f"{error}: {error.name}.py beside the script has the name of a module of Python or of a package that "
                "testbed needs, which comes first; give the file another name"
            ) from error
        raise
    finally:
        _STANDS[name] = os.getcwd()
        if _STANDS[name] != here:
            os.chdir(here)
    return module


_STANDS: dict[str, str] = {}  # directory in which each script stood at its end


def stood(text: str, path: str) -> str:
    """Directory in which a script stood at its end."""
    return _STANDS[execute(text, path).__name__]


@contextmanager
def standing(text: str, path: str) -> Iterator[None]:
    """Stand where a script has put itself, as its learners expect it, and come back."""
    here = os.getcwd()
    os.chdir(stood(text, path))
    try:
        yield
    finally:
        os.chdir(here)


def experiment_of(text: str, tiny: bool = False, path: str = "") -> Experiment:
    """Return the EXPERIMENT of a script."""
    module = execute(text, path)
    found: Any = getattr(module, "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        study = ", but a STUDY, which has no cells" if hasattr(module, "STUDY") else ""
        raise ScriptError(f"the script defines no EXPERIMENT = Experiment(...){study}")
    return found.tiny() if tiny else found
