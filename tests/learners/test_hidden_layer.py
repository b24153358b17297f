"""The network of the testbed: step by step that of scikit-learn, and what it makes of few rows and of constants."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from testbed.generators import CleanMixture
from testbed.regressors import Network, Sklearn
from testbed.regressors import network as module
from testbed.regressors.network import Layers
from tests.statistics_ import z_limit

RNG = np.random.default_rng(0)
A = RNG.normal(size=(57, 4)) @ RNG.normal(size=(4, 4)) + 1.0
B = np.abs(A @ RNG.normal(size=(4, 3))) + RNG.normal(size=(57, 3)) - 2.0
NEW = RNG.normal(size=(7, 4))


def standard(x: np.ndarray) -> np.ndarray:
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def by_scikit_learn(network: Network, a: np.ndarray, b: np.ndarray, seed: int, patience: int) -> tuple[np.ndarray, int]:
    """Predictions at NEW by scikit-learn's gradients and its Adam, with our draws; and the passes that were made."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(a))
    rows, target = standard(a)[order], standard(b)[order]
    held = len(a) // 10
    theirs = MLPRegressor(hidden_layer_sizes=(network.hidden,), alpha=0.0, batch_size=network.batch, shuffle=False)
    theirs.partial_fit(rows[: network.batch], target[: network.batch])  # lays out its arrays
    for part in theirs.coefs_ + theirs.intercepts_:
        part[:] = 0.0
    theirs.coefs_[0][:] = rng.standard_normal((a.shape[1], network.hidden)) / np.sqrt(a.shape[1])
    theirs._optimizer = AdamOptimizer(theirs.coefs_ + theirs.intercepts_, network.learning_rate)
    best, found, last, done = np.inf, np.zeros(0), 0, 0
    for done in range(1, network.passes + 1):
        places = held + rng.permutation(len(a) - held)
        for i in range(0, len(places) // network.batch * network.batch, network.batch):
            theirs.partial_fit(rows[places[i : i + network.batch]], target[places[i : i + network.batch]])
        loss = np.mean((theirs.predict(rows[:held]) - target[:held]) ** 2)
        if loss < best:
            best, last = loss, done
            found = theirs.predict((NEW - a.mean(axis=0)) / a.std(axis=0)) * b.std(axis=0) + b.mean(axis=0)
        if done - last == patience:
            break
    return found, done


@pytest.mark.parametrize(("passes", "stops"), [(5, False), (300, True)])
def test_it_is_the_network_of_scikit_learn_step_by_step(passes: int, stops: bool) -> None:
    network = Network(6, 3e-2, 16, passes)
    theirs, done = by_scikit_learn(network, A, B, 3, module.PATIENCE)
    assert (done < passes) == stops
    np.testing.assert_allclose(network.fit_rows(A, B, np.random.default_rng(3))(NEW), theirs, atol=1e-8)


def test_its_slope_is_that_of_its_loss() -> None:
    rng = np.random.default_rng(1)
    layers = Layers.start(4, 5, 3, rng)
    layers.flat += 0.1 * rng.standard_normal(layers.flat.size)  # offsets that are not 0

    def loss(change: np.ndarray) -> float:
        other = Layers(layers.flat + change, *layers.shape)
        return 0.5 * float(np.mean(np.sum((B - other.read(other.units(A))) ** 2, axis=1)))

    steps = 1e-6 * np.eye(layers.flat.size)
    numeric = np.array([(loss(step) - loss(-step)) / 2e-6 for step in steps])
    np.testing.assert_allclose(layers.slope(A, B), numeric, atol=1e-6 * np.abs(numeric).max())


def test_its_risk_is_no_larger_than_that_of_scikit_learn() -> None:
    """Excess risk for x2 of the means of 12 fits to 600 pairs, up to chance; rate 1e-8."""
    law = CleanMixture(k=3, d1=6, d2=4, structure_seed=0).law()
    unseen = law.sample(2000, np.random.default_rng(99)).x1
    wanted = law.population().psi_star(unseen)
    theirs = Sklearn(MLPRegressor(hidden_layer_sizes=(32,), early_stopping=True, max_iter=300, learning_rate_init=1e-2))
    risks = np.zeros((2, 12))
    for seed in range(12):
        pairs = law.sample(600, np.random.default_rng(seed))
        for i, one in enumerate((Network(), theirs)):
            psi = one.fit_rows(pairs.x1, pairs.x2, np.random.default_rng(seed))
            risks[i, seed] = np.mean(np.sum((psi(unseen) - wanted) ** 2, axis=1))
    ours, level = risks[0].mean(), risks[1].mean()
    error = float(np.hypot(*(risks.std(axis=1, ddof=1) / np.sqrt(12.0))))
    assert ours < level + z_limit(1) * error
    assert ours < np.sum(wanted.var(axis=0))  # that of a constant


def test_its_stream_decides_it() -> None:
    first, again, other = (Network(4, passes=3).fit_rows(A, B, np.random.default_rng(s))(NEW) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_columns_that_are_constant_are_not_looked_at_and_predicted_as_they_are() -> None:
    constant = np.full((57, 1), 0.1)
    a, b = np.hstack([A, constant]), np.hstack([B, 1e6 * constant])
    found = Network(passes=5).fit_rows(a, b, np.random.default_rng(0))
    predicted = found(np.hstack([NEW, RNG.normal(size=(7, 1))]))
    assert np.array_equal(predicted, found(np.hstack([NEW, np.zeros((7, 1))])))
    assert np.ptp(predicted[:, -1]) == 0.0 and predicted[0, -1] == pytest.approx(1e5, rel=1e-12)
    assert predicted[:, :-1].std() > 0.0
    whole = Network(passes=5).fit_rows(np.ones((9, 2)), np.full((9, 1), 3.0), np.random.default_rng(0))
    assert np.array_equal(whole(NEW[:, :2]), np.full((7, 1), 3.0))


@pytest.mark.parametrize("n", [2, 3, 9, 10, 57])
@pytest.mark.parametrize("outputs", [1, 3])
def test_few_rows_and_one_output(n: int, outputs: int) -> None:
    predicted = Network().fit_rows(A[:n], B[:n, :outputs], np.random.default_rng(n))(NEW)
    assert predicted.shape == (7, outputs)
    assert np.isfinite(predicted).all()


def test_what_cannot_be_trained_says_so() -> None:
    with pytest.raises(ValueError, match=r"Network\(\) needs n >= 2, one row to fit and one held out; got n = 1"):
        Network().fit_rows(A[:1], B[:1], RNG)
    with pytest.raises(ValueError, match=r"training of Network\(learning_rate=1e\+200\) diverged: .* lower learning_"):
        Network(learning_rate=1e200).fit_rows(A, B, RNG)
    for bad in (np.nan, np.inf, 1e200):  # no matter of the learning rate; of 1e200 predictions were NaN
        rows = np.where(np.arange(57)[:, None] == 3, bad, 1.0) * A
        for a, b, name in ((rows, B, "a"), (A, rows, "b")):
            with pytest.raises(ValueError, match=rf"^{name} = .*: Network\(\) needs finite numbers"):
                Network().fit_rows(a, b, RNG)
    for name, bad in (("hidden", 0), ("learning_rate", 0.0), ("batch", 0), ("passes", 1.5)):
        with pytest.raises(ValueError, match=f"{name} = {bad}"):
            Network(**{name: bad})
