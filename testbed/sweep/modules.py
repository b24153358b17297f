"""Modules of the user's own: which they are, what they are called in a message, and the text of each."""

from __future__ import annotations

import inspect
import os
import sys
import tokenize
import types
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec, resolve_name
from pathlib import Path

from testbed.keys import SCRIPT_PREFIX
from testbed.sweep.statements import File
from testbed.things import TEXTS, functions

__all__ = [
    "closure", "file_of_module", "label", "loaded", "outdated", "own", "parsed", "title_of", "unimported", "version_of",
]  # fmt: skip

PACKAGE = str(Path(__file__).resolve().parents[1])
STDLIB = str(Path(tokenize.__file__).resolve().parent)


@cache
def own(name: str) -> bool:
    """Whether a module is the user's own: neither of the standard library, nor installed, nor of this package."""
    if name == "__main__" or name.startswith(SCRIPT_PREFIX):
        return True
    if name.partition(".")[0] in (*sys.stdlib_module_names, "testbed"):
        return False
    module = sys.modules.get(name)
    places = [getattr(module, "__file__", None), *(getattr(module, "__path__", None) or ())]
    return any(p and _of_user(str(Path(p).resolve())) for p in places)


def _of_user(path: str) -> bool:
    inside = {"site-packages", "dist-packages"} & set(Path(path).parts)
    return not inside and not path.startswith((PACKAGE + os.sep, STDLIB + os.sep))


def closure(modules: list[types.ModuleType]) -> Iterator[types.ModuleType]:
    """The user's own modules that some modules import, in any depth, and those themselves."""
    seen = {module.__name__ for module in modules}
    while modules:
        module = modules.pop()
        yield module
        file = file_of_module(module)
        for named in file.imports if file else ():
            with suppress(ImportError):
                full = resolve_name("." * named.level + named.module, module.__package__ or "")
                for name in (full, f"{full}.{named.name}" if named.name else full):
                    found = loaded(name)
                    if found is not None and found.__name__ not in seen:
                        seen.add(found.__name__)
                        modules.append(found)


def loaded(name: str) -> types.ModuleType | None:
    """A module of the user's own, imported if it is not yet; None for any other."""
    if name not in sys.modules:
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        try:
            top = find_spec(name.partition(".")[0])
            place = top and (top.origin or next(iter(top.submodule_search_locations or ()), None))
            if not place or not _of_user(str(Path(place).resolve())):
                return None
            import_module(name)
        except Exception:  # it fails in the rows too, which say so
            return None
    return sys.modules[name] if own(name) else None


def unimported(word: str) -> File | None:
    """The file of the user's own that a module of this name would be read from; it is not imported."""
    if word in (*sys.stdlib_module_names, "testbed"):
        return None
    with suppress(Exception):  # a name that cannot be found names no module
        found = find_spec(word)
        if found and found.origin and found.origin.endswith(".py") and _of_user(str(Path(found.origin).resolve())):
            with tokenize.open(found.origin) as file:
                return parsed(file.read())
    return None


def label(module: str, name: str) -> str:
    """Name by which a user knows a name of a module: that of the script, or of a notebook, goes without saying."""
    return name if module == "__main__" or module.startswith(SCRIPT_PREFIX) else f"{module}.{name}"


def title_of(module: types.ModuleType) -> str:
    """What the file of a module is called in a message."""
    script = module.__name__ == "__main__" or module.__name__.startswith(SCRIPT_PREFIX)
    return "the script" if script else f"the file of {module.__name__}"


def version_of(top: str) -> str:
    """Version of an installed package, by the name that it is imported by."""
    found = getattr(sys.modules.get(top), "__version__", None)
    if not isinstance(found, str):
        try:
            found = version(packages_distributions()[top][0])
        except Exception:  # not installed as a package
            found = "unknown"
    return found


def file_of_module(module: types.ModuleType) -> File | None:
    """The text of a module, where it has one of its own."""
    path = getattr(module, "__file__", None) or ""
    if module.__name__ in TEXTS:
        return parsed(TEXTS[module.__name__])
    if not path.endswith(".py"):
        return None
    try:
        with tokenize.open(path) as file:
            return parsed(file.read())
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def outdated(thing: type | types.FunctionType) -> bool:
    """Whether the file that a class or function is from was edited since it was imported: what runs is older."""
    path = getattr(sys.modules.get(thing.__module__), "__file__", None) or ""
    methods = [thing] if isinstance(thing, types.FunctionType) else list(functions(thing))
    mine = [code for code in (inspect.unwrap(m).__code__ for m in methods) if code.co_filename == path]
    if not mine or not own(thing.__module__) or thing.__module__ in TEXTS:  # a script is kept with its text
        return False
    try:
        with tokenize.open(path) as file:
            todo = [compile(file.read(), path, "exec", dont_inherit=True)]
    except (OSError, SyntaxError, ValueError):
        return True
    on_disk = set()
    while todo:
        inner = [code for code in todo.pop().co_consts if isinstance(code, types.CodeType)]
        on_disk.update(inner)
        todo += inner
    return not on_disk.issuperset(mine)


_FILES: dict[str, File] = {}


def parsed(text: str) -> File:
    """The statements of a text, read once."""
    if text not in _FILES:
        if len(_FILES) > 64:
            _FILES.clear()
        _FILES[text] = File.of(text)
    return _FILES[text]
