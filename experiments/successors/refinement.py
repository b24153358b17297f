"""When do labels pay more as a refinement of the pairs? ``testbed run experiments/successors/refinement.py``

Jointly Gaussian laws with two real labels, d1 = 20, d2 = 6, and an edge from noise of x1 to x2 inside the row space of
A, so that conditional independence fails by eps_CI; A and Cov(X2|Y) stay as they are, so a large leak leaves x2 little
noise of its own. n0 labelled triples and infinitely many pairs are given. Three ways:

- pretext: psi* of rank k from the pairs, least squares of y on it (n0 labels);
- refined: x2 is first regressed on (1, x1, y) over the n0 triples, and B x1 is taken out of it in the pairs (Teng,
  Huang and He 2022); then the same;
- x1: least squares of y on x1.

Risks E|f* - yhat|^2 are exact for what was learnt, and means over draws of the n0 triples, which all three share. Three
borders are drawn, without any draw (A14 of docs/theory.md): n0* = d1 + k + 2 + tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) /
eps_CI^2, above which refining lowers the mean of eps_CI^2; the n0 at which the mean risks of pretext and x1 are equal,
both in closed form (`known`); and the leak beyond which refining beats x1 as n0 grows, where tr C^+' Cov(X2|X1,Y) C^+,
C the slopes of x2 on y beside x1, falls below tr Cov(Y|X1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from tqdm import tqdm

from testbed._linalg import Array, transpose
from testbed.data import LinearMap, Moments
from testbed.generators import CleanGaussian
from testbed.keys import stream
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.regressors import OLS
from testbed.theory.refinement import rows_that_pay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

D1, D2, K = 20, 6, 2
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
ROWS = (30, 40, 60, 90, 120, 180, 300, 500, 1000)  # n0
DRAWS = 400
WAYS = {"pretext": "#0173b2", "refined": "#029e73", "x1": "#de8f05"}


def law_of(edge: float) -> CleanGaussian:
    """Law with an edge of this size."""
    return CleanGaussian(k=K, d1=D1, d2=D2, rho=edge, structure_seed=0)


def leading(truth: GaussianPopulation, weight: Array) -> LinearMap:
    """The K leading directions of representations x1 -> weight'x1, (..., d1, d2)."""
    _, _, vt = np.linalg.svd(truth.root1 @ weight, full_matrices=False)
    kept = weight @ transpose(vt[..., :K, :])
    return LinearMap(kept, np.zeros((*kept.shape[:-2], K)), full_rank=True)


def risks(edge: float, rows: int, draws: int) -> dict[str, Array]:
    """Excess risk of each way on each draw."""
    law = law_of(edge).law()
    truth = law.population()
    moments = law.moments(rows, stream(0, "successors_refinement", f"{edge!r} {rows}", 0), draws)
    both = Moments(
        moments.n,
        {"both": np.concatenate([moments.mean["x1"], moments.mean["y"]], axis=-1), "x2": moments.mean["x2"]},
        {("both", "both"): _pair(moments), ("both", "x2"): _cross(moments)},
    )
    found = OLS().fit(both, "both", "x2").weight[..., :D1, :]
    slope = np.broadcast_to(truth.linear_psi_star.weight, found.shape)
    tasks = {"pretext": leading(truth, slope), "refined": leading(truth, slope - found)}
    tasks["x1"] = LinearMap.identity(D1)
    return {name: risk(truth, moments, psi) for name, psi in tasks.items()}


def _pair(moments: Moments) -> Array:
    """Scatter of (x1, y) with itself."""
    upper = np.concatenate([moments.block("x1", "x1"), moments.block("x1", "y")], axis=-1)
    lower = np.concatenate([moments.block("y", "x1"), moments.block("y", "y")], axis=-1)
    return np.concatenate([upper, lower], axis=-2)


def _cross(moments: Moments) -> Array:
    """Scatter of (x1, y) with x2."""
    return np.concatenate([moments.block("x1", "x2"), moments.block("y", "x2")], axis=-2)


