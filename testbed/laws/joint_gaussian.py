"""Jointly Gaussian laws: one covariance, and both classes of functions coincide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from testbed._linalg import Array, scaled_root, transpose
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Moments, Sample
from testbed.laws.base import Law, check_n
from testbed.laws.checks import frozen_array, keeps_directions, positive_semidefinite
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.states import GaussianBlocks, bare
from testbed.laws.wishart import BlockRoot, leading, remainder

__all__ = ["JointGaussian"]


@dataclass(frozen=True, eq=False, repr=False)
class JointGaussian(GaussianBlocks, Law):
    """(X1, X2, Y, Z) ~ N(0, covariance), with a real-valued label.

    Parameters
    ----------
    covariance : (..., d1 + d2 + k + m, d1 + d2 + k + m)
        Positive semidefinite, in the order x1, x2, y, z; leading axes are repetitions.
    d1, d2, k : int
        Dimensions of x1, x2 and y, at least 1.
    m : int
        Dimension of the latent z, 0 for none.

    Raises
    ------
    ValueError
        A covariance of the wrong size, not symmetric, or not positive semidefinite, or one that storage in floats has
        made so; a block of x1 or y that is zero.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.laws import JointGaussian
    >>> loading = np.array([[1.0], [0.5], [1.0]])    # x1, x2 and y all load on one factor, which is y
    >>> noise = np.diag([1.0, 1.0, 0.0])
    >>> law = JointGaussian(loading @ loading.T + noise, d1=1, d2=1, k=1)
    >>> float(law.population().epsilon_ci("linear"))    # X1 and X2 are independent given Y
    0.0
    """

    def __post_init__(self) -> None:
        """Check, copy and freeze the arrays."""
        super().__post_init__()
        covariance = positive_semidefinite("covariance", self.covariance)
        width = self.d1 + self.d2 + self.k + self.m
        if covariance.shape[-1] != width:
            raise ValueError(
                f"covariance has shape {covariance.shape}; with d1 + d2 + k + m = {width} its last axes must be {width}"
            )
        for name, block in self.blocks.items():
            if name in {"x1", "y"} and not np.all(np.any(covariance[..., block, block] != 0.0, axis=(-1, -2))):
                raise ValueError(f"covariance: the block of {name} is zero, so {name} is constant")
        state = slice(self.blocks["y"].start, width)
        keeps_directions("covariance", covariance, {**self.blocks, "(y, z)": state} if self.m else self.blocks)
        object.__setattr__(self, "covariance", covariance)

    @classmethod
    def from_correlations(cls, correlations: object, label: object, noise_var: float = 1.0) -> Self:
        """Law of views with given canonical correlations: x1 ~ N(0, I), x2 ~ N(0, I), Cov(x1, x2) diagonal.

        The label is y = label x1 + noise, so that f* = label x1.

        Parameters
        ----------
        correlations : (d,)
            Correlation of the i-th coordinates, above -1 and below 1.
        label : (k, d)
            Weights of the label.
        noise_var : float
            Variance of its noise, at least 0.

        Raises
        ------
        ValueError
            Correlations out of range, weights of another shape, a negative variance.
        """
        rho, weight = frozen_array("correlations", correlations), frozen_array("label", label)
        if rho.ndim != 1 or rho.size == 0 or np.abs(rho).max() >= 1.0:
            raise ValueError(f"correlations = {shown(correlations)}: a list of numbers above -1 and below 1")
        if weight.ndim != 2 or weight.shape[1] != rho.size:
            raise ValueError(
                f"label has shape {weight.shape}; it must be (k, {rho.size}), a weight for each coordinate"
            )
        if not (np.isfinite(noise_var) and noise_var >= 0.0):
            raise ValueError(f"noise_var = {shown(noise_var)}: a finite number of at least 0")
        d, k = rho.size, len(weight)
        root = np.zeros((2 * d + k, 2 * d + k))  # rows: x1, what x2 has of its own, the noise
        root[:d, :d], root[:d, d : 2 * d], root[:d, 2 * d :] = np.eye(d), np.diag(rho), weight.T
        root[d : 2 * d, d : 2 * d] = np.diag(np.sqrt(1.0 - rho**2))
        root[2 * d :, 2 * d :] = np.sqrt(noise_var) * np.eye(k)
        return cls(root.T @ root, d, d, k)

    @property
    def states(self) -> int:
        """Dimension k + m of the state (Y, Z)."""
        return self.k + self.m

    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis."""
        if not self.batch:
            raise IndexError("this law has no leading axis to cut")
        return type(self)(self.covariance[index], self.d1, self.d2, self.k, self.m)._mark_cut()

    @cached_property
    def _whole_root(self) -> Array:
        unit, even = scaled_root(self.covariance)
        return even * unit

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows of an unbatched law, as a Sample."""
        rng = generator_of(rng)
        if self.batch:
            raise ValueError(
                f"this law has leading axes {self.batch}; draw rows from one of them, law[r].sample(n, rng)"
            )
        rows = rng.standard_normal((check_n(n), self.covariance.shape[-1])) @ self._whole_root
        x1, x2, y, z = (rows[:, block].copy() for block in self.blocks.values())
        return Sample(x1, x2, y, z if self.m else None)

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments: the mean is N(0, S/n), and the scatter Wishart(n - 1, S), independent of it."""
        rng = generator_of(rng)
        if repeats is not None and self.batch:
            raise ValueError("repeats is for laws without leading axes; this one has its own")
        shape = self.batch if repeats is None else (repeats,)
        first: list[str] = [b for b in ("x1", "y") if b in blocks]
        x2 = "x2" in blocks
        root = self._root(tuple(first))
        e1 = rng.standard_normal((*shape, root.l11.shape[-1], 1)) / np.sqrt(check_n(n))
        mean1 = (root.l11 @ e1)[..., 0]
        dof = np.full(shape, float(n - 1))
        mean2 = mean1[..., :0]
        if x2:
            e2 = rng.standard_normal((*shape, self.d2, 1)) / np.sqrt(n)
            mean2 = (root.l21 @ e1 + root.l22 @ e2)[..., 0]
        a1, a2 = leading(dof, root, rng, x2)
        square = a2 @ transpose(a2) if x2 and x2_square else None
        if square is not None:
            a3 = remainder(dof, root, rng)
            square = square + a3 @ transpose(a3)
        ends = np.cumsum([0, *(self.shape[0 if b == "x1" else 2] for b in first)]).tolist()
        cut = {b: slice(ends[i], ends[i + 1]) for i, b in enumerate(first)}
        mean = {b: mean1[..., cut[b]] for b in first}
        rows = {b: a1[..., cut[b], :] for b in first}
        if x2:
            mean["x2"], rows["x2"] = mean2, a2
        names: list[str] = list(rows)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i:] if (a, b) != ("x2", "x2")]
        scatter: dict[tuple[str, str], Array] = {(a, b): rows[a] @ transpose(rows[b]) for a, b in pairs}
        if square is not None:
            scatter["x2", "x2"] = square
        flat = not np.all(self.population().axes1.varies)
        return Moments(np.full(shape, float(n)), mean, scatter, deficient=frozenset({"x1"} if flat else ()))

    def _root(self, first: tuple[str, ...]) -> BlockRoot:
        """Root of the covariance of the blocks `first`, then x2."""
        if first not in self._roots:
            place = [i for b in (*first, "x2") for i in range(self.blocks[b].start, self.blocks[b].stop)]
            self._roots[first] = BlockRoot.of(self.covariance[..., place, :][..., place], len(place) - self.d2)
        return self._roots[first]

    @cached_property
    def _roots(self) -> dict[tuple[str, ...], BlockRoot]:
        return {}

    def population(self) -> GaussianPopulation:
        """Return the exact population of the law."""
        return GaussianPopulation(bare(GaussianBlocks, self))
