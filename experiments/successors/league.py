"""Which of the later tasks keeps the label, on which law? ``testbed run experiments/successors/league.py``

Four laws on finite supports, so that tasks over linear functions and over all functions meet on the same pairs. In the
first three a view is a part that shows one of three classes, four points in three dimensions, and a nuisance of more
variance, three points in two dimensions. (a) Classes of equal shares, the views independent given the class. (b) The
same, but in .6 of the pairs both views have one nuisance: conditional independence fails. (c) Classes with shares
.7, .2, .1, the views independent given the class. (d) A cube of three signs, two of them at full size, the first one
the label: the views share every function of the signs, and linear functions of the third one agree less
(docs/theory.md, A7).

All tasks have rank 2, but for one encoder under the spectral loss, whose first function is the constant (3). Refined is
the regression of rank 2 on pairs that 60 further labels have refined. InfoNCE has 1 or 16 negatives; on the cube, where
all scores are alike to it and its descent is slow, 1.
"""

from typing import Any

import numpy as np

from testbed import Experiment
from testbed.generators import Hypercube
from testbed.laws import Finite
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Contrastive,
    JointEmbedding,
    Predict,
    Raw,
    Reconstruction,
    Refined,
    VICReg,
)
from testbed.regressors import OLS, ClassMeans, ReducedRank
from testbed.report import Figure, Named

# Chances of the four points of the first part in each class; the points of both parts.
CHANCES = np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.6, 0.1, 0.2], [0.1, 0.1, 0.6, 0.2]])
PART = np.vstack([np.eye(3), [[-0.6, -0.6, 1.2]]])
NUISANCE = 1.5 * np.array([[1.0, 0.0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]])
POINTS = np.hstack([np.repeat(PART, 3, axis=0), np.tile(NUISANCE, (4, 1))])
SAME, ANY = np.eye(3) / 3.0, np.full((3, 3), 1.0 / 9.0)  # nuisances of a pair: one, or two apart
SHARES = {  # of the classes, and of pairs with one nuisance
    "classes, CI holds": ([1 / 3, 1 / 3, 1 / 3], 0.0),
    "classes, a shared nuisance": ([1 / 3, 1 / 3, 1 / 3], 0.6),
    "unequal classes, CI holds": ([0.7, 0.2, 0.1], 0.0),
}
PAIRS = {
    name: np.einsum("c,ca,cd,be->cabde", shares, CHANCES, CHANCES, shared * SAME + (1.0 - shared) * ANY)
    for name, (shares, shared) in SHARES.items()
}

N1 = Named("n_unlabeled", {"$n_1=300$": 300, "$n_1=10^4$": 10_000})
LAWS = Named(
    "generator",
    {name: Finite(p.reshape(3, 1, 12, 12) / p.sum(), POINTS, POINTS) for name, p in PAIRS.items()},
)
CUBE = Named("generator", {"cube": Hypercube(3, 2)})
TASKS = Named(
    "pretext",
    {
        "none": Raw(),
        "PCA": PCA(2),
        "regression": Predict(ReducedRank(2)),
        "CCA": CCA(2),
        "joint embed.": JointEmbedding(2),
        "reconstr.": Reconstruction(2),
        "VICReg": VICReg(2, penalty=0.3),
        "refined": Refined(Predict(ReducedRank(2)), 60),
        "ACE": ACE(2),
        "spectral": Contrastive("spectral", rank=3, shared=True),
        "InfoNCE, 1": Contrastive("infonce", rank=2, negatives=1),
    },
)
MANY = Named("pretext", {"InfoNCE, 16": Contrastive("infonce", rank=2, negatives=16)})

COMMON: dict[str, Any] = {
    "name": "successors_league",
    "probe": [OLS(), ClassMeans()],
    "n_unlabeled": N1.of("n_unlabeled"),
    "n_labeled": [100],
    "repeats": 64,
    "draws": "rows",
    "extra": ["error01"],
}
EXPERIMENT = Experiment(generator=(LAWS | CUBE).of("generator"), pretext=TASKS.of("pretext"), **COMMON) + Experiment(
    generator=LAWS.of("generator"), pretext=MANY.of("pretext"), **COMMON
)

