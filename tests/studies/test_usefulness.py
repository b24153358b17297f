"""Claims of the studies of usefulness, capacity and digits, from the committed tables, and one small run of each."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from experiments.likelihood import capacity, halves, images, pictures, plane, usefulness
from testbed.data import Moments
from testbed.models import VAE, FactorAnalysis, ProbabilisticPCA
from testbed.regressors import OLS, Ridge
from testbed.report.studies import report_of
from tests.committed import committed
from tests.statistics_ import z_limit


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(committed(f"likelihood/{name}", "table.csv"))


def at(family: str, setting: str) -> pd.Series:
    found = table("usefulness").query("family == @family and setting == @setting")
    return found.iloc[0]


def test_equal_likelihood_falling_usefulness_and_the_reverse() -> None:
    found = table("usefulness")
    relabelled, blurred = (found[found["family"] == name] for name in ("relabelled", "blurred"))
    assert (relabelled["excess"] == 0.0).all() and (relabelled["usefulness"].diff().dropna() < 0.0).all()
    assert relabelled["usefulness"].iloc[0] > 0.8
    assert abs(relabelled["usefulness"].iloc[-1]) <= 2.0 * relabelled["usefulness_error"].iloc[-1]
    assert blurred["usefulness"].nunique() == 1 and (blurred["excess"].diff().dropna() > 0.0).all()
    assert at("low variance", "rank 2")[["excess", "usefulness"]].tolist() == [0.0, 0.0]
    assert abs(at("ignoring", "3 states")["usefulness"]) < 0.01


def test_fitted_models_of_one_likelihood_differ_in_usefulness() -> None:
    two, four = at("mixture, one covariance", "2"), at("pPCA", "4")
    assert abs(two["excess"] - four["excess"]) < 0.02
    assert four["usefulness"] - two["usefulness"] > 0.55


def test_beta_trades_likelihood_for_usefulness_and_then_collapses() -> None:
    found = table("usefulness").query("family == 'VAE, 4 latents'").set_index("setting")["usefulness"]
    assert (found.loc[["0.1", "0.5", "1", "2"]].diff().dropna() < 0.0).all()
    assert (found.loc[["2", "4", "8"]] < 0.02).all()
    dear, cheap = at("VAE, 4 latents", "0.1"), at("VAE, 4 latents", "0.5")
    assert dear["excess"] > cheap["excess"] + 0.15  # more than the errors, and far from the 1.3 of narrow proposals
    assert dear["excess"] < 0.45 and dear["sampling_bias"] < 0.005


def test_the_front_is_one() -> None:
    fitted = table("usefulness").query("seeds > 0").reset_index(drop=True)
    kept = fitted[fitted["front"]]
    assert set(kept.index) == set(plane.front(fitted["excess"].to_numpy(), fitted["usefulness"].to_numpy()))
    for _, one in fitted[~fitted["front"]].iterrows():
        assert ((kept["excess"] <= one["excess"]) & (kept["usefulness"] >= one["usefulness"])).any()


def test_the_front_of_a_few_points() -> None:
    assert plane.front(np.array([0.3, 0.1, 0.2, 0.1]), np.array([0.9, 0.5, 0.4, 0.6])) == [3, 0]


def test_the_plane_by_a_small_run() -> None:
    assert set(usefulness.LIKELIHOODS) | set(usefulness.AUTOENCODERS) == set(usefulness.LOOKS)
    small = usefulness.fits({"pPCA": {"2": ProbabilisticPCA(2), "4": ProbabilisticPCA(4)}}, 2)
    for setting, row in small.set_index("setting").iterrows():
        whole = at("pPCA", str(setting))
        assert row["excess"] == pytest.approx(whole["excess"], abs=0.03)
        assert row["usefulness"] == pytest.approx(whole["usefulness"], abs=0.1)
    places = usefulness.exact().set_index("setting")["excess"]
    assert abs(places["t = 0.6"]) < 1e-10


@pytest.mark.parametrize("n", [20, 50])
def test_few_rows_choose_too_few_latents(n: int) -> None:
    part = table("capacity").query("model == 'pPCA' and n == @n")
    best = part.set_index("capacity")
    assert part.loc[part["excess"].idxmin(), "capacity"] == 2 and part.loc[part["risk"].idxmin(), "capacity"] == 9
    assert best.loc[2, "risk"] > 9.0 * best.loc[9, "risk"]
    assert spearmanr(part["excess"], part["risk"]).statistic < -0.7


@pytest.mark.parametrize(("model", "n", "right"), [("pPCA", 1000, 3), ("pPCA", 10_000, 3), ("mixture", 3000, 4)])
def test_many_rows_choose_what_the_label_wants(model: str, n: int, right: int) -> None:
    part = table("capacity").query("model == @model and n == @n")
    assert {part.loc[part[value].idxmin(), "capacity"] for value in ("excess", "risk")} == {right}


@pytest.mark.parametrize("seed", range(10))
def test_the_closed_form_of_the_risk_is_what_labels_give(seed: int) -> None:
    """F1 on the posterior mean of a fitted model: average over 400 labelled samples, within its Monte Carlo error."""
    rng, law = np.random.default_rng(seed), capacity.law()
    psi = ProbabilisticPCA(3).fit(law.moments(200, rng), rng).psi
    truth = law.population()
    labelled = law.moments(capacity.N_LABELED, rng, 400).push("x1", psi)
    probe = psi.then(OLS(intercept=True).fit(labelled, "psi", "y"))
    risks = np.asarray(truth.distance_to_linear(probe))
    expected = float(capacity.probe_risk(np.asarray(truth.approximation_error(psi)), 3, capacity.N_LABELED))
    assert abs(risks.mean() - expected) < z_limit(10) * risks.std(ddof=1) / np.sqrt(400)


def test_numbers_of_components_computed_again_are_the_committed_ones() -> None:
    """All repetitions of the smallest sample: six decimals of an excess and a risk, each with its error."""
    again, kept = capacity.components(capacity.SIZES[:1], capacity.REPEATS), table("capacity")
    kept = kept[(kept["model"] == "pPCA") & (kept["n"] == capacity.SIZES[0])]
    assert again["capacity"].tolist() == kept["capacity"].tolist() == list(capacity.RANKS)
    numbers = capacity.COLUMNS[4:]
    assert np.allclose(again[numbers], kept[numbers], rtol=1e-5, atol=1e-6)


def test_numbers_of_constructions_computed_again_are_the_committed_ones() -> None:
    again, kept = usefulness.exact(), table("usefulness")
    kept = kept[kept["seeds"] == 0]
    assert again["setting"].tolist() == kept["setting"].tolist()
    numbers = usefulness.COLUMNS[3:]
    assert np.allclose(again[numbers], kept[numbers], rtol=1e-5, atol=1e-5)


def test_capacity_by_a_small_run() -> None:
    small = capacity.components((20, 1000), 40)
    chosen = small.loc[small.groupby("n")["excess"].idxmin(), "capacity"].tolist()
    assert chosen == [2, 3]
    assert any("rank correlation" in line for line in capacity.choices(small))


def test_halves_and_their_controls() -> None:
    error = table("halves").set_index(["task", "n_labeled"])["error"]
    assert error["x2 on x1, Nystroem", 50] < error["x1, Nystroem probe", 50] < error["mismatched halves, Nystroem", 50]
    assert error["x1, Nystroem probe", 1000] < error["x2 on x1, Nystroem", 1000]
    for n in halves.LABELED:  # nothing linear beats x1 itself, nor does a model
        nonlinear = ["x2 on x1, Nystroem", "x1, Nystroem probe", "mismatched halves, Nystroem"]
        assert error.xs(n, level="n_labeled").drop(nonlinear).idxmin() == "x1 itself"
    assert set(table("halves")["task"]) == set(halves.TASKS)


def test_halves_by_a_small_run() -> None:
    small = halves.league(["x1 itself", "PCA"], 2).set_index(["task", "n_labeled"])["error"]
    whole = table("halves").set_index(["task", "n_labeled"])["error"]
    assert small["x1 itself", 1000] == pytest.approx(whole["x1 itself", 1000], abs=0.03)
    rows = images.halves(images.digits())
    train, test = halves.split(rows, 0)
    assert len(train.x1) == halves.TRAIN and len(train.x1) + len(test.x1) == 1797
    assert halves.rank_of_means(train, 0) == 8


def test_the_estimate_of_dependence_is_right_where_it_is_known() -> None:
    """On the mixture with the digits' own moments, where eps_CI of the linear class is known."""
    law = images.pooled_mixture(images.halves(images.digits()))
    exact = float(law.population().epsilon_ci("linear", given="y")) ** 2
    large, small = (
        halves.epsilon_squared(
            law.sample(n, np.random.default_rng(n)), law.sample(50_000, np.random.default_rng(1)), Ridge()
        )
        for n in (50_000, 200)
    )
    assert large == pytest.approx(exact, rel=0.03)
    assert small < 0.97 * exact


