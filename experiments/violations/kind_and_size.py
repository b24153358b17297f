"""Which violations hurt, which do not, and does eps_CI know? (V1, V2, V3, V4, V7, V9)

One mixture of three classes, x1 and x2 independent given the class, broken in several ways over a range of sizes: a
leak inside the row space of A (V1) or outside it (V2, a negative control), a latent dropped (V3), a lost rank (V4),
dependence in variance alone (V7, a negative control), selection on a combination of both views (V9) or on each apart
(its control). The intrinsic risk is exact, above that of x1; a finite sample (n1 = 2000, n2 = 200) adds the price of
the pretext and of the probe.
"""

from typing import Any, Literal

from testbed import Experiment
from testbed.generators import CleanMixture, CommonScale, DirectEdge, DropLatent, Generator, LowRank, Selected
from testbed.pretexts import Oracle, Predict, Raw
from testbed.regressors import OLS, ReducedRank
from testbed.report import Curve, Figure, Named, Panel, Quote, Verdict
from testbed.theory import IntrinsicBound, Quantity, SharperBound, SignedLeakBound

LINEAR: Literal["linear"] = "linear"
UNIVERSAL: Literal["universal"] = "universal"
EPSILON = [0.02, 0.04, 0.08, 0.16, 0.32, 0.45, 0.67, 1.2, 1.7]
WIDTHS = [10.0, 4.0, 2.0, 1.0, 0.3, 0.1]
D: dict[str, Any] = {"k": 3, "d1": 8, "d2": 6, "separation": 1.5, "structure_seed": 0}

NONE: Generator = CleanMixture(**D)
V1: list[Generator] = [DirectEdge(NONE, epsilon_ci=e) for e in EPSILON]
V2: list[Generator] = [DirectEdge(NONE, direction="outside", epsilon_ci=e) for e in EPSILON]
V3: list[Generator] = [DropLatent(CleanMixture(m=2, sigma_min=s, **D)) for s in (0.1, 0.25, 0.5, 1.0, 1.814, 4.0)]
V4: list[Generator] = [LowRank(NONE, r) for r in (3, 2, 1, 0)]
V7: list[Generator] = [CommonScale(NONE, spread=s) for s in (0.2, 0.5, 0.9)]
V9: list[Generator] = [Selected(NONE, t_std=t) for t in WIDTHS]
APART: list[Generator] = [Selected(NONE, t_std=t, separable=True) for t in WIDTHS]
KINDS = Named(
    "generator",
    {
        "V1 leak inside": V1,
        "V2 leak outside (control)": V2,
        "V3 latent dropped": V3,
        "V4 rank lost": V4,
        "V7 variance only (control)": V7,
        "V9 selection": V9,
        "V9 separable (control)": APART,
    },
)
EVERY = [NONE, *KINDS.of("generator")]
IDEAL, LEARNT, RANK = Oracle("linear"), Predict(OLS()), Predict(ReducedRank("k-1"))

COMMON: dict[str, Any] = {
    "name": "violations_kind_and_size",
    "pretext": [IDEAL, Raw(), LEARNT, RANK],
    "probe": [OLS()],
    "n_unlabeled": [2000],
    "n_labeled": [200],
    "repeats": 64,
    "extra": ["intrinsic_class"],
    "theory": {
        "bound": IntrinsicBound(),
        "sharper": SharperBound(),
        "signed_leak": SignedLeakBound("linear"),
        "constant": Quantity("constant"),
        "harmful": Quantity("harmful"),
        "mutual_information": Quantity("mutual_information"),
        "two_view": Quantity("two_view"),
        "damage_universal": Quantity("damage", UNIVERSAL),
        "bound_universal": IntrinsicBound(UNIVERSAL),
        "sharper_universal": SharperBound(UNIVERSAL),
        "signed_leak_universal": SignedLeakBound(UNIVERSAL),
        "constant_universal": Quantity("constant", UNIVERSAL),
        "harmful_universal": Quantity("harmful", UNIVERSAL),
    },
}
GRIDS = [Experiment(generator=laws, **COMMON) for laws in ([NONE], *KINDS.values())]  # --tiny cuts each kind
EXPERIMENT = sum(GRIDS[1:], GRIDS[0])

