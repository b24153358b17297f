"""Tails, imbalance and shift: where the rates of the theory break.

V10 (a, b, c): Student t noise of nu degrees of freedom in both views. Conditional independence stays, and A, beta and
the linear class are those of Gaussian noise. A row with |x1|^2 of the order of n, which n rows contain with probability
of the order n^(1 - nu/2), turns an affine fit by a fixed amount: so in the end a mean risk in the linear class cannot
fall faster than n^(-(nu/2 - 1)), slower than 1/n for nu < 4 (a heuristic, so no prediction is printed there). The
universal psi* is a posterior mean and bounded.

V11 (d): ten classes, of which the last is 1, 10 or 100 times rarer than the first: n2 min p goes from .16 to 256.

V12 (e, f): unlabelled pairs from a law whose classes, or whose x1, are shifted; labelled data and truth are the base's.
In the linear class the span of psi* is C^-1 times that of the differences of the means, whatever the shares of the
states and whatever is selected by x1: reduced rank is the control.
"""

from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanMixture, CovariateShift, Imbalanced, LabelShift, StudentTails
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, Nystroem, ReducedRank, Ridge
from testbed.report import Curve, Figure, Named, Panel, Quote, Slope, Table, Verdict
from testbed.theory import ExactLeastSquares

NU = [2.5, 3.0, 4.5, 10.0]
N = [250, 500, 1000, 2000, 4000, 8000, 16000]
N_ROWS = [250, 500, 1000, 2000, 4000]
N2 = [40, 80, 160, 320, 640, 1280, 2560]
PAIRS = [500, 1000, 2000, 4000, 8000]

BASE = CleanMixture(k=3, d1=6, d2=6, structure_seed=0)
MANY = CleanMixture(k=10, d1=12, d2=12, separation=3.0, structure_seed=0)
TAILS = Named(
    "generator",
    {rf"$\nu={nu:g}$": StudentTails(BASE, nu) for nu in NU} | {"Gaussian (control)": BASE},
)
STEEP = ("$\\nu=4.5$", "$\\nu=10$", "Gaussian (control)")  # four moments: the rate of the linear class is 1/n
IMBALANCED = vary(Imbalanced, base=MANY, ratio=[1.0, 10.0, 100.0])
LABEL = vary(LabelShift, base=BASE, ratio=[1.0, 2.0, 4.0, 8.0, 16.0])
COVARIATE = vary(CovariateShift, base=BASE, threshold=[0.0, 1.0, 2.0, 3.0], t_std=1.5)

RAW, PSI, PSI_U, PAIRS_U = Raw(), Oracle("linear"), Oracle("universal"), Oracle("universal", pairs=True)
LEAST, RANK, KERNEL = Predict(OLS()), Predict(ReducedRank("k-1")), Truncated(Predict(Nystroem(200)), "k-1")


COMMON: dict[str, Any] = {
    "name": "violations_tails_imbalance_shift",
    "repeats": 96,
    "extra": ["pretext_error"],
    "theory": {"exact": ExactLeastSquares("psi_star", column="estimation")},
}
ONE, TWO = [OLS()], [OLS(), Ridge()]
EVERY, SHIFTS = TAILS.of("generator"), [*LABEL, *COVARIATE]
EXPERIMENT = (
    Experiment(generator=EVERY, pretext=[RAW, PSI], probe=ONE, n_unlabeled=[1000], n_labeled=N, **COMMON)
    + Experiment(generator=EVERY, pretext=[PSI_U], probe=ONE, n_unlabeled=[1000], n_labeled=N_ROWS, **COMMON)
    + Experiment(generator=EVERY, pretext=[LEAST, RANK], probe=ONE, n_unlabeled=N, n_labeled=[1000], **COMMON)
    + Experiment(generator=IMBALANCED, pretext=[RAW, PSI_U], probe=TWO, n_unlabeled=[1000], n_labeled=N2, **COMMON)
    + Experiment(
        generator=SHIFTS, pretext=[PAIRS_U, KERNEL, RANK], probe=ONE, n_unlabeled=[4000], n_labeled=[1000], **COMMON
    )
    + Experiment(
        generator=[LABEL[0], LABEL[-1], COVARIATE[-1]],
        pretext=[KERNEL, RANK],
        probe=ONE,
        n_unlabeled=PAIRS,
        n_labeled=[1000],
        **COMMON,
    )
)

SHIFTED = [
    Curve(r"$\psi^\ast$ of the pairs, universal", {"pretext": PAIRS_U}, y="intrinsic", color="0.15"),
    Curve(r"$\tilde\psi$ Nyström cut to $k-1$", {"pretext": KERNEL}),
    Curve(r"$\tilde\psi$ reduced rank (control)", {"pretext": RANK}),
]
AT = {"n_unlabeled": 4000, "n_labeled": 1000}
LOG: dict[str, Any] = {"xscale": "log", "yscale": "log"}
PART = r"intrinsic ($\psi^\ast$), pretext part ($\tilde\psi$)"
RATES = Named(("generator", "probe"), {f"{law.ratio:g} : 1": (law, OLS()) for law in IMBALANCED})
RIDGED = Named(("generator", "probe"), {"100 : 1": (IMBALANCED[-1], Ridge())})

