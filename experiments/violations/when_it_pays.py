"""When does the pretext pay? The pairs per label at which the rank-k pretext beats least squares and ridge on x1.

(a), (b): a jointly Gaussian law, k = 3 real labels, where least squares has an exact mean (F1); no intercepts. (c),
(d): k = 4 classes, intercepts and rank k - 1. The leak lies in the row space of A and reads directions of x1 that carry
no label (V1), so it leaves the pretext a floor; A, beta, Cov(X2|Y) and the Bayes noise stay. I15 says that the pretext
pays above n1 = tau n2; the second prediction is the n1 at which the mean risks that I15 and F1 give are equal. The
crossings are then measured one by one in laws where tau lies between 1.5 and 33, at eps_CI = 0.
"""

from collections.abc import Sequence
from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture
from testbed.pretexts import Predict, Pretext, Raw
from testbed.regressors import OLS, ReducedRank, Ridge
from testbed.report import Crossing, Curve, Figure, HeatMap, Table, Verdict
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


def grid(laws: Sequence[Any], pretext: Pretext, intercept: bool, n1: Sequence[int], n2: Sequence[int]) -> Experiment:
    """Lay out the pretext under least squares, and both regressions on x1."""
    return Experiment(
        name="violations_when_it_pays",
        generator=laws,
        pretext=[pretext, Raw()],
        probe=[OLS(intercept=intercept)],
        baseline=[Ridge("gcv", intercept=intercept)],
        n_unlabeled=n1,
        n_labeled=n2,
        repeats=256,
        theory={
            "tau": Crossover(intercept=False),
            "equal": Crossover(intercept=False, order="solved"),
            "tau_classes": Crossover("k-1"),
            "equal_classes": Crossover("k-1", order="solved"),
        },
    )


EXPERIMENT = (
    grid(GAUSSIAN, RANK, False, N1, [200])
    + grid(MIXTURE, RANK_C, True, N1, [200])
    + grid(GAUSSIANS, RANK, False, ALONG, [400])
    + grid(MIXTURES, RANK_C, True, ALONG, [400])
    + grid(GAUSSIANS[1:2], RANK, False, SHORT, [100])
    + grid(MIXTURES[1:2], RANK_C, True, SHORT, [100])
    + grid(GAUSSIANS[1:2], RANK, False, ALONG, [1600])
)


def method(pretext: Pretext, probe: Any) -> dict[str, object]:
    """Select the cells of one method."""
    return {"pretext": pretext, "probe": probe}


OLS_0, RIDGE_0, OLS_1, RIDGE_1 = OLS(intercept=False), Ridge(intercept=False), OLS(), Ridge()
TAU, EQUAL = r"I15: $n_1=\tau n_2$", "risks of I15 and F1 equal"


def heat(
    title: str, laws: Sequence[Any], pretext: Pretext, probe: Any, other: Any, suffix: str, limit: float
) -> HeatMap:
    """Compare the pretext with a regression on x1 over the violation and the number of pairs."""
    return HeatMap(
        title,
        "generator.epsilon_ci",
        "n_unlabeled",
        method(pretext, probe),
        method(Raw(), other),
        where={"generator": list(laws), "n_unlabeled": N1, "n_labeled": 200},
        theory=[Curve(TAU, y=f"theory.tau{suffix}"), Curve(EQUAL, y=f"theory.equal{suffix}")],
        limit=limit,
        yscale="log",
        label="excess risk, pretext / $x_1$",
    )


FIGURES = [
    Figure(
        [
            heat("real labels, against OLS on $x_1$", GAUSSIAN, RANK, OLS_0, OLS_0, "", 3.0),
            heat("real labels, against tuned ridge", GAUSSIAN, RANK, OLS_0, RIDGE_0, "", 3.0),
            heat("classes, against OLS on $x_1$", MIXTURE, RANK_C, OLS_1, OLS_1, "_classes", 1.5),
            heat("classes, against tuned ridge", MIXTURE, RANK_C, OLS_1, RIDGE_1, "_classes", 1.5),
        ],
        caption=(
            r"Excess risk of the rank-$k$ pretext ($k-1$ for classes) over that of a regression on $x_1$, with "
            r"$n_2=200$, $d_1=20$ and a leak inside the row space of $A$; $A$, $\beta$, $\mathrm{Cov}(X_2|Y)$ and "
            r"the Bayes noise (1.5 and .253) stay. Blue: the pretext pays. At $\epsilon_{CI}=0$ it does above "
            r"$n_1/n_2$ = 2.57 (95%: 2.47 to 2.67) in (a) and 3.59 (3.45 to 3.73) in (b), where $\tau=3$; 7.47 (7.18 "
            r"to 7.78) in (c) and 10.6 (10.2 to 11.0) in (d), where $\tau=9.00$. $\tau$ hardly moves with the leak, "
            r"as it does not see the floor $e_{\mathrm{apx}}(\psi^\ast)$ that the leak leaves; equating the two "
            r"risks does, and ends where no number of pairs pays. Leaks of another direction or sign are not shown."
        ),
    )
]