SIZED = KINDS.only("V1 leak inside", "V9 selection", "V3 latent dropped", "V2 leak outside (control)")
LOG: dict[str, Any] = {"xscale": "log", "yscale": "log"}
AT_OPTIMUM, CUT = {"pretext": IDEAL}, {"pretext": RANK}
V1_AT_OPTIMUM = {"generator": V1, "pretext": IDEAL}
BOUND, EXACT = r"bound on V1: $\epsilon_{CI}^2/\beta^2$", "V1 exactly: the signed leak"

AT = Named(  # one law of each kind, V1 to V3 and V9 of one eps_CI
    "generator",
    {
        "none": NONE,
        "leak inside": V1[6],
        "leak outside, control": V2[6],
        "latent dropped": V3[4],
        "rank 1": V4[2],
        "variance only, control": V7[2],
        "selection": V9[5],
        "selection apart, control": APART[5],
    },
)
PRETEXTS = Named("pretext", {"OLS pretext": LEARNT, "pretext of rank $k-1$": RANK})
FIGURES = [
    Figure(
        [
            Panel(
                "intrinsic risk, linear class",
                "epsilon_ci_linear",
                SIZED.curves(where=AT_OPTIMUM),
                y="intrinsic_class",
                theory=[
                    Curve(BOUND, V1_AT_OPTIMUM, y="theory.bound"),
                    Curve(EXACT, V1_AT_OPTIMUM, y="theory.signed_leak", color="black"),
                ],
                xlabel=r"violation of independence $\epsilon_{CI}$",
                ylabel=r"risk above $e_{\mathrm{apx}}(x_1)$",
                **LOG,
            ),
            Panel(
                "intrinsic risk, universal class",
                "epsilon_ci_universal",
                SIZED.curves("theory.damage_universal", where=AT_OPTIMUM),
                theory=[
                    Curve(BOUND, V1_AT_OPTIMUM, y="theory.bound_universal"),
                    Curve(EXACT, V1_AT_OPTIMUM, y="theory.signed_leak_universal", color="black"),
                ],
                xlabel=r"violation of independence $\epsilon_{CI}$",
                ylabel=r"$e_{\mathrm{apx}}(\psi^\ast)$",
                **LOG,
            ),
            Panel(
                "intrinsic risk, linear class",
                "theory.mutual_information",
                (SIZED | KINDS.only("V7 variance only (control)")).curves(where=AT_OPTIMUM),
                y="intrinsic_class",
                xlabel=r"mutual information $I(X_1;X_2\,|\,Y)$, nats",
                ylabel=r"risk above $e_{\mathrm{apx}}(x_1)$",
                **LOG,
            ),
            Panel(
                "whole risk, pretext of rank $k-1$",
                "epsilon_ci_linear",
                SIZED.curves(where=CUT),
                y="excess_risk_class",
                xlabel=r"violation of independence $\epsilon_{CI}$",
                ylabel=r"risk above $e_{\mathrm{apx}}(x_1)$",
                **LOG,
            ),
        ],
        caption=(
            r"(a), (b) Exact: a leak inside the row space of $A$ costs <<slope>>$\,\epsilon_{CI}^2$, then flattens at "
            r"<<last>> (linear class), near all that there is to lose, <<all>>. On it lies the exact risk of the "
            r"signed leak (I14). A weak selection costs all that the bound (I6) allows with its own, falling $\beta$. "
            r"At the same $\epsilon_{CI}$ a leak outside and a dropped latent cost nothing. (c) Exact: nor does "
            r"dependence in variance alone, of up to <<nats>> nats. (d) Measured, $n_1=2000$, $n_2=200$: a pretext "
            r"cut to rank $k-1$ loses the label to a leak outside once that is the larger signal, and to a latent of "
            r"the same size at once."
        ),
        numbers={
            "slope": Quote("intrinsic_class", {**AT_OPTIMUM, "generator": V1[0]}, over="epsilon_ci_linear", power=2.0),
            "last": Quote("intrinsic_class", {**AT_OPTIMUM, "generator": V1[-1]}, digits=3),
            "all": Quote("theory.constant", {**AT_OPTIMUM, "generator": V1[-1]}, digits=3),
            "nats": Quote("theory.mutual_information", {**AT_OPTIMUM, "generator": V7}, "most"),
        },
    ),
    Figure(
        [AT.stack("one law of each kind", PRETEXTS.curves(), xlabel="violation")],
        caption=(
            r"$\epsilon_{CI}=$ <<size>> in both leaks, the latent and the selection. Of each intrinsic risk the class "
            r"floor is <<none>> (none, both leaks, rank 1, selection apart), <<V3>> (latent dropped), <<V7>> (variance "
            r"only), <<V9>> (selection). For the OLS pretext the controls and the latent add nothing to it, the leak "
            r"inside, rank 1 and selection do; rank $k-1$ adds to it in the leak outside, and where a latent is "
            r"dropped, where it has no one optimum and is not split. The pretext part is negative where an imperfect "
            r"$\tilde\psi$ keeps directions of $x_1$ that $\psi^\ast$ lost, and large in selection apart, where "
            r"$\beta=$ <<beta>>."
        ),
        numbers={
            "size": Quote("epsilon_ci_linear", {**AT_OPTIMUM, "generator": [V1[6], V2[6], V3[4], V9[5]]}, "range"),
            "none": Quote("class_floor", {**AT_OPTIMUM, "generator": NONE}),
            "V3": Quote("class_floor", {**AT_OPTIMUM, "generator": V3[4]}),
            "V7": Quote("class_floor", {**AT_OPTIMUM, "generator": V7[2]}, digits=3),
            "V9": Quote("class_floor", {**AT_OPTIMUM, "generator": V9[5]}),
            "beta": Quote("beta", {**AT_OPTIMUM, "generator": APART[5]}, digits=1),
        },
        columns=1,
        wide=True,
        name="split",
    ),
]
ROWS = Named(
    "pretext",
    {r"$\psi^\ast$ linear": IDEAL, "no task ($x_1$)": Raw(), "OLS pretext": LEARNT, "pretext of rank $k-1$": RANK},
).texts
TABLES = [
    AT.table(
        "Excess risk of OLS on pretexts under one violation of each kind",
        ["pretext"],
        ["generator"],
        name="kinds",
        labels=ROWS,
    ),
    *(
        AT.table(
            f"The same, {what}",
            ["pretext"],
            ["generator"],
            value=column,
            where={"pretext": [LEARNT, RANK]},
            name=f"kinds-{column.replace('_', '-')}",
            labels=ROWS,
        )
        for column, what in (
            ("intrinsic_class", "intrinsic risk above $e_{apx}(x_1)$"),
            ("pretext_part", "pretext part"),
            ("estimation", "estimation"),
        )
    ),
]

