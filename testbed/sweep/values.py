"""The hash of a value that a script holds when it has been read: a number, an array, a table, or an object of these.

What a data file says is seen here and nowhere else: the statement that reads it stays the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["hashed"]

Meet = Callable[[type | types.FunctionType], None]
PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))
DEPTH = 40  # of objects within objects; what is deeper is told apart by its class alone


def hashed(value: object, meet: Meet) -> str:
    """Hash a value, 64 bits; `meet` is told of every class and function in it.

    An object counts as its class and its state: the fields of a dataclass, else what pickling would keep. Where an
    object keeps nothing (a lock, an open file), only its class counts.
    """
    sha = hashlib.sha256()
    _feed(value, sha, meet, {}, 0)
    return sha.hexdigest()[:16]


def _feed(value: Any, sha: Any, meet: Meet, seen: dict[int, Any], depth: int) -> None:
    def say(*texts: object) -> None:
        sha.update("\0".join(map(str, ("", *texts))).encode(errors="surrogatepass"))

    def feed(*inner: object) -> None:
        for one in inner:
            _feed(one, sha, meet, seen, depth + 1)

    kind = type(value)
    if kind in PLAIN:
        say(kind.__name__, repr(value))
    elif isinstance(value, types.ModuleType):
        say("module", value.__name__)
    elif isinstance(value, type | types.FunctionType):
        meet(value)
        say("named", value.__module__.rpartition("testbed_script_")[0] or "", value.__qualname__)
    elif id(value) in seen or depth > DEPTH:
        say("again", kind.__qualname__)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        say("array", kind.__qualname__, value.dtype, value.shape)
        sha.update(np.ascontiguousarray(value).tobytes())
    else:
        seen[id(value)] = value  # and so its place in memory is not taken by another
        if isinstance(value, np.ndarray):
            say("array", kind.__qualname__, value.dtype, value.shape)
            feed(*value.ravel().tolist())
        elif isinstance(value, np.generic):
            say(kind.__name__, repr(value.item()))
        elif kind in (set, frozenset):
            say(kind.__name__, sorted(hashed(one, meet) for one in value))
        elif isinstance(value, tuple | list | range):
            say(kind.__qualname__, len(value))
            feed(*value)
        elif isinstance(value, Mapping):
            say(kind.__qualname__, len(value))
            feed(*(one for pair in value.items() for one in pair))
        else:
            meet(kind)
            say("object", kind.__qualname__)
            feed(*_state(value))


def _state(value: Any) -> list[object]:
    """What an object keeps."""
    if dataclasses.is_dataclass(value):  # what a dataclass caches beside its fields says nothing of its own
        return [getattr(value, field.name) for field in dataclasses.fields(value) if field.init]
    if hasattr(value, "to_numpy") and hasattr(value, "index"):  # a frame or series: its blocks are an accident
        columns = getattr(value, "columns", None)
        parts = [value[name] for name in columns] if columns is not None and columns.is_unique else []
        keeps = [part.to_numpy() for part in parts] if parts else [value.to_numpy()]
        return [str(getattr(value, "dtypes", "")), columns if columns is None else list(columns),
                list(value.index), *keeps]  # fmt: skip
    try:
        made = value.__reduce_ex__(2)
    except Exception:  # whatever an object does when it is asked: it keeps nothing
        return []
    return [made] if isinstance(made, str) else [part for part in made[1:3] if part is not value]
