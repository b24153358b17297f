"""Shrunken canonical correlations and partial least squares, against the libraries that have them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSSVD
from sklearn.datasets import load_wine
from statsmodels.multivariate.cancorr import CanCorr

from testbed.data import LinearMap, Sample
from testbed.evaluation import subspace_sine
from testbed.laws import JointGaussian
from testbed.pretexts import CCA, RidgeCCA
from tests.laws.random_laws import gaussian

LAW = gaussian(np.random.default_rng(5), d1=6, d2=7, k=1, m=0)
WINE = load_wine().data
ONE, TWO = WINE[:, :6], WINE[:, 6:]
LABEL = np.zeros((len(WINE), 1))


def variates(task: RidgeCCA) -> tuple[np.ndarray, np.ndarray]:
    """First variate of either view: the task is fitted both ways round."""
    rng = np.random.default_rng(0)
    pair = [task.fit(Sample(a, b, LABEL), LAW, rng)(a)[:, 0] for a, b in ((ONE, TWO), (TWO, ONE))]
    return pair[0], pair[1]


@pytest.mark.parametrize(("shrinkage", "theirs"), [(0.1, 0.883), (0.5, 0.744), (0.9, 0.594)])
def test_wine_has_the_correlations_of_the_ridge_cca_of_cca_zoo(shrinkage: float, theirs: float) -> None:
    ours = abs(np.corrcoef(*variates(RidgeCCA(1, shrinkage)))[0, 1])
    assert ours == pytest.approx(theirs, abs=5e-4)  # their number is printed to three digits


def test_with_all_shrinkage_it_is_the_partial_least_squares_of_scikit_learn() -> None:
    theirs = PLSSVD(3, scale=False).fit(ONE, TWO).x_weights_
    ours = RidgeCCA(3).fit(Sample(ONE, TWO, LABEL), LAW, np.random.default_rng(0))
    assert isinstance(ours, LinearMap)
    assert np.abs(np.abs(ours.weight.T @ theirs) - np.eye(3)).max() < 1e-8


def test_canonical_correlations_are_those_of_statsmodels_and_of_the_law() -> None:
    sample = Sample(ONE, TWO, LABEL)
    assert CCA(6).correlations(sample) == pytest.approx(CanCorr(TWO, ONE).cancorr, abs=1e-9)
    chain = JointGaussian.from_correlations([0.3, 0.8], np.ones((1, 2)))
    assert CCA(2).correlations(chain) == pytest.approx([0.8, 0.3], abs=1e-12)
    with pytest.raises(ValueError, match="of draws needs the law"):
        CCA("k").correlations(sample)
    with pytest.raises(ValueError, match=r"needs n >= 14 pairs; got n = 13"):  # all correlations would be 1
        CCA(2).correlations(Sample(ONE[:13], TWO[:13], LABEL[:13]))


def test_with_little_shrinkage_it_is_cca() -> None:
    maps = [task.optimum(LAW) for task in (CCA(2), *(RidgeCCA(2, c) for c in (1e-3, 1e-6, 1e-9)))]
    weights = [psi.weight for psi in maps if isinstance(psi, LinearMap)]
    sines = [float(subspace_sine(weight, weights[0])) for weight in weights[1:]]
    assert sines[0] > sines[1] > sines[2]
    assert sines[2] < 1e-7
