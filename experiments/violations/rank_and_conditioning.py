"""What is lost where the conditional means of X2 lose rank, and where they are only ill conditioned? (V4, V5, I3, T1)

V4: four classes, A projected on r directions, with 1 outside of its column space (rank r) or inside (affine rank r),
read with and without an intercept. Example 3.1 of the paper is a positive control: two classes, rank 1 < k, no harm.
V5: three real labels, sigma_min(A) from 1 to 1e-3 at full rank, d2 below d1 and not. e_apx(psi*) is 0 throughout, so
what moves is the price of a finite n1. OLS reads psi~, the estimate of E[X2|X1], and where d2 >= d1 the map is
invertible: then it cannot move (T1). PCA of psi~ to k coordinates is reduced-rank regression, to the last digit.
"""

from collections.abc import Sequence
from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture, Generator, LowRank
from testbed.pretexts import Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, ReducedRank, Regressor, Ridge
from testbed.report import PREDICTORS, Curve, Figure, Panel, Table, Verdict
from testbed.theory import IntrinsicBound, Quantity, RankLoss, ReducedRankPretext, SharperBound

SIGMA = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
BASE = CleanMixture(k=4, d1=12, d2=8, separation=1.5, structure_seed=0)
PLAIN: list[Generator] = [LowRank(BASE, r) for r in range(5)]
AFFINE: list[Generator] = [LowRank(BASE, r, affine=True) for r in range(4)]
EXAMPLE: list[Generator] = [LowRank(CleanMixture(k=2, d1=12, d2=8, separation=1.5, structure_seed=0), 1)]


def conditioned(d2: int) -> list[Generator]:
    """Laws of full rank along sigma_min."""
    return vary(CleanGaussian, k=3, d1=20, d2=d2, sigma_min=SIGMA, sigma_max=1.0, structure_seed=0)


NARROW, SQUARE, WIDE = conditioned(10), conditioned(20), conditioned(30)
OLS_1, OLS_0, RIDGE = OLS(), OLS(intercept=False), Ridge("gcv")
LEARNT, RANK = Predict(OLS()), Predict(ReducedRank("k"))
PCA = Truncated(LEARNT, "k")


def grid(laws: Sequence[Generator], pretext: Sequence[Pretext], probe: Sequence[Regressor]) -> Experiment:
    """Lay out the cells of some laws."""
    return Experiment(
        name="violations_rank_and_conditioning",
        generator=laws,
        pretext=pretext,
        probe=probe,
        n_unlabeled=[2000],
        n_labeled=[200],
        repeats=128,
        extra=["intrinsic_class"],
        theory={
            "bound": IntrinsicBound(),
            "bound_0": IntrinsicBound(intercept=False),
            "sharper": SharperBound(),
            "sharper_0": SharperBound(intercept=False),
            "rank_loss": RankLoss(),
            "rank_loss_0": RankLoss(intercept=False),
            "constant": Quantity("constant"),
            "constant_0": Quantity("constant", intercept=False),
            "harmful": Quantity("harmful"),
            "harmful_0": Quantity("harmful", intercept=False),
            "mutual_information": Quantity("mutual_information"),
            "universal": Quantity("damage", "universal"),
            "reduced_rank": ReducedRankPretext(),
        },
    )


EXPERIMENT = (
    grid([*PLAIN, *AFFINE, *EXAMPLE], [Oracle("linear"), Raw(), LEARNT, RANK], [OLS_1, OLS_0])
    + grid([*NARROW, *SQUARE, *WIDE], [Oracle("linear"), Raw(), LEARNT, RANK, PCA], [OLS_1])
    + grid([*NARROW, *SQUARE], [LEARNT], [RIDGE])
)


def cells(laws: Sequence[Generator], pretext: Pretext, probe: Regressor = OLS_1) -> dict[str, Any]:
    """Select the cells of a method."""
    return {"generator": list(laws), "pretext": pretext, "probe": probe}


IDEAL = Oracle("linear")
LOST = [
    ("rank $r$, no intercept", PLAIN, OLS_0, "theory.rank_loss_0"),
    ("rank $r$, intercept", PLAIN, OLS_1, "theory.rank_loss"),
    ("affine rank $r$, no intercept", AFFINE, OLS_0, "theory.rank_loss_0"),
    ("affine rank $r$, intercept", AFFINE, OLS_1, "theory.rank_loss"),
]
METHODS = [("OLS on $x_1$", Raw()), ("OLS pretext", LEARNT), ("pretext of rank $k$", RANK)]
RIDGED = "OLS pretext, ridge probe"
RISK = r"risk above $e_{\mathrm{apx}}(x_1)$"
SHOWN = {"x": "generator.sigma_min", "xscale": "log", "yscale": "log", "xlabel": r"$\sigma_{\min}(A)$"}


def price(title: str, laws: Sequence[Generator], more: Sequence[Curve] = ()) -> Panel:
    """Draw what finite n1 costs against sigma_min."""
    return Panel(
        title,
        curves=[*(Curve(label, cells(laws, pretext)) for label, pretext in METHODS[1:]), *more],
        y="pretext_part",
        theory=[Curve("I15, leading term", cells(laws[:3], RANK), y="theory.reduced_rank")],
        **SHOWN,  # type: ignore[arg-type]
    )


def total(title: str, laws: Sequence[Generator]) -> Panel:
    """Draw the whole risk against sigma_min."""
    return Panel(
        title,
        curves=[
            *(Curve(label, cells(laws, pretext)) for label, pretext in METHODS),
            Curve(RIDGED, cells(laws, LEARNT, RIDGE)),
        ],
        **SHOWN,  # type: ignore[arg-type]
    )


