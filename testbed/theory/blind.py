"""What a least-squares probe does not see of a least-squares pretext."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, transpose
from testbed.laws import Population
from testbed.laws.spectral import axes_of
from testbed.laws.table_population import TablePopulation
from testbed.theory._sizes import LeastSquaresProbe, check_representation, features, probe_text, rank, widened
from testbed.theory.base import Assumption, Kind

__all__ = ["BlindPretext"]

LEFT = 1e-6  # of the unit of a coordinate of x2: a standard deviation of what x1 leaves of it up to that is none


@dataclass(frozen=True, repr=False)
class BlindPretext(LeastSquaresProbe):
    """Least squares on a least-squares pretext is least squares on x1, for every number of pairs.

    Where what x1 leaves of x2 varies in as many directions as x1 or more, psi~ is almost surely an invertible affine
    map of x1, which the probe undoes: e_apx(psi~) = e_apx(x1), so the pretext part is e_apx(x1) - e_apx(psi*): 0 under
    conditional independence, however wrong psi~ is. Discrete laws are left out: a draw may repeat a few points.

    References
    ----------
    This project (T1), on the procedure of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 2.
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "A least-squares pretext is x1"
    source: ClassVar[str] = "this project (T1)"
    claim: ClassVar[str] = "d2 >= d1 => e_apx(psi~) = e_apx(x1)"
    n_unlabeled: ClassVar[tuple[int, ...]] = (100, 1000)

    def __post_init__(self) -> None:
        """Check the setting."""
        check_representation("x1", self.intercept)

    @property
    def pretext(self) -> str:
        """Least squares."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def column(self) -> str:
        """e_apx(psi~) - e_apx(psi*)."""
        return "pretext_part"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Densities, and a residual of x2 with at least as many independent coordinates as x1."""
        dense = np.full(truth.second2.shape, not isinstance(truth, TablePopulation))
        psi = truth.rows("linear").psi
        left = axes_of(truth.s22 - transpose(psi) @ psi, LEFT * truth.unit2)
        noisy = left.varies.sum(axis=-1)
        spare = noisy - rank(truth, "x1", True)
        return (
            Assumption("x1 and x2 have densities", np.where(dense, 0.0, -np.inf), dense),
            Assumption("rank of Cov(X2|X1) >= rank of x1", spare, spare >= 0.0),
        )

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """e_apx(x1) - e_apx(psi*)."""
        optimum = truth.reduced_psi_star(truth.s22.shape[-1], self.intercept)
        best = truth.approximation_error(optimum, self.intercept)
        return widened(truth.approximation_error(features(truth, "x1"), self.intercept) - best, truth)
