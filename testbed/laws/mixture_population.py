"""The exact population of a Gaussian mixture."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares, own_unit, sum_of_last, upper
from testbed.data import Chain, LinearMap
from testbed.laws.checks import images
from testbed.laws.held import Errors
from testbed.laws.mixture_errors import MixtureErrors
from testbed.laws.mixture_integrals import NODES
from testbed.laws.population import ABSOLUTE, Given, Population, Rows, View, check_view
from testbed.laws.quadrature import SHIFTS, Estimate, average, gaussian_points
from testbed.laws.states import MixtureStates, seen_through

__all__ = ["MixturePopulation"]


class MixturePopulation(MixtureErrors):
    """Truth of a `GaussianMixture`.

    The linear class is closed form. Quantities of the universal class are averages over x1 of functions of the
    posterior P(s | x1): closed form where a pairwise union bound certifies that it is one-hot (`certified`), elsewhere
    integrals over randomly shifted Sobol points with their standard error in `se`. For a frozen structure the points of
    each integral are multiplied until its relative error is below 1e-3, or a bound on memory is met: then nodes are
    weighed by the density of all states together (see `balanced`), and `resolved` tells whether that was enough.
    `bayes_noise` is taken where states overlap; regressions on psi* use one set of 32,768 nodes, 4,096 if the structure
    is redrawn, and the errors of what follows from them (parts of the leak, tau) are a jackknife over the shifts.
    """

    def __init__(self, arrays: MixtureStates, redrawn: bool) -> None:
        super().__init__(arrays, redrawn)
        self.se = Errors(self._error_named)

    def f_star(self, x1: Array) -> Array:
        """P(Y | X1 = x1), (..., n, d1) -> (..., n, k)."""
        return np.asarray(self.posterior(x1) @ self.arrays.one_hot)

    def psi_star(self, x1: Array) -> Array:
        """E[X2 | X1 = x1] = sum_s P(s | x1) (mu2_s + C21_s C11_s^{-1} (x1 - mu1_s)), (..., n, d1) -> (..., n, d2)."""
        return self._without_rounding(self.posterior.mean2(x1))

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the label from "x1", "x2" or "both" (I11); its error is in `se`."""
        check_view(view)
        if view == "x1":
            return self.bayes_noise
        if view not in self._seen:
            self._seen[view] = MixturePopulation(seen_through(self.arrays, view), self.redrawn)
        risk = self._seen[view].bayes_noise
        self.se[f"bayes_risk_{view}"] = self._seen[view].se["bayes_noise"]
        return risk

    @cached_property
    def _seen(self) -> dict[View, Population]:
        return {}

    def mean_dependence(self, given: Given = "yz") -> Array:
        """Root mean square of E[X2 | X1, state] - E[X2 | state]; given Y alone, where there is Z, eps_CI."""
        self.means(given)
        if given == "y" and self.latent:
            return super().mean_dependence(given)
        root = self.posterior.state_root
        return np.broadcast_to(np.sqrt(inner(root, root)), self.arrays.batch)

    def _oracle_nodes(self, closed: bool, without: int | None = None) -> tuple[Array, Array, Array]:
        """Values of psi* - E X2 and of fbar, and rows of psi* that carry nothing of the state.

        One value a state where the posterior is one-hot (`closed`), elsewhere those at the nodes: at all, or at those
        that are left `without` a shift.
        """
        if closed:
            return self.centred2, np.eye(len(self.arrays.probability)), self.posterior.state_root
        kept = slice(None) if without is None else np.arange(SHIFTS) != without
        return (
            _rows(self._nodes.psi[..., kept, :, :]),
            _rows(self._nodes.fbar[..., kept, :, :]),
            self.posterior.rest_root,
        )

    def psi_star_root(self) -> Array:
        """Rows R with R'R = Cov psi*(X1), a square root of the covariance of the optimum."""
        psi, _, rest = self._oracle_nodes(bool(np.all(self.certified)))
        mass = self._mass(psi)
        centred = psi - np.sum(mass[:, None] * psi, axis=-2, keepdims=True)
        rest = np.broadcast_to(rest, (*psi.shape[:-2], *rest.shape[-2:]))
        return np.concatenate([np.sqrt(mass)[:, None] * centred, rest], axis=-2)

    @cached_property
    def _factor(self) -> tuple[Array, Array, Array, Array]:
        return self._factor_of(None, bool(np.all(self.certified)))

    def _factor_of(
        self, second: LinearMap | None, closed: bool, without: int | None = None
    ) -> tuple[Array, Array, Array, Array]:
        """Means of fbar and (an image of) psi* - E X2 over nodes, and rows whose products are their covariances."""
        psi, fbar, rest = self._oracle_nodes(closed, without)
        if second is not None:
            psi, rest = psi @ second.weight, rest @ second.weight
        mass, batch = self._mass(psi), psi.shape[:-2]
        fbar = np.broadcast_to(fbar, (*batch, *fbar.shape[-2:]))
        levels = [np.sum(mass[:, None] * v, axis=-2, keepdims=True) for v in (fbar, psi)]
        centred = [np.sqrt(mass)[:, None] * (v - level) for v, level in zip((fbar, psi), levels, strict=True)]
        states, d2 = fbar.shape[-1], psi.shape[-1]
        rows = np.zeros((*batch, centred[1].shape[-2] + rest.shape[-2], states + d2))
        seen = centred[1].shape[-2]
        rows[..., :seen, :states], rows[..., :seen, states:], rows[..., seen:, states:] = *centred, rest
        if not closed:
            rows = upper(rows)  # many nodes
        return levels[0], levels[1], rows[..., :states], rows[..., states:]

    def _universal_rows(self, given: Given) -> Rows:
        return self._rows_of(self._factor, given)

    def rows_without(self, shift: int, given: Given) -> Rows:
        """Rows of the universal class from the nodes of all shifts but one."""
        return self._rows_of(self._factor_of(None, False, shift), given)

    def _rows_of(self, factor: tuple[Array, Array, Array, Array], given: Given) -> Rows:
        _, _, fbar, psi = factor
        f = fbar @ self.arrays.one_hot
        return Rows(f, psi, psi - (f @ self.deviations("y") if given == "y" else fbar @ self.expected2(given)))

    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        """Regress f* on psi over nodes weighted by the root of their mass."""
        first, second = (psi.first, psi.second) if isinstance(psi, Chain) else (psi, None)
        if first == self.psi_star:
            return self._oracle_approximation(second, intercept)
        if self.arrays.batch:
            raise ValueError("a representation that is not linear is scored on one law: law[r].population()")
        x1 = self._points1(self._fewest(8 * NODES))
        mass, features, f = self._mass(x1), images(psi, x1), self.f_star(x1)
        size = np.sqrt(mass @ features**2)
        if intercept:
            features, f = features - mass @ features, f - mass @ f
        weight = np.sqrt(mass)[:, None]
        unit = own_unit(size, np.linalg.norm(weight * features, axis=0))
        _, residual, _ = least_squares(weight * features, weight * f, RELATIVE_CUTOFF, unit)
        return inner(residual, residual)

    def _points1(self, points: int) -> Array:
        """Values of x1 around each state, laid out state by state."""
        u = gaussian_points(self.mu1, points, self.arrays.d1)
        root = self.posterior.root if self.arrays.shared else self.posterior.root[:, None]
        return np.asarray((self.mu1[:, None, None, :] + u @ root).reshape(-1, self.arrays.d1))

    def _oracle_approximation(self, second: LinearMap | None, intercept: bool) -> Array:
        """Regress f* on (an image of) psi*: each structure by its own tier, whatever it is stacked with."""
        if second is None and intercept in self._oracle_known:
            return self._oracle_known[intercept]
        name = "approximation_error" if intercept else "approximation_error_no_intercept"
        tiers = [self._oracle_tier(second, intercept, closed) for closed in (True, False) if self._has(closed)]
        value, se = (
            tiers[0] if len(tiers) == 1 else (np.where(self.certified, *pair) for pair in zip(*tiers, strict=True))
        )
        if second is None:
            self.se[name] = se
            self._oracle_known[intercept] = value
        return value

    @cached_property
    def _oracle_known(self) -> dict[bool, Array]:
        return {}

    def _has(self, closed: bool) -> bool:
        return bool(np.any(self.certified == closed))

    def _oracle_tier(self, second: LinearMap | None, intercept: bool, closed: bool) -> Estimate:
        """e_apx in closed form, or over nodes: there the spread of the residual over their shifts is its error."""
        plain = second is None and self._has(closed) and not self._has(not closed)
        level_f, level, fbar, rows = self._factor if plain else self._factor_of(second, closed)
        unit, mean = self.unit2, self.mean2
        if second is not None:
            unit, mean = (unit[..., None, :] @ np.abs(second.weight))[..., 0, :], second(mean[..., None, :])[..., 0, :]
        if not intercept:
            level = level + mean[..., None, :]
            fbar, rows = np.concatenate([level_f, fbar], axis=-2), np.concatenate([level, rows], axis=-2)
        weight, residual, _ = least_squares(rows, fbar @ self.arrays.one_hot, ABSOLUTE, unit)
        if closed:
            return Estimate(inner(residual, residual), np.zeros(self.arrays.batch))
        psi, f = self._nodes.psi, self._nodes.fbar @ self.arrays.one_hot
        psi = psi if second is None else psi @ second.weight
        psi = psi if intercept else psi + mean[..., None, None, None, :]
        offset = (level_f @ self.arrays.one_hot - level @ weight) * float(intercept)
        rest = f - psi @ weight[..., None, None, :, :] - offset[..., None, None, :, :]
        return Estimate(inner(residual, residual), average(sum_of_last(rest**2), self.arrays.probability).se)

    def _mass(self, rows: Array) -> Array:
        """Mass of each node when nodes are laid out state by state."""
        each = rows.shape[-2] // len(self.arrays.probability)
        return np.repeat(self.arrays.probability / each, each)


def _rows(values: Array) -> Array:
    """Lay nodes (..., S, SHIFTS, points, d) out as rows, state by state."""
    return values.reshape(*values.shape[:-4], -1, values.shape[-1])
