"""Tasks and models on images, whose law nobody knows.

x1 is the left half of an 8 x 8 digit, x2 its right half, y its class. Representations are learnt on the halves of 1,000
images without their classes, and a ridge probe (penalty by generalised cross-validation) reads the class from some
labelled ones; the error is the share of the other 797 images that are classified wrongly. Two controls: a nonlinear
probe on x1 itself, and pairs of halves of different images. Needs jax, for the VAE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from experiments.likelihood.common import half_interval
from experiments.likelihood.images import digits, halves, pooled_mixture
from testbed._linalg import Array
from testbed.data import Moments, Sample
from testbed.keys import stream
from testbed.models import VAE, FactorAnalysis, LinearVAE, MixtureModel, ProbabilisticPCA
from testbed.pretexts import (
    CCA,
    PCA,
    Autoencoder,
    DenoisingAutoencoder,
    InstanceClassification,
    Jigsaw,
    Landmarks,
    Posterior,
    Predict,
    Pretext,
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.regressors import OLS, Nystroem, ReducedRank, Ridge
from testbed.regressors.base import Regressor
from testbed.things import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

TRAIN, SPLITS, PERMUTATIONS = 1000, 10, 100
LABELED = (20, 50, 100, 200, 500, 1000)
RANK = 9  # k - 1
TASKS: dict[str, Pretext] = {
    "x1 itself": Raw(),
    "PCA": PCA(RANK),
    "probabilistic PCA": Posterior(ProbabilisticPCA(RANK)),
    "linear VAE": Posterior(LinearVAE(RANK)),
    "factor analysis": Posterior(FactorAnalysis(RANK)),
    "mixture of 10": Posterior(MixtureModel(10, "diag")),
    "mixture of 40": Posterior(MixtureModel(40, "diag")),
    "VAE": Posterior(VAE(RANK)),
    "autoencoder": Autoencoder(RANK, (64,)),
    "masked denoising": DenoisingAutoencoder("mask", 0.5, RANK),
    "pseudo-likelihood, cut": Truncated(PseudoLikelihood(), RANK),
    "instances": InstanceClassification(RANK),
    "jigsaw of 4": Jigsaw(4),
    "CCA of the halves": CCA(RANK),
    "x2 on x1, reduced rank": Predict(ReducedRank(RANK)),
    "x2 on x1, least squares": Predict(OLS()),
    "x2 on x1, Nystroem": Predict(Nystroem()),
    "landmarks": Landmarks(100),
    "x1, Nystroem probe": Raw(),
    "mismatched halves, Nystroem": Predict(Nystroem()),
}
PROBES: dict[str, Regressor] = {"x1, Nystroem probe": Nystroem()}  # the others are read by ridge
MISMATCHED = {"mismatched halves, Nystroem"}


def split(rows: Sample, place: int) -> tuple[Sample, Sample]:
    """Images for learning and images for testing."""
    order = stream(0, "pretext", "digits", place).permutation(len(rows.x1))
    return _taken(rows, order[:TRAIN]), _taken(rows, order[TRAIN:])


def errors(name: str, train: Sample, test: Sample, place: int) -> list[float]:
    """Share of test images that are classified wrongly, for each number of labels (the first rows of the split)."""
    task, probe = TASKS[name], PROBES.get(name, Ridge())
    law = pooled_mixture(train)  # tasks read dimensions and the number of classes from it
    rng = stream(0, "learner", name, place)
    pairs = _with_others(train, rng) if name in MISMATCHED else train
    psi = task.fit([Moments.of(pairs)] if task.linear else pairs, law, rng)
    seen, unseen = np.asarray(psi(train.x1)), np.asarray(psi(test.x1))
    found = []
    for n in LABELED:
        predictor = probe.fit_rows(seen[:n], train.y[:n], rng)
        found.append(float(np.mean(predictor(unseen).argmax(axis=1) != test.y.argmax(axis=1))))
    return found


def _with_others(rows: Sample, rng: np.random.Generator) -> Sample:
    return Sample(rows.x1, rows.x2[rng.permutation(len(rows.x2))], rows.y)


def epsilon_squared(train: Sample, test: Sample, regressor: Regressor) -> float:
    """Held-out estimate of eps_CI^2 given y, E|E[R|X1]|^2 with R = X2 - E[X2|Y]: what a regression on x1 explains of R.

    A regression explains at most what the conditional mean does, so on average the estimate is too low.
    """
    mean = train.y.T @ train.x2 / train.y.sum(axis=0)[:, None]
    rest, held = train.x2 - train.y @ mean, test.x2 - test.y @ mean
    predicted = regressor.fit_rows(train.x1, rest, np.random.default_rng(0))(test.x1)
    return float(np.sum(held**2 - (held - predicted) ** 2, axis=1).mean())


def rank_of_means(rows: Sample, place: int) -> int:
    """Singular values of the centred class means of x2 above the largest that 95% of shuffled classes have."""
    rng = stream(0, "evaluation", "rank of A", place)
    chance = [_spectrum(rows.x2, rng.permutation(rows.y))[0] for _ in range(PERMUTATIONS)]
    return int(np.sum(_spectrum(rows.x2, rows.y) > np.quantile(chance, 0.95)))


def _spectrum(x2: Array, y: Array) -> Array:
    share = y.mean(axis=0)
    means = y.T @ (x2 - x2.mean(axis=0)) / (len(x2) * share[:, None])
    return np.asarray(np.linalg.svd(np.sqrt(share)[:, None] * means, compute_uv=False))


def _taken(rows: Sample, place: np.ndarray) -> Sample:
    return Sample(rows.x1[place], rows.x2[place], rows.y[place])


def interval(values: Array) -> tuple[float, float]:
    """Mean and half of its 95% interval over splits (first axis)."""
    return float(values.mean()), float(half_interval(values))


def league(names: Sequence[str], splits: int) -> pd.DataFrame:
    """Mean error of each task at each number of labels, with half of its interval."""
    rows, parts = halves(digits()), []
    pieces = [split(rows, place) for place in range(splits)]
    for name in tqdm(names, desc="tasks", leave=False):
        found = np.array([errors(name, *piece, place) for place, piece in enumerate(pieces)])
        for n, column in zip(LABELED, found.T, strict=True):
            mean, half = interval(column)
            parts.append((name, n, mean, half))
    return pd.DataFrame(parts, columns=["task", "n_labeled", "error", "half_interval"])


def quantities(splits: int) -> list[str]:
    """Estimates of what the theory asks about, as sentences with their caveats."""
    rows = halves(digits())
    pieces = [split(rows, place) for place in range(splits)]
    laws = [pooled_mixture(train).population() for train, _ in pieces]
    beta = interval(np.array([float(law.beta(intercept=True, given="y")) for law in laws]))
    inside = interval(np.array([float(law.epsilon_ci("linear", given="y")) for law in laws]))
    ridge, nystroem = (
        interval(np.sqrt([max(epsilon_squared(*piece, regressor), 0.0) for piece in pieces]))
        for regressor in (Ridge(), Nystroem())
    )
    rank = sorted({rank_of_means(train, place) for place, (train, _) in enumerate(pieces)})
    return [
        f"beta (with intercept, given y, class means plugged in): {beta[0]:.2f} ± {beta[1]:.2f}. Noise makes the "
        "smallest singular value of estimated means too large, and beta with it.",
        f"Rank of the centred means of x2 given y, above what shuffled classes have: {', '.join(map(str, rank))} of "
        "9. A direction too weak to be told from noise is not counted.",
        f"eps_CI given y: linear class {ridge[0]:.3f} ± {ridge[1]:.3f} held out, {inside[0]:.3f} ± {inside[1]:.3f} "
        f"plugged in; universal class {nystroem[0]:.3f} ± {nystroem[1]:.3f} held out (Nystroem). Held out it is too "
        "low, as a regression explains no more than the conditional mean; plugged in it is too high, by overfitting. "
        "Given a latent such as style as well it may be smaller.",
    ]


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """A line for each task, a column for each number of labels."""
    text = [f"{e:.3f} ± {h:.3f}" for e, h in zip(table["error"], table["half_interval"], strict=True)]
    found = table.assign(text=text).pivot(index="task", columns="n_labeled", values="text")
    return found.loc[list(dict.fromkeys(table["task"]))].rename(columns=str).reset_index()


def study(tiny: bool = False) -> pd.DataFrame:
    """Every task on every split; what the theory asks about, in sentences, is in `attrs`."""
    refuse_missing(VAE)
    splits = 2 if tiny else SPLITS
    table = league(["x1 itself", "PCA", "VAE"] if tiny else list(TASKS), splits)
    table[["error", "half_interval"]] = table[["error", "half_interval"]].round(5)
    table.attrs = {"splits": splits, "quantities": quantities(splits)}
    return table


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A line for each task, and what stands below."""
    return wide(table), [
        f"Share of test images classified wrongly; half of 95% intervals over {table.attrs['splits']} random splits, "
        "which share images: they say how the mean depends on the split, and not how other digits would do.",
        *table.attrs["quantities"],
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Test error of each task as a row of intervals: at few, some and all labels, on one axis of errors."""
    page.set_size_inches(5.5, 3.9)
    order = table[table["n_labeled"] == LABELED[-1]].sort_values("error", ascending=False)["task"].tolist()
    low = float((table["error"] - table["half_interval"]).min())
    high = float((table["error"] + table["half_interval"]).max())
    for i, n in enumerate((50, 200, 1000)):
        axes = page.add_axes((0.3 + 0.235 * i, 0.11, 0.215, 0.83))
        part = table[table["n_labeled"] == n].set_index("task").loc[order]
        axes.errorbar(part["error"], range(len(order)), xerr=part["half_interval"], fmt="o", ms=3.5, lw=1, color="C0")
        axes.axvline(float(part["error"].to_dict()["x1 itself"]), color="0.4", ls=":", lw=1)
        axes.set_yticks(range(len(order)), order if i == 0 else [""] * len(order))
        axes.set_xlim(low - 0.03, high + 0.03)
        axes.set_title(f"({'abc'[i]}) {n} labels", loc="left")
        axes.set_xlabel("test error")
    won, raw = [], []
    for n in (50, 200, 1000):
        errors = table[table["n_labeled"] == n].set_index("task")["error"]
        won.append(f"{errors.idxmin()} at {n} labels ({errors.min():.3f})")
        raw.append(f"{errors.to_dict()['x1 itself']:.3f}")
    return (
        "Which task or model tells the class from the left half of a digit? Share of test images classified wrongly "
        "by a read-out of what each gives, in the order of (c). Dots: means over random splits; bars: their 95% "
        "intervals (splits share images). Dotted: $x_1$ itself, "
        + ", ".join(raw)
        + f". The least error has {'; '.join(won)}."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
