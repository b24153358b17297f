"""Two published simulations, in their committed tables: the contrast of masks, and a redundant part of E[X2|X1]."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.peers import masked_spikes
from testbed import SampledLaw
from testbed.evaluation import subspace_sine
from testbed.keys import canonical, stream
from testbed.sweep.script import execute
from tests.committed import EXPERIMENTS, committed
from tests.statistics_ import z_limit


@pytest.fixture(scope="module")
def spikes() -> pd.DataFrame:
    table = pd.read_csv(committed("peers/masked_spikes", "table.csv"))
    return table.set_index(["U from", "noise", "task"])


def test_one_draw_is_that_of_numpy() -> None:
    """The study's first draw of one law, from its own stream, by dense eigenvectors."""
    noise, spikes = "variances uniform on (0, 1)", "normal numbers"
    rng = stream(0, "peers_masked_spikes", f"{spikes}, {noise}", 0)
    u = masked_spikes.polar(masked_spikes.SPIKES[spikes](rng))
    np.testing.assert_allclose(u.T @ u, np.eye(5), atol=1e-12)
    law = SampledLaw(masked_spikes.Spiked(u, masked_spikes.NOISE[noise](rng)), d1=20, d2=20, k=5)
    rows = law.sample(2000, rng)
    covariance = np.cov(rows.x1.T)
    for task, matrix in zip(
        masked_spikes.TASKS.values(), (covariance, covariance - np.diag(np.diag(covariance))), strict=True
    ):
        v = np.linalg.eigh(matrix)[1][:, -5:]
        theirs = np.linalg.norm(u @ u.T - v @ v.T) / np.sqrt(2.0)
        mine = subspace_sine(task.fit(rows, law, rng), u, norm="frobenius")
        assert float(mine) == pytest.approx(theirs, rel=1e-8)


def test_where_the_printed_numbers_are_near_and_what_moves_them(spikes: pd.DataFrame) -> None:
    z = spikes["z"].abs()
    near = [law for law in spikes.index.droplevel("task").unique() if (z.loc[law] < 2.0).all()]
    falls, uniform = "sd falls from 1 to 1/3", "variances uniform on (0, 1)"
    assert near == [("normal numbers", falls), ("normal numbers", uniform)]
    assert (z.xs("uniform numbers", level="U from").xs("complementary masks", level="task") > 2.5).all()
    pca = spikes["sine"].xs("PCA", level="task")
    assert pca.min() < 0.09 and pca.max() > 1.0
    assert (spikes["sine"].xs("complementary masks", level="task").between(0.19, 0.29)).all()
    assert (spikes["draws"] == masked_spikes.DRAWS).all()


def test_a_redundant_part_costs_what_its_form_says() -> None:
    """At 640 labels: 1/3 in one direction, 1/5 of both views, each as n grows; the excess of p coefficients is p/n."""
    redundant = execute((EXPERIMENTS / "peers" / "redundant.py").read_text(encoding="utf-8"))
    summary = pd.read_csv(committed("peers/redundant", "summary.csv"))
    summary = summary[summary["n_labeled"] == 640]

    def risk(law: SampledLaw, pretext: object, probe: object) -> tuple[float, float]:
        texts = {"generator": law, "pretext": pretext, "probe": probe}
        (row,) = summary[np.all([summary[c] == canonical(v) for c, v in texts.items()], axis=0)].to_dict("records")
        return row["excess_risk"], row["excess_risk_mcse"]

    cut, error = risk(redundant.LAWS[False], *redundant.METHODS[False]["the same, cut to its rank"])
    assert abs(cut - (1.0 / 3.0) * (1.0 + 4.0 / 640.0)) < z_limit(3) * error
    own, error = risk(redundant.BOTH, *redundant.BASELINE["OLS on both views, on its law"])
    assert abs(own - 0.2 - 0.45 * 11.0 / 640.0) < z_limit(3) * error + 0.003
    apart, error = risk(redundant.LAWS[True], *redundant.METHODS[True]["the same, cut to its rank"])
    assert 0.0 < apart < 0.25 * 4.0 / 600.0 + z_limit(3) * error + 28 * 0.25 / 5000
    moved, _ = risk(redundant.BOTH, *redundant.BASELINE["OLS on both views, tested on $E[X_2|X_1]$"])
    assert moved < 0.3 * own  # the same fits on another law
    x1 = np.random.default_rng(0).standard_normal((100_000, 6))
    for apart_ in (True, False):
        np.testing.assert_allclose(
            np.cov(redundant.f_star(x1), redundant.mean2(x1, apart_)[:, 0])[0, 1], 0.8, atol=0.05
        )


def test_the_laws_are_short() -> None:
    """Beside documentation a law given by code has at most 15 lines."""
    for script, name in (("masked_spikes", "Spiked"), ("redundant", "Redundant")):
        text = (EXPERIMENTS / "peers" / f"{script}.py").read_text(encoding="utf-8")
        law = text.partition(f"class {name}:")[2].partition("\n\n\n")[0]
        assert 0 < len([line for line in law.splitlines() if line.strip() and '"""' not in line]) <= 15
