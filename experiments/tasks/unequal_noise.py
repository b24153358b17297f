"""Which task survives noise of unequal variance?

x = L z + e with two factors and thirty coordinates in each of two views; the noise variances are uniform on (20.05 - h,
20.05 + h), the same at h = 0, from .1 to 40 at the other end. The label is both factors. Tasks give two dimensions.
Principal components keep variance, so the noise leads them astray as it gets unequal; masked denoising sees a little
more of what coordinates share, and the more the more is masked; pseudo-likelihood cut to two looks at nothing else;
regression and CCA of two views lose nothing, since independent noise cancels between them.

The optima of the tasks are exact: sines of the largest angle to E[z|x1], averaged over redrawn loadings and variances.
"""

from typing import Any

from testbed import Experiment
from testbed.generators import Factors
from testbed.pretexts import (
    CCA,
    PCA,
    DenoisingAutoencoder,
    Optimum,
    Predict,
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.regressors import OLS, ReducedRank
from testbed.report import Figure, Named, Panel

HALF = [0.0, 4.0, 8.0, 12.0, 16.0, 18.0, 19.95]
LAWS = [Factors(r=2, noise_var_min=20.05 - h, noise_var_max=20.05 + h) for h in HALF]
TASKS = Named(
    "pretext",
    {
        "PCA": PCA(2),
        "mask, $q=.1$": DenoisingAutoencoder("mask", 0.1, 2),
        "mask, $q=.5$": DenoisingAutoencoder("mask", 0.5, 2),
        "mask, $q=.9$": DenoisingAutoencoder("mask", 0.9, 2),
        "pseudo-likelihood": Truncated(PseudoLikelihood(), 2),
        "regression of $x_2$": Predict(ReducedRank(2)),
        "CCA": CCA(2),
    },
)
IDEAL = Named("pretext", {name: Optimum(task) for name, task in TASKS.items()})
NONE = Named("pretext", {"no task ($x_1$)": Raw()})

EXPERIMENT = Experiment(
    name="tasks_unequal_noise",
    generator=LAWS,
    pretext=[Raw(), *IDEAL.of("pretext"), *TASKS.of("pretext")],
    probe=[OLS()],
    n_unlabeled=[10_000],
    n_labeled=[200],
    repeats=128,
    extra=["label_sine"],
)

SHOWN: dict[str, Any] = {
    "x": "generator.noise_var_max",
    "offset": 20.05,
    "xlabel": "half-range $h$ of the noise variances",
}
ANGLE = {"y": "label_sine", "ylabel": "sine of the largest angle to $E[z|x_1]$", **SHOWN}
RISK = {"yscale": "log", **SHOWN}
BLACK = NONE.curves(color="black", marker="x")

FIGURES = [
    Figure(
        [
            Panel("optima: angle", curves=IDEAL.curves(), **ANGLE),
            Panel("learnt from $n_1=10^4$: angle", curves=TASKS.curves(), **ANGLE),
            Panel("optima: risk at $n_2=200$", curves=[*IDEAL.curves(), *BLACK], **RISK),
            Panel("learnt: risk at $n_2=200$", curves=[*TASKS.curves(), *BLACK], **RISK),
        ],
        caption=(
            r"Two factors in thirty coordinates, noise variances uniform on $(20.05-h,\,20.05+h)$. (a) Optima: PCA is "
            r"exact in equal noise and at <<pca sine>> in the most unequal one, masked denoising at <<.1 sine>>, <<.5 "
            r"sine>> and <<.9 sine>>, pseudo-likelihood cut to two at <<pl even>> and <<pl sine>>; regression of "
            r"another view and CCA are at 0 throughout. (b) Learnt from $10^4$ rows or pairs the order is the same "
            r"but in equal noise, where PCA is the best (<<pca learnt>>; the two tasks of two views, whose second "
            r"view is noisy as well, <<cca learnt>>). (c), (d) The risk of the label follows: in the most unequal "
            r"noise PCA has <<pca>>, more than no task (<<raw>>), which it beats in equal noise (<<pca even>> against "
            r"<<raw even>>)."
        ),
        numbers={
            name: tasks.quote(label, column=column, where={"generator": law})
            for name, tasks, label, column, law in (
                ("pca sine", IDEAL, "PCA", "label_sine", LAWS[-1]),
                (".1 sine", IDEAL, "mask, $q=.1$", "label_sine", LAWS[-1]),
                (".5 sine", IDEAL, "mask, $q=.5$", "label_sine", LAWS[-1]),
                (".9 sine", IDEAL, "mask, $q=.9$", "label_sine", LAWS[-1]),
                ("pl even", IDEAL, "pseudo-likelihood", "label_sine", LAWS[0]),
                ("pl sine", IDEAL, "pseudo-likelihood", "label_sine", LAWS[-1]),
                ("pca learnt", TASKS, "PCA", "label_sine", LAWS[0]),
                ("cca learnt", TASKS, "CCA", "label_sine", LAWS[0]),
                ("pca", IDEAL, "PCA", "excess_risk", LAWS[-1]),
                ("raw", NONE, "no task ($x_1$)", "excess_risk", LAWS[-1]),
                ("pca even", IDEAL, "PCA", "excess_risk", LAWS[0]),
                ("raw even", NONE, "no task ($x_1$)", "excess_risk", LAWS[0]),
            )
        },
    )
]

TABLES = [
    tasks.table(f"{what} of {whose}", ["generator.noise_var_max"], value=value, name=f"{value}{place}")
    for value, what in (("label_sine", "Sine of the angle to E[z|x1]"), ("excess_risk", "Excess risk"))
    for place, (whose, tasks) in enumerate((("the optima", IDEAL), ("the learnt tasks, $n_1 = 10^4$", TASKS)))
]
