"""How many labels does each task save?

Tasks of rank 2, learnt from 10,000 pairs (or rows), against supervised learners on x1: least squares, ridge tuned by
generalised cross-validation, kernel ridge tuned by leave-one-out, and a network of 32 tanh units whose penalty was
chosen once for each law among 10, 30, 100 and 300, on other draws. Structures are redrawn in every repetition. The
label multiplier of a task is n2(supervised) / n2(task) at equal excess risk; below the task's floor, which no number of
labels takes away, there is none.

(a) Factors in noise of a different variance in each coordinate, where E[y|x1] is linear and the tasks' floors differ.
(b) Three classes in unit noise, whose E[y|x1] is not linear: linear read-outs stop at the class floor, so the
regression of x2 on x1 is read by kernel ridge as well. (c) Two exchangeable views in noise far from isotropic.
"""

from collections.abc import Sequence
from typing import Any

from sklearn.neural_network import MLPRegressor

from testbed import Experiment
from testbed.generators import CleanMixture, ExchangeableViews, Factors
from testbed.pretexts import CCA, PCA, DenoisingAutoencoder, Predict, Pretext, PseudoLikelihood, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, ReducedRank, Regressor, Ridge, Sklearn
from testbed.report import Curve, Figure, Multiplier, Panel, Table

N2 = [10, 20, 40, 80, 160, 320, 640, 1280]
FACTORS, CLASSES, VIEWS = Factors(r=2, d1=30, d2=30), CleanMixture(k=3, d1=30, d2=8), ExchangeableViews(k=3, d=10)
LAWS: dict[str, Any] = {"factors, unequal noise": FACTORS, "classes": CLASSES, "exchangeable views": VIEWS}
LEVELS = {FACTORS: [0.8, 0.1, 0.02], CLASSES: [0.15, 0.11, 0.06], VIEWS: [0.4, 0.1, 0.06]}
ENOUGH = {FACTORS: 40, CLASSES: 40, VIEWS: 20}  # labels from which least squares on x1 has a mean

REGRESSION = Predict(ReducedRank(2))
ONE_VIEW: dict[str, tuple[Pretext, Regressor]] = {
    "PCA": (PCA(2), OLS()),
    "mask": (DenoisingAutoencoder("mask", 0.5, 2), OLS()),
    "PL": (Truncated(PseudoLikelihood(), 2), OLS()),
}
TWO_VIEWS: dict[str, tuple[Pretext, Regressor]] = {"CCA": (CCA(2), OLS()), "$x_2|x_1$": (REGRESSION, OLS())}
CURVED: dict[str, tuple[Pretext, Regressor]] = {"$x_2|x_1$, kernel probe": (REGRESSION, KernelRidge())}
TASKS = {
    FACTORS: ONE_VIEW | TWO_VIEWS,
    CLASSES: {"PCA": ONE_VIEW["PCA"]} | TWO_VIEWS | CURVED,
    VIEWS: {"PCA": ONE_VIEW["PCA"]} | TWO_VIEWS | CURVED,
}


def network(penalty: float) -> Regressor:
    """Choose a small network with this penalty."""
    settings: dict[str, Any] = {"hidden_layer_sizes": (32,), "activation": "tanh", "solver": "lbfgs", "tol": 3e-3}
    return Sklearn(MLPRegressor(alpha=penalty, max_iter=1000, **settings))


PENALTY = {FACTORS: 100.0, CLASSES: 10.0, VIEWS: 10.0}
SUPERVISED: dict[Any, dict[str, Regressor]] = {
    law: {"OLS": OLS(), "ridge": Ridge("gcv"), "kernel ridge": KernelRidge(), "network": network(PENALTY[law])}
    for law in LAWS.values()
}


def grid(law: Any, method: tuple[Pretext, Regressor], n2: Sequence[int] = N2) -> Experiment:
    """Lay out one method on one law."""
    return Experiment(
        name="tasks_label_efficiency",
        generator=[law],
        pretext=[method[0]],
        probe=[method[1]],
        n_unlabeled=[10_000],
        n_labeled=n2,
        repeats=32,
    )


GRIDS = [
    *(grid(law, method) for law in LAWS.values() for method in TASKS[law].values()),
    *(
        grid(law, (Raw(), learner), [n for n in N2 if name != "OLS" or n >= ENOUGH[law]])
        for law in LAWS.values()
        for name, learner in SUPERVISED[law].items()
    ),
]
EXPERIMENT = sum(GRIDS[1:], GRIDS[0])


def where(method: tuple[Pretext, Regressor]) -> dict[str, object]:
    """Select the cells of one method."""
    return {"pretext": method[0], "probe": method[1]}


GREY = {"OLS": ("0.1", "+"), "ridge": ("0.35", "x"), "kernel ridge": ("0.5", "<"), "network": ("0.6", ">")}

FIGURES = [
    Figure(
        [
            Panel(
                name,
                "n_labeled",
                [
                    *(
                        Curve(task, where(method), color="#56b4e9" if "kernel" in task else None)
                        for task, method in TASKS[law].items()
                    ),
                    *(
                        Curve(f"{short} on $x_1$", where((Raw(), learner)), color=GREY[short][0], marker=GREY[short][1])
                        for short, learner in SUPERVISED[law].items()
                    ),
                ],
                where={"generator": law},
                theory=[Curve("class floor", where((Raw(), OLS())), y="class_floor")] if law != FACTORS else [],
                xscale="log",
                yscale="log",
            )
            for name, law in LAWS.items()
        ],
        caption=(
            r"Tasks of rank 2 learnt from $n_1=10^4$ (colours, least-squares probe unless named) and supervised "
            r"learners on $x_1$ (greys). (a) Where the task keeps the label it saves labels: at risk .1, ridge "
            r"needs 9.1 labels for each label of CCA (95%: 7.6 to 11), at .02 7.8; PCA has a floor of .58, below "
            r"which no number of labels takes it. (b) Linear read-outs stop at the class floor, .092, where kernel "
            r"ridge and the network go on; the same representation under a kernel probe goes on as well, and at "
            r".06 the network needs 12.3 labels for each of its labels (11.1 to 13.6). (c) PCA costs labels: at .4 "
            r"ridge needs .42 for each of its labels (.26 to .66). All multipliers: multipliers.md."
        ),
    )
]

MULTIPLIERS = [
    Multiplier(
        f"{name}: {task}",
        where(method),
        {short: where((Raw(), learner)) for short, learner in SUPERVISED[law].items()},
        LEVELS[law],
        where={"generator": law},
    )
    for name, law in LAWS.items()
    for task, method in TASKS[law].items()
]

NAMES = {f"{pretext} + {probe}": task for tasks in TASKS.values() for task, (pretext, probe) in tasks.items()} | {
    f"Raw() + {learner}": short for learners in SUPERVISED.values() for short, learner in learners.items()
}

TABLES = [
    Table(
        f"Excess risk on {name}",
        where={"generator": law},
        rows=["n_labeled"],
        columns=["pretext", "probe"],
        labels=NAMES,
        name=f"efficiency{place}",
    )
    for place, (name, law) in enumerate(LAWS.items())
]
