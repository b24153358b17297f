"""Sweep scripts: loaded from their text, here and in workers, with what lies beside them; nothing of them is pickled.

Modules beside a script are found as under `python script.py`, but never in place of what this project itself needs.
Those of the folder experiments/ that it lies in are found as experiments.FOLDER.MODULE, from wherever it is run.
"""

from __future__ import annotations

import hashlib
import importlib
import linecache
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from testbed.arguments import cut
from testbed.keys import SCRIPT_PREFIX
from testbed.sweep.experiment import Experiment
from testbed.things import TEXTS

__all__ = [
    "ScriptError",
    "execute",
    "experiment_of",
    "experiments_above",
    "look_in",
    "looked_in",
    "place",
    "read",
    "standing",
    "stood",
]

EXPERIMENTS = "experiments"  # scripts below such a folder share modules by the names experiments.FOLDER.MODULE
_FOLDERS: list[str] = []
_ABOVE: list[str] = []  # last on the path, for processes that a script starts by itself
_FOUND: set[str] = set()  # top names of what was found there


class Fresh(SourceFileLoader):
    """Compiles the text as it is now: bytecode beside it is believed if size and second of its change agree."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of a module, compiled from its text as it is now."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class Guard(MetaPathFinder):
    """Looks beside the script first, except for names of the standard library and of packages that are needed here."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Say where a module is; None leaves it to the usual search."""
        top = name.partition(".")[0]
        if path is not None and top not in _FOUND:
            return None
        if name == EXPERIMENTS and (spec := _experiments()):
            _FOUND.add(top)
            return spec
        found = PathFinder.find_spec(name, _FOLDERS if path is None else path, target)
        if found is None or found.loader is None:
            return None
        if path is None and _needed(name):
            return PathFinder.find_spec(name, [p for p in sys.path if p not in _FOLDERS], target)
        _FOUND.add(top)
        if isinstance(found.loader, SourceFileLoader):
            found.loader = Fresh(found.loader.name, found.loader.path)
        return found


def experiments_above(path: Path) -> Path | None:
    """Innermost folder experiments/ that a file or folder lies in; None where there is none."""
    return next((folder for folder in path.parents if folder.name == EXPERIMENTS), None)


def _experiments() -> ModuleSpec | None:
    """Where `import experiments.part` looks: in the folder experiments/ that a script lies in."""
    places = (experiments_above(Path(folder) / "script") for folder in _FOLDERS)
    place = next((place for place in places if place is not None and not (place / "__init__.py").exists()), None)
    if place is None:
        return None
    spec = ModuleSpec(EXPERIMENTS, None, is_package=True)
    spec.submodule_search_locations = [str(place)]
    return spec


def look_in(*first: str) -> None:
    """Look in these folders first from here on, and in no others that were added before."""
    if not any(isinstance(finder, Guard) for finder in sys.meta_path):
        sys.meta_path.insert(0, Guard())
    if list(first) != _FOLDERS:
        forget()
        _FOLDERS.extend(first)
        sys.path[:0] = [folder for folder in first if folder not in sys.path]
        above = (experiments_above(Path(folder) / "script") for folder in first)
        _ABOVE.extend(folder for place in above if place and (folder := str(place.parent)) not in sys.path)
        sys.path.extend(_ABOVE)
    importlib.invalidate_caches()


def looked_in() -> tuple[str, ...]:
    """Return the folders that were added to the path of imports."""
    return tuple(_FOLDERS)


def forget() -> None:
    """Take back what `look_in` did, and every module that was found there."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _FOUND]:
        del sys.modules[name]
    _FOUND.clear()
    for folder in (*_FOLDERS, *_ABOVE):
        if folder in sys.path:
            sys.path.remove(folder)
    _FOLDERS.clear()
    _ABOVE.clear()


def hidden(name: str | None) -> bool:
    """Whether a module lies beside the script but is not the one that an import of this name gives."""
    if not name or "." in name or not _needed(name):
        return False
    found = PathFinder.find_spec(name, _FOLDERS)
    return found is not None and found.loader is not None


@cache
def _needed(name: str) -> bool:
    """Whether a name is one of Python's, of this project's, or of a package that it is built on."""
    if name == "testbed" or name in sys.stdlib_module_names:
        return True
    return not _needs().isdisjoint(map(_plain, packages_distributions().get(name, ())))


@cache
def _needs() -> frozenset[str]:
    """Installed distributions that this project asks for, extras included, and what they ask for."""
    waiting, found = ["testbed"], {"testbed"}
    while waiting:
        try:
            asked = requires(waiting.pop()) or []
        except PackageNotFoundError:
            continue
        inner = len(found) > 1
        names = {
            _plain(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in asked if not (inner and "extra ==" in text)
        }
        waiting += names - found
        found |= names
    return frozenset(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class ScriptError(ValueError):
    """A script that cannot be read, or does not define what is needed."""


def read(path: Path) -> str:
    """Return the text of a script, and forget what was executed before: what lies beside it may have changed."""
    execute.cache_clear()
    forget()
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
        look_in(str(Path(path).resolve().parent))
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
        if isinstance(error, ImportError) and hidden(error.name):
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
