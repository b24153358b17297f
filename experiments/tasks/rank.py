"""How many dimensions should a representation have?

Every task gives its r leading dimensions, learnt from n1 = 3000 pairs, to the same least-squares probe on n2 labels;
its risk is split into what the r dimensions of its population optimum lose of the label (information lost: no probe has
it back; not linear: another probe would), what the pairs leave unlearnt, and estimation. More dimensions lose less and
cost more labels, so the best r grows with n2: from where on, the crossings say.

(a)-(d) Eight classes in noise far from isotropic, two exchangeable views: seven directions know the class. (e), (f) A
finite law of four classes with three latent states each, independent given the state: eleven functions of x1 know what
there is to know. Its x1 are 40 points of 39 coordinates, so that every function of x1 is affine. Both laws are frozen,
since the split of what is intrinsic is of one law.
"""

from typing import Any

from testbed import Experiment
from testbed.generators import CleanFinite, ExchangeableViews
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Contrastive,
    DenoisingAutoencoder,
    Predict,
    PseudoLikelihood,
    Truncated,
)
from testbed.regressors import OLS
from testbed.report import Crossing, Figure, Named, Panel, Stack, Table

N2 = [40, 100, 300, 1000]
FEW, MANY = N2[0], N2[-1]
CLASSES = ExchangeableViews(k=8, d=20, separation=0.6, structure_seed=0)
STATES = CleanFinite(k=4, m=3, s1=40, s2=40, d1=39, d2=20, structure_seed=0)
R_CLASSES, R_STATES = [1, 2, 3, 5, 7, 12, 20], [1, 2, 3, 5, 8, 11, 14]

LINEAR = Named(
    "pretext",
    {
        "PCA": [PCA(r) for r in R_CLASSES],
        "masked denoising": [DenoisingAutoencoder("mask", 0.5, r) for r in R_CLASSES],
        "pseudo-likelihood": [Truncated(PseudoLikelihood(), r) for r in R_CLASSES],
        "CCA": [CCA(r) for r in R_CLASSES],
        "regression": [Truncated(Predict(OLS()), r) for r in R_CLASSES],
    },
)
TABLED = Named(
    "pretext",
    {
        "ACE": [ACE(r) for r in R_STATES],
        "InfoNCE": [Truncated(Contrastive("infonce"), r) for r in R_STATES],
        "regression": [Truncated(Predict(OLS()), r) for r in R_STATES],
    },
)
SPECTRAL = Named("pretext", {"spectral": [Contrastive("spectral", 12)]})  # its first function is the constant: ACE(11)

COMMON: dict[str, Any] = {
    "name": "tasks_rank",
    "probe": [OLS()],
    "n_unlabeled": [3000],
    "n_labeled": N2,
    "repeats": 64,
    "extra": ["information_lost", "not_linear"],
}
EXPERIMENT = Experiment(generator=[CLASSES], pretext=LINEAR.of("pretext"), **COMMON) + Experiment(
    generator=[STATES], pretext=(TABLED | SPECTRAL).of("pretext"), draws="rows", **COMMON
)

BARS = Named("n_labeled", {f"$n_2={n}$": n for n in (FEW, MANY)})
STACKED = [
    ("eight classes, PCA", CLASSES, LINEAR["PCA"]),
    ("eight classes, CCA", CLASSES, LINEAR["CCA"]),
    ("finite law, ACE", STATES, TABLED["ACE"]),
]

C_FEW, C_MANY, S_FEW, S_MANY = ({"generator": law, "n_labeled": n2} for law in (CLASSES, STATES) for n2 in (FEW, MANY))
BEST: dict[str, Any] = {"column": "pretext.rank", "best": "excess_risk", "digits": 1}  # r of least mean risk

