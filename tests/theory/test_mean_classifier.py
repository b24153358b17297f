"""The mean classifier: random laws and features, and the base of the logarithm."""

from __future__ import annotations

import numpy as np

from testbed.theory.mean_classifier import bits


def test_by_enumeration_and_on_random_laws() -> None:
    rng = np.random.default_rng(0)
    for trial in range(300):
        k, s = int(rng.integers(2, 4)), int(rng.integers(2, 5))
        share, given = rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(s), size=k)
        f = rng.standard_normal((s, 2)) * 10.0 ** rng.uniform(-3.0, 0.5)
        supervised, bound = bits(share, given, f)
        assert supervised <= bound + 1e-12
        if trial < 5:
            tau = np.sum(share**2)
            terms = [
                share[c] * given[c, x] * given[c, y] * share[d] * given[d, z]
                * np.log2(1 + np.exp(f[x] @ (f[z] - f[y])))
                for c in range(k) for d in range(k) for x in range(s) for y in range(s) for z in range(s)
            ]  # fmt: skip
            np.testing.assert_allclose(bound, (sum(terms) - tau) / (1.0 - tau), rtol=1e-12)


def test_features_of_no_size_attain_it_in_bits_only() -> None:
    """With f = 0 both sides are 1 bit; in nats the right side would be (log 2 - tau) / (1 - tau), below log 2."""
    share, given = np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]])
    supervised, bound = bits(share, given, np.zeros((2, 1)))
    np.testing.assert_allclose([supervised, bound], 1.0, rtol=1e-12)
    tau = 0.5
    assert (np.log(2.0) - tau) / (1.0 - tau) < np.log(2.0)
