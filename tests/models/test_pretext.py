"""Models as pretexts: in a sweep, on Moments and on rows, with the optimum where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import testbed
from testbed import Experiment
from testbed.generators import CleanMixture, LowVarianceLabel
from testbed.laws import Law
from testbed.models import FactorAnalysis, LatentClass, LinearVAE, MixtureModel, ProbabilisticPCA
from testbed.pretexts import Posterior, Pretext, Raw, Truncated
from testbed.regressors import OLS
from tests.models.test_relabelling import finite


def table(law: Any, pretexts: list[Pretext], **settings: Any) -> pd.DataFrame:
    given: dict[str, Any] = {"n_unlabeled": [400], "n_labeled": [60], "repeats": 3} | settings
    return testbed.run(Experiment(name="models", generator=[law], pretext=pretexts, probe=[OLS()], **given))


def test_linear_models_run_on_moments() -> None:
    law = CleanMixture(k=3, d1=8, d2=6, separation=3.0)
    models = [ProbabilisticPCA("k"), ProbabilisticPCA("k-1"), FactorAnalysis(2, tolerance=1e-4), LinearVAE(2)]
    frame = table(law, [Posterior(m) for m in models])
    assert (frame["draws"] == "moments").all()
    assert (frame["status"] == "ok").all()
    total = frame["intrinsic"] + frame["pretext_part"] + frame["estimation"]
    np.testing.assert_allclose(total, frame["excess_risk"])
    # isotropic noise: the leading k - 1 directions of x1 are those of the means, so nothing linear is lost
    leading = frame[frame["pretext"] == repr(Posterior(ProbabilisticPCA("k-1")))]
    np.testing.assert_allclose(leading["intrinsic"], leading["class_floor"], atol=1e-9)


def test_models_on_rows() -> None:
    law = CleanMixture(k=3, d1=5, d2=4, separation=4.0, structure_seed=0)
    known, unknown = Posterior(MixtureModel(3, "tied")), Posterior(MixtureModel(2, "tied"))
    cut = Truncated(known, 2)
    frame = table(law, [known, unknown, cut]).set_index("pretext")
    assert (frame["status"] == "ok").all()
    assert np.allclose(frame.loc[repr(known), "intrinsic"].astype(float), 0.0, atol=1e-9)
    for pretext in (unknown, cut):
        assert frame.loc[repr(pretext), ["intrinsic", "pretext_part"]].isna().all(axis=None)
        assert frame.loc[repr(pretext), "estimation"].notna().all()
    assert frame.loc[repr(known), "excess_risk"].mean() < frame.loc[repr(unknown), "excess_risk"].mean()


def test_latent_classes_in_a_sweep() -> None:
    frame = table(finite(0), [Raw(), Posterior(LatentClass(2, restarts=1))])
    assert (frame["status"] == "ok").all()
    assert frame["intrinsic"].notna().all()


@pytest.mark.parametrize("rank", [1, 2])
def test_likelihood_without_use(rank: int) -> None:
    """The label lies where probabilistic PCA has noise: its code is worth nothing, however many pairs there are."""
    law: Law = LowVarianceLabel(structure_seed=1).law()
    frame = table(law, [Posterior(ProbabilisticPCA(rank))], n_unlabeled=[10**7], n_labeled=[10**6])
    assert (frame["excess_risk"] > 0.99).all()
