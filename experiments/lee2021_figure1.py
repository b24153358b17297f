"""The simulation of Lee, Lei, Saunshi and Zhuo (NeurIPS 2021), Figure 1, as printed.

Printed: y uniform, centres uniform on [0, 10), unit noise, d1 = 50, d2 = 40, 4,000 unlabelled and 1,000 labelled
pairs, 30 trials. Not printed, so chosen here: the grids of k and alpha; k = 10 in panels (b) and (d); y one-hot and the
squared error summed over its coordinates; an intercept in every regression; centres redrawn in every trial; the
baseline's bandwidth is the median distance and its penalty minimises the leave-one-out error.
"""

from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Nystroem
from testbed.report import Figure, Named, Panel, Quote, Stack, Table

K = [2, 5, 10, 15, 20, 25, 30, 35]
ALPHA = [0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0]

PROBE, LEAST, NYSTROM = OLS(), Predict(OLS()), Predict(Nystroem(500))
LINEAR = Named(
    ("pretext", "probe"),
    {
        "$x_1$": (Raw(), PROBE),
        r"$\tilde\psi$, OLS": (LEAST, PROBE),
        r"$\tilde\psi$ cut to $k$": (Truncated(LEAST, "k"), PROBE),
        r"$\psi^*$ linear": (Oracle("linear"), PROBE),
    },
)
UNIVERSAL = Named(
    ("pretext", "probe"),
    {
        "kernel ridge on $x_1$": (Raw(), KernelRidge()),
        r"$\tilde\psi$, Nyström": (NYSTROM, PROBE),
        r"$\tilde\psi$ Nyström cut to $k$": (Truncated(NYSTROM, "k"), PROBE),
        r"$\psi^*$ universal": (Oracle("universal"), PROBE),
    },
)

EXPERIMENT = Experiment(
    name="lee2021_figure1",
    generator=vary(LeeMixture, k=K, alpha=0.0) + vary(LeeMixture, k=10, alpha=ALPHA),
    pretext=(LINEAR | UNIVERSAL).of("pretext"),
    probe=[PROBE],
    baseline=[KernelRidge()],
    n_unlabeled=[4000],
    n_labeled=[1000],
    repeats=30,
    seed=0,
)

FLOOR = LINEAR.only("$x_1$").curves("class_floor", label=r"$e_{\mathrm{apx}}(x_1)$")
BY_K = {"generator.alpha": 0.0}
BY_ALPHA = {"generator.k": 10}
RAW = {"pretext": Raw(), "probe": PROBE, **BY_K}
BEST = [{"pretext": Oracle(kind), "generator.alpha": 0.1, **BY_ALPHA} for kind in ("linear", "universal")]

SOME_K = Named("generator.k", {f"$k={k}$": k for k in K[1::3]})
SOME_ALPHA = Named("generator.alpha", {rf"$\alpha={alpha:g}$": alpha for alpha in ALPHA[::2]})
LEARNT = UNIVERSAL.only(*[name for name in UNIVERSAL if name != "kernel ridge on $x_1$"])
TICKS = {str(pretext): name for name, (pretext, _) in (LINEAR | LEARNT).items()}

FIGURES = [
    Figure(
        [
            Panel("linear class, CI holds", "generator.k", LINEAR.curves(), where=BY_K, theory=FLOOR),
            Panel("linear class, $k = 10$", "epsilon_ci_linear", LINEAR.curves(), where=BY_ALPHA, theory=FLOOR),
            Panel("universal class, CI holds", "generator.k", UNIVERSAL.curves(), where=BY_K),
            Panel("universal class, $k = 10$", "epsilon_ci_universal", UNIVERSAL.curves(), where=BY_ALPHA),
        ],
        caption=(
            r"Figure 1 of Lee et al. as printed. (a) <<share>> of the risk of $x_1$ (<<few>> at $k=5$, <<many>> at "
            r"$k=35$) is the floor $e_{\mathrm{apx}}(x_1)$ of the linear class at every $k$, and OLS on $\tilde\psi$ "
            r"stays close to OLS on $x_1$. (b) The intrinsic risk above the floor is <<b>> $\epsilon_{CI}^2$ at "
            r"$\alpha=0.1$, then saturates; $A$ and $\beta$ move with $\alpha$. (c) The Bayes noise is 0 to rounding, "
            r"and so is the risk of $\psi^*$ at every $k$: no $\sigma^2k/n_2$ can show, what grows is the pretext's "
            r"error. (d) <<d>> $\epsilon_{CI}^2$ at $\alpha=0.1$, then saturation at <<last>>."
        ),
        numbers={
            "share": Quote("class_floor", RAW, "range", over="excess_risk", percent=True),
            "few": Quote("excess_risk", {**RAW, "generator.k": 5}, digits=3),
            "many": Quote("excess_risk", {**RAW, "generator.k": 35}, digits=3),
            "b": Quote("intrinsic", BEST[0], less="class_floor", over="epsilon_ci_linear", power=2.0, digits=1),
            "d": Quote("intrinsic", BEST[1], over="epsilon_ci_universal", power=2.0, digits=1),
            "last": Quote("excess_risk", {"pretext": Oracle("universal"), "generator.alpha": 1.0, **BY_ALPHA}),
        },
    ),
    Figure(
        [
            Stack(title, "pretext", bars.curves(), where=names.all_cells(**where), ticks=TICKS, xlabel="read from")
            for title, bars, names, where in (
                ("linear class, CI holds", SOME_K, LINEAR, BY_K),
                ("linear class, $k = 10$", SOME_ALPHA, LINEAR, BY_ALPHA),
                ("universal class, CI holds", SOME_K, LEARNT, BY_K),
                ("universal class, $k = 10$", SOME_ALPHA, LEARNT, BY_ALPHA),
            )
        ],
        caption=(
            "Cells of Figure 1, excess risk split exactly. In the linear class nearly all is intrinsic; in the "
            "universal class with CI the intrinsic part is 0 and the pretext part is what is left (the risk of kernel "
            "ridge on $x_1$, which has no task, is all estimation). At a strong leak the pretext part is negative: "
            "the imperfect estimate beats the optimum it aims at."
        ),
        name="split",
    ),
]

NAMES = (LINEAR | UNIVERSAL).texts
TABLES = [
    Table("Excess risk against $k$ under conditional independence", where=BY_K, rows=["generator.k"], labels=NAMES),
    Table(
        "Excess risk against the leak at $k = 10$", where=BY_ALPHA, rows=["generator.alpha"], name="leak", labels=NAMES
    ),
]
