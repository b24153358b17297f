"""One cell of a sweep: what decides its rows, and the columns that they have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from testbed.columns import COLUMNS, MEASURED, OPTIONAL, STATUS, THEORY, TRUTH
from testbed.generators import Generator
from testbed.keys import canonical, flatten
from testbed.laws import Law
from testbed.laws.from_rows import Unknowable
from testbed.pretexts import Pretext
from testbed.regressors import Regressor, bind
from testbed.theory import Statement

__all__ = ["Block", "Cell", "Row"]

Row = dict[str, object]

MESSAGE, TRACE = 1_000, 20_000  # characters that are kept of why a repetition failed, and of its traceback


def cut(text: str, most: int) -> str:
    """Text of at most so many characters, without its middle where it is longer; what cannot be printed is escaped."""
    if len(text) > most:
        text = f"{text[: most * 2 // 3]} ... {len(text) - most} characters more ... {text[-most // 3 :]}"
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


@dataclass(frozen=True, eq=False)
class Cell:
    """One combination of a sweep: everything that decides a row but the seed and the repetition.

    Attributes
    ----------
    draws : "moments" or "rows"
        "moments" where pretext and probe are linear, unless the experiment asks for rows.
    nested : tuple of int
        The values of n_labeled that the labelled data accumulate over, up to this cell's; empty if independent.
    extra : tuple of str
        Columns beside the measured ones, of `testbed.columns.EXTRA`. They change no number, so they are not in the
        key.
    theory : mapping
        Name -> statement, whose prediction is the column ``theory.<name>``; not in the key either.
    """

    generator: Generator | Law
    pretext: Pretext
    probe: Regressor
    n_unlabeled: int
    n_labeled: int
    draws: Literal["moments", "rows"]
    nested: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()
    theory: Mapping[str, Statement] = field(default_factory=dict)

    @property
    def measured(self) -> tuple[str, ...]:
        """Columns of numbers in the rows of this cell."""
        return (*MEASURED, *self.extra, *(f"{THEORY}{name}" for name in self.theory))

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be empty in a row that is ok; where no truth is known all that compare with it."""
        return (*OPTIONAL, *TRUTH) if isinstance(self.generator, Unknowable) else OPTIONAL

    def learners(self, law: Law) -> tuple[Pretext, Regressor]:
        """Pretext and probe with the ranks that they have on a law, the same objects for all laws of one shape."""
        on = law.shape[2], law.states
        if on not in self._learners:
            self._learners[on] = bind(self.pretext, *on), bind(self.probe, *on)
        return self._learners[on]

    @cached_property
    def _learners(self) -> dict[tuple[int, int], tuple[Pretext, Regressor]]:
        return {}

    @cached_property
    def texts(self) -> tuple[str, str, str]:
        """Canonical texts of generator, pretext and probe."""
        return canonical(self.generator), canonical(self.pretext), canonical(self.probe)

    @cached_property
    def key(self) -> str:
        """Name of the cell: 64 bits of the SHA-256 of its text."""
        text = canonical([*self.texts, self.draws, self.n_unlabeled, self.n_labeled, *self.nested])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def columns(self) -> Row:
        """Names and values of the columns that identify the rows of this cell."""
        columns: Row = {"key": self.key}
        values = zip(("generator", "pretext", "probe"), (self.generator, self.pretext, self.probe), strict=True)
        for (name, value), text in zip(values, self.texts, strict=True):
            columns |= {name: text, **flatten(value, name)}
        return columns | {"draws": self.draws, "n_unlabeled": self.n_unlabeled, "n_labeled": self.n_labeled}


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of some repetitions of one cell, column by column.

    Attributes
    ----------
    arrays : sequence of arrays (n,) or (), or None
        Values of ``cell.measured``: one a repetition, or () where all share it, or None where not defined for any. A
        prediction that is not defined for one repetition is nan; of a repetition that failed nothing counts.
    failed : mapping
        Place of a repetition that failed -> why, in one line, and the traceback.
    exhausted : bool
        Whether it failed for want of memory or open files, which the process that ran it may have used up before.
    """

    cell: Cell
    reps: range
    arrays: Sequence[npt.NDArray[Any] | None]
    failed: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    exhausted: bool = False

    @classmethod
    def of(cls, cell: Cell, reps: range, measured: Mapping[str, Any]) -> Block:
        """Rows from columns of numbers; one with a number that is not finite has failed.

        A prediction that is not finite is not defined for that law: it is empty, and fails nothing. What was measured
        and not asked for is left out.

        Raises
        ------
        ValueError
            Where something was measured that `testbed.columns` does not declare.
        """
        if strange := [name for name in measured if name not in COLUMNS and name not in cell.measured]:
            raise ValueError(f"measured, but not declared in testbed.columns: {', '.join(strange)}")
        arrays: list[npt.NDArray[Any] | None] = []
        wrong: dict[int, list[str]] = {}
        for name in cell.measured:
            value = measured.get(name)
            if value is None and name in cell.optional:
                arrays.append(None)
                continue
            array = np.array(np.nan if value is None else value)  # a copy, which keeps nothing else in memory
            if array.shape not in ((), (len(reps),)):
                array = np.array(np.broadcast_to(array, len(reps)))
            finite = np.isfinite(array)
            if not finite.all():
                if name.startswith(THEORY):
                    array[~finite] = np.nan
                else:
                    for i in np.flatnonzero(np.broadcast_to(~finite, len(reps))).tolist():
                        wrong.setdefault(i, []).append(name)
            arrays.append(array)
        return cls(cell, reps, arrays, {i: (f"not finite: {', '.join(names)}", "") for i, names in wrong.items()})

    @classmethod
    def lost(cls, cell: Cell, reps: range, message: str, trace: str = "", exhausted: bool = False) -> Block:
        """Rows of repetitions that all failed in the same way: nothing measured, why, and the traceback, cut."""
        why = (cut(" ".join(message.split()), MESSAGE), cut(trace, TRACE))
        return cls(cell, reps, [None] * len(cell.measured), dict.fromkeys(range(len(reps)), why), exhausted)

    @property
    def columns(self) -> list[list[Any]]:
        """Values of ``cell.measured``, one a repetition; None where not defined, and where the repetition failed."""
        return [self._values(array) for array in self.arrays]

    def _values(self, array: npt.NDArray[Any] | None) -> list[Any]:
        if array is None:
            return [None] * len(self.reps)
        values: list[Any] = array.tolist() if array.ndim else [array.item()] * len(self.reps)
        absent = np.isnan(array)
        if absent.any():
            values = [None if value != value else value for value in values]
        for i in self.failed:
            values[i] = None
        return values

    @property
    def traces(self) -> dict[int, str]:
        """Tracebacks of the repetitions that failed, by the number of the repetition."""
        return {self.reps[i]: trace for i, (_, trace) in self.failed.items() if trace}

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        """Give rep, measured values, status and error of each repetition."""
        status, error = ["ok"] * len(self.reps), cast(list[str | None], [None] * len(self.reps))
        for i, (message, _) in self.failed.items():
            status[i], error[i] = "failed", message
        return zip(self.reps, *self.columns, status, error, strict=True)

    def rows(self) -> Iterator[Row]:
        """Give each repetition by the names of its columns, with what identifies the cell."""
        names = ("rep", *self.cell.measured, *STATUS)
        for values in self:
            yield {**self.cell.columns, **dict(zip(names, values, strict=True))}
