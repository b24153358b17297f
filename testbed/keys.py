"""Canonical text of everything that decides a row, and the random streams that hang on it.

A row is named by what it is, never by its place in a grid: two scripts that describe the same cell get the same key,
the same draws and the same numbers, and a grid may grow without changing a value that it already had.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from testbed.arguments import shown
from testbed.settings import Settings
from testbed.things import source_of

__all__ = ["Dial", "canonical", "coerced", "digest", "flatten", "know", "known", "stream", "written"]

SCRIPT_PREFIX = "testbed_script_"  # scripts are executed under this name and the hash of their text


class Dial(Settings):
    """Base of every frozen dataclass of dials: its ``repr`` is its canonical text.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> CleanMixture(k=5, rho=0.5)    # what is as by default is left out
    CleanMixture(k=5, rho=0.5)
    """

    def __repr__(self) -> str:
        return canonical(self)


def canonical(value: object) -> str:
    """Write a value as its canonical text.

    A dataclass is its class and its fields in order, defaults omitted, numbers coerced to the type of the field
    (``10`` becomes ``10.0``); a field without a default is written without its name. Arrays are dtype, shape and
    SHA-256 of their bytes; estimators are their class and ``get_params(deep=True)``, with ``n_jobs=None`` whatever it
    is, as no number may depend on it; a class or function defined in a script carries the SHA-256 of its source.

    Raises
    ------
    TypeError
        For anything whose text would not determine it (a lambda, a closure, an open file), named in the message.

    Examples
    --------
    >>> from testbed.keys import canonical
    >>> canonical({"b": (1, 2.0), "a": None})
    '{"a": None, "b": [1, 2.0]}'
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{_name(type(value))}({', '.join(_arguments(value))})"
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=True)
        shared = {k: None if k.split("__")[-1] == "n_jobs" else v for k, v in parameters.items()}
        inside = ", ".join(f"{k}={canonical(v)}" for k, v in sorted(shared.items()))
        return f"{_name(type(value))}({inside})"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return _array(value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return repr(value)
    if isinstance(value, float):
        return repr(value + 0.0)  # -0.0 and 0.0 are one dial
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple | list | range):
        return f"[{', '.join(canonical(v) for v in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{canonical(k)}: {canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, np.ufunc):
        return value.__name__
    named = isinstance(value, type | types.FunctionType) and value.__name__ != "<lambda>"
    if named or (isinstance(value, types.BuiltinFunctionType) and isinstance(value.__self__, types.ModuleType)):
        return _name(value)
    raise TypeError(
        f"{shown(value)} has no canonical text, so a row that depends on it could not be found again; "
        "use numbers, strings, arrays, dataclasses, estimators, named classes or functions"
    )


_HASHED: dict[int, tuple[weakref.ref[Any], str]] = {}  # texts of large arrays that nobody can write into, by id
LARGE = 2**16  # bytes from which on the text of an array is kept: rows of a user are read again for each cell


def _array(value: np.ndarray[Any, Any]) -> str:
    kept = _HASHED.get(id(value))
    if kept is not None and kept[0]() is value and not value.flags.writeable:
        return kept[1]
    sha = hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()
    text = f"array({value.dtype}, {list(value.shape)}, {sha[:32]})"
    if value.nbytes >= LARGE and value.base is None and not value.flags.writeable:
        place = id(value)
        _HASHED[place] = (weakref.ref(value, lambda _: _HASHED.pop(place, None)), text)
    return text


def _arguments(value: Any) -> list[str]:
    arguments = []
    for field, coerced in _fields(value):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        text = canonical(coerced)
        if required and not field.kw_only:
            arguments.append(text)
        elif required or text != canonical(_coerce(_default(field), _hints(type(value)).get(field.name))):
            arguments.append(f"{field.name}={text}")
    return arguments


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if callable(field.default_factory) else None


def _fields(value: Any) -> list[tuple[dataclasses.Field[Any], object]]:
    hints = _hints(type(value))
    return [(f, _coerce(getattr(value, f.name), hints.get(f.name))) for f in dataclasses.fields(value) if f.init]


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        try:
            plain, noted = typing.get_type_hints(cls), typing.get_type_hints(cls, include_extras=True)
            _HINTS[cls] = {name: _joined(hint, noted[name]) for name, hint in plain.items()}
        except NameError:  # a hint that only type checkers import: the value is then taken as it is
            _HINTS[cls] = {}
    return _HINTS[cls]


def _joined(hint: Any, noted: Any) -> Any:
    """Type without its notes; a union with a note in it, ``Positive | None``, is what ``float | None`` is to a text."""
    kinds = typing.get_args(hint)
    union = typing.get_origin(noted) is typing.Union and hint != noted
    return float if union and float in kinds and int not in kinds else hint


