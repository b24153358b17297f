"""Many statements on many laws, here or in processes: law by law, so that each is built once."""

from __future__ import annotations

import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack

from testbed._processes import start
from testbed.check.laws import LAWS
from testbed.check.record import Record
from testbed.check.run import check_all
from testbed.generators import Generator
from testbed.laws import Law
from testbed.theory import Statement

__all__ = ["ledger"]

Work = tuple[Sequence[Statement], Generator | Law, str]  # statements on a law, and its name


def ledger(
    pairs: Iterable[tuple[Statement, str, Generator | Law]],
    jobs: int = 1,
    tell: Callable[[int], object] = lambda done: None,
) -> list[Record]:
    """Run statements on laws, given as pairs (statement, name of the law, law).

    Parameters
    ----------
    jobs : int
        Processes, to which laws of the suite are sent by their names; any other law is run in this one.
    tell : callable
        Is told how many more pairs are done, whenever all those of a law are.

    Returns
    -------
    list of Record
        In the order of the pairs, and the same for any number of processes.

    Examples
    --------
    >>> from testbed.check import LAWS, ledger
    >>> from testbed.theory import OptimumOfLabel
    >>> [record.verdict for record in ledger([(OptimumOfLabel(), "finite", LAWS["finite"])])]
    ['holds']
    """
    places: dict[str, list[int]] = defaultdict(list)
    sources: dict[str, Generator | Law] = {}
    statements: list[Statement] = []
    for place, (statement, name, source) in enumerate(pairs):
        statements.append(statement)
        places[name].append(place)
        sources[name] = source
    order = sorted(places, key=lambda name: -len(places[name]))  # those with simulations first: they take longest
    found: dict[int, list[Record]] = {}
    work = [([statements[place] for place in places[name]], sources[name], name) for name in order]
    with ExitStack() as stack:
        for name, records in zip(order, _done(work, min(jobs, len(work)), stack), strict=True):
            found |= zip(places[name], records, strict=True)
            tell(len(records))
    return [record for place in range(len(statements)) for record in found[place]]


def _done(work: Sequence[Work], jobs: int, stack: ExitStack) -> Iterator[list[list[Record]]]:
    """Records of each piece of work, in its order; where it is interrupted, what was not begun is dropped."""
    if jobs <= 1:
        return map(_one_law, work)
    pool = ProcessPoolExecutor(jobs, start(), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    stack.callback(pool.shutdown, cancel_futures=True)
    futures = [pool.submit(_named, each[0], each[2]) if LAWS.get(each[2]) is each[1] else None for each in work]
    return (future.result() if future else _one_law(each) for future, each in zip(futures, work, strict=True))


def _named(statements: Sequence[Statement], name: str) -> list[list[Record]]:
    return _one_law((statements, LAWS[name], name))


def _one_law(work: Work) -> list[list[Record]]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return check_all(*work)
