"""What Figure 1 of Lee, Lei, Saunshi and Zhuo (NeurIPS 2021) meant to show, one mechanism at a time.

All laws have clean dials: the rows of A are orthogonal and of norm 1, so beta = 1. Their orientation is frozen, since
no risk here depends on it. (a), (b): estimation at T = 1/2, T being what psi* leaves of y: a dial of jointly Gaussian
laws. For k equally likely classes with orthogonal means of norm s and the linear class, T = Bayes noise + class floor
= (k - 1) / (k + s^2), which is 1/2 at s^2 = k - 2; with the Bayes noise alone held fixed the floor, and T with it,
would grow with k. The universal class has no floor, and the Bayes noise is held at 1/5. (c), (d), (e): a leak into the
row space of A from directions of x1 that carry no label; A, Cov(X2|Y) and the Bayes noise stay. (f): what finite n1
costs under conditional independence.
"""

from typing import Any

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture
from testbed.pretexts import Oracle, Predict
from testbed.regressors import OLS, ReducedRank
from testbed.report import Curve, Figure, Named, Panel, Quote, Slope, Table
from testbed.theory import (
    ExactLeastSquares,
    IntrinsicBound,
    PretextError,
    ReducedRankPretext,
    SharperBound,
    SignedLeakBound,
    sharp_law,
)

N1, N2 = [1000, 2000, 4000, 8000, 16000, 32000, 64000], [27, 47, 87, 167, 327, 647]  # n2 - 7 = 20, 40, ..., 640
LEAK = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0]
D: dict[str, Any] = {"d1": 40, "d2": 40, "structure_seed": 0}

CLASSES = [CleanMixture(k=int(s**2) + 2, separation=s, **D) for s in (1.0, 2.0, 3.0, 4.0, 5.0)]
LABELS = vary(CleanGaussian, k=[3, 6, 11, 18, 27], bayes_noise=0.5, **D)
NOISY = vary(CleanMixture, k=[3, 6, 11, 18], bayes_noise=0.2, **D)
SCALAR = vary(CleanGaussian, k=1, d1=4, d2=1, epsilon_ci=LEAK, structure_seed=0)
SHARP = [sharp_law(epsilon) for epsilon in LEAK[:-1]]
LEAKING = vary(CleanMixture, k=3, d1=6, d2=3, bayes_noise=0.2, epsilon_ci=[0.0, *LEAK], structure_seed=0)
LEARNT = [CleanGaussian(k=3, d1=20, d2=20, structure_seed=0)]

PSI, PSI_U = Oracle("linear"), Oracle("universal")
RANK, RANK_0 = Predict(ReducedRank("k-1")), Predict(ReducedRank("k", intercept=False))
OLS_0 = Predict(OLS(intercept=False))

COMMON: dict[str, Any] = {
    "name": "lee2021_controlled",
    "repeats": 256,
    "extra": ["intrinsic_class", "pretext_error"],
    "theory": {
        "exact": ExactLeastSquares(column="estimation"),
        "exact_universal": ExactLeastSquares("psi_star", column="estimation"),
        "exact_centred": ExactLeastSquares(intercept=False, column="estimation"),
        "bound": IntrinsicBound("linear"),
        "sharper": SharperBound("linear"),
        "signed_leak": SignedLeakBound("linear"),
        "bound_universal": IntrinsicBound("universal"),
        "sharper_universal": SharperBound("universal"),
        "signed_leak_universal": SignedLeakBound("universal"),
        "pretext_error": PretextError(intercept=False),
        "reduced_rank": ReducedRankPretext(intercept=False),
    },
}
AT: dict[str, Any] = {"n_unlabeled": [1000], "n_labeled": [1000], **COMMON}
ALONG: dict[str, Any] = {"n_unlabeled": [1000], "n_labeled": N2, **COMMON}
PAIRS: dict[str, Any] = {"n_unlabeled": N1, "n_labeled": [1000], **COMMON}
ORIGIN, CONSTANT = [OLS(intercept=False)], [OLS()]

EXPERIMENT = (
    Experiment(generator=LABELS, pretext=[PSI, RANK_0], probe=ORIGIN, **AT)
    + Experiment(generator=CLASSES, pretext=[PSI, RANK], probe=CONSTANT, **AT)
    + Experiment(generator=NOISY, pretext=[PSI_U], probe=CONSTANT, **AT)
    + Experiment(generator=LABELS[1:2], pretext=[PSI, RANK_0], probe=ORIGIN, **ALONG)
    + Experiment(generator=CLASSES[1:2], pretext=[PSI, RANK], probe=CONSTANT, **ALONG)
    + Experiment(generator=[*SCALAR, *SHARP], pretext=[PSI], probe=CONSTANT, **AT)
    + Experiment(generator=LEAKING, pretext=[PSI, PSI_U], probe=CONSTANT, **AT)
    + Experiment(generator=LEARNT, pretext=[RANK_0, OLS_0], probe=ORIGIN, **PAIRS)
)

