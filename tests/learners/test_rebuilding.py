"""The network of auto-encoders: step by step that of scikit-learn, and when it stops."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from testbed.pretexts.rebuilding import PASSES, train

RNG = np.random.default_rng(0)
ROWS = np.tanh(RNG.standard_normal((430, 3)) @ RNG.standard_normal((3, 5))) + 0.3 * RNG.standard_normal((430, 5))
ROWS = (ROWS - ROWS.mean(axis=0)) / ROWS.std(axis=0)


@pytest.mark.parametrize(("n", "sizes", "stops"), [(430, (40, 2, 40), True), (130, (4, 2, 4), False), (7, (3,), False)])
def test_it_is_the_network_of_scikit_learn(n: int, sizes: tuple[int, ...], stops: bool) -> None:
    """Batches of 200 with a smaller last one, of all rows where there are fewer; to rounding of many steps."""
    seen, target = ROWS[:n], ROWS[:n, :4]
    theirs = MLPRegressor(hidden_layer_sizes=sizes, activation="tanh", random_state=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at most so many passes, converged or not
        theirs.fit(seen, target)
    assert (theirs.n_iter_ < PASSES) == stops
    layers = train(seen, target, sizes, 5)
    for (weight, offset), one, two in zip(layers, theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(weight, one, atol=1e-8)
        np.testing.assert_allclose(offset, two, atol=1e-8)


def test_weights_that_are_not_finite_are_refused() -> None:
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="weights of a network are not finite"):
        train(ROWS[:20], np.full((20, 1), np.inf), (2,), 0)
