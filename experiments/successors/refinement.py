"""When do labels pay more as a refinement of the pairs? ``testbed run experiments/successors/refinement.py``

Jointly Gaussian laws with two real labels, d1 = 20, d2 = 6, and an edge from noise of x1 to x2 inside the row space of
A, so that conditional independence fails by eps_CI; A and Cov(X2|Y) stay as they are, so a large leak leaves x2 little
noise of its own. n0 labelled triples and infinitely many pairs are given. Three ways:

- pretext: psi* of rank k from the pairs, least squares of y on it (n0 labels);
- refined: x2 is first regressed on (1, x1, y) over the n0 triples, and B x1 is taken out of it in the pairs (Teng,
  Huang and He 2022); then the same;
- x1: least squares of y on x1.

Risks E|f* - yhat|^2 are exact for what was learnt, and means over draws of the n0 triples, which all three share. The
dashed line is n0* = d1 + k + 2 + tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / eps_CI^2, above which refining lowers the mean of
eps_CI^2 (A14 of docs/theory.md); it is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
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
            rows.append((edge, leak, border, n, *numbers))
    names = [*WAYS, "refined - pretext", "refined - x1"]
    table = pd.DataFrame(
        rows, columns=["rho", "eps_CI^2", "n0*", "n0", *(c for name in names for c in (name, f"{name}, s.e."))]
    )
    return table.map(lambda value: float(f"{value:.6g}") if isinstance(value, float) else value)


def _error(values: Array) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def best(table: pd.DataFrame) -> pd.Series:
    """Which way has the least mean risk."""
    return table[list(WAYS)].idxmin(axis=1)


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Risks with errors at every second leak, and where each way wins."""
    shown = table[table["rho"].isin(EDGES[::3])]
    counts = best(table).value_counts()
    notes = [
        f"Mean excess risk E|f* - yhat|^2 over {DRAWS} draws of n0 labelled triples, with its standard error (s.e.); "
        "differences are paired. Every third leak; all are in table.csv.",
        "",
        "Least mean risk: "
        + ", ".join(f"{name} at {counts.get(name, 0)}" for name in WAYS)
        + f" of {len(table)} points.",
    ]
    return shown, notes


def draw(page: Figure, table: pd.DataFrame) -> None:
    """The plane of leak and labels, coloured by the best way; risks along n0 at three leaks."""
    page.set_size_inches(5.5, 4.6)
    grid = page.add_gridspec(2, 3, left=0.1, right=0.98, top=0.94, bottom=0.11, hspace=0.5, wspace=0.35)
    plane = page.add_subplot(grid[0, :])
    winners = best(table)
    for (name, color), marker in zip(WAYS.items(), "os^", strict=True):
        chosen = table[winners == name]
        plane.plot(chosen["eps_CI^2"], chosen["n0"], marker, color=color, ms=5, label=f"{name} best")
    border = table[table["eps_CI^2"] > 0].drop_duplicates("rho")
    plane.plot(
        border["eps_CI^2"], border["n0*"], "--", color="0.3", lw=1, label="$n_0^*$: refining lowers $\\epsilon_{CI}$"
    )
    plane.set(yscale="log", xlabel=r"leak, $\epsilon_{CI}^2$", ylabel="labelled triples, $n_0$", ylim=(26, 1200))
    plane.set_title("(a)", loc="left")
    plane.legend(fontsize=7, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, columnspacing=1.0)
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


STUDY, FIGURES, TABLES = study, [draw], [noted]
