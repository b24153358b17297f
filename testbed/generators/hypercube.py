"""Signs that both views show, some of them rescaled in each: a graph on which a loss cannot tell features apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Literal

import numpy as np

from testbed.allowed import Count, Whole
from testbed.arguments import shown
from testbed.generators.base import Generator
from testbed.laws import Finite

__all__ = ["Hypercube"]

MOST = 7  # signs: a table of 2^(d+1) points a side


@dataclass(frozen=True, repr=False)
class Hypercube(Generator):
    """x is uniform on {-1, 1}^d; a view is (x_1, ..., x_s, t x_{s+1}, ..., t x_d), t uniform on {1/2, 1} in each view.

    Every function of x is the same in both views, so all of them are equal to a loss that compares views, over all
    functions. Linear functions are not: with S the covariance of a view and G that of two views the eigenvalues of
    S^{-1/2} G S^{-1/2} are 1, s times, and (E t)^2 / E t^2 = .9, d - s times. The label, one of two classes, is x_1
    ("signal"), x_d ("spurious") or the sign of x_1 x_2 ("product", d at least 2).

    Parameters
    ----------
    d : int
        Number of signs, 1 to 7.
    s : int
        Those that are shown at full size, at most d.
    label : "signal", "spurious" or "product"
        What y is.

    Raises
    ------
    ValueError
        Settings out of range.

    References
    ----------
    Saunshi et al., "Understanding contrastive learning requires incorporating inductive biases", ICML 2022, for the
    example, of which this is an exact form (A7).

    Examples
    --------
    >>> from testbed.generators import Hypercube
    >>> law = Hypercube(d=4, s=2).law()
    >>> law.joint.shape    # classes, latents, points of x1 and of x2
    (2, 1, 32, 32)
    """

    d: Annotated[int, Whole(1, MOST)] = 5
    s: Count = 2
    label: Literal["signal", "spurious", "product"] = "signal"

    structural: ClassVar[tuple[str, ...]] = ("d", "s", "label")

    def __post_init__(self) -> None:
        """Check what the settings ask of each other."""
        super().__post_init__()
        if self.s > self.d:
            raise ValueError(
                f"s = {shown(self.s)}: there are d = {self.d} signs, of which 1 to {self.d} are at full size"
            )
        if self.label == "product" and self.d == 1:
            raise ValueError("label = 'product': d = 1 sign has no product; at least 2 are needed")

    @property
    def frozen(self) -> bool:
        """Nothing is random in its structure."""
        return True

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Finite:
        """Return the finite law that the dials describe; nothing is drawn."""
        x = np.array(list(product((-1.0, 1.0), repeat=self.d)))
        scale = np.where(np.arange(self.d) < self.s, 1.0, np.array([0.5, 1.0])[:, None])
        points = (x[:, None, :] * scale).reshape(-1, self.d)
        y = {"signal": x[:, 0], "spurious": x[:, -1], "product": x[:, 0] * x[:, min(1, self.d - 1)]}[self.label]
        pairs = np.kron(np.eye(len(x)), np.full((2, 2), 0.25)) / len(x)
        classes = np.repeat(np.stack([y < 0.0, y > 0.0]), 2, axis=1)
        return Finite((classes[:, :, None] * pairs)[:, None], points, points)
