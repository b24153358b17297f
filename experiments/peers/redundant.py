"""What does a redundant part of the pretext optimum cost, and on which law is a two-view baseline tested?

The form of Du and Xiang (2024): E[X2|X1] = A f*(X1) + B g(X1), with a redundant part g that tells nothing of the label.
Here f* = x_1 x_2 and g = (x_3 x_4, (x_5^2 - 1) / sqrt 2), uncorrelated, of variance 1 and not linear in x1, which is
standard normal in six dimensions; x2 has four, and noise of variance 1/4, as y has. A linear read-out of E[X2|X1]
finds f* if and only if rank [A, B] = rank A + rank B. "Apart", B is orthogonal to A; "in one direction", both columns
of B are A / 2, so that E[X2|X1] = A (f* + (g_1 + g_2) / 2) and the best read-out misses 1 - 1 / 1.5 = 1/3 at any
number of rows.

The law is given by code (`SampledLaw`), with f* known: excess risks are means over fresh rows. Regressions on x1 are
least squares on all monomials up to degree 2, which hold f* and E[X2|X1].

The paper compares with a baseline that is fitted on both views (x1, x2), and is tested on another law than it was
trained on. Panel (c) shows what that does: least squares of y on (x1, x2), tested on fresh pairs of its own law, and
where E[X2|X1] stands in the place of x2. The printed numbers need the settings of the paper and are not computed here.

Reference: Du and Xiang, "Low-rank approximation of structural redundancy for self-supervised learning", CLeaR 2024.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from testbed import Experiment, SampledLaw
from testbed.pretexts import Predict, Raw, Truncated
from testbed.regressors import OLS, Regressor, Sklearn
from testbed.report import Figure, Named, Panel

A = np.array([0.8, 0.6, 0.0, 0.0])
APART = np.array([[0.6, -0.8, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])


def f_star(x1: Any) -> Any:
    """E[Y | X1]; of both views it is the same, since the noise of y is its own."""
    return x1[:, 0] * x1[:, 1]


def mean2(x1: Any, apart: bool) -> Any:
    """E[X2 | X1]."""
    g = np.stack([x1[:, 2] * x1[:, 3], (x1[:, 4] ** 2 - 1.0) / np.sqrt(2.0)], axis=1)
    return np.outer(f_star(x1), A) + g @ (APART if apart else np.stack([A, A]) / 2.0)


@dataclass(frozen=True)
class Redundant:
    """Rows (x1, x2, y); with `both` the first view is (x1, x2), which is what the baseline reads."""

    apart: bool
    both: bool = False

    def __call__(self, n: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Draw n rows."""
        x1 = rng.standard_normal((n, 6))
        x2 = mean2(x1, self.apart) + 0.5 * rng.standard_normal((n, 4))
        y = f_star(x1) + 0.5 * rng.standard_normal(n)
        return np.hstack([x1, x2]) if self.both else x1, x2, y


@dataclass(frozen=True, repr=False)
class TestedOnMeans(Regressor):
    """Least squares on (x1, x2) whose predictor reads E[X2|X1] in the place of x2: another law than that of its fit."""

    apart: bool

    def fit_rows(self, a: Any, b: Any, rng: np.random.Generator) -> Any:
        """Fit on rows of both views."""
        fitted = OLS().fit_rows(a, b, rng)
        return lambda rows: fitted(np.hstack([rows[:, :6], mean2(rows[:, :6], self.apart)]))