ALL = TASKS | MANY
LINEAR = {"probe": OLS()}
AT: list[dict[str, Any]] = [{**where, **LINEAR, "n_unlabeled": 10_000} for where in LAWS.cells().values()]
FEW = {**AT[0], "n_unlabeled": 300}
LACKING = ("PCA", "VICReg")  # the label, where conditional independence holds
KEEPING = ALL.only(*(name for name in ALL if name not in (*LACKING, "none", "refined")))
NUISANCE_KEPT = ALL.only(*(name for name in ALL if name not in ("none", "refined")))
READ_OUTS = {"OLS()": "least squares", "ClassMeans()": "mean classifier"}
FIGURES = [
    Figure(
        [
            *(
                ALL.stack(name, N1.curves(), where={**where, **LINEAR}, xlabel="task")
                for name, where in LAWS.cells().items()
            ),
            TASKS.stack("cube", N1.curves(), where={**CUBE.cells()["cube"], **LINEAR}, xlabel="task"),
        ],
        caption=(
            r"Tasks of rank 2 on four finite laws, $n_2=100$: no task ($x_1$), PCA, regression of $x_2$ on $x_1$, CCA, "
            r"joint embedding and reconstruction with one linear encoder, VICReg with a ridge, regression "
            r"on pairs that 60 further labels refined, ACE, the spectral loss with one encoder, InfoNCE with 1 and "
            r"16 negatives. (a) Where conditional independence holds nothing but PCA and VICReg lacks the "
            r"label: both miss it whole, VICReg as all of its modes collapse. From $10^4$ pairs the others have "
            r"<<keeping>> ($x_1$ <<raw>>), but refining has <<refined>>: its 60 labels cost more than they repair. "
            r"From 300 pairs joint embedding has <<joint>>, InfoNCE <<nce>>. (b) All keep the nuisance that the views "
            r"share and lose the label (<<kept>>); refining takes it out of the pairs and has <<refined b>>, $x_1$ "
            r"<<raw b>>: in neither law is it worth its labels. (c) Unequal classes change no order. (d) All functions "
            r"of the signs are equal to a loss over all functions: any $e_{apx}$ from 0 to one half is that of an "
            r"optimum, so that ACE and the spectral loss are not split (grey), and InfoNCE is split at the optimum "
            r"that is found; linear functions keep the label whole."
        ),
        numbers={
            "keeping": KEEPING.quote(where=AT[0], pick="range"),
            "raw": ALL.quote("none", where=AT[0]),
            "refined": ALL.quote("refined", where=AT[0]),
            "joint": ALL.quote("joint embed.", where=FEW),
            "nce": ALL.quote("InfoNCE, 1", "InfoNCE, 16", where=FEW, pick="range"),
            "kept": NUISANCE_KEPT.quote(where=AT[1], pick="range"),
            "refined b": ALL.quote("refined", where=AT[1]),
            "raw b": ALL.quote("none", where=AT[1]),
        },
    )
]

TABLES = [
    table
    for place, (law_name, where) in enumerate((LAWS | CUBE).cells().items())
    for tasks in (TASKS if law_name == "cube" else ALL,)
    for table in (
        tasks.table(
            f"Excess risk of least squares on the outputs of each task, {law_name}",
            ["pretext"],
            ["n_unlabeled"],
            where={**where, **LINEAR},
            name=f"risk{place}",
        ),
        tasks.table(
            f"0-1 error of least squares and of the mean classifier on the outputs of each task, {law_name}",
            ["pretext"],
            ["probe", "n_unlabeled"],
            value="error01",
            where=where,
            name=f"error{place}",
            labels=READ_OUTS,
        ),
    )
]
