"""What does a latent beside the label cost, and what does it help to know it? (V3, V6, T25)

V6: fewer coordinates of X2 than states (d2 < k m), for one, two and three states a class; and a control whose latent
does not move the means of X2, for which one coordinate is enough. V3 and T25: a latent is known in steps, from nothing
(Y alone) to all of it; the law of the data does not change, the bound does. One law on which a step raises eps_CI (a
collider). And what a pretext cut to rank k - 1 loses if there are more states than classes.
"""

from typing import Any

import numpy as np

from testbed import Experiment, vary
from testbed.generators import CleanFinite, CleanMixture, DropLatent, TruncateTarget
from testbed.laws import GaussianMixture
from testbed.pretexts import Oracle, Predict, Raw
from testbed.regressors import OLS, ReducedRank
from testbed.report import PREDICTORS, Curve, Figure, Named, Panel, Table, Verdict
from testbed.theory import IntrinsicBound, Quantity, SharperBound

N1 = [100, 300, 1000, 3000, 10_000, 100_000]
FEW = [1, 2, 3, 4, 5, 6, 7, 8]
STATES = {m: CleanMixture(k=2, m=m, d1=12, d2=8, separation=1.5, structure_seed=0) for m in (1, 2, 3)}
CUT = {m: vary(TruncateTarget, base=law, d2=FEW) for m, law in STATES.items()}
UNMOVED = GaussianMixture(  # two states a class, and X2 moves with the class alone
    probability=np.full(4, 0.25),
    mean=np.hstack([1.5 * np.eye(4, 12), [[1.0], [1.0], [-1.0], [-1.0]]]),
    covariance=np.eye(13),
    d1=12,
    label=[0, 0, 1, 1],
)
KEPT = [0, 1, 2, 3, 4]
PATH = vary(
    DropLatent,
    base=CleanMixture(k=2, m=5, d1=14, d2=12, separation=1.5, sigma_max=3.0, structure_seed=0),
    keep=KEPT,
)
COLLIDER = vary(
    DropLatent, base=CleanFinite(k=2, m=3, s1=30, s2=20, d1=10, d2=6, leak=0.2, structure_seed=274), keep=[0, 1, 2]
)
KNOWN = STATES[3]
FORGOTTEN = DropLatent(KNOWN)
OLS_1, OLS_0, IDEAL, LEARNT = OLS(), OLS(intercept=False), Oracle("linear"), Predict(OLS())
RANK_K, RANK_KM = Predict(ReducedRank("k-1")), Predict(ReducedRank("km"))


COMMON: dict[str, Any] = {
    "name": "violations_latents",
    "n_labeled": [200],
    "repeats": 128,
    "extra": ["intrinsic_class"],
    "theory": {
        "bound": IntrinsicBound(),
        "bound_0": IntrinsicBound(intercept=False),
        "sharper": SharperBound(),
        "sharper_0": SharperBound(intercept=False),
        "constant": Quantity("constant"),
        "constant_0": Quantity("constant", intercept=False),
        "harmful": Quantity("harmful"),
        "harmful_0": Quantity("harmful", intercept=False),
        "mutual_information": Quantity("mutual_information"),
        "damage_universal": Quantity("damage", "universal"),
        "given_y": Quantity("epsilon_ci", given="y"),
        "given_y_universal": Quantity("epsilon_ci", "universal", given="y"),
    },
}
EVERY_CUT = [law for laws in CUT.values() for law in laws]
LEARNERS = [Raw(), LEARNT, RANK_K, RANK_KM]
EXPERIMENT = (
    Experiment(generator=[*EVERY_CUT, UNMOVED], pretext=[IDEAL], probe=[OLS_1, OLS_0], n_unlabeled=[2000], **COMMON)
    + Experiment(generator=[*PATH, *COLLIDER], pretext=[IDEAL], probe=[OLS_1], n_unlabeled=[2000], **COMMON)
    + Experiment(generator=[KNOWN, FORGOTTEN], pretext=LEARNERS, probe=[OLS_1], n_unlabeled=N1, **COMMON)
)