LAWS = {apart: SampledLaw(Redundant(apart), f_star, d1=6, d2=4, k=1) for apart in (True, False)}
BOTH = SampledLaw(Redundant(True, both=True), f_star, d1=10, d2=4, k=1)
QUADRATIC = Sklearn(make_pipeline(PolynomialFeatures(2), LinearRegression()))
METHOD = ("pretext", "probe")
ALL = "OLS on the learnt $E[X_2|X_1]$"
METHODS = {
    apart: Named(
        METHOD,
        {
            ALL: (Predict(QUADRATIC), OLS()),
            "the same, cut to its rank": (Truncated(Predict(QUADRATIC), rank), OLS()),
            "quadratic regression on $x_1$": (Raw(), QUADRATIC),
        },
    )
    for apart, rank in ((True, 3), (False, 1))
}
BASELINE = Named(
    METHOD,
    {
        "OLS on both views, on its law": (Raw(), OLS()),
        "OLS on both views, tested on $E[X_2|X_1]$": (Raw(), TestedOnMeans(True)),
    },
)
COMMON: dict[str, Any] = {
    "name": "peers_redundant",
    "n_unlabeled": [5000],
    "n_labeled": [40, 80, 160, 320, 640],
    "repeats": 40,
}
EXPERIMENT = sum(
    (
        Experiment(generator=[law], pretext=[pretext], probe=[probe], **COMMON)
        for apart, law in LAWS.items()
        for pretext, probe in METHODS[apart].values()
    ),
    Experiment(generator=[BOTH], pretext=[Raw()], probe=BASELINE.of("probe"), **COMMON),
)
LOG: dict[str, Any] = {"xscale": "log", "yscale": "log"}

FIGURES = [
    Figure(
        [
            Panel("$g$ apart from $f^*$", "n_labeled", METHODS[True].curves(where={"generator": LAWS[True]}), **LOG),
            Panel(
                "$g$, $f^*$ in one direction",
                "n_labeled",
                METHODS[False].curves(where={"generator": LAWS[False]}),
                **LOG,
            ),
            Panel(
                "both views, apart",
                "n_labeled",
                [
                    *METHODS[True].only(ALL).curves(where={"generator": LAWS[True]}),
                    *BASELINE.curves(where={"generator": BOTH}),
                ],
                **LOG,
            ),
        ],
        caption=(
            r"Excess risk on fresh rows, 5,000 pairs. (a) Where the redundant part has directions of its own in $x_2$, "
            r"four learnt features have <<task>> at 40 labels, quadratic regression on $x_1$ <<supervised>>. (b) Where "
            r"it lies in the direction of $f^*$, the best read-out of $E[X_2|X_1]$ misses 1/3: cut to that direction "
            r"the learnt features have <<cut>> at 640 labels. Uncut they have <<lost>>, since what is learnt in the "
            r"other three directions is estimation error, three quadratic functions that know a little of $f^*$. "
            r"Regression on $x_1$ goes on. (c) Least squares on both views stays at <<own>> on its own law, since the "
            r"noise of $x_2$ is in what it reads; the same fits tested where $E[X_2|X_1]$ stands in the place of $x_2$ "
            r"show <<other>>, which is no risk of theirs."
        ),
        numbers={
            "task": METHODS[True].quote(ALL, where={"generator": LAWS[True], "n_labeled": 40}),
            "supervised": METHODS[True].quote(
                "quadratic regression on $x_1$", where={"generator": LAWS[True], "n_labeled": 40}
            ),
            "cut": METHODS[False].quote(
                "the same, cut to its rank", where={"generator": LAWS[False], "n_labeled": 640}
            ),
            "lost": METHODS[False].quote(ALL, where={"generator": LAWS[False], "n_labeled": 640}),
            "own": BASELINE.quote("OLS on both views, on its law", where={"generator": BOTH, "n_labeled": 640}),
            "other": BASELINE.quote(
                "OLS on both views, tested on $E[X_2|X_1]$", where={"generator": BOTH, "n_labeled": 640}
            ),
        },
    )
]
TABLES = [
    METHODS[True].table("Excess risk, f* and g apart", ["n_labeled"], where={"generator": LAWS[True]}),
    METHODS[False].table(
        "Excess risk, in one direction", ["n_labeled"], where={"generator": LAWS[False]}, name="one_direction"
    ),
    BASELINE.table("Excess risk of both views", ["n_labeled"], where={"generator": BOTH}, name="both_views"),
]
