"""Networks with a bottleneck: what they keep, and that their optimum is unknown."""

from __future__ import annotations

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.evaluation import score
from testbed.generators import Factors
from testbed.pretexts import (
    Autoencoder,
    DenoisingAutoencoder,
    Truncated,
)
from testbed.pretexts.base import Unknown
from testbed.regressors import OLS


def test_networks_with_a_bottleneck() -> None:
    """They keep the factors of a clean law, their optimum is unknown, and rows say so by an empty part."""
    law = Factors(r=2, d1=8, d2=4, noise_var_max=0.2, structure_seed=0).law()
    rng = np.random.default_rng(8)
    for task in (Autoencoder(2, (16,)), DenoisingAutoencoder("gaussian", 0.3, 2, (16,))):
        assert not task.linear
        assert isinstance(task.optimum(law), Unknown)
        assert isinstance(Truncated(task, 1).optimum(law), Unknown)
        psi = task.fit(law.sample(1500, rng), law, rng)
        assert psi(law.sample(5, rng).x1).shape == (5, 2)
        mine = score(law, psi, n_labeled=1000, rng=rng, repeats=3)["excess_risk"]
        assert mine < 0.5 * float(law.population().baseline_risk)
        with pytest.raises(TypeError, match="is fitted on rows"):
            task.fit([law.moments(100, rng)], law, rng)
    experiment = Experiment(
        "net", [law], [Autoencoder(2, (4,))], [OLS()], n_unlabeled=[300], n_labeled=[200], repeats=2
    )
    rows = testbed.run(experiment, progress=False)
    assert (rows["status"] == "ok").all(), rows["error"].tolist()
    assert rows["intrinsic"].isna().all() and rows["excess_risk"].notna().all()