def _coerce(value: object, hint: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds and int not in kinds:
        return float(value)
    return value


def _name(thing: Any) -> str:
    """Name of a class or function; what a script defines is told apart by the hash of its source."""
    module = str(thing.__module__)
    if isinstance(thing, types.FunctionType) and thing.__closure__:
        raise TypeError(
            f"{thing.__qualname__} has no canonical text: it takes {', '.join(thing.__code__.co_freevars)} from the "
            "function around it, which its source does not show; make it a dataclass with fields"
        )
    if not module.startswith(SCRIPT_PREFIX) and module != "__main__":
        return str(thing.__name__)
    if thing in _KNOWN:
        return _KNOWN[thing]
    source = source_of(thing)
    if source is None and module != "__main__":
        raise TypeError(f"the source of {thing.__qualname__} cannot be read, so it has no canonical text")
    if source is None:  # typed at a prompt that keeps nothing: it has rows in memory, and no others
        return f"{thing.__name__}@memory"
    return f"{thing.__name__}@{hashlib.sha256(source.encode()).hexdigest()[:12]}"


_KNOWN: dict[object, str] = {}


def known(thing: type | types.FunctionType) -> tuple[str, dict[str, Any]]:
    """Name of a class or function in canonical text, and the types of its fields: what another process may not find."""
    return _name(thing), _hints(thing) if isinstance(thing, type) else {}


def know(thing: type | types.FunctionType, name: str, hints: dict[str, Any]) -> None:
    """Take what `known` said in another process, where the text of a class can be read."""
    _KNOWN[thing] = name
    if isinstance(thing, type):
        _HINTS[thing] = hints


def coerced(value: object) -> dict[str, object]:
    """Fields of a dataclass with the values that its canonical text has.

    Examples
    --------
    >>> from testbed.generators import LeeMixture
    >>> from testbed.keys import coerced
    >>> coerced(LeeMixture(k=3, scale=2))["scale"]    # a float, as the field is
    2.0
    """
    return {field.name: inner for field, inner in _fields(value)}


def flatten(value: object, prefix: str) -> dict[str, object]:
    """Lay the dials of a dataclass out as columns: ``generator.k``, ``generator.base.k``, ``pretext.regressor.rank``.

    A nested dataclass gives its own dials; arrays, estimators and classes give their canonical text, and a text is as
    `written` says.

    Examples
    --------
    >>> from testbed.keys import flatten
    >>> from testbed.pretexts import Predict
    >>> from testbed.regressors import ReducedRank
    >>> flatten(Predict(ReducedRank(2)), "pretext")["pretext.regressor.rank"]
    2
    """
    columns: dict[str, object] = {}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field, inner in _fields(value):
            columns |= flatten(inner, f"{prefix}.{field.name}")
        return columns or ({prefix: type(value).__name__} if "." in prefix else {})
    if isinstance(value, str):
        return {prefix: written(value)}
    if value is None or isinstance(value, bool | int | float):
        return {prefix: value}
    return {prefix: canonical(value)}


def written(text: str) -> str:
    """Write a text as a dial of a CSV file, so that it is taken for nothing else when it is read back.

    A text that looks like a number, a truth value or nothing, begins with a quotation mark, has space at an end or
    holds a line break stands in quotation marks, as JSON: ``"01"`` for the text 01, where 1 is the number.

    Examples
    --------
    >>> from testbed.keys import written
    >>> written("linear"), written("01")    # the text 01 is not the number 1
    ('linear', '"01"')
    """
    try:
        float(text)
        plain = False
    except ValueError:
        plain = text not in ("", "True", "False", "None") and text[0] != '"' and text == text.strip()
    if plain and text.isprintable():
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def digest(text: str) -> int:
    """First 128 bits of the SHA-256 of a text.

    Examples
    --------
    >>> from testbed.keys import digest
    >>> digest("a") == digest("a") != digest("b")
    True
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def stream(root: int, name: str, depends: str, index: int) -> np.random.Generator:
    """Open the random stream called `name` of what the text `depends` describes, at one block or repetition.

    The seed is ``SeedSequence(root, spawn_key=(H(name), H(depends), index))`` with H the function `digest`; the bits
    are those of SFC64, the fastest generator of numpy.

    Examples
    --------
    >>> from testbed.keys import stream
    >>> one, same, other = (stream(0, "labels", "a law", index) for index in (0, 0, 1))
    >>> first = one.standard_normal()
    >>> first == same.standard_normal(), first == other.standard_normal()
    (True, False)
    """
    key = (digest(name), digest(depends), index)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(root, spawn_key=key)))
