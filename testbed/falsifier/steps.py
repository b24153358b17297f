"""The steps of a search: a block of laws drawn blindly, small changes of a tight law, shrinking a counterexample."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice, permutations
from random import Random

from testbed.falsifier.candidates import Candidate
from testbed.falsifier.certificates import holds
from testbed.falsifier.claims import Claim, ClaimError, Sides
from testbed.falsifier.families import Family
from testbed.falsifier.rational import UndefinedError

__all__ = ["BLOCK", "STARTS", "Found", "Task", "blind", "climb", "shrink"]

BLOCK = 64  # laws of one stream
STARTS = 16  # searches by small changes
STEPS = (0.05, 0.3, 1.5)  # sizes of a change
SHRINKS = 20_000  # laws that shrinking may look at

Laws = tuple[Candidate, ...]


@dataclass(frozen=True)
class Task:
    """What a process needs: claim, assumptions, family and seed."""

    claim: Claim
    assume: tuple[Claim, ...]
    family: Family
    seed: int

    def look(self, laws: Laws) -> Sides | None:
        """Both sides, or None where the claim says nothing."""
        try:
            if not all(holds(a, laws if a.laws == len(laws) else laws[:1]) for a in self.assume):
                return None
            return self.claim.sides(laws)
        except UndefinedError:
            return None


@dataclass
class Found:
    """Outcome of some laws."""

    tried: int = 0
    informative: int = 0
    refuted: Laws | None = None
    failed: tuple[Laws, str] | None = None
    best: list[tuple[float, Laws]] = field(default_factory=list)

    def see(self, sides: Sides | None, laws: Laws) -> None:
        """Take the outcome of one law, or of one pair, in."""
        if sides is None:
            return
        self.informative += 1
        if sides.refuted:
            self.refuted = laws
        elif not math.isnan(sides.ratio):
            self.best = sorted([*self.best, (sides.ratio, laws)], key=lambda pair: -pair[0])[:STARTS]


def blind(task: Task, block: int) -> Found:
    """Draw a block of laws; of two, all pairs within the block."""
    random, found, drawn = Random(f"{task.seed} block {block}"), Found(), list[Candidate]()
    for _ in range(BLOCK):
        law = task.family.draw(random)
        found.tried += 1
        earlier = drawn if task.claim.laws == 2 else []
        pairs = [pair for other in earlier for pair in permutations((other, law))]
        for laws in pairs if task.claim.laws == 2 else [(law,)]:
            try:
                found.see(task.look(laws), laws)
            except ClaimError as error:
                found.failed = (laws, str(error))
            if found.refuted or found.failed:
                return found
        drawn.append(law)
    return found


def climb(task: Task, start: int, laws: Laws, ratio: float, steps: int) -> Found:
    """Search by small changes from some laws, keeping each change that makes the claim tighter."""
    random, found = Random(f"{task.seed} start {start}"), Found(best=[(ratio, laws)])
    for _ in range(steps):
        step = random.choice(STEPS)
        moved = tuple(law.mutated(random, step) for law in laws)
        found.tried += 1
        try:
            sides = task.look(moved)
        except ClaimError as error:
            found.failed = (moved, str(error))
            return found
        found.see(sides, moved)
        if found.refuted:
            return found
        if sides is not None and sides.ratio >= ratio:
            laws, ratio = moved, sides.ratio
    return found


def shrink(task: Task, laws: Laws) -> Laws:
    """Make a counterexample smaller for as long as it stays one: fewer points first, then smaller numbers."""
    looked, before = 0, None
    while laws != before and looked < SHRINKS:
        before = laws
        for place in range(len(laws)):
            passed, accepted = 0, True
            while accepted and looked < SHRINKS:  # after a change the list of smaller laws goes on where it was
                accepted = False
                for less in islice(laws[place].smaller(), passed, None):
                    looked, passed = looked + 1, passed + 1
                    smaller = (*laws[:place], less, *laws[place + 1 :])
                    if _refutes(task, smaller):
                        laws, accepted, passed = smaller, True, passed - 1
                        break
    return laws


def _refutes(task: Task, laws: Laws) -> bool:
    try:
        sides = task.look(laws)
    except ClaimError:
        return False
    return sides is not None and sides.refuted