def risk(truth: GaussianPopulation, moments: Moments, psi: LinearMap) -> Array:
    """Excess risk of least squares of y on psi, fitted on the labelled draws."""
    return truth.distance_to_linear(psi.then(OLS().fit(moments.push("x1", psi), "psi", "y"))) + truth.class_floor


def estimation(noise: float, width: int, n: float) -> float:
    """Mean estimation error of least squares with an intercept on `width` Gaussian features, n rows (F1)."""
    return noise * (1.0 / n + (1.0 + 1.0 / n) * width / (n - width - 2.0))


def known(truth: GaussianPopulation, n: float) -> dict[str, float]:
    """Mean risks in closed form: of least squares on x1, of the pretext, and of refining to first order in 1/n.

    Bhat is off by a matrix of covariance Cov(X2|X1,Y) in its columns, whose part beside f* turns the K leading
    directions: e_apx is (d1 - K) tr(C^+' Cov(X2|X1,Y) C^+) / (n - d1 - K - 2) to first order.
    """
    noise = float(truth.bayes_noise)
    lost = float(truth.approximation_error(leading(truth, truth.linear_psi_star.weight)))
    spare = n - D1 - K - 2.0
    return {
        "x1": estimation(noise, D1, n),
        "pretext": lost + estimation(noise + lost, K, n),
        "refined": estimation(noise, K, n) + (D1 - K) * copy_noise(truth) / spare if spare > 0.0 else np.inf,
    }


def copy_noise(truth: GaussianPopulation) -> float:
    """tr C^+' Cov(X2|X1,Y) C^+: the noise of the refined view as a copy of the label."""
    both, two = [*range(D1), *range(D1 + D2, D1 + D2 + K)], list(range(D1, D1 + D2))
    s = np.asarray(truth.arrays.covariance)
    slope = np.linalg.solve(s[np.ix_(both, both)], s[np.ix_(both, two)])
    left, inverse = s[np.ix_(two, two)] - s[np.ix_(two, both)] @ slope, np.linalg.pinv(slope[D1:])
    return float(np.trace(inverse.T @ left @ inverse))


def equal_rows(truth: GaussianPopulation) -> float:
    """The n0 at which pretext and x1 have one mean risk; infinite where the pretext is better at 10^6 rows."""

    def gap(n: float) -> float:
        found = known(truth, n)
        return found["pretext"] - found["x1"]

    low, high = D1 + 2.001, 1e6
    return float(brentq(gap, low, high)) if gap(high) > 0.0 else float("inf")


def last_leak() -> float:
    """The eps_CI^2 beyond which refining beats x1 as n0 grows."""

    def gap(edge: float) -> float:
        truth = law_of(edge).law().population()
        return copy_noise(truth) - float(truth.bayes_noise)

    truth = law_of(float(brentq(gap, 0.0, 0.999))).law().population()
    return float(truth.epsilon_ci("linear", "y")) ** 2


def study(tiny: bool = False) -> pd.DataFrame:
    """One row for each leak and n0: mean excess risks with their standard errors, and n0*."""
    rows = []
    for edge in tqdm(EDGES[::5] if tiny else EDGES, desc="leaks", leave=False, disable=None):
        truth = law_of(edge).law().population()
        leak, border = float(truth.epsilon_ci("linear", "y")) ** 2, float(rows_that_pay(truth))
        for n in ROWS[::4] if tiny else ROWS:
            found = risks(edge, n, 20 if tiny else DRAWS)
            gaps = {name: found["refined"] - found[name] for name in ("pretext", "x1")}
            numbers = [v for values in (*found.values(), *gaps.values()) for v in (values.mean(), _error(values))]
            exact = known(truth, n)
            rows.append((edge, leak, border, equal_rows(truth), n, *numbers, *(exact[name] for name in exact)))
    names = [*WAYS, "refined - pretext", "refined - x1"]
    table = pd.DataFrame(
        rows,
        columns=[
            *("rho", "eps_CI^2", "n0*", "n0 of pretext = x1", "n0"),
            *(c for name in names for c in (name, f"{name}, s.e.")),
            *("x1, known", "pretext, known", "refined, first order"),
        ],
    )
    return table.map(lambda value: float(f"{value:.6g}") if isinstance(value, float) else value)


