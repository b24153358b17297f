"""Columns that an experiment may ask for: the split of the intrinsic risk, 0-1 errors, angles, and optima as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.evaluation import error01, intrinsic_split, subspace_sine
from testbed.generators import CleanFinite, CleanMixture, ExchangeableViews, Factors
from testbed.pretexts import ACE, CCA, PCA, Autoencoder, Jigsaw, Optimum, Oracle, Predict, Pretext, Raw
from testbed.regressors import OLS, KernelRidge

EXTRA = ["information_lost", "not_linear", "error01", "subspace_sine", "label_sine"]
FINITE = CleanFinite(s1=12, s2=9, structure_seed=0)
MIXTURE = ExchangeableViews(k=3, d=4, structure_seed=0)


def frame(generator: Any, pretext: list[Pretext], draws: Any = "auto", **more: Any) -> Any:
    sizes: dict[str, Any] = {"n_unlabeled": [500], "n_labeled": [60], "repeats": 3, "extra": EXTRA} | more
    found = testbed.run(Experiment("asked", [generator], pretext, [OLS()], draws=draws, **sizes), progress=False)
    assert (found["status"] == "ok").all(), found["error"].tolist()
    return found.set_index("pretext")


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_the_split_is_that_of_the_optimum(draws: Any) -> None:
    """Exact on finite laws, linear or not; on mixtures the two halves add up to the intrinsic risk."""
    law = FINITE.law()
    tasks: list[Pretext] = [PCA(2), CCA(2), ACE(2), Oracle("universal")]
    found = frame(FINITE, tasks, draws)
    for task in tasks:
        rows, split = found.loc[[str(task)]], intrinsic_split(law, task.optimum(law))
        np.testing.assert_allclose(rows["information_lost"], split.lost, rtol=0, atol=1e-12)
        np.testing.assert_allclose(rows["not_linear"], split.not_linear, rtol=0, atol=1e-11)
    mixed = frame(MIXTURE, [PCA(1), Raw(), Oracle("universal")], draws)
    whole = mixed.loc[repr(Oracle("universal"))]  # nonlinear, so that E[Y|psi] is not known; but nothing is missing
    assert (whole[["information_lost", "not_linear", "intrinsic"]].max() < 1e-12).all()
    mixed = mixed.drop(repr(Oracle("universal")))
    np.testing.assert_allclose(mixed["information_lost"] + mixed["not_linear"], mixed["intrinsic"], rtol=1e-12)
    assert (mixed.loc["Raw()", "information_lost"] < 1e-20).all()
    assert (mixed.loc["PCA(1)", "information_lost"] > 0.01).all()


def test_the_error_of_the_argmax() -> None:
    """Exact on finite supports; on mixtures Moments and rows are scored on the same points."""
    law = FINITE.law()
    found = frame(FINITE, [Oracle("universal")])
    best = error01(law, law.population().f_star)[0]
    assert (found["error01"] >= best).all() and (found["error01"] < 1.0 - 1.0 / 3.0).all()
    big: dict[str, Any] = {"n_labeled": [10**5]}  # the standard deviation of a difference is 2.5e-4
    moments, rows = (frame(MIXTURE, [Raw()], draws, **big)["error01"] for draws in ("auto", "rows"))
    np.testing.assert_allclose(moments, rows, atol=2e-3)
    assert frame(Factors(structure_seed=0, d1=4, d2=4), [Raw()])["error01"].isna().all()  # no classes
    assert frame(CleanMixture(k=3, d1=5, d2=4), [Raw()])["error01"].isna().all()  # structures are redrawn


def test_angles() -> None:
    law = MIXTURE.law()
    found = frame(MIXTURE, [PCA(2), Optimum(PCA(2)), Oracle("linear"), Optimum(Jigsaw(2))], "rows")
    best = law.population().linear_f_star
    expected = float(subspace_sine(PCA(2).optimum(law), best))  # type: ignore[arg-type]
    np.testing.assert_allclose(found.loc["Optimum(PCA(2))", "label_sine"], expected, rtol=1e-9)
    np.testing.assert_allclose(found.loc["Optimum(PCA(2))", "subspace_sine"], 0.0, atol=1e-12)
    assert (found.loc["PCA(2)", "subspace_sine"] > 0.0).all()
    np.testing.assert_allclose(found.loc['Oracle("linear")', "label_sine"], 0.0, atol=1e-9)
    assert found.loc["Optimum(Jigsaw(2))", ["label_sine", "subspace_sine"]].isna().all(axis=None)


def test_an_optimum_as_a_row_has_no_pretext_part() -> None:
    """For linear tasks, tables and functions, on Moments and on rows."""
    for draws in ("auto", "rows"):
        found = frame(FINITE, [Optimum(Predict(OLS())), Optimum(ACE(2))], draws)  # type: ignore[arg-type]
        assert (found["pretext_part"] == 0.0).all()
        assert (found["estimation"] > 0.0).all()
    found = frame(MIXTURE, [Optimum(Jigsaw(2))])
    assert (found["pretext_part"] == 0.0).all()
    with pytest.raises(ValueError, match="optimum of a network"):
        Optimum(Autoencoder(2, (4,))).fit([], MIXTURE.law(), np.random.default_rng(0))


def test_kernel_probes_have_no_split() -> None:
    found = testbed.run(
        Experiment("kernel", [FINITE], [ACE(2)], [KernelRidge()], n_unlabeled=[500], n_labeled=[60], repeats=2,
                   extra=EXTRA), progress=False,
    )  # fmt: skip
    assert found["information_lost"].isna().all() and found["error01"].notna().all()
