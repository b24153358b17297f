"""Which learner of the pretext survives which violation?

Four laws of three equally likely classes with d1 = 10, d2 = 6: conditional independence (CI); a leak inside the row
space of A (V1) and one outside it (V2, the control), both of eps_CI = .8 in the linear class and read from directions
of x1 that carry no label; and three classes on a line (V13), which conditional independence and rank(A) = k leave
unharmed in the universal class, but no affine function of x1 tells apart. Every method sees the same rows.

The least-squares pretext cut to its k - 1 leading components *is* reduced-rank regression (identity weights): both are
run, and agree to rounding.
"""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from testbed import Experiment
from testbed.generators import CleanMixture, DirectEdge
from testbed.laws import GaussianMixture
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Network, Nystroem, ReducedRank, Ridge, Sklearn
from testbed.report import Figure, Named, Panel, Table, Verdict
from testbed.theory import TwoViewCeiling

N2 = [40, 100, 250, 600]
BASE = CleanMixture(k=3, d1=10, d2=6, structure_seed=0)
INSIDE = DirectEdge(BASE, epsilon_ci=0.8)
OUTSIDE = DirectEdge(BASE, direction="outside", epsilon_ci=0.8)
LINE = GaussianMixture(
    probability=np.full(3, 1.0 / 3.0),
    mean=np.hstack([np.outer([-3.0, 0.0, 3.0], np.eye(10)[0]), np.eye(3, 6)]),
    covariance=np.eye(16),
    d1=10,
)
LAWS = Named(
    "generator",
    {"CI": BASE, "V1: leak inside": INSIDE, "V2: leak outside (control)": OUTSIDE, "V13: classes on a line": LINE},
)

NYSTROM = Nystroem(300)
LEARNT = Named(
    "pretext",
    {
        "OLS": Predict(OLS()),
        "ridge": Predict(Ridge()),
        "OLS cut to $k-1$": Truncated(Predict(OLS()), "k-1"),
        "reduced rank": Predict(ReducedRank("k-1")),
        "Nyström": Predict(NYSTROM),
        "Nyström cut": Truncated(Predict(NYSTROM), "k-1"),
        "forest": Predict(Sklearn(RandomForestRegressor(n_estimators=60, max_features=1 / 3, min_samples_leaf=10))),
        "network": Predict(Network()),
    },
)
METHOD = ("pretext", "probe")
SUPERVISED = Named(
    METHOD,
    {
        "OLS on $x_1$": (Raw(), OLS()),
        "ridge on $x_1$": (Raw(), Ridge()),
        "kernel ridge on $x_1$": (Raw(), KernelRidge()),
    },
)
TRUTH = Named(METHOD, {r"$\psi^\ast$ universal": (Oracle("universal"), OLS())})

EXPERIMENT = Experiment(
    name="violations_learners",
    generator=LAWS.of("generator"),
    pretext=[Raw(), *LEARNT.of("pretext"), Oracle("linear"), Oracle("universal")],
    probe=[OLS()],
    baseline=[Ridge(), KernelRidge()],
    n_unlabeled=[2000],
    n_labeled=N2,
    repeats=24,
    draws="rows",
    theory={"two_view": TwoViewCeiling()},
)

OLS_PROBE = {"probe": OLS()}
SHOWN = [
    *SUPERVISED.curves(),
    *LEARNT.only("reduced rank", "Nyström", "Nyström cut", "forest", "network").curves(
        label=r"$\tilde\psi$ {}", where=OLS_PROBE
    ),
]
FLOOR = SUPERVISED.only("OLS on $x_1$").curves("class_floor", label=r"$e_{\mathrm{apx}}(x_1)$")
BARS = Named(
    "pretext",
    {
        "$x_1$": Raw(),
        "OLS": LEARNT["OLS"],
        "ridge": LEARNT["ridge"],
        "reduced rank": LEARNT["reduced rank"],
        "Nyström": LEARNT["Nyström"],
        "Nyström cut": LEARNT["Nyström cut"],
        "forest": LEARNT["forest"],
        "network": LEARNT["network"],
        r"$\psi^\ast$ linear": Oracle("linear"),
        r"$\psi^\ast$ any": Oracle("universal"),
    },
)

UNDER = Named(METHOD, {name: (pretext, OLS()) for name, pretext in LEARNT.items()})
AT = {n2: LAWS.cells(n_labeled=n2) for n2 in N2}
V1, V2, V13 = [*LAWS][1:]