FIGURES = [
    Figure(
        [
            *(
                Panel(
                    title,
                    x,
                    TAILS.curves(),
                    y=y,
                    where={"pretext": pretext, x: sizes, other: 1000},
                    ylabel=ylabel,
                    **LOG,
                )
                for title, pretext, x, other, sizes, y, ylabel in (
                    ("OLS on $x_1$", RAW, "n_labeled", "n_unlabeled", N, "estimation", None),
                    (
                        r"$\psi^\ast$ universal (control)",
                        PSI_U,
                        "n_labeled",
                        "n_unlabeled",
                        N_ROWS,
                        "estimation",
                        None,
                    ),
                    (
                        "the pretext by OLS",
                        LEAST,
                        "n_unlabeled",
                        "n_labeled",
                        N,
                        "pretext_error",
                        r"$\epsilon_{pre}^2$",
                    ),
                )
            ),
        ],
        caption=(
            r"V10, noise of Student t. (a) OLS on $x_1$: exponents <<raw 2.5>> at $\nu=2.5$, <<raw 3>> at 3, <<raw "
            r"4.5>> at 4.5, <<raw normal>> for Gaussian noise. (b) The universal $\psi^\ast$ is bounded: <<any>> at "
            r"$\nu=2.5$ too. (c) $\epsilon_{pre}^2$: <<ols 2.5>> at 2.5, <<ols 4.5>> at 4.5, <<ols normal>> for "
            r"Gaussian noise."
        ),
        numbers={
            name: Quote("slope", {"label": f"{what}, {law}"}, frame="slopes", digits=digits)
            for name, what, law, digits in (
                ("raw 3", "OLS on $x_1$", r"$\nu=3$", 2),
                ("raw normal", "OLS on $x_1$", "Gaussian (control)", 3),
                ("ols 4.5", "pretext by OLS", r"$\nu=4.5$", 3),
                ("ols normal", "pretext by OLS", "Gaussian (control)", 2),
            )
        }
        | {
            name: Quote("slope", {"label": f"{what}, {law}"}, "interval", "slopes", digits=digits)
            for name, what, law, digits in (
                ("raw 2.5", "OLS on $x_1$", r"$\nu=2.5$", 2),
                ("raw 4.5", "OLS on $x_1$", r"$\nu=4.5$", 2),
                ("any", r"$\psi^*$ universal", r"$\nu=2.5$", 3),
                ("ols 2.5", "pretext by OLS", r"$\nu=2.5$", 2),
            )
        },
    ),
    Figure(
        [
            Panel(
                r"ten classes, $\psi^\ast$ universal",
                "n_labeled",
                [*RATES.curves(label="{}, OLS probe"), *RIDGED.curves(label="{}, ridge probe")],
                y="estimation",
                where={"pretext": PSI_U},
                theory=RATES.only("1 : 1", "100 : 1").curves("theory.exact", label="Gaussian features, {}"),
                **LOG,
            ),
        ],
        caption=(
            r"V11. The first class is 1, 10 or 100 times as likely as the last of ten: at $n_2\min p\approx 1$ and "
            r"below classes are absent, their coordinate of $\psi^\ast$ hardly moves in the sample, and its "
            r"coefficient is noise: the mean risk is far above that of the constant. Dashed: what Gaussian features "
            r"of the same moments would give (F1). The rate is back at <<equal>> and <<ten>> from $n_2=320$ at 1 and "
            r"10, not at 100."
        ),
        wide=True,
        name="imbalance",
        numbers={
            name: Quote("slope", {"label": f"imbalance {ratio}, OLS, $n_2$ 320 to 2560"}, frame="slopes", digits=3)
            for name, ratio in (("equal", 1), ("ten", 10))
        },
    ),
    Figure(
        [
            Panel(
                "label shift of the pairs",
                "generator.ratio",
                SHIFTED,
                y="pretext_part",
                where={"generator": LABEL, **AT},
                ylabel=PART,
                xlabel="first : last class in the pairs",
                xscale="log",
            ),
            Panel(
                "covariate shift of the pairs",
                "generator.threshold",
                SHIFTED,
                y="pretext_part",
                where={"generator": COVARIATE, **AT},
                ylabel=PART,
                xlabel="centre of the selected $x_1$",
            ),
        ],
        caption=(
            r"V12; $n_1=4000$. (a) Label shift of the pairs breaks $e_{\mathrm{apx}}=0$ at the $\psi^\ast$ of the "
            r"pairs itself: <<label>> at 16. (b) Covariate shift leaves $\psi^\ast$, and learning it costs more. The "
            r"pretext parts are above what the pairs teach in the limit. In both, the span of the linear $\psi^\ast$ "
            r"stays and reduced rank keeps its rate."
        ),
        name="shift",
        numbers={"label": Quote("intrinsic", {"generator": LABEL[-1], "pretext": PAIRS_U, **AT})},
    ),
]

