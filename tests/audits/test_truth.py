"""What an audit calls the leak in label units bounds what a linear read-out of psi* loses, on laws."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.audits.labels import labels_of
from testbed.audits.names import BETA, BOUND, EPSILON, LEAK
from testbed.audits.truth import truth_of
from testbed.generators import CleanGaussian, CleanMixture, DropLatent, LeeMixture

LAWS = [
    CleanMixture(d1=8, d2=5, rho=0.6, direction="generic", reads="generic", structure_seed=0),
    CleanMixture(k=2, d1=8, d2=6, rho=0.9, reads="means", sigma_min=0.5, structure_seed=1),
    CleanMixture(d1=8, d2=5, rho=0.3, priors=(0.7, 0.2, 0.1), x2_std=2.0, structure_seed=2),
    DropLatent(CleanMixture(k=2, m=2, d1=8, d2=5, structure_seed=3)),
    LeeMixture(k=4, d1=6, d2=5, alpha=0.4, scale=2.0, structure_seed=4),
    CleanGaussian(k=3, d1=6, d2=5, epsilon_ci=0.5, structure_seed=5),
]


@pytest.mark.parametrize("source", LAWS, ids=repr)
def test_the_leak_in_label_units_bounds_what_is_lost(source: object) -> None:
    """e_apx(linear psi*) - e_apx(x1) <= e_W^2 <= eps_CI^2 / beta^2 (I6), both sides exact."""
    law = source.law()  # type: ignore[attr-defined]
    p, sample = law.population(), law.sample(400, np.random.default_rng(0))
    known = truth_of(p, labels_of(sample.y, None, 1))
    lost = float(p.approximation_error(p.linear_psi_star)) - float(p.class_floor)
    reference = float(p.approximation_error(p.linear_f_star)) - float(p.class_floor)
    assert abs(reference) < 1e-9  # the affine class itself loses nothing above its floor
    assert -1e-9 <= lost <= known[LEAK] + 1e-9 <= known[BOUND] + 2e-9
    assert known[EPSILON] > 0.0 and known[BETA] > 0.0


def test_the_bound_is_no_empty_one() -> None:
    """On the first law a good part of the bound is lost; on the second, whose leak points along the label, nothing."""
    shares = []
    for source in LAWS[:2]:
        law = source.law()  # type: ignore[attr-defined]
        p, y = law.population(), law.sample(400, np.random.default_rng(0)).y
        lost = float(p.approximation_error(p.linear_psi_star)) - float(p.class_floor)
        shares.append(lost / truth_of(p, labels_of(y, None, 1))[LEAK])
    assert shares[0] > 0.1 and abs(shares[1]) < 1e-9, shares
