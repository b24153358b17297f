"""What is said of laws whose truth is not known: how many rows there are, and what fresh ones show."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from testbed.keys import canonical
from testbed.laws.from_rows import NO_TRUTH, FromRows
from testbed.laws.sampled import SampledLaw

__all__ = ["WIDTH", "rows_told", "sampled_told", "told"]

WIDTH = 50
FALSE_ALARM = 1e-6  # of saying that a right f_star is wrong


def rows_told(rows: FromRows) -> str:
    """What is there of rows of a user, whose truth is not known."""
    d1, d2, k, _ = rows.shape
    varies = [int(np.sum(np.any(v != v[0], axis=0))) for v in (rows.x1, rows.x2, rows.y)]
    lines = [
        canonical(rows),
        f"d1 = {d1}, d2 = {d2}, k = {k}: {len(rows.x1)} rows",
        told("columns of x1, x2, y that vary", ", ".join(map(str, varies))),
        told("rows held out in each repetition", str(rows.scored)),
        told("pairs and labelled rows, together at most", str(len(rows.x1) - rows.scored)),
        f"{NO_TRUTH}; testbed.audit(x1, x2, y) estimates eps_CI and what pairs save",
    ]
    return "\n".join(lines)


def sampled_told(law: SampledLaw) -> str:
    """What fresh rows say of a law that is given by code, and what is not known."""
    d1, d2, k, _ = law.shape
    rows = law.sample(law.scored, np.random.default_rng(0))
    centred = np.sum((rows.y - rows.y.mean(axis=0)) ** 2, axis=1)
    lines = [
        canonical(law),
        f"d1 = {d1}, d2 = {d2}, k = {k}: {law.scored} fresh rows from seed 0",
        told("risk of a constant against the label  E|y - EY|^2", _mean(centred)),
    ]
    if law.f_star is None:
        lines.append(told("f*", "not known: risks are against the label, E|y - yhat|^2"))
    else:
        f = law.truth(rows.x1)
        rest = rows.y - f
        lines.append(told("Bayes noise  E|y - f*|^2", _mean(np.sum(rest**2, axis=1))))
        tests = np.hstack([np.ones((law.scored, 1)), *(v - v.mean(axis=0) for v in (rows.x1, f))])
        product = (tests[:, :, None] * rest[:, None, :]).reshape(law.scored, -1)
        error = product.std(axis=0, ddof=1) / np.sqrt(law.scored)
        z = float(np.max(np.abs(product.mean(axis=0)) / np.where(error > 0.0, error, np.inf)))
        limit = float(ndtri(1.0 - 0.5 * FALSE_ALARM / product.shape[1]))
        said = "" if z < limit else f"f_star is not E[Y | X1] (false alarm {FALSE_ALARM:g})"
        lines.append(told("y - f* against 1, x1 and f*, largest |z|", f"{z:.2f} (limit {limit:.2f})", said))
    unknown = "eps_CI, beta, ranks of A, class floor, e_apx, spectrum, statements of the theory"
    return "\n".join([*lines, told("not known", unknown), law.why])


def _mean(values: Any) -> str:
    return f"{values.mean():.6g} ± {values.std(ddof=1) / np.sqrt(len(values)):.1g}"


def told(label: str, text: str, remark: str = "") -> str:
    """One line of a screen: what it is, and the number."""
    return f"  {label:<{WIDTH}}{text}{'  ' + remark if remark else ''}"
