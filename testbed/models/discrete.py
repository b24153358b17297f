"""Models with a latent of finitely many states: sum_z p(z) p(x | z), everything is a sum over the states."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.arguments import Seed, generator_of
from testbed.laws import Law
from testbed.laws.quadrature import Estimate
from testbed.models.base import Elbo, Fitted
from testbed.models.density import integrated_excess, log_components, table_excess
from testbed.models.inputs import checked

__all__ = ["Categorical", "Discrete", "GaussianComponents", "Table"]


@dataclass(frozen=True, eq=False, repr=False)
class Discrete(Fitted):
    """z takes states 0..K-1 with probabilities `prior`; x | z has the density of the state.

    Attributes
    ----------
    prior : (K,)
    """

    prior: Array

    @abstractmethod
    def log_states(self, x: Array) -> Array:
        """Log of p(x | z) of rows in nats, (n, d) -> (n, K)."""

    @property
    def discrete(self) -> bool:
        """Whether x takes values with probabilities, and not in a space with a density."""
        return True

    def log_likelihood(self, x: Array) -> Array:
        """Log-likelihood log sum_z p(z) p(x | z); minus infinity where no state has x."""
        from scipy.special import logsumexp

        return np.asarray(logsumexp(self.log_states(x) + _log(self.prior), axis=-1))

    def posterior(self, x: Array) -> Array:
        """p(z | x), (n, K).

        Raises
        ------
        ValueError
            A row that no state has: it has no posterior.
        """
        p = np.exp(self._log_posterior(x))
        return np.asarray(p / p.sum(axis=-1, keepdims=True))

    def _log_posterior(self, x: Array) -> Array:
        """Log p(z | x), finite where a probability underflows."""
        from scipy.special import log_softmax

        joint = self.log_states(x) + _log(self.prior)
        impossible = np.isneginf(joint.max(axis=-1))
        if np.any(impossible):
            row = int(np.argmax(impossible))
            raise ValueError(f"x: row {row} has probability 0 under every state, so it has no posterior")
        return np.asarray(log_softmax(joint, axis=-1))

    def sample_latent(self, x: Array, rng: Seed) -> Array:
        """Draw the number of a state from the posterior of each row, (n,)."""
        rng = generator_of(rng)
        cumulative = np.cumsum(self.posterior(x), axis=-1)
        place = rng.random((len(x), 1)) * cumulative[:, -1:] >= cumulative
        return np.asarray(np.sum(place, axis=-1))

    def elbo(self, x: Array, q: Array | None = None, rng: np.random.Generator | None = None) -> Elbo:
        """Evidence lower bound for any probabilities q (n, K), exact."""
        exact = self._log_posterior(x)
        q = np.exp(exact) if q is None else np.asarray(q, dtype=float)
        states, prior = self.log_states(x), _log(self.prior)
        entropy = -_expected(q, _log(q))
        gap = _expected(q, _log(q) - exact)
        return Elbo(
            self.log_likelihood(x),
            gap,
            _expected(q, states + prior),
            entropy,
            _expected(q, states),
            _expected(q, _log(q) - prior),
        )

    @property
    def psi(self) -> Callable[[Array], Array]:
        """The representation of x1: the posterior probabilities of the codes, (n, d1) -> (n, S)."""
        return self.posterior

    def excess_log_loss(self, law: Law, rng: np.random.Generator | None = None) -> Estimate:
        """KL(p_D || p_theta): a sum over a finite support, or an integral over Sobol points against a density.

        Raises
        ------
        ValueError
            A density for a law of finite support, or probabilities of values for a law with a density.
        """
        return (table_excess if self.discrete else integrated_excess)(law, self.log_likelihood)


@dataclass(frozen=True, eq=False, repr=False)
class GaussianComponents(Discrete):
    """x | z ~ N(mean_z, covariance_z).

    Attributes
    ----------
    prior : (K,)
    mean : (K, d)
    covariance : (K, d, d), or (d, d) shared by all states
    """

    mean: Array
    covariance: Array

    @property
    def discrete(self) -> bool:
        """False: x has a density."""
        return False

    def log_states(self, x: Array) -> Array:
        """Return log N(x; mean_z, covariance_z) of rows in nats, (n, d) -> (n, K)."""
        return log_components(checked(x, self.mean.shape[-1]), self.mean, self.covariance)


@dataclass(frozen=True, eq=False, repr=False)
class Categorical(Discrete):
    """The columns of x are independent categories given z.

    Attributes
    ----------
    prior : (K,)
    levels : one (L_j,) a column
        Values that column j takes, rising.
    tables : one (K, L_j) a column
        Their probabilities in each state.
    """

    levels: Sequence[Array]
    tables: Sequence[Array]

    def __post_init__(self) -> None:
        """Have levels and tables shown as shapes."""
        self._contain("levels", "tables")

    def log_states(self, x: Array) -> Array:
        """Sum over columns of log P(x_j | z); minus infinity for a value that the column does not take."""
        if np.ndim(x) != 2 or np.shape(x)[1] != len(self.levels):
            raise ValueError(f"x has shape {np.shape(x)}; rows of {len(self.levels)} columns are needed")
        total = np.zeros((len(x), len(self.prior)))
        for column, levels, table in zip(x.T, self.levels, self.tables, strict=True):
            place = np.minimum(np.searchsorted(levels, column), len(levels) - 1)
            total += np.where((levels[place] == column)[:, None], _log(table).T[place], -np.inf)
        return total


@dataclass(frozen=True, eq=False, repr=False)
class Table(Discrete):
    """x | z on the support of a law of finite support: one row of probabilities a state.

    Attributes
    ----------
    prior : (K,)
    locate : callable
        Place of each row of x among the points of the support.
    table : (K, s1)
    """

    locate: Callable[[Array], Array]
    table: Array

    def log_states(self, x: Array) -> Array:
        """Return log P(x | z) of rows in nats, (n, d) -> (n, K)."""
        return np.asarray(_log(self.table).T[self.locate(x)])


def _log(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p))


def _expected(q: Array, value: Array) -> Array:
    """Sum over states of q times a value that may be infinite where q is 0."""
    return np.asarray(np.sum(np.where(q > 0.0, q * np.where(q > 0.0, value, 0.0), 0.0), axis=-1))
