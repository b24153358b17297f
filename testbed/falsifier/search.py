"""The search: integer laws drawn blindly, then small changes of the tightest ones, then shrinking of what is found.

Every law is decided as it stands, so nothing is rounded on the way. Draws come in blocks, each from a stream named by
the seed and its place, and searches by small changes are named likewise: the answer is the same for any number of
processes.
"""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
from typing import Any

from testbed._processes import start
from testbed.falsifier.certificates import assumptions_of, certified
from testbed.falsifier.claims import Claim
from testbed.falsifier.families import Family, Tables
from testbed.falsifier.other_claims import Function, OfStatement, claim_of
from testbed.falsifier.steps import BLOCK, STARTS, Found, Task, blind, climb, shrink
from testbed.falsifier.verdicts import Failed, NearlyTight, Refuted, Survived, Verdict
from testbed.keys import SCRIPT_PREFIX

__all__ = ["falsify"]

BLIND = 0.5  # share of the budget that is drawn blindly
TIGHT = 0.999  # left / right from which a claim that survives is called nearly tight


class _Progress:
    """Laws tried and the best ratio so far: a bar in a terminal, nothing elsewhere."""

    def __init__(self, budget: int, show: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=budget, unit="law", file=sys.stderr, disable=not show, leave=False)
        self._best = math.nan

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def add(self, found: Found) -> None:
        self._bar.update(found.tried)
        ratio = found.best[0][0] if found.best else math.nan
        if not math.isnan(ratio) and not self._best >= ratio:
            self._best = ratio
            self._bar.set_postfix_str(f"largest left / right {ratio:.4g}")


def falsify(
    claim: object,
    family: Family | None = None,
    *,
    assume: object = (),
    budget: int = 10_000,
    seed: int = 0,
    jobs: int = 1,
    progress: bool | None = None,
) -> Verdict:
    """Search small exact laws for a counterexample to a claim.

    A claim says left <= right (or <, ==). As text it is a comparison of named quantities of one law, such as
    ``"e_apx * beta2 <= eps2"``, or of two, ``"one.e_apx <= two.e_apx"``; it is decided in fractions. The name of an
    exact statement of the ledger is a claim too, and so is a callable of one law or two that returns (left, right):
    these are decided in floats, with a relative margin of at least 1e-6.

    Parameters
    ----------
    claim : str or callable
        What is to be refuted. The names that a text may use are those of `testbed.falsifier.quantities`.
    family : Family, optional
        Laws to draw from: `Tables` (the default), `IndependentTables`, `Graphs` or `GaussianFactors`.
    assume : str or callable, or a list of them
        What a law must satisfy: "ci", "full rank", "affine rank", "solvable", or further comparisons.
    budget : int
        Number of laws: half are drawn blindly, half are small changes of the tightest of these.
    seed : int
        Seed of the search. The same seed gives the same answer, for any number of processes.
    jobs : int
        Processes. More than one needs a claim that can be sent to them: no lambda, no function of a notebook cell.
        Where jax is loaded they start anew: a program that calls this then needs ``if __name__ == "__main__":``.
    progress : bool, optional
        Whether to show a bar on the standard error; by default where that is a terminal.

    Returns
    -------
    Verdict
        `Refuted` with a certificate, `NearlyTight`, `Survived` (which is no proof), or `Failed` where the claim raised.

    Raises
    ------
    ValueError
        A claim, an assumption, a family or a budget that cannot be used; the message says why.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import IndependentTables
    >>> print(testbed.falsify("e_apx <= 0", IndependentTables(), assume=["ci", "affine rank"], budget=200))
    SURVIVED, not a proof: e_apx <= 0
    192 laws, 100 of which it speaks of; 0 searches by small changes
    """
    claims, assumptions = claim_of(claim), tuple(assumptions_of(assume))
    family = Tables() if family is None else family
    if not isinstance(family, Family):
        raise ValueError(f"family = {family!r:.200}: one of Tables(), IndependentTables(), Graphs(), GaussianFactors()")
    for name, number in (("budget", budget), ("jobs", jobs)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} = {number!r}: a whole number of at least 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed = {seed!r}: a whole number")
    most = max(c.laws for c in claims)
    if any(a.laws > most for a in assumptions):
        raise ValueError("assume speaks of two laws, one and two, but the claim is about one")
    if jobs > 1:
        _check_sendable([*claims, *assumptions])
    show = sys.stderr.isatty() if progress is None else progress
    verdict: Verdict | None = None
    for each in claims:  # the versions of a statement: the first that falls decides
        found = _search(Task(each, assumptions, family, seed), budget, jobs, show)
        if isinstance(found, Refuted | Failed):
            return found
        if verdict is None or (isinstance(found, NearlyTight) and not isinstance(verdict, NearlyTight)):
            verdict = found
    assert verdict is not None
    return verdict