def _error(values: Array) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def best(table: pd.DataFrame) -> pd.Series:
    """Which way has the least mean risk."""
    return table[list(WAYS)].idxmin(axis=1)


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Risks with errors at every third leak, and where each way wins."""
    without = [name for name in map(str, table) if name.endswith(("known", "order"))]
    shown = table[table["rho"].isin(EDGES[::3])].drop(columns=without)
    counts = best(table).value_counts()
    notes = [
        f"Mean excess risk E|f* - yhat|^2 over {DRAWS} draws of n0 labelled triples, with its standard error (s.e.); "
        "differences are paired. Every third leak; all are in table.csv.",
        "",
        "Least mean risk: "
        + ", ".join(f"{name} at {counts.get(name, 0)}" for name in WAYS)
        + f" of {len(table)} points.",
        "",
        f"As n0 grows refining beats x1 beyond eps_CI^2 = {last_leak():.3g}. Risks that are known without draws are in "
        "table.csv: exact for x1 and the pretext, of refining to first order in 1/n0.",
    ]
    return shown, notes


def draw(page: Figure, table: pd.DataFrame) -> str:
    """The plane of leak and labels, coloured by the best way; risks along n0 at three leaks."""
    page.set_size_inches(5.5, 4.6)
    grid = page.add_gridspec(2, 3, left=0.1, right=0.98, top=0.94, bottom=0.11, hspace=0.5, wspace=0.35)
    plane = page.add_subplot(grid[0, :])
    winners = best(table)
    for (name, color), marker in zip(WAYS.items(), "os^", strict=True):
        chosen = table[winners == name]
        plane.plot(chosen["eps_CI^2"], chosen["n0"], marker, color=color, ms=5, label=f"{name} best")
    border = table[table["eps_CI^2"] > 0].drop_duplicates("rho")
    plane.plot(border["eps_CI^2"], border["n0*"], "--", color="0.3", lw=1, label="$n_0^*$")
    plane.plot(border["eps_CI^2"], border["n0 of pretext = x1"], "-", color="0.3", lw=1, label="pretext = $x_1$")
    plane.axvline(last_leak(), color="0.3", lw=1, ls=":", label=r"refined = $x_1$, $n_0\to\infty$")
    plane.set(yscale="log", xlabel=r"leak, $\epsilon_{CI}^2$", ylabel="labelled triples, $n_0$", ylim=(26, 1200))
    plane.set_title("(a)", loc="left")
    plane.legend(
        fontsize=6, ncols=6, handlelength=1.3, loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False,
        columnspacing=0.7, handletextpad=0.3,
    )  # fmt: skip
    leaks = np.unique(table["rho"])
    middle = leaks[np.argmin(np.abs(leaks - 0.5))]
    for place, (letter, rho) in enumerate(zip("bcd", (leaks[0], middle, leaks[-1]), strict=True)):
        axes = page.add_subplot(grid[1, place])
        group = table[table["rho"] == rho]
        for (name, color), marker in zip(WAYS.items(), "os^", strict=True):
            axes.errorbar(
                group["n0"], group[name], 2.0 * group[f"{name}, s.e."], color=color, marker=marker, ms=3, lw=1
            )
        axes.set(xscale="log", yscale="log", xlabel="$n_0$")
        axes.set_title(f"({letter})  $\\epsilon_{{CI}}^2$ = {group['eps_CI^2'].iloc[0]:.2g}", loc="left")
        if place == 0:
            axes.set_ylabel("excess risk")
    shares = winners.value_counts().to_dict()
    counts = ", ".join(f"{name} at {shares.get(name, 0)}" for name in WAYS)
    return (
        "What to do with labelled triples: the pretext, the pretext refined by them, or $x_1$. (a) The way of least "
        f"mean risk at each leak and number of triples ({counts} of {len(table)} places); dashed: from where refining "
        f"lowers $\\epsilon_{{CI}}$. (b) to (d) Mean excess risk over {DRAWS} draws at three leaks, in the marks of "
        "(a); bars: two standard errors."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
