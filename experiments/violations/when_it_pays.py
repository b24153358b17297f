"""When does the pretext pay? The pairs per label at which the rank-k pretext beats least squares and ridge on x1.

(a), (b): a jointly Gaussian law, k = 3 real labels, where least squares has an exact mean (F1); no intercepts. (c),
(d): k = 4 classes, intercepts and rank k - 1. The leak lies in the row space of A and reads directions of x1 that carry
no label (V1), so it leaves the pretext a floor; A, beta, Cov(X2|Y) and the Bayes noise stay. I15 says that the pretext
pays above n1 = tau n2; the second prediction is the n1 at which the mean risks that I15 and F1 give are equal. The
crossings are then measured one by one in laws where tau lies between 1.5 and 17, at eps_CI = 0.
"""

from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, ReducedRank, Ridge
from testbed.report import Crossing, Curve, Figure, HeatMap, Named, Quote, Table, Verdict
from testbed.theory import Crossover

EPSILON = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]
EPSILON_C = [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.28]
N1 = [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600]
ALONG, SHORT = [250, 425, 700, 1200, 2000, 3500, 6000, 10000], [60, 100, 170, 300, 500, 850, 1500]
D: dict[str, Any] = {"d2": 6, "structure_seed": 0}
REAL: dict[str, Any] = {"k": 3, "bayes_noise": 1.5, **D}
CLASSES: dict[str, Any] = {"k": 4, **D}

GAUSSIAN = vary(CleanGaussian, epsilon_ci=EPSILON, d1=20, **REAL)
MIXTURE = vary(CleanMixture, epsilon_ci=EPSILON_C, d1=20, **CLASSES)
GAUSSIANS = [
    *vary(CleanGaussian, d1=[10, 20, 40], **REAL),
    *vary(CleanGaussian, d1=20, sigma_min=[0.5, 2.0], **REAL),
]
MIXTURES = [
    *vary(CleanMixture, d1=[10, 20, 40], **CLASSES),
    *vary(CleanMixture, d1=20, sigma_min=[0.7, 2.0], **CLASSES),
]

RANK, RANK_C = Predict(ReducedRank("k", intercept=False)), Predict(ReducedRank("k-1"))


COMMON: dict[str, Any] = {
    "name": "violations_when_it_pays",
    "repeats": 256,
    "theory": {
        "tau": Crossover(intercept=False),
        "equal": Crossover(intercept=False, order="solved"),
        "tau_classes": Crossover("k-1"),
        "equal_classes": Crossover("k-1", order="solved"),
    },
}
ORIGIN: dict[str, Any] = {  # no intercepts
    "pretext": [RANK, Raw()],
    "probe": [OLS(intercept=False)],
    "baseline": [Ridge("gcv", intercept=False)],
    **COMMON,
}
CONSTANT: dict[str, Any] = {
    "pretext": [RANK_C, Raw()],
    "probe": [OLS()],
    "baseline": [Ridge("gcv")],
    **COMMON,
}
EXPERIMENT = (
    Experiment(generator=GAUSSIAN, n_unlabeled=N1, n_labeled=[200], **ORIGIN)
    + Experiment(generator=MIXTURE, n_unlabeled=N1, n_labeled=[200], **CONSTANT)
    + Experiment(generator=GAUSSIANS, n_unlabeled=ALONG, n_labeled=[400], **ORIGIN)
    + Experiment(generator=MIXTURES, n_unlabeled=ALONG, n_labeled=[400], **CONSTANT)
    + Experiment(generator=GAUSSIANS[1:2], n_unlabeled=SHORT, n_labeled=[100], **ORIGIN)
    + Experiment(generator=MIXTURES[1:2], n_unlabeled=SHORT, n_labeled=[100], **CONSTANT)
    + Experiment(generator=GAUSSIANS[1:2], n_unlabeled=ALONG, n_labeled=[1600], **ORIGIN)
)

METHODS = Named(
    ("pretext", "probe"),
    {
        "real labels: pretext": (RANK, OLS(intercept=False)),
        "real labels: OLS": (Raw(), OLS(intercept=False)),
        "real labels: ridge": (Raw(), Ridge(intercept=False)),
        "classes: pretext": (RANK_C, OLS()),
        "classes: OLS": (Raw(), OLS()),
        "classes: ridge": (Raw(), Ridge()),
    },
).cells()
TAU: dict[str, str] = {"real labels": "theory.tau", "classes": "theory.tau_classes"}
EQUAL: dict[str, str] = {"real labels": "theory.equal", "classes": "theory.equal_classes"}

FREE = {place: {"label": rf"map ({place}), $\epsilon_{{CI}}=0$"} for place in "abcd"}  # of crossings without a leak