BY_K = {"n_labeled": [1000, 300]}  # --tiny cuts to 300
BY_N2 = {"n_labeled": [*N2, 300]}
GAUSSIAN, ONE_HOT_U = r"real labels, $\psi^\ast$", r"classes, $\psi^\ast$ universal"
CELLS = ("generator", "pretext")
NAVY, MAROON, BLACK = "#1f4e9c", "#a3261b", "#222222"
SKY, ORANGE, GREEN = "#56b4e9", "#d55e00", "#029e73"
ALL_K = Named(
    CELLS,
    {
        GAUSSIAN: (LABELS, PSI),
        r"real labels, $\tilde\psi$ of rank $k$": (LABELS, RANK_0),
        r"classes, $\psi^\ast$ linear": (CLASSES, PSI),
        r"classes, $\tilde\psi$ of rank $k-1$": (CLASSES, RANK),
        ONE_HOT_U: (NOISY, PSI_U),
    },
)
K_IS_6 = Named(CELLS, {name: (laws[1:2], pretext) for name, (laws, pretext) in ALL_K.items() if name != ONE_HOT_U})
ATTAIN = Named(CELLS, {"intrinsic, laws that attain the bound": (SHARP, PSI)})
LEAKS: list[tuple[str, str, str, dict[str, Any], list[Curve]]] = [
    (
        "one real label, $d_2 = 1$",
        "linear",
        "",
        {"generator": SCALAR, "pretext": PSI},
        ATTAIN.curves(color=GREEN, marker="^", line="none"),
    ),
    ("three classes, linear class", "linear", "", {"generator": LEAKING[1:], "pretext": PSI}, []),
    ("three classes, universal class", "universal", "_universal", {"generator": LEAKING[1:], "pretext": PSI_U}, []),
]
FULL, CUT = {"generator": LEARNT, "pretext": OLS_0}, {"generator": LEARNT, "pretext": RANK_0}
EXACT = "exact for real labels (F1), $T=1/2$"
LOG: dict[str, Any] = {"xscale": "log", "yscale": "log"}

FIGURES = [
    Figure(
        [
            Panel(
                r"estimation against $k$, $n_2 = 1000$",
                "generator.k",
                ALL_K.curves(line={GAUSSIAN: "none"}),
                y="estimation",
                where=BY_K,
                theory=[
                    *ALL_K.only(GAUSSIAN).curves("theory.exact_centred", label=EXACT),
                    *ALL_K.only(ONE_HOT_U).curves("theory.exact_universal", label="the same at $T=1/5$"),
                ],
                xlabel="classes, or real labels, $k$",
                **LOG,
            ),
            Panel(
                "estimation against $n_2$, $k = 6$",
                "n_labeled",
                K_IS_6.curves(line={GAUSSIAN: "none"}),
                y="estimation",
                where=BY_N2,
                theory=K_IS_6.only(GAUSSIAN).curves("theory.exact_centred", label=EXACT),
                offset=7.0,
                xlabel="$n_2-k-1$",
                **LOG,
            ),
            *(
                Panel(
                    title,
                    f"epsilon_ci_{kind}",
                    [
                        Curve("excess in the class, $n_2=1000$", where, y="excess_risk_class", color=SKY),
                        Curve(r"intrinsic, above $e_{\mathrm{apx}}(x_1)$", where, color=ORANGE, line="none"),
                        *more,
                    ],
                    y="intrinsic_class",
                    theory=[
                        Curve(r"bound $\epsilon_{CI}^2/\beta^2$ (I6)", where, y=f"theory.bound{suffix}", color=BLACK),
                        Curve("sharper bound (I7)", where, y=f"theory.sharper{suffix}", color=MAROON),
                        Curve("exact, the signed leak (I14)", where, y=f"theory.signed_leak{suffix}", color=NAVY),
                    ],
                    xlabel=r"violation of independence $\epsilon_{CI}$",
                    ylabel=r"risk above $e_{\mathrm{apx}}(x_1)$",
                    **LOG,
                )
                for title, kind, suffix, where, more in LEAKS
            ),
            Panel(
                "finite $n_1$, $k = 3$, $d_1 = d_2 = 20$",
                "n_unlabeled",
                [
                    Curve(r"$\epsilon_{pre}^2$, OLS", FULL, y="pretext_error", color=SKY, marker="o", line="none"),
                    Curve("pretext part, rank $k$", CUT, color=ORANGE, marker="s", line="none"),
                    Curve("pretext part, OLS: 0 (T1)", FULL, color=GREEN, marker="v", line="none"),
                ],
                y="pretext_part",
                theory=[
                    Curve(r"exact $\epsilon_{pre}^2$ (F5)", FULL, y="theory.pretext_error", color=NAVY),
                    Curve("rank $k$, leading order (I15)", CUT, y="theory.reduced_rank", color=MAROON),
                ],
                ylabel="what finite $n_1$ costs",
                **LOG,
            ),
        ],
        caption=(
            r"Figure 1 of Lee et al., one mechanism at a time; $\beta=1$ throughout. (a), (b) $T$ is held at 1/2 "
            r"(universal class: Bayes noise 1/5); $\tilde\psi$ from $n_1=1000$. One-hot labels are heteroskedastic, "
            r"which moves the exponents in $k$ to <<exact linear>> and <<exact universal>> (found <<linear>>, "
            r"<<universal>>). (c) to (e) A leak into the row space of $A$: quadratic, then it saturates. Intrinsic "
            r"over the bound of the paper (I6) falls from <<c first>> to <<c last>> in (c), from <<d first>> to <<d "
            r"last>> in (d) and to <<e last>> in (e). (f) Conditional independence: OLS on $\tilde\psi$ of full rank "
            r"is OLS on $x_1$ whatever $\epsilon_{pre}$ is; rank $k$ pays about "
            r"$(d_1-k)\,\mathrm{tr}\,W'\mathrm{Cov}(X_2|X_1)W/n_1$."
        ),
        numbers={
            f"{said}{name}": Quote(column, {"label": f"(a) classes, psi* {name}"}, frame="slopes", digits=digits)
            for name, digits in (("linear", 4), ("universal", 3))
            for said, column in (("exact ", "predicted"), ("", "slope"))
        }
        | {
            f"{letter} {said}": Quote("intrinsic_class", laws[place], over=f"theory.bound{suffix}")
            for letter, (_, _, suffix, where, _) in zip("cde", LEAKS, strict=True)
            for laws in [[{**where, "generator": law} for law in where["generator"]]]
            for said, place in (("first", 0), ("last", -1))
        },
    )
]

