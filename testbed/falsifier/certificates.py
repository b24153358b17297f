"""Certificates: a counterexample as JSON, and its verification from the whole numbers that it holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

from testbed.falsifier.candidates import Candidate, tuples
from testbed.falsifier.claims import Claim, ClaimError, Sides
from testbed.falsifier.formulas import Formula, beta_of
from testbed.falsifier.gaussians import Gaussian
from testbed.falsifier.graphs import Graph
from testbed.falsifier.other_claims import OfStatement, claim_of
from testbed.falsifier.rational import UndefinedError
from testbed.falsifier.tables import Table

__all__ = ["NAMED", "assumptions_of", "certified", "checker", "verify"]

FORMAT = "testbed counterexample 1"
PRIME = 2**61 - 1
NAMED = {
    "ci": "dependence == 0",
    "full rank": "rank == states",
    "affine rank": "affine_rank == states - 1",
    "solvable": "solvable == 1",
}


def assumptions_of(assume: object) -> list[Claim]:
    """Read assumptions: names, comparisons as text, or callables (left, right), meaning left <= right.

    Raises
    ------
    ValueError
        For a name that is not known.
    """
    given = [assume] if isinstance(assume, str) or callable(assume) else assume
    if not isinstance(given, Iterable):
        raise ValueError(f"assume = {assume!r:.200}: a name, a comparison or a callable, or a list of them")
    found: list[Claim] = []
    for each in given:
        if isinstance(each, str) and each not in NAMED and not any(sign in each for sign in "<>="):
            raise ValueError(f"assume: unknown name {each!r:.200}; known: {', '.join(NAMED)}, or a comparison")
        (one,) = claim_of(NAMED.get(each, each) if isinstance(each, str) else each)
        found.append(one)
    return found


def certified(claim: Claim, assume: Sequence[Claim], laws: Sequence[Candidate], sides: Sides) -> dict[str, Any]:
    """Return the certificate of a counterexample, as JSON holds it."""
    numbers = [law.to_json() for law in laws]
    found: dict[str, Any] = {
        "format": FORMAT,
        "claim": claim.text,
        "kind": "rational" if sides.exact else "float",
        "assume": [_formula(a) for a in assume if isinstance(a, Formula)],
        "laws": numbers,
        "sum": checksum(numbers),
    }
    if isinstance(claim, Formula):
        found |= _formula(claim)
    if isinstance(claim, OfStatement):
        found["statement"] = repr(claim.statement)
    if sides.exact:
        return found | {"left": str(sides.left), "right": str(sides.right)}
    return found | {"left": float(sides.left), "right": float(sides.right), "margin": sides.margin}


def _formula(claim: Formula) -> dict[str, Any]:
    """Sign and sides as texts; a factor beta2 of the left side is named apart, since it is no fraction."""
    beta, left = beta_of(claim)
    written = {"sign": claim.sign, "left_text": left, "right_text": ast.unparse(claim.right)}
    return written | ({"beta": beta} if beta else {})


def checksum(value: object) -> int:
    """Sum that a change of any whole number changes: 31 times what came before, plus the number, modulo 2^61 - 1."""
    total = 0
    for number in _numbers(value):
        total = (31 * total + number + 7) % PRIME
    return total


def _numbers(value: object) -> Iterable[int]:
    if isinstance(value, dict):
        value = [v for v in value.values() if not isinstance(v, str)]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int):
        yield value


def from_json(value: dict[str, Any]) -> Candidate:
    """Read a candidate back.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        if value["kind"] == "table":
            return Table(tuples(value["counts"]), tuples(value["v1"]), tuples(value["v2"]))
        if value["kind"] == "graph":
            return Graph(tuples(value["weight"]), tuples(value["label"]))
        if value["kind"] == "gaussian":
            return Gaussian(tuples(value["factor"]), tuples(value["sizes"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the certificate holds no law: {error}") from error
    raise ValueError(f"the certificate holds a law of kind {value['kind']!r}; known: table, graph, gaussian")


def verify(certificate: dict[str, Any], claim: object = None) -> str:
    """Verify a certificate from its whole numbers.

    Parameters
    ----------
    certificate : dict
        As it was read from JSON.
    claim : callable, optional
        The claim, where it is a callable: the certificate holds its name only.

    Returns
    -------
    str
        A sentence.

    Raises
    ------
    ValueError
        If it is damaged, or does not refute the claim.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import verify
    >>> verdict = testbed.falsify("e_apx <= 0", budget=50)
    >>> print(verify(verdict.certificate).splitlines()[0][:60])
    verified in fractions: e_apx <= 0 is refuted, 1/3 against 0
    """
    if certificate.get("format") != FORMAT:
        raise ValueError(f"this is no certificate: its format is {certificate.get('format')!r}, not {FORMAT!r}")
    if checksum(certificate["laws"]) != certificate["sum"]:
        raise ValueError("the certificate is damaged: its whole numbers do not give its sum")
    laws = [from_json(law) for law in certificate["laws"]]
    asked = _claim(certificate, claim)
    for each in certificate["assume"]:
        if not holds(Formula.parse(_text(each)), laws):
            raise ValueError(f"the assumption {_text(each)} does not hold on this law")
    try:
        sides = asked.sides(laws)
    except (UndefinedError, ClaimError) as error:
        raise ValueError(f"the claim is not defined on this law: {error}") from error
    if not sides.refuted:
        raise ValueError(f"the claim holds on this law: {sides.left} and {sides.right}")
    if sides.exact:
        same = (str(sides.left), str(sides.right)) == (certificate["left"], certificate["right"])
    else:
        stored = (certificate["left"], certificate["right"])
        pairs = zip((sides.left, sides.right), stored, strict=True)
        same = all(abs(float(a) - b) <= 1e-9 * max(abs(b), 1.0) for a, b in pairs)
    if not same:
        raise ValueError(f"the sides are {sides.left} and {sides.right}, not those of the certificate")
    how = "in fractions" if sides.exact else f"in floats, with a margin of {sides.margin:.2g}"
    return f"verified {how}: {asked.text} is refuted, {sides.left} against {sides.right}"


def holds(assumption: Claim, laws: Sequence[Candidate]) -> bool:
    """Whether an assumption holds on some laws; what is not defined does not."""
    try:
        return not assumption.sides(laws).refuted
    except UndefinedError:
        return False


def _claim(certificate: dict[str, Any], claim: object) -> Claim:
    if claim is not None:
        (found,) = claim_of(claim)
        return found
    if "statement" in certificate:
        name = certificate["statement"].partition("(")[0]
        same = [
            c for c in claim_of(name) if isinstance(c, OfStatement) and repr(c.statement) == certificate["statement"]
        ]
        if not same:
            raise ValueError(f"the ledger has no version {certificate['statement']}")
        return same[0]
    if "left_text" in certificate:
        return Formula.parse(_text(certificate))
    raise ValueError(f"the claim {certificate['claim']!r} is a callable: name the script that defines it")


def _text(formula: dict[str, Any]) -> str:
    left = f"({formula['left_text']}) * {formula['beta']}" if "beta" in formula else formula["left_text"]
    return f"{left} {formula['sign']} {formula['right_text']}"


def checker() -> str:
    """Text of a program that verifies rational certificates and imports nothing but fractions, json and sys."""
    return files("testbed.falsifier").joinpath("checker.py").read_text(encoding="utf-8")
