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
from testbed.pretexts import CCA, PCA, Contrastive, Landmarks, Optimum, Oracle, Predict, Raw
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank
from testbed.report import Figure, Named, Panel

N2 = [100, 1000, 10_000, 100_000]
HOLDS, SIGN = CleanFinite(k=3), RandomSign(CleanFinite(k=3))
VIEWS = ExchangeableViews(k=3, d=10, structure_seed=0)
LAWS = Named(
    "generator",
    {
        "30 points, CI holds": HOLDS,
        "30 points, hidden states": CleanFinite(k=3, m=2),
        "30 points, CI fails": CleanFinite(k=3, leak=0.3),
        "30 points, random sign of $x_2$": SIGN,
        "exchangeable views": VIEWS,
    },
)

LINEAR = Named(
    "pretext",
    {
        "$x_1$": Raw(),
        "PCA": Optimum(PCA(2)),
        "CCA": Optimum(CCA(2)),
        "affine": Optimum(Predict(ReducedRank(2))),
    },
)
ANY = Named("pretext", {"any": Oracle("universal")})
PAIRS = Named(
    "pretext",
    {
        "spectral": Optimum(Contrastive("spectral", 3)),
        "InfoNCE": Optimum(Contrastive("infonce")),
        "landmarks": Optimum(Landmarks(16)),
    },
)
TASKS = LINEAR | ANY | PAIRS
DEFINED = dict.fromkeys(LAWS.values(), TASKS)
DEFINED |= {SIGN: LINEAR | PAIRS, VIEWS: LINEAR}  # E[x2|x1] = 0 on SIGN, and pairs are counted on points

LINES = Named("probe", {"linear probe": OLS()})
ON_POINTS = LINES | Named("probe", {"kernel probe": KernelRidge(bandwidth=0.3)})
PROBES = dict.fromkeys(LAWS.values(), ON_POINTS) | {VIEWS: LINES | Named("probe", {"kernel probe": Nystroem(300)})}

COMMON: dict[str, Any] = {
    "name": "tasks_linearity",
    "n_unlabeled": [1],  # nothing is learnt from pairs
    "repeats": 20,
    "draws": "rows",
    "extra": ["information_lost", "not_linear"],
}
GRIDS = [
    Experiment(
        generator=[law],
        pretext=DEFINED[law].of("pretext"),
        probe=PROBES[law].of("probe"),
        n_labeled=N2[:3] if law == VIEWS else N2,
        **COMMON,
    )
    for law in LAWS.values()
]
EXPERIMENT = sum(GRIDS[1:], GRIDS[0])

CI_HOLDS, HIDDEN, CI_FAILS, SIGNED, VIEWED = LAWS

AT = LAWS.cells(n_labeled=1000, probe=OLS())  # under the linear probe
CURVED = {name: {**where, "probe": PROBES[LAWS[name]]["kernel probe"]} for name, where in AT.items()}
MANY = {**CURVED[VIEWED], "n_labeled": 10_000}
BENT: dict[str, Any] = {"column": "not_linear"}
LOST: dict[str, Any] = {"column": "information_lost"}

