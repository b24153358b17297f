"""What a comparison of both sides of a statement comes to."""

from __future__ import annotations

import math
from typing import Literal

from testbed.theory.base import Kind

__all__ = ["ERRORS", "ROUNDING", "VERDICTS", "Verdict", "judge", "tolerance"]

Verdict = Literal["holds", "not applicable", "consistent", "violated", "error"]
VERDICTS: tuple[Verdict, ...] = ("holds", "not applicable", "consistent", "violated", "error")
ROUNDING = 1e-9  # of the natural scale: what two exact computations may differ by
ERRORS = 4.0  # standard errors of an integral or of a simulation that a difference may have


def tolerance(predicted: float, error: float, scale: float) -> float:
    """Difference of both sides that is rounding or error: 1e-9 of their size, and four standard errors."""
    size = max(scale, abs(predicted)) if math.isfinite(predicted) else scale
    return ROUNDING * size + ERRORS * error


def judge(
    kind: Kind, applies: bool, predicted: float, measured: float, error: float, scale: float, simulated: bool = False
) -> Verdict:
    """Return the verdict on one comparison.

    Parameters
    ----------
    kind : "identity", "inequality" or "rate"
        Whether both sides must agree, the measured one stay below the predicted, or an exponent agree.
    applies : bool
        Whether all assumptions hold; where not, nothing is claimed and nothing can be violated.
    predicted, measured : float
        Both sides; a side that is NaN although all assumptions hold is an error.
    error : float
        Standard error of their difference.
    scale : float
        Natural size, against which rounding is judged; 0 for a rate.
    simulated : bool
        A simulation can be consistent with a statement; that it holds only a computation of both sides says.
    """
    if not applies:
        return "not applicable"
    if math.isnan(measured) or math.isnan(predicted):
        return "error"
    gap, most = measured - predicted, tolerance(predicted, error, scale)
    agrees = gap <= most if kind == "inequality" else abs(gap) <= most
    if not agrees:
        return "violated"
    return "consistent" if simulated or kind == "rate" else "holds"
