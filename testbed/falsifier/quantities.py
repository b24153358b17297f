"""The named quantities of a rational law: what a claim may speak of."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from testbed.falsifier.exact import ZERO, product, pseudo_inverse, rank, turned
from testbed.falsifier.rational import Rational, UndefinedError

__all__ = ["INDEXED", "PLAIN", "Quantity", "spoken", "value"]


class Quantity(NamedTuple):
    """A number of a law: its words, and how it is computed."""

    words: str
    of: Callable[..., Fraction]


def _variance(law: Rational, rows: list[list[Fraction]]) -> Fraction:
    return law.explain([], rows)


def _two_view(law: Rational) -> tuple[Fraction, Fraction, Fraction]:
    """What x1 alone, x2 alone, and reading the label by way of the other view lose against both views."""
    by_class = [
        [[sum(c, ZERO) for c in zip(*r, strict=True)] for r in zip(*tables, strict=True)]
        for y in range(law.k)
        for tables in [[t for t, (label, _) in zip(law.table, law.states, strict=True) if label == y]]
    ]
    f2 = [[sum(column, ZERO) / q for column, q in zip(zip(*t, strict=True), law.p2, strict=True)] for t in by_class]
    losses = [ZERO, ZERO, ZERO]
    for y, table in enumerate(by_class):
        for a, row in enumerate(table):
            via = sum((p * f for p, f in zip(law.both[a], f2[y], strict=True)), ZERO) / law.p1[a]
            for b, cell in enumerate(row):
                mass = law.both[a][b]
                if mass:
                    best = cell / mass
                    for i, guess in enumerate((law.f[y][a], f2[y][b], via)):
                        losses[i] += mass * (guess - best) ** 2
    return losses[0], losses[1], losses[2]


def _sharper(law: Rational) -> Fraction:
    means, _ = law.levelled()
    weight, inverse = law.readout(), pseudo_inverse(means)
    kept = product(inverse, means)
    null = [[(i == j) - v for j, v in enumerate(row)] for i, row in enumerate(kept)]
    gap = turned(law.gap())
    columns = turned(product(gap, null))
    return law.explain(columns, turned(product(gap, weight)), intercept=False)


def _signed(law: Rational, intercept: bool) -> Fraction:
    g = turned(product(turned(law.gap()), law.readout(intercept)))
    read = [[a + b for a, b in zip(r, s, strict=True)] for r, s in zip(law.f, g, strict=True)]
    return law.explain(read, law.f, intercept)


def _weight2(law: Rational) -> Fraction:
    """|S_{y,state} S_{x2,state}^+|^2 of uncentred second moments, where it has rank one or less."""
    cross = turned([[q * v for v in row] for q, row in zip(law.prior, law.A_bar, strict=True)])
    label = [[m * q for m, q in zip(row, law.prior, strict=True)] for row in law.M]
    weight = product(label, pseudo_inverse(cross))
    if rank(weight) != 1:
        raise UndefinedError("the spectral norm of the pseudo-inverse is no fraction, or nothing is read")
    return sum((v * v for row in weight for v in row), ZERO)


def _landmark(law: Rational) -> Fraction:
    """E|f* - E[f* | X2]|^2."""
    total = ZERO
    for f in law.f:
        for column, q in zip(zip(*law.both, strict=True), law.p2, strict=True):
            mean = sum((p * v for p, v in zip(column, f, strict=True)), ZERO) / q
            total += sum((p * (v - mean) ** 2 for p, v in zip(column, f, strict=True)), ZERO)
    return total


def _diameter2(law: Rational) -> Fraction:
    points = law.points2
    return Fraction(max(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for p in points for q in points))


def _solvable(law: Rational) -> Fraction:
    try:
        law.readout()
    except UndefinedError:
        return ZERO
    return Fraction(1)


def _strict(law: Rational) -> Fraction:
    """Smallest risk of a read-out of the best predictor x2 = W x1 that has no constant."""
    return law.explain(law.linear(law.psi, intercept=False), law.f)


def _beta2(law: Rational, intercept: bool) -> Fraction:
    """beta^2 where it is a fraction: where the read-out has rank one."""
    weight = law.readout(intercept)
    if rank(weight) != 1:
        raise UndefinedError("beta^2 is no fraction on this law: write x * beta2 <= y, which is decided without it")
    return 1 / sum((v * v for row in weight for v in row), ZERO)


def _linear_leak(law: Rational, given: str) -> Fraction:
    gap = law.gap(given)
    return _variance(law, gap) - law.explain(law.x1, gap)


PLAIN: dict[str, Quantity] = {
    "e_apx": Quantity("e_apx(psi*), smallest risk of a read-out of psi*", lambda w: w.explain(w.psi, w.f)),
    "e_apx_origin": Quantity("the same without an intercept", lambda w: w.explain(w.psi, w.f, intercept=False)),
    "e_linear": Quantity("e_apx of the best affine predictor of x2", lambda w: w.explain(w.linear(w.psi), w.f)),
    "floor": Quantity("e_apx(x1), the class floor", lambda w: w.explain(w.x1, w.f)),
    "eps2": Quantity("eps_CI^2 over all functions, given (y, z)", lambda w: w.explain([], w.gap(), False)),
    "eps2_y": Quantity("eps_CI^2 over all functions, given y", lambda w: w.explain([], w.gap("y"), False)),
    "eps2_linear": Quantity("eps_CI^2 of the linear class, given (y, z)", lambda w: _linear_leak(w, "yz")),
    "eps2_linear_y": Quantity("eps_CI^2 of the linear class, given y", lambda w: _linear_leak(w, "y")),
    "var_f": Quantity("E|f* - E f*|^2", lambda w: _variance(w, w.f)),
    "var_psi": Quantity("E|psi* - E psi*|^2", lambda w: _variance(w, w.psi)),
    "bayes": Quantity("Bayes noise, 1 - E|f*|^2", lambda w: 1 - w.explain([], w.f, False)),
    "loss1": Quantity("E|E[y|x1] - E[y|x1,x2]|^2", lambda w: _two_view(w)[0]),
    "loss2": Quantity("E|E[y|x2] - E[y|x1,x2]|^2", lambda w: _two_view(w)[1]),
    "via": Quantity("E|mu(x1) - E[y|x1,x2]|^2, mu = E[E[y|x2]|x1]", lambda w: _two_view(w)[2]),
    "landmark": Quantity("E|f* - E[f*|x2]|^2", _landmark),
    "sharper": Quantity("the sharper bound I7", _sharper),
    "signed": Quantity("the signed bound I14", lambda w: _signed(w, True)),
    "signed_origin": Quantity("the signed bound I14 without an intercept", lambda w: _signed(w, False)),
    "pinv2": Quantity("1 / beta^2 by the pseudo-inverse of second moments", _weight2),
    "beta2": Quantity("beta^2, the conditioning of the label in x2", lambda w: _beta2(w, True)),
    "beta2_origin": Quantity("beta^2 of read-outs without an intercept", lambda w: _beta2(w, False)),
    "e_strict": Quantity("e_apx of the best linear predictor of x2 that has no constant", _strict),
    "diam2": Quantity("squared diameter of the values of x2", _diameter2),
    "rank": Quantity("rank of the conditional means of x2", lambda w: Fraction(w.ranks()[0])),
    "affine_rank": Quantity("dimension of their affine hull", lambda w: Fraction(w.ranks()[1])),
    "states": Quantity("number of states (y, z) with mass", lambda w: Fraction(len(w.states))),
    "solvable": Quantity("1 where W'A_bar' = M has a solution with an intercept, else 0", _solvable),
    "dependence": Quantity("total variation from independence given (y, z)", Rational.dependent),
}
INDEXED: dict[str, Quantity] = {
    "p": Quantity("p[y, z, a, b], probability of a cell of the table", lambda w, y, z, a, b: _cell(w, y, z, a, b)),
    "explained": Quantity("explained[i], variance of coordinate i of psi*", lambda w, i: _variance(w, [_psi(w, i)])),
    "e_keep": Quantity("e_keep[i], e_apx of coordinate i of psi* alone", lambda w, i: w.explain([_psi(w, i)], w.f)),
}


LEAKS, BETAS = ("eps2", "eps2_y", "eps2_linear", "eps2_linear_y"), ("beta2", "beta2_origin")
ROOTS = {  # what papers and populations call the roots of quantities here, without _ and in small letters
    **dict.fromkeys(("eps", "epsci", "epsilon", "epsilonci"), LEAKS),
    **dict.fromkeys(("epsy", "epsciy", "epsilony"), ("eps2_y", "eps2_linear_y")),
    "beta": BETAS, "diam": ("diam2",), "diameter": ("diam2",), "pinv": ("pinv2",),
}  # fmt: skip
CALLED = {  # and the quantities themselves, as columns of rows.csv do too
    **dict.fromkeys(("epsci2", "epsilon2", "epsilonci2"), LEAKS),
    **dict.fromkeys(("eapx", "intrinsic", "approximationerror", "excessrisk"), ("e_apx", "e_linear", "floor")),
    **dict.fromkeys(("classfloor", "eapxx1"), ("floor",)), **dict.fromkeys(("bayesnoise", "noise"), ("bayes",)),
    **dict.fromkeys(("mutualinformation", "mi", "cmi"), ("information",)), "tv": ("dependence",),
}  # fmt: skip


def spoken(name: str) -> str:
    """Say which quantities a name stands for elsewhere, "; its square is eps2 (...)", or nothing.

    Examples
    --------
    >>> spoken("diameter")
    '; its square is diam2 (squared diameter of the values of x2)'
    """
    plain = "".join(c for c in name.lower() if c.isalnum())
    for said, names in (("its square is", ROOTS.get(plain)), ("that is", CALLED.get(plain))):
        if names:
            words = [f"{n} ({PLAIN[n].words})" if n in PLAIN else n for n in names]
            return f"; {said} {' or '.join(filter(None, (', '.join(words[:-1]), words[-1])))}"
    return ""


def _psi(law: Rational, i: int) -> list[Fraction]:
    if not 0 <= i < len(law.psi):
        raise UndefinedError(f"x2 has no coordinate {i}")
    return law.psi[i]


def _cell(law: Rational, *place: int) -> Fraction:
    found: object = law.counts
    for i in place:
        if not isinstance(found, tuple) or not 0 <= i < len(found):
            raise UndefinedError(f"the table has no cell {list(place)}")
        found = found[i]
    assert isinstance(found, int)
    return Fraction(found, sum(c for label in law.counts for state in label for row in state for c in row))


def value(law: Rational, name: str, index: tuple[int, ...] = ()) -> Fraction:
    """Look a quantity up by its name.

    Raises
    ------
    UndefinedError
        If this law does not define it.
    """
    return INDEXED[name].of(law, *index) if index else PLAIN[name].of(law)
