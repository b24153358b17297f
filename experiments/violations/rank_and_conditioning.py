"""What is lost where the conditional means of X2 lose rank, and where they are only ill conditioned? (V4, V5, I3, T1)

V4: four classes, A projected on r directions, with 1 outside of its column space (rank r) or inside (affine rank r),
read with and without an intercept. Example 3.1 of the paper is a positive control: two classes, rank 1 < k, no harm.
V5: three real labels, sigma_min(A) from 1 to 1e-3 at full rank, d2 below d1 and not. e_apx(psi*) is 0 throughout, so
what moves is the price of a finite n1. OLS reads psi~, the estimate of E[X2|X1], and where d2 >= d1 the map is
invertible: then it cannot move (T1). PCA of psi~ to k coordinates is reduced-rank regression, to the last digit.
"""

from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture, LowRank
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, ReducedRank, Ridge
from testbed.report import PREDICTORS, Curve, Figure, Named, Panel, Quote, Table, Verdict
from testbed.theory import IntrinsicBound, Quantity, RankLoss, ReducedRankPretext, SharperBound

SIGMA = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
BASE = CleanMixture(k=4, d1=12, d2=8, separation=1.5, structure_seed=0)
PLAIN = [LowRank(BASE, r) for r in range(5)]
AFFINE = [LowRank(BASE, r, affine=True) for r in range(4)]
EXAMPLE = [LowRank(CleanMixture(k=2, d1=12, d2=8, separation=1.5, structure_seed=0), 1)]
FULL: dict[str, Any] = {"k": 3, "d1": 20, "sigma_min": SIGMA, "sigma_max": 1.0, "structure_seed": 0}
NARROW, SQUARE, WIDE = (vary(CleanGaussian, d2=d2, **FULL) for d2 in (10, 20, 30))
OLS_1, OLS_0, RIDGE = OLS(), OLS(intercept=False), Ridge("gcv")
LEARNT, RANK = Predict(OLS()), Predict(ReducedRank("k"))
PCA, IDEAL = Truncated(LEARNT, "k"), Oracle("linear")

COMMON: dict[str, Any] = {
    "name": "violations_rank_and_conditioning",
    "n_unlabeled": [2000],
    "n_labeled": [200],
    "repeats": 128,
    "extra": ["intrinsic_class"],
    "theory": {
        "bound": IntrinsicBound(),
        "bound_0": IntrinsicBound(intercept=False),
        "sharper": SharperBound(),
        "sharper_0": SharperBound(intercept=False),
        "rank_loss": RankLoss(),
        "rank_loss_0": RankLoss(intercept=False),
        "constant": Quantity("constant"),
        "constant_0": Quantity("constant", intercept=False),
        "harmful": Quantity("harmful"),
        "harmful_0": Quantity("harmful", intercept=False),
        "mutual_information": Quantity("mutual_information"),
        "universal": Quantity("damage", "universal"),
        "reduced_rank": ReducedRankPretext(),
    },
}
LOW, CONDITIONED = [*PLAIN, *AFFINE, *EXAMPLE], [*NARROW, *SQUARE, *WIDE]
EXPERIMENT = (
    Experiment(generator=LOW, pretext=[IDEAL, Raw(), LEARNT, RANK], probe=[OLS_1, OLS_0], **COMMON)
    + Experiment(generator=CONDITIONED, pretext=[IDEAL, Raw(), LEARNT, RANK, PCA], probe=[OLS_1], **COMMON)
    + Experiment(generator=[*NARROW, *SQUARE], pretext=[LEARNT], probe=[RIDGE], **COMMON)
)