SIZES = {"V4 rank lost": "generator.rank", "V7 variance only (control)": "generator.spread"}
SIZES["V9 separable (control)"] = "generator.t_std"
FALLING = ("V4 rank lost", "V9 separable (control)")
WIDE = {
    "eps_CI": "epsilon_ci_universal",
    "eps_CI / beta": "theory.bound_universal",
    "sharper bound": "theory.sharper_universal",
    "harmful part": "theory.harmful_universal",
    "mutual information": "theory.mutual_information",
}
READABLE = [law for law in EVERY if law not in V4[1:]]
POOLED = {"all kinds": EVERY, "all kinds but V4": READABLE}
VERDICTS = [
    *(
        Verdict(
            kind.removesuffix(" (control)"),
            {"generator": laws, "pretext": IDEAL},
            SIZES.get(kind, "epsilon_ci_linear"),
            kind in FALLING,
            control="control" in kind,
        )
        for kind, laws in KINDS.items()
    ),
    *(Verdict(label, {"generator": laws, "pretext": IDEAL}, size="intrinsic_class") for label, laws in POOLED.items()),
    *(
        Verdict(
            f"{label}, universal",
            {"generator": laws, "pretext": IDEAL},
            size="theory.damage_universal",
            damage="theory.damage_universal",
            bound="theory.bound_universal",
            ceiling="theory.constant_universal",
            predictors=WIDE,
        )
        for label, laws in POOLED.items()
    ),
    *(
        Verdict(
            f"all but V4, {name}, measured",
            {"generator": READABLE, "pretext": pretext},
            size="excess_risk_class",
            damage="excess_risk_class",
        )
        for name, pretext in (("OLS pretext", LEARNT), ("rank $k-1$", RANK))
    ),
]
