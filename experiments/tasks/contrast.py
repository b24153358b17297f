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

from collections.abc import Mapping, Sequence

from testbed import Experiment
from testbed.generators import CleanFinite, CleanMixture, DirectEdge, Generator, RandomSign, vary
from testbed.pretexts import ACE, CCA, Contrastive, Predict, Pretext, Truncated
from testbed.regressors import OLS, ReducedRank
from testbed.report import Curve, Figure, Panel, Table

LEAK = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7]
RHO = [0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8]


def finite(seed: int) -> list[Generator]:
    """Laws along the leak, of one structure."""
    return vary(CleanFinite, k=3, s1=30, s2=20, d1=29, d2=8, leak=LEAK, structure_seed=seed)


ONE, TWO = finite(2), finite(0)
SIGNED: list[Generator] = [RandomSign(law) for law in ONE]
CLASSES = CleanMixture(k=3, d1=12, d2=8)
INSIDE, OUTSIDE = (
    vary(DirectEdge, base=[CLASSES], rho=RHO, direction=direction) for direction in (["inside"], ["outside"])
)

CONTRASTIVE, REGRESSION = "contrastive (ACE)", "regression of $x_2$"
TABLED: dict[str, Pretext] = {CONTRASTIVE: ACE(2), REGRESSION: Truncated(Predict(OLS()), 2)}
LINEAR: dict[str, Pretext] = {"CCA": CCA(2), REGRESSION: Predict(ReducedRank(2))}


def grid(laws: Sequence[Generator], tasks: Sequence[Pretext], rows: bool) -> Experiment:
    """Lay out the cells of some laws."""
    return Experiment(
        name="tasks_contrast",
        generator=laws,
        pretext=tasks,
        probe=[OLS()],
        n_unlabeled=[10_000],
        n_labeled=[500],
        repeats=64,
        draws="rows" if rows else "auto",
    )


EXPERIMENT = grid([*SIGNED, *ONE, *TWO], [*TABLED.values(), Contrastive("spectral", 3)], rows=True) + grid(
    [*INSIDE, *OUTSIDE], list(LINEAR.values()), rows=False
)


def panel(title: str, x: str, laws: Mapping[str, Sequence[Generator]], tasks: Mapping[str, Pretext]) -> Panel:
    """Draw learnt tasks over the intrinsic risk of their optima."""
    where = {
        f"{task}{name}": {"generator": list(law), "pretext": learner}
        for name, law in laws.items()
        for task, learner in tasks.items()
    }
    return Panel(
        title,
        x,
        [Curve(name, cells) for name, cells in where.items()],
        theory=[Curve("optimum: intrinsic risk", cells, y="intrinsic", color="0.3") for cells in where.values()],
        xlabel=r"edge $\rho$" if x == "generator.rho" else "leak: share of mass without structure",
    )


FIGURES = [
    Figure(
        [
            panel("$A=0$: a hidden sign on $x_2$", "generator.base.leak", {"": SIGNED}, TABLED),
            panel("the same law without the sign", "generator.leak", {"": ONE}, TABLED),
            panel("another law, without a sign", "generator.leak", {"": TWO}, TABLED),
            panel("Gaussian classes", "generator.rho", {", inside": INSIDE, ", outside": OUTSIDE}, LINEAR),
        ],
        caption=(
            r"Two dimensions, $n_1=10^4$, $n_2=500$. (a) $E[x_2|y]=0$: the regression lacks the whole label (.293), "
            r"contrastive learning nothing. (b) Without the sign both lose nothing where independence holds. As it "
            r"fails contrastive learning is the better one at first (.024 against .034 at a leak of .2), then its "
            r"second function is one of the leak (.093 against .049 at .3). (c) In another law it is the regression "
            r"that follows the leak (.053 against .014 at .4). (d) An edge outside the row space of $A$ costs nothing "
            r"until it has more correlation than the classes (CCA, from .35 to .4) or more variance (regression, .4 "
            r"to .45), then the whole label; inside it costs from the start, and the two agree up to .6."
        ),
    )
]

TABLES = [
    Table(
        f"{what}, {name}",
        where={"generator": laws, "pretext": list(tasks.values())},
        value=value,
        rows=[x],
        columns=["pretext"],
        labels={str(task): short for short, task in tasks.items()},
        name=f"{value}{place}",
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
