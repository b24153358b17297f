"""Standard errors of what a mixture computes by integrals over x1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from testbed._linalg import Array
from testbed.laws.conditional import Given, Rows
from testbed.laws.errors import LEAK, error_name, jackknife
from testbed.laws.quadrature import SHIFTS

if TYPE_CHECKING:
    from testbed.laws.mixture_population import MixturePopulation

__all__ = ["error_of_mixture"]

CLEAR_SIGN = 4.0  # standard errors beyond which the sign of a leak is known
GIVEN: tuple[Given, ...] = ("yz", "y")


def error_of_mixture(truth: MixturePopulation, name: str) -> Array | None:
    """Standard error by its name in `se`; None where a quantity is in closed form for every mixture.

    Those of single integrals come with their value. Parts of the signed leak, the sharper bound and tau follow from one
    regression over all nodes: it is done again without each of the shifts of the nodes, which are independent, and the
    jackknife of these values is the error.
    """
    known: dict[str, Callable[[], Array]] = {
        "bayes_noise": lambda: truth.bayes_noise,
        "class_floor": lambda: truth.class_floor,
        "epsilon_ci_universal": lambda: truth.epsilon_ci("universal", "yz"),
        "epsilon_ci_universal_y": lambda: truth.epsilon_ci("universal", "y"),
        "approximation_error": lambda: truth.approximation_error(truth.psi_star),
        "approximation_error_no_intercept": lambda: truth.approximation_error(truth.psi_star, False),
    }
    if name in known:
        known[name]()
        return truth.se[name]
    for intercept, given in product((True, False), GIVEN):
        if name == error_name("tau_linear", intercept, given):
            return _tau_linear(truth, intercept, given)
        if name == error_name("tau_universal", intercept, given):
            return _tau_universal(truth, intercept, given)
        if name in {error_name(q, intercept, given) for q in (*LEAK, "sharper_bound")}:
            truth.se |= _leak(truth, intercept, given)
            return truth.se[name]
    return None


def _left_out(truth: MixturePopulation, given: Given, parts: Callable[[Rows], Sequence[Array]]) -> list[Array]:
    """Errors of functions of the rows, by leaving out each shift of the nodes."""
    each = [parts(truth.rows_without(shift, given)) for shift in range(SHIFTS)]
    with np.errstate(invalid="ignore"):  # a bound is infinite, and its error not defined, where no W solves
        return [np.where(truth.certified, 0.0, jackknife(values)) for values in zip(*each, strict=True)]


def _leak(truth: MixturePopulation, intercept: bool, given: Given) -> dict[str, Array]:
    """Errors of the parts of the leak, and of the sharper bound."""
    names = [error_name(q, intercept, given) for q in (*LEAK, "sharper_bound")]
    if np.all(truth.certified):
        return dict.fromkeys(names, np.zeros(truth.law.batch))

    def parts(rows: Rows) -> Sequence[Array]:
        leak = truth._leak_of(rows, intercept, given)
        signed = leak.aligned - leak.anti_aligned
        return signed, signed, leak.harmful, leak.neutral, leak.predicted, truth._sharper_of(rows, intercept, given)

    errors, leak = _left_out(truth, given, parts), truth.signed_leak(intercept, "universal", given)
    for i, other in enumerate((leak.anti_aligned, leak.aligned)):
        errors[i] = np.where(other > CLEAR_SIGN * errors[i], 0.0, errors[i])  # this part is 0 without doubt
    return dict(zip(names, errors, strict=True))


def _tau_universal(truth: MixturePopulation, intercept: bool, given: Given) -> Array:
    """Of tau over all functions: that of what x1 leaves of x2, and that of the Bayes noise, added."""
    if np.all(truth.certified):
        return np.zeros(truth.law.batch)
    (error,) = _left_out(truth, given, lambda rows: (truth._tau_of(rows, intercept, "universal", given),))
    noise, tau = truth.bayes_noise, truth.tau(intercept, "universal", given)  # the noise is the same in all of them
    share = truth.se["bayes_noise"] / np.where(noise > 0.0, noise, 1.0)
    return np.where(np.isfinite(tau), error + tau * share, np.nan)


def _tau_linear(truth: MixturePopulation, intercept: bool, given: Given) -> Array:
    """Of tau of the linear class: 0, but where what x1 leaves of the label is taken as a sum of integrals."""
    tau, noise = truth.tau(intercept, "linear", given), truth.linear_noise
    error = truth.se["linear_noise"] / np.where(noise > 0.0, noise, 1.0)
    return np.where(np.isfinite(tau), tau * error, np.nan)