FIGURES = [
    Figure(
        [
            HeatMap(
                title,
                "generator.epsilon_ci",
                "n_unlabeled",
                METHODS[f"{kind}: pretext"],
                METHODS[f"{kind}: {other}"],
                where={"generator": laws, "n_unlabeled": N1, "n_labeled": 200},
                theory=[
                    Curve(r"predicted: $n_1=\tau n_2$", y=TAU[kind]),
                    Curve("predicted risks equal", y=EQUAL[kind]),
                ],
                limit=limit,
                yscale="log",
                label="excess risk, pretext / $x_1$",
            )
            for title, kind, other, laws, limit in (
                ("real labels, against OLS on $x_1$", "real labels", "OLS", GAUSSIAN, 3.0),
                ("real labels, against tuned ridge", "real labels", "ridge", GAUSSIAN, 3.0),
                ("classes, against OLS on $x_1$", "classes", "OLS", MIXTURE, 1.5),
                ("classes, against tuned ridge", "classes", "ridge", MIXTURE, 1.5),
            )
        ],
        caption=(
            r"Excess risk of the rank-$k$ pretext ($k-1$ for classes) over that of a regression on $x_1$, with "
            r"$n_2=200$, $d_1=20$ and a leak inside the row space of $A$; $A$, $\beta$, $\mathrm{Cov}(X_2|Y)$ and the "
            r"Bayes noise (<<real>> and <<classes>>) stay. Blue: the pretext pays. At $\epsilon_{CI}=0$ it does above "
            r"$n_1/n_2$ = <<a>> in (a) and <<b>> in (b), where $\tau=$ <<tau a>>; <<c>> in (c) and <<d>> in (d), "
            r"where $\tau=$ <<tau c>> (I15). $\tau$ hardly moves with the leak, as it does not see the floor "
            r"$e_{\mathrm{apx}}(\psi^\ast)$ that the leak leaves; equating the two risks (I15, F1) does, and ends "
            r"where no number of pairs pays. Leaks of another direction or sign are not shown."
        ),
        numbers={
            "real": Quote("bayes_noise", {"generator": GAUSSIAN}),
            "classes": Quote("bayes_noise", {"generator": MIXTURE}, digits=3),
            "tau a": Quote("tau", FREE["a"], frame="crossings", digits=1),
            "tau c": Quote("tau", FREE["c"], frame="crossings", digits=3),
        }
        | {place: Quote("crossing", where, "interval", "crossings", digits=3) for place, where in FREE.items()},
    )
]

MAPPED = (
    ("a", "real labels", "OLS", GAUSSIAN[::4]),
    ("b", "real labels", "ridge", GAUSSIAN[::4]),
    ("c", "classes", "OLS", MIXTURE[::5]),
    ("d", "classes", "ridge", MIXTURE[:4:3]),
)
SHAPES = ["$d_1=10$", "$d_1=20$", "$d_1=40$", r"$d_1=20$, $\sigma={}$", r"$d_1=20$, $\sigma=2$"]
ALL_SHAPES = {
    kind: [
        (f"{kind}, {name.replace('{}', str(laws[3].sigma_min))}: {other}", kind, other, law, 400, ALONG)
        for other in ("OLS", "ridge")
        for name, law in zip(SHAPES, laws, strict=True)
    ]
    for kind, laws in (("real labels", GAUSSIANS), ("classes", MIXTURES))
}
CROSSED: list[tuple[str, str, str, Any, int, list[int]]] = [
    *(
        (rf"map ({letter}), $\epsilon_{{CI}}={law.epsilon_ci:g}$", kind, other, law, 200, N1)
        for letter, kind, other, laws in MAPPED
        for law in laws
    ),
    *ALL_SHAPES["real labels"],
    ("real labels, $d_1=20$, $n_2=100$: OLS", "real labels", "OLS", GAUSSIANS[1], 100, SHORT),
    ("real labels, $d_1=20$, $n_2=1600$: OLS", "real labels", "OLS", GAUSSIANS[1], 1600, ALONG),
    *ALL_SHAPES["classes"],
    ("classes, $d_1=20$, $n_2=100$: OLS", "classes", "OLS", MIXTURES[1], 100, SHORT),
]
CROSSINGS = [
    Crossing(
        label,
        METHODS[f"{kind}: pretext"],
        METHODS[f"{kind}: {other}"],
        {"generator": law, "n_unlabeled": n1, "n_labeled": n2},
        predicted={"tau": TAU[kind], "equal risks": EQUAL[kind]},
        unit="n_labeled",
    )
    for label, kind, other, law, n2, n1 in CROSSED
]

LABELS = {
    " + ".join(str(cells[name]) for name in ("pretext", "probe")): label.partition(": ")[2]
    for label, cells in METHODS.items()
}
TABLES = [
    Table(
        "Excess risk of the rank-$k$ pretext and of regressions on $x_1$, real labels, $n_2 = 200$",
        where={"generator": GAUSSIAN, "n_unlabeled": N1[::2], "n_labeled": 200},
        rows=["generator.epsilon_ci", "n_unlabeled"],
        labels=LABELS,
        name="real",
        message={"generator.epsilon_ci": EPSILON[::4]},
    ),
    Table(
        "Excess risk of the rank-$(k-1)$ pretext and of regressions on $x_1$, four classes, $n_2 = 200$",
        where={"generator": MIXTURE, "n_unlabeled": N1[::2], "n_labeled": 200},
        rows=["generator.epsilon_ci", "n_unlabeled"],
        labels=LABELS,
        name="classes",
        message={"generator.epsilon_ci": EPSILON_C[::3]},
    ),
]

VERDICTS = [
    Verdict(
        f"{kind}, {name}, $n_1={n1}$",
        {"generator": laws, **METHODS[f"{kind}: {method}"], "n_unlabeled": n1, "n_labeled": 200},
        damage="excess_risk_class",
        bound=None,
        ceiling=None,
        control=method != "pretext",
        predictors={"eps_CI": "epsilon_ci_linear", "tau": TAU[kind]},
    )
    for kind, laws in (("real labels", GAUSSIAN), ("classes", MIXTURE))
    for name, method, n1 in (
        ("pretext", "pretext", N1[2]),
        ("pretext", "pretext", N1[-1]),
        ("OLS on $x_1$", "OLS", N1[-1]),
        ("ridge on $x_1$", "ridge", N1[-1]),
    )
]
