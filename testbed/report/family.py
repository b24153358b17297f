"""All simulated records of the ledger as one family: how often the rule of four standard errors errs, and Holm's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["family", "family_said"]

ERRORS, LEVEL = 4.0, 0.05


def family(rows: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """P values of the simulated records, and the least family-wise levels at which Holm's correction rejects each.

    A record is simulated if it is an exponent or has sample sizes, whatever came of it: a family that is chosen by its
    verdicts would leave out a statement that is violated everywhere. With z the difference of both sides over its
    standard error, p = P(|N| > |z|) of an identity or a rate, P(N > z) of an inequality, of which only an excess speaks
    against it.

    Returns
    -------
    p, adjusted : (records,) arrays
    """
    from scipy.special import ndtr

    used = [row for row in rows if row["kind"] == "rate" or row["n_labeled"] is not None]
    used = [row for row in used if row["verdict"] in ("consistent", "violated") and row["error"] > 0.0]
    if not used:
        return np.empty(0), np.empty(0)
    z = np.array([(row["measured"] - row["predicted"]) / row["error"] for row in used])
    one = np.array([row["kind"] == "inequality" for row in used])
    p = np.where(one, ndtr(-z), 2.0 * ndtr(-np.abs(z)))
    order, adjusted = np.argsort(p), np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return p, adjusted


def family_said(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how the rule of four standard errors and Holm's correction compare on these records; nothing without any."""
    from scipy.special import ndtr, ndtri  # scipy.stats, of which they are the normal law, is slow to import

    p, adjusted = family(rows)
    if not len(p):
        return ""
    alone = 2.0 * float(ndtr(-ERRORS))
    together = len(p) * alone
    holm = int((adjusted <= LEVEL).sum())
    strict = int((adjusted <= together).sum())
    edge = float(-ndtri(LEVEL / len(p) / 2.0))
    return (
        f"Simulated records as one family: {len(p)} whose error is not 0. Where errors are normal, as those of means "
        "over many repetitions nearly are, a true identity or rate is beyond four standard errors with probability "
        f"{alone:.2g}, a true inequality with at most half of it, and any of the family with at most {together:.2g}: "
        f"the rule is Bonferroni's at that level. Holm's correction at the same level rejects {strict}. At a level of "
        f"{LEVEL:g}, where its first step asks for {edge:.2f} standard errors of an identity or rate instead of four, "
        f"it rejects {holm}. The least p after correction is {float(adjusted.min()):.2g}. Neither needs the records to "
        "be independent."
    )
