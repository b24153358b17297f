"""What does each task make linear?

The same representation is read by a linear probe (least squares) and by a kernel probe, before a task (psi = x1) and
after it (psi = the task's population optimum, so that nothing is left to learn but the read-out). The intrinsic risk of
the linear probe is information lost + not linear: the first no probe repairs, the second a kernel probe does.

(a) to (d): x1 takes 30 values, so that everything but the draws of labels is an exact sum. (a) Three classes that make
the views independent. (b) Two hidden states in each class: rank 3 is too few for what the pairs know. (c) A share of .3
of the mass has no structure: independence given the class fails. (d) x2 with a random sign: its mean given x1 says
nothing, and no regression of it keeps anything. (e) Two exchangeable views in Gaussian noise far from isotropic, where
principal components lose labels.
"""

from typing import Any

from testbed import Experiment
from testbed.generators import CleanFinite, ExchangeableViews, RandomSign
from testbed.pretexts import CCA, PCA, Contrastive, Landmarks, Optimum, Oracle, Predict, Pretext, Raw
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Regressor
from testbed.report import Curve, Figure, Panel, Slope, Stack, Table

N2 = [100, 1000, 10_000, 100_000]
HOLDS, SIGN = CleanFinite(k=3), RandomSign(CleanFinite(k=3))
VIEWS = ExchangeableViews(k=3, d=10, structure_seed=0)
LAWS: dict[str, Any] = {
    "30 points, CI holds": HOLDS,
    "30 points, hidden states": CleanFinite(k=3, m=2),
    "30 points, CI fails": CleanFinite(k=3, leak=0.3),
    "30 points, random sign of $x_2$": SIGN,
    "exchangeable views": VIEWS,
}

LINEAR: dict[Pretext, str] = {
    Raw(): "$x_1$",
    Optimum(PCA(2)): "PCA",
    Optimum(CCA(2)): "CCA",
    Optimum(Predict(ReducedRank(2))): "aff",
}
SPECTRAL = Optimum(Contrastive("spectral", 3))
PAIRS: dict[Pretext, str] = {
    SPECTRAL: "spec",
    Optimum(Contrastive("infonce")): "info",
    Optimum(Landmarks(16)): "land",
}
TASKS = LINEAR | {Oracle("universal"): "any"} | PAIRS
NAMES = {str(task): short for task, short in TASKS.items()}
EVERYWHERE: dict[Any, list[Pretext]] = {law: list(TASKS) for law in LAWS.values()}
EVERYWHERE |= {SIGN: [*LINEAR, *PAIRS], VIEWS: list(LINEAR)}  # E[x2|x1] = 0 on SIGN, and pairs are counted on points

LEAST_SQUARES = OLS()
KERNEL: dict[Any, Regressor] = {law: KernelRidge(bandwidth=0.3) for law in LAWS.values()} | {VIEWS: Nystroem(300)}


def grid(law: Any) -> Experiment:
    """Lay out the tasks of one law under both probes."""
    return Experiment(
        name="tasks_linearity",
        generator=[law],
        pretext=EVERYWHERE[law],
        probe=[LEAST_SQUARES, KERNEL[law]],
        n_unlabeled=[1],  # nothing is learnt from pairs
        n_labeled=N2[:3] if law == VIEWS else N2,
        repeats=20,
        draws="rows",
        extra=["information_lost", "not_linear"],
    )


GRIDS = [grid(law) for law in LAWS.values()]
EXPERIMENT = sum(GRIDS[1:], GRIDS[0])


def probes(law: Any) -> dict[str, Regressor]:
    """Name the probes of a law."""
    return {"linear probe": LEAST_SQUARES, "kernel probe": KERNEL[law]}


def approach(name: str, law: Any, tasks: dict[str, Pretext]) -> Panel:
    """Follow the risk of both probes along the number of labels."""
    return Panel(
        name,
        "n_labeled",
        [
            Curve(f"{short}, {word}", {"pretext": task, "probe": probe})
            for short, task in tasks.items()
            for word, probe in probes(law).items()
        ],
        where={"generator": law},
        xscale="log",
        yscale="log",
    )


FIGURES = [
    Figure(
        [
            Stack(
                f"{name}, $n_2=1000$",
                "pretext",
                [Curve(word, {"probe": probe}) for word, probe in probes(law).items()],
                where={"generator": law, "n_labeled": 1000},
                ticks=NAMES,
                xlabel="read from",
                split=True,
            )
            for name, law in LAWS.items()
        ],
        caption=(
            r"Before ($x_1$) and after a task at its population optimum, $n_2=1000$: PCA, CCA, affine (aff) and "
            r"any (any) regression of $x_2$ on $x_1$, spectral contrast of rank 3 (spec), InfoNCE (info), 16 "
            r"landmarks (land). Of the linear probe's risk in (a), .212 is not linear in $x_1$ and 0 after any, "
            r"spec and land: it has .0007 there, the kernel probe .0111 on $x_1$. (b) Spectral contrast of rank 3 "
            r"leaves .143 not linear, landmarks 0. (c) Without independence the tasks of pairs leave .007 to .010. "
            r"(d) Linear tasks of two views lose .358, which is all there is. (e) PCA loses .277; CCA loses "
            r"nothing and leaves .063 not linear, which a kernel probe reads (.0077; on $x_1$ .052). The kernel "
            r"probe's intrinsic part is information lost; on aff in (a) it varies much between draws of labels. "
            r"The halves of (e) are means over 32,768 points."
        ),
    ),
    Figure(
        [
            approach("30 points, CI holds", HOLDS, {"$x_1$": Raw(), "PCA": Optimum(PCA(2)), "spec": SPECTRAL}),
            approach("exchangeable views", VIEWS, {"$x_1$": Raw(), "PCA": Optimum(PCA(2)), "CCA": Optimum(CCA(2))}),
        ],
        caption=(
            r"Risk of both probes along $n_2$. (a) The linear probe stops at what is not linear (.212 on $x_1$, "
            r".291 after PCA), the kernel probe at what is lost, here 0; on the spectral features, in which "
            r"nothing is left to bend, the linear probe is ahead throughout. (b) PCA lost .277 for every probe; "
            r"after CCA the kernel probe is at .0016, on $x_1$ at .028 with as many labels."
        ),
        name="approach",
    ),
]

SLOPES = [
    Slope(
        f"{name}, {TASKS[task]}, linear probe",
        {"generator": law, "pretext": task, "probe": LEAST_SQUARES, "n_labeled": N2[1:]},
        "n_labeled",
        "estimation",
        0.0,
        -1.0,
    )
    for name, law in LAWS.items()
    for task in (Raw(), SPECTRAL)
    if task in EVERYWHERE[law] and law != VIEWS
]

TABLES = [
    Table(
        what,
        where={"probe": LEAST_SQUARES, "n_labeled": N2[0]},
        value=column,
        rows=["generator"],
        columns=["pretext"],
        labels=NAMES,
        name=column,
    )
    for column, what in (("information_lost", "Information lost"), ("not_linear", "Not linear"))
] + [
    Table(
        f"Excess risk of the {word} on {name}",
        where={"generator": law, "probe": probe},
        rows=["n_labeled"],
        columns=["pretext"],
        labels=NAMES,
        name=f"{word[:6]}{place}",
    )
    for place, (name, law) in enumerate(LAWS.items())
    for word, probe in probes(law).items()
]