SLOPES = [
    *(
        Slope(
            f"{what}, {name}",
            {**tail, x: sizes, other: 1000},
            x,
            y,
            offset,
            -1.0 if name in STEEP or pretext == PSI_U else None,
        )
        for what, pretext, x, other, sizes, y, offset in (
            ("OLS on $x_1$", RAW, "n_labeled", "n_unlabeled", N, "estimation", 8.0),
            (r"$\psi^*$ linear", PSI, "n_labeled", "n_unlabeled", N, "estimation", 4.0),
            (r"$\psi^*$ universal", PSI_U, "n_labeled", "n_unlabeled", N_ROWS, "estimation", 4.0),
            ("pretext by OLS", LEAST, "n_unlabeled", "n_labeled", N, "pretext_error", 8.0),
            ("reduced rank", RANK, "n_unlabeled", "n_labeled", N, "pretext_part", 8.0),
        )
        for name, tail in TAILS.cells(pretext=pretext).items()
    ),
    *(
        Slope(
            f"imbalance {law.ratio:g}, {name}, $n_2$ {sizes[0]} to {sizes[-1]}",
            {"generator": law, "pretext": PSI_U, "probe": probe, "n_labeled": sizes},
            "n_labeled",
            "estimation",
            offset,
            -1.0,
        )
        for name, probe, offset in (("OLS", OLS(), 11.0), ("ridge", Ridge(), 0.0))
        for law in IMBALANCED
        for sizes in (N2[:4], N2[3:])
    ),
    *(
        Slope(
            f"{what}, {shift}",
            {"generator": law, "pretext": pretext, "n_unlabeled": PAIRS, "n_labeled": 1000},
            "n_unlabeled",
            "pretext_part",
            predicted=-1.0 if pretext == RANK else None,
        )
        for shift, law in (
            ("no shift", LABEL[0]),
            ("label shift 16", LABEL[-1]),
            ("covariate shift 3", COVARIATE[-1]),
        )
        for what, pretext in (("Nyström cut", KERNEL), ("reduced rank", RANK))
    ),
]

LABELS = {str(curve.where["pretext"]): curve.label for curve in SHIFTED} | {
    f"{pretext} + {probe}": f"{name}, {kind}"
    for name, pretext in (("$x_1$", RAW), (r"$\psi^\ast$ universal", PSI_U))
    for kind, probe in zip(("OLS", "ridge"), TWO, strict=True)
}
TABLES = [
    *(
        Table(
            f"{words} under a shift of the unlabelled pairs, $n_1 = 4000$",
            where={"generator": [*LABEL, *COVARIATE], **AT},
            value=value,
            rows=["generator.ratio", "generator.threshold"],
            columns=["pretext"],
            labels=LABELS,
            name=name,
        )
        for words, value, name in (
            ("Intrinsic risk of what the pairs teach", "intrinsic", "shift_intrinsic"),
            ("Pretext part, above what the pairs teach,", "pretext_part", "shift"),
        )
    ),
    Table(
        "Excess risk under imbalance",
        where={"generator": IMBALANCED},
        rows=["generator.ratio", "n_labeled"],
        columns=["pretext", "probe"],
        labels=LABELS,
        name="imbalance",
        message={"n_labeled": N2[::2]},
    ),
]

RARE: dict[str, Any] = {"generator": IMBALANCED, "pretext": PSI_U, "n_labeled": 640}
JUDGED: list[tuple[str, str, str, bool, dict[str, Any]]] = [
    *(
        (label, "generator.nu", "estimation", control, {"generator": EVERY[:-1], "pretext": pretext, "n_labeled": 4000})
        for label, control, pretext in (
            ("V10, OLS on $x_1$", False, RAW),
            (r"V10, $\psi^\ast$ universal", True, PSI_U),
        )
    ),
    *(
        (f"V11, {name}", "generator.ratio", "estimation", False, {**RARE, "probe": probe})
        for name, probe in (("OLS probe", OLS()), ("ridge probe", Ridge()))
    ),
    *(
        (f"{shift}, {name}", size, part, pretext == RANK, {"generator": laws, "pretext": pretext, **AT})
        for shift, size, laws in (
            ("V12 label shift", "generator.ratio", LABEL),
            ("V12 covariate shift", "generator.threshold", COVARIATE),
        )
        for name, pretext, part in (
            (r"$\psi^\ast$ of the pairs", PAIRS_U, "intrinsic"),
            ("Nyström cut", KERNEL, "pretext_part"),
            ("reduced rank", RANK, "pretext_part"),
        )
    ),
]
VERDICTS = [
    Verdict(
        label,
        where,
        size=size,
        falling=size == "generator.nu",
        damage=damage,
        bound=None,
        ceiling=None,
        control=control,
        predictors={"eps_CI": "epsilon_ci_linear", "Bayes noise": "bayes_noise", "class floor": "class_floor"},
    )
    for label, size, damage, control, where in JUDGED
]