def test_the_law_of_pooled_moments_has_those_of_the_rows() -> None:
    rows = images.halves(images.digits())
    truth, moments = images.pooled_mixture(rows).population(), Moments.of(rows)
    np.testing.assert_allclose(truth.s11, moments.block("x1", "x1") / len(rows.x1), atol=1e-12)


def test_two_latents_of_digits() -> None:
    data = images.digits()
    x = data.image.reshape(len(data.image), -1)
    code = pictures.linear(x[:1000], x[1000:])
    assert code.grid.shape == (pictures.GRID, pictures.GRID, 64) and code.others.shape == (797, 2)
    found = table("pictures")
    assert found.groupby("model").size().tolist() == [797, 797]


def test_numbers_of_two_latents_over_splits() -> None:
    numbers = np.array([[[1.0, 0.2], [0.0, 0.4]], [[3.0, 0.2], [0.0, 0.6]]])
    found = pictures.summary(numbers).set_index("model").loc["VAE"]
    half = 12.706204736  # Student's t of one degree of freedom, over 2^(1/2), times a deviation of 2^(1/2)
    assert found["log_likelihood"] == 2.0 and found["log_likelihood_half_interval"] == pytest.approx(half)
    assert found["error_half_interval"] == 0.0


def grids() -> dict[str, np.ndarray]:
    return dict.fromkeys(("VAE", "probabilistic PCA"), np.zeros((pictures.GRID, pictures.GRID, 8, 8)))


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("usefulness", usefulness.draw),
        ("capacity", capacity.draw),
        ("halves", halves.draw),
        ("pictures", pictures.draw),
    ],
)
def test_figures_are_drawn_from_the_committed_tables(
    name: str, draw: Callable[[Figure, pd.DataFrame], str | None]
) -> None:
    """That a page has the same bytes again is tested of the engine that draws all of them, in tests/report."""
    rows = table(name)
    rows.attrs |= {"grids": grids(), "numbers": np.full((2, 2, 2), 0.25)}  # of the pictures, which table.csv has not
    first = report_of(rows, [draw], [])
    assert {"figure.pdf", "figure.png", "figure.svg", "table.csv"} <= set(first)
    assert first["table.csv"] == committed(f"likelihood/{name}", "table.csv").read_bytes()


@pytest.mark.parametrize("study", [usefulness, pictures, halves])
def test_without_jax_the_line_to_install_it_is_said(study: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is computed."""
    monkeypatch.setattr("testbed.things.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"VAE needs jax and optax: pip install 'testbed\[neural\]'"):
        study.STUDY()


def test_factor_analysis_has_its_own_place() -> None:
    assert plane.place(FactorAnalysis(4), 1000, 0).excess == pytest.approx(0.22, abs=0.03)


def test_small_vaes() -> None:
    """A code of two latents read from few passes, and the place of a VAE on the plane."""
    pytest.importorskip("jax")
    data = images.digits()
    x = data.image.reshape(len(data.image), -1)
    code = pictures.variational(x[:1000], x[1000:], 10)
    assert code.grid.shape == (pictures.GRID, pictures.GRID, 64) and code.others.shape == (797, 2)
    assert np.isfinite(code.level)
    point = plane.place(VAE(4, hidden=(32, 32), beta=8.0), 1000, 0)
    assert abs(point.usefulness) < 0.05 and point.excess == pytest.approx(1.19, abs=0.15)
