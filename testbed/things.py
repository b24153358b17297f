"""What a value is made of: the classes and functions that it names, and the text in which each was written."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import linecache
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec

__all__ = ["TEXTS", "file_of", "functions", "missing", "refuse_missing", "source_of", "things"]

TEXTS: dict[str, str] = {}  # text of each script that was executed here, by the name of its module

Thing = type | types.FunctionType


def things(value: object) -> Iterator[Thing]:
    """Classes and functions that a value names, in the order of its canonical text; each as often as it is there."""
    if isinstance(value, type | types.FunctionType):
        yield value
    elif dataclasses.is_dataclass(value):
        yield type(value)
        for field in dataclasses.fields(value):
            if field.init:
                yield from things(getattr(value, field.name))
    elif hasattr(value, "get_params"):
        yield type(value)
        for _, inner in sorted(value.get_params(deep=True).items()):
            yield from things(inner)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from things(key)
            yield from things(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from things(inner)


def missing(cls: type) -> list[str]:
    """Packages that a class needs beside those of this project, and that are not installed; none is imported."""
    return [name for name in getattr(cls, "needs", ()) if find_spec(name) is None]


def refuse_missing(*classes: object) -> None:
    """Refuse classes that need packages which are not installed.

    Raises
    ------
    ValueError
        With what is missing, and how to get it.
    """
    for cls in dict.fromkeys(classes):
        if isinstance(cls, type) and (absent := missing(cls)):
            raise ValueError(f"{cls.__name__} needs {' and '.join(absent)}: pip install 'testbed[neural]'")


def functions(cls: type) -> Iterator[types.FunctionType]:
    """Functions that were written in the body of a class: its methods, and those inside properties and the like."""
    for value in vars(cls).values():
        inner = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
        if isinstance(inner, types.FunctionType) and inner.__qualname__.startswith(f"{cls.__qualname__}."):
            yield inner


def file_of(thing: Thing) -> str | None:
    """Name under which `linecache` knows the text of a class or function: a file, a script, or a cell of a notebook.

    A class does not say where it was written, but its methods do. None where no text is known.
    """
    if isinstance(thing, types.FunctionType):
        name = inspect.unwrap(thing).__code__.co_filename
        return name if linecache.getlines(name) else None
    places = [inspect.unwrap(method).__code__.co_filename for method in functions(thing)]
    places.append(f"<{thing.__module__}>" if thing.__module__ in TEXTS else _module_file(thing.__module__))
    return next((p for p in dict.fromkeys(places) if thing.__qualname__ in _classes(_text(p))), None)


def source_of(thing: Thing) -> str | None:
    """Text of the definition of a class or function, decorators included, or None where it cannot be found."""
    if isinstance(thing, types.FunctionType):
        try:
            return inspect.getsource(thing)
        except (OSError, TypeError):
            return None
    name = file_of(thing)
    if name is None:
        return None
    start = _classes(_text(name))[thing.__qualname__]
    return "".join(inspect.getblock(linecache.getlines(name)[start - 1 :]))


def _module_file(name: str) -> str:
    path = getattr(sys.modules.get(name), "__file__", None) or ""
    return path if path.endswith(".py") else ""


def _text(name: str) -> str:
    return "".join(linecache.getlines(name)) if name else ""


@lru_cache(maxsize=16)
def _classes(text: str) -> dict[str, int]:
    """First line of each class of a text, by qualified name; where one is written twice, of the first."""
    lines: dict[str, int] = {}

    def visit(node: ast.AST, above: str) -> None:
        for inner in ast.iter_child_nodes(node):
            within = above
            if isinstance(inner, ast.ClassDef):
                first = min([inner.lineno, *(decorator.lineno for decorator in inner.decorator_list)])
                lines.setdefault(above + inner.name, first)
                within = f"{above}{inner.name}."
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                within = f"{above}{inner.name}.<locals>."
            visit(inner, within)

    with suppress(SyntaxError, ValueError):  # what is at the place may be no Python
        visit(ast.parse(text), "")
    return lines
