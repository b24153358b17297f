"""What passes between the testbed and code from outside: arrays that nobody can spoil, outputs that are checked."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from testbed._global_state import seeded
from testbed._linalg import Array
from testbed.arguments import cut, placeless, shown
from testbed.data import Chain, LinearMap, Sample
from testbed.keys import Dial
from testbed.screens import Short

LARGEST = 1e100  # beyond it, and below its inverse, squares and what is made of them may leave the range of floats

__all__ = ["Checked", "foreign", "handed", "handed_rows", "parts", "plain", "predictor", "representation"]


def foreign(owner: object) -> bool:
    """Whether a learner, or one inside it, is written outside of the testbed (`Sklearn` copies by itself)."""
    return not all(str(getattr(part, "__module__", "")).startswith("testbed.") for part in parts(owner))


def parts(owner: object) -> list[object]:
    """Return a learner and the learners inside it."""
    if not isinstance(owner, Dial) or not is_dataclass(owner):
        return [owner]
    inside = [getattr(owner, f.name) for f in fields(owner)]
    return [owner, *(part for value in inside if isinstance(value, Dial) for part in parts(value))]


def handed(value: Array, owner: object) -> Array:
    """Array as a learner is given it: read-only; code from outside gets a copy.

    numpy refuses to write into a read-only array, but libraries that take its memory (torch.from_numpy) do not.
    """
    if value.flags.writeable or foreign(owner):
        value = np.array(value) if foreign(owner) else value.view()
        value.flags.writeable = False
    return value


def handed_rows(draw: Any, owner: object) -> Any:
    """Rows of a draw as a learner is given them; batches of Moments are read-only already."""
    if not isinstance(draw, Sample):
        return draw
    arrays = (draw.x1, draw.x2, draw.y, draw.z, draw.weight)
    x1, x2, y, z, weight = (None if v is None else handed(v, owner) for v in arrays)
    return Sample(x1, x2, y, z, weight)  # type: ignore[arg-type]


def plain(output: object, rows: int, width: int | None, who: str) -> Array:
    """Output of a learner as real, finite numbers (rows, width), in memory of their own, read-only.

    Sparse matrices, frames, `numpy.matrix`, lists and (rows,) where width is 1 are converted. A width of None stands
    for any.

    Raises
    ------
    ValueError
        For anything else: says what came.
    """
    wanted = f"it must return real numbers of shape ({rows}, {'r' if width is None else width})"
    convert = getattr(output, "toarray", None) or getattr(output, "to_numpy", None)
    try:
        array = np.array(convert() if convert is not None else output)
    except Exception as error:
        why = cut(placeless(" ".join(str(error).split())))
        raise ValueError(f"{who} returned a {type(output).__name__}, which is no array ({why}); {wanted}") from error
    if output is None:
        raise ValueError(f"{who} returned None; {wanted}")
    came = f"{who} returned a {type(output).__name__} of shape {array.shape} and dtype {array.dtype}"
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{came}; {wanted}")
    numbers = array.astype(float, copy=False)
    if width == 1 and numbers.shape == (rows,):
        numbers = numbers[:, None]
    if numbers.ndim != 2 or len(numbers) != rows or width not in (None, numbers.shape[1]):
        raise ValueError(f"{came}; {wanted}")
    missing = np.ma.getmaskarray(output) if isinstance(output, np.ma.MaskedArray) else False
    wrong = int(np.sum(~np.isfinite(numbers) | np.reshape(missing, numbers.shape if np.ndim(missing) else ())))
    if wrong:
        raise ValueError(f"{came}, of which {wrong} values are not finite; {wanted}")
    size = float(np.abs(numbers).max(initial=0.0))
    if size > LARGEST or 0.0 < size < 1.0 / LARGEST:
        raise ValueError(
            f"{came}, the largest of size {size:.3g}; it must lie between {1.0 / LARGEST:g} and {LARGEST:g}, so that "
            "squares keep their digits"
        )
    numbers.flags.writeable = False
    return numbers


@dataclass(frozen=True, eq=False, repr=False)
class Checked(Short):
    """A function of rows that is given read-only rows, and whose outputs are checked.

    Attributes
    ----------
    function : callable
        (n, p) -> (n, width).
    width : int or None
        Columns that it must return; None is any number.
    who : str
        What errors call it.
    seed : int or None
        With a seed the global generators are set before each call, from it and the rows: the same rows have the same
        outputs, whatever was called before.
    """

    function: Callable[[Array], Any]
    width: int | None
    who: str
    seed: int | None = None

    def __call__(self, x: Array) -> Array:
        """Map rows."""
        rows = np.asarray(x)
        if self.seed is None:
            output = self.function(handed(rows, self.function))
        else:
            number = zlib.crc32(np.ascontiguousarray(rows).data, self.seed)
            output = seeded(number, lambda: self.function(handed(rows, self.function)))
        return plain(output, len(rows), self.width, self.who)

    def __eq__(self, other: object) -> bool:
        """Two of them are one if their functions are; a bare function is one with that it checks."""
        return bool(self.function == (other.function if isinstance(other, Checked) else other))

    def __hash__(self) -> int:
        return hash(self.function)


def predictor(found: Any, shape: tuple[int, int], who: object, seed: int | None = None) -> LinearMap | Checked:
    """Check what a regressor gave as its predictor from p to q columns, and have its outputs checked."""
    if isinstance(found, LinearMap):
        return _linear(found, shape, _name(who), foreign(who))
    if isinstance(found, Checked):
        return found if seed is None else Checked(found.function, found.width, found.who, seed)
    return Checked(_function(found, _name(who)), shape[1], f"the predictor of {_name(who)}", seed)


def representation(psi: Any, d1: int, who: object, seed: int | None = None) -> LinearMap | Chain | Checked:
    """Check what a pretext gave as its representation of x1 (d1 columns), and have its outputs checked."""
    if isinstance(psi, LinearMap):
        return _linear(psi, (d1, None), _name(who), foreign(who))
    if isinstance(psi, Chain):
        first = representation(psi.first, d1, who, seed)
        return psi if first is psi.first else Chain(first, psi.second)
    if isinstance(psi, Checked):
        return psi if seed is None else Checked(psi.function, psi.width, psi.who, seed)
    return Checked(_function(psi, _name(who)), None, f"the representation of {_name(who)}", seed)


def _name(who: object) -> str:
    """Class of a learner, whose text stands in the row; a function as it is."""
    return type(who).__name__ if isinstance(who, Dial) else shown(who)


def _function(found: Any, who: str) -> Callable[[Array], Any]:
    if not callable(found):
        raise ValueError(f"{who} gave a {type(found).__name__}; its fit must return a function of rows or a LinearMap")
    function: Callable[[Array], Any] = found
    return function


def _linear(found: LinearMap, shape: tuple[int, int | None], who: str, outside: bool) -> LinearMap:
    """Check a map (..., a, b) in place: the object stays the same, since the truth knows its own maps by identity."""
    a, b = shape
    wanted = f"it must be real, (..., {a}, {'r' if b is None else b}) and (..., {'r' if b is None else b})"
    weight, offset = found.weight, found.offset
    came = (
        f"{who} gave a LinearMap with weight {weight.shape} of {weight.dtype}, offset {offset.shape} of {offset.dtype}"
    )
    fits = weight.ndim >= 2 and offset.ndim >= 1 and weight.shape[-1] == offset.shape[-1] and weight.shape[-2] == a
    if not fits or b not in (None, weight.shape[-1]) or {weight.dtype.kind, offset.dtype.kind} - set("fiub"):
        raise ValueError(f"{came}; {wanted}")
    wrong = sum(int(np.sum(~np.isfinite(v))) for v in (weight, offset))
    if wrong:
        raise ValueError(f"{came}, of which {wrong} values are not finite; {wanted}")
    if outside:  # its memory may be written again by the learner that made it
        for name, value in (("weight", weight), ("offset", offset)):
            own = np.array(value)
            own.flags.writeable = False
            object.__setattr__(found, name, own)
    return found
