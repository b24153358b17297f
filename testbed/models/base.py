"""The base of all latent-variable models p(x, z): settings that are fitted, and what a fitted model computes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.data import LinearMap, Moments, Sample
from testbed.guards import Guarded
from testbed.keys import Dial
from testbed.laws import Law
from testbed.laws.quadrature import Estimate
from testbed.screens import Short, contained, short

__all__ = ["Data", "Elbo", "Fitted", "Model"]

Data = Array | Sample | Moments  # rows of x, (..., n, d), a sample or Moments, of which x1 alone is read


class Elbo(NamedTuple):
    """Evidence lower bound of each row for an approximate posterior q, in nats, with its parts: each (..., n).

    The three forms are equal for every q (Kingma and Welling 2014, section 2.2)::

        log p(x) - KL(q || p(z|x))  =  E_q log p(x, z) + H(q)  =  E_q log p(x|z) - KL(q || p(z))
        log_likelihood - gap           energy + entropy           reconstruction - rate

    log_likelihood and gap are None where the model cannot compute its likelihood.

    Examples
    --------
    >>> from testbed.generators import Factors
    >>> from testbed.models import ProbabilisticPCA
    >>> rows = Factors(structure_seed=0).law().sample(200, rng=0).x1
    >>> bool(abs(ProbabilisticPCA(2).fit(rows, 0).elbo(rows).gap).max() < 1e-9)
    True
    """

    log_likelihood: Array | None
    gap: Array | None
    energy: Array
    entropy: Array
    reconstruction: Array
    rate: Array

    def __repr__(self) -> str:
        return short(self)

    @property
    def value(self) -> Array:
        """E_q log p(x|z) - KL(q || p(z)), (..., n)."""
        return self.reconstruction - self.rate

    @property
    def forms(self) -> tuple[Array, ...]:
        """The bound in each form that is known: from the evidence, the energy, the reconstruction."""
        known: tuple[Array, ...] = (self.energy + self.entropy, self.value)
        if self.log_likelihood is not None and self.gap is not None:
            known = (self.log_likelihood - self.gap, *known)
        found: tuple[Array, ...] = contained(known)
        return found


class Model(Dial, Guarded, kind="model"):
    """Base of the latent-variable models of x, frozen dataclasses of settings; x is x1 alone, x2 is never looked at.

    Attributes
    ----------
    linear : bool
        Whether the posterior mean is affine in x and the fit depends on Moments of x1 only.

    Examples
    --------
    >>> from testbed.generators import Factors
    >>> from testbed.models import ProbabilisticPCA
    >>> rows = Factors(structure_seed=0).law().sample(200, rng=0).x1
    >>> ProbabilisticPCA(2).fit(rows, 0).log_likelihood(rows).shape
    (200,)
    """

    called: ClassVar[str] = "a model of testbed.models"
    linear: ClassVar[bool] = False

    @abstractmethod
    def fit(self, data: Data, rng: np.random.Generator) -> Fitted:
        """Fit to data; `rng` serves what is random in the learner itself."""

    def optimum(self, law: Law) -> Fitted | None:
        """Return the fit to infinitely many draws of the law; None where it is not computed."""
        return None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say where to look for what only a fitted model has, such as its likelihood."""
            hint = "" if name.startswith("_") else "; what is learnt is in what fit(draws, rng) returns"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {shown(name)}{hint}")


class Fitted(Short, Guarded, ABC, kind="fitted"):
    """A latent-variable model with its parameters, which may have leading axes, one model a repetition.

    Examples
    --------
    >>> from testbed.generators import Factors
    >>> from testbed.models import ProbabilisticPCA
    >>> rows = Factors(structure_seed=0).law().sample(200, rng=0).x1
    >>> ProbabilisticPCA(2).fit(rows, 0).psi(rows).shape    # the mean of the latents given x1
    (200, 2)
    """

    @abstractmethod
    def log_likelihood(self, x: Array) -> Array:
        """Log-likelihood log p(x) of rows in nats, (..., n, d) -> (..., n)."""

    @abstractmethod
    def posterior(self, x: Array) -> Any:
        """Return p(z | x) of rows: a `Normal`, or probabilities (..., n, states)."""

    @abstractmethod
    def sample_latent(self, x: Array, rng: np.random.Generator) -> Any:
        """Draw one z from p(z | x) for each row: (..., n, q), or the number of a state (..., n)."""

    @abstractmethod
    def elbo(self, x: Array, q: Any = None, rng: np.random.Generator | None = None) -> Elbo:
        """Evidence lower bound of rows with its parts; `q` is a posterior of their own, by default the model's."""

    @property
    @abstractmethod
    def psi(self) -> LinearMap | Callable[[Array], Array]:
        """The representation: posterior mean, or posterior probabilities."""

    @abstractmethod
    def excess_log_loss(self, law: Law, rng: np.random.Generator | None = None) -> Estimate:
        """KL(p_D || p_theta) = E log p_D(x1) - E log p_theta(x1) in nats, with its standard error (0 where exact)."""
