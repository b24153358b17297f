"""What people are shown of an object, at a prompt and in a notebook; rows, keys and canonical texts never look here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

__all__ = ["Screen", "screen", "screens", "table"]

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
