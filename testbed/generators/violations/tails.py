"""V10: the noise within states has heavy tails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed.allowed import Real
from testbed.generators.violations.base import Violation, refused
from testbed.laws import GaussianMixture, Law, StudentMixture

__all__ = ["StudentTails"]


@dataclass(frozen=True, repr=False)
class StudentTails(Violation):
    """V10: the noise within states is multivariate Student t of `nu` degrees of freedom, of the same covariances.

    The two views have scales of their own, so independence given the state stays, and with it eps_CI = 0 and
    e_apx(psi*) = 0; means, covariances, A, beta and the whole linear class are the base's, in closed form. f*, the
    Bayes noise and `class_floor` move, by integrals with a standard error (see `StudentMixture`). Put it outermost.

    Breaks sub-Gaussian noise, on which the rates rest: in the linear class the error of what is learnt falls with n as
    1/n in the limit while fourth moments exist (nu > 4), and more slowly below (a slope of -0.64 to -0.41 at nu = 2.5).
    Near 4 the limit is far: least squares on x1 has -0.931 (-0.959 to -0.903) at nu = 4.5 for 250 to 16,000 labels. The
    universal psi*, a posterior mean, is bounded and takes no harm.

    Parameters
    ----------
    base : Generator or Law
        A mixture without an edge.
    nu : float
        Degrees of freedom, above 2; infinity is the base.

    Raises
    ------
    ValueError
        nu out of range; from `law`: a law that is no mixture, or has an edge.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, StudentTails
    >>> truth = StudentTails(CleanMixture(k=3, structure_seed=1), nu=5.0).law().population()
    >>> float(truth.epsilon_ci("linear").round(6))    # tails do not break independence of means
    0.0
    """

    nu: Annotated[float, Real(above=2.0, why="for covariances to exist")] = 5.0

    def violate(self, base: Law) -> Law:
        """Return the law of the base with Student noise in place of Gaussian noise."""
        if not isinstance(base, GaussianMixture):
            refused(self, base, "it has no Gaussian noise within states to replace")
        if np.any(base.covariance[..., : base.d1, base.d1 :]):
            refused(
                self, base, "its views are dependent within states, and t noise of that kind has no closed form here"
            )
        return StudentMixture(base, self.nu)
