"""The best methods of a table: the lowest mean of a line or column, and what paired differences do not tell from it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from testbed.columns import METHOD, PLACE
from testbed.report.tables import Grid

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["best_of", "left_out", "source_of"]

ROUNDING = 1e-12  # share of a mean: methods whose difference is smaller are one, computed in two ways


def best_of(
    grid: Grid, value: str, contrasts: pd.DataFrame | None, along: Literal["line", "column"] = "line"
) -> set[tuple[int, int]]:
    """Line and column of the best cells of a table of excess risks.

    In a line (or column) whose cells are several methods at one place (law and sample sizes), the best is the one of
    the lowest mean, and those are as good whose paired difference from it has a 95% interval that holds 0, or is
    0 but for rounding. Oracles are not among them, nor is the optimum of a task beside what is learnt from pairs:
    they know the law. Nothing is best among several places, which no contrast compares, nor where no method is better
    than another.

    Parameters
    ----------
    grid : Grid
        Cells of a table.
    value : str
        Column shown: contrasts are those of ``excess_risk``.
    contrasts : DataFrame, optional
        As they stand in contrasts.csv.
    along : {'line', 'column'}
        Where methods stand: beside each other, each line being a place, or below each other.
    """
    if value != "excess_risk" or contrasts is None:
        return set()
    ends, means = _ends(contrasts), grid.cells[value].to_numpy(dtype=float)
    sources = _sources(grid)
    found: set[tuple[int, int]] = set()
    for i, line in enumerate(grid.at if along == "line" else grid.at.T):
        places = [j for j, at in enumerate(line) if at >= 0 and not np.isnan(means[at])]
        compared = _compared(sources[line[places]])
        places = [j for j, fair in zip(places, compared, strict=True) if fair]
        cells = grid.cells.iloc[[line[j] for j in places]]
        if len(cells) < 2 or len(cells[list(PLACE)].drop_duplicates()) > 1:
            continue
        best = int(np.argmin(cells[value].to_numpy(dtype=float)))
        good = {best} | {j for j in range(len(cells)) if _equal(ends, cells.iloc[best], cells.iloc[j], value)}
        if len(good) < len(cells):
            found |= {(i, places[j]) for j in good}
    return found if along == "line" else {(j, i) for i, j in found}


def left_out(grid: Grid, along: Literal["line", "column"] = "line") -> str:
    """Say what stands in a table and is not compared with the rest; nothing where all are."""
    sources = _sources(grid)
    lines = [line[line >= 0] for line in (grid.at if along == "line" else grid.at.T)]
    apart = {sources[at] for line in lines for at in line[~_compared(sources[line])]}
    names = [word for source, word in (("law", "oracles"), ("limit", "optima")) if source in apart]
    return f"{' and '.join(names).capitalize()} know the law and are not compared." if names else ""


def source_of(pretext: str) -> str:
    """What a pretext makes psi from, as `Pretext.source` says of the classes in its canonical text.

    A class of a user's own is taken to learn from pairs, as its text does not say.

    Examples
    --------
    >>> [source_of(text) for text in ("CCA(2)", "Optimum(CCA(2))", 'Truncated(Oracle("linear"), 2)', "Raw()")]
    ['pairs', 'limit', 'law', 'nothing']
    """
    known = _known_sources()
    found = {known.get(name, "pairs") for name in re.findall(r"\b(\w+)\(", pretext)}
    return next((source for source in ("law", "limit", "nothing") if source in found), "pairs")


@lru_cache(maxsize=1)
def _known_sources() -> dict[str, str]:
    from testbed.registry import public

    return {name: cls.source for name, cls in public("pretexts").items()}


def _sources(grid: Grid) -> np.ndarray[Any, Any]:
    return np.array([source_of(str(text)) for text in grid.cells["pretext"]], dtype=object)


def _compared(sources: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which cells of a line compete: no oracle, and no optimum of a task beside what is learnt from pairs."""
    return np.isin(sources, ("nothing", "pairs" if "pairs" in sources else "limit"))


def _ends(contrasts: pd.DataFrame) -> dict[tuple[str, ...], tuple[float, float]]:
    """Ends of the interval of each difference, by place and both methods."""
    keys = [contrasts[c].map(_text) for c in (*PLACE, *(f"{name}_{side}" for side in "ab" for name in METHOD))]
    ends = zip(contrasts["difference_low"], contrasts["difference_high"], strict=True)
    return dict(zip(zip(*keys, strict=True), ends, strict=True))


def _equal(ends: dict[tuple[str, ...], tuple[float, float]], a: pd.Series, b: pd.Series, value: str) -> bool:
    """Whether the interval of the difference of two cells holds 0; they may stand in either order."""
    place = tuple(_text(a[name]) for name in PLACE)
    one, other = (tuple(str(cell[name]) for name in METHOD) for cell in (a, b))
    low, high = ends.get((*place, *one, *other)) or ends.get((*place, *other, *one)) or (np.nan, np.nan)
    rounding = ROUNDING * max(abs(float(a[value])), abs(float(b[value])))
    return bool(low <= rounding and high >= -rounding)


def _text(value: object) -> str:
    """A text, or a number, which one file may hold whole and the other with a point."""
    return str(value) if isinstance(value, str) else repr(float(value))  # type: ignore[arg-type]
