"""Which capacity does likelihood choose, and which one the label?

Two laws. Probabilistic PCA of rising rank where the label is the third of ten directions by variance: its excess
log-loss and the risk of a linear probe on its posterior mean are both closed forms (F1). Mixtures of rising size on the
law of `usefulness.py`: the same, and the share of the constant's risk that a drawn state leaves. A minute and a half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from scipy.stats import t as student
from tqdm import tqdm

from experiments.likelihood.plane import place
from testbed._linalg import Array
from testbed.keys import stream
from testbed.laws import JointGaussian
from testbed.models import MixtureModel, ProbabilisticPCA

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VARIANCES = np.array([6.0, 4.0, 1.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])  # eigenvalues of the covariance of x1
LABEL, LABEL_NOISE_VAR = 2, 0.25  # place of the direction that the label reads, variance of the label given x1
N_LABELED, REPEATS = 50, 400
SIZES, MIXTURE_SIZES, SEEDS = (20, 50, 200, 1000, 10_000), (100, 300, 1000, 3000), 10
RANKS, STATES = tuple(range(1, 10)), (1, 2, 3, 4, 5, 6, 8)
COLUMNS = ["model", "capacity", "n", "repeats", "excess", "excess_se", "risk", "risk_se"]


def law() -> JointGaussian:
    """One real label of explained variance 1 in direction LABEL of x1; x2, which no model sees, is noise."""
    d = len(VARIANCES)
    covariance = np.diag([*VARIANCES, 1.0, 1.0 + LABEL_NOISE_VAR])
    covariance[LABEL, d + 1] = covariance[d + 1, LABEL] = np.sqrt(VARIANCES[LABEL])
    return JointGaussian(covariance, d, 1, 1)


def probe_risk(lost: Array, rank: int, n: int) -> Array:
    """Expected excess risk of least squares with intercept on `rank` Gaussian features that lose `lost` (F1)."""
    rest = lost + LABEL_NOISE_VAR
    return lost + rest * (1.0 / n + (1.0 + 1.0 / n) * rank / (n - rank - 2))


def components(sizes: tuple[int, ...], repeats: int) -> pd.DataFrame:
    """Probabilistic PCA of each rank from each number of rows; all ranks see the same draws."""
    of, rows = law(), []
    truth = of.population()
    for n in sizes:
        moments = of.moments(n, stream(0, "pretext", f"likelihood_capacity, {n}", 0), repeats)
        for rank in RANKS:
            model = ProbabilisticPCA(rank).fit(moments, np.random.default_rng(0))
            excess = np.asarray(model.excess_log_loss(of).value)
            risk = probe_risk(np.asarray(truth.approximation_error(model.psi)), rank, N_LABELED)
            rows.append(("pPCA", rank, n, repeats, *_mean(excess), *_mean(risk)))
    return pd.DataFrame(rows, columns=COLUMNS)


def mixtures(sizes: tuple[int, ...], seeds: int) -> pd.DataFrame:
    """Mixtures of one covariance, of each number of states, from each number of rows; risk of a drawn state."""
    rows = []
    for n, states in tqdm([(n, states) for n in sizes for states in STATES], desc="mixtures", leave=False):
        points = [place(MixtureModel(states, "tied", restarts=5), n, seed) for seed in range(seeds)]
        excess, risk = (np.array(v) for v in zip(*((p.excess, 1.0 - p.usefulness) for p in points), strict=True))
        rows.append(("mixture", states, n, seeds, *_mean(excess), *_mean(risk)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _mean(values: Array) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def choices(table: pd.DataFrame) -> list[str]:
    """For each model and n: the capacity of the best likelihood, that of the best risk, and how the orders agree.

    Capacities whose risk is within the error of the difference (of independent means) from the best are named.
    """
    said = []
    for (model, n), part in table.groupby(["model", "n"], sort=False):
        capacity, excess, risk = (part[name].to_numpy() for name in ("capacity", "excess", "risk"))
        fit, use = int(np.argmin(excess)), int(np.argmin(risk))
        order = float(spearmanr(excess, risk).statistic)
        told = np.hypot(part["risk_se"], part["risk_se"].iloc[use]) * student.ppf(0.975, part["repeats"] - 1)
        alike = capacity[(risk - risk[use] <= told) & (capacity != capacity[use])]
        also = f"; not told from it by their errors: {', '.join(map(str, alike))}" if len(alike) else ""
        said.append(
            f"{model}, n = {n}: likelihood chooses {capacity[fit]} (risk {risk[fit]:.3f}), the label {capacity[use]} "
            f"({risk[use]:.3f}{also}); rank correlation of the orders {order:.2f}."
        )
    return said


def study(tiny: bool = False) -> pd.DataFrame:
    """Both models."""
    parts = (
        (components((20, 1000), 20), mixtures((100,), 2))
        if tiny
        else (
            components(SIZES, REPEATS),
            mixtures(MIXTURE_SIZES, SEEDS),
        )
    )
    table = pd.concat(parts, ignore_index=True)
    numbers = COLUMNS[4:]
    table[numbers] = table[numbers].round(6)
    return table


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table and what stands below it."""
    return table, notes(table)


