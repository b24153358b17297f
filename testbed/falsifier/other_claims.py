"""Claims as code: callables of laws, and the exact statements of the ledger; both are decided in floats."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from testbed.arguments import placeless, shown
from testbed.falsifier.claims import Claim, ClaimError, Pair, Sides, compared
from testbed.falsifier.formulas import Formula
from testbed.falsifier.rational import UndefinedError
from testbed.theory import STATEMENTS, Exact

__all__ = ["Function", "OfStatement", "claim_of"]


@dataclass(frozen=True)
class Function(Claim):
    """A callable of one law or two that returns (left, right), meaning left <= right; decided in floats."""

    function: Callable[..., Any]

    @property
    def text(self) -> str:
        """Name of the callable, which stands for the claim."""
        return f"{getattr(self.function, '__name__', shown(self.function))}: left <= right"

    @property
    def laws(self) -> int:  # type: ignore[override]
        """Number of laws that the callable takes as arguments."""
        return len(_arguments(self.function))

    def sides(self, laws: Pair) -> Sides:
        """Call the function on the laws in floating point, and compare what it returns."""
        arguments = [candidate.law for candidate in laws]
        try:
            found = self.function(*arguments)
        except UndefinedError:
            raise
        except Exception as error:
            raise ClaimError(placeless(f"{type(error).__name__}: {error}")[:500]) from error
        try:
            left, right = (float(v) for v in found)
        except (TypeError, ValueError) as error:
            raise ClaimError(f"the claim returned {shown(found)}; it must return two numbers (left, right)") from error
        if math.isnan(left) or math.isnan(right):
            raise ClaimError(f"the claim returned ({left}, {right}): NaN is on no side of anything")
        return compared("<=", left, right, exact=False)


def _arguments(function: Callable[..., Any]) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    found = [p for p in parameters if p.default is inspect.Parameter.empty]
    if len(found) not in (1, 2):
        raise ValueError(f"claim takes {len(found)} arguments; a callable of one law or of two is needed")
    return found


@dataclass(frozen=True)
class OfStatement(Claim):
    """A statement of the ledger between quantities of a law: where its assumptions hold, both sides must agree."""

    statement: Exact
    laws: ClassVar[int] = 1  # type: ignore[misc]

    @property
    def text(self) -> str:
        """The statement with its settings, and its formula."""
        return f"{self.statement!r}: {self.statement.claim}"

    def sides(self, laws: Pair) -> Sides:
        """Both sides on the law in floats; `UndefinedError` where an assumption fails."""
        truth = laws[0].law.population()
        try:
            if not bool(np.all(self.statement.applies(truth))):
                raise UndefinedError("an assumption does not hold")
            left, right, scale, wrong_by = (float(np.asarray(v)) for v in self.statement.sides(truth))
        except ValueError as error:
            raise UndefinedError(str(error)) from error
        if not math.isfinite(left) or math.isnan(right):
            raise UndefinedError("a side is not defined on this law")
        if math.isinf(right):
            raise UndefinedError("the bound is infinite")
        return compared("<=" if self.statement.kind == "inequality" else "==", left, right, False, scale, wrong_by)


def claim_of(claim: object) -> list[Claim]:
    """Claims that an argument stands for: one, or a version each of a statement that is named.

    Raises
    ------
    ValueError
        What is no claim.
    """
    if isinstance(claim, Claim):
        return [claim]
    if isinstance(claim, Exact):
        return [OfStatement(claim)]
    if isinstance(claim, str):
        if claim.strip().isidentifier():
            return _of_ledger(claim.strip())
        return [Formula.parse(claim)]
    if callable(claim):
        _arguments(claim)
        return [Function(claim)]
    raise ValueError(
        f"claim = {claim!r:.200}: a comparison as text, a callable of one law or two, or a statement's name"
    )


def _of_ledger(name: str) -> list[Claim]:
    known = [s for s in STATEMENTS if isinstance(s, Exact)]
    found: list[Claim] = [OfStatement(s) for s in known if type(s).__name__ == name]
    if not found:
        names = sorted({type(s).__name__ for s in known})
        near = difflib.get_close_matches(name, names, 1)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"claim = {name!r} is no exact statement of the ledger{guess} Known: {', '.join(names)}")
    return found
