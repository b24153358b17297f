"""What people are shown of an object, at a prompt and in a notebook; rows, keys and canonical texts never look here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

__all__ = ["Screen", "Short", "contained", "screen", "screens", "short", "table"]

MOST = 200  # characters of a line that is shown of an object

_SCREENS: dict[str, Callable[[object], str]] = {}


def screens(kind: str, write: Callable[[object], str]) -> None:
    """Let `write` give the screen of a kind of objects that knows nothing of what is said about it."""
    _SCREENS[kind] = write


def screen(kind: str, thing: object) -> str:
    """Text of the screen of an object; its ``repr`` where nobody gives one."""
    return _SCREENS[kind](thing) if kind in _SCREENS else repr(thing)


class Screen:
    """Base of what a notebook shows as the lines of its screen, in type of one width."""

    screen_kind: str

    def _repr_html_(self) -> str:
        return f"<pre>{escape(screen(self.screen_kind, self))}</pre>"


def table(heading: str, lines: Mapping[str, object]) -> str:
    """A heading and lines of name and value, as HTML."""
    left = 'style="text-align:left"'
    cells = (f"<tr><th {left}>{escape(n)}</th><td {left}>{escape(str(v))}</td></tr>" for n, v in lines.items())
    return f"<table><caption {left}><b>{escape(heading)}</b></caption>{''.join(cells)}</table>"


class Short:
    """Base of what holds arrays: it is shown as names with shapes and numbers, in one line or as a small table."""

    def __repr__(self) -> str:
        return short(self)

    def _repr_html_(self) -> str:
        return table(type(self).__name__, _told(self))

    def _contain(self, *names: str) -> None:
        """Have fields of a frozen dataclass that are containers shown in a line."""
        for name in names:
            object.__setattr__(self, name, contained(getattr(self, name)))


class _Brief:
    """Base of containers that show what they hold in one line: shapes, numbers and names."""

    def __repr__(self) -> str:
        held: Any = self
        kind = type(self).__mro__[-2].__name__  # tuple, list or dict
        words = (f"{_name(k)} {_word(v)}" for k, v in held.items()) if kind == "dict" else map(_word, held)
        line = f"<{kind} of {len(held)}: {', '.join(words)}>"
        return line if len(line) <= MOST else f"{line[: MOST - 4]}...>"


class _Tuple(_Brief, tuple[Any, ...]):
    __slots__ = ()


class _List(_Brief, list[Any]):
    pass


class _Dict(_Brief, dict[Any, Any]):
    pass


def contained(value: Any) -> Any:
    """Return the same tuple, list or dict, and those in it, but shown in a line: a prompt is not filled with numbers.

    Examples
    --------
    >>> import numpy as np
    >>> contained({"x1": np.eye(3), "sizes": [2, 5]})
    <dict of 2: x1 (3, 3), sizes (2, 5)>
    """
    if type(value) in (tuple, list):
        return (_Tuple if type(value) is tuple else _List)(map(contained, value))
    return _Dict((k, contained(v)) for k, v in value.items()) if type(value) is dict else value


def short(thing: object) -> str:
    """Line of an object with fields, such as ``<LinearMap: weight (6, 2), offset (2,)>``: shapes, and no arrays.

    What is None, False or empty is left out, and what is too long for the line ends in dots.
    """
    line = f"<{type(thing).__name__}: {', '.join(f'{name} {word}' for name, word in _told(thing).items())}>"
    return line if len(line) <= MOST else f"{line[: MOST - 4]}...>"


def _told(thing: object) -> dict[str, str]:
    """Fields that have something to say."""
    names = getattr(thing, "_fields", None) or getattr(thing, "__dataclass_fields__", {})
    values = {name: getattr(thing, name) for name in names if not name.startswith("_")}
    words = {name: _word(value) for name, value in values.items() if value is not None and value is not False}
    return {name: word for name, word in words.items() if word}


def _name(key: Any) -> str:
    return " ".join(map(_name, key)) if isinstance(key, tuple) else str(key)


def _word(value: Any) -> str:
    """Number, shape, name or size."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return str(shape) if shape else _word(value.item())
    if isinstance(value, bool | int | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return f"of {len(value)}" if value else ""
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_word, value))})" if 0 < len(value) <= 4 else f"of {len(value)}" if value else ""
    return str(getattr(value, "__name__", type(value).__name__))