def crossing(
    label: str,
    law: Any,
    pretext: Pretext,
    probe: Any,
    other: Any,
    suffix: str,
    n2: int = 400,
    n1: Sequence[int] = ALONG,
) -> Crossing:
    """Find the pairs per label at which the pretext begins to pay."""
    return Crossing(
        label,
        method(pretext, probe),
        method(Raw(), other),
        {"generator": law, "n_unlabeled": list(n1), "n_labeled": n2},
        predicted={"tau": f"theory.tau{suffix}", "equal risks": f"theory.equal{suffix}"},
        unit="n_labeled",
    )


def crossings_of(kind: str, laws: Sequence[Any], pretext: Pretext, ols: Any, ridge: Any, suffix: str) -> list[Crossing]:
    """Find the crossings of the five laws of a kind, against both regressions, at n2 = 400."""
    low = laws[3].sigma_min
    names = ["$d_1=10$", "$d_1=20$", "$d_1=40$", rf"$d_1=20$, $\sigma={low}$", r"$d_1=20$, $\sigma=2$"]
    return [
        crossing(f"{kind}, {name}: {word}", law, pretext, ols, other, suffix)
        for word, other in (("OLS", ols), ("ridge", ridge))
        for name, law in zip(names, laws, strict=True)
    ]


CROSSINGS = [
    *(
        crossing(f"map ({letter}), $\\epsilon_{{CI}}={law.epsilon_ci:g}$", law, pretext, ols, other, suffix, 200, N1)
        for letter, laws, pretext, ols, other, suffix in (
            ("a", GAUSSIAN[::4], RANK, OLS_0, OLS_0, ""),
            ("b", GAUSSIAN[::4], RANK, OLS_0, RIDGE_0, ""),
            ("c", MIXTURE[::5], RANK_C, OLS_1, OLS_1, "_classes"),
            ("d", MIXTURE[:4:3], RANK_C, OLS_1, RIDGE_1, "_classes"),
        )
        for law in laws
    ),
    *crossings_of("real labels", GAUSSIANS, RANK, OLS_0, RIDGE_0, ""),
    crossing("real labels, $d_1=20$, $n_2=100$: OLS", GAUSSIANS[1], RANK, OLS_0, OLS_0, "", 100, SHORT),
    crossing("real labels, $d_1=20$, $n_2=1600$: OLS", GAUSSIANS[1], RANK, OLS_0, OLS_0, "", 1600),
    *crossings_of("classes", MIXTURES, RANK_C, OLS_1, RIDGE_1, "_classes"),
    crossing("classes, $d_1=20$, $n_2=100$: OLS", MIXTURES[1], RANK_C, OLS_1, OLS_1, "_classes", 100, SHORT),
]

TABLES = [
    Table(
        "Excess risk of the rank-$k$ pretext and of regressions on $x_1$, real labels, $n_2 = 200$",
        where={"generator": GAUSSIAN, "n_unlabeled": N1[::2], "n_labeled": 200},
        rows=["generator.epsilon_ci", "n_unlabeled"],
        name="real",
    ),
    Table(
        "Excess risk of the rank-$(k-1)$ pretext and of regressions on $x_1$, four classes, $n_2 = 200$",
        where={"generator": MIXTURE, "n_unlabeled": N1[::2], "n_labeled": 200},
        rows=["generator.epsilon_ci", "n_unlabeled"],
        name="classes",
    ),
]

VERDICTS = [
    Verdict(
        f"{kind}, {name}, $n_1={n1}$",
        {"generator": laws, "pretext": pretext, "probe": probe, "n_unlabeled": n1, "n_labeled": 200},
        damage="excess_risk_class",
        bound=None,
        ceiling=None,
        control=pretext == Raw(),
        predictors={"eps_CI": "epsilon_ci_linear", "tau": tau},
    )
    for kind, laws, learnt, ols, ridge, tau in (
        ("real labels", GAUSSIAN, RANK, OLS_0, RIDGE_0, "theory.tau"),
        ("classes", MIXTURE, RANK_C, OLS_1, RIDGE_1, "theory.tau_classes"),
    )
    for name, pretext, probe, n1 in (
        ("pretext", learnt, ols, N1[2]),
        ("pretext", learnt, ols, N1[-1]),
        ("OLS on $x_1$", Raw(), ols, N1[-1]),
        ("ridge on $x_1$", Raw(), ridge, N1[-1]),
    )
]