METHOD, CELLS = ("pretext", "probe"), ("generator", "pretext", "probe")
LOST = Named(
    CELLS,
    {
        "rank $r$, no intercept": (PLAIN, IDEAL, OLS_0),
        "rank $r$, intercept": (PLAIN, IDEAL, OLS_1),
        "affine rank $r$, no intercept": (AFFINE, IDEAL, OLS_0),
        "affine rank $r$, intercept": (AFFINE, IDEAL, OLS_1),
    },
)
COLUMN = {name: "theory.rank_loss" if probe == OLS_1 else "theory.rank_loss_0" for name, (_, _, probe) in LOST.items()}
ALIKE = "intercept, or affine rank $r$"  # three curves that are equal, drawn as one
DRAWN = LOST.only("rank $r$, no intercept") | Named(CELLS, {ALIKE: LOST["rank $r$, intercept"]})
HARMLESS = Named(CELLS, {"Example 3.1, intercept": (EXAMPLE, IDEAL, OLS_1)})
METHODS = Named(
    METHOD,
    {"OLS on $x_1$": (Raw(), OLS_1), "OLS pretext": (LEARNT, OLS_1), "pretext of rank $k$": (RANK, OLS_1)},
)
RIDGED = Named(METHOD, {"OLS pretext, ridge probe": (LEARNT, RIDGE)})
RANKED = METHODS.only("pretext of rank $k$")
RISK = r"risk above $e_{\mathrm{apx}}(x_1)$"
SHOWN: dict[str, Any] = {
    "x": "generator.sigma_min",
    "xscale": "log",
    "yscale": "log",
    "xlabel": r"$\sigma_{\min}(A)$",
}
SIDES = {"$d_2=10<d_1=20$": NARROW, "$d_2=d_1=20$": SQUARE}

FIGURES = [
    Figure(
        [
            Panel(
                "four classes: intrinsic risk",
                "generator.rank",
                [
                    *DRAWN.curves(),
                    *HARMLESS.curves(label="{} (control)", color="black", marker="*"),
                ],
                y="intrinsic_class",
                theory=[
                    Curve("exactly", LOST.cells()[name], y=COLUMN[name], color="0.2")
                    for name in ("rank $r$, no intercept", "rank $r$, intercept")
                ],
                xlabel="rank, or affine rank, $r$",
                ylabel=RISK,
            ),
            Panel(
                "rank $r$, intercept: whole risk",
                "generator.rank",
                METHODS.curves(),
                y="excess_risk_class",
                where={"generator": PLAIN},
                xlabel="rank $r$",
                ylabel=RISK,
            ),
        ],
        caption=(
            r"V4. (a) Each direction of $A$ that is lost costs <<step>>: exact (I3). With an intercept, or where 1 is "
            r"in the column space of $A$ (affine rank), the risks are equal and drawn once. An intercept rescues rank "
            r"$k-1$ if 1 is not in the column space; Example 3.1 ($k=2$, rank 1) is harmless. (b) With $n_1=2000$, "
            r"$n_2=200$ the OLS pretext of rank 0 has <<whole>>, less than its intrinsic <<lost>>: its noise spans 8 "
            r"of 12 directions of $x_1$."
        ),
        numbers={
            "step": Quote("intrinsic_class", {"generator": PLAIN[2], "pretext": IDEAL, "probe": OLS_1}, digits=1),
            "whole": Quote("excess_risk_class", {"generator": PLAIN[0], "pretext": LEARNT, "probe": OLS_1}, digits=3),
            "lost": Quote("intrinsic_class", {"generator": PLAIN[0], "pretext": IDEAL, "probe": OLS_1}),
        },
    ),
    Figure(
        [
            *(
                Panel(
                    f"{side}: price of $n_1$",
                    curves=METHODS.only("OLS pretext", "pretext of rank $k$").curves(where={"generator": laws}),
                    y="pretext_part",
                    theory=RANKED.curves(
                        "theory.reduced_rank", label="leading term in $n_1$", where={"generator": laws[:3]}
                    ),
                    **SHOWN,
                )
                for side, laws in SIDES.items()
            ),
            *(
                Panel(f"{side}: whole risk", curves=(METHODS | RIDGED).curves(), where={"generator": laws}, **SHOWN)
                for side, laws in SIDES.items()
            ),
        ],
        caption=(
            r"V5. At full rank $e_{\mathrm{apx}}(\psi^\ast)=0$ at every $\sigma_{\min}$; what grows is the price of "
            r"$n_1$, and only where the pretext discards directions; dashed, its leading term (I15). With $d_2\geq "
            r"d_1$ OLS on the OLS pretext is OLS on $x_1$ (T1), <<ols>> throughout, while rank $k$ goes from "
            r"<<first>> to <<last>>; with $d_2=10$ both grow. A ridge probe gains at large $\sigma_{\min}$ (at 1 "
            r"<<ridge>> in place of <<least>>)."
        ),
        name="conditioning",
        numbers={
            "ols": METHODS.quote("OLS on $x_1$", where={"generator": SQUARE[0]}),
            "first": METHODS.quote("pretext of rank $k$", where={"generator": SQUARE[0]}),
            "last": METHODS.quote("pretext of rank $k$", where={"generator": SQUARE[-1]}, digits=3),
            "ridge": RIDGED.quote(column="excess_risk_class", where={"generator": SQUARE[0]}),
            "least": METHODS.quote("OLS pretext", column="excess_risk_class", where={"generator": SQUARE[0]}),
        },
    ),
]