FIGURES = [
    Figure(
        [
            Panel(name, "n_labeled", SHOWN, where=where, theory=FLOOR, xscale="log", yscale="log")
            for name, where in LAWS.cells().items()
        ],
        caption=(
            r"$n_1=2000$, $k=3$, $d_1=10$, $d_2=6$; every method sees the same rows. (a) CI: at $n_2=40$ the Nyström "
            r"pretext cut to $k-1$ has <<cut 40>>, kernel ridge <<kernel 40>>; at "
            r"$n_2=600$ it has <<cut 600>> and kernel ridge <<kernel 600>>: its own error is what is left, far above "
            r"the optimum over all functions, which is not drawn (<<truth 600>>). (b) A leak inside the row space of "
            r"$A$, $\epsilon_{CI}=$ <<size>>: no pretext comes below OLS on $x_1$, nor does $\psi^\ast$. (c) The same "
            r"size outside costs a forest little (<<forest out>> at $n_2=250$, <<forest in>> in (a)), and much where a "
            r"pretext is cut to $k-1$ components: the leak has more variance than the label, and reduced rank keeps "
            r"it (<<ranked>>, against <<ols>> of OLS). (d) No affine map gets below $e_{\mathrm{apx}}(x_1)=$ "
            r"<<floor>>; the forest reaches <<forest>>, below kernel ridge (<<kernel>>). Two views together would "
            r"give <<two a>>, <<two b>>, <<two c>>, <<two d>> less than $f^\ast$ (I11), which no function of $x_1$ "
            r"reaches."
        ),
        share_y=True,
        numbers={
            "cut 40": UNDER.quote("Nyström cut", where=AT[40]["CI"], pick="interval"),
            "kernel 40": SUPERVISED.quote("kernel ridge on $x_1$", where=AT[40]["CI"], pick="interval"),
            "cut 600": UNDER.quote("Nyström cut", where=AT[600]["CI"]),
            "kernel 600": SUPERVISED.quote("kernel ridge on $x_1$", where=AT[600]["CI"]),
            "truth 600": TRUTH.quote(where=AT[600]["CI"], digits=1),
            "size": SUPERVISED.quote("OLS on $x_1$", column="epsilon_ci_linear", where=AT[250][V1], digits=1),
            "forest in": UNDER.quote("forest", where=AT[250]["CI"], digits=2),
            "forest out": UNDER.quote("forest", where=AT[250][V2], digits=2),
            "ranked": UNDER.quote("reduced rank", where=AT[250][V2], digits=3),
            "ols": SUPERVISED.quote("OLS on $x_1$", where=AT[250][V2], digits=3),
            "floor": SUPERVISED.quote("OLS on $x_1$", column="class_floor", where=AT[250][V13], digits=3),
            "forest": UNDER.quote("forest", where=AT[250][V13]),
            "kernel": SUPERVISED.quote("kernel ridge on $x_1$", where=AT[250][V13]),
        }
        | {
            f"two {letter}": SUPERVISED.quote("OLS on $x_1$", column="theory.two_view", where=where)
            for letter, where in zip("abcd", AT[250].values(), strict=True)
        },
    ),
    Figure(
        [
            BARS.stack(name, where=where, xlabel="representation")
            for name, where in LAWS.cells(n_labeled=250, **OLS_PROBE).items()
        ],
        caption=(
            r"The cells of $n_2=250$ under the OLS probe, split exactly: $x_1$ itself, learners of the "
            r"pretext (reduced rank is equal to OLS cut to $k-1$ components), and its optima in the linear class and "
            r"over any functions. With a leak inside, estimates beat the optimum they aim at (negative pretext "
            r"part), as their errors break its rank."
        ),
        name="split",
    ),
]

LABELS = {text: rf"$\tilde\psi$ {name}" for text, name in LEARNT.texts.items()}
LABELS = {f"{text} + OLS()": name for text, name in LABELS.items()} | (SUPERVISED | TRUTH).texts
LABELS |= Named(METHOD, {r"$\psi^\ast$ linear": (Oracle("linear"), OLS())}).texts
TABLES = [
    Table(
        f"Excess risk of each learner, {name}",
        where=where,
        rows=["n_labeled"],
        columns=["pretext", "probe"],
        labels=LABELS,
        name=f"learners{i}",
    )
    for i, (name, where) in enumerate(LAWS.cells().items())
]

UNDER_OLS = Named(METHOD, {f"pretext: {name}": (pretext, OLS()) for name, pretext in LEARNT.items()})
VERDICTS = [
    Verdict(
        name,
        where,
        damage="excess_risk",
        bound=None,
        ceiling=None,
        control=name in SUPERVISED,
        predictors={
            "eps_CI": "epsilon_ci_linear",
            "class floor": "class_floor",
            "two-view ceiling": "theory.two_view",
        },
    )
    for name, where in (SUPERVISED | UNDER_OLS | TRUTH).cells(n_labeled=250).items()
]
