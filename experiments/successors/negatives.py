"""What does the loss keep, with any number of negatives? ``testbed run experiments/successors/negatives.py``

No estimation: every number is of a population. First, six laws of 4 classes on 7 points a view, views independent
given the class: three with classes of equal shares, three with shares .55, .25, .15, .05. InfoNCE with K negatives has
its best scores f(x1)'g(x2) of rank 3, the best of four descents (`infonce_scores`, weight 1e-4), and is read by the
best linear read-out of f, and by the class whose mean of g(x2) gives the largest score. At rank 3 the spectral loss
(ACE) loses nothing: the ratio p(x1, x2) / (p(x1) p(x2)), less 1, has rank 3. Its logarithm has not.

Then two Gaussian views with canonical correlations 0.8 and rho_2, y the second canonical variable in noise: among all
functions of rank 2, the square of the first variable comes before the second where rho_2 < 0.64 (docs/theory.md, A9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from testbed.keys import stream
from testbed.laws import Finite, JointGaussian
from testbed.pretexts import ACE, CCA
from testbed.pretexts.negatives import infonce_scores
from testbed.pretexts.tables import Lookup
from testbed.theory import GaussianTopFunctions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEGATIVES = (1.0, 4.0, 16.0, 64.0, 256.0, np.inf)
SHARES = {"equal": (0.25, 0.25, 0.25, 0.25), "unequal": (0.55, 0.25, 0.15, 0.05)}
COLORS = {"equal": "#0173b2", "unequal": "#d55e00"}
LAWS, POINTS, RANK, STARTS = 3, 7, 3, 4
FIRST = 0.8  # the larger canonical correlation


def drawn(shares: str, i: int) -> Finite:
    """Draw a law: each view falls on its points by a Dirichlet(1) draw for each class."""
    rng = stream(0, "successors_negatives", shares, i)
    x1, x2 = (rng.dirichlet(np.ones(POINTS), size=4) for _ in range(2))
    joint = np.array(SHARES[shares])[:, None, None] * x1[:, :, None] * x2[:, None, :]
    return Finite(joint[:, None] / joint.sum(), np.eye(POINTS), np.eye(POINTS))


def of(law: Finite, negatives: float, starts: int) -> tuple[float, float]:
    """e_apx of the encoder of x1, and the 0-1 error of the mean classifier."""
    truth = law.population()
    f, g = infonce_scores(truth.p12, negatives, RANK, starts)
    psi, masses = Lookup(truth.points1, f), law.joint.sum(axis=1)  # points of a population have an order of their own
    means = (masses.sum(axis=1) / masses.sum(axis=(1, 2))[:, None]) @ Lookup(truth.points2, g)(law.v2)
    chosen = (psi(law.v1) @ means.T).argmax(axis=1)
    right = masses.sum(axis=2)[chosen, np.arange(POINTS)].sum()
    return float(truth.approximation_error(psi)), float(1.0 - right)


def study(tiny: bool = False) -> pd.DataFrame:
    """One row a law and number of negatives; the step of Gaussian views is in ``attrs``."""
    rows: list[tuple[Any, ...]] = []
    for shares in SHARES:
        for i in tqdm(range(1 if tiny else LAWS), desc=f"laws, {shares}", leave=False, disable=None):
            law = drawn(shares, i)
            truth = law.population()
            bayes = 1.0 - law.joint.sum(axis=(1, 3)).max(axis=0).sum()
            spectral = float(truth.approximation_error(ACE(RANK).optimum(law)))
            whole = float(np.trace(truth.syy) - truth.bayes_noise)
            for k in (1.0, np.inf) if tiny else NEGATIVES:
                rows.append((shares, i, k, *of(law, k, 1 if tiny else STARTS), bayes, max(spectral, 0.0), whole))
    names = ["shares", "law", "K", "e_apx", "error", "Bayes error", "e_apx of ACE", "Var f*"]
    table = pd.DataFrame(rows, columns=names).round(9)
    steps = [(rho, *step(rho)) for rho in np.round(np.arange(0.51, 0.8, 0.02), 3)]
    table.attrs["step"] = pd.DataFrame(steps, columns=["rho_2", "leading functions", "linear CCA"]).round(9)
    return table


def step(rho: float) -> tuple[float, float]:
    """e_apx of the 2 leading functions of all, and of linear CCA, for y = z_2 in noise of variance 1; Var f* = 1."""
    c = np.eye(5)
    c[0, 2] = c[2, 0] = FIRST
    c[1, 3] = c[3, 1] = c[3, 4] = c[4, 3] = rho
    c[1, 4] = c[4, 1] = 1.0
    c[4, 4] = 2.0
    law = JointGaussian(c, 2, 2, 1)
    truth = law.population()
    functions = float(GaussianTopFunctions(2).sides(truth).left)
    return functions, float(truth.approximation_error(CCA(2).optimum(law)))


def shown(table: pd.DataFrame) -> tuple[pd.DataFrame, Sequence[str]]:
    """All laws, and how far the number of negatives moves them."""
    moved = table.groupby(["shares", "law"])["e_apx"].agg(lambda e: e.iloc[-1] - e.iloc[0])
    return table, [
        f"From K = {table['K'].min():g} to infinity e_apx rises on {int((moved > 0).sum())} laws and falls on "
        f"{int((moved < 0).sum())}; the largest change is {moved.abs().max():.2g}.",
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """e_apx and error against the negatives, and the step."""
    page.set_size_inches(5.5, 2.3)
    axes = page.subplots(1, 3)
    page.subplots_adjust(left=0.105, right=0.99, top=0.9, bottom=0.2, wspace=0.52)
    _lines(axes[0], table.assign(share=table["e_apx"] / table["Var f*"]), "share", r"$e_{apx}$ / Var $f^*$")
    axes[0].set_title("(a)  Linear read-out", loc="left")
    axes[0].set_ylim(0.0)
    excess = table.assign(excess=table["error"] - table["Bayes error"])
    _lines(axes[1], excess, "excess", "0-1 error above Bayes")
    axes[1].set_title("(b)  Mean classifier", loc="left")
    axes[1].set_ylim(0.0, 1.6 * (table["error"] - table["Bayes error"]).max())
    axes[1].legend(fontsize=7, title="classes", title_fontsize=7, loc="upper right")
    found = table.attrs["step"]
    for column, style in (("leading functions", "o-"), ("linear CCA", "s--")):
        color, words = ("#029e73", "2 of all functions") if style == "o-" else ("0.3", column)
        axes[2].plot(found["rho_2"], found[column], style, ms=3, lw=1, color=color, label=words)
    axes[2].axvline(FIRST**2, lw=0.8, ls=":", color="0.4")
    axes[2].set(xlabel=r"$\rho_2$  ($\rho_1$ = 0.8)", ylabel=r"$e_{apx}$ / Var $f^*$", ylim=(-0.05, 1.1))
    axes[2].set_title("(c)  Gaussian views", loc="left")
    axes[2].legend(fontsize=6.5, loc="center left", bbox_to_anchor=(0.0, 0.35), handlelength=1.5)
    rises, change = _moved(table)
    return (
        f"InfoNCE with K negatives at its optimum, on {LAWS} laws with equal and {LAWS} with unequal classes (marks: "
        "laws). (a) What a linear read-out loses of the label: from the fewest negatives to infinity it rises on "
        f"{rises} of them; the largest change is {change:.2g}. (b) The mean classifier. (c) Two leading functions of "
        "Gaussian views: dotted, where the second correlation is the square of the first, and the second function "
        "turns from the square of the first coordinate to the second coordinate."
    )


def _moved(table: pd.DataFrame) -> tuple[int, float]:
    """On how many laws e_apx rises from the fewest negatives to infinity, and by how much it moves at most."""
    by_law = table.set_index(["shares", "law", "K"])["e_apx"].unstack("K")
    moved = (by_law[np.inf] - by_law[by_law.columns.min()]).to_numpy(dtype=float)
    return int((moved > 0).sum()), float(np.abs(moved).max())


def _lines(place: Axes, table: pd.DataFrame, column: str, words: str) -> None:
    ticks = [*NEGATIVES[:-1], 4.0 * NEGATIVES[-2]]
    for shares, color in COLORS.items():
        for i, marker in zip(range(LAWS), "os^", strict=True):
            rows = table[(table["shares"] == shares) & (table["law"] == i)]
            label = shares if i == 0 else None
            place.plot(
                rows["K"].replace(np.inf, ticks[-1]), rows[column], f"{marker}-", ms=3, lw=1, c=color, label=label
            )
    place.set(xscale="log", xlabel="negatives, K", ylabel=words)
    place.set_xticks(ticks, [*(f"{k:g}" for k in NEGATIVES[:-1]), r"$\infty$"])
    place.minorticks_off()


STUDY, FIGURES, TABLES = study, [draw], [shown]
