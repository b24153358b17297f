"""What experiments/violations/README.md quotes, and where it is in results/violations/."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.docs.held import Said, at, line, lines
from tests.docs.said_findings import CROSSING, CUT, KINDS, LINEAR, OLS, SLOPE, UNIVERSAL, by_sign, inside, learner

RANKS, LATENTS, PAYS, TAILS = (
    f"violations/{name}" for name in ("rank_and_conditioning", "latents", "when_it_pays", "tails_imbalance_shift")
)
FOREST = ("Predict(Sklearn(RandomForest",)
OUTSIDE = 'DirectEdge(CleanMixture(d1=10, d2=6, structure_seed=0), direction="outside"'


def kinds() -> list[Said]:
    names = ("eps_CI", "eps_CI / beta", "mutual information", "sharper bound", "harmful part")
    ranks = line(KINDS, "verdict", "all kinds but V4", *(f"spearman.{name}" for name in names))
    outside = lines(KINDS, generator=("DirectEdge(", "outside"), pretext=LINEAR)
    cut = lines(KINDS, generator=("DirectEdge(", "outside"), pretext=CUT)
    cut = cut[cut["epsilon_ci_linear"] > 0.6]["intrinsic_class"]
    return [
        Said(
            "costs {} eps_CI^2, then flattens at {} of {}, where the bound says {}.",
            (inside()["intrinsic_class"] / inside()["epsilon_ci_linear"] ** 2).max(),
            *line(KINDS, "verdict", "V1 leak inside", "damage", "ceiling", "bound"),
        ),
        Said(
            "At eps_CI = {} a leak outside (V2, control) costs 0 to {<}, as does",
            outside["epsilon_ci_linear"].max(),
            outside["intrinsic_class"].abs(),
        ),
        Said("variance alone of {} nats (V7", at(KINDS, "theory.mutual_information", generator="CommonScale(").max()),
        Said("a latent dropped of eps_CI = {} (V3)", *line(KINDS, "verdict", "V3 latent dropped", "size_last")),
        Said(
            "Over {} laws the damage has rank correlation {} with eps_CI, {} with eps_CI / beta, {} with the mutual "
            "information, and {} with the sharper bound",
            *line(KINDS, "verdict", "all kinds but V4", "cells"),
            *ranks[:3],
            ranks[3:],
        ),
        Said("the larger signal (V2: {} of {})", cut, *line(KINDS, "verdict", "V2 leak outside", "ceiling")),
    ]


def part(d2: int, pretext: str) -> tuple[float, float]:
    """Pretext part at the largest and the least sigma_min."""
    found = lines(RANKS, generator=("CleanGaussian(", f"d2={d2}"), pretext=pretext, probe="OLS()")
    found = found.set_index("generator.sigma_min")["pretext_part"]
    return float(found[1.0]), float(found[0.001])


def ranks() -> list[Said]:
    lost = lines(RANKS, generator="LowRank(", pretext=LINEAR)
    gaps = [
        (cells["intrinsic_class"] - cells[f"theory.rank_loss{end}"]).abs()
        for probe, end in (("OLS()", ""), ("OLS(intercept=False)", "_0"))
        for cells in (lost[lost["probe"] == probe],)
    ]
    path = lines(RANKS, generator=("LowRank(", "k=4"), pretext=LINEAR, probe="OLS()")
    steps = -path.drop_duplicates("generator.rank").set_index("generator.rank")["intrinsic_class"].diff()[[1, 2, 3]]
    return [
        Said(
            "formula to {<} for every r, {} a direction; loses {} without an intercept and {} with one.",
            pd.concat(gaps),
            steps,
            *line(RANKS, "verdict", "Example 3.1, no intercept", "damage"),
            *line(RANKS, "verdict", "Example 3.1, intercept", "damage"),
        ),
        Said("e_apx = 0 from sigma_min = 1 to 1e-3."),
        Said(
            "grows from {} to {} for rank k at d2 = 20, with d2 < d1 from {} to {} for OLS",
            *part(20, 'Predict(ReducedRank("k"))'),
            *part(10, OLS),
        ),
    ]


def latents() -> list[Said]:
    given = at(LATENTS, "theory.given_y", generator="DropLatent(CleanMixture", pretext=LINEAR)
    collider = lines(LATENTS, generator=("CleanFinite",), pretext=LINEAR).set_index("generator.keep")
    learnt = lines(LATENTS, generator=("m=3, d1=12, d2=8",), n_labeled=200)
    cut = learnt[learnt["pretext"] == CUT]["excess_risk_class"]
    whole = learnt[learnt["pretext"] == 'Predict(ReducedRank("km"))']
    whole = whole[whole["n_unlabeled"] == whole["n_unlabeled"].max()]["excess_risk_class"]
    return [
        Said("eps_CI is {} given Y and 0 given (Y, Z)", given),
        Said(
            "with fewer up to {} of {} (V6)", *line(LATENTS, "verdict", "V6, $m = 2$, intercept", "damage", "ceiling")
        ),
        Said("eps_CI may ({}, {}, {}).", *collider["epsilon_ci_linear"]),
        Said("has {} to {} at every n1, one of rank k m {} at", cut.min(), cut.max(), whole.min()),
    ]


def signs() -> list[Said]:
    found = lines("violations/sign_of_a_leak", generator=("SignedEdge(CleanGaussian", "harmful"), pretext=OLS)
    last = found[(found["n_unlabeled"] == 10_000_000) & found["generator.epsilon_ci"].eq(1.5)]["excess_risk_class"]
    names = ("aligned", "none", "neutral", "harmful", "anti-aligned")
    return [
        Said(
            "At one eps_CI = 1.5, beta and Cov(X2\\|Y), n1 = 300: aligned {}, none {}, neutral {}, harmful {}, "
            "anti-aligned {}.",
            *map(by_sign, names),
        ),
        Said("only the harmful leak is left ({}).", last),
        Said(
            "Ranks at n1 = 300: {} with eps_CI, {} with I14",
            *line(
                "violations/sign_of_a_leak",
                "verdict",
                "all signs, n1 = 300",
                "spearman.eps_CI",
                "spearman.signed leak at n1",
            ),
        ),
    ]


def pays() -> list[Said]:
    def crossing(panel: str) -> tuple[float, ...]:
        return line(PAYS, "crossings", rf"map ({panel}), $\epsilon_{{CI}}=0$", *CROSSING)

    def tau(*panels: str) -> list[float]:
        return [line(PAYS, "crossings", rf"map ({panel}), $\epsilon_{{CI}}=0$", "tau")[0] for panel in panels]

    return [
        Said(
            "from n1 / n2 = {} (95%: {} to {}) and tuned ridge from {} ({} to {}), where I15 says tau = {} (d1 = 20, "
            "n2 = 200; four classes: {} and {}, tau = {}).",
            *crossing("a"),
            *crossing("b"),
            tau("a", "b"),
            crossing("c")[0],
            crossing("d")[0],
            tau("c", "d"),
        ),
        Said(
            "as n2 grows ({} at n2 = 1600)",
            *line(PAYS, "crossings", "real labels, $d_1=20$, $n_2=1600$: OLS", "crossing"),
        ),
        Said("near eps_CI = 0.4 no number of pairs pays"),
    ]


def learners() -> list[Said]:
    def sigmas(pretext: tuple[str, ...]) -> float:
        cells = [
            lines("violations/learners", generator=law, n_labeled=250, pretext=pretext).iloc[0]
            for law in ("CleanMixture", OUTSIDE)
        ]
        return float((cells[1].excess_risk - cells[0].excess_risk) / np.hypot(*(c.excess_risk_mcse for c in cells)))

    ideal = (UNIVERSAL,)
    floor = at("violations/learners", "class_floor", generator="GaussianMixture(", pretext="Raw()", probe="OLS()")
    return [
        Said("reduced rank {} against {} without it", learner((CUT,), OUTSIDE), learner((CUT,), "CleanMixture")),
        Said(
            "a forest {} against {} ({} standard errors), and psi* {} against {}",
            learner(FOREST, OUTSIDE),
            learner(FOREST, "CleanMixture"),
            sigmas(FOREST),
            learner(ideal, OUTSIDE),
            learner(ideal, "CleanMixture"),
        ),
        Said(
            "the floor of the linear class is {}, and a forest reaches {}.", floor, learner(FOREST, "GaussianMixture(")
        ),
    ]


def tails() -> list[Said]:
    def exponent(label: str) -> tuple[float, ...]:
        return line(TAILS, "slopes", label, *SLOPE)

    return [
        Said(
            "at the exponent {} ({} to {}) under t noise of nu = 2.5, {} ({} to {}) at 4.5; the universal psi* at {} "
            "({} to {}) at nu = 2.5.",
            *exponent(r"OLS on $x_1$, $\nu=2.5$"),
            *exponent(r"OLS on $x_1$, $\nu=4.5$"),
            *exponent(r"$\psi^*$ universal, $\nu=2.5$"),
        ),
        Said(
            "Label shift of 16 costs psi* itself {};",
            *line(TAILS, "verdict", r"V12 label shift, $\psi^\ast$ of the pairs", "damage"),
        ),
    ]


def violations() -> list[Said]:
    return [*kinds(), *ranks(), *latents(), *signs(), *pays(), *learners(), *tails()]