PROBES = Named("probe", {"intercept": OLS_1, "no intercept": OLS_0}).texts
PRETEXTS = Named(
    "pretext",
    {
        r"$\psi^\ast$ linear": IDEAL,
        "no task ($x_1$)": Raw(),
        "OLS pretext": LEARNT,
        "reduced rank $k$": RANK,
        "OLS cut to $k$": PCA,
    },
)
TABLES = [
    Table(
        "V4: intrinsic risk above $e_{apx}(x_1)$ by rank",
        where={"generator": [*PLAIN, *AFFINE], "pretext": IDEAL},
        value="intrinsic_class",
        rows=["generator.affine", "generator.rank"],
        labels=PROBES,
        name="rank",
    ),
    Table(
        "Example 3.1 of the paper, $k = 2$, rank 1: intrinsic risk above $e_{apx}(x_1)$",
        where={"generator": EXAMPLE, "pretext": IDEAL},
        value="intrinsic_class",
        rows=["generator.rank"],
        labels=PROBES,
        name="example",
        message=False,
    ),
    *(
        Table(
            f"V5, $d_1 = 20$, $d_2 = {d2}$: pretext part",
            where={"generator": laws, "probe": OLS_1},
            value="pretext_part",
            rows=["generator.sigma_min"],
            columns=["pretext"],
            labels=PRETEXTS.texts,
            name=name,
        )
        for name, d2, laws in (("narrow", 10, NARROW), ("square", 20, SQUARE), ("wide", 30, WIDE))
    ),
]

WITH = {**PREDICTORS, "I3": "theory.rank_loss"}
WITHOUT = {name: column if column.startswith("eps") else f"{column}_0" for name, column in WITH.items()}
WITHOUT["mutual information"] = PREDICTORS["mutual information"]
LEADING = {**PREDICTORS, "I15": "theory.reduced_rank"}

NO_INTERCEPT: dict[str, Any] = {
    "bound": "theory.bound_0",
    "ceiling": "theory.constant_0",
    "predictors": WITHOUT,
}
VERDICTS = [
    *(
        Verdict(
            f"V4 {label}",
            where,
            "generator.rank",
            falling=True,
            **({"predictors": WITH} if where["probe"] == OLS_1 else NO_INTERCEPT),
        )
        for label, where in LOST.cells().items()
    ),
    Verdict("Example 3.1, intercept", HARMLESS.all_cells(), "generator.rank", control=True, predictors=WITH),
    Verdict(
        "Example 3.1, no intercept",
        {"generator": EXAMPLE, "pretext": IDEAL, "probe": OLS_0},
        "generator.rank",
        **NO_INTERCEPT,
    ),
    *(
        Verdict(
            f"V5 {label}",
            {"generator": laws, "pretext": pretext, "probe": OLS_1},
            "generator.sigma_min",
            falling=True,
            damage="pretext_part",
            bound=None,
            control=pretext == IDEAL,
            predictors=LEADING,
        )
        for label, laws, pretext in (
            (r"$\psi^*$", NARROW, IDEAL),
            ("OLS, $d_2 = 10$", NARROW, LEARNT),
            ("rank $k$, $d_2 = 10$", NARROW, RANK),
            ("OLS, $d_2 = 20$", SQUARE, LEARNT),
            ("OLS, $d_2 = 30$", WIDE, LEARNT),
            ("rank $k$, $d_2 = 20$", SQUARE, RANK),
        )
    ),
]
