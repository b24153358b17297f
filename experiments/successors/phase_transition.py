"""When do n points show the signal? ``testbed run experiments/successors/phase_transition.py`` (1 minute on one core).

x ~ N(0, diag(s, v, ..., v)) in d dimensions, y the first coordinate, n points, one output. Augmentations add noise of
known variances, a_s to the signal and alpha to the rest. Joint embedding keeps the top eigenvector of the sample
covariance of x over the standard deviations of the noise; with r = (s / a_s) / (v / alpha) and gamma = d / n it loses,
as n grows, gamma / (r - 1)^2 of the signal for r > 1 + sqrt(gamma), and all of it below. Reconstruction keeps the top
singular vector of C (C + noise)^{-1/2}, C the sample covariance of x. At alpha = a_s both are PCA of the points, so
whatever share they must keep, the alpha that they need crosses at the v / s where PCA keeps it (docs/theory.md, A17).

Each draw is exact in law and costs the eigenvalues of a Wishart matrix: the covariances of the signal with the rest are
independent normals in its eigenbasis, and what is kept follows from a determinant of two rows (`kept`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, t
from tqdm import tqdm

from experiments.successors.spiked import (
    A_S,
    MEASURES,
    crossing,
    crossing_limit,
    drawn,
    joint_embedding,
    kept,
    limit,
    lost_limit,
)  # fmt: skip
from testbed.keys import stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from testbed._linalg import Array

DRAWS = 100
DIMENSIONS = (60, 120, 250, 500)
GAMMAS = (1 / 64, 1 / 16, 1 / 4, 1 / 2, 1.0, 2.0)
CURVES = {1 / 16: "#0173b2", 1 / 4: "#de8f05", 1.0: "#029e73"}  # of the risks at d = 300
VARIANCES = (0.3, 0.8)  # v / s of the risks against alpha, at gamma = 1/4


def study(tiny: bool = False) -> pd.DataFrame:
    """Crossings by gamma and d; the risks against r and alpha at d = 300 are in ``attrs``."""
    draws = 5 if tiny else DRAWS
    rows = []
    for gamma in tqdm(GAMMAS, desc="gamma", leave=False, disable=None):
        for d in DIMENSIONS[:1] if tiny else DIMENSIONS:
            sample = drawn(gamma, d - 1, draws, stream(0, "successors_phase_transition", f"{gamma}, {d}", 0))
            for measure in MEASURES:
                rows.append(
                    (measure, gamma, d, draws, *_mean(crossing(sample, measure)), float(crossing_limit(gamma, measure)))
                )
    table = pd.DataFrame(rows, columns=["measure", "gamma", "d", "draws", "v/s", "low", "high", "limit"])
    table.attrs["risk"] = _risks(60 if tiny else 300, draws)
    return table


def _mean(values: Array) -> tuple[float, float, float]:
    """Mean and the ends of Student's 95% interval."""
    mean, half = values.mean(), t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(mean), float(mean - half), float(mean + half)


def _risks(d: int, draws: int) -> pd.DataFrame:
    """Shares of the signal that are lost: joint embedding against r, and both tasks against alpha at gamma = 1/4."""
    rows: list[tuple[Any, ...]] = []
    for gamma in CURVES:
        sample = drawn(gamma, d - 1, draws, stream(0, "successors_phase_transition", f"risk {gamma}, {d}", 0))
        for factor in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0):
            r = 1.0 + factor * np.sqrt(gamma)
            lost = joint_embedding(sample, r)[0]
            rows.append(("joint embedding", gamma, np.nan, r, np.nan, *_mean(lost), float(lost_limit(gamma, r))))
        if gamma != 1 / 4:
            continue
        for v in VARIANCES:
            for alpha in np.geomspace(0.01, 1.0, 13):
                r = alpha / (v * A_S)
                both = (
                    ("joint embedding", joint_embedding(sample, r)[0], lost_limit(gamma, r)),
                    ("reconstruction", kept(sample, v, alpha)[0], reconstruction_limit(gamma, v, alpha)),
                )
                rows += [(task, gamma, v, r, alpha, *_mean(lost), float(line)) for task, lost, line in both]
    return pd.DataFrame(rows, columns=["task", "gamma", "v", "r", "alpha", "lost", "low", "high", "limit"])


def reconstruction_limit(gamma: float, v: float, alpha: float) -> float:
    """Share of the signal that reconstruction loses as n grows at d / n = gamma."""
    return float(kept(limit(gamma), v, alpha, edge=(1.0 + np.sqrt(gamma)) ** 2)[0])


def exponents(table: pd.DataFrame) -> pd.DataFrame:
    """p of v / s = (1 + sqrt gamma)^-p at the largest d: for each gamma, and one for all with its chi square."""
    rows = []
    for measure, group in table[table["d"] == table["d"].max()].groupby("measure", sort=False):
        x, y = np.log1p(np.sqrt(group["gamma"])), -np.log(group["v/s"])
        se = (group["high"] - group["low"]) / (2.0 * t.ppf(0.975, group["draws"] - 1) * group["v/s"])
        weight = (x / se) ** 2
        p, error = float((weight * y / x).sum() / weight.sum()), float(weight.sum() ** -0.5)
        misfit = float((((y - p * x) / se) ** 2).sum())
        each = zip(group["gamma"], y / x, 1.96 * se / x, -np.log(group["limit"]) / x, strict=True)
        rows += [(measure, f"{gamma:g}", value, value - half, value + half, of) for gamma, value, half, of in each]
        chance = float(chi2.sf(misfit, len(group) - 1))
        rows.append(
            (measure, f"all (chi2 {misfit:.0f}, p {chance:.1g})", p, p - 1.96 * error, p + 1.96 * error, np.nan)
        )
    return pd.DataFrame(rows, columns=["measure", "gamma", "exponent", "low", "high", "of the limit"])


