"""Likelihood is not usefulness: models of one law of x whose codes tell anything between all and nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, solve
from testbed.allowed import Real, Whole
from testbed.laws import Finite, GaussianMixture, Law
from testbed.models.discrete import Discrete, GaussianComponents, Table

__all__ = ["blurred", "classes_of", "ignoring", "relabelled"]

UNIFORM = 1e-9  # largest distance of a prior from the uniform one


@dataclass(frozen=True, eq=False, repr=False)
class _Relabelled(Discrete):
    """p(x | z) = sum_y T(y|z) p(x | y), over the states y of a base model.

    Attributes
    ----------
    prior : (K,)
    base : Discrete
    channel : (S, K)
        T, columns sum to 1.
    """

    base: Discrete
    channel: Array

    @property
    def discrete(self) -> bool:
        """As the base is."""
        return self.base.discrete

    def log_states(self, x: Array) -> Array:
        """Log of the mixture of the base's states that each state is."""
        from scipy.special import logsumexp

        states = self.base.log_states(x)
        return np.stack([logsumexp(states, b=column, axis=-1) for column in self.channel.T], axis=-1)


def classes_of(law: Law) -> Discrete:
    """Return the law of x1 as the model with z = y: p(x1) = sum_y p(y) p(x1 | y), of excess log-loss 0.

    Raises
    ------
    ValueError
        A law that is neither a `Finite` one nor a `GaussianMixture`, or one with leading axes.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import classes_of
    >>> law = CleanMixture(k=3, structure_seed=0).law()
    >>> classes_of(law).prior.round(4)
    array([0.3333, 0.3333, 0.3333])
    """
    if isinstance(law, Finite):
        truth = law.population()
        return Table(truth.mean_y, truth.locate, (truth.f_table * truth.p1[:, None]).T / truth.mean_y[:, None])
    if not isinstance(law, GaussianMixture) or law.batch:
        raise ValueError(f"{type(law).__name__}: a Finite law or one GaussianMixture without leading axes is needed")
    first = slice(0, law.d1)
    states = GaussianComponents(law.probability, law.mean[:, first], law.covariance[..., first, first])
    if law.shape[3] == 1:
        order = np.argsort(law.label)
        own = states.covariance[order] if states.covariance.ndim == 3 else states.covariance
        return GaussianComponents(states.prior[order], states.mean[order], own)
    prior = law.probability @ law.one_hot
    return _Relabelled(prior, states, law.probability[:, None] * law.one_hot / prior)


def relabelled(model: Discrete, t: float) -> Discrete:
    """Equal likelihood, falling usefulness: p(x|z) = sum_y T(y|z) p(x|y) with T = (1 - t) I + t 11'/K.

    With p(y) and p(z) uniform, p(x) is the same for every t, and a code drawn from p(z|x) tells the less of y the
    larger t is: nothing at t = 1. The **vector** p(z|x) is an invertible linear map of p(y|x) for every t < 1, so a
    linear probe on it loses nothing: usefulness is that of drawn codes (`sampled_code_risk`).

    Raises
    ------
    ValueError
        t outside [0, 1], or a prior that is not uniform.

    References
    ----------
    Huszar, "Is maximum likelihood useful for representation learning?", inference.vc, 2017.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import classes_of, relabelled
    >>> model = classes_of(CleanMixture(k=3, structure_seed=0).law())
    >>> rows = CleanMixture(k=3, structure_seed=0).law().sample(5, rng=0).x1
    >>> bool(abs(relabelled(model, 0.5).log_likelihood(rows) - model.log_likelihood(rows)).max() < 1e-9)
    True
    """
    Real(0.0, 1.0).check("t", t)
    k = len(model.prior)
    if np.abs(model.prior - 1.0 / k).max() > UNIFORM:
        raise ValueError(f"prior = {model.prior}: it must be uniform for the likelihood not to depend on t")
    return _Relabelled(np.full(k, 1.0 / k), model, (1.0 - t) * np.eye(k) + t / k)


def ignoring(model: Discrete, states: int) -> Discrete:
    """Return a decoder strong enough to ignore z: p(x | z) = p(x) for each of `states` uniform states.

    The likelihood of the model is kept, and z is independent of x.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import classes_of, ignoring
    >>> law = CleanMixture(k=3, structure_seed=0).law()
    >>> ignoring(classes_of(law), states=2).posterior(law.sample(1, rng=0).x1).round(9)
    array([[0.5, 0.5]])
    """
    Whole(1).check("states", states)
    return _Relabelled(np.full(states, 1.0 / states), model, np.repeat(model.prior[:, None], states, axis=1))


def blurred(law: GaussianMixture, blur_var: float) -> GaussianComponents:
    """Equal usefulness, falling likelihood: states of the law, with a variance added where p(z|x) does not look.

    C' = C + blur_var v v' with v'C^{-1}(mu_s - mu_t) = 0 for all states and |v| = 1: p(z|x) does not change, and
    KL(p_D || p_theta) = (1/2) [log(1 + b) - b / (1 + b)], b = blur_var v'C^{-1}v, which rises without bound.

    Raises
    ------
    ValueError
        States that do not share a covariance, or whose means leave no direction: d1 >= number of states is needed.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import blurred
    >>> blurred(CleanMixture(k=2, d1=6, d2=4, structure_seed=0).law(), blur_var=10.0)
    <GaussianComponents: prior (2,), mean (2, 6), covariance (6, 6)>
    """
    Real(above=0.0).check("blur_var", blur_var)
    if law.batch or not law.shared:
        raise ValueError("blurred needs one mixture whose states share a covariance, without leading axes")
    mean, c = law.mean[:, : law.d1], law.covariance[: law.d1, : law.d1]
    gaps = solve(c, (mean - mean[0]).T).T
    _, s, vt = np.linalg.svd(gaps, full_matrices=True)
    rank = int(np.sum(s > 1e-10 * max(float(s.max()), 1e-300)))
    if rank == law.d1:
        raise ValueError(f"the means of {len(mean)} states leave no direction of x1 (d1 = {law.d1}) to blur")
    v = vt[-1]
    return GaussianComponents(law.probability, mean, c + blur_var * np.outer(v, v))
