"""An exponent once more, by weighted least squares with statsmodels: what a power law that bends does not survive."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["LEAST", "weighted"]

Array = np.ndarray[Any, Any]
LEAST = 4  # points from which on HC3 says something: with two the residuals are 0, with three one degree is left


def weighted(x: Array, y: Array) -> tuple[float, float, float]:
    """Exponent of a power law by weighted least squares in logarithms, and the ends of its 95% interval.

    The weight of a point is one over the variance of the logarithm of its mean, (mean / standard error)^2; the errors
    are HC3, which do not rest on these weights, with Student's t of points - 2 degrees of freedom. They take the points
    for independent, which the jackknife of `Slope` does not. `Slope` weighs all points alike: where the law is a power
    law, both estimate its exponent, and as this one is the more precise of the two, it lies in the 95% interval of the
    other in at least 19 fits of 20.

    Parameters
    ----------
    x, y : (repetitions, points)
        NaN where a repetition is missing; means are positive.

    Returns
    -------
    slope, low, high : float
        NaN with fewer than four points, or where a mean has no spread.

    References
    ----------
    J. G. MacKinnon and H. White, Journal of Econometrics 29 (1985) 305.
    """
    mean, n = np.nanmean(y, axis=0), (~np.isnan(y)).sum(axis=0)
    if len(mean) < LEAST or n.min() < 2 or np.ptp(np.nanmean(x, axis=0)) == 0.0:
        return (math.nan,) * 3
    error = np.nanstd(y, axis=0, ddof=1) / np.sqrt(n) / mean
    if not (error > 1e-12).all():  # rounding
        return (math.nan,) * 3
    from statsmodels.regression.linear_model import WLS

    design = np.column_stack([np.ones(len(mean)), np.log(np.nanmean(x, axis=0))])
    fit = WLS(np.log(mean), design, weights=1.0 / error**2).fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int()[1]
    return float(fit.params[1]), float(low), float(high)
