"""Standard errors of what a mixture computes by integrals over x1."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from testbed._linalg import Array
from testbed.laws.held import LEAK, error_name, jackknife
from testbed.laws.mixture_integrals import MixtureIntegrals
from testbed.laws.quadrature import SHIFTS
from testbed.laws.readouts import Given, Rows

__all__ = ["MixtureErrors"]

CLEAR_SIGN = 4.0  # standard errors beyond which the sign of a leak is known
GIVEN: tuple[Given, ...] = ("yz", "y")


class MixtureErrors(MixtureIntegrals):
    """Standard errors by name.

    Those of single integrals come with their value. Parts of the signed leak, the sharper bound and tau follow from one
    regression over all nodes: it is done again without each of the shifts of the nodes, which are independent, and the
    jackknife of these values is the error.
    """

    @abstractmethod
    def rows_without(self, shift: int, given: Given) -> Rows:
        """Rows of the universal class from the nodes of all shifts but one."""

    def _error_named(self, name: str) -> Array | None:
        """Standard error by its name in `se`; None where a quantity is in closed form for every mixture."""
        known: dict[str, Callable[[], Array]] = {
            "bayes_noise": lambda: self.bayes_noise,
            "class_floor": lambda: self.class_floor,
            "epsilon_ci_universal": lambda: self.epsilon_ci("universal", "yz"),
            "epsilon_ci_universal_y": lambda: self.epsilon_ci("universal", "y"),
            "approximation_error": lambda: self.approximation_error(self.psi_star),
            "approximation_error_no_intercept": lambda: self.approximation_error(self.psi_star, False),
        }
        if name in known:
            known[name]()
            return self.se[name]
        for intercept, given in product((True, False), GIVEN):
            if name == error_name("tau_linear", intercept, given):
                return self._error_of_linear_tau(intercept, given)
            if name == error_name("tau_universal", intercept, given):
                return self._error_of_tau(intercept, given)
            if name in {error_name(q, intercept, given) for q in (*LEAK, "sharper_bound")}:
                self.se |= self._errors_of_leak(intercept, given)
                return self.se[name]
        return None

    def _left_out(self, given: Given, parts: Callable[[Rows], Sequence[Array]]) -> list[Array]:
        """Errors of functions of the rows, by leaving out each shift of the nodes."""
        each = [parts(self.rows_without(shift, given)) for shift in range(SHIFTS)]
        with np.errstate(invalid="ignore"):  # a bound is infinite, and its error not defined, where no W solves
            return [np.where(self.certified, 0.0, jackknife(values)) for values in zip(*each, strict=True)]

    def _errors_of_leak(self, intercept: bool, given: Given) -> dict[str, Array]:
        """Errors of the parts of the leak, and of the sharper bound."""
        names = [error_name(q, intercept, given) for q in (*LEAK, "sharper_bound")]
        if np.all(self.certified):
            return dict.fromkeys(names, np.zeros(self.arrays.batch))

        def parts(rows: Rows) -> Sequence[Array]:
            leak = self._leak_of(rows, intercept, given)
            signed = leak.aligned - leak.anti_aligned
            return signed, signed, leak.harmful, leak.neutral, leak.predicted, self._sharper_of(rows, intercept, given)

        errors, leak = self._left_out(given, parts), self.signed_leak(intercept, "universal", given)
        for i, other in enumerate((leak.anti_aligned, leak.aligned)):
            errors[i] = np.where(other > CLEAR_SIGN * errors[i], 0.0, errors[i])  # this part is 0 without doubt
        return dict(zip(names, errors, strict=True))

    def _error_of_tau(self, intercept: bool, given: Given) -> Array:
        """Of tau over all functions: that of what x1 leaves of x2, and that of the Bayes noise, added."""
        if np.all(self.certified):
            return np.zeros(self.arrays.batch)
        (error,) = self._left_out(given, lambda rows: (self._tau_of(rows, intercept, "universal", given),))
        noise, tau = self.bayes_noise, self.tau(intercept, "universal", given)  # the noise is the same in all of them
        share = self.se["bayes_noise"] / np.where(noise > 0.0, noise, 1.0)
        return np.where(np.isfinite(tau), error + tau * share, np.nan)

    def _error_of_linear_tau(self, intercept: bool, given: Given) -> Array:
        """Of tau of the linear class: 0, but where what x1 leaves of the label is taken as a sum of integrals."""
        tau, noise = self.tau(intercept, "linear", given), self.linear_noise
        error = self.se["linear_noise"] / np.where(noise > 0.0, noise, 1.0)
        return np.where(np.isfinite(tau), tau * error, np.nan)
