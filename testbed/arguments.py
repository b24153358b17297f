"""What the public calls accept, and how they say what they do not: short, with the name that was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

__all__ = [
    "MOST",
    "Seed",
    "attributes",
    "cut",
    "fits_path",
    "generator_of",
    "is_word",
    "keywords",
    "meant",
    "placeless",
    "shown",
    "unknown",
]

P = ParamSpec("P")
T = TypeVar("T")
Seed = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator
MOST = 200  # characters of what was given that a message repeats
PLACE = re.compile(r" at 0x[0-9A-Fa-f]+")  # of an object in memory, as Python writes it


def cut(text: str, most: int = MOST) -> str:
    """Text of at most so many characters, without its middle where it is longer."""
    return text if len(text) <= most else f"{text[: most - 70]}...{text[-50:]} ({len(text)} characters)"


def placeless(text: str) -> str:
    """Text without the places of objects in memory, which are others in every process: ``<function <lambda>>``."""
    return PLACE.sub("", text)


def shown(value: object) -> str:
    """Write a value for a message: its ``repr``, cut, without its place in memory; its type alone where that fails."""
    try:
        if isinstance(value, int) and value.bit_length() > 600:
            return f"a whole number of {value.bit_length()} bits"
        if isinstance(value, np.ndarray) and value.size > 10:
            return f"an array of shape {value.shape} and type {value.dtype}"
        return cut(placeless(" ".join(repr(value).split("\n"))))
    except Exception:  # whatever a repr of its own raises
        return f"<{type(value).__name__}>"


def is_word(value: object, allowed: Iterable[str]) -> bool:
    """Whether a value is one of some words; an array, which compares with each, is none."""
    return isinstance(value, str) and value in set(allowed)


def fits_path(text: str) -> bool:
    """Whether file systems can hold a path: names of at most 255 bytes, 4,096 in all, and something in it."""
    names = text.encode(errors="surrogateescape").split(b"/")
    return bool(text.strip()) and "\0" not in text and max(map(len, names)) <= 255 and len(text) <= 4_096


def meant(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant: "; did you mean alpha?", or nothing."""
    names = list(known)
    lower = {other.lower(): other for other in reversed(names)}
    close = difflib.get_close_matches(name[:MOST].lower(), lower, n=1, cutoff=0.6)
    return f"; did you mean {lower[close[0]]}?" if close else ""


def unknown(who: str, names: Sequence[str], known: Iterable[str], what: str = "argument") -> str:
    """Say that there is no such argument, what was probably meant, and which there are."""
    listed = list(known)
    said = ", ".join(cut(name) for name in names[:3])
    hint = meant(names[0], listed) or f"; it has {cut(', '.join(listed)) or 'none'}"
    return f"{who} has no {what} {said}{hint}"


def keywords(call: Callable[P, T]) -> Callable[P, T]:
    """Let a function say of a misspelt argument which one was probably meant."""
    known = [p.name for p in signature(call).parameters.values() if p.kind is not Parameter.POSITIONAL_ONLY]

    @wraps(call)
    def checked(*args: P.args, **given: P.kwargs) -> T:
        if wrong := [name for name in given if name not in known]:
            raise TypeError(unknown(call.__name__, wrong, known))
        return call(*args, **given)

    return checked


def generator_of(rng: Seed | None, name: str = "rng") -> np.random.Generator:
    """Open a random generator from what `numpy.random.default_rng` accepts; a generator is returned as it is.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    try:
        if isinstance(rng, bool | np.bool_ | str | bytes):
            raise TypeError
        return np.random.default_rng(rng)
    except Exception as error:  # numpy writes what it refuses, and that may fail too
        raise ValueError(
            f"{name} = {shown(rng)}: a numpy.random.Generator, or what numpy.random.default_rng makes one of, such as "
            "a whole number of at least 0"
        ) from error


def attributes(module: str, names: Iterable[str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module: its own modules are imported, for other names it says what was meant."""
    listed = list(names)

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if name.isidentifier() and find_spec(f"{module}.{name}"):
            return import_module(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {shown(name)}{meant(name, listed)}")

    return missing