def notes(table: pd.DataFrame) -> list[str]:
    """What stands below the table."""
    return [
        "Excess: KL(p_D || p_theta) in nats a point. Risk of pPCA: expected excess risk of least squares with "
        f"{N_LABELED} labels on the posterior mean (the constant has 1); of mixtures: share of the constant's risk "
        "that remains when the label is read from a drawn state. Means over samples with their standard errors. "
        "The law of the mixtures has 3 states, and EM with 3 may end in a worse maximum for all of its 5 restarts (on "
        "one of the ten samples of 3,000 rows).",
        *choices(table),
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Excess log-loss and risk against capacity, a curve for each n, the best of each curve filled."""
    page.set_size_inches(5.5, 4.4)
    panels = [
        ("pPCA", "excess", "excess log-loss, nats", "latents"),
        ("pPCA", "risk", f"risk, {N_LABELED} labels", "latents"),
        ("mixture", "excess", "excess log-loss, nats", "states"),
        ("mixture", "risk", "risk left, drawn state", "states"),
    ]
    for i, (model, value, label, capacity) in enumerate(panels):
        axes = page.add_axes((0.1 + 0.5 * (i % 2), 0.59 - 0.5 * (i // 2), 0.385, 0.35))
        _panel(axes, table[table["model"] == model], value)
        axes.set_title(f"({'abcd'[i]}) {'probabilistic PCA' if model == 'pPCA' else 'mixtures'}", loc="left")
        axes.set_xlabel(capacity)
        axes.set_ylabel(label)
        if value == "excess":
            axes.set_yscale("log")
        else:
            axes.set_ylim(0.0, 1.12)
            axes.legend(title="rows", title_fontsize=7, loc="upper right", frameon=False, ncols=2, columnspacing=1.0)
    repeats = " and ".join(str(n) for n in sorted(table["repeats"].unique()))
    return (
        "Which capacity does likelihood choose, and which one the label? (a), (c) Excess log-loss of the fitted "
        f"model, $\\mathrm{{KL}}(p_D\\Vert p_\\theta)$ a point. (b) Risk of least squares with {N_LABELED} labels on "
        "the posterior mean; the constant has 1. (d) Share of the constant's risk that is left where the label is "
        f"read from a drawn state. Filled: the least mean of each curve. Bars: 95% intervals over {repeats} samples. "
        + " ".join(_chosen(table))
    )


def _chosen(table: pd.DataFrame) -> list[str]:
    """What either criterion chooses at the fewest and the most rows."""
    said = []
    for letters, (model, part) in zip(("(a), (b)", "(c), (d)"), table.groupby("model", sort=False), strict=False):
        least = [
            [rows.set_index("capacity")[value].idxmin() for value in ("excess", "risk")]
            for _, rows in part[part["n"].isin([part["n"].min(), part["n"].max()])].groupby("n")
        ]
        ends = f"{part['n'].min():,}", f"{part['n'].max():,}"
        words = [f"{fit} and {use} at {n} rows" for (fit, use), n in zip(least, ends, strict=False)]
        said.append(f"{letters} They choose {', '.join(words)} ({'latents' if model == 'pPCA' else 'states'}).")
    return said


def _panel(axes: Axes, part: pd.DataFrame, value: str) -> None:
    for i, (n, curve) in enumerate(part.groupby("n")):
        half = student.ppf(0.975, curve["repeats"] - 1) * curve[f"{value}_se"]
        axes.errorbar(curve["capacity"], curve[value], half, fmt="os^Dv"[i] + "-", ms=4, lw=1, mfc="white",
                      color=f"C{i}", label=f"{n:,}")  # fmt: skip
        best = int(np.argmin(curve[value]))
        axes.plot(curve["capacity"].iloc[best], curve[value].iloc[best], "os^Dv"[i], ms=6, color=f"C{i}", zorder=5)
    axes.set_xticks(sorted(part["capacity"].unique()))


STUDY, FIGURES, TABLES = study, [draw], [noted]
