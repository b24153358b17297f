"""The fixed suite: which statements are run on which laws."""

from __future__ import annotations

from testbed.check.laws import LAWS
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law
from testbed.theory import (
    ExactLeastSquares,
    ExcessSplit,
    FiniteSample,
    IntrinsicBound,
    LatentOptimum,
    LinearLemma,
    LinearNeverGains,
    OptimumOfLabel,
    PretextError,
    PseudoInverseBound,
    ReducedRankPretext,
    SharperBound,
    SignedLeakBound,
    SignedLeakIdentity,
    Statement,
    StrictlyLinearBound,
    ZeroError,
)

__all__ = ["STATEMENTS", "laws_for", "statements_named"]

# Simulations are run on laws that satisfy their assumptions, and on some that break one of them.
SIMULATED = ("gaussian", "gaussian-latent", "gaussian-leak", "gaussian-rank-1", "clean", "leak-inside", "example-3.1")


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
    ExactLeastSquares(),
    ExactLeastSquares(intercept=False),
    PretextError(),
    ReducedRankPretext(),
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


def laws_for(statement: Statement) -> dict[str, Generator | Law]:
    """Laws of the suite that a statement is run on: all, or a few where it must be simulated."""
    if isinstance(statement, FiniteSample):
        return {name: LAWS[name] for name in SIMULATED}
    return LAWS
