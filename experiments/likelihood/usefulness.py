"""Likelihood is not usefulness: both of every model on one plane.

Likelihood: nats a point below the entropy of the law, KL(p_D || p_theta). Usefulness: 1 - E|f* - E[Y|z]|^2 / risk of
the constant, z **drawn** from p(z|x1) (the parameters of p(z|x) may tell all of the label where z tells nothing).
Models are fitted to 1,000 draws of x1 of one law; constructions are not fitted (Huszar 2017). The VAEs need jax. Two
minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from experiments.likelihood.common import half_interval
from experiments.likelihood.plane import Point, constructions, front, place
from testbed.models import VAE, FactorAnalysis, MixtureModel, Model, ProbabilisticPCA
from testbed.things import refuse_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS, SEEDS = 1000, 6
BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
COLUMNS = ["family", "setting", "seeds", "excess", "excess_error", "usefulness", "usefulness_error", "sampling_bias"]
LIKELIHOODS: dict[str, dict[str, Model]] = {
    "pPCA": {str(r): ProbabilisticPCA(r) for r in range(1, 7)},
    "factor analysis": {str(r): FactorAnalysis(r) for r in range(1, 5)},
    "mixture, one covariance": {str(k): MixtureModel(k, "tied", restarts=10) for k in (2, 3, 5, 8)},
    "mixture, full": {str(k): MixtureModel(k, restarts=10) for k in (2, 3, 5)},
    "mixture, spherical": {str(k): MixtureModel(k, "spherical", restarts=10) for k in (3, 12)},
}
AUTOENCODERS: dict[str, dict[str, Model]] = {
    f"VAE, {r} latents": {f"{b:g}": VAE(r, hidden=(32, 32), beta=b) for b in BETAS} for r in (2, 4)
}
FITTED = {**LIKELIHOODS, **AUTOENCODERS}
FEW: dict[str, dict[str, Model]] = {"pPCA": {"2": ProbabilisticPCA(2)}, "VAE, 2 latents": {"8": VAE(2, beta=8.0)}}
NOTES = [
    "Excess: nats a point below the entropy of the law. Usefulness: share of the constant's risk that a code drawn "
    "from p(z|x) saves (of a VAE from its encoder). Errors: half of 95% intervals, over "
    f"{SEEDS} samples of {ROWS} rows with a start each; of constructions (seeds 0), of the integrals. Front: the "
    "fitted models whose means no other beats in both.",
    "Setting: latents, components, or beta. Codes of VAEs are judged by 5,000 draws of x1, which understates their "
    "usefulness a little (at beta 0.1 with 4 latents by .02: 80,000 draws); those of the others by integrals. "
    "Likelihoods of VAEs are sampled, by two proposals that cover the posterior; sampling_bias is about what their "
    "spread and disagreement still add to the excess, and part of its error.",
]
# Mark and colour of each family, what its numbers are, and where they stand beside the mark.
LOOKS: dict[str, tuple[str, str, tuple[int, int]]] = {
    "pPCA": ("oC0", "latents", (5, -10)),
    "factor analysis": ("sC1", "latents", (5, 3)),
    "mixture, one covariance": ("^C2", "states", (4, 4)),
    "mixture, full": ("vC8", "states", (4, 4)),
    "mixture, spherical": ("DC5", "states", (-4, 6)),
    "VAE, 2 latents": ("PC3", "beta", (-4, -19)),
    "VAE, 4 latents": ("XC4", "beta", (-15, 4)),
}


def fits(families: dict[str, dict[str, Model]], seeds: int) -> pd.DataFrame:
    """Mean place of each model over samples and starts, with half the 95% interval of Student's t.

    To that of the excess of a VAE the bias of its sampled likelihood is added, as squares.
    """
    cases = [(family, setting, model) for family, models in families.items() for setting, model in models.items()]
    rows = []
    for family, setting, model in tqdm(cases, desc="models", leave=False):
        points = [place(model, ROWS, seed) for seed in range(seeds)]
        both = np.array([point[:2] for point in points])
        mean, half, bias = both.mean(axis=0), half_interval(both), float(np.mean([point.bias for point in points]))
        rows.append((family, setting, seeds, mean[0], float(np.hypot(half[0], bias)), mean[1], half[1], bias))
    return pd.DataFrame(rows, columns=COLUMNS)


def exact() -> pd.DataFrame:
    """Places of the constructions, with half the 95% interval of their integrals."""
    rows = [(family, setting, 0, *_spread(point)) for family, setting, point in constructions()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _spread(point: Point) -> tuple[float, ...]:
    return point.excess, 1.96 * point.excess_se, point.usefulness, 1.96 * point.usefulness_se, point.bias


def study(tiny: bool = False) -> pd.DataFrame:
    """Fitted models and constructions."""
    refuse_missing(VAE)
    fitted = fits(FEW, 2) if tiny else fits(FITTED, SEEDS)
    kept = front(fitted["excess"].to_numpy(), fitted["usefulness"].to_numpy())
    fitted["front"] = np.isin(np.arange(len(fitted)), kept)
    table = pd.concat([exact().assign(front=False), fitted], ignore_index=True)
    table[COLUMNS[3:]] = table[COLUMNS[3:]].round(5) + 0.0
    return table


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table and what stands below it."""
    return table, NOTES


