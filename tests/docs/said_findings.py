"""What docs/findings.md quotes, and where it is in results/."""

from __future__ import annotations

import pandas as pd

from benchmarks.reference_lee2021 import blindness
from tests.committed import committed
from tests.docs.held import Said, at, line, lines, table

FIGURE, CLEAN, KINDS = "lee2021_figure1", "lee2021_controlled", "violations/kind_and_size"
OLS, LINEAR, UNIVERSAL, CUT = "Predict(OLS())", 'Oracle("linear")', 'Oracle("universal")', 'Predict(ReducedRank("k-1"))'
SLOPE = ("slope", "slope_low", "slope_high")
CROSSING = ("crossing", "crossing_low", "crossing_high")


def panels() -> list[Said]:
    """Figure 1 as printed: (a) over k, (b) to (d) over alpha."""

    def over(by: str, **where: object) -> pd.DataFrame:
        return lines(FIGURE, probe="OLS()", **where).set_index(f"generator.{by}")

    a, psi = over("k", pretext="Raw()", alpha=0), over("k", pretext=OLS, alpha=0)["excess_risk"]
    b, d = over("alpha", pretext=LINEAR, k=10), over("alpha", pretext=UNIVERSAL, k=10)
    share = (b["intrinsic"] - b["class_floor"]) / b["epsilon_ci_linear"] ** 2
    gap = over("alpha", pretext=OLS, k=10)["excess_risk"] / over("alpha", pretext="Raw()", k=10)["excess_risk"]
    few, many = a.loc[5, "excess_risk"], a.loc[35, "excess_risk"]
    return [
        Said("OLS on x1 ({} at k = 5, {} at k = 35), {} is", few, many, a["class_floor"] / a["excess_risk"]),
        Said("the risk grows {}-fold while k grows {}-fold", many / few, 35 / 5),
        Said("on psi~ stays within {<} of OLS on x1", (psi / a["excess_risk"] - 1.0).abs()),
        Said("a leak opens a gap of {}.", gap.max() - 1.0),
        Said("With d1 = 13 and d2 = 29 they agree to rounding (below {<})", blindness()),
        Said("is {} eps_CI^2 at alpha = 0.1 and {} eps_CI^2 at alpha = 1", share[0.1], share[1.0]),
        Said("a union bound puts it below 1e-12"),
        Said(
            "{} eps_CI^2 at alpha = 0.1, then saturation at {}. At alpha >= 0.75",
            d.loc[0.1, "intrinsic"] / d.loc[0.1, "epsilon_ci_universal"] ** 2,
            d.loc[1.0, "excess_risk"],
        ),
    ]


def controlled() -> list[Said]:
    """The same claims on laws with clean dials."""

    def ends(law: str) -> tuple[float, float]:
        """Intrinsic risk over the bound I6, at the least and the largest leak."""
        found = lines(CLEAN, generator=law, pretext=LINEAR)
        found = found[found["generator.epsilon_ci"] > 0]
        ratio = found["intrinsic_class"] / found["theory.bound"]
        return float(ratio.iloc[0]), float(ratio.iloc[-1])

    return [
        Said(
            "the classes bend it ({} instead of {} in the linear class)",
            *line(CLEAN, "slopes", "(a) classes, psi* linear", "slope"),
            *line(CLEAN, "slopes", "(a) real labels, psi*", "predicted"),
        ),
        Said("the sandwich formula gives {}.", *line(CLEAN, "slopes", "(a) classes, psi* linear", "predicted")),
        Said("falls from {} to {} with one real label", *ends("CleanGaussian(d1=4")),
        Said("from {} to {} with three classes", *ends("CleanMixture(d1=6")),
    ]


def by_sign(sign: str) -> pd.Series:
    """Risk of a pretext by OLS at 300 pairs and eps_CI = 1.5, by the sign of the leak."""
    cells = lines("violations/sign_of_a_leak", pretext=OLS, n_unlabeled=300)
    if sign == "none":
        return cells[cells["generator"].str.startswith("CleanGaussian")]["excess_risk_class"]
    cells = cells[cells["generator"].str.startswith("SignedEdge(CleanGaussian") & cells["generator.epsilon_ci"].eq(1.5)]
    same = cells["generator"].str.contains(f'sign="{sign}"') | (
        ~cells["generator"].str.contains("sign=") & (sign == "aligned")
    )
    return cells[same]["excess_risk_class"]


def learner(pretext: tuple[str, ...], law: str) -> float:
    """Risk at 250 labels in the study of learners."""
    return float(at("violations/learners", "excess_risk", generator=law, n_labeled=250, pretext=pretext).iloc[0])


def grown(pretext: tuple[str, ...]) -> float:
    """By what factor a leak outside the row space raises it."""
    return learner(pretext, 'DirectEdge(CleanMixture(d1=10, d2=6, structure_seed=0), direction="outside"') / learner(
        pretext, "CleanMixture"
    )


def inside() -> pd.DataFrame:
    """Leaks inside the row space of A, at the linear optimum."""
    found = lines(KINDS, generator="DirectEdge(", pretext=LINEAR)
    return found[~found["generator"].str.contains("outside")]


