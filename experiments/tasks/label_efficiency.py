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

from typing import Any

from sklearn.neural_network import MLPRegressor

from testbed import Experiment
from testbed.generators import CleanMixture, ExchangeableViews, Factors
from testbed.pretexts import CCA, PCA, DenoisingAutoencoder, Predict, PseudoLikelihood, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, ReducedRank, Ridge, Sklearn
from testbed.report import Figure, Multiplier, Named, Panel, Quote

N2 = [10, 20, 40, 80, 160, 320, 640, 1280]
FACTORS, CLASSES, VIEWS = Factors(r=2, d1=30, d2=30), CleanMixture(k=3, d1=30, d2=8), ExchangeableViews(k=3, d=10)
LAWS = Named("generator", {"factors, unequal noise": FACTORS, "classes": CLASSES, "exchangeable views": VIEWS})
LEVELS = {FACTORS: [0.8, 0.1, 0.02], CLASSES: [0.15, 0.11, 0.06], VIEWS: [0.4, 0.1, 0.06]}
ENOUGH = {FACTORS: 40, CLASSES: 40, VIEWS: 20}  # labels from which least squares on x1 has a mean

METHOD = ("pretext", "probe")
REGRESSION = Predict(ReducedRank(2))
PRINCIPAL = Named(METHOD, {"PCA": (PCA(2), OLS())})
ONE_VIEW = PRINCIPAL | Named(
    METHOD,
    {
        "masked denoising": (DenoisingAutoencoder("mask", 0.5, 2), OLS()),
        "pseudo-likelihood": (Truncated(PseudoLikelihood(), 2), OLS()),
    },
)
TWO_VIEWS = Named(METHOD, {"CCA": (CCA(2), OLS()), "regression of $x_2$": (REGRESSION, OLS())})
CURVED = Named(METHOD, {"regression, kernel probe": (REGRESSION, KernelRidge())})
TASKS = {
    FACTORS: ONE_VIEW | TWO_VIEWS,
    CLASSES: PRINCIPAL | TWO_VIEWS | CURVED,
    VIEWS: PRINCIPAL | TWO_VIEWS | CURVED,
}

PENALTY = {FACTORS: 100.0, CLASSES: 10.0, VIEWS: 10.0}
NETWORK: dict[str, Any] = {"hidden_layer_sizes": (32,), "activation": "tanh", "solver": "lbfgs", "tol": 3e-3}
SUPERVISED = {
    law: Named(
        METHOD,
        {
            "OLS": (Raw(), OLS()),
            "ridge": (Raw(), Ridge("gcv")),
            "kernel ridge": (Raw(), KernelRidge()),
            "network": (Raw(), Sklearn(MLPRegressor(alpha=penalty, max_iter=1000, **NETWORK))),
        },
    )
    for law, penalty in PENALTY.items()
}

COMMON: dict[str, Any] = {"name": "tasks_label_efficiency", "n_unlabeled": [10_000], "repeats": 32}
GRIDS = [
    Experiment(generator=[law], pretext=[pretext], probe=[probe], n_labeled=N2, **COMMON)
    for law in LAWS.values()
    for pretext, probe in TASKS[law].values()
] + [
    Experiment(
        generator=[law],
        pretext=[pretext],
        probe=[probe],
        n_labeled=[n for n in N2 if name != "OLS" or n >= ENOUGH[law]],
        **COMMON,
    )
    for law in LAWS.values()
    for name, (pretext, probe) in SUPERVISED[law].items()
]
EXPERIMENT = sum(GRIDS[1:], GRIDS[0])

GREY = {"ridge": "0.1", "kernel ridge": "0.35", "network": "0.55"}
MARK = {"ridge": "x", "kernel ridge": "<", "network": ">"}
SHOWN_TASKS, SHOWN_LEARNERS = ("PCA", "CCA", "regression, kernel probe"), ("ridge", "kernel ridge", "network")
FLOOR = SUPERVISED[CLASSES].only("OLS").curves("class_floor", label="class floor")

SAVED: dict[str, Any] = {"column": "multiplier", "frame": "multipliers"}

FIGURES = [
    Figure(
        [
            Panel(
                name,
                "n_labeled",
                [
                    *TASKS[law].only(*(t for t in SHOWN_TASKS if t in TASKS[law])).curves(),
                    *SUPERVISED[law].only(*SHOWN_LEARNERS).curves(label="{} on $x_1$", color=GREY, marker=MARK),
                ],
                where={"generator": law},
                theory=FLOOR if law != FACTORS else [],
                xscale="log",
                yscale="log",
            )
            for name, law in LAWS.items()
        ],
        caption=(
            r"Tasks of rank 2 learnt from $n_1=10^4$ (colours, least-squares probe unless named) and supervised "
            r"learners on $x_1$ (greys). (a) Where the task keeps the label it saves labels: at risk .1, ridge "
            r"needs <<cca>> labels for each label of CCA, at .02 <<cca low>>; PCA has a floor of <<pca>>, below "
            r"which no number of labels takes it. At $n_2=1280$ CCA has <<last>>; the regression of $x_2$, <<ols>>, "
            r"and pseudo-likelihood, <<pl>>, lie a little above it and are left out; masked denoising has <<mask>>. "
            r"(b) Linear read-outs stop at the class floor, <<floor>>, where kernel ridge and the network go on; the "
            r"same representation under a kernel probe goes on as well, and at .06 the network needs <<network>> "
            r"labels for each of its labels. (c) PCA costs labels: at .4 ridge needs <<cost>> for each of its labels. "
            r"All tasks and learners: table.tex; all multipliers: multipliers.md."
        ),
        numbers={
            "cca": Quote(
                where={"label": "factors, unequal noise: CCA", "baseline": "ridge", "level": 0.1},
                pick="interval",
                **SAVED,
            ),
            "cca low": Quote(
                where={"label": "factors, unequal noise: CCA", "baseline": "ridge", "level": 0.02}, **SAVED
            ),
            "pca": Quote("intrinsic", {"generator": FACTORS, "pretext": PCA(2), "n_labeled": N2[-1]}),
            **{
                name: TASKS[FACTORS].quote(task, where={"generator": FACTORS, "n_labeled": N2[-1]})
                for name, task in (
                    ("last", "CCA"),
                    ("ols", "regression of $x_2$"),
                    ("pl", "pseudo-likelihood"),
                    ("mask", "masked denoising"),
                )
            },
            "floor": Quote("class_floor", {"generator": CLASSES, "pretext": PCA(2), "n_labeled": N2[-1]}),
            "network": Quote(
                where={"label": "classes: regression, kernel probe", "baseline": "network", "level": 0.06},
                pick="interval",
                digits=3,
                **SAVED,
            ),
            "cost": Quote(
                where={"label": "exchangeable views: PCA", "baseline": "ridge", "level": 0.4}, pick="interval", **SAVED
            ),
        },
    )
]

MULTIPLIERS = [
    Multiplier(f"{name}: {task}", cells, SUPERVISED[law].cells(), LEVELS[law], where={"generator": law})
    for name, law in LAWS.items()
    for task, cells in TASKS[law].cells().items()
]

TABLES = [
    (TASKS[law] | SUPERVISED[law]).table(
        f"Excess risk on {name}", ["n_labeled"], where={"generator": law}, name=f"efficiency{place}"
    )
    for place, (name, law) in enumerate(LAWS.items())
]
