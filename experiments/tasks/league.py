"""Which pretext task keeps the label, on which law?

Every task gives a linear representation of two coordinates, read by the same least-squares probe on the same 200
labels; its risk is split exactly into what its population optimum lacks (intrinsic), what n1 pairs or rows leave
unlearnt (pretext part, of either sign) and estimation. Structures are redrawn in every repetition.

(a) Factors: x = L z + e with noise of a different variance in each coordinate, y = z; the two halves are independent
given z. (b) Three classes on orthogonal means in unit noise, conditional independence. (c) The same means, and a leak
inside the row space of A (eps_CI = .8): conditional independence fails. (d) Two exchangeable views of one state in
noise that is far from isotropic; (e) the second view shows another state in half of the pairs.
"""

from testbed import Experiment
from testbed.generators import CleanMixture, DirectEdge, ExchangeableViews, Factors
from testbed.models import FactorAnalysis, ProbabilisticPCA
from testbed.pretexts import (
    CCA,
    PCA,
    DenoisingAutoencoder,
    InstanceClassification,
    Posterior,
    Predict,
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.regressors import OLS, ReducedRank
from testbed.report import Figure, Named

N1 = Named("n_unlabeled", {"$n_1=10^3$": 1000, "$n_1=10^4$": 10_000, "$n_1=10^5$": 100_000})
CLASSES = CleanMixture(k=3, d1=12, d2=8)
LAWS = Named(
    "generator",
    {
        "factors, unequal noise": Factors(r=2, d1=30, d2=30),
        "classes, CI holds": CLASSES,
        "classes, CI fails (leak inside)": DirectEdge(CLASSES, epsilon_ci=0.8),
        "exchangeable views": ExchangeableViews(k=3, d=10),
        "exchangeable views, half redrawn": ExchangeableViews(k=3, d=10, w=0.5),
    },
)
TASKS = Named(
    "pretext",
    {
        "none": Raw(),
        "PCA": PCA(2),
        "masking": DenoisingAutoencoder("mask", 0.5, 2),
        "pseudo-lik.": Truncated(PseudoLikelihood(), 2),
        "instances": InstanceClassification(2),
        "prob. PCA": Posterior(ProbabilisticPCA(2)),
        "factors": Posterior(FactorAnalysis(2)),
        "CCA": CCA(2),
        "regression": Predict(ReducedRank(2)),
    },
)

EXPERIMENT = Experiment(
    name="tasks_league",
    generator=LAWS.of("generator"),
    pretext=TASKS.of("pretext"),
    probe=[OLS()],
    n_unlabeled=N1.of("n_unlabeled"),
    n_labeled=[200],
    repeats=64,
)

TWO_VIEWS = TASKS.only("CCA", "regression")
KEEPING = TASKS.only("pseudo-lik.", "factors") | TWO_VIEWS
ONE_VIEW = TASKS.only("PCA", "masking", "pseudo-lik.", "instances", "prob. PCA")
AT = dict(zip("abcde", LAWS.cells(n_unlabeled=100_000).values(), strict=True))
FEW = {"n_unlabeled": 1000}

FIGURES = [
    Figure(
        [TASKS.stack(law, N1.curves(), where=where, xlabel="task") for law, where in LAWS.cells().items()],
        caption=(
            r"Tasks of rank 2 on five laws, $n_2=200$: no task ($x_1$), PCA, masked denoising, pseudo-likelihood, "
            r"instances under isotropic noise and probabilistic PCA (both the same as PCA), factor analysis, CCA of "
            r"the views, regression of $x_2$ on $x_1$. (a) PCA keeps variance, so unequal noise costs it <<pca>> "
            r"(masking <<mask>>); pseudo-likelihood, factor analysis, CCA and the regression lose at most <<most>>, "
            r"and at $n_1=10^5$ have <<others>> ($x_1$ <<raw>>). (b) Under conditional independence every task has "
            r"the floor of the class, <<floor>>, but for pseudo-likelihood and masking. (c) With a leak inside the "
            r"row space of $A$ the two tasks that predict $x_2$ lose <<more>> more for ever; one-view tasks do not "
            r"notice. (d) In noise far from isotropic the one-view tasks have <<one>> (factor analysis <<fa>>), the "
            r"others <<two>> at a floor of <<low>>. (e) Pairs of which half show another state leave the optimum "
            r"where it was and make it dearer (<<half>> for the regression at $n_1=1000$, <<whole>> without)."
        ),
        numbers={
            "pca": TASKS.quote("PCA", where=AT["a"]),
            "mask": TASKS.quote("masking", where=AT["a"]),
            "most": KEEPING.quote(column="intrinsic", where=AT["a"], pick="most", digits=1),
            "others": KEEPING.quote(where=AT["a"], pick="range"),
            "raw": TASKS.quote("none", where=AT["a"]),
            "floor": TASKS.quote("none", column="class_floor", where=AT["b"]),
            "more": TWO_VIEWS.quote(column="intrinsic", less="class_floor", where=AT["c"], pick="range"),
            "one": ONE_VIEW.quote(where=AT["d"], pick="range", digits=3),
            "fa": TASKS.quote("factors", where=AT["d"], digits=3),
            "two": TWO_VIEWS.quote(where=AT["d"], pick="range"),
            "low": TASKS.quote("none", column="class_floor", where=AT["d"]),
            "half": TASKS.quote("regression", where={**AT["e"], **FEW}, digits=3),
            "whole": TASKS.quote("regression", where={**AT["d"], **FEW}),
        },
    )
]

SLOPES = [
    slope
    for law, where in LAWS.cells().items()
    for slope in TASKS.only("CCA", "regression").slopes(
        "n_unlabeled", "pretext_part", predicted=-1.0, label=f"{law}, {{}}", where=where
    )
]

TABLES = [
    TASKS.table(
        f"Excess risk of each task on {law}",
        ["pretext"],
        ["n_unlabeled"],
        where=where,
        name=f"league{place}",
        message=place < 3,
    )
    for place, (law, where) in enumerate(LAWS.cells().items())
]