def draw(page: Figure, table: pd.DataFrame) -> None:
    """The plane: fitted models with error bars and their Pareto front, constructions as open marks."""
    page.set_size_inches(7.0, 4.4)
    axes = page.add_axes((0.075, 0.11, 0.65, 0.82))
    axes.set_xscale("symlog", linthresh=0.02, linscale=0.6)
    axes.set_xlim(2.4, -0.006)
    axes.set_ylim(-0.16, 1.04)
    _constructions(axes, table)
    for family, (look, numbers, beside) in LOOKS.items():
        part = table[table["family"] == family]
        axes.errorbar(part["excess"], part["usefulness"], part["usefulness_error"], part["excess_error"], fmt=look,
                      ms=5, lw=0.8, alpha=0.9, label=f"{family}:\n{numbers}")  # fmt: skip
        for i in _told_apart(part):
            at = (part["excess"].iloc[i], part["usefulness"].iloc[i])
            axes.annotate(part["setting"].iloc[i], at, beside, textcoords="offset points", fontsize=6.5,
                          color=look[1:])  # fmt: skip
    best = table[table["front"].astype(bool)].sort_values("excess")
    axes.step(best["excess"], best["usefulness"], where="post", color="black", ls="--", lw=1.4, zorder=5,
              label="Pareto front of\nfitted models")  # fmt: skip
    axes.set_xticks([2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0], ["2", "1", "0.5", "0.2", "0.1", "0.05", "0.02", "0"])
    axes.minorticks_off()
    axes.set_xlabel("nats a point below the entropy of the law (likelihood: better to the right)")
    axes.set_ylabel("usefulness of a drawn code: 1 - risk / risk of the constant")
    axes.set_title("Likelihood is not usefulness", loc="left")
    page.legend(loc="upper left", bbox_to_anchor=(0.735, 0.945), fontsize=7, frameon=False, labelspacing=0.7)


def _constructions(axes: Axes, table: pd.DataFrame) -> None:
    marks = {
        "relabelled": ("o-", "(a) classes relabelled,\nt = 0 (top) to 1"),
        "blurred": ("s-", "(b) variance added where\np(z|x) does not look"),
        "low variance": ("^:", "(c) label in low variance:\npPCA of another law"),
        "ignoring": ("*", "(d) decoder ignores z"),
    }
    for family, (look, label) in marks.items():
        part = table[table["family"] == family]
        axes.plot(part["excess"], part["usefulness"], look, color="0.35", mfc="white", lw=0.8, label=label, zorder=4,
                  ms=9 if family == "ignoring" else 5, clip_on=False)  # fmt: skip


def _told_apart(part: pd.DataFrame) -> list[int]:
    """Places of the marks of a family that do not lie on an earlier one."""
    excess, usefulness = np.log(part["excess"].to_numpy()), part["usefulness"].to_numpy()
    kept: list[int] = []
    for i in range(len(part)):
        if all(abs(excess[i] - excess[j]) > 0.12 or abs(usefulness[i] - usefulness[j]) > 0.04 for j in kept):
            kept.append(i)
    return kept


STUDY, FIGURES, TABLES = study, [draw], [noted]
