"""Settings that a pretext chooses once, on repetition 0 of a cell, and holds for the others."""

from __future__ import annotations

from testbed._global_state import seeded
from testbed.draws import RowsDraws, Source
from testbed.keys import canonical
from testbed.outside import handed_rows
from testbed.pretexts import Pretext

__all__ = ["tuned"]

_TUNED: dict[tuple[int, str, str, int], Pretext] = {}


def tuned(source: Source, pretext: Pretext, n: int) -> Pretext:
    """Learner with the settings it chooses on repetition 0, kept for the process: the same whatever chunk runs."""
    key = (source.seed, source.text, canonical(pretext), n)
    if key not in _TUNED:
        first, work = RowsDraws(source, 0), f"{key[2]} n={n}"
        draw = handed_rows(first.pretext(n), pretext)
        number = source.number("learner", f"{work} tuned", 0)
        _TUNED[key] = seeded(number, lambda: pretext.tuned(draw, first.law, first.learner(work)))
    return _TUNED[key]
