"""Values of a grid that are told apart by their canonical texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from testbed.keys import canonical
from testbed.things import source_of, things

__all__ = ["distinct"]


def distinct(values: Iterable[Any]) -> dict[str, Any]:
    """Values by canonical text, the first of each.

    Raises
    ------
    ValueError
        If two classes or functions have one text, as those of one name in two modules: they would be one cell.
    """
    texts: dict[str, Any] = {}
    for value in values:
        text = canonical(value)
        other = texts.setdefault(text, value)
        for a, b in zip(things(other), things(value), strict=False) if other is not value else ():
            if not _same(a, b):
                names = [f"{thing.__module__}.{thing.__qualname__}" for thing in (a, b)]
                which = f"two versions of {names[0]}" if names[0] == names[1] else " and ".join(names)
                shown = text if len(text) <= 200 else f"{text[:197]}..."
                raise ValueError(
                    f"{which} have the same canonical text, {shown}, so their rows could not be told apart; give one "
                    "of them another name"
                )
    return texts


def _same(a: Any, b: Any) -> bool:
    """Whether two with one text are one; a notebook's cell that is executed again makes new ones of the same text."""
    name = (a.__module__, a.__qualname__)
    return a is b or (name == (b.__module__, b.__qualname__) and name[0] == "__main__" and source_of(a) is not None)
