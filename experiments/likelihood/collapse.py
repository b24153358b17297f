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


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Active latents against s2, the predicted staircase and its thresholds."""
    page.set_size_inches(3.25, 2.6)
    axes = page.add_axes((0.14, 0.31, 0.83, 0.65))
    edges = [table["s2"].min(), *VARIANCES[:RANK][::-1], table["s2"].max()]
    steps = [int(np.sum(VARIANCES[:RANK] > edge)) for edge in edges[:-1]]
    axes.stairs(steps, edges, baseline=None, color="C0", lw=1.4, label=r"predicted: number of $\lambda_i > s^2$")
    for value in VARIANCES[:RANK]:
        axes.axvline(value, color="0.6", ls=":", lw=1)
    axes.plot(table["s2"], table["active"], "x", ms=4.5, color="black", label="trained")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_yticks(range(RANK + 1))
    axes.set_xlabel("fixed noise variance $s^2$")
    axes.set_ylabel("active latents")
    page.legend(loc="lower center", ncols=2, frameon=False)
    agree = int((table["predicted"] == table["active"]).sum())
    return (
        f"A linear VAE loses latent $i$ where the fixed noise variance $s^2$ passes the eigenvalue $\\lambda_i$ of the "
        f"covariance (dotted), $i\\leq{RANK}$. Crosses: {table['start'].nunique()} starts at each $s^2$; {agree} of "
        f"{len(table)} trainings end at the predicted number, and where they do they lie on each other."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
