"""What must be said of means: that they are of a selected part, or hang on few repetitions; and of coarse integrals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "HANGS",
    "PART",
    "cells_said",
    "coarse",
    "failures",
    "failures_said",
    "hanging",
    "remarks",
    "selected",
    "share_of_few",
]

Array = np.ndarray[Any, Any]
LARGE = 2.0 / 3.0  # share of the sum of squared deviations above which a mean hangs on those that carry it
FEWEST, TWENTIETH = 8, 20  # repetitions from which on that is judged; one in so many are "few", and at least one
PROMISED = 1e-3  # relative error of the integrals of a law that is not redrawn
SPREAD = 1e-12  # of the mean: deviations below it are rounding
PART = "the mean is over the repetitions that did not fail, a selected part"
HANGS = (
    "few repetitions (one in twenty, at least one) carry more than two thirds of the sum of squared deviations, so "
    "that the mean and its error hang on them"
)


def selected(cells: pd.DataFrame) -> pd.Series:
    """Which cells are means over a part of their repetitions: some failed, some did not."""
    return (cells["n_failed"] > 0) & (cells["n_ok"] > 0)


def hanging(cells: pd.DataFrame) -> pd.Series:
    """Which means of the excess risk hang on few repetitions; none where the summary does not say."""
    if "excess_risk_share" not in cells:
        return cells["n_ok"] < 0
    return cells["excess_risk_share"] > LARGE


def coarse(cells: pd.DataFrame) -> pd.Series:
    """Which cells have a Bayes noise, one number for all repetitions, with a relative error above 1e-3."""
    error = cells["bayes_noise_se"]
    frozen = (cells["bayes_noise_mcse"] - error).abs() <= 1e-5 * error
    return frozen & (error > PROMISED * cells["bayes_noise"]) & (error > SPREAD)


def share_of_few(values: Array, cell: Array, cells: int) -> Array:
    """Share of the sum of squared deviations that few repetitions carry, by cell (see `summarize`); NaN where n < 8."""
    import pandas as pd

    frame = pd.DataFrame({"x": values, "cell": cell})
    each = frame.groupby("cell")["x"]
    n, mean = (part.reindex(range(cells)).to_numpy(dtype=float) for part in (each.count(), each.mean()))
    square = (frame["x"] - mean[cell]) ** 2
    place = square.groupby(frame["cell"]).rank(method="first", ascending=False)
    few = np.maximum(1.0, np.nan_to_num(n) // TWENTIETH)
    parts = (square.where(place <= few[cell], 0.0), square)
    sums = [part.groupby(frame["cell"]).sum().reindex(range(cells)).to_numpy() for part in parts]
    known = (n >= FEWEST) & (sums[1] > n * (SPREAD * mean) ** 2)
    return np.where(known, sums[0] / np.where(known, sums[1], 1.0), np.nan)


def cells_said(count: int) -> str:
    """A number of cells, in words that fit one as well."""
    return f"{count} cell{'' if count == 1 else 's'}"


def failures(number: float) -> str:
    """Mark of a number that failed repetitions are left out of."""
    return f" [{number:.0f} failed]" if number > 0 else ""


def failures_said(found: pd.DataFrame, what: str) -> str:
    """What that mark means under a table of some lines, one of which has it."""
    return f" [n failed]: {what}; {PART}." if "failed" in found and (found["failed"] > 0).any() else ""


def remarks(summary: pd.DataFrame) -> list[str]:
    """Sentences on a whole summary, for whoever reads its means; none where there is nothing to say."""
    said = []
    some = selected(summary)
    if some.any():
        failed, ok = (summary[some][name].to_numpy(dtype=int) for name in ("n_failed", "n_ok"))
        worst = int(np.argmax(failed / (failed + ok)))
        most = f"{failed[worst]} of {failed[worst] + ok[worst]}"
        said.append(
            f"In {some.sum()} of {len(summary)} cells some repetitions failed (up to {most}): {PART} "
            '(`selected` is "yes" in summary.csv).'
        )
    hangs = hanging(summary)
    if hangs.any():
        said.append(
            f"In {hangs.sum()} of {len(summary)} cells {HANGS}; `excess_risk_median` in summary.csv has the median, "
            "and `excess_risk_share` what they carry."
        )
    rough = coarse(summary)
    if rough.any():
        relative = float((summary["bayes_noise_se"] / summary["bayes_noise"])[rough].max())
        said.append(
            f"The Bayes noise of {summary['generator'][rough].nunique()} laws is known to a relative error of up to "
            f"{relative:.1g}; 1e-3 is not met (bayes_noise_se)."
        )
    return said
