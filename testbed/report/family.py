"""All simulated records of the ledger as one family: how often the rule of four standard errors errs, and Holm's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["family", "family_said"]

ERRORS, LEVEL = 4.0, 0.05


def family(rows: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """P values of the simulated records, and the least family-wise levels at which Holm's correction rejects each.

    A record is simulated if its verdict is "consistent", or if it is violated and another of its statement is
    consistent. With z the difference of both sides over its standard error, p = P(|N| > |z|) of an identity or a rate,
    P(N > z) of an inequality, of which only an excess speaks against it.

    Returns
    -------
    p, adjusted : (records,) arrays
    """
    from scipy.stats import norm
    from statsmodels.stats.multitest import multipletests

    simulated = {row["statement"] for row in rows if row["verdict"] == "consistent"}
    used = [r for r in rows if r["statement"] in simulated and r["verdict"] in ("consistent", "violated")]
    used = [row for row in used if row["error"] > 0.0 and not math.isnan(row["measured"])]
    if not used:
        return np.empty(0), np.empty(0)
    z = np.array([(row["measured"] - row["predicted"]) / row["error"] for row in used])
    one = np.array([row["kind"] == "inequality" for row in used])
    p = np.where(one, norm.sf(z), 2.0 * norm.sf(np.abs(z)))
    return p, np.asarray(multipletests(p, method="holm")[1])


def family_said(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how the rule of four standard errors and Holm's correction compare on these records; nothing without any."""
    from scipy.stats import norm

    p, adjusted = family(rows)
    if not len(p):
        return ""
    alone = 2.0 * float(norm.sf(ERRORS))
    together = len(p) * alone
    holm = int((adjusted <= LEVEL).sum())
    strict = int((adjusted <= together).sum())
    edge = float(norm.isf(LEVEL / len(p) / 2.0))
    return (
        f"Simulated records as one family: {len(p)}. The rule of four standard errors is Bonferroni's at a level of "
        f"{together:.2g}: each true statement fails with probability {alone:.2g} (half of it where it is an "
        f"inequality), all of them together with at most that. Holm's correction at that level rejects {strict}, at a "
        f"level of {LEVEL:g} {holm}; there its first step asks for {edge:.2f} standard errors instead of four. The "
        f"least adjusted p is {float(adjusted.min()):.2g}. Neither needs the records to be independent."
    )
