"""What a sweep on rows of a user, or on a law given by code, cannot ask for, refused by name before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from testbed.arguments import shown
from testbed.laws.from_rows import Unknowable
from testbed.laws.sampled import SampledLaw
from testbed.outside import parts

__all__ = ["check_own_rows"]


def check_own_rows(
    laws: Sequence[Unknowable],
    learners: Sequence[Any],
    sizes: tuple[Sequence[int], Sequence[int]],
    asked: dict[str, Any],
) -> None:
    """Refuse what needs a law whose truth is known, and more rows than there are.

    Parameters
    ----------
    laws : sequence of FromRows and SampledLaw
        Those of the grid; nothing is refused where there are none.
    learners : sequence
        Pretexts and probes.
    sizes : pair of sequences
        n_unlabeled and n_labeled.
    asked : mapping
        Settings of the experiment that need the excess risk or the law, by name. A known f* is enough for `precision`.

    Raises
    ------
    ValueError
        With the argument, its value and what is possible.
    """
    for law in laws:
        code = isinstance(law, SampledLaw)
        who = "a law given by code (SampledLaw)" if code else "rows of one's own (FromRows)"
        for part in (part for learner in learners for part in parts(learner)):
            if getattr(part, "reads_law", False):
                has = "does not show it" if code else "have none"
                raise ValueError(f"pretext holds {shown(part)}, which reads the law: {who} {has}")
            if getattr(part, "rank", None) == "km":
                name = type(law).__name__
                raise ValueError(
                    f'{shown(part)} has the rank "km", and {name} shows no latent: give a number, "k" or "k-1"'
                )
        for name, value in asked.items():
            enough = name == "precision" and isinstance(law, SampledLaw) and law.f_star is not None
            if value and not enough:
                needs = "does not show" if code else "do not have"
                raise ValueError(
                    f"{name} = {shown(value)}: it is about the truth of a law, which {who} {needs}; leave it out"
                )
        for n_unlabeled, n_labeled in product(*sizes):
            law.check_sizes(n_unlabeled, n_labeled)