def crossings(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Every crossing with its interval and limit."""
    return table, [
        "v/s at which joint embedding and reconstruction need the same alpha: mean over draws, 95% interval, and the "
        "limit as n grows: 1/(1 + sqrt(2 gamma)) for half of the signal lost, "
        "1/(1 + (gamma + sqrt(gamma^2 + 8 gamma))/2) for half of the encoder's square on the signal.",
        "",
    ]


def fitted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The exponents."""
    return exponents(table), [
        "Exponent p in v/s = (1 + sqrt gamma)^-p at the largest d. If the law were a power, all gammas would have one "
        "p; chi2 tests that (one degree of freedom less than gammas).",
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Risk of joint embedding, both tasks on either side of the crossing, and the crossing against gamma."""
    page.set_size_inches(5.5, 4.8)
    axes = page.subplots(2, 2)
    page.subplots_adjust(left=0.1, right=0.98, top=0.94, bottom=0.1, hspace=0.45, wspace=0.3)
    risk = table.attrs["risk"]
    _transition(axes[0, 0], risk[risk["v"].isna()])
    for place, letter, v in zip((axes[0, 1], axes[1, 0]), "bc", VARIANCES, strict=True):
        _tasks(place, risk[risk["v"] == v], v)
        place.set_title(rf"({letter})  $\gamma$ = 1/4, v/s = {v:g}", loc="left")
    _crossings(axes[1, 1], table[table["d"] == table["d"].max()])
    return (
        "Where a task finds the signal. (a) Share of the signal that joint embedding loses, in the limit (lines) and "
        "at finite size (marks; bars: 95% intervals), for ratios gamma of the dimension $d$ to the rows $n$. (b), "
        f"(c) Both tasks as the augmentation of what is not signal grows, at noise of {VARIANCES[0]:g} and "
        f"{VARIANCES[1]:g} of the signal; dotted: the augmentation of the signal itself. (d) The noise at which both "
        f"need the same augmentation, by two measures, beside two powers of 1 + root gamma; $d={table['d'].max()}$."
    )


def _points(place: Axes, x: pd.Series, rows: pd.DataFrame, value: str, **style: Any) -> None:
    errors = np.array([rows[value] - rows["low"], rows["high"] - rows[value]])
    place.errorbar(x, rows[value], errors, ls="", ms=4, lw=1, **style)


def _transition(place: Axes, risk: pd.DataFrame) -> None:
    for (gamma, color), marker in zip(CURVES.items(), "os^", strict=True):
        rows = risk[risk["gamma"] == gamma]
        r = np.linspace(1.0, rows["r"].max(), 400)
        place.plot(r, lost_limit(gamma, r), lw=1, color=color)
        _points(place, rows["r"], rows, "lost", color=color, marker=marker, label=rf"$\gamma$ = {gamma:g}")
    place.set(xlabel="r, signal over noise after augmentation", ylabel=r"lost, $e_{apx}$/s", ylim=(-0.03, 1.05))
    place.set_title("(a)  Joint embedding", loc="left")
    place.legend(fontsize=7)


def _tasks(place: Axes, risk: pd.DataFrame, v: float) -> None:
    alphas = np.geomspace(risk["alpha"].min(), risk["alpha"].max(), 200)
    for task, color, marker in (("joint embedding", "#0173b2", "o"), ("reconstruction", "#d55e00", "s")):
        rows = risk[risk["task"] == task]
        joint = task == "joint embedding"
        line = lost_limit(0.25, alphas / (v * A_S)) if joint else [reconstruction_limit(0.25, v, a) for a in alphas]
        place.plot(alphas, line, lw=1, color=color)
        _points(place, rows["alpha"], rows, "lost", color=color, marker=marker, label=task)
    place.axvline(A_S, lw=0.8, ls=":", color="0.4", label=r"$\alpha = a_s$: the same")
    place.set(
        xscale="log", xlabel=r"augmentation of the rest, $\alpha$", ylabel=r"lost, $e_{apx}$/s", ylim=(-0.03, 1.05)
    )
    if v > 0.5:  # one legend for both panels, where there is room
        place.legend(fontsize=7, loc="lower left")


def _crossings(place: Axes, table: pd.DataFrame) -> None:
    gamma = np.geomspace(1 / 100, 3, 200)
    for measure, color, marker in zip(MEASURES, ("#0173b2", "#029e73"), "os", strict=True):
        rows = table[table["measure"] == measure]
        place.plot(gamma, crossing_limit(gamma, measure), lw=1, color=color)
        _points(place, rows["gamma"], rows, "v/s", color=color, marker=marker, label=measure)
    for power, line in ((1.5, "--"), (2.0, ":")):
        label = rf"$(1 + \sqrt{{\gamma}})^{{-{power:g}}}$"
        place.plot(gamma, (1.0 + np.sqrt(gamma)) ** -power, line, lw=1, color="0.3", label=label)
    place.set(xscale="log", xlabel=r"$\gamma$ = d/n", ylabel=r"v/s where both need one $\alpha$", ylim=(0.0, 1.45))
    place.set_title("(d)  The crossing", loc="left")
    place.legend(fontsize=7, loc="upper right")


STUDY, FIGURES, TABLES = study, [draw], [crossings, fitted]
