"""Contrastive learning against regression: where means say nothing, and where independence fails.

Finite laws of three classes, in whose embedding every function of x1 is affine, so that least squares finds E[x2|x1].
Regression gives the two leading components of it, contrastive learning the two functions that follow the constant (ACE;
the spectral loss at rank 3 has the same span, with the constant).

(a) A hidden fair sign multiplies x2 (V8): E[x2|y] = 0, so A = 0 and regression sees nothing with any number of pairs,
while p(x2|y) still differs between classes. Along x, a share of the mass moves to a table without structure, and
conditional independence fails. (b) The same law without the sign. (c) Another law of the same kind. (d) Gaussian
classes with an edge from x1 to x2 inside the states, of canonical correlation rho, inside the row space of A (V1) and
outside it (V2); CCA takes the place of ACE. The price of two dimensions: what has most correlation, or most variance,
is kept, label or not.
"""

from typing import Any

from testbed import Experiment
from testbed.generators import CleanFinite, CleanMixture, DirectEdge, RandomSign, vary
from testbed.pretexts import ACE, CCA, Contrastive, Predict, Truncated
from testbed.regressors import OLS, ReducedRank
from testbed.report import Figure, Named, Panel

LEAK = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7]
RHO = [0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8]
FINITE: dict[str, Any] = {"k": 3, "s1": 30, "s2": 20, "d1": 29, "d2": 8, "leak": LEAK}
ONE, TWO = vary(CleanFinite, structure_seed=2, **FINITE), vary(CleanFinite, structure_seed=0, **FINITE)
SIGNED = [RandomSign(law) for law in ONE]
EDGE: dict[str, Any] = {"base": [CleanMixture(k=3, d1=12, d2=8)], "rho": RHO}
INSIDE, OUTSIDE = vary(DirectEdge, direction="inside", **EDGE), vary(DirectEdge, direction="outside", **EDGE)

TABLED = Named("pretext", {"contrastive (ACE)": ACE(2), "regression of $x_2$": Truncated(Predict(OLS()), 2)})
LINEAR = Named("pretext", {"CCA": CCA(2), "regression of $x_2$": Predict(ReducedRank(2))})
EDGES = Named(  # the same two, inside and outside
    ("generator", "pretext"),
    {
        f"{task}, {side}": (laws, learner)
        for side, laws in (("inside", INSIDE), ("outside", OUTSIDE))
        for task, learner in LINEAR.items()
    },
)

COMMON: dict[str, Any] = {
    "name": "tasks_contrast",
    "probe": [OLS()],
    "n_unlabeled": [10_000],
    "n_labeled": [500],
    "repeats": 64,
}
EXPERIMENT = Experiment(
    generator=[*SIGNED, *ONE, *TWO],
    pretext=[*TABLED.of("pretext"), Contrastive("spectral", 3)],
    draws="rows",
    **COMMON,
) + Experiment(generator=[*INSIDE, *OUTSIDE], pretext=LINEAR.of("pretext"), **COMMON)

OPTIMUM: dict[str, Any] = {"y": "intrinsic", "label": "its optimum: intrinsic risk", "color": "0.3", "of": "{}"}
SHOWN = [
    ("$A=0$: a hidden sign on $x_2$", "generator.base.leak", TABLED, {"generator": SIGNED}),
    ("the same law without the sign", "generator.leak", TABLED, {"generator": ONE}),
    ("another law, without a sign", "generator.leak", TABLED, {"generator": TWO}),
    ("Gaussian classes", "generator.rho", EDGES, {}),
]
XLABELS = {"generator.rho": r"edge $\rho$"}

ACE_2, REGRESSED = TABLED
LOST: dict[str, Any] = {"column": "intrinsic"}  # of the label, at the optimum of a task

FIGURES = [
    Figure(
        [
            Panel(
                title,
                x,
                tasks.curves(),
                where=where,
                theory=tasks.curves(**OPTIMUM),
                xlabel=XLABELS.get(x, "leak: share of mass without structure"),
            )
            for title, x, tasks, where in SHOWN
        ],
        caption=(
            r"Two dimensions, $n_1=10^4$, $n_2=500$; dashed, in the colour of each task, its optimum. (a) "
            r"$E[x_2|y]=0$: the regression lacks the whole label (<<all>>), contrastive learning nothing. (b) Without "
            r"the sign both lose nothing where independence holds. As it fails contrastive learning is the better one "
            r"at first (<<ace .2>> against <<ols .2>> at a leak of .2), then its second function is one of the leak "
            r"(<<ace .3>> against <<ols .3>> at .3). (c) In another law it is the regression that follows the leak "
            r"(<<ols .4>> against <<ace .4>> at .4). (d) An edge outside the row space of $A$ costs nothing beyond "
            r"the class floor until it has more correlation than the classes (CCA: <<cca .35>> at .35, <<cca .4>> at "
            r".4) or more variance (regression: <<edge .4>> at .4, <<edge .45>> at .45), then the whole label; inside "
            r"it costs from the start, <<inside .1>> at .1, and the two agree (at .6 <<inside .6>>)."
        ),
        numbers={
            "all": TABLED.quote(REGRESSED, where={"generator": SIGNED[0]}, **LOST),
            "ace .2": TABLED.quote(ACE_2, where={"generator": ONE[4]}, **LOST),
            "ols .2": TABLED.quote(REGRESSED, where={"generator": ONE[4]}, **LOST),
            "ace .3": TABLED.quote(ACE_2, where={"generator": ONE[6]}, **LOST),
            "ols .3": TABLED.quote(REGRESSED, where={"generator": ONE[6]}, **LOST),
            "ace .4": TABLED.quote(ACE_2, where={"generator": TWO[7]}, **LOST),
            "ols .4": TABLED.quote(REGRESSED, where={"generator": TWO[7]}, **LOST),
            "cca .35": LINEAR.quote("CCA", where={"generator": OUTSIDE[4]}, **LOST),
            "cca .4": LINEAR.quote("CCA", where={"generator": OUTSIDE[5]}, **LOST),
            "edge .4": LINEAR.quote(REGRESSED, where={"generator": OUTSIDE[5]}, **LOST),
            "edge .45": LINEAR.quote(REGRESSED, where={"generator": OUTSIDE[6]}, **LOST),
            "inside .1": LINEAR.quote(where={"generator": INSIDE[1]}, pick="range", **LOST),
            "inside .6": LINEAR.quote(where={"generator": INSIDE[8]}, pick="range", **LOST),
        },
    )
]

TABLES = [
    tasks.table(
        f"{what}, {name}",
        [x],
        value=value,
        where={"generator": laws},
        name=f"{value}{place}",
        message=value == "excess_risk" and place in (0, 2),
    )
    for place, (name, laws, x, tasks) in enumerate(
        (
            ("a hidden sign", SIGNED, "generator.base.leak", TABLED),
            ("the same law without the sign", ONE, "generator.leak", TABLED),
            ("another law, without a sign", TWO, "generator.leak", TABLED),
            ("Gaussian classes, edge inside", INSIDE, "generator.rho", LINEAR),
            ("Gaussian classes, edge outside", OUTSIDE, "generator.rho", LINEAR),
        )
    )
    for value, what in (("intrinsic", "Intrinsic risk"), ("excess_risk", "Excess risk"))
]