FIGURES = [
    Figure(
        [
            Panel(
                f"{title}, $n_2={n2}$",
                "pretext.rank",
                tasks.curves(),
                where={"generator": law, "n_labeled": n2},
                theory=tasks.curves("intrinsic", label="its floor: intrinsic risk", color="0.4", of="{}"),
                xlabel="dimensions $r$",
            )
            for title, law, tasks in (("eight classes", CLASSES, LINEAR), ("finite law", STATES, TABLED))
            for n2 in (FEW, MANY)
        ],
        caption=(
            r"Risk of $r$ dimensions of every task, over the intrinsic risk of its optimum (dashed, in the task's "
            r"colour); $n_1=3000$, least squares. (a) At $n_2=40$ each dimension costs more labels than most are "
            r"worth: the best $r$ is <<cca>> for CCA, <<ols>> for the regression, <<pca>> for PCA. (b) At $n_2=1000$ "
            r"the risks are near their floors: seven dimensions of CCA have <<seven>>, all of $x_1$ <<all>>. (c), (d) "
            r"A finite law: ACE, InfoNCE (rows of the log ratio, cut to $r$) and the regression, whose best $r$ goes "
            r"from <<ace few>>, <<nce few>> and <<ols few>> (one to three dimensions: <<few>>) to <<ace many>>. In the "
            r"log ratio the label needs more than eleven dimensions, by <<nce>>."
        ),
        numbers={
            "cca": LINEAR.quote("CCA", where=C_FEW, **BEST),
            "ols": LINEAR.quote("regression", where=C_FEW, **BEST),
            "pca": LINEAR.quote("PCA", where=C_FEW, **BEST),
            "seven": LINEAR.quote("CCA", where={**C_MANY, "pretext.rank": 7}, digits=3),
            "all": LINEAR.quote("CCA", where={**C_MANY, "pretext.rank": 20}, digits=3),
            "ace few": TABLED.quote("ACE", where=S_FEW, **BEST),
            "nce few": TABLED.quote("InfoNCE", where=S_FEW, **BEST),
            "ols few": TABLED.quote("regression", where=S_FEW, **BEST),
            "few": TABLED.quote(where={**S_FEW, "pretext.rank": [1, 2, 3]}, pick="range"),
            "ace many": TABLED.quote("ACE", where=S_MANY, **BEST),
            "nce": TABLED.quote("InfoNCE", where={**S_MANY, "pretext.rank": 11}, column="intrinsic", digits=1),
        },
    ),
    Figure(
        [
            Stack(
                title,
                "pretext.rank",
                BARS.curves(),
                where={"generator": law, "pretext": ranks},
                xlabel="dimensions $r$",
                split=True,
            )
            for title, law, ranks in STACKED
        ],
        caption=(
            r"Three of these tasks, split. (a) Principal components look at $x_1$ alone, where the noise is larger "
            r"than the classes: what they lack is lost, and comes back with the last dimensions only. With $n_2=40$ "
            r"one dimension is best (<<one>>), with $n_2=1000$ all twenty (<<twenty>>). (b) Seven dimensions of CCA "
            r"lose nothing; what is left is not linear (<<bent>>). With $n_2=40$ three are best (<<three>>; seven "
            r"have <<seven>>). With $n_2=1000$ seven have <<enough>>, as 3000 pairs leave <<pairs>> of the seven "
            r"unlearnt. (c) Any function that takes different values at the 40 points of the law loses no "
            r"information: what one dimension lacks is not linear. Eleven lack nothing."
        ),
        name="split",
        numbers={
            "one": LINEAR.quote("PCA", where={**C_FEW, "pretext.rank": 1}, digits=3),
            "twenty": LINEAR.quote("PCA", where={**C_MANY, "pretext.rank": 20}, digits=3),
            "bent": LINEAR.quote("CCA", where={**C_MANY, "pretext.rank": 7}, column="not_linear"),
            "three": LINEAR.quote("CCA", where={**C_FEW, "pretext.rank": 3}, digits=3),
            "seven": LINEAR.quote("CCA", where={**C_FEW, "pretext.rank": 7}, digits=3),
            "enough": LINEAR.quote("CCA", where={**C_MANY, "pretext.rank": 7}, digits=3),
            "pairs": LINEAR.quote("CCA", where={**C_MANY, "pretext.rank": 7}, column="pretext_part"),
        },
    ),
]

TABLES = [
    Table(
        f"Excess risk by dimension, {where}, {name}",
        where={"generator": law, "pretext": ranks},
        rows=["pretext.rank"],
        columns=["n_labeled"],
        name=f"rank{place}{number}",
        message=place == 0 and name in ("PCA", "CCA", "regression"),
    )
    for place, (where, law, tasks) in enumerate(
        (("eight classes", CLASSES, LINEAR), ("finite law", STATES, TABLED | SPECTRAL))
    )
    for number, (name, ranks) in enumerate(tasks.items())
]

CROSSINGS = [
    Crossing(
        f"{name}: $r={more}$ against {fewer}",
        {"pretext": tasks[name][ranks.index(more)]},
        {"pretext": tasks[name][ranks.index(fewer)]},
        where={"generator": law},
        x="n_labeled",
    )
    for law, tasks, ranks, name, more, fewer in (
        (CLASSES, LINEAR, R_CLASSES, "PCA", 20, 1),
        (CLASSES, LINEAR, R_CLASSES, "CCA", 7, 3),
        (CLASSES, LINEAR, R_CLASSES, "regression", 7, 3),
        (STATES, TABLED, R_STATES, "ACE", 11, 3),
        (STATES, TABLED, R_STATES, "regression", 11, 3),
    )
]
