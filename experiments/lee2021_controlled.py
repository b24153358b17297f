"""What Figure 1 of Lee, Lei, Saunshi and Zhuo (NeurIPS 2021) meant to show, one mechanism at a time.

The laws have clean dials: orthogonal rows of A of norm 1, so beta = 1 throughout. Orientations are frozen, as no risk
depends on them. Panels (a) and (b): estimation with T = tr Cov of what psi* leaves of y held at 1/2. A jointly
Gaussian law has it as a dial; for equally likely orthogonal classes of mean norm s in the linear class, T = Bayes noise
+ class floor = (k - 1) / (k + s^2), which is 1/2 at s^2 = k - 2: hence these k. (The Bayes noise alone held fixed would
let the class floor, and with it T, grow with k.) Panels (c) to (e): a leak that reads directions of x1 without label
into the row space of A; A, Cov(X2|Y) and the Bayes noise stay. Panel (f): finite n1, conditional independence.
"""

from testbed import Experiment, vary
from testbed.generators import CleanGaussian, CleanMixture
from testbed.pretexts import Oracle, Predict
from testbed.regressors import OLS, ReducedRank
from testbed.report import Curve, Figure, Panel, Slope, Table
from testbed.theory import (
    ExactLeastSquares,
    IntrinsicBound,
    PretextError,
    ReducedRankPretext,
    SharperBound,
    SignedLeakBound,
)

K = {3: 1.0, 6: 2.0, 11: 3.0, 18: 4.0, 27: 5.0}  # number of classes -> norm of their means
N2 = [27, 47, 87, 167, 327, 647]  # n2 - k - 1 doubles from 20 to 640 at k = 6
N1 = [1000, 2000, 4000, 8000, 16000, 32000, 64000]
LEAK = [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0]
D = {"d1": 40, "d2": 40, "structure_seed": 0}
HOUSE = {
    "name": "lee2021_controlled",
    "repeats": 256,
    "seed": 0,
    "extra": ["intrinsic_class", "pretext_error"],
    "theory": {
        "exact": ExactLeastSquares(column="estimation"),
        "exact_centred": ExactLeastSquares(intercept=False, column="estimation"),
        "bound": IntrinsicBound("linear"),
        "sharper": SharperBound("linear"),
        "leak": SignedLeakBound("linear"),
        "bound_universal": IntrinsicBound("universal"),
        "sharper_universal": SharperBound("universal"),
        "leak_universal": SignedLeakBound("universal"),
        "pretext_error": PretextError(intercept=False),
        "reduced_rank": ReducedRankPretext(intercept=False),
    },
}

CLASSES = [CleanMixture(k=k, separation=s, **D) for k, s in K.items()]
LABELS = vary(CleanGaussian, k=list(K), bayes_noise=0.5, **D)
NOISE = vary(CleanMixture, k=[3, 6, 11, 18], bayes_noise=0.2, **D)
SCALAR = vary(CleanGaussian, k=1, d1=4, d2=1, epsilon_ci=LEAK, structure_seed=0)
LEAKING = vary(CleanMixture, k=3, d1=6, d2=3, bayes_noise=0.2, epsilon_ci=LEAK, structure_seed=0)
LEARNT = [CleanGaussian(k=3, d1=20, d2=20, structure_seed=0)]
WITH = {"pretext": [Oracle("linear"), Predict(ReducedRank("k-1"))], "probe": [OLS()]}
WITHOUT = {
    "pretext": [Oracle("linear"), Predict(ReducedRank("k", intercept=False))],
    "probe": [OLS(intercept=False)],
}
OPTIMA = {"pretext": [Oracle("linear"), Oracle("universal")], "probe": [OLS()]}
RIVALS = {"pretext": [Predict(ReducedRank("k", intercept=False)), Predict(OLS(intercept=False))]}

EXPERIMENT = (
    Experiment(generator=CLASSES, n_unlabeled=[4000], n_labeled=[1000], **WITH, **HOUSE)
    + Experiment(generator=LABELS, n_unlabeled=[4000], n_labeled=[1000], **WITHOUT, **HOUSE)
    + Experiment(generator=NOISE, pretext=[Oracle("universal")], probe=[OLS()], n_unlabeled=[4000], n_labeled=[1000], **HOUSE)
    + Experiment(generator=[CLASSES[1]], n_unlabeled=[4000], n_labeled=N2, **WITH, **HOUSE)
    + Experiment(generator=[LABELS[1]], n_unlabeled=[4000], n_labeled=N2, **WITHOUT, **HOUSE)
    + Experiment(generator=SCALAR, pretext=[Oracle("linear")], probe=[OLS()], n_unlabeled=[4000], n_labeled=[1000], **HOUSE)
    + Experiment(generator=LEAKING, n_unlabeled=[4000], n_labeled=[1000], **OPTIMA, **HOUSE)
    + Experiment(generator=LEARNT, probe=[OLS(intercept=False)], n_unlabeled=N1, n_labeled=[1000], **RIVALS, **HOUSE)
)

N = {"n_unlabeled": 4000, "n_labeled": 1000}
GAUSSIAN, MIXTURE = "CleanGaussian", "CleanMixture"
PSI, RANK, RANK0 = 'Oracle("linear")', 'Predict(ReducedRank("k-1"))', 'Predict(ReducedRank("k", intercept=False))'
OLS0 = "Predict(OLS(intercept=False))"


def cells(laws: list, pretext: str) -> dict[str, object]:
    """Name the cells of some laws and a pretext."""
    return {"generator": laws, "pretext": pretext}
