"""What a sweep on rows of a user cannot ask for, refused by name before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from testbed.arguments import shown
from testbed.laws.from_rows import FromRows
from testbed.outside import parts

__all__ = ["check_own_rows"]


def check_own_rows(
    rows: Sequence[FromRows], learners: Sequence[Any], sizes: tuple[Sequence[int], Sequence[int]], asked: dict[str, Any]
) -> None:
    """Refuse what needs a law, and more rows than there are.

    Parameters
    ----------
    rows : sequence of FromRows
        Data sets of the grid; nothing is refused where there are none.
    learners : sequence
        Pretexts and probes.
    sizes : pair of sequences
        n_unlabeled and n_labeled.
    asked : mapping
        Settings of the experiment that need the excess risk or the law, such as `precision`, by name.

    Raises
    ------
    ValueError
        With the argument, its value and what is possible.
    """
    if not rows:
        return
    for part in (part for learner in learners for part in parts(learner)):
        if getattr(part, "reads_law", False):
            raise ValueError(
                f"pretext holds {shown(part)}, which reads the law: rows of one's own (FromRows) have none"
            )
        if getattr(part, "rank", None) == "km":
            raise ValueError(
                f'{shown(part)} has the rank "km", and FromRows shows no latent: give a number, "k" or "k-1"'
            )
    for name, value in asked.items():
        if value:
            raise ValueError(
                f"{name} = {shown(value)}: it is about the truth of a law, which rows of one's own (FromRows) do not "
                "have; leave it out"
            )
    for each, n_unlabeled, n_labeled in product(rows, *sizes):
        each.check_sizes(n_unlabeled, n_labeled)
