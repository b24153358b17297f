"""What the options of the commands accept: each refusal names the option, its value and what is allowed."""

from __future__ import annotations

import math
import pathlib
import re
from collections.abc import Callable
from typing import Any

from click import BadParameter, Context, Parameter, Path

from testbed.arguments import fits_path, shown

__all__ = ["DEFAULT", "PATH", "address", "named", "seconds", "shard", "size"]

ADDRESS = re.compile(r"([a-z][a-z0-9+]*://)?(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):[0-9]{1,5}/?")
DEFAULT = (
    "Results folder [default: below results/ as the script is below a folder experiments/, otherwise results/<name>]."
)
LONGEST = 1e6  # seconds, eleven days: a longer limit is none


def shard(context: Context, parameter: Parameter, value: str | None) -> tuple[int, int] | None:
    """``i/N``, the i-th of N parts."""
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", value)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise BadParameter(f"{shown(value)} is not i/N with 1 <= i <= N, such as 2/16", context, parameter)
    return int(found[1]), int(found[2])


def seconds(least_open: bool) -> Callable[[Context, Parameter, float | None], float | None]:
    """Seconds, more than 0 or from 0 on, up to a million."""

    def check(context: Context, parameter: Parameter, value: float | None) -> float | None:
        if value is None or (math.isfinite(value) and 0.0 <= value <= LONGEST and (value > 0.0 or not least_open)):
            return value
        allowed = f"{'more than 0' if least_open else 'from 0'} up to {LONGEST:.0f} seconds are allowed"
        raise BadParameter(f"{value!r}: {allowed}", context, parameter)

    return check


class _Named(Path):
    """Path of a file or folder; an empty text, which would be the current folder, is refused."""

    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> Any:
        """Return the path, or fail with a usage error where it is empty or too long."""
        if isinstance(value, str) and not value.strip():
            self.fail("is empty: name a file or a folder", param, ctx)
        if isinstance(value, str) and not fits_path(value):
            self.fail(f"{shown(value)} is too long for a path", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Named(path_type=pathlib.Path)


def named(context: Context, parameter: Parameter, value: str | None) -> str | None:
    """Text that is not empty."""
    if value is not None and not value.strip():
        raise BadParameter("is empty", context, parameter)
    return value


def size(context: Context, parameter: Parameter, value: str) -> int:
    """Sample size, which may be written as 1e5."""
    from testbed.allowed import Size

    try:
        given: int | float | str = int(value) if re.fullmatch(r"[+-]?[0-9]{1,400}", value) else float(value)
    except ValueError:
        given = value
    if not Size().allows(given):
        raise BadParameter(f"{shown(given)}: {Size().words(given)}", context, parameter)
    return Size().held(given)


def address(context: Context, parameter: Parameter, value: str | None) -> str | None:
    """``local``, the address of a scheduler, or the file that a scheduler wrote its address into."""
    if value is not None and value.endswith(".json"):
        value = _written(context, parameter, pathlib.Path(value))
    if value is None or value == "local" or ADDRESS.fullmatch(value):
        return value
    said = (
        "is neither local nor the address of a scheduler, such as tcp://host:8786, nor a scheduler file, such as c.json"
    )
    raise BadParameter(f"{shown(value)} {said}", context, parameter)


def _written(context: Context, parameter: Parameter, path: pathlib.Path) -> str:
    """Address in a scheduler file."""
    import json

    try:
        return str(json.loads(path.read_bytes())["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f"{shown(str(path))} is no scheduler file: {type(error).__name__}: {error}"
        raise BadParameter(said, context, parameter) from error
