"""Two methods at each place of a grid, with the paired difference of their risks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from testbed.columns import METHOD, PLACE
from testbed.report.cells import one_each, select
from testbed.report.files import ReportError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["differences"]

GAP = ("difference", "difference_low", "difference_high", "n_dropped")


def differences(
    summary: pd.DataFrame,
    contrasts: pd.DataFrame | None,
    a: Mapping[str, object],
    b: Mapping[str, object],
    places: Sequence[str],
    what: str,
) -> pd.DataFrame:
    """Cells of the summary that `a` selects, joined by the risk of b, ``other``, and the difference a - b.

    The difference and its 95% interval are those of contrasts.csv, whichever of the two methods is named first there;
    empty where b has no cell of that law and sample sizes. ``n_dropped`` repetitions of the pair failed in one or both.

    Raises
    ------
    ReportError
        If `places` do not tell the cells of a method apart, or there are no contrasts to read.
    """
    import pandas as pd

    if contrasts is None:
        raise ReportError(f"{what} compares two methods: it needs the contrasts beside the summary")
    sides = []
    for where, which in ((a, "first"), (b, "second")):
        cells = select(summary, where, f"the {which} method of {what}")
        one_each(cells, places, f"the {which} method of {what}")
        sides.append(cells.reset_index(drop=True))
    first, second = sides
    contrasts = contrasts if "n_dropped" in contrasts else contrasts.assign(n_dropped=0)  # of an older report
    keys = [*PLACE, *(f"{name}_{side}" for side in "ab" for name in METHOD)]
    turned = contrasts.rename(columns={f"{n}_{s}": f"{n}_{o}" for n in METHOD for s, o in ("ab", "ba")})
    turned = turned.assign(
        difference=-contrasts["difference"],
        difference_low=-contrasts["difference_high"],
        difference_high=-contrasts["difference_low"],
    )
    known = pd.concat([frame[[*keys, *GAP]].astype(dict.fromkeys(_texts(keys), str)) for frame in (contrasts, turned)])
    named = first[[*PLACE, *METHOD]].rename(columns={name: f"{name}_a" for name in METHOD})
    others = second[[*PLACE, *METHOD, "excess_risk"]]
    others = others.rename(columns={name: f"{name}_b" for name in METHOD} | {"excess_risk": "other"})
    left, right = (f.astype(dict.fromkeys(_texts(f.columns), str)) for f in (named, others))
    joined = left.merge(right, "left", list(PLACE)).merge(known.drop_duplicates(keys), "left", keys)
    return first.assign(**{column: joined[column].to_numpy() for column in ("other", *GAP)})


def _texts(columns: Sequence[str] | pd.Index) -> list[str]:
    return [c for c in columns if c == "generator" or c.partition("_")[0] in METHOD]
