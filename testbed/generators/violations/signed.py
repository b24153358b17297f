"""The sign of a leak: edges of one eps_CI, one beta and one Cov(X2|Y) that help, hurt or do neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from testbed._linalg import Array, scaled_root, solve, symmetric_root, transpose
from testbed.allowed import NotNegative, Real
from testbed.generators.violations.base import refused
from testbed.generators.violations.edge import Sized
from testbed.generators.violations.within import Within, complement, row_space
from testbed.laws import Law
from testbed.laws.population import FeatureClass

__all__ = ["SignedEdge"]


@dataclass(frozen=True, repr=False)
class SignedEdge(Sized):
    """An edge within the states whose leak d = psi* - A_bar' fbar has a sign, exactly so in the linear class (I14).

    The leak d is what psi* has beyond A_bar' fbar, its value under conditional independence. With c >= 0 set by the
    size, fbar the best affine predictor of the state and Cov fbar = K K', ::

        aligned        d =  c A_bar' fbar          psi* = (1 + c) A_bar' fbar: more signal in the same noise
        anti-aligned   d = -c A_bar' fbar          psi* = (1 - c) A_bar' fbar: less of it
        harmful        d =  c A_bar' K u           u whitened directions of x1 that say nothing of the state
        neutral        d =  c N u                  N orthonormal, outside the row space of A_bar, as many as K has

    In a jointly Gaussian law both classes coincide and a = c I, -c I, 0, 0 exactly; in a mixture this is so in the
    linear class. A, A_bar, beta and Cov(X2 | state) do not move, and for one `epsilon_ci` the first three have one
    covariance of the leak; c = epsilon_ci / sqrt(E|A_bar' (fbar - E fbar)|^2) in the linear class, and c < 1 keeps an
    anti-aligned leak from turning the sign of the signal (at c = 1 psi* is constant, beyond it signal comes back).

    Breaks conditional independence. Aligned, anti-aligned (c not 1) and neutral leaks leave e_apx(psi*) = e_apx(phi1);
    a harmful one adds to it. At finite n1 an aligned leak lowers the risk below that of no leak, an anti-aligned one
    raises it, a neutral one does neither as long as psi is not truncated: a cut to rank k may keep it for its variance.

    Parameters
    ----------
    base : Generator or Law
        A jointly Gaussian law, or a mixture with one covariance.
    sign : "aligned", "anti-aligned", "harmful" or "neutral"
    rho : float
        Size: the largest canonical correlation of the views within a state that the edge makes, 0 to 1.
    epsilon_ci : float, optional
        Target eps_CI in place of rho, for a base without an edge.
    epsilon_ci_class : "linear" or "universal"
        Class of the target.

    Raises
    ------
    ValueError
        Dials out of range; from `law`: a base that cannot carry the edge, too few directions, a target that cannot be
        attained, with the attainable range.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, SignedEdge
    >>> truth = SignedEdge(CleanMixture(k=3, structure_seed=1), "aligned", epsilon_ci=0.3).law().population()
    >>> float(truth.epsilon_ci("linear").round(6))
    0.3
    """

    sign: Literal["aligned", "anti-aligned", "harmful", "neutral"] = "aligned"
    rho: Annotated[float, Real(0.0, 1.0, why="the sign is a dial of its own")] = 0.0
    epsilon_ci: NotNegative | None = None
    epsilon_ci_class: FeatureClass = "linear"

    def violate(self, base: Law) -> Law:
        """Return the law of the base with the signed edge added to its covariance within states."""
        return self._of_size(base, self.rho, self.epsilon_ci, self.epsilon_ci_class)

    def _edge(self, parts: Within) -> Array:
        """S11 times the map from x1 to the leak, scaled."""
        if self.sign in ("aligned", "anti-aligned"):
            edge = parts.s1s @ parts.read
            edge = edge if self.sign == "aligned" else -edge
        else:
            unit, even = scaled_root(parts.s11)
            root = unit[..., :, None] * even  # L L' = S11
            seen = transpose(solve(root, parts.s1s))  # S11^{-1/2} of the directions that tell states apart
            shape = row_space(transpose(seen))  # (S, q): the states that x1 tells apart
            spare = complement(seen)
            q = shape.shape[-1]
            if self.sign == "harmful":
                signal = symmetric_root(transpose(shape) @ (seen @ transpose(seen)) @ shape)
                onto = signal @ (transpose(shape) @ parts.read)
            else:
                outside = complement(parts.means)[..., :q]
                if outside.shape[-1] == 0:
                    refused(self, parts.law, "the row space of A_bar is all of x2, so nothing is outside; raise d2")
                onto = transpose(outside)
            need = onto.shape[-2]
            if spare.shape[-1] < need:
                refused(self, parts.law, f"{need} directions of x1 without the state are needed, {spare.shape[-1]} are")
            edge = root @ spare[..., :need] @ onto
        size = parts.correlation(edge)
        return np.asarray(edge / np.where(size > 0.0, size, 1.0)[..., None, None])
