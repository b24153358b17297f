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

from collections.abc import Sequence

from testbed import Experiment
from testbed.generators import CleanFinite, ExchangeableViews
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Contrastive,
    DenoisingAutoencoder,
    Predict,
    Pretext,
    PseudoLikelihood,
    Truncated,
)
from testbed.regressors import OLS
from testbed.report import Crossing, Curve, Figure, Panel, Stack, Table

N2 = [40, 100, 300, 1000]
FEW, MANY = N2[0], N2[-1]
CLASSES = ExchangeableViews(k=8, d=20, separation=0.6, structure_seed=0)
STATES = CleanFinite(k=4, m=3, s1=40, s2=40, d1=39, d2=20, structure_seed=0)
R_CLASSES, R_STATES = [1, 2, 3, 5, 7, 12, 20], [1, 2, 3, 5, 8, 11, 14]

LINEAR: dict[str, list[Pretext]] = {
    "PCA": [PCA(r) for r in R_CLASSES],
    "masked denoising": [DenoisingAutoencoder("mask", 0.5, r) for r in R_CLASSES],
    "pseudo-likelihood": [Truncated(PseudoLikelihood(), r) for r in R_CLASSES],
    "CCA": [CCA(r) for r in R_CLASSES],
    "regression": [Truncated(Predict(OLS()), r) for r in R_CLASSES],
}
TABLED: dict[str, list[Pretext]] = {
    "ACE": [ACE(r) for r in R_STATES],
    "InfoNCE": [Truncated(Contrastive("infonce"), r) for r in R_STATES],
    "regression": [Truncated(Predict(OLS()), r) for r in R_STATES],
}
SPECTRAL: list[Pretext] = [Contrastive("spectral", 12)]  # the constant is its first function: the same as ACE(11)


def grid(law: ExchangeableViews | CleanFinite, tasks: Sequence[Pretext]) -> Experiment:
    """Lay out the cells of a law, all methods on the same rows where some need rows."""
    return Experiment(
        name="tasks_rank",
        generator=[law],
        pretext=tasks,
        probe=[OLS()],
        n_unlabeled=[3000],
        n_labeled=N2,
        repeats=64,
        draws="rows" if law is STATES else "auto",
        extra=["information_lost", "not_linear"],
    )


EXPERIMENT = grid(CLASSES, [task for ranks in LINEAR.values() for task in ranks]) + grid(
    STATES, [task for ranks in [*TABLED.values(), SPECTRAL] for task in ranks]
)

BARS = [Curve(f"$n_2={n}$", {"n_labeled": n}) for n in (FEW, MANY)]


def stack(title: str, law: object, tasks: Sequence[Pretext]) -> Stack:
    """Draw the parts of the risk of a task against r."""
    where = {"generator": law, "pretext": list(tasks)}
    return Stack(title, "pretext.rank", BARS, where=where, xlabel="dimensions $r$", split=True)


def curves(title: str, law: object, tasks: dict[str, list[Pretext]], n2: int) -> Panel:
    """Draw the risks of all tasks against r, over their floors."""
    return Panel(
        title,
        "pretext.rank",
        [Curve(name, {"pretext": ranks}) for name, ranks in tasks.items()],
        where={"generator": law, "n_labeled": n2},
        theory=[Curve("floor: intrinsic risk", {"pretext": r}, y="intrinsic", color="0.4") for r in tasks.values()],
        xlabel="dimensions $r$",
    )


FIGURES = [
    Figure(
        [
            stack("eight classes, PCA", CLASSES, LINEAR["PCA"]),
            stack("eight classes, pseudo-likelihood", CLASSES, LINEAR["pseudo-likelihood"]),
            stack("eight classes, CCA", CLASSES, LINEAR["CCA"]),
            stack("eight classes, regression of $x_2$", CLASSES, LINEAR["regression"]),
            stack("finite law, ACE", STATES, TABLED["ACE"]),
            stack("finite law, regression of $x_2$", STATES, TABLED["regression"]),
        ],
        caption=(
            r"$n_1=3000$, least squares on $r$ dimensions. (a), (b) Principal components and pseudo-likelihood look "
            r"at $x_1$ alone, where the noise is larger than the classes: what they lack is lost, and comes back with "
            r"the last dimensions only. With $n_2=40$ one dimension is best (.324), with $n_2=1000$ all twenty "
            r"(.112). (c), (d) Seven dimensions of CCA or of the regression lose nothing; what is left is not linear "
            r"(.098). With $n_2=40$ three of CCA are best (.246; seven have .297). With $n_2=1000$ seven have .125, "
            r"and all of $x_1$ .112, as 3000 pairs leave .021 of the seven unlearnt. (e), (f) Any function that takes "
            r"different values at the 40 points of the law loses no information: what one dimension lacks is not "
            r"linear. Eleven lack nothing."
        ),
    ),
    Figure(
        [
            curves(f"eight classes, $n_2={FEW}$", CLASSES, LINEAR, FEW),
            curves(f"eight classes, $n_2={MANY}$", CLASSES, LINEAR, MANY),
            curves(f"finite law, $n_2={FEW}$", STATES, TABLED, FEW),
            curves(f"finite law, $n_2={MANY}$", STATES, TABLED, MANY),
        ],
        caption=(
            r"The same cells, every task, over the intrinsic risk of its optimum. (a) At $n_2=40$ each dimension "
            r"costs more labels than most are worth: the best $r$ is 3 for CCA, 2 for the regression, 1 for tasks of "
            r"one view. (b) At $n_2=1000$ the risks are near their floors. (c), (d) A finite law: ACE, InfoNCE (rows "
            r"of the log ratio, cut to $r$) and the regression, whose best $r$ goes from 1 to 3 (equal within errors) "
            r"up to the largest. In the log ratio the label needs more than eleven dimensions, by .008."
        ),
        name="curves",
    ),
]

TABLES = [
    Table(
        f"Excess risk by dimension, {where}, {name}",
        where={"generator": law, "pretext": ranks},
        rows=["pretext.rank"],
        columns=["n_labeled"],
        name=f"rank{place}{number}",
    )
    for place, (where, law, tasks) in enumerate(
        (("eight classes", CLASSES, LINEAR), ("finite law", STATES, TABLED | {"spectral": SPECTRAL}))
    )
    for number, (name, ranks) in enumerate(tasks.items())
]


def more(law: object, name: str, tasks: list[Pretext], many: int, few: int, ranks: list[int]) -> Crossing:
    """Ask from how many labels on the larger of two representations is the better one."""
    a, b = ({"pretext": tasks[ranks.index(r)]} for r in (many, few))
    return Crossing(f"{name}: $r={many}$ against {few}", a, b, where={"generator": law}, x="n_labeled")


CROSSINGS = [
    more(CLASSES, "PCA", LINEAR["PCA"], 20, 1, R_CLASSES),
    more(CLASSES, "CCA", LINEAR["CCA"], 7, 3, R_CLASSES),
    more(CLASSES, "regression", LINEAR["regression"], 7, 3, R_CLASSES),
    more(STATES, "ACE", TABLED["ACE"], 11, 3, R_STATES),
    more(STATES, "regression", TABLED["regression"], 11, 3, R_STATES),
]
