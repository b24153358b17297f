"""What a violation of conditional independence does to the label: the sharper bound, the signed leak, tau."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, NamedTuple

import numpy as np

from testbed._linalg import FLAT, Array, inner, least_squares, residual_square, transpose
from testbed.laws.errors import error_name, met
from testbed.laws.readouts import ABSOLUTE, EDGE, Given, Ranks, ReadOuts

__all__ = ["ABSOLUTE", "EDGE", "Conditional", "FeatureClass", "Given", "Ranks", "Rows", "SignedLeak"]

FeatureClass = Literal["linear", "universal"]


class Rows(NamedTuple):
    """Rows whose inner products are the covariances of f, psi and d, the last two of one class of functions.

    f is the best predictor of the label in the class, psi that of X2, and d = psi - A_bar' fbar the leak.
    """

    f: Array  # (..., r, k)
    psi: Array  # (..., r, d2)
    gap: Array  # (..., r, d2)


class SignedLeak(NamedTuple):
    """Parts of a violation of conditional independence, as the label sees them (I14).

    W'psi* = f* + g, and g = a f* + h with E h f*' = 0. The leak has a sign: a > 0 makes the signal of the label
    larger in psi* (helps at finite n), a < 0 smaller (hurts). `predicted` bounds e_apx(psi*) and is equal to it where
    the label takes all of psi*: given Y alone, d2 = k without an intercept or for a real label, d2 = k - 1 with one.
    """

    aligned: Array  # (...) positive part of tr(a F) / tr F
    anti_aligned: Array  # (...) negative part
    harmful: Array  # (...) tr H, H = E h h'
    neutral: Array  # (...) E|leak|^2 outside the row space of the conditional means
    slope: Array  # (..., k, k) a
    predicted: Array  # (...) tr[F - F B'(B F B' + H)^+ B F], B = I + a


class Conditional(ReadOuts):
    """Quantities that follow from the conditional means of X2 and from the rows of a class of functions.

    Attributes
    ----------
    second2 : (...)
        E|X2|^2.
    mean2, mean_y, s22, syy : (..., d2), (..., k), (..., d2, d2), (..., k, k)
        Means of X2 and of the label, and their covariances.
    A, A_bar, M : (..., k, d2), (..., S, d2), (k, S)
        Conditional means of X2 given the label and given the state, and the map that sums the latent out.
    latent : bool
        Whether there is a latent beside the label.
    se : dict
        Standard error of each quantity that needs an integral; 0 where it was closed form. Names: see `error_of`.
    simplex : {"y": bool, "yz": bool}
        Whether the coordinates of label and state sum to one (one-hot codes), so that an intercept frees a level.
    """

    second2: Array
    mean_y: Array
    syy: Array
    latent: bool
    se: dict[str, Array]

    @abstractmethod
    def rows(self, feature_class: FeatureClass = "universal", given: Given = "yz") -> Rows:
        """Centred rows of f, psi and the leak in a class."""

    @property
    @abstractmethod
    def bayes_noise(self) -> Array:
        """Risk of f*: E tr Cov(Y | X1)."""

    @property
    @abstractmethod
    def class_floor(self) -> Array:
        """Distance of the best affine predictor from the best one: E|f*(X1) - f*_H1(X1)|^2."""

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

    def sharper_bound(
        self, intercept: bool = True, feature_class: FeatureClass = "universal", given: Given = "yz"
    ) -> Array:
        """Bound of e_apx(psi*) - e_apx(phi1): min tr W'GW over all W with W'A_bar' = M, G = E dd' (I7).

        W0 = A_bar^+ M' is moved along the null space N of A_bar by regressing the leak's rows on W0 on those on N:
        its square root is regressed, since a pseudo-inverse of G would call N'G W0 rounding. Infinite where no W
        solves; it never exceeds (eps_CI / beta)^2, and equals its infimum over invertible changes X2 -> X2 T.
        """
        return self._sharper_of(self.rows(feature_class, given), intercept, given)

    def _sharper_of(self, rows: Rows, intercept: bool, given: Given) -> Array:
        weight, solved = self.readout(intercept, given)
        free = rows.gap @ self._null(intercept, given)
        return np.where(solved, residual_square(free, rows.gap @ weight, ABSOLUTE, self.unit2), np.inf)

    def signed_leak(
        self, intercept: bool = True, feature_class: FeatureClass = "universal", given: Given = "yz"
    ) -> SignedLeak:
        """Split the leak by what it does to the label (I14); NaN where no W solves W'A_bar' = M."""
        return self._leak_of(self.rows(feature_class, given), intercept, given)

    def _leak_of(self, rows: Rows, intercept: bool, given: Given) -> SignedLeak:
        weight, solved = self.readout(intercept, given)
        f, _, gap = rows
        g = gap @ weight
        if not intercept:  # uncentred second moments: one row more, where the leak is 0
            level = np.broadcast_to(self.mean_y, (*f.shape[:-2], f.shape[-1]))[..., None, :]
            f, g = np.concatenate([level, f], axis=-2), np.concatenate([0.0 * level, g], axis=-2)
        square = np.diagonal(self.syy, axis1=-2, axis2=-1) + (0.0 if intercept else self.mean_y**2)
        label = np.sqrt(np.maximum(square, 0.0))  # the variance of a certain class is 0 up to rounding
        slope, rest, _ = least_squares(f, g, ABSOLUTE, label)
        signed = inner(f, f @ slope) / np.maximum(inner(f, f), np.finfo(float).tiny)
        outside = gap @ self._null(intercept, given)
        image = label + (np.abs(weight) * self.unit2[..., :, None]).sum(axis=-2)  # unit of W'psi*
        parts = (
            np.maximum(signed, 0.0),
            np.maximum(-signed, 0.0),
            inner(rest, rest),
            inner(outside, outside),
            transpose(slope),
            residual_square(f + g, f, ABSOLUTE, image),
        )
        return SignedLeak(
            *(np.where(solved.reshape(solved.shape + (1,) * (p.ndim - solved.ndim)), p, np.nan) for p in parts)
        )

    def tau(self, intercept: bool = True, feature_class: FeatureClass = "linear", given: Given = "yz") -> Array:
        """Unlabelled pairs per label above which the rank-k pretext beats least squares on x1 (I15).

        tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1), both residual covariances of the class; a conjecture beyond jointly
        Gaussian laws and least squares. NaN where no W solves W'A_bar' = M, or where nothing of Y is left.
        """
        return self._tau_of(self.rows(feature_class, given), intercept, feature_class, given)

    @property
    def linear_noise(self) -> Array:
        """Risk of the best affine predictor of the label: `bayes_noise` + `class_floor`."""
        return self.bayes_noise + self.class_floor

    def _tau_of(self, rows: Rows, intercept: bool, feature_class: FeatureClass, given: Given) -> Array:
        weight, solved = self.readout(intercept, given)
        psi = rows.psi @ weight
        kept = np.maximum(inner(weight, self.s22 @ weight) - inner(psi, psi), 0.0)
        noise = self.linear_noise if feature_class == "linear" else self.bayes_noise
        valid = solved & (noise > FLAT * np.trace(self.syy, axis1=-2, axis2=-1))
        return np.where(valid, kept / np.where(valid, noise, 1.0), np.nan)
