"""What a drawn code tells of the label: usefulness of p(z|x), as against that of its parameters."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array, cholesky, inner, normalised_exp, solve, solve_lower, sum_of_last, transpose
from testbed.arguments import Seed, generator_of
from testbed.laws import GaussianMixture, JointGaussian, Law, Population
from testbed.laws.quadrature import SHIFTS, Estimate, average, gaussian_points, resolved
from testbed.laws.table_population import TablePopulation
from testbed.models.base import Fitted
from testbed.models.density import log_components
from testbed.models.discrete import Discrete
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.normal import Normal, inverse

__all__ = ["code_losses", "sampled_code_risk"]

DRAWS = 20_000  # of x1 over which codes with finitely many values are averaged
REFERENCE, EVALUATED = 5_000, 1_000  # draws of x1 that E[Y|z] is made of, and codes at which it is judged
LARGEST = 2**22  # numbers held at once
POINTS = 64  # around each state to start with


def sampled_code_risk(model: Fitted, law: Law, rng: Seed | None = None) -> Estimate:
    """Risk of reading the label from a code z **drawn** from p(z | x1): E|f* - E[Y|z]|^2.

    E[Y|z] = E[p(z|x1) f*(x1)] / E[p(z|x1)], under the law: the best that can be made of z.

    - Codes of finitely many values: a sum over a finite support of x1, otherwise an average over 20,000 draws of it.
    - A linear-Gaussian model on a `JointGaussian`: closed form. On a `GaussianMixture`: z is a mixture of Gaussians as
      well, E[Y|z] = sum_s p(s|z) E[Y|s], and the risk an integral over Sobol points around the states.
    - Other Gaussian codes (of a VAE those of its encoder): E[Y|z] from 5,000 draws of x1, judged at 1,000 others. It
      is somewhat too high, the more so the more latents there are and the narrower p(z|x) is; the standard error does
      not count that.

    Raises
    ------
    ValueError
        No `rng` where draws are needed.

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> from testbed.models import classes_of, sampled_code_risk
    >>> law = CleanFinite(structure_seed=0).law()
    >>> found = sampled_code_risk(classes_of(law), law)
    >>> f"{found.value:.4f}"
    '0.1652'
    """
    rng = None if rng is None else generator_of(rng)
    truth = law.population()
    if isinstance(model, LinearGaussian) and isinstance(law, JointGaussian):
        return _closed(LinearGaussian(model.mean, model.loading, model.noise_var), truth)
    if isinstance(model, LinearGaussian) and isinstance(law, GaussianMixture) and not law.batch:
        return _of_states(LinearGaussian(model.mean, model.loading, model.noise_var), law)
    if isinstance(model, Discrete) and isinstance(truth, TablePopulation):
        loss = code_losses(model.posterior(truth.points1), truth.f_table, truth.p1)
        return Estimate(np.asarray(truth.p1 @ loss), np.zeros(()))
    if rng is None:
        raise ValueError(
            f"rng = None: codes of {type(model).__name__} on a {type(law).__name__} are averaged over draws"
        )
    if isinstance(model, Discrete):
        x1 = law.sample(DRAWS, rng).x1
        loss = code_losses(model.posterior(x1), truth.f_star(x1), np.full(DRAWS, 1.0 / DRAWS))
    else:
        loss = _kernel_losses(model, law, truth, rng)
    return Estimate(np.asarray(loss.mean()), np.asarray(loss.std(ddof=1) / np.sqrt(len(loss))))


def code_losses(p: Array, f_star: Array, weight: Array) -> Array:
    """Mean of |f*(x) - E[Y|z]|^2 over codes drawn from p(z|x), for each of n points x of a given weight.

    p is (n, K), f* is (n, k), weights (n,) sum to 1.
    """
    mass = weight @ p
    mean = (p.T @ (weight[:, None] * f_star)) / np.where(mass > 0.0, mass, 1.0)[:, None]
    return np.asarray(np.sum(p * np.sum((f_star[:, None, :] - mean) ** 2, axis=-1), axis=-1))


def _closed(model: LinearGaussian, truth: Population) -> Estimate:
    """Explained variance of Y less tr C' (V'S11 V + Lambda^{-1})^{-1} C: z = V'x1 + N(0, Lambda^{-1}), C = V'S1y."""
    v, explained = model.psi.weight, inner(truth.s1y, truth.linear_f_star.weight)
    code = transpose(v) @ truth.s11 @ v + inverse(model.precision)
    cross = transpose(v) @ truth.s1y
    value = np.asarray(explained - inner(cross, solve(code, cross)))
    return Estimate(value, np.zeros(value.shape))


def _of_states(model: LinearGaussian, law: GaussianMixture) -> Estimate:
    """E|f* - EY|^2 less E|E[Y|z] - EY|^2: z | s ~ N(V'mu_s + c, V'C_s V + Lambda^{-1}) in state s of x1."""
    first, v = slice(0, law.d1), model.psi.weight
    mean = model.psi(law.mean[:, first])
    spread = transpose(v) @ law.covariance[..., first, first] @ v + inverse(model.precision)
    root, label = cholesky(np.broadcast_to(spread, (len(mean), *spread.shape[-2:]))), law.one_hot
    centre = law.probability @ label

    def told(points: int) -> Estimate:
        z = mean[:, None, None, :] + gaussian_points(mean, points, mean.shape[-1]) @ transpose(root)[:, None]
        logs = log_components(z.reshape(-1, mean.shape[-1]), mean, spread) + np.log(law.probability)
        known = normalised_exp(logs) @ label - centre
        return average(sum_of_last(known**2).reshape(z.shape[:-1]), law.probability)

    found = resolved(told, POINTS, LARGEST // (SHIFTS * mean.size))
    truth = law.population()
    most = truth.baseline_risk
    return Estimate(np.asarray(most - found.value), np.hypot(found.se, truth.se.get("bayes_noise", 0.0)))


def _kernel_losses(model: Fitted, law: Law, truth: Population, rng: np.random.Generator) -> Array:
    """|f*(x) - E[Y|z]|^2 at codes z drawn for some x, E[Y|z] averaged over others."""
    reference, evaluated = (law.sample(n, rng).x1 for n in (REFERENCE, EVALUATED))
    posterior, f = model.posterior(reference), truth.f_star(reference)
    z, target = model.sample_latent(evaluated, rng), truth.f_star(evaluated)
    size = max(1, LARGEST // (REFERENCE * z.shape[-1]))
    losses = [
        np.sum((target[i : i + size] - _share(z[i : i + size], posterior) @ f) ** 2, axis=-1)
        for i in range(0, len(z), size)
    ]
    return np.concatenate(losses)


def _share(z: Array, posterior: Normal) -> Array:
    """p(z_i | x_j) / sum_j p(z_i | x_j), (codes, rows)."""
    from scipy.special import softmax

    lower = cholesky(posterior.covariance)
    white = solve_lower(lower, transpose(z - posterior.mean[:, None, :]))  # (rows, q, codes)
    level = np.sum(np.log(np.diagonal(lower, axis1=-2, axis2=-1)), axis=-1)
    return np.asarray(softmax(-0.5 * np.sum(white**2, axis=-2).T - level, axis=-1))
