"""Modules beside a script: found as under `python script.py`, but never in place of what this project itself needs."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from types import CodeType, ModuleType

__all__ = ["add", "folders", "forget", "hidden"]

_FOLDERS: list[str] = []
_FOUND: set[str] = set()  # top names of what was found there


class Fresh(SourceFileLoader):
    """Compiles the text as it is now: bytecode beside it is believed if size and second of its change agree."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile a module."""
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
        found = PathFinder.find_spec(name, _FOLDERS if path is None else path, target)
        if found is None or found.loader is None:
            return None
        if path is None and _needed(name):
            return PathFinder.find_spec(name, [p for p in sys.path if p not in _FOLDERS], target)
        _FOUND.add(top)
        if isinstance(found.loader, SourceFileLoader):
            found.loader = Fresh(found.loader.name, found.loader.path)
        return found


def add(*first: str) -> None:
    """Look in these folders first from here on, and in no others that were added before."""
    if not any(isinstance(finder, Guard) for finder in sys.meta_path):
        sys.meta_path.insert(0, Guard())
    if list(first) != _FOLDERS:
        forget()
        _FOLDERS.extend(first)
        sys.path[:0] = [folder for folder in first if folder not in sys.path]
    importlib.invalidate_caches()


def folders() -> tuple[str, ...]:
    """Folders that were added."""
    return tuple(_FOLDERS)


def forget() -> None:
    """Take back what `add` did, and every module that was found there."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _FOUND]:
        del sys.modules[name]
    _FOUND.clear()
    for folder in _FOLDERS:
        if folder in sys.path:
            sys.path.remove(folder)
    _FOLDERS.clear()


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
