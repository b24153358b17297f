"""Claims as text: comparisons of named quantities, read without evaluating anything else."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from testbed.arguments import meant, shown
from testbed.falsifier.candidates import Candidate, Number
from testbed.falsifier.claims import Claim, Pair, Sides, compared
from testbed.falsifier.gaussians import Gaussian
from testbed.falsifier.graphs import Graph
from testbed.falsifier.quantities import spoken
from testbed.falsifier.rational import UndefinedError
from testbed.falsifier.tables import Table

__all__ = ["Formula", "beta_of"]

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs}
SIGNS = {ast.LtE: "<=", ast.Lt: "<", ast.Eq: "==", ast.GtE: "<=", ast.Gt: "<"}
KNOWN = sorted({*Table.names, *Table.indexed, *Graph.names, *Graph.indexed, *Gaussian.names, "beta2_origin"})
PLACES = {"one": 0, "two": 1}


@dataclass(frozen=True)
class Formula(Claim):
    """A comparison in the notation of Python, such as ``e_apx * beta2 <= eps2`` or ``one.e_apx <= two.e_apx``."""

    sign: str
    left: ast.expr
    right: ast.expr
    written: str

    @property
    def text(self) -> str:
        """The claim as it was written."""
        return self.written

    @property
    def laws(self) -> int:  # type: ignore[override]
        """Two if it names laws ``one`` and ``two``."""
        return 2 if any(isinstance(n, ast.Attribute) for side in (self.left, self.right) for n in ast.walk(side)) else 1

    @staticmethod
    def parse(text: str) -> Formula:
        """Read a comparison.

        Raises
        ------
        ValueError
            If it is none, or names what is not known.
        """
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"claim = {text[:200]!r} is no comparison such as 'e_apx * beta2 <= eps2'") from error
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in SIGNS:
            raise ValueError(f"claim = {text[:200]!r} is no single comparison by <=, <, ==, > or >=")
        sides = (tree.left, tree.comparators[0])
        for node in (n for side in sides for n in ast.walk(side)):
            _check(node, text)
        if isinstance(tree.ops[0], ast.GtE | ast.Gt):
            sides = (sides[1], sides[0])
        return Formula(SIGNS[type(tree.ops[0])], *sides, text.strip())

    def sides(self, laws: Pair) -> Sides:
        """Evaluate both sides; ``x * beta2 <= y`` is decided by pivots, without a square root."""
        factors = _factors(self.left)
        betas = [n for n in factors if _is_beta(n)]
        if self.sign != "==" and len(betas) == 1 and isinstance(laws[0], Table):
            return self._by_pivots(laws, betas[0], [n for n in factors if n is not betas[0]])
        left, right = _number(self.left, laws), _number(self.right, laws)
        exact = isinstance(left, Fraction) and isinstance(right, Fraction)
        if exact:
            return compared(self.sign, left, right, exact)
        return compared(self.sign, left, right, exact, max(_size(self.left, laws), _size(self.right, laws)))

    def _by_pivots(self, laws: Pair, beta: ast.expr, others: Sequence[ast.expr]) -> Sides:
        x: Number = Fraction(1)
        for node in others:
            x = x * _number(node, laws)
        y = _number(self.right, laws)
        law, name = _place(beta, laws)
        if not isinstance(x, Fraction) or not isinstance(y, Fraction):
            raise UndefinedError("beta2 stands beside a number that is no fraction")
        if x < 0 or (x == 0 and y == 0):
            raise UndefinedError("x * beta2 <= y with x of at most 0 says nothing")
        refuted = y < 0 if x == 0 else law.beta2_exceeds(y / x, name == "beta2")
        beta2 = _beta2(law, name == "beta2") if isinstance(law, Table) else 0.0
        left = float(x) * beta2
        return Sides(x, y, refuted, left / float(y) if y > 0 and left > 0 else math.nan, True, 0.0)


def _beta2(law: Table, intercept: bool) -> float:
    try:
        weight = np.array(law.rational.readout(intercept), dtype=float)
    except UndefinedError:
        return 0.0
    norm = float(np.linalg.norm(weight, 2))
    return 1.0 / norm**2 if norm else 0.0


def beta_of(claim: Formula) -> tuple[str, str]:
    """Name of the single factor beta2 of the left side, and the text of the other factors; "" if there is none."""
    factors = _factors(claim.left)
    betas = [n for n in factors if _is_beta(n)]
    if claim.sign == "==" or len(betas) != 1:
        return "", ast.unparse(claim.left)
    others = [ast.unparse(n) for n in factors if n is not betas[0]]
    return ast.unparse(betas[0]), " * ".join(f"({o})" for o in others) or "1"


def _is_beta(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in ("beta2", "beta2_origin")


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]


def _check(node: ast.AST, text: str) -> None:
    """Allow numbers, known names, their indices, laws `one` and `two`, arithmetic and min, max, abs."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
    if name is not None and name not in (KNOWN if isinstance(node, ast.Attribute) else (*KNOWN, *PLACES, *FUNCTIONS)):
        guess = spoken(name) or meant(name, KNOWN).removesuffix("?")
        raise ValueError(f"claim: unknown quantity {shown(name)}{guess}. Known: {', '.join(KNOWN)}")
    allowed = (
        ast.Name, ast.Attribute, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Tuple, ast.Load,
        ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd,
    )  # fmt: skip
    if not isinstance(node, allowed):
        raise ValueError(f"claim = {text[:200]!r}: {type(node).__name__} is not part of its notation")


