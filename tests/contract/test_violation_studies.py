"""What the studies of violations must show, in their committed summaries; and the example of docs/your_own.md."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import testbed
from testbed.cli import main
from tests.committed import ROOT, committed

PAGE = (ROOT / "docs" / "your_own.md").read_text()
EXACT = 1e-9  # what is 0 in theory


def summary(name: str, file: str = "summary.csv") -> pd.DataFrame:
    return pd.read_csv(committed(f"violations/{name}", file)).copy()  # one block of memory


def ideal(name: str) -> pd.DataFrame:
    found = summary(name)
    return found[found["pretext"] == 'Oracle("linear")']


def starting(frame: pd.DataFrame, *words: str) -> pd.DataFrame:
    for word in words:
        frame = frame[frame["generator"].str.contains(word, regex=False)]
    return frame


def verdict(name: str, label: str) -> pd.Series:
    found = summary(name, "verdict.csv").set_index("label")
    return found.loc[label]


def test_v1_is_quadratic_then_flattens() -> None:
    edges = ideal("kind_and_size")
    edges = edges[edges["generator"].str.startswith("DirectEdge") & ~edges["generator"].str.contains("outside")]
    for damage, epsilon in (
        ("intrinsic_class", "epsilon_ci_linear"),
        ("theory.damage_universal", "epsilon_ci_universal"),
    ):
        ratio = edges[damage] / edges[epsilon] ** 2
        small, large = ratio[edges[epsilon] <= 0.1], ratio[edges[epsilon] > 1.5]
        assert len(small) >= 3 and small.max() < 1.05 * small.min()
        assert large.max() < 0.2 * small.min()
    line = verdict("kind_and_size", "V1 leak inside")
    assert (line["damage"], line["ceiling"], line["bound"]) == pytest.approx((0.249, 0.286, 2.89), abs=6e-4)
    assert (edges["intrinsic_class"] / edges["epsilon_ci_linear"] ** 2).max() == pytest.approx(0.67, abs=5e-3)


def test_controls_cost_nothing_at_a_violation_of_order_one() -> None:
    every = ideal("kind_and_size")
    for words in (("DirectEdge(", "outside"), ("CommonScale(",), ("separable=True",), ("DropLatent(",)):
        found = starting(every, *words)
        assert len(found) >= 3
        assert (found["intrinsic_class"].abs() < EXACT).all()
        assert (found["theory.damage_universal"].abs() < EXACT).all()
    assert starting(every, "outside")["epsilon_ci_linear"].max() == pytest.approx(1.7)
    scaled = starting(every, "CommonScale(")
    assert (scaled["epsilon_ci_universal"] < EXACT).all()
    assert scaled["theory.mutual_information"].max() == pytest.approx(0.65, abs=5e-3)
    for words in (("LowRank(", "rank=0"), ("Selected(",)):
        assert starting(every, *words)["intrinsic_class"].max() > 0.1


def test_what_ranks_the_damage() -> None:
    line = verdict("kind_and_size", "all kinds but V4")
    names = ("eps_CI", "eps_CI / beta", "mutual information", "sharper bound", "harmful part")
    values = [line[f"spearman.{name}"] for name in names]
    assert values == pytest.approx([0.44, 0.43, 0.36, 1.0, 1.0], abs=5e-3)
    assert line["cells"] == 41
    line = verdict("sign_of_a_leak", "all signs, n1 = 300")
    assert line["spearman.eps_CI"] == pytest.approx(0.26, abs=6e-3)
    assert line["spearman.signed leak at n1"] == pytest.approx(0.97, abs=6e-3)
    for name in ("kind_and_size", "latents", "rank_and_conditioning", "sign_of_a_leak"):
        frame = summary(name, "verdict.csv")
        for column in ("bound", "ceiling", "damage", *(c[:-5] for c in frame if c.endswith("_note"))):
            there = frame[column].notna()
            assert frame.loc[there, [f"{column}_low", f"{column}_high"]].notna().all(axis=None), (name, column)


def test_v4_is_the_formula_for_every_rank() -> None:
    ranks = starting(ideal("rank_and_conditioning"), "LowRank(")
    assert len(ranks) == 2 * 10
    for probe, column in (("OLS()", "theory.rank_loss"), ("OLS(intercept=False)", "theory.rank_loss_0")):
        found = ranks[ranks["probe"] == probe]
        assert (found["intrinsic_class"] - found[column]).abs().max() < EXACT
    four = ranks[ranks["generator"].str.contains("k=4")]
    drawn_once = four[(four["probe"] == "OLS()") | (four["generator.affine"].astype(str) == "True")]
    by_rank = drawn_once[drawn_once["generator.rank"] < 4].groupby("generator.rank")["intrinsic_class"]
    assert set(by_rank.size()) == {3} and (by_rank.max() - by_rank.min()).max() < EXACT
    assert verdict("rank_and_conditioning", "Example 3.1, intercept")["damage"] == 0.0
    assert verdict("rank_and_conditioning", "Example 3.1, no intercept")["damage"] == pytest.approx(0.5)


def test_v5_moves_the_price_of_the_pretext_alone() -> None:
    every = summary("rank_and_conditioning")
    every = starting(every, "CleanGaussian(")
    plain = every[every["probe"] == "OLS()"]
    assert (plain[plain["pretext"] == 'Oracle("linear")']["intrinsic"].abs() < EXACT).all()
    part = plain.pivot(index="generator.sigma_min", columns=["pretext", "generator.d2"], values="pretext_part")
    for d2 in (20, 30):
        assert (part["Predict(OLS())", d2].abs() < EXACT).all()
    for method, d2 in (("Predict(OLS())", 10), ('Predict(ReducedRank("k"))', 10), ('Predict(ReducedRank("k"))', 20)):
        assert (part[method, d2].diff().dropna() < 0.0).all()
    assert part["Predict(OLS())", 10].iloc[[-1, 0]].tolist() == pytest.approx([0.017, 0.88], abs=3e-3)
    assert part['Predict(ReducedRank("k"))', 20].iloc[[-1, 0]].tolist() == pytest.approx([0.03, 1.49], abs=5e-3)
    risk = plain.pivot(index="generator", columns="pretext", values="excess_risk")
    square = risk[~risk.index.str.contains("d2=10")]
    assert (square["Predict(OLS())"] - square["Raw()"]).abs().max() < EXACT


def test_v3_and_v6() -> None:
    every = ideal("latents")
    path = starting(every, "DropLatent(CleanMixture").set_index("generator.keep")
    assert path["theory.given_y"].round(2).tolist() == [0.75] * 5
    assert path["epsilon_ci_linear"][4] < EXACT < path["epsilon_ci_linear"][0]
    assert path["epsilon_ci_universal"][4] < EXACT < path["epsilon_ci_universal"][0]
    assert (path["intrinsic_class"].abs() < EXACT).all()
    collider = starting(every, "CleanFinite").set_index("generator.keep")
    assert collider["epsilon_ci_linear"].tolist() == pytest.approx([0.154, 0.168, 0.055], abs=6e-4)
    for frame in (path, collider):
        assert (frame["beta"].diff().dropna() <= 0.0).all()
    few = starting(every, "TruncateTarget(").copy()
    few = few.assign(m=few["generator.base.m"], d2=few["generator.d2"])
    for probe, spare in (("OLS()", 1), ("OLS(intercept=False)", 0)):
        found = few[few["probe"] == probe]
        enough = found["d2"] >= 2 * found["m"] - spare
        assert (found[enough]["intrinsic_class"].abs() < EXACT).all()
        assert (found[~enough]["intrinsic_class"] > EXACT).all()
    assert verdict("latents", "V6, $m = 2$, intercept")[["damage", "ceiling"]].tolist() == pytest.approx(
        [0.147, 0.18], abs=6e-4
    )
    assert verdict("latents", "V6, latent not in $X_2$")["damage"] == 0.0


def test_the_sign_of_a_leak() -> None:
    found = summary("sign_of_a_leak")
    found = found[(found["pretext"] == "Predict(OLS())") & found["generator"].str.contains("CleanGaussian")]
    found = found[found["generator.epsilon_ci"].eq(1.5) | found["generator"].str.startswith("CleanGaussian")]
    found = found.assign(sign=found["generator"].str.extract(r'"(\S+)"')[0].fillna("aligned"))
    found.loc[found["generator"].str.startswith("CleanGaussian"), "sign"] = "none"
    risk = found.pivot(index="n_unlabeled", columns="sign", values="excess_risk_class")
    quoted = {"aligned": 0.04, "none": 0.173, "neutral": 0.181, "harmful": 0.301, "anti-aligned": 0.545}
    for sign, value in quoted.items():
        assert risk.loc[300, sign] == pytest.approx(value, abs=6e-4)
        one = found[(found["sign"] == sign) & (found["n_unlabeled"] >= 1000)]
        assert len(one) == 6
        gap = (one["excess_risk_class"] - one["theory.learnt"]).abs()
        assert (gap < 0.04 * one["theory.learnt"] + 5.0 * one["excess_risk_class_mcse"]).all(), sign
    assert risk.loc[10_000_000].drop("harmful").max() < 2e-4
    assert risk.loc[10_000_000, "harmful"] == pytest.approx(0.228, abs=6e-4)


def test_a_sweep_of_your_own() -> None:
    """The first block of the page, at the ends of its lists: 2 laws, 4 pretexts, 2 sizes, 2 repetitions."""
    block = PAGE.partition("    # my_sweep.py\n")[2].partition("\n\n    .venv")[0]
    script: dict[str, Any] = {}
    exec(textwrap.dedent(block), script)
    rows = testbed.run(script["EXPERIMENT"].tiny(), progress=False)
    assert len(rows) == 32 and (rows["status"] == "ok").all() and rows["pretext"].str.contains("Forest").sum() == 8


@pytest.mark.usefixtures("here_alone")
def test_a_violation_of_your_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the page, as it stands there, in fewer than 15 lines."""
    block = PAGE.partition("    # your_own.py\n")[2].partition("\n\n")[0]
    lines = [line.removeprefix("    ") for line in block.splitlines()]
    assert 10 < len(lines) < 15
    monkeypatch.chdir(tmp_path)
    Path("your_own.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["run", "your_own.py", "--jobs", "1"])
    assert result.exit_code == 0, result.output
    folder = tmp_path / "results" / "your_own"
    for name in ("rows.csv", "summary.csv", "figure.pdf", "figure.png", "table.md", "table.tex"):
        assert (folder / name).stat().st_size > 100
    found = pd.read_csv(folder / "summary.csv")
    best, mine = found[found["pretext"] == 'Oracle("linear")'], found[found["pretext"] != 'Oracle("linear")']
    assert best["epsilon_ci_linear"].round(2).tolist() == [0.0, 0.74, 1.82]
    assert ((best["intrinsic"] - best["class_floor"]).abs() < EXACT).all()
    assert mine["excess_risk"].iloc[[0, 2]].tolist() == pytest.approx([0.120, 0.173], abs=6e-4)
    assert mine["excess_risk_mcse"].iloc[[0, 2]].round(3).tolist() == [0.002, 0.003]
