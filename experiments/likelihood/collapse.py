"""Posterior collapse: active latents against a fixed noise variance.

Latent i of a linear VAE collapses iff lambda_i <= s2 (Lucas et al., NeurIPS 2019). Latents are active where their rate
KL(q(z_i | x) || p(z_i)) is above 1e-4 nats after training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from testbed.keys import stream
from testbed.models import LinearVAE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VARIANCES = np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.25])  # eigenvalues of the covariance of x1
RANK, STARTS, ACTIVE = 4, 5, 1e-4


def grid(points: int) -> np.ndarray:
    """Values of s2 on a logarithmic scale, none of them an eigenvalue."""
    return np.geomspace(0.61, 13.0, points)


def active(points: int, starts: int) -> pd.DataFrame:
    """Active latents for each s2, predicted and after training from random starts."""
    rows = []
    for s2 in tqdm(grid(points), desc="s2", leave=False):
        model = LinearVAE(RANK, noise_var=float(s2))
        predicted = int(np.sum(VARIANCES[:RANK] > s2))
        for start in range(starts):
            rng = stream(0, "likelihood_collapse", repr(model), start)
            fitted = model.of_moments(np.zeros(len(VARIANCES)), np.diag(VARIANCES), rng)
            found = int(np.sum(fitted.rates(np.diag(VARIANCES)) > ACTIVE))
            rows.append((round(float(s2), 6), start, predicted, found))
    return pd.DataFrame(rows, columns=["s2", "start", "predicted", "active"])


def study(tiny: bool = False) -> pd.DataFrame:
    """All values of s2 and all starts."""
    return active(*((4, 1) if tiny else (40, STARTS)))


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table and what stands below it."""
    agree = int((table["predicted"] == table["active"]).sum())
    return table, [
        f"Eigenvalues {VARIANCES.tolist()}, {RANK} latents, {table['start'].nunique()} starts for each s2.",
        f"Predicted and found agree in {agree} of {len(table)} trainings.",
    ]


def draw(page: Figure, table: pd.DataFrame) -> None:
    """Active latents against s2, the predicted staircase and its thresholds."""
    page.set_size_inches(4.8, 3.0)
    axes = page.add_axes((0.11, 0.15, 0.86, 0.76))
    edges = [table["s2"].min(), *VARIANCES[:RANK][::-1], table["s2"].max()]
    steps = [int(np.sum(VARIANCES[:RANK] > edge)) for edge in edges[:-1]]
    axes.stairs(steps, edges, baseline=None, color="C0", label=r"predicted: number of $\lambda_i > s^2$, $i \leq 4$")
    for value in VARIANCES[:RANK]:
        axes.axvline(value, color="0.6", ls=":", lw=1)
    axes.plot(table["s2"], table["active"], "x", ms=5, color="black", label=f"trained, {STARTS} starts each (coincide)")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_yticks(range(RANK + 1))
    axes.set_ylim(-0.2, RANK + 0.9)
    axes.set_xlabel(r"fixed noise variance $s^2$ (dotted: eigenvalues of the covariance)")
    axes.set_ylabel("active latents")
    axes.set_title("A linear VAE loses latent i where $s^2$ passes $\\lambda_i$", loc="left")
    axes.legend(facecolor="white", framealpha=1.0, edgecolor="none", loc="upper right")


STUDY, FIGURES, TABLES = study, [draw], [noted]
