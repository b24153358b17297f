"""What the evidence lower bound chooses among equal likelihoods.

Probabilistic PCA of rank 2 with its decoder turned by an angle: the likelihood does not change, the best mean-field
posterior loses (1/2)(sum log Lambda_ii - log det Lambda). A linear VAE, trained from random starts, ends at angle 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from testbed.keys import stream
from testbed.models import LinearVAE, ProbabilisticPCA
from testbed.models.inputs import rows_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VARIANCES = np.array([9.0, 4.0, 1.0, 1.0, 1.0])  # eigenvalues of the covariance of x1: its axes are the coordinates'
ANGLES, STARTS = 46, 40


def turned(angle: float) -> np.ndarray:
    """Rotation of the plane."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def angle_of(loading: np.ndarray) -> float:
    """Angle in degrees, 0 to 45, by which the decoder is turned; signs and order of latents do not matter."""
    _, _, vt = np.linalg.svd(loading)
    angle = np.degrees(np.arctan2(vt[0, 1], vt[0, 0])) % 90.0
    return float(min(angle, 90.0 - angle))


def curve() -> pd.DataFrame:
    """Gap by formula and by the bound itself, and the likelihood, at each angle."""
    mean, covariance = np.zeros(len(VARIANCES)), np.diag(VARIANCES)
    model, x, rows = ProbabilisticPCA(2).of_moments(mean, covariance), rows_with(mean, covariance), []
    for degrees in np.linspace(0.0, 90.0, ANGLES):
        other = model.rotated(turned(np.radians(degrees)))
        level = other.log_likelihood(x).mean()
        gap = level - other.elbo(x, other.mean_field(x)).value.mean()
        rows.append(("turned", 0, float(degrees), float(other.mean_field_gap), float(gap), float(level)))
    return pd.DataFrame(rows, columns=["kind", "start", "angle", "gap_formula", "gap_measured", "log_likelihood"])


def trained(starts: int) -> pd.DataFrame:
    """Where training from random starts ends."""
    mean, covariance = np.zeros(len(VARIANCES)), np.diag(VARIANCES)
    x, rows = rows_with(mean, covariance), []
    for start in tqdm(range(starts), desc="starts", leave=False):
        fitted = LinearVAE(2).of_moments(mean, covariance, stream(0, "likelihood_rotation", repr(LinearVAE(2)), start))
        level = fitted.log_likelihood(x).mean()
        gap, decoder = level - fitted.elbo(x).value.mean(), fitted.decoder
        angle = angle_of(fitted.loading)
        rows.append(("trained", start, angle, float(decoder.mean_field_gap), float(gap), float(level)))
    return pd.DataFrame(rows, columns=["kind", "start", "angle", "gap_formula", "gap_measured", "log_likelihood"])


def study(tiny: bool = False) -> pd.DataFrame:
    """Every angle, and where training ends."""
    table = pd.concat([curve(), trained(2 if tiny else STARTS)], ignore_index=True)
    numbers = table.columns[2:]
    # Rounded to where L-BFGS stops, so that the last bits of a linear-algebra library do not show.
    table[numbers] = table[numbers].round(5) + 0.0  # no negative zeros
    return table


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table and what stands below it."""
    ends = table[table["kind"] == "trained"]
    return table, [
        f"Angles in degrees, nats a point. Eigenvalues {VARIANCES.tolist()}; {len(ends)} random starts.",
        f"Largest angle after training: {ends['angle'].max():.4f} degrees.",
    ]


def draw(page: Figure, table: pd.DataFrame) -> str:
    """Gap against angle with its formula, and the angles that training reached."""
    page.set_size_inches(3.25, 2.75)
    axes = page.add_axes((0.17, 0.37, 0.8, 0.6))
    at, ends = table[table["kind"] == "turned"], table[table["kind"] == "trained"]
    axes.plot(
        at["angle"], at["gap_formula"], color="C0", label=r"formula: $(\sum \log\Lambda_{ii} - \log\det\Lambda)/2$"
    )
    axes.plot(
        at["angle"][::3], at["gap_measured"][::3], "o", ms=3.5, color="C1", label=r"$\log p(x)$ less the best bound"
    )
    axes.plot(ends["angle"], ends["gap_measured"], "x", ms=6, color="black", clip_on=False, zorder=5,
              label="linear VAE, trained")  # fmt: skip
    axes.set_xlabel("angle to the principal axes, degrees")
    axes.set_ylabel("gap, nats a point")
    axes.set_xlim(-2, 92)
    page.legend(loc="lower center", frameon=False)
    return (
        "The likelihood is the same at every angle between the decoder and the principal axes; the evidence lower "
        "bound with a factorised posterior prefers the axes. Gap between both in nats a point, at most "
        f"{at['gap_measured'].max():.3f}; $\\Lambda$ is the precision of the posterior. Crosses: {len(ends)} random "
        f"starts, which end on the axes (largest angle {ends['angle'].max():.4f} degrees) and lie on each other."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