FIGURES = [
    Figure(
        [
            TASKS.stack(
                name,
                PROBES[law].curves(),
                where={"generator": law, "n_labeled": 1000},
                xlabel="read from",
                split=True,
            )
            for name, law in LAWS.items()
        ],
        caption=(
            r"Before ($x_1$) and after a task at its population optimum, $n_2=1000$: PCA, CCA, the affine regression "
            r"of $x_2$ on $x_1$ and any, spectral contrast of rank 3, InfoNCE, 16 landmarks. Of the linear probe's "
            r"risk in (a), <<bent>> is not linear in $x_1$ and 0 after any regression, spectral contrast and "
            r"landmarks: it has <<straight>> there, the kernel probe <<kernel>> on $x_1$. (b) Spectral contrast of "
            r"rank 3 leaves <<spectral>> not linear, landmarks 0. (c) Without independence the tasks of pairs leave "
            r"<<pairs>>. (d) Linear tasks of two views lose <<sign>>, which is all there is. (e) PCA loses <<pca>>; "
            r"CCA loses nothing and leaves <<cca>> not linear, which a kernel probe reads (<<read>>; on $x_1$ "
            r"<<raw>>). The kernel probe's intrinsic part is information lost; on the affine regression in (a) it "
            r"varies much between draws of labels. The halves of (e) are means over 32,768 points."
        ),
        numbers={
            "bent": TASKS.quote("$x_1$", where=AT[CI_HOLDS], digits=3, **BENT),
            "straight": TASKS.quote("any", "spectral", "landmarks", where=AT[CI_HOLDS], digits=1, pick="range"),
            "kernel": TASKS.quote("$x_1$", where=CURVED[CI_HOLDS], digits=3),
            "spectral": TASKS.quote("spectral", where=AT[HIDDEN], digits=3, **BENT),
            "pairs": PAIRS.quote(where=AT[CI_FAILS], pick="range", **BENT),
            "sign": TASKS.quote("CCA", where=AT[SIGNED], digits=3, **LOST),
            "pca": TASKS.quote("PCA", where=AT[VIEWED], digits=3, **LOST),
            "cca": TASKS.quote("CCA", where=AT[VIEWED], **BENT),
            "read": TASKS.quote("CCA", where=CURVED[VIEWED]),
            "raw": TASKS.quote("$x_1$", where=CURVED[VIEWED]),
        },
    ),
    Figure(
        [
            Panel(
                name,
                "n_labeled",
                [
                    curve
                    for task in tasks
                    for curve in PROBES[LAWS[name]].curves(label=f"{task}, {{}}", where={"pretext": TASKS[task]})
                ],
                where={"generator": LAWS[name]},
                xscale="log",
                yscale="log",
            )
            for name, tasks in (
                ("30 points, CI holds", ("$x_1$", "PCA", "spectral")),
                ("exchangeable views", ("$x_1$", "PCA", "CCA")),
            )
        ],
        caption=(
            r"Risk of both probes along $n_2$. (a) The linear probe stops at what is not linear (<<bent>> on $x_1$, "
            r"<<after>> after PCA), the kernel probe at what is lost, here 0; on the spectral features, in which "
            r"nothing is left to bend, the linear probe is ahead throughout. (b) PCA lost <<pca>> for every probe; "
            r"after CCA the kernel probe is at <<cca>>, on $x_1$ at <<raw>> with as many labels."
        ),
        numbers={
            "bent": TASKS.quote("$x_1$", where=AT[CI_HOLDS], digits=3, **BENT),
            "after": TASKS.quote("PCA", where=AT[CI_HOLDS], digits=3, **BENT),
            "pca": TASKS.quote("PCA", where=AT[VIEWED], digits=3, **LOST),
            "cca": TASKS.quote("CCA", where=MANY),
            "raw": TASKS.quote("$x_1$", where=MANY),
        },
        name="approach",
    ),
]

STRAIGHT = {"probe": OLS(), "n_labeled": N2[1:]}
SLOPES = [
    slope
    for name, law in LAWS.items()
    if law != VIEWS
    for slope in TASKS.only("$x_1$", "spectral").slopes(
        "n_labeled",
        "estimation",
        predicted=-1.0,
        label=f"{name}, {{}}, linear probe",
        where={"generator": law, **STRAIGHT},
    )
]

FIRST: dict[str, Any] = {"probe": OLS(), "n_labeled": N2[0]}
TABLES = [
    TASKS.table(
        what, ["generator"], value=column, where={"probe": OLS(), "n_labeled": N2[0]}, name=column, labels=LAWS.texts
    )
    for column, what in (("information_lost", "Information lost"), ("not_linear", "Not linear"))
] + [
    TASKS.table(
        f"Excess risk of the {word} on {name}",
        ["n_labeled"],
        where={"generator": law, "probe": probe},
        name=f"{word[:6]}{place}",
        message=place in (0, 4),
    )
    for place, (name, law) in enumerate(LAWS.items())
    for word, probe in PROBES[law].items()
]
