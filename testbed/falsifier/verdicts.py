"""What a search comes to, and how a counterexample is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any

from testbed.arguments import cut
from testbed.falsifier.candidates import Candidate, Number
from testbed.falsifier.gaussians import Gaussian
from testbed.falsifier.graphs import Graph
from testbed.falsifier.tables import Table
from testbed.screens import contained

__all__ = ["Failed", "NearlyTight", "Refuted", "Survived", "Verdict", "shown"]


@dataclass(frozen=True, repr=False)
class Verdict:
    """Outcome of `testbed.falsify`.

    Attributes
    ----------
    claim : str
        The claim.
    tried : int
        Laws that were drawn or reached, degenerate ones included.

    Examples
    --------
    >>> import testbed
    >>> verdict = testbed.falsify("e_apx <= 0", budget=5)
    >>> verdict.claim, verdict.tried > 0
    ('e_apx <= 0', True)
    """

    claim: str
    tried: int

    def __repr__(self) -> str:
        """What came out, in a line; `print` gives the laws."""
        return cut(f"<{type(self).__name__} after {self.tried} laws: {self.claim}>")

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True, repr=False)
class Refuted(Verdict):
    """A counterexample was found, and made as small as it could be.

    Attributes
    ----------
    certificate : dict
        The claim, the whole numbers of the laws, both sides: what `testbed falsify --verify` reads from JSON.
    laws : tuple of Candidate
        The counterexample: one law, or two.
    left, right : Fraction or float
        Both sides on it.

    Examples
    --------
    >>> import testbed
    >>> found = testbed.falsify("e_apx <= 0", budget=20)
    >>> type(found).__name__, found.left > found.right
    ('Refuted', True)
    """

    certificate: dict[str, Any]
    laws: tuple[Candidate, ...]
    left: Number
    right: Number

    def __post_init__(self) -> None:
        """Have the certificate shown in a line."""
        object.__setattr__(self, "certificate", contained(self.certificate))

    def __str__(self) -> str:
        """Say what was found."""
        certificate = self.certificate
        how = "in fractions" if certificate["kind"] == "rational" else f"in floats, margin {certificate['margin']:.2g}"
        lines = [f"REFUTED by law {self.tried} ({how}): {self.claim}", shown(self.laws)]
        beta = " * beta2" if certificate.get("beta") else ""
        lines.append(f"left  = {_number(self.left)}{beta}")
        lines.append(f"right = {_number(self.right)}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class NearlyTight(Verdict):
    """Nothing refutes the claim, and on some law its sides are all but equal: no better constant is possible.

    Attributes
    ----------
    laws : tuple of Candidate
        The law, or two, on which it is tightest.
    ratio : float
        left / right there.
    starts : int
        Searches by small changes.
    """

    laws: tuple[Candidate, ...]
    ratio: float
    starts: int

    def __str__(self) -> str:
        """Say what was found."""
        return (
            f"NEARLY TIGHT, not a proof: {self.claim}\n{self.tried} laws, {self.starts} searches by small changes; "
            f"largest left / right {self.ratio:.6g} on\n{shown(self.laws)}"
        )


@dataclass(frozen=True, repr=False)
class Survived(Verdict):
    """No law that was tried refutes the claim. This is not a proof.

    Attributes
    ----------
    informative : int
        Laws on which the claim says something: all assumptions hold, and both sides are defined.
    starts : int
        Searches by small changes.
    ratio : float
        Largest left / right that was met; NaN if both sides were never positive.

    Examples
    --------
    >>> import testbed
    >>> testbed.falsify("floor >= 0", budget=10)
    <Survived after 64 laws: floor >= 0>
    """

    informative: int
    starts: int
    ratio: float

    def __str__(self) -> str:
        """Say what was tried."""
        ratio = "" if self.ratio != self.ratio else f"; largest left / right {self.ratio:.6g}"
        return (
            f"SURVIVED, not a proof: {self.claim}\n{self.tried} laws, {self.informative} of which it speaks of; "
            f"{self.starts} searches by small changes{ratio}"
        )


@dataclass(frozen=True, repr=False)
class Failed(Verdict):
    """The claim itself raised, or returned what is no pair of numbers; nothing is known of it.

    Attributes
    ----------
    laws : tuple of Candidate
        Where.
    error : str
        What it raised.

    Examples
    --------
    >>> import testbed
    >>> print(testbed.falsify(lambda law: 1 / 0, budget=10).error)
    ZeroDivisionError: division by zero
    """

    laws: tuple[Candidate, ...]
    error: str

    def __str__(self) -> str:
        """Say on which law it failed."""
        return f"FAILED, not evaluated: {self.claim}\nlaw {self.tried}: {self.error}\n{shown(self.laws)}"


def _number(value: Number) -> str:
    if not isinstance(value, Fraction):
        return f"{value:.9g}"
    return str(value) if value.denominator == 1 else f"{value} = {float(value):.6g}"


def shown(laws: Sequence[Candidate]) -> str:
    """Write laws as small tables of whole numbers."""
    names = ("",) if len(laws) == 1 else ("one: ", "two: ")
    return "\n".join(f"{name}{_law(law)}" for name, law in zip(names, laws, strict=True))


def _law(law: Candidate) -> str:
    if isinstance(law, Table):
        total = sum(c for label in law.counts for state in label for row in state for c in row)
        lines = [f"counts of {total}, a row for each value of x1, a column for each of x2"]
        heads = [_point(v) for v in law.v2]
        for y, label in enumerate(law.counts):
            for z, state in enumerate(label):
                where = f"y = {y}" + (f", z = {z}" if len(label) > 1 else "")
                body = [[_point(v), *map(str, row)] for v, row in zip(law.v1, state, strict=True)]
                lines.append(_aligned([[where, *heads], *body]))
        return "\n".join(lines)
    if isinstance(law, Graph):
        body = [
            [f"vertex {i}, y = {y}", *map(str, r)] for i, (r, y) in enumerate(zip(law.weight, law.label, strict=True))
        ]
        return "weights between vertices\n" + _aligned(body)
    assert isinstance(law, Gaussian)
    d1, d2, k, m = law.sizes
    return f"covariance L L', d1 = {d1}, d2 = {d2}, k = {k}, m = {m}, L =\n" + _aligned(
        [[str(v) for v in row] for row in law.factor]
    )


def _point(value: tuple[int, ...]) -> str:
    return str(value[0]) if len(value) == 1 else f"({', '.join(map(str, value))})"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join("  " + "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