def _check_sendable(claims: Iterable[Claim]) -> None:
    for claim in claims:
        try:
            pickle.dumps(claim)
            missing = isinstance(claim, Function) and claim.function.__module__ == "__main__"
        except Exception:
            missing = True
        if missing:
            raise ValueError(
                f"{claim.text}: a lambda or a function of a notebook cannot be sent to processes; use jobs=1"
            )


def _search(task: Task, budget: int, jobs: int, show: bool) -> Verdict:
    whole = Found()
    climbs = 0
    try:
        with _Progress(budget, show) as bar, _Mapper(jobs, task) as mapped:
            blocks = max(1, math.ceil(BLIND * budget / BLOCK))
            for found in mapped(blind, ((task, block) for block in range(blocks))):
                if (ended := _take(task, whole, found, bar)) is not None:
                    return ended
            starts = (
                [] if isinstance(task.claim, OfStatement) and task.claim.statement.kind == "identity" else whole.best
            )
            left = budget - whole.tried
            if not starts:  # nothing to start small changes from: the rest is drawn blindly too
                for found in mapped(blind, ((task, blocks + more) for more in range(left // BLOCK))):
                    if (ended := _take(task, whole, found, bar)) is not None:
                        return ended
            elif left >= STARTS:
                each = left // len(starts)
                work = [(task, i, laws, ratio, each) for i, (ratio, laws) in enumerate(starts)]
                for found in mapped(climb, work):
                    climbs += 1
                    if (ended := _take(task, whole, found, bar)) is not None:
                        return ended
    except KeyboardInterrupt:  # what was tried stays true
        pass
    if whole.best and TIGHT <= whole.best[0][0] <= 1.0 + 1e-12:
        ratio, laws = whole.best[0]
        return NearlyTight(task.claim.text, whole.tried, laws, ratio, climbs)
    ratio = whole.best[0][0] if whole.best else math.nan
    return Survived(task.claim.text, whole.tried, whole.informative, climbs, ratio)


def _take(task: Task, whole: Found, found: Found, bar: _Progress) -> Verdict | None:
    """Add an outcome to what is known; a verdict ends the search."""
    whole.tried += found.tried
    whole.informative += found.informative
    whole.best = sorted([*whole.best, *found.best], key=lambda pair: -pair[0])[:STARTS]
    bar.add(found)
    if found.failed:
        return Failed(task.claim.text, whole.tried, *found.failed)
    if found.refuted:
        laws = shrink(task, found.refuted)
        sides = task.claim.sides(laws)
        certificate = certified(task.claim, task.assume, laws, sides)
        return Refuted(task.claim.text, whole.tried, certificate, laws, sides.left, sides.right)
    return None


def _start(task: Task) -> BaseContext | None:
    """How processes start; a function of a script that `testbed falsify` has read is known to copies of this alone."""
    return None if SCRIPT_PREFIX.encode() in pickle.dumps(task) else start()


class _Mapper:
    """Map in order, here or in processes; leaving it drops what was not begun."""

    def __init__(self, jobs: int, task: Task) -> None:
        self._pool = ProcessPoolExecutor(jobs, _start(task)) if jobs > 1 else None

    def __enter__(self) -> Callable[[Callable[..., Found], Iterable[Sequence[Any]]], Iterator[Found]]:
        return self._map

    def _map(self, function: Callable[..., Found], work: Iterable[Sequence[Any]]) -> Iterator[Found]:
        if self._pool is None:
            return (function(*arguments) for arguments in work)
        futures = [self._pool.submit(function, *arguments) for arguments in work]
        return (future.result() for future in futures)

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