CELLS = ("generator", "pretext", "probe")
WITH = Named(CELLS, {f"$m={m}$, intercept": (laws, IDEAL, OLS_1) for m, laws in CUT.items()})
WITHOUT = Named(CELLS, {f"$m={m}$, no intercept": (laws, IDEAL, OLS_0) for m, laws in CUT.items()})
MIXTURE = Named(CELLS, {"linear class": (PATH, IDEAL, OLS_1)})
COLLIDES = Named(CELLS, {"collider, linear class": (COLLIDER, IDEAL, OLS_1)})
WHOLE = Named(
    CELLS,
    {
        "OLS on $x_1$": (FORGOTTEN, Raw(), OLS_1),
        "OLS pretext": (FORGOTTEN, LEARNT, OLS_1),
        "rank $k-1$": (FORGOTTEN, RANK_K, OLS_1),
        "rank $km$, latent known": (KNOWN, RANK_KM, OLS_1),
    },
)
EPSILON, RISK = r"violation of independence $\epsilon_{CI}$", r"risk above $e_{\mathrm{apx}}(x_1)$"
STEPS = "values of $Z$ that are known"
AT_MOST = {"n_unlabeled": N1[-1]}

FIGURES = [
    Figure(
        [
            Panel(
                "two classes of $m$ states: intrinsic",
                "generator.d2",
                [*WITH.curves(), *WITHOUT.only("$m=3$, no intercept").curves()],
                y="intrinsic_class",
                xlabel="coordinates of $X_2$, $d_2$",
                ylabel=RISK,
            ),
            Panel(
                "$m=3$, $d_2=8$: whole risk, $n_2=200$",
                "n_unlabeled",
                WHOLE.curves(where={"n_unlabeled": N1}),
                y="excess_risk_class",
                xscale="log",
                yscale="log",
                ylabel=RISK,
            ),
        ],
        caption=(
            r"V6. (a) Exact: with an intercept $km-1$ coordinates are enough (without: $km$); fewer lose up to "
            r"<<lost>> of <<all>> at $m=2$. One coordinate is enough where the latent does not move $X_2$ (control, "
            r"in the verdicts). (b) Rank $k-1$ loses the label to the latent at every $n_1$: <<cut>>, against <<km>> "
            r"with rank $km$ and <<raw>> of OLS on $x_1$, at $n_1=10^5$."
        ),
        numbers={
            "lost": WITH.quote("$m=2$, intercept", column="intrinsic_class", pick="most", digits=3),
            "all": WITH.quote("$m=2$, intercept", column="theory.constant", pick="most", digits=3),
            "cut": WHOLE.quote("rank $k-1$", column="excess_risk_class", where=AT_MOST),
            "km": WHOLE.quote("rank $km$, latent known", column="excess_risk_class", where=AT_MOST),
            "raw": WHOLE.quote("OLS on $x_1$", column="excess_risk_class", where=AT_MOST),
        },
    ),
    Figure(
        [
            Panel(
                r"$\epsilon_{CI}$ as $Z$ is refined",
                "generator.keep",
                [
                    *MIXTURE.curves("epsilon_ci_linear"),
                    *MIXTURE.curves("epsilon_ci_universal", label="universal class"),
                    *COLLIDES.curves("epsilon_ci_linear"),
                ],
                xlabel=STEPS,
                ylabel=EPSILON,
            ),
            Panel(
                r"$\beta$ as $Z$ is refined",
                "generator.keep",
                (MIXTURE | COLLIDES).curves("beta"),
                xlabel=STEPS,
                ylabel=r"conditioning $\beta$",
            ),
            *(
                Panel(
                    title,
                    "generator.keep",
                    [Curve("intrinsic risk", where, y="intrinsic_class", color="tab:blue")],
                    theory=[
                        Curve(r"bound $\epsilon_{CI}^2/\beta^2$", where, y="theory.bound"),
                        Curve("sharper bound", where, y="theory.sharper"),
                        Curve("best constant", where, y="theory.constant"),
                    ],
                    xlabel=STEPS,
                    ylabel=RISK,
                    yscale=scale,
                )
                for title, where, scale in (
                    ("the collider: bounds and truth", COLLIDES.all_cells(), "log"),
                    ("dropped, $m=5$: bounds and truth", MIXTURE.all_cells(), "linear"),
                )
            ),
        ],
        caption=(
            r"T25. (a), (b) Refining $Z$ lowers $\epsilon_{CI}$ from <<first>> to 0 in the mixture; in a finite law "
            r"that was chosen for it (a collider), it first rises: <<none>>, <<one>>, <<two>>. $\beta$ never rises. "
            r"(c), (d) The bound (I6) exceeds the best constant, but where all of $Z$ is known in the mixture; the "
            r"intrinsic risk is 0 there, and the sharper bound (I7) says so."
        ),
        name="refined",
        numbers={"first": MIXTURE.quote(column="epsilon_ci_linear", where={"generator.keep": 0})}
        | {
            name: COLLIDES.quote(column="epsilon_ci_linear", where={"generator.keep": keep}, digits=digits)
            for name, keep, digits in (("none", 0, 3), ("one", 1, 3), ("two", 2, 2))
        },
    ),
]
TABLES = [
    Table(
        "V6: intrinsic risk above $e_{apx}(x_1)$",
        where={"generator": EVERY_CUT},
        value="intrinsic_class",
        rows=["generator.d2"],
        columns=["generator.base.m", "probe"],
        labels=Named("probe", {"intercept": OLS_1, "no intercept": OLS_0}).texts,
        name="coordinates",
    ),
    *(
        Table(
            f"{said} as $Z$ is refined",
            where={"generator": [*PATH, *COLLIDER]},
            value=value,
            rows=["generator.keep"],
            columns=["generator.base.m"],
            labels={"5.0": "mixture, $m=5$", "3.0": "collider, $m=3$"},
            name=name,
            message=name in ("epsilon", "bound", "damage"),
        )
        for name, value, said in (
            ("epsilon", "epsilon_ci_linear", r"$\epsilon_{CI}$, linear class"),
            ("epsilon-y", "theory.given_y", r"$\epsilon_{CI}$ given $Y$ alone, linear class"),
            ("beta", "beta", r"$\beta$"),
            ("bound", "theory.bound", r"Bound $\epsilon_{CI}^2/\beta^2$ (I6)"),
            ("sharper", "theory.sharper", r"Sharper bound (I7)"),
            ("damage", "intrinsic_class", r"Intrinsic risk above $e_{apx}(x_1)$"),
        )
    ),
    Table(
        "Risk above $e_{apx}(x_1)$, $m = 3$, $n_2 = 200$",
        where={"generator": [FORGOTTEN, KNOWN], "n_unlabeled": N1, "pretext": LEARNERS},
        value="excess_risk_class",
        rows=["generator", "n_unlabeled"],
        columns=["pretext"],
        labels=Named("generator", {"latent dropped": FORGOTTEN, "latent known": KNOWN}).texts
        | Named("pretext", dict(zip(("$x_1$", "OLS pretext", "rank $k-1$", "rank $km$"), LEARNERS, strict=True))).texts,
        name="rank",
        message=False,
    ),
]
NO_INTERCEPT = {name: column if "theory" not in column else f"{column}_0" for name, column in PREDICTORS.items()}
NO_INTERCEPT["mutual information"] = PREDICTORS["mutual information"]
UNMOVED_AT = {"generator": UNMOVED, "pretext": IDEAL, "probe": OLS_1}
VERDICTS = [
    *(
        Verdict(f"V6, $m = {m}$, intercept", where, "generator.d2", falling=True)
        for m, where in zip(CUT, WITH.cells().values(), strict=True)
    ),
    *(
        Verdict(
            f"V6, $m = {m}$, no intercept",
            where,
            "generator.d2",
            falling=True,
            bound="theory.bound_0",
            ceiling="theory.constant_0",
            predictors=NO_INTERCEPT,
        )
        for m, where in zip(CUT, WITHOUT.cells().values(), strict=True)
    ),
    Verdict("V6, latent not in $X_2$", UNMOVED_AT, control=True),
    Verdict("V3 refined, mixture", MIXTURE.all_cells()),
    Verdict("V3 refined, collider", COLLIDES.all_cells()),
]