def violated() -> list[Said]:
    """A sentence of each study of violations."""
    ranks = [f"spearman.{name}" for name in ("eps_CI", "sharper bound", "harmful part")]
    cells, eps, *rest = line(KINDS, "verdict", "all kinds but V4", "cells", *ranks)
    cut = at("violations/latents", "excess_risk_class", generator=("m=3, d1=12, d2=8",), pretext=CUT, n_labeled=200)
    return [
        Said(
            "costs {} eps_CI^2, then flattens at {} where the bound says {}.",
            (inside()["intrinsic_class"] / inside()["epsilon_ci_linear"] ** 2).max(),
            *line(KINDS, "verdict", "V1 leak inside", "damage", "bound"),
        ),
        Said(
            "dependence in variance alone ({} nats)",
            at(KINDS, "theory.mutual_information", generator="CommonScale(").max(),
        ),
        Said("Over {} laws the damage ranks {} with eps_CI and {} with the sharper bound I7", cells, eps, rest),
        Said(
            "a rank-k pretext up to {}.",
            at(
                "violations/rank_and_conditioning",
                "pretext_part",
                generator="CleanGaussian(",
                pretext='Predict(ReducedRank("k"))',
                probe="OLS()",
            ).max(),
        ),
        Said(
            "a dropped latent makes eps_CI {} and",
            at("violations/latents", "theory.given_y", generator="DropLatent(CleanMixture", pretext=LINEAR),
        ),
        Said("cut to rank k - 1 pays {} to {}.", cut.min(), cut.max()),
        Said("aligned {}, none {}, anti-aligned {}.", by_sign("aligned"), by_sign("none"), by_sign("anti-aligned")),
        Said(
            "from n1 / n2 = {} ({} to {})",
            *line("violations/when_it_pays", "crossings", r"map (a), $\epsilon_{CI}=0$", *CROSSING),
        ),
        Said(
            "linear pretexts cut to k - 1 components {}-fold, that of a forest by {};",
            [grown((CUT,)), grown(("Truncated(Predict(OLS())",))],
            grown(("Predict(Sklearn(RandomForest",)) - 1.0,
        ),
        Said(
            "under t noise of nu = 2.5 the exponent in n2 is {} ({} to {}), psi* keeps {}.",
            *line("violations/tails_imbalance_shift", "slopes", r"OLS on $x_1$, $\nu=2.5$", *SLOPE),
            *line("violations/tails_imbalance_shift", "slopes", r"$\psi^*$ universal, $\nu=2.5$", "slope"),
        ),
    ]


def tasks() -> list[Said]:
    """The leagues of pretext tasks."""
    league, neural, most = "tasks/league", "tasks/neural_league", 100_000
    two = ["CCA(2)", "Predict(ReducedRank(2))"]
    factors = {task: at(league, "intrinsic", generator="Factors", pretext=task) for task in ("PCA(2)", *two)}
    leak = {
        task: at(league, "excess_risk", generator="DirectEdge", pretext=task, n_unlabeled=most)
        for task in ("PCA(2)", "CCA(2)")
    }
    explained = 2.0 - at(league, "bayes_noise", generator="Factors")  # two labels of variance 1
    best = at(neural, "excess_risk", generator="RandomSign", pretext='ContrastiveNetwork("spectral"', n_unlabeled=most)
    assert factors["CCA(2)"].abs().max() < 1e-12
    return [
        Said("PCA leaves {} of the {} that x1 explains of the label, CCA nothing", factors["PCA(2)"], explained),
        Said("CCA is at {} for ever and PCA at {}", leak["CCA(2)"], leak["PCA(2)"]),
        Said(
            "Where A = 0 regression is at {} for ever",
            at(neural, "excess_risk", generator="RandomSign", pretext=UNIVERSAL),
        ),
        Said("contrastive networks ( ) at {}", best),
    ]


def digits(column: str) -> tuple[float, float]:
    """A column of results/likelihood/pictures/table.md: a VAE and probabilistic PCA with two latents."""
    page = committed("likelihood/pictures", "table.md").read_text(encoding="utf-8")
    rows = [text.strip("|").split("|") for text in page.splitlines()]
    where = [cell.strip() for cell in rows[0]].index(column)
    return float(rows[2][where]), float(rows[3][where])


def likelihood() -> list[Said]:
    """Likelihood against usefulness, and digits by two latents."""
    found = table("likelihood/usefulness", "table").set_index(["family", "setting"])
    use, loss = found["usefulness"], found["excess"]
    two, four, vae = ("mixture, one covariance", "2"), ("pPCA", "4"), "VAE, 4 latents"
    return [
        Said("usefulness is anything from {} to 0", use["relabelled", "t = 0"]),
        Said(
            "At {} nats stand probabilistic PCA of four latents ({}) and a VAE of as many at beta = 0.5 ({}), at {} a "
            "mixture of two states ({}).",
            [loss[four], loss[vae, "0.5"]],
            use[four],
            use[vae, "0.5"],
            loss[two],
            use[two],
        ),
        Said(
            "At beta = 0.1 the VAE has {}, for {} nats more, {} at beta = 1",
            use[vae, "0.1"],
            loss[vae, "0.1"] - loss[vae, "0.5"],
            use[vae, "1"],
        ),
        Said("misclassify {} for a VAE, {} for probabilistic PCA", *digits("error")),
    ]


def findings() -> list[Said]:
    return [*panels(), *controlled(), *violated(), *tasks(), *likelihood()]
