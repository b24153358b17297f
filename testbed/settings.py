"""Settings of dataclasses: what each may be is declared by the type of its field, and checked when it is given.

    k: Count                                                   a whole number of at least 1
    alpha: Share                                               a number from 0 to 1
    nu: Annotated[float, Real(above=2.0)]                      a finite number above 2
    sign: Literal["aligned", "harmful"]                        one of these words
    shared: bool                                               True or False
    base: Generator | Law                                      an instance of either class
    noise_var: Positive | None                                 one or the other
    hidden: tuple[Count, ...]                                  a tuple, or a list, of them

A rule between several fields stands in ``__post_init__``, after ``super().__post_init__()``. Any other type (an
array, a plain ``int``) declares nothing.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from testbed.allowed import Allowed, Choice, Either, Instance, Tuple
from testbed.arguments import unknown

__all__ = ["Settings", "declared"]


def _allowed(hint: Any) -> Allowed | None:
    """What a type declares, or None where it declares nothing."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return next((note for note in inside[1:] if isinstance(note, Allowed)), None)
    if origin is Literal:
        return Choice(inside)
    if hint is bool or hint is type(None):
        return Choice((True, False) if hint is bool else (None,))
    if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
        entry = _allowed(inside[0])
        return Tuple(entry) if entry else None
    if origin is typing.Union or isinstance(hint, types.UnionType):
        if all(isinstance(part, type) and issubclass(part, Settings) for part in inside):
            return Instance(inside)
        parts = [_allowed(part) for part in inside]
        return Either(tuple(part for part in parts if part)) if all(parts) else None
    return Instance((hint,)) if isinstance(hint, type) and issubclass(hint, Settings) else None


_DECLARED: dict[type, dict[str, Allowed]] = {}


def declared(cls: type) -> dict[str, Allowed]:
    """What the settings of a class may be, by name, where their types declare it."""
    if cls not in _DECLARED:
        try:
            hints = typing.get_type_hints(cls, include_extras=True)
        except Exception:  # a class from outside may have a hint that only type checkers can read
            hints = {}
        found = {f.name: _allowed(hints.get(f.name)) for f in dataclasses.fields(cls) if f.init}
        _DECLARED[cls] = {name: allowed for name, allowed in found.items() if allowed}
    return _DECLARED[cls]


class Settings:
    """Base of dataclasses that refuse what their fields do not allow; a misspelt name is answered by the one meant."""

    called: ClassVar[str]

    if not TYPE_CHECKING:

        def __new__(cls, *args: object, **given: object) -> Any:
            """Make one, unless a setting is misspelt."""
            if given and dataclasses.is_dataclass(cls):
                known = [field.name for field in dataclasses.fields(cls) if field.init]
                if wrong := [name for name in given if name not in known]:
                    raise TypeError(unknown(cls.__name__, wrong, known, "setting"))
            return super().__new__(cls)

    def __post_init__(self) -> None:
        """Check each setting against what its type declares."""
        for name, allowed in declared(type(self)).items():
            given = getattr(self, name)
            held = allowed.check(name, given)
            if held is not given:
                object.__setattr__(self, name, held)
