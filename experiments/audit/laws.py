"""The laws on which an audit is tried: rows, and the true eps_CI^2 and e_W^2 of each, given y."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from testbed._linalg import Array

__all__ = ["FOUR", "LAWS", "SEVEN", "Rows", "Trial"]

K, D1, D2 = 3, 10, 8
SCALES = np.array([0.4, 1.6]) / np.sqrt(1.36)  # of a common scale: their squares have mean 1
INTEGRAL = 100_000  # draws for the truth over all functions
Rows = tuple[Array, Array, NDArray[np.intp]]


@dataclass(frozen=True)
class Trial:
    """Classes with x2 = mu2_y + rho T e1 + (I - rho^2 TT')^{1/2} e2 and covariances I within classes.

    mu1 is 1.2 N(0, 1) / sqrt 2 in each coordinate and mu2 2.25 times orthonormal rows; T is a fixed matrix of spectral
    norm 1. With `scale` the noise of a row is multiplied by .4 or 1.6, over sqrt 1.36; with `nu` it is t, each view
    with a scale of its own; with `line` mu2 lies on a line; with `hidden` a latent of +-1, which is not shown, moves
    the means of both views by that much; `pair_priors` are those of the unlabelled pairs.
    """

    rho: float = 0.0
    scale: bool = False
    nu: float = 0.0
    priors: tuple[float, ...] = (1 / 3, 1 / 3, 1 / 3)
    line: bool = False
    hidden: float = 0.0
    pair_priors: tuple[float, ...] | None = None

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """mu1 (K, D1), mu2 (K, D2), T (D2, D1), the root of I - rho^2 TT', and the moves of the hidden latent."""
        rng = np.random.default_rng(1)
        edge = rng.standard_normal((D2, D1))
        edge /= np.linalg.norm(edge, 2)
        values, vectors = np.linalg.eigh(np.eye(D2) - self.rho**2 * edge @ edge.T)
        frame = np.linalg.qr(rng.standard_normal((D2, K + 1)))[0].T
        mu1 = 1.2 * rng.standard_normal((K, D1)) / np.sqrt(2.0)
        mu2 = 2.25 * (np.array([[-1.0], [0.0], [1.0]]) * frame[:1] if self.line else frame[:K])
        move1 = self.hidden * rng.standard_normal(D1) / np.sqrt(D1)
        move2 = self.hidden * (frame[0] - frame[1] + frame[K]) / np.sqrt(3.0)  # in part along the label
        root = (vectors * np.sqrt(values)) @ vectors.T
        return {"mu1": mu1, "mu2": mu2, "edge": edge, "root": root, "move1": move1, "move2": move2}

    def draw(self, n: int, rng: np.random.Generator, *, pairs: bool = False) -> Rows:
        """Rows x1, x2, y: labelled ones, or those of the unlabelled pairs."""
        priors = self.pair_priors if pairs and self.pair_priors else self.priors
        a, y = self.arrays, rng.choice(K, n, p=priors)
        e1, e2 = rng.standard_normal((n, D1)), rng.standard_normal((n, D2))
        if self.scale:
            w = rng.choice(SCALES, (n, 1))
            e1, e2 = e1 * w, e2 * w
        if self.nu:
            e1 = e1 * np.sqrt((self.nu - 2.0) / rng.chisquare(self.nu, (n, 1)))
            e2 = e2 * np.sqrt((self.nu - 2.0) / rng.chisquare(self.nu, (n, 1)))
        z = rng.choice([-1.0, 1.0], (n, 1))
        x1 = a["mu1"][y] + z * a["move1"] + e1
        return x1, a["mu2"][y] + z * a["move2"] + self.rho * e1 @ a["edge"].T + e2 @ a["root"], y

    @property
    def unit(self) -> Array:
        """Standard deviations of x2 within classes."""
        return np.asarray(np.sqrt(1.0 + self.arrays["move2"] ** 2))

    @cached_property
    def truth(self) -> dict[str, float]:
        """eps_CI^2 of the linear class, e_W^2 (nan where the means lie on a line) and beta, in closed form."""
        a, p = self.arrays, np.array(self.priors)
        centred = a["mu1"] - p @ a["mu1"]
        s11 = np.eye(D1) + np.outer(a["move1"], a["move1"]) + centred.T @ (p[:, None] * centred)
        cross = (self.rho * a["edge"].T + np.outer(a["move1"], a["move2"])) / self.unit
        middle = np.eye(K) - 1.0 / K
        means = middle @ a["mu2"] / self.unit
        gap = cross.T @ np.linalg.solve(s11, cross)
        weight = np.linalg.pinv(means, rcond=1e-10)
        label = np.nan if self.line else float(np.trace(weight.T @ gap @ weight))
        beta = 0.0 if self.line else float(np.linalg.svd(means, compute_uv=False)[K - 2])
        return {"epsilon": float(np.trace(gap)), "leak": label, "beta": beta, "universal": self._universal(p)}

    @property
    def singular_values(self) -> Array:
        """Of the class means of x2 without their level, in units of its standard deviations within classes."""
        mu2 = self.arrays["mu2"] / self.unit
        return np.asarray(np.linalg.svd(mu2 - mu2.mean(axis=0), compute_uv=False)[: K - 1])

    def _universal(self, p: Array) -> float:
        """E|E[X2 - E[X2|Y] | X1]|^2, an average over draws of x1 (its error is below 1%)."""
        x1 = self.draw(INTEGRAL, np.random.default_rng(2))[0]
        a = self.arrays
        image, total = np.zeros((INTEGRAL, D2)), np.zeros((INTEGRAL, 1))
        for y in range(K):
            for z in (-1.0, 1.0):
                e1 = x1 - a["mu1"][y] - z * a["move1"]
                share = p[y] * self._density(np.sum(e1**2, axis=1))[:, None]
                image += share * (self.rho * e1 @ a["edge"].T + z * a["move2"])
                total += share
        return float(np.mean(np.sum((image / total / self.unit) ** 2, axis=1)))

    def _density(self, square: Array) -> Array:
        """Density of e1 up to a factor, by its squared length."""
        if self.nu:
            return np.asarray((1.0 + square / (self.nu - 2.0)) ** (-(self.nu + D1) / 2.0))
        if self.scale:
            return np.asarray(sum(np.exp(-square / (2.0 * w**2)) / w**D1 for w in SCALES))
        return np.asarray(np.exp(-square / 2.0))


SEVEN = {
    "CI": Trial(),
    "small leak": Trial(rho=0.15),
    "leak": Trial(rho=0.5),
    "large leak": Trial(rho=0.95),
    "t, imbalanced, leak": Trial(rho=0.5, nu=5.0, priors=(0.60, 0.28, 0.12)),
    "common scale": Trial(scale=True),
    "common scale, leak": Trial(rho=0.5, scale=True),
}
FOUR = {
    "heavy tails, leak": Trial(rho=0.5, nu=3.0),
    "pairs of other classes": Trial(rho=0.15, pair_priors=(0.7, 0.2, 0.1)),
    "classes on a line": Trial(rho=0.5, line=True),
    "unseen z": Trial(hidden=1.0),
}
LAWS = SEVEN | FOUR
