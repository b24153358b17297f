"""Which task keeps the label where linear ones cannot? Networks beside them; needs jax and optax (`testbed[neural]`).

Four laws, their structures held fixed. (a) Three classes on orthogonal means in unit noise, conditional independence.
(b) The same with a random sign on x2: A = 0, and E[x2|x1] says nothing, while the law of x2 still tells the class.
(c) Two classes that are the parity of two bits, of which x1 shows both as means in two of its coordinates and x2 the
parity in one: no affine function of x1 is correlated to the class, or to x2. (d) Two exchangeable views of one of three
states in noise that is far from isotropic.

A task gives k - 1 coordinates, k where one of its functions is the constant (spectral) or where its scores have a level
of their own (logistic, InfoNCE), and is read by the same least-squares probe on the same 200 labels. Regressions are
cut to their k - 1 leading components. Optima of the nonlinear tasks are those over all functions. At 10^5 pairs the
autoencoder, the kernel and the network for regression are left out for their time.
"""

from typing import Any

import numpy as np

from testbed import Experiment
from testbed.generators import CleanMixture, ExchangeableViews, RandomSign
from testbed.laws import GaussianMixture
from testbed.pretexts import (
    PCA,
    Autoencoder,
    ContrastiveNetwork,
    DeepCCA,
    InstanceClassification,
    Oracle,
    Predict,
    Raw,
    Truncated,
)
from testbed.regressors import OLS, Network, Nystroem, ReducedRank
from testbed.report import Figure, Named

N1 = Named("n_unlabeled", {"$n_1=10^3$": 1000, "$n_1=10^4$": 10_000, "$n_1=10^5$": 100_000})
BITS = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
PARITY = GaussianMixture(
    probability=np.full(4, 0.25),
    mean=2.0 * np.hstack([BITS, np.zeros((4, 10)), BITS[:, :1] * BITS[:, 1:], np.zeros((4, 7))]),
    covariance=np.eye(20),
    d1=12,
    label=[0, 1, 1, 0],
)
CLASSES = CleanMixture(k=3, d1=12, d2=8, sigma_min=2.0, structure_seed=0)
LAWS = Named(
    "generator",
    {
        "classes, CI holds": CLASSES,
        "random sign on $x_2$, $A=0$": RandomSign(CLASSES),
        "parity of two bits": PARITY,
        "exchangeable views": ExchangeableViews(k=3, d=10, structure_seed=0),
    },
)
LINEAR = Named(
    "pretext",
    {
        "none": Raw(),
        "PCA": PCA("k-1"),
        "instances": InstanceClassification("k-1"),
        "reduced rank": Predict(ReducedRank("k-1")),
    },
)
SLOW = Named(
    "pretext",
    {
        "autoencoder": Autoencoder("k-1", (32,)),
        "kernel": Truncated(Predict(Nystroem(300)), "k-1"),
        "network": Truncated(Predict(Network(64)), "k-1"),
    },
)
NEURAL = Named(
    "pretext",
    {
        "deep CCA": DeepCCA("k-1"),
        "spectral": ContrastiveNetwork("spectral", "k"),
        "logistic": ContrastiveNetwork("logistic", "k"),
        "InfoNCE": ContrastiveNetwork("infonce", "k"),
    },
)
TRUTH = Named("pretext", {r"$\psi^\ast$": Oracle("universal")})
TASKS = LINEAR | SLOW | NEURAL | TRUTH

COMMON: dict[str, Any] = {
    "name": "tasks_neural_league",
    "generator": LAWS.of("generator"),
    "probe": [OLS()],
    "n_labeled": [200],
    "repeats": 10,
    "draws": "rows",
    "extra": ["information_lost", "not_linear"],
}
EXPERIMENT = Experiment(pretext=TASKS.of("pretext"), n_unlabeled=[1000, 10_000], **COMMON) + Experiment(
    pretext=(LINEAR | NEURAL | TRUTH).of("pretext"), n_unlabeled=[100_000], **COMMON
)

CLASSED, SIGNED, PARTED, VIEWED = LAWS
AT = LAWS.cells(n_unlabeled=100_000)
FEW = {"n_unlabeled": 1000}
MEANT = (
    r"Tasks of $k-1$ or $k$ coordinates, $n_2=200$: none ($x_1$), PCA, instances, regressions of $x_2$ on $x_1$ by "
    r"reduced rank, 300 Nyström landmarks (kernel) and a network, an autoencoder, deep CCA, contrastive networks with "
    r"the spectral, the logistic and the InfoNCE loss, and $\psi^\ast=\mathrm{E}[x_2|x_1]$; autoencoder, kernel and "
    r"network to $n_1=10^4$. "
)

FIGURES = [
    Figure(
        [
            TASKS.stack(law, N1.curves(), where=where, xlabel="task", split=True)
            for law, where in LAWS.only(CLASSED, SIGNED).cells().items()
        ],
        caption=(
            MEANT
            + r"Grey: the optimum is not known; blue: an intrinsic part whose halves are not known. (a) From 1000 "
            r"pairs deep CCA and contrastive networks lose more (<<few>>) than having no task does (<<none>>); from "
            r"$10^5$ they are below the floor of linear tasks, <<floor>>: <<many>>. (b) $\mathrm{E}[x_2|x_1]=0$: "
            r"regressions keep what directions their noise happens to read, in parts below 0; deep CCA and contrastive "
            r"networks come to <<sign>> all the same."
        ),
        columns=1,
        wide=True,
        numbers={
            "few": NEURAL.quote(where={**AT[CLASSED], **FEW}, pick="range"),
            "none": TASKS.quote("none", where={**AT[CLASSED], **FEW}),
            "floor": TASKS.quote("none", column="class_floor", where=AT[CLASSED]),
            "many": NEURAL.quote(where=AT[CLASSED], pick="range"),
            "sign": NEURAL.quote(where=AT[SIGNED], pick="range"),
        },
    ),
    Figure(
        [
            TASKS.stack(law, N1.curves(), where=where, xlabel="task", split=True)
            for law, where in LAWS.only(PARTED, VIEWED).cells().items()
        ],
        caption=(
            r"The same tasks on two other laws. (a) No affine function helps. Deep CCA, of one output here, finds the "
            r"parity in some fits and nothing in others: <<deep>> at $n_1=10^5$. (b) In noise far from isotropic "
            r"one-view tasks lose the label, <<one>>; reduced rank has <<ranked>> at a floor of <<floor>>."
        ),
        columns=1,
        wide=True,
        name="parity_and_views",
        numbers={
            "deep": NEURAL.quote("deep CCA", where=AT[PARTED], pick="interval"),
            "one": LINEAR.quote("PCA", "instances", where=AT[VIEWED], pick="range"),
            "ranked": TASKS.quote("reduced rank", where=AT[VIEWED]),
            "floor": TASKS.quote("none", column="class_floor", where=AT[VIEWED]),
        },
    ),
]

SLOPES = [
    slope
    for law, where in LAWS.cells().items()
    for slope in NEURAL.only("deep CCA", "spectral").slopes(
        "n_unlabeled", "pretext_part", label=f"{law}, {{}}", where=where
    )
]

TABLES = [
    TASKS.table(f"Excess risk of each task on {law}", ["n_unlabeled"], where=where, name=f"league{place}")
    for place, (law, where) in enumerate(LAWS.cells().items())
]
