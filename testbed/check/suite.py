"""The fixed suite: which statements are run on which laws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from testbed.check.laws import LAWS
from testbed.check.record import Record, check
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law
from testbed.theory import (
    ExcessSplit,
    IntrinsicBound,
    LatentOptimum,
    LinearLemma,
    LinearNeverGains,
    OptimumOfLabel,
    PseudoInverseBound,
    SharperBound,
    SignedLeakBound,
    SignedLeakIdentity,
    Statement,
    StrictlyLinearBound,
    ZeroError,
)

__all__ = ["LAWS", "STATEMENTS", "run", "statements_named"]

STATEMENTS: tuple[Statement, ...] = (
    OptimumOfLabel(),
    ZeroError(),
    ZeroError(intercept=True),
    LatentOptimum(),
    LatentOptimum(intercept=False),
    LinearLemma(),
    LinearLemma(given="y"),
    LinearNeverGains(),
    IntrinsicBound(),
    IntrinsicBound(intercept=False),
    IntrinsicBound("universal"),
    IntrinsicBound("universal", intercept=False),
    IntrinsicBound("universal", given="y"),
    PseudoInverseBound(),
    StrictlyLinearBound(),
    SharperBound(),
    SharperBound("universal"),
    SharperBound("universal", intercept=False),
    SignedLeakBound(),
    SignedLeakBound("linear"),
    SignedLeakBound(intercept=False),
    SignedLeakIdentity(),
    SignedLeakIdentity("linear"),
    SignedLeakIdentity(intercept=False),
    ExcessSplit(),
)


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


def run(statements: Iterable[Statement] = STATEMENTS, laws: Mapping[str, Generator | Law] = LAWS) -> Iterator[Record]:
    """Run every statement on every law: an iterator of records, statement by statement."""
    for statement in statements:
        for name, source in laws.items():
            yield check(statement, source, name)
