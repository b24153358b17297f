"""Tasks that two networks learn: refusals, and (with jax) learnt encoders beside the optimum."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import testbed
from testbed import Experiment, things
from testbed.cli import main
from testbed.evaluation import run_cells
from testbed.generators import CleanMixture, ExchangeableViews, RandomSign
from testbed.laws import Finite, Law
from testbed.pretexts import Autoencoder, Contrastive, ContrastiveNetwork, DeepCCA, Pretext, Raw
from testbed.regressors import OLS
from tests.learners.test_pair_tasks import positive, spectral_loss, symmetric

CLEAN = CleanMixture(k=3, d1=6, d2=4, separation=2.0, sigma_min=1.5, structure_seed=0)
QUICK: dict[str, Any] = {"hidden": (16,), "steps": 100}


def test_batches_of_too_few_rows_are_refused() -> None:
    law, rng = CLEAN.law(), np.random.default_rng(0)
    with pytest.raises(ValueError, match="needs batches of at least 6 rows; got 5"):
        DeepCCA(2).fit(law.sample(5, rng), law, rng)
    with pytest.raises(TypeError, match="is fitted on rows"):
        DeepCCA(2).fit([law.moments(100, rng)], law, rng)


def experiment(law: Law, *tasks: Pretext) -> Experiment:
    return Experiment("two", [law], list(tasks), [OLS()], n_unlabeled=[300], n_labeled=[200], repeats=2)


def test_without_jax_a_run_is_refused_with_the_line_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is computed; a row that is asked for all the same fails with its own line."""
    monkeypatch.setitem(sys.modules, "jax", None)
    unusual = {"hidden": (7, 3), "steps": 1}  # no other test has compiled it
    tasks = ContrastiveNetwork("infonce", 2, **unusual), DeepCCA(2, **unusual)  # type: ignore[arg-type]
    for task in tasks:
        with pytest.raises(
            ValueError, match=rf"{type(task).__name__} needs jax( and optax)?: pip install 'testbed\[neural\]'"
        ):
            testbed.run(experiment(CLEAN.law(), task, Raw()), progress=False)
    for task in tasks:
        (row,) = run_cells(experiment(CLEAN.law(), task).cells()[:1], 0, range(1))
        name = type(task).__name__
        assert row["error"] == (
            f"ImportError: {name} is trained by jax and optax, which are not installed: pip install 'testbed[neural]'"
        )


def test_without_jax_they_are_listed_as_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "unavailable without {}: pip install 'testbed[neural]'"
    for absent, words in ((["jax", "optax"], "jax and optax"), (["optax"], "optax"), ([], None)):
        monkeypatch.setattr(things, "find_spec", lambda name, absent=absent: None if name in absent else object())
        shown = CliRunner().invoke(main, ["list"]).output
        assert shown.count("unavailable") == (0 if words is None else 3)
        for name in ("VAE(", "ContrastiveNetwork(", "DeepCCA("):
            after = shown.partition(f"\n  {name}")[2].splitlines()
            assert (after[2].strip() == line.format(words)) is bool(words)


@pytest.fixture
def jax() -> None:
    pytest.importorskip("jax")
    pytest.importorskip("optax")


def gap(law: Finite, task: ContrastiveNetwork, n: int, seed: int) -> float:
    """Spectral loss of learnt encoders under the law, by its table, above the floor of all functions."""
    truth, rng = law.population(), np.random.default_rng([n, seed])
    f, g = task.encoders(law.sample(n, rng), law, rng)
    best = -float(np.sum(truth.operator[1][: int(task.rank)] ** 2))
    return spectral_loss(truth.p12, f(truth.points1), g(truth.points2)) - best


@pytest.mark.usefixtures("jax")
def test_learnt_networks_do_not_beat_the_spectral_optimum_and_approach_it() -> None:
    """The gap is never below 0, and falls as n^-1 over two decades.

    A gap of one seed varies by a factor of e^0.5 or so: over 4 seeds at either end that is 0.25 2^0.5 / log 100 = 0.08.
    (Sizes between the ends would not count: the middle of three that are equally far apart has no weight in a slope.)
    It stops falling once the fixed number of steps no longer sees each row several times; 3,000 batches of 256 are more
    than seven passes over the largest n.
    """
    law = positive(np.random.default_rng(0))
    task = ContrastiveNetwork("spectral", 3, hidden=(32,), steps=3000)
    sizes = [10**3, 10**5]
    gaps = np.array([[gap(law, task, n, seed) for seed in range(4)] for n in sizes])
    assert np.all(gaps > 0.0)
    assert gaps[-1].max() < 0.01 * np.sum(law.population().operator[1][:3] ** 2)
    slope = np.polyfit(np.log(sizes), np.log(gaps.mean(axis=1)), 1)[0]
    assert abs(slope + 1.0) < 0.35, slope


def total_correlation(p12: np.ndarray, f: np.ndarray, g: np.ndarray) -> float:
    """Sum of the canonical correlations of tables of two views."""
    p1, p2 = p12.sum(axis=1), p12.sum(axis=0)
    f, g = f - p1 @ f, g - p2 @ g
    one, two = (np.linalg.qr(np.sqrt(p)[:, None] * v)[0] for p, v in ((p1, f), (p2, g)))
    operator = p12 / np.sqrt(np.outer(p1, p2))
    return float(np.linalg.svd(one.T @ operator @ two, compute_uv=False).sum())


