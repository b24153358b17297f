"""Likelihood is not usefulness: models of one law of x whose codes tell anything between all and nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, inner, solve, transpose
from testbed.generators.checks import number, positive, whole
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, Population
from testbed.laws.quadrature import Estimate
from testbed.laws.table_population import TablePopulation
from testbed.models.base import Fitted
from testbed.models.discrete import Discrete, GaussianComponents, Table
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.normal import inverse

__all__ = ["blurred", "classes_of", "code_losses", "ignoring", "relabelled", "sampled_code_risk"]

UNIFORM = 1e-9  # largest distance of a prior from the uniform one


@dataclass(frozen=True, eq=False)
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
    """
    number("t", t, 0.0, 1.0)
    k = len(model.prior)
    if np.abs(model.prior - 1.0 / k).max() > UNIFORM:
        raise ValueError(f"prior = {model.prior}: it must be uniform for the likelihood not to depend on t")
    return _Relabelled(np.full(k, 1.0 / k), model, (1.0 - t) * np.eye(k) + t / k)


def ignoring(model: Discrete, states: int) -> Discrete:
    """Return a decoder strong enough to ignore z: p(x | z) = p(x) for each of `states` uniform states.

    The likelihood of the model is kept, and z is independent of x.
    """
    whole("states", states, 1)
    return _Relabelled(np.full(states, 1.0 / states), model, np.repeat(model.prior[:, None], states, axis=1))


def blurred(law: GaussianMixture, blur_var: float) -> GaussianComponents:
    """Equal usefulness, falling likelihood: states of the law, with a variance added where p(z|x) does not look.

    C' = C + blur_var v v' with v'C^{-1}(mu_s - mu_t) = 0 for all states and |v| = 1: p(z|x) does not change, and
    KL(p_D || p_theta) = (1/2) [log(1 + b) - b / (1 + b)], b = blur_var v'C^{-1}v, which rises without bound.

    Raises
    ------
    ValueError
        States that do not share a covariance, or whose means leave no direction: d1 >= number of states is needed.
    """
    positive("blur_var", blur_var)
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


def sampled_code_risk(model: Fitted, law: Law, rng: np.random.Generator | None = None, n: int = 20_000) -> Estimate:
    """Risk of reading the label from a code z **drawn** from p(z | x1): E|f* - E[Y|z]|^2.

    E[Y|z] = E[p(z|x1) f*(x1)] / E[p(z|x1)], under the law: what a table of means by z tends to.
    A sum over a finite support, closed form where law and model are Gaussian, otherwise an average over `n` draws of
    x1 with its standard error.

    Raises
    ------
    ValueError
        Another model whose codes are not finitely many, or no `rng` where one is needed.
    """
    truth = law.population()
    if isinstance(model, LinearGaussian) and isinstance(law, JointGaussian):
        return _gaussian_codes(model, truth)
    if not isinstance(model, Discrete):
        raise ValueError(
            f"{type(model).__name__} on a {type(law).__name__}: codes must be states, or both Gaussian; cut a "
            "continuous latent into cells first"
        )
    exact = isinstance(truth, TablePopulation)
    if isinstance(truth, TablePopulation):
        x1, weight = truth.points1, truth.p1
    elif rng is None:
        raise ValueError(f"rng = None: {type(law).__name__} needs draws of x1")
    else:
        x1, weight = law.sample(n, rng).x1, np.full(n, 1.0 / n)
    loss = code_losses(model.posterior(x1), truth.f_star(x1), weight)
    value = np.asarray(weight @ loss)
    return Estimate(value, np.zeros(()) if exact else np.asarray(loss.std(ddof=1) / np.sqrt(n)))


def _gaussian_codes(model: LinearGaussian, truth: Population) -> Estimate:
    """Tr Cov f* - tr C' (V'S11 V + Lambda^{-1})^{-1} C, with the code z = V'x1 + N(0, Lambda^{-1}) and C = V'S1y."""
    v, explained = model.psi.weight, inner(truth.s1y, truth.linear_f_star.weight)
    code = transpose(v) @ truth.s11 @ v + inverse(model.precision)
    cross = transpose(v) @ truth.s1y
    value = np.asarray(explained - inner(cross, solve(code, cross)))
    return Estimate(value, np.zeros(value.shape))


def code_losses(p: Array, f_star: Array, weight: Array) -> Array:
    """Mean of |f*(x) - E[Y|z]|^2 over codes drawn from p(z|x), for each of n points x of a given weight.

    p is (n, K), f* is (n, k), weights (n,) sum to 1.
    """
    mass = weight @ p
    mean = (p.T @ (weight[:, None] * f_star)) / np.where(mass > 0.0, mass, 1.0)[:, None]
    return np.asarray(np.sum(p * np.sum((f_star[:, None, :] - mean) ** 2, axis=-1), axis=-1))
