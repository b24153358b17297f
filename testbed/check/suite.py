"""The fixed suite: which statements are run on which laws."""

from __future__ import annotations

from testbed.arguments import meant, shown
from testbed.check.laws import LAWS
from testbed.generators import Generator
from testbed.laws import Law
from testbed.registry import parse
from testbed.theory import STATEMENTS, FiniteSample, Statement

__all__ = ["laws_for", "statements_named"]

# A simulation is run on a few laws: some satisfy its assumptions, some break one. Rows cost more than Moments.
MOMENTS = ("gaussian", "gaussian-wide", "gaussian-latent", "gaussian-leak", "gaussian-rank-1", "clean", "finite-leak")
ROWS = ("gaussian", "clean", "leak-inside")


def statements_named(name: str | None) -> tuple[Statement, ...]:
    """Statements of the ledger of one class; or any version of one, ``IntrinsicBound("universal")``; all for None.

    Raises
    ------
    ValueError
        For a name that is none, with the names there are, or for settings that its class does not have.

    Examples
    --------
    >>> from testbed.check import statements_named
    >>> statements_named("IntrinsicBound")[0]
    IntrinsicBound()
    """
    if name is None:
        return STATEMENTS
    known = list(dict.fromkeys(type(s).__name__ for s in STATEMENTS))
    if name.partition("(")[0].strip() not in known:
        hint = meant(name.partition("(")[0].strip(), known) or f"; there are {', '.join(known)}"
        raise ValueError(f"statement {shown(name)} is unknown{hint}")
    if "(" in name:
        return (parse(name, ("theory",)),)
    return tuple(s for s in STATEMENTS if type(s).__name__ == name)


def laws_for(statement: Statement) -> dict[str, Generator | Law]:
    """Laws of the suite that a statement is run on: all, or a few where it must be simulated.

    Examples
    --------
    >>> from testbed.check import laws_for
    >>> from testbed.theory import OptimumOfLabel
    >>> "finite" in laws_for(OptimumOfLabel())
    True
    """
    if isinstance(statement, FiniteSample):
        return {name: LAWS[name] for name in (MOMENTS if parse(statement.pretext).linear else ROWS)}
    return LAWS
