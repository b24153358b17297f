"""Run a statement on a law: both sides, exact or simulated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from testbed.arguments import shown
from testbed.check.record import Margin, Record, failure, record
from testbed.check.simulate import Simulated, mean_of, sizes_of, slope_of
from testbed.check.verdict import ROUNDING
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.population import NotDefinedError
from testbed.theory import Exact, FiniteSample, Statement

__all__ = ["check", "check_all", "one_law"]


def one_law(source: Generator | Law) -> Law:
    """Law of a source: one structure, from seed 0, of a generator that redraws it; the first of a batch.

    Examples
    --------
    >>> from testbed.check import one_law
    >>> from testbed.generators import CleanMixture
    >>> one_law(CleanMixture(k=3))
    <GaussianMixture: d1 = 20, d2 = 10, k = 3, m = 1>
    """
    if not isinstance(source, Generator | Law):
        raise ValueError(f"source = {shown(source)}: a law or a generator is needed")
    law = source.law(np.random.default_rng(0)) if isinstance(source, Generator) else source.law()
    return law[0] if law.batch else law


def check(statement: Statement, source: Generator | Law, name: str = "") -> list[Record]:
    """Run one statement on one law: one record, or for a simulated mean one for each sample size.

    Where an assumption is broken both sides are computed all the same, so that the record shows what happened. A side
    that this law does not define makes the statement not applicable, and the record's remark says why; whatever else
    goes wrong is the record of an error, with its text as the remark.

    Examples
    --------
    >>> from testbed.check import check
    >>> from testbed.generators import CleanFinite
    >>> from testbed.theory import OptimumOfLabel
    >>> [record.verdict for record in check(OptimumOfLabel(), CleanFinite(structure_seed=0))]
    ['holds']
    """
    return check_all((statement,), source, name)[0]


def check_all(statements: Sequence[Statement], source: Generator | Law, name: str = "") -> list[list[Record]]:
    """Run statements on one law, which is built once: the records of each are those that `check` gives of it alone.

    They share what the population has computed, such as integrals and their nodes; the simulated ones share draws and
    fits.

    Examples
    --------
    >>> from testbed.check import check_all, statements_named
    >>> from testbed.generators import CleanFinite
    >>> records = check_all(statements_named("ZeroError"), CleanFinite(structure_seed=0))
    >>> [record.verdict for each in records for record in each]
    ['holds', 'holds']
    """
    for statement in statements:
        if not isinstance(statement, Exact | FiniteSample):
            raise TypeError(f"{statement!r} is neither exact nor about samples")
    if not isinstance(name, str):
        raise ValueError(f"name = {shown(name)}: a text is needed")
    law, text = one_law(source), canonical(source)
    simulated = Simulated([s for s in statements if isinstance(s, FiniteSample)], law)
    return [_check(statement, law, (name or text, text), simulated) for statement in statements]


def _check(statement: Statement, law: Law, names: tuple[str, str], simulated: Simulated) -> list[Record]:
    margins: tuple[Margin, ...] = ()
    try:
        truth = law.population()
        margins = tuple(Margin(a.name, _float(a.margin), bool(a.holds)) for a in statement.asked(truth))
        if isinstance(statement, Exact):
            return [_exact(statement, truth, names, margins)]
        assert isinstance(statement, FiniteSample)
        return list((_rate if statement.kind == "rate" else _means)(statement, truth, names, margins, simulated))
    except NotDefinedError as error:
        missing = Margin("both sides are defined on this law", -math.inf, False)
        return [record(statement, names, (*margins, missing), remark=" ".join(str(error).split()))]
    except Exception as error:  # whatever it is, it is no word about the law
        return [failure(statement, names, margins, error)]


def _exact(statement: Exact, truth: Population, names: tuple[str, str], margins: tuple[Margin, ...]) -> Record:
    measured, predicted, scale, error = (_float(side) for side in statement.sides(truth))
    scale *= max(1.0, _float(truth.lost) / ROUNDING)  # views far from 0 have lost digits in storage
    return record(statement, names, margins, predicted, measured, error, scale)


def _means(
    statement: FiniteSample,
    truth: Population,
    names: tuple[str, str],
    margins: tuple[Margin, ...],
    simulated: Simulated,
) -> Iterator[Record]:
    each = {size: statement.sides(truth, *size) for size in sizes_of(statement)}
    for (n1, n2), sides in each.items():
        predicted = _float(sides.right)
        if math.isinf(predicted) and (statement.kind != "inequality" or all(m.holds for m in margins)):
            raise NotDefinedError(f"at n1 = {n1} and n2 = {n2} the mean is infinite: there are too few rows")
    for size, values in simulated.columns(statement).items():
        found, predicted, scale = mean_of(values), _float(each[size].right), _float(each[size].scale)
        remark = f"{len(values)} repetitions"
        yield record(statement, names, margins, predicted, found.value, found.error, scale, size, remark)


def _rate(
    statement: FiniteSample,
    truth: Population,
    names: tuple[str, str],
    margins: tuple[Margin, ...],
    simulated: Simulated,
) -> Iterator[Record]:
    sizes = [_float(statement.abscissa(truth, *size)) for size in sizes_of(statement)]
    if statement.exponent is None or not min(sizes) > 0.0:
        raise NotDefinedError(f"{statement!r}: no exponent over sizes {', '.join(f'{s:g}' for s in sizes)}")
    drawn = simulated.columns(statement)
    found = slope_of(list(drawn.values()), sizes)
    remark = f"exponent in {', '.join(f'{s:g}' for s in sizes)}; {len(next(iter(drawn.values())))} repetitions of each"
    yield record(
        statement,
        names,
        margins,
        statement.exponent,
        found.value,
        found.error,
        _float(statement.sides(truth, *sizes_of(statement)[0]).scale),
        remark=remark,
    )


def _float(value: Any) -> float:
    return float(np.asarray(value).reshape(()))
