"""M6: the excess log-loss is KL(p_D || p_theta), exact for Gaussian and finite laws, else with an error; fits by EM."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture as SklearnMixture

from testbed.data import Sample
from testbed.generators import CleanMixture
from testbed.laws import Finite, GaussianMixture, JointGaussian
from testbed.models import FactorAnalysis, LatentClass, MixtureModel, Model, ProbabilisticPCA
from testbed.models.density import log_density
from testbed.models.linear_gaussian import LinearGaussian
from tests.laws.random_laws import gaussian
from tests.statistics_ import SHARE, z_limit

RNG = np.random.default_rng(0)


def classes(seed: int) -> Finite:
    """x1 has three categorical columns, independent given two classes; every value has a share of .04 in each."""
    rng = np.random.default_rng(seed)
    tables = [0.04 + (1.0 - 0.04 * s) * rng.dirichlet(np.full(s, 0.4), size=2) for s in (2, 3, 2)]
    points = np.stack(np.meshgrid(*[np.arange(float(t.shape[1])) for t in tables], indexing="ij"), -1).reshape(-1, 3)
    given = np.stack([np.prod([t[y][points[:, j].astype(int)] for j, t in enumerate(tables)], axis=0) for y in (0, 1)])
    joint = given * np.array([0.4, 0.6])[:, None]
    return Finite(joint[:, None, :, None] * np.full(2, 0.5), points, np.eye(2))


@pytest.mark.parametrize("seed", range(10))
def test_gaussian_against_gaussian(seed: int) -> None:
    """Closed form against an average over draws, and never below 0."""
    rng = np.random.default_rng(seed)
    law = gaussian(rng)
    model = LinearGaussian(0.3 * rng.normal(size=4), rng.normal(size=(4, 2)), rng.uniform(0.5, 1.0, size=4))
    found = model.excess_log_loss(law)
    assert found.se == 0.0 and found.value > 0.0
    x = law.sample(50_000, rng).x1
    ratio = log_density(law, x) - model.log_likelihood(x)
    assert abs(ratio.mean() - found.value) < z_limit(10) * ratio.std() / np.sqrt(len(x))


def test_stacks_of_gaussian_laws() -> None:
    stack = np.stack([gaussian(np.random.default_rng(seed)).covariance for seed in range(3)])
    law = JointGaussian(stack, 4, 3, 2, 1)
    found = ProbabilisticPCA(2).optimum(law).excess_log_loss(law).value
    alone = [ProbabilisticPCA(2).optimum(law[i]).excess_log_loss(law[i]).value for i in range(3)]
    np.testing.assert_allclose(found, alone, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shared", [True, False])
def test_gaussian_models_of_a_mixture(seed: int, shared: bool) -> None:
    """The integral over Sobol points against an average over draws, for models of both kinds."""
    rng = np.random.default_rng(seed)
    law = CleanMixture(k=3, d1=6, d2=4, separation=2.0, structure_seed=seed).law()
    if not shared:
        scale = np.array([0.5, 1.0, 2.0])[:, None, None]
        law = GaussianMixture(law.probability, law.mean, scale * law.covariance, 6)
    x = law.sample(50_000, rng).x1
    for fitted in (FactorAnalysis(2).optimum(law), MixtureModel(2, restarts=2).fit(x[:500], rng)):
        found = fitted.excess_log_loss(law)
        ratio = log_density(law, x) - fitted.log_likelihood(x)
        error = np.hypot(ratio.std() / np.sqrt(len(x)), found.se)
        assert abs(ratio.mean() - found.value) < z_limit(20) * error
        assert found.value > 0.0


def test_the_optimum_of_a_mixture_is_the_law() -> None:
    law = CleanMixture(k=3, d1=6, d2=4, structure_seed=0).law()
    for covariance in ("full", "tied"):
        found = MixtureModel(3, covariance).optimum(law)  # type: ignore[arg-type]
        assert found is not None and abs(float(found.excess_log_loss(law).value)) < 1e-12
        np.testing.assert_allclose(found.posterior(law.mean[:, :6]), law.population().posterior(law.mean[:, :6]))
    assert MixtureModel(4).optimum(law) is None
    assert MixtureModel(3, "diag").optimum(law) is None


def test_mixtures_are_those_of_scikit_learn() -> None:
    x = np.random.default_rng(0).normal(size=(400, 3)) + 4.0 * np.eye(3)[np.arange(400) % 3]
    for covariance in ("full", "tied", "diag", "spherical"):
        fitted = MixtureModel(3, covariance).fit(x, np.random.default_rng(5))  # type: ignore[arg-type]
        seed = int(np.random.default_rng(5).integers(2**31))
        scale = np.full(x.shape[1], np.sqrt(x.var(axis=0).mean())) if covariance == "spherical" else x.std(axis=0)
        own = (x - x.mean(axis=0)) / scale
        other = SklearnMixture(3, covariance_type=covariance, max_iter=1000, random_state=seed).fit(own)
        np.testing.assert_allclose(fitted.log_likelihood(x), other.score_samples(own) - np.log(scale).sum())
        np.testing.assert_allclose(fitted.posterior(x), other.predict_proba(own), atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_latent_classes_of_a_law_that_has_them(seed: int) -> None:
    law = classes(seed)
    optimum = LatentClass(2, restarts=3).optimum(law)
    assert optimum is not None
    excess = float(optimum.excess_log_loss(law).value)
    assert -1e-12 < excess < 1e-4
    one = LatentClass(1).optimum(law)
    assert one is not None and float(one.excess_log_loss(law).value) > excess
    fitted = LatentClass(2, restarts=2).fit(law.sample(5000, np.random.default_rng(seed)), np.random.default_rng(seed))
    loss = float(fitted.excess_log_loss(law).value)
    # 2 n KL is about chi-square with at most 9 degrees of freedom: no zero in the law, so none in the fit
    assert -1e-12 < loss < 0.5 * float(chi2.isf(SHARE, 9)) * 1.5 / 5000


def test_weights_are_multiplicities() -> None:
    law = classes(1)
    sample = law.sample(300, np.random.default_rng(0), weighted=True)
    assert sample.weight is not None
    times = sample.weight.astype(int)
    rows = Sample(*(np.repeat(v, times, axis=0) for v in (sample.x1, sample.x2, sample.y)))
    one, two = (LatentClass(2).fit(data, np.random.default_rng(3)) for data in (sample, rows))
    np.testing.assert_allclose(one.log_likelihood(sample.x1), two.log_likelihood(sample.x1), atol=1e-9)


def test_values_that_no_state_has() -> None:
    law = classes(2)
    fitted = LatentClass(2).fit(law.sample(200, np.random.default_rng(0)), RNG)
    strange = np.array([[9.0, 0.0, 0.0]])
    assert fitted.log_likelihood(strange)[0] == -np.inf
    with pytest.raises(ValueError, match="row 0 has probability 0 under every state"):
        fitted.posterior(strange)


def test_likelihoods_that_do_not_exist() -> None:
    finite, mixture = classes(0), CleanMixture(k=2, d1=4, d2=3, structure_seed=0).law()
    with pytest.raises(ValueError, match="Finite: x1 has a finite support"):
        ProbabilisticPCA(1).optimum(finite).excess_log_loss(finite)
    fitted = LatentClass(2).fit(finite.sample(100, np.random.default_rng(0)), RNG)
    with pytest.raises(ValueError, match="GaussianMixture: x1 has a density"):
        fitted.excess_log_loss(mixture)
    assert LatentClass(2).optimum(mixture) is None


def test_bad_rows() -> None:
    x = np.random.default_rng(0).normal(size=(10, 3))
    with pytest.raises(ValueError, match=r"columns \[1\] are constant"):
        MixtureModel(2).fit(x * [1.0, 0.0, 1.0], RNG)
    with pytest.raises(ValueError, match="needs n >= 11 rows; got n = 10"):
        MixtureModel(11).fit(x, RNG)
    with pytest.raises(ValueError, match="NaN"):
        LatentClass(2).fit(np.full((4, 2), np.nan), RNG)
    with pytest.raises(ValueError, match="column 0 takes more than 256 values"):
        LatentClass(2).fit(np.random.default_rng(0).normal(size=(300, 2)), RNG)
    with pytest.raises(TypeError, match="fitted on rows, not on Moments"):
        MixtureModel(2).fit(CleanMixture(structure_seed=0).law().moments(50, RNG), RNG)
    weighted = Sample(x, x, x, weight=np.ones(10))
    with pytest.raises(ValueError, match="takes no weights"):
        MixtureModel(2).fit(weighted, RNG)


@pytest.mark.parametrize("model", [ProbabilisticPCA(2), MixtureModel(2)], ids=repr)
@pytest.mark.parametrize("asked", ["log_likelihood", "posterior"])
def test_rows_that_a_fitted_model_has_no_answer_for(model: Model, asked: str) -> None:
    x = np.random.default_rng(0).normal(size=(40, 4))
    answer = getattr(model.fit(x, np.random.default_rng(0)), asked)
    with pytest.raises(ValueError, match=r"x has shape \(40, 3\); rows \(n, 4\) are needed"):
        answer(x[:, :3])
    with pytest.raises(ValueError, match=r"x has shape \(4,\); rows \(n, 4\) are needed"):
        answer(x[0])
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="x holds 1 values that are NaN or infinite"):
        answer(x)


def test_a_law_of_other_columns() -> None:
    fitted = ProbabilisticPCA(2).fit(np.random.default_rng(0).normal(size=(40, 4)), RNG)
    with pytest.raises(ValueError, match=r"rows \(n, 4\) are needed"):
        fitted.excess_log_loss(CleanMixture(k=2, d1=6, d2=3, structure_seed=0).law())
    with pytest.raises(ValueError, match="x1 has 6 columns under the law, and 4 in the model"):
        fitted.excess_log_loss(gaussian(np.random.default_rng(0), d1=6))


@pytest.mark.parametrize("unit", [1e-8, 1e-3, 1.0, 1e6])
def test_a_mixture_has_one_likelihood_in_all_units(unit: float) -> None:
    """The floor of variances is a share of the data's own: iris in kilometres has the fit of iris in millimetres."""
    x = load_iris().data * unit
    level = MixtureModel(3).fit(x, np.random.default_rng(0)).log_likelihood(x).mean() + 4.0 * np.log(unit)
    assert level == pytest.approx(-1.2013, abs=5e-5)


@pytest.mark.parametrize("name", ["excess_log_loss", "log_likelihood", "posterior", "psi", "elbo"])
def test_a_model_that_is_not_fitted_says_where_what_is_learnt_is(name: str) -> None:
    for model in (MixtureModel(2), ProbabilisticPCA(1), LatentClass(2), FactorAnalysis(1)):
        with pytest.raises(AttributeError, match=rf"no attribute '{name}'; what is learnt is in what fit\("):
            getattr(model, name)
    with pytest.raises(AttributeError, match=r"no attribute '_hidden'$"):
        getattr(MixtureModel(2), "_hidden")  # noqa: B009
