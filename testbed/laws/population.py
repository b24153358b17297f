"""What is known of the population of every law: risks, losses and violations, the same formulas for all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from testbed._linalg import Array, inner
from testbed.arguments import is_word, shown
from testbed.data import LinearMap
from testbed.laws.held import error_name, met
from testbed.laws.linear_class import LinearClass
from testbed.laws.readouts import ABSOLUTE, FeatureClass, Given, Rows
from testbed.maps import Computed
from testbed.screens import Screen, short

__all__ = [
    "ABSOLUTE",
    "FeatureClass",
    "Given",
    "NotDefinedError",
    "Population",
    "Rows",
    "TwoView",
    "View",
    "check_view",
]

STILL = 1e-13  # times `unit2`: what a value of psi* may be off its mean by rounding
View = Literal["x1", "x2", "both"]


class NotDefinedError(ValueError):
    """A quantity that this law does not define, or that is not computed for it, with the reason.

    It says something about the law, not that something went wrong: a statement of the theory that needs the quantity
    is not applicable. Any other exception is an error.
    """


def check_view(view: View) -> None:
    """Raise a ValueError where a name is not that of a view."""
    if not is_word(view, ("x1", "x2", "both")):
        raise ValueError(f"view = {shown(view)}; allowed: 'x1', 'x2', 'both'")


class TwoView(NamedTuple):
    """What each view alone loses against both, and what reading the label by way of the other view does (I12).

    mu(x1) = E[E[Y|X2] | X1 = x1]: E|mu - E[Y|X1,X2]|^2 <= e1 + e2.
    """

    e1: Array  # E|E[Y|X1] - E[Y|X1,X2]|^2
    e2: Array  # E|E[Y|X2] - E[Y|X1,X2]|^2
    error: Array  # E|mu(X1) - E[Y|X1,X2]|^2

    def __repr__(self) -> str:
        return short(self)


class Population(LinearClass, Screen):
    """Exact truth of a law, with its leading axes.

    A subclass provides the attributes below; the linear class follows from them. Quantities that need an integral
    over x1 carry a standard error in `se`, by name.

    Attributes
    ----------
    mean1, mean2, mean_y : (..., d1), (..., d2), (..., k)
    s11, s12, s1y, s22, syy : (..., d1, d1), (..., d1, d2), (..., d1, k), (..., d2, d2), (..., k, k)
        Centred covariances.
    second2 : (...)
        E|X2|^2.
    A, A_bar, M : (..., k, d2), (..., S, d2), (k, S)
        Conditional means of X2 given the label and given the state, and the map that sums the latent out.
    latent : bool
        Whether there is a latent beside the label.
    simplex : {"y": bool, "yz": bool}
        Whether the coordinates of label and state sum to one (one-hot codes), so that an intercept frees a level.
    se : dict
        Standard error of each quantity that needs an integral; 0 where it was closed form. Names: see `error_of`.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, "Predicting What You Already Know Helps", NeurIPS 2021: Definition 4.1, Assumption 4.1.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> truth = CleanMixture(k=3, structure_seed=1).law().population()
    >>> float(truth.epsilon_ci("universal")), float(truth.beta().round(3))
    (0.0, 1.0)
    """

    screen_kind = "population"  # what `testbed.describe` writes

    def __repr__(self) -> str:
        """Dimensions; the numbers are on the screen that a notebook shows, and `testbed.describe` prints."""
        sizes = {"d1": self.s11.shape[-1], "d2": self.s22.shape[-1], "k": self.mean_y.shape[-1]}
        batch = "".join(f"{n} repetitions, " for n in self.second2.shape)
        told = ", ".join(f"{n} = {v}" for n, v in sizes.items())
        return f"<{type(self).__name__.lstrip('_')}: {batch}{told}, {self.A_bar.shape[-2]} states>"

    @abstractmethod
    def f_star(self, x1: Array) -> Array:
        """Best predictor of the label, E[Y | X1 = x1]: (..., n, d1) -> (..., n, k)."""

    @abstractmethod
    def psi_star(self, x1: Array) -> Array:
        """Pretext optimum of the universal class, E[X2 | X1 = x1]: (..., n, d1) -> (..., n, d2)."""

    def _without_rounding(self, psi: Array) -> Array:
        """Values of psi* (..., n, d2), those that differ from the mean by rounding put at the mean.

        A probe on rows cannot know the unit of a feature: where E[X2 | X1] is constant, its rounding would be one.
        """
        level = np.where(np.abs(self.mean2) > ABSOLUTE * self.unit2, self.mean2, 0.0)[..., None, :]
        return np.where(np.abs(psi - level) > STILL * self.unit2[..., None, :], psi, level)

    @abstractmethod
    def _universal_rows(self, given: Given) -> Rows:
        """Rows of f*, psi* and the leak."""

    @abstractmethod
    def _universal_epsilon(self, given: Given) -> Array:
        """Violation of conditional independence in the universal class."""

    @abstractmethod
    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        """Smallest E|f* - W'psi|^2 for a representation that is not linear."""

    def psi_star_root(self) -> Array:
        """Rows R with R'R = covariance of psi*(X1), (..., rows, d2)."""
        return self._universal_rows("yz").psi

    def rows(self, feature_class: FeatureClass = "universal", given: Given = "yz") -> Rows:
        """Centred rows of f, psi and the leak in a class: their inner products are covariances."""
        self.means(given)
        if feature_class == "linear":
            return self._linear_rows(given)
        if feature_class == "universal":
            return self._universal_rows(given)
        raise ValueError(f"feature_class = {shown(feature_class)}; allowed: 'linear', 'universal'")

    def epsilon_ci(self, feature_class: FeatureClass = "linear", given: Given = "yz") -> Array:
        """Size of the violation of conditional independence, eps_CI.

        linear: Frobenius norm of S11^{-1/2} S_{1,2 | onehot(state)}; universal: sqrt(E|psi*(X1) - A_bar' fbar(X1)|^2).
        `given` conditions on the label alone ("y") or on label and latent ("yz").
        """
        self.means(given)
        if feature_class == "linear":
            if not np.any(self.cross_given(given)):
                return np.zeros(self.second2.shape)
            white = self._linear_leak(given)
            return np.sqrt(inner(white, white))
        if feature_class == "universal":
            return self._universal_epsilon(given)
        raise ValueError(f"feature_class = {shown(feature_class)}; allowed: 'linear', 'universal'")

    def mean_dependence(self, given: Given = "yz") -> Array:
        """Dependence in means within states, sqrt(E|E[X2 | X1, state] - E[X2 | state]|^2), at least eps_CI.

        It is 0 where X1 and X2 are independent given the state. A law that does not compute it gives eps_CI of the
        universal class, the part of it that X1 alone shows.
        """
        return self.epsilon_ci("universal", given)

    def approximation_error(self, psi: LinearMap | Callable[[Array], Array], intercept: bool = True) -> Array:
        """Smallest risk of a linear read-out of psi, e_apx = min E|f* - W'psi(X1)|^2 (with an intercept: affine).

        Kept for as long as psi is, if psi is the project's own: all probes and sample sizes ask for it again.
        """
        if not isinstance(psi, LinearMap | Computed):  # a model of others may have learnt since it was asked
            return self._nonlinear_approximation(psi, intercept)
        known = self._attained.setdefault(psi, {})
        if intercept not in known:
            if isinstance(psi, LinearMap):
                known[intercept] = self._linear_approximation(psi, intercept)
            else:
                known[intercept] = self._nonlinear_approximation(psi, intercept)
        return known[intercept]

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the label from "x1", "x2" or "both" (I11).

        The two-view ceiling bayes_risk("x1") - bayes_risk("both") >= 0 is what any probe on psi(x1) gives up.
        """
        raise NotDefinedError(f"bayes_risk({shown(view)}) is not computed for this law")

    @property
    def two_view(self) -> TwoView | None:
        """Losses of the single views; None where they are not computed."""
        return None

    @property
    def spectrum(self) -> Array | None:
        """Singular values of the dependence of x1 and x2 (I13), falling; None where they are not computed.

        On finite laws over all functions, the constants' 1 first; on jointly Gaussian ones those of the linear class,
        the canonical correlations (over all functions they are the products of powers of these).
        """
        return None

    def mutual_information(self, a: str = "x1", b: str = "x2", given: Given | None = None) -> Array | None:
        """I(a; b | given) in nats; None where it has no closed form."""
        return None

    def error_of(
        self, quantity: str, feature_class: FeatureClass = "universal", intercept: bool = True, given: Given = "yz"
    ) -> Array:
        """Standard error of what a law computes by an integral; 0 where it is closed form, (...).

        Of "approximation_error" (that of psi*), "tau", "sharper_bound", and of "aligned", "anti_aligned", "harmful",
        "neutral" and "signed_leak", which is `SignedLeak.predicted`. It is kept in `se` under the quantity's name, with
        the class for tau, and ``_no_intercept`` and ``_y`` where there is none, and where the label alone is given.
        """
        if feature_class == "linear" and quantity != "tau":
            return np.zeros(self.second2.shape)
        name = f"tau_{feature_class}" if quantity == "tau" else quantity
        try:
            found = self.se[error_name(name, intercept, given)]
        except KeyError:  # closed form
            found = np.zeros(())
        return np.broadcast_to(found, self.second2.shape)

    def resolved(self, name: str) -> Array:
        """Whether an integral has the relative error of 1e-3 that is promised for a law that is not redrawn, (...).

        `name` is that of an attribute and of its error in `se`: "bayes_noise" or "class_floor".
        """
        return np.asarray(met(getattr(self, name), self.se[name]))

    @property
    def baseline_risk(self) -> Array:
        """Risk of the best constant against f*: E|f* - EY|^2."""
        return np.asarray(np.trace(self.syy, axis1=-2, axis2=-1)) - self.bayes_noise