FIGURES = [
    Figure(
        [
            Panel(
                "V4, four classes: intrinsic risk",
                "generator.rank",
                [
                    *(Curve(label, cells(laws, IDEAL, probe)) for label, laws, probe, _ in LOST),
                    Curve("Example 3.1, intercept (control)", cells(EXAMPLE, IDEAL), color="black", marker="*"),
                ],
                y="intrinsic_class",
                theory=[
                    Curve("I3", cells(laws, IDEAL, probe), y=column, color="0.2") for _, laws, probe, column in LOST
                ],
                xlabel="rank, or affine rank, $r$",
                ylabel=RISK,
            ),
            Panel(
                "V4, rank $r$, intercept: whole risk",
                "generator.rank",
                [Curve(label, cells(PLAIN, pretext)) for label, pretext in METHODS],
                y="excess_risk_class",
                xlabel="rank $r$",
                ylabel=RISK,
            ),
            price("V5, $d_2=10<d_1=20$: price of $n_1$", NARROW),
            price("V5, $d_2=d_1=20$: price of $n_1$", SQUARE),
            total("V5, $d_2=10<d_1=20$: whole risk", NARROW),
            total("V5, $d_2=d_1=20$: whole risk", SQUARE),
        ],
        caption=(
            r"(a) Each direction of $A$ that is lost costs .09: exact, on the dashes of I3. An intercept rescues rank "
            r"$k-1$ if 1 is not in the column space of $A$; Example 3.1 ($k=2$, rank 1) is harmless. (b) With "
            r"$n_1=2000$, $n_2=200$ the OLS pretext of rank 0 has .115, less than its intrinsic .27: its noise spans 8 "
            r"of 12 directions of $x_1$. (c)-(f) At full rank $e_{\mathrm{apx}}(\psi^\ast)=0$ at every "
            r"$\sigma_{\min}$; what grows is the price of $n_1$, and only where the pretext discards directions. With "
            r"$d_2\geq d_1$ OLS on the OLS pretext is OLS on $x_1$, .060 throughout, while rank $k$ goes from .040 to "
            r"1.52; with $d_2=10$ both grow. The ridge probe gains above $\sigma_{\min}=.1$."
        ),
    )
]


def against_sigma(name: str, d2: int, laws: Sequence[Generator]) -> Table:
    """Write the price of n1 against sigma_min."""
    return Table(
        f"V5, $d_1 = 20$, $d_2 = {d2}$: pretext part",
        where={"generator": list(laws), "probe": OLS_1},
        value="pretext_part",
        rows=["generator.sigma_min"],
        name=name,
    )


TABLES = [
    Table(
        "V4: intrinsic risk above $e_{apx}(x_1)$ by rank",
        where={"generator": [*PLAIN, *AFFINE], "pretext": IDEAL},
        value="intrinsic_class",
        rows=["generator.affine", "generator.rank"],
        name="rank",
    ),
    Table(
        "Example 3.1 of the paper, $k = 2$, rank 1: intrinsic risk above $e_{apx}(x_1)$",
        where={"generator": EXAMPLE, "pretext": IDEAL},
        value="intrinsic_class",
        rows=["generator.rank"],
        name="example",
    ),
    against_sigma("narrow", 10, NARROW),
    against_sigma("square", 20, SQUARE),
    against_sigma("wide", 30, WIDE),
]

WITH = {**PREDICTORS, "I3": "theory.rank_loss"}
WITHOUT = {name: column if column.startswith("eps") else f"{column}_0" for name, column in WITH.items()}
WITHOUT["mutual information"] = PREDICTORS["mutual information"]
LEADING = {**PREDICTORS, "I15": "theory.reduced_rank"}


def conditioning(label: str, laws: Sequence[Generator], pretext: Pretext, control: bool = False) -> Verdict:
    """Judge the price of n1 along sigma_min."""
    where, size = cells(laws, pretext), "generator.sigma_min"
    return Verdict(
        label, where, size, falling=True, damage="pretext_part", bound=None, control=control, predictors=LEADING
    )


VERDICTS = [
    *(
        Verdict(
            f"V4 {label}",
            cells(laws, IDEAL, probe),
            "generator.rank",
            falling=True,
            bound="theory.bound" if probe is OLS_1 else "theory.bound_0",
            ceiling="theory.constant" if probe is OLS_1 else "theory.constant_0",
            predictors=WITH if probe is OLS_1 else WITHOUT,
        )
        for label, laws, probe, _ in LOST
    ),
    Verdict("Example 3.1, intercept", cells(EXAMPLE, IDEAL), "generator.rank", control=True, predictors=WITH),
    Verdict(
        "Example 3.1, no intercept",
        cells(EXAMPLE, IDEAL, OLS_0),
        "generator.rank",
        bound="theory.bound_0",
        ceiling="theory.constant_0",
        predictors=WITHOUT,
    ),
    conditioning(r"V5 $\psi^*$", NARROW, IDEAL, control=True),
    conditioning("V5 OLS, $d_2 = 10$", NARROW, LEARNT),
    conditioning("V5 rank $k$, $d_2 = 10$", NARROW, RANK),
    conditioning("V5 OLS, $d_2 = 20$", SQUARE, LEARNT),
    conditioning("V5 OLS, $d_2 = 30$", WIDE, LEARNT),
    conditioning("V5 rank $k$, $d_2 = 20$", SQUARE, RANK),
]
