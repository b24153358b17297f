"""The fixed suite: which statements are run on which laws."""

from __future__ import annotations

from testbed.check.laws import LAWS
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law
from testbed.registry import parse
from testbed.theory import STATEMENTS, FiniteSample, Statement

__all__ = ["laws_for", "statements_named"]

# A simulation is run on a few laws: some satisfy its assumptions, some break one. Rows cost more than Moments.
MOMENTS = ("gaussian", "gaussian-wide", "gaussian-latent", "gaussian-leak", "gaussian-rank-1", "clean", "finite-leak")
ROWS = ("gaussian", "clean", "leak-inside")


def statements_named(name: str | None) -> tuple[Statement, ...]:
    """Statements of the suite of one class, or the one with a canonical text; all of them for None.

    Raises
    ------
    ValueError
        For a name that is neither, with the names there are.
    """
    if name is None:
        return STATEMENTS
    found = tuple(s for s in STATEMENTS if name in (type(s).__name__, canonical(s)))
    if not found:
        known = ", ".join(dict.fromkeys(type(s).__name__ for s in STATEMENTS))
        raise ValueError(f"statement {name!r} is unknown; there are {known}")
    return found


def laws_for(statement: Statement) -> dict[str, Generator | Law]:
    """Laws of the suite that a statement is run on: all, or a few where it must be simulated."""
    if isinstance(statement, FiniteSample):
        return {name: LAWS[name] for name in (MOMENTS if parse(statement.pretext).linear else ROWS)}
    return LAWS
