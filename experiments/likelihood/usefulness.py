"""Likelihood is not usefulness: both of every model on one plane.

Likelihood: nats a point below the entropy of the law, KL(p_D || p_theta). Usefulness: 1 - E|f* - E[Y|z]|^2 / risk of
the constant, z **drawn** from p(z|x1) (the parameters of p(z|x) may tell all of the label where z tells nothing).
Models are fitted to 1,000 draws of x1 of one law; constructions are not fitted (Huszar 2017). The VAEs need jax. Two
minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
# Mark and colour of each family, and what grows with its marks.
LOOKS: dict[str, tuple[str, str, str]] = {
    "pPCA": ("o", "C0", "latents"),
    "factor analysis": ("s", "C1", "latents"),
    "mixture, one covariance": ("^", "C2", "states"),
    "mixture, full": ("v", "C8", "states"),
    "mixture, spherical": ("D", "C5", "states"),
    "VAE, 2 latents": ("P", "C3", "beta"),
    "VAE, 4 latents": ("X", "C4", "beta"),
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


def draw(page: Figure, table: pd.DataFrame) -> str:
    """The plane: fitted models with error bars and their Pareto front, and constructions."""
    page.set_size_inches(5.5, 4.2)
    fitted, built = (page.add_axes((left, 0.43, 0.425, 0.52)) for left in (0.09, 0.565))
    for axes, title in ((fitted, "(a) fitted models"), (built, "(b) constructions")):
        axes.set_xscale("symlog", linthresh=0.02, linscale=0.6)
        axes.set_xlim(2.4, -0.006)
        axes.set_ylim(-0.16, 1.04)
        axes.set_xticks([2, 0.5, 0.2, 0.05, 0.02, 0], ["2", "0.5", "0.2", "0.05", "0.02", "0"])
        axes.minorticks_off()
        axes.set_xlabel("nats below the entropy of the law")
        axes.set_title(title, loc="left")
    fitted.set_ylabel("usefulness of a drawn code")
    built.tick_params(labelleft=False)
    for family, (mark, color, setting) in LOOKS.items():
        part = table[table["family"] == family]
        fitted.errorbar(part["excess"], part["usefulness"], part["usefulness_error"], part["excess_error"], fmt="none",
                        ecolor=color, lw=0.8)  # fmt: skip
        ends = [f"{float(value):g}" for value in part["setting"].iloc[[0, -1]]] if len(part) else ["", ""]
        label = f"{family} ({setting} {ends[0]} to {ends[1]})"
        fitted.scatter(part["excess"], part["usefulness"], s=np.linspace(9, 42, len(part)).tolist(), marker=mark,
                       color=color, label=label, zorder=3)  # fmt: skip
    best = table[table["front"].astype(bool)].sort_values("excess")
    fitted.step(best["excess"], best["usefulness"], where="post", color="black", ls="--", lw=1.2, zorder=2,
                label="Pareto front")  # fmt: skip
    _constructions(built, table)
    beside: dict[str, Any] = {"loc": "upper left", "frameon": False, "fontsize": 7, "handlelength": 2}
    fitted.legend(bbox_to_anchor=(-0.2, -0.22), **beside)
    built.legend(bbox_to_anchor=(-0.02, -0.22), **beside)
    like, use = (best.iloc[place] for place in (0, -1))
    return (
        "Likelihood (better to the right) against usefulness, $1-\\mathrm{E}|f^\\ast-\\mathrm{E}[Y|z]|^2$ over "
        "the risk of the constant, of a code $z$ that is drawn from $p(z|x_1)$. (a) Marks grow with the setting; "
        f"bars: 95% intervals over {SEEDS} samples of {ROWS} rows with a start each. Dashed: models whose means no "
        f"other beats in both, from {like['family']} {like['setting']} ({like['excess']:.2f} nats, usefulness "
        f"{like['usefulness']:.2f}) to {use['family']}, beta {use['setting']} ({use['excess']:.2f}, "
        f"{use['usefulness']:.2f}). (b) Not fitted: classes relabelled keep the likelihood and lose all use; variance "
        "added where $p(z|x_1)$ does not look keeps the use and loses likelihood; probabilistic PCA where the label "
        "is in a direction of low variance; a decoder that ignores $z$."
    )


def _constructions(axes: Axes, table: pd.DataFrame) -> None:
    marks = {
        "relabelled": ("o-", "classes relabelled, $t = 0$ (top) to 1"),
        "blurred": ("s-", "variance added out of sight"),
        "low variance": ("^:", "label in low variance"),
        "ignoring": ("*", "decoder ignores $z$"),
    }
    for family, (look, label) in marks.items():
        part = table[table["family"] == family]
        axes.plot(part["excess"], part["usefulness"], look, color="0.25", mfc="white", lw=0.8, label=label, zorder=4,
                  ms=9 if family == "ignoring" else 5, clip_on=False)  # fmt: skip


STUDY, FIGURES, TABLES = study, [draw], [noted]
