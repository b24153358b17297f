"""What a VAE and probabilistic PCA with two latents make of digits.

Above: images decoded at a grid of the latent plane. Below: posterior means of images that were not learnt from, with
their classes as colours. Needs jax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier
from tqdm import tqdm

from experiments.likelihood.common import half_interval
from experiments.likelihood.images import SIDE, digits
from testbed._linalg import Array
from testbed.keys import stream
from testbed.models import VAE, ProbabilisticPCA
from testbed.things import refuse_missing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, EPOCHS, GRID, NEIGHBOURS, DRAWS, SPLITS = 1000, 100, 12, 15, 1000, 6
MODELS, NUMBERS = ("VAE", "probabilistic PCA"), ("log_likelihood", "error")


class Codes(NamedTuple):
    """Posterior means of images to learn from and of others, a decoded grid, and the latter's mean log-likelihood."""

    learnt: Array
    others: Array
    grid: Array
    level: float


def plane(points: int) -> Array:
    """Quantiles of the prior in both directions, (points, points, 2): first down the page, then across."""
    at = norm.ppf((np.arange(points) + 0.5) / points)
    across, up = np.meshgrid(at, at[::-1])
    return np.stack([across, up], axis=-1)


def variational(x: Array, others: Array, epochs: int, place: int = 0) -> Codes:
    """Codes of a VAE; its likelihood is sampled."""
    model = VAE(2, epochs=epochs)
    rng = stream(0, "learner", repr(model), place)
    fitted = model.fit(x, rng)
    level = float(fitted.importance_log_likelihood(others, rng, DRAWS).value.mean())  # too low by 0.02 to 0.03 nats
    return Codes(fitted.encode_mean(x), fitted.encode_mean(others), fitted.decode(plane(GRID)), level)


def linear(x: Array, others: Array) -> Codes:
    """Codes of probabilistic PCA."""
    model = ProbabilisticPCA(2)
    fitted = model.fit(x, stream(0, "learner", repr(model), 0))
    grid = fitted.mean + plane(GRID) @ fitted.loading.T
    return Codes(fitted.psi(x), fitted.psi(others), grid, float(fitted.log_likelihood(others).mean()))


def codes(epochs: int, place: int = 0) -> tuple[pd.DataFrame, dict[str, Array], Array]:
    """One split: posterior means of the images not learnt from, decoded grids (GRID, GRID, 8, 8), and NUMBERS."""
    data, frames, grids, rows = digits(), [], {}, []
    order = stream(0, "pretext", "digits", place).permutation(len(data.image))
    learnt, others = order[:TRAIN], order[TRAIN:]
    x = data.image.reshape(len(data.image), -1)
    found = (variational(x[learnt], x[others], epochs, place), linear(x[learnt], x[others]))
    for name, code in zip(MODELS, found, strict=True):
        near = KNeighborsClassifier(NEIGHBOURS).fit(code.learnt, data.label[learnt]).predict(code.others)
        rows.append((code.level, float(np.mean(near != data.label[others]))))
        columns = {"model": name, "z1": code.others[:, 0], "z2": code.others[:, 1], "class": data.label[others]}
        frames.append(pd.DataFrame(columns))
        grids[name] = code.grid.reshape(GRID, GRID, SIDE, SIDE)
    return pd.concat(frames, ignore_index=True), grids, np.array(rows)


def summary(numbers: Array) -> pd.DataFrame:
    """Means over splits of numbers (splits, models, NUMBERS), with halves of 95% intervals: a line for each model."""
    columns: dict[str, object] = {"model": MODELS}
    for name, mean, half in zip(NUMBERS, numbers.mean(axis=0).T, half_interval(numbers).T, strict=True):
        columns |= {name: mean, f"{name}_half_interval": half}
    return pd.DataFrame(columns)


def study(tiny: bool = False) -> pd.DataFrame:
    """Posterior means of the first split; its grids and the numbers of all splits are in `attrs`."""
    refuse_missing(VAE)
    places = range(2 if tiny else SPLITS)
    splits = [codes(4 if tiny else EPOCHS, place) for place in tqdm(places, desc="splits", leave=False)]
    table, grids, _ = splits[0]
    table[["z1", "z2"]] = table[["z1", "z2"]].round(4)
    table.attrs = {"grids": grids, "numbers": np.array([numbers for _, _, numbers in splits])}
    return table


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The numbers over splits and what stands below them."""
    return summary(table.attrs["numbers"]), [
        f"Learnt from {TRAIN} images without classes; log-likelihood in nats an image (sampled, for the VAE) and share "
        f"misclassified by {NEIGHBOURS} nearest neighbours in the plane are those of the other images: means over "
        f"{len(table.attrs['numbers'])} random splits, with a start each, and half of their 95% intervals (splits "
        "share images). The figure and table.csv, which has the posterior means, are of the first split.",
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Two columns, one a model."""
    page.set_size_inches(5.5, 5.4)
    for i, (name, grid) in enumerate(table.attrs["grids"].items()):
        left = 0.075 + 0.485 * i
        above = page.add_axes((left, 0.515, 0.43, 0.438))
        framed = np.pad(grid, ((0, 0), (0, 0), (1, 1), (1, 1)))
        sheet = framed.transpose(0, 2, 1, 3).reshape(GRID * (SIDE + 2), GRID * (SIDE + 2))
        above.imshow(sheet, cmap="gray_r", vmin=0.0, vmax=1.0)
        above.set_xticks([])
        above.set_yticks([])
        above.grid(False)
        above.spines[:].set_visible(False)
        above.set_title(f"({'ab'[i]}) {name}: decoded from a grid", loc="left")
        below = page.add_axes((left, 0.075, 0.43, 0.39))
        part = table[table["model"] == name]
        for c in range(10):
            own = part[part["class"] == c]
            below.scatter(own["z1"], own["z2"], s=14, color=f"C{c}", marker=f"${c}$", linewidths=0)
        below.set_title(f"({'cd'[i]}) {name}: posterior means", loc="left")
        below.set_xlabel("$z_1$")
        if i == 0:
            below.set_ylabel("$z_2$", labelpad=1)
    shares = summary(table.attrs["numbers"]).set_index("model")[NUMBERS[1]].to_dict()
    wrong = " and ".join(f"{100.0 * shares[name]:.0f}% by {name}" for name in MODELS)
    return (
        f"A VAE and probabilistic PCA with two latents, learnt from {TRAIN} images without classes. (a), (b) Images "
        "decoded from quantiles of the prior of $z_1$ (across) and $z_2$ (down). (c), (d) Posterior means of the "
        "images that were not learnt from, each drawn as its digit. The nearest neighbours in the plane tell another "
        f"class for {wrong} (means over {len(table.attrs['numbers'])} splits; the picture is of the first)."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