# Exponents in k are those of the exact or leading term over these very k, not 1. F4 (the residual of a one-hot label
# depends on x1) and F1 given psi~ (whose T is 1/2 + pretext part) are computed in tests/theory/test_controlled.py.
SMALL = {"generator.epsilon_ci": [0.02, 0.05, 0.1]}
SLOPES = [
    *(
        Slope(
            f"(a) {name}", {"generator": laws, "pretext": pretext, **BY_K}, "generator.k", "estimation", 0.0, exponent
        )
        for name, laws, pretext, exponent in (
            ("real labels, psi*", LABELS, PSI, "theory.exact_centred"),
            ("real labels, rank k", LABELS, RANK_0, 1.176),
            ("classes, psi* linear", CLASSES, PSI, 1.064),
            ("classes, rank k-1", CLASSES, RANK, 1.085),
            ("classes, psi* universal", NOISY, PSI_U, 0.940),
        )
    ),
    *(
        Slope(
            f"(b) {name}", {"generator": laws[1:2], "pretext": pretext, **BY_N2}, "n_labeled", "estimation", 7.0, what
        )
        for name, laws, pretext, what in (
            ("real labels, psi*", LABELS, PSI, -1.0),
            ("real labels, rank k", LABELS, RANK_0, -1.0),
            ("classes, psi* linear", CLASSES, PSI, "theory.exact"),
            ("classes, rank k-1", CLASSES, RANK, "theory.exact"),
        )
    ),
    *(
        Slope(
            name,
            {"generator": laws, "pretext": pretext, **SMALL},
            f"epsilon_ci_{kind}",
            "intrinsic_class",
            predicted=f"theory.signed_leak{suffix}",
        )
        for name, laws, pretext, kind, suffix in (
            ("(c) one real label", SCALAR, PSI, "linear", ""),
            ("(d) classes, linear", LEAKING, PSI, "linear", ""),
            ("(e) classes, universal", LEAKING, PSI_U, "universal", "_universal"),
        )
    ),
    Slope("(f) eps_pre^2, OLS", FULL, "n_unlabeled", "pretext_error", predicted="theory.pretext_error"),
    Slope("(f) pretext part, rank k", CUT, "n_unlabeled", "pretext_part", predicted=-1.0),
]

TABLES = [
    Table(
        "Intrinsic risk above $e_{apx}(x_1)$ against the violation of independence",
        where={"generator": [*LEAKING, *SCALAR]},
        value="intrinsic_class",
        rows=["generator.k", "generator.epsilon_ci"],
        labels=Named("pretext", {r"$\psi^\ast$ linear": PSI, r"$\psi^\ast$ universal": PSI_U}).texts,
        name="leak",
    ),
]