def _place(node: ast.expr, laws: Pair) -> tuple[Candidate, str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in PLACES:
        return laws[PLACES[node.value.id]], node.attr
    if isinstance(node, ast.Name) and len(laws) == 1:
        return laws[0], node.id
    raise ValueError(f"claim: write {ast.unparse(node)} as one.{ast.unparse(node)} or two.{ast.unparse(node)}")


def _number(node: ast.expr, laws: Pair) -> Number:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_number(node.operand, laws))  # type: ignore[no-any-return]
    if isinstance(node, ast.BinOp):
        a, b = _number(node.left, laws), _number(node.right, laws)
        if isinstance(node.op, ast.Div):
            if not b:
                raise UndefinedError("a division by 0")
            return a / b
        if isinstance(node.op, ast.Pow):
            if not isinstance(b, Fraction) or b.denominator != 1 or (not a and b < 0):
                raise UndefinedError("powers are whole numbers")
            return a ** int(b)
        return OPERATORS[type(node.op)](a, b)  # type: ignore[no-any-return]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return FUNCTIONS[node.func.id](*(_number(a, laws) for a in node.args))  # type: ignore[no-any-return]
    if isinstance(node, ast.Subscript):
        law, name = _place(node.value, laws)
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _look_up(law, name, tuple(int(_number(p, laws)) for p in places))
    law, name = _place(node, laws)
    return _look_up(law, name, ())


def _size(node: ast.expr, laws: Pair) -> float:
    """Natural size of an expression, against which the rounding of floats is judged: sizes of sums add up."""
    if isinstance(node, ast.BinOp):
        a, b = _size(node.left, laws), _size(node.right, laws)
        if isinstance(node.op, ast.Add | ast.Sub):
            return a + b
        if isinstance(node.op, ast.Mult):
            return a * b
        divisor = abs(float(_number(node.right, laws)))
        return a / divisor if isinstance(node.op, ast.Div) else abs(float(_number(node, laws)))
    if isinstance(node, ast.UnaryOp):
        return _size(node.operand, laws)
    if isinstance(node, ast.Call):
        return max(_size(a, laws) for a in node.args)
    number = _number(node, laws)
    if isinstance(number, Fraction):
        return abs(float(number))
    law, name = _place(node.value if isinstance(node, ast.Subscript) else node, laws)
    return max(abs(number), law.unit(name))


def _look_up(law: Candidate, name: str, index: tuple[int, ...]) -> Number:
    if name not in (law.indexed if index else law.names):
        known = ", ".join([*law.names, *(f"{n}[...]" for n in law.indexed)])
        raise ValueError(f"claim: {name}{list(index) if index else ''} is no quantity of a {law.kind}; known: {known}")
    try:
        return law.value(name, index)
    except TypeError as error:
        raise ValueError(f"claim: {name}{list(index)}: {error}") from error