@pytest.mark.usefixtures("jax")
def test_learnt_correlations_do_not_exceed_those_of_the_law_and_approach_them() -> None:
    law = positive(np.random.default_rng(0))
    truth, rest = law.population(), []
    best = float(truth.operator[1][1:3].sum())
    for n in (10**3, 10**5):
        rng = np.random.default_rng(n)
        f, g = DeepCCA(2, hidden=(32,)).encoders(law.sample(n, rng), law, rng)
        rest.append(best - total_correlation(truth.p12, f(truth.points1), g(truth.points2)))
    assert 0.0 < rest[1] < 0.25 * rest[0] and rest[1] < 0.01 * best


@pytest.mark.usefixtures("jax")
@pytest.mark.parametrize("loss", ["logistic", "infonce"])
def test_scores_approach_the_log_ratio(loss: Any) -> None:
    """With an output for each x2, up to a function of the anchor for InfoNCE; the logistic loss is not beaten."""
    law = positive(np.random.default_rng(0))
    truth = law.population()
    target = Contrastive(loss).optimum(law)(truth.points1)
    weight = np.outer(truth.p1, truth.p2)
    error = []
    for n in (10**3, 10**5):
        rng = np.random.default_rng(n)
        f, g = ContrastiveNetwork(loss, 5, hidden=(32,)).encoders(law.sample(n, rng), law, rng)
        score = f(truth.points1) @ g(truth.points2).T
        if loss == "infonce":
            score = score - (score @ truth.p2)[:, None]
        else:
            losses = [np.sum(truth.p12 * np.logaddexp(0, -t) + weight * np.logaddexp(0, t)) for t in (score, target)]
            assert losses[0] > losses[1]
        error.append(float(np.sum(weight * (score - target) ** 2)))
    assert error[1] < 0.3 * error[0]
    assert error[1] < 0.1 * float(np.sum(weight * target**2))


@pytest.mark.usefixtures("jax")
def test_nonlinear_tasks_keep_what_a_random_sign_takes_from_regression() -> None:
    law, rng = RandomSign(CLEAN).law(), np.random.default_rng(2)
    truth, rows = law.population(), law.sample(20_000, rng)
    for task in (ContrastiveNetwork("spectral", "k", hidden=(32,)), DeepCCA("k-1", hidden=(32,))):
        left = float(truth.approximation_error(task.fit(rows, law, rng)))
        assert left < 0.25 * float(truth.approximation_error(truth.psi_star))


@pytest.mark.usefixtures("jax")
def test_one_encoder_is_one() -> None:
    law, rng = ExchangeableViews(k=3, d=4, structure_seed=0).law(), np.random.default_rng(3)
    f, g = ContrastiveNetwork("spectral", 3, shared=True, **QUICK).encoders(law.sample(500, rng), law, rng)
    rows = law.sample(9, rng).x1
    np.testing.assert_array_equal(f(rows), g(rows))
    table = symmetric(np.random.default_rng(1))
    task = ContrastiveNetwork("spectral", 2, hidden=(32,), shared=True)
    assert 0.0 < gap(table, task, 20_000, 0) < 0.05


@pytest.mark.usefixtures("jax")
def test_training_is_decided_by_the_seed() -> None:
    """And not by what was trained before, nor by the number of steps of a call that is filled up."""
    law = CLEAN.law()
    rows = law.sample(400, np.random.default_rng(0))
    for task in (ContrastiveNetwork("infonce", 2, **QUICK), DeepCCA(2, hidden=(16,), steps=130)):
        one, again, other = (task.fit(rows, law, np.random.default_rng(s))(rows.x1) for s in (1, 1, 2))
        np.testing.assert_array_equal(one, again)
        assert np.abs(one - other).max() > 1e-3
        assert one.shape == (400, 2) and one.dtype == float


@pytest.mark.usefixtures("jax")
def test_training_that_diverges_is_an_error() -> None:
    law, rng = CLEAN.law(), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"training of ContrastiveNetwork\(.*diverged.*lower learning_rate"):
        ContrastiveNetwork("spectral", 2, hidden=(16,), learning_rate=1e18).fit(law.sample(300, rng), law, rng)


@pytest.mark.usefixtures("jax")
def test_in_a_study_the_known_parts_are_filled() -> None:
    law = CLEAN.law()
    tasks = ContrastiveNetwork("spectral", 3, **QUICK), ContrastiveNetwork("infonce", 3, **QUICK), DeepCCA(2, **QUICK)
    rows = testbed.run(experiment(law, *tasks, Autoencoder(2, (4,))), progress=False).set_index("pretext")
    assert (rows["status"] == "ok").all(), rows["error"].tolist()
    for task, known in zip(tasks, (True, False, True), strict=True):
        assert rows.loc[repr(task), "intrinsic"].notna().all() == known
        assert rows.loc[repr(task), "estimation"].notna().all()
    parts = rows.loc[repr(tasks[0]), ["intrinsic", "pretext_part", "estimation"]].astype(float).sum(axis=1)
    np.testing.assert_allclose(parts, rows.loc[repr(tasks[0]), "excess_risk"].astype(float), atol=1e-12)
