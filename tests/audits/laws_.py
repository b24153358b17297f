"""The laws on which the intervals of an audit are tried: rows, and the true eps_CI^2 and e_W^2 of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

K, D1, D2 = 3, 10, 8
FRAME = np.linalg.qr(np.random.default_rng(0).standard_normal((D2, K)))[0].T


@dataclass(frozen=True)
class Trial:
    """Classes with x2 = mu2_y + rho T e1 + (I - rho^2 TT')^{1/2} e2 and covariances I within classes.

    mu1 is 1.2 N(0, 1) / sqrt 2 in each coordinate and mu2 2.25 times orthonormal rows; T is a fixed matrix of spectral
    norm 1. With `scale` the noise of a row is multiplied by .4 or 1.6, over sqrt 1.36; with `nu` it is t.
    """

    rho: float = 0.0
    scale: bool = False
    nu: float = 0.0
    priors: tuple[float, ...] = (1 / 3, 1 / 3, 1 / 3)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """mu1 (K, D1), mu2 (K, D2), T (D2, D1), and the root of I - rho^2 TT'."""
        rng = np.random.default_rng(1)
        edge = rng.standard_normal((D2, D1))
        edge /= np.linalg.norm(edge, 2)
        values, vectors = np.linalg.eigh(np.eye(D2) - self.rho**2 * edge @ edge.T)
        root = vectors * np.sqrt(values) @ vectors.T
        return 1.2 * rng.standard_normal((K, D1)) / np.sqrt(2.0), 2.25 * FRAME, edge, root

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows x1, x2, y."""
        mu1, mu2, edge, root = self.arrays
        y = rng.choice(K, n, p=self.priors)
        e1, e2 = rng.standard_normal((n, D1)), rng.standard_normal((n, D2))
        if self.scale:
            w = rng.choice([0.4, 1.6], (n, 1)) / np.sqrt(1.36)
            e1, e2 = e1 * w, e2 * w
        if self.nu:
            w = np.sqrt((self.nu - 2.0) / rng.chisquare(self.nu, (n, 1)))
            e1, e2 = e1 * w, e2 * np.sqrt((self.nu - 2.0) / rng.chisquare(self.nu, (n, 1)))
        return mu1[y] + e1, mu2[y] + self.rho * e1 @ edge.T + e2 @ root, y

    @property
    def truth(self) -> tuple[float, float]:
        """eps_CI^2 and e_W^2 given y, in closed form."""
        mu1, mu2, edge, _ = self.arrays
        p = np.array(self.priors)
        centred = mu1 - p @ mu1
        s11 = np.eye(D1) + centred.T @ (p[:, None] * centred)
        cross = self.rho * edge.T
        middle = np.eye(K) - 1.0 / K
        weight = np.linalg.pinv(mu2.T @ middle, rcond=1e-10).T @ middle
        gap = cross.T @ np.linalg.solve(s11, cross)
        return float(np.trace(gap)), float(np.trace(weight.T @ gap @ weight))


SEVEN = {
    "CI": Trial(),
    "small leak": Trial(rho=0.15),
    "leak": Trial(rho=0.5),
    "large leak": Trial(rho=0.95),
    "t, imbalanced, leak": Trial(rho=0.5, nu=5.0, priors=(0.60, 0.28, 0.12)),
    "common scale": Trial(scale=True),
    "common scale, leak": Trial(rho=0.5, scale=True),
}
