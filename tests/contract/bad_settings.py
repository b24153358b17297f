"""Settings that the public classes refuse: derived from what their fields declare, and listed for rules between fields.

What is right and wrong is derived here from the bounds of a declaration, not from the answers of `testbed.allowed`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression

from testbed import Experiment
from testbed.allowed import Allowed, Choice, Either, Instance, Real, Size, Tuple, Whole
from testbed.falsifier.families import Family, Sizes
from testbed.generators import (
    Augmented,
    CanonicalTarget,
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    DirectEdge,
    Factors,
    Hypercube,
    LeeMixture,
    LowVarianceLabel,
    Patches,
    RandomSign,
    Redundant,
    SignedEdge,
    SquareTarget,
)
from testbed.laws import (
    BinaryGaussian,
    Finite,
    GaussianMixture,
    JointGaussian,
    Law,
    Shifted,
    SquaredMixture,
    StudentMixture,
    Topics,
)
from testbed.models import Model, ProbabilisticPCA
from testbed.pretexts import (
    Contrastive,
    DeepCCA,
    DenoisingAutoencoder,
    InstanceClassification,
    JointEmbedding,
    Optimum,
    Predict,
    Pretext,
    Raw,
    Reconstruction,
    Refined,
    Truncated,
    VICReg,
)
from testbed.registry import KINDS, public
from testbed.regressors import OLS, Regressor, Sklearn
from testbed.settings import declared

NAN, INFINITE = float("nan"), float("inf")
BASE = CleanMixture(m=2, structure_seed=1)
MIXTURE = LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law()
MADE: dict[type, Any] = {
    GaussianMixture: MIXTURE,
    StudentMixture: StudentMixture(MIXTURE),
    SquaredMixture: SquaredMixture(MIXTURE),
    Shifted: Shifted(MIXTURE, MIXTURE),
    Finite: CleanFinite().law(),
    JointGaussian: CleanGaussian(structure_seed=0).law(),
    BinaryGaussian: BinaryGaussian(JointGaussian.from_correlations([0.9, 0.5], [[1.0, 0.5]])),
    Experiment: Experiment("x", MIXTURE, Raw(), OLS(), 10, 10),
    CanonicalTarget: CanonicalTarget(RandomSign(CleanFinite())),
    SquareTarget: SquareTarget(RandomSign(BASE)),
    Sklearn: Sklearn(LinearRegression()),
    Refined: Refined(Predict(OLS()), 40),
    Topics: Topics(np.eye(2), np.eye(2), np.full(2, 0.5), np.eye(2)),
}
EXAMPLES: dict[type, object] = {Law: BASE, Pretext: Raw(), Regressor: OLS(), Model: ProbabilisticPCA(2)}
UNDECLARED = {  # settings whose type says nothing of their values, and why
    "Sklearn": ("estimator", "any estimator that has the methods of a regressor; bad ones are in RULES"),
    "GaussianMixture": ("probability mean covariance d1 label latent", "arrays, and a number that must fit them"),
    "Finite": ("joint v1 v2", "arrays"),
    "JointGaussian": ("covariance", "an array"),
    "Topics": ("topics mixture probability readout", "arrays"),  # bad arrays are tested with the laws
    "Experiment": (
        "name generator pretext probe n_unlabeled n_labeled baseline extra theory parts",
        "a pattern, and lists that are made of single values; tests/sweep/test_runs.py",
    ),
}


def example(allowed: Allowed) -> Any:
    """Give a value that a declaration allows."""
    match allowed:
        case Whole(at_least=least):
            return least
        case Real():
            return (max(allowed.at_least, allowed.above, -9.0) + min(allowed.at_most, allowed.below, 9.0)) / 2.0
        case Choice(options=options):
            return options[0]
        case Instance(kinds=kinds):
            return next(value for kind, value in EXAMPLES.items() if set(kinds) & {kind, *kind.__subclasses__()})
        case Tuple(inner=inner, least=least):
            return (example(inner),) * least
        case Either(parts=parts):
            return example(parts[0])
    raise AssertionError(f"an example of {allowed} is missing here")


def made(cls: Any, **given: Any) -> Any:
    """Make an object of a class: examples stand for settings that have no default."""
    if cls in MADE:
        return dataclasses.replace(MADE[cls], **given)
    required = {f.name for f in dataclasses.fields(cls) if f.init and f.default is f.default_factory}
    return cls(**{name: example(allowed) for name, allowed in declared(cls).items() if name in required} | given)


def fits(allowed: Allowed, value: Any) -> bool:
    """Whether a value that is wrong for one part of a declaration is right for another."""
    match allowed:
        case Whole():
            return type(value) is int and allowed.at_least <= value <= (allowed.at_most or math.inf)
        case Size():
            return type(value) in (int, float) and 1 <= value <= 2**53 and value == value // 1
        case Real():
            real = type(value) in (int, float) and -math.inf < value < math.inf
            return real and allowed.at_least <= value <= allowed.at_most and allowed.above < value < allowed.below
        case Choice(options=options):
            return any(type(value) is type(option) and value == option for option in options)
        case Tuple():
            return type(value) is tuple and len(value) >= allowed.least and all(fits(allowed.inner, v) for v in value)
        case Either(parts=parts):
            return any(fits(part, value) for part in parts)
    return False


def wrong(allowed: Allowed) -> list[Any]:
    """List values that violate a declaration: each bound from its side, and what is of another type."""
    others: list[Any] = [None, True, "nonsense", NAN, INFINITE, -INFINITE, [[1.0]], object]
    match allowed:
        case Whole(at_least=least, at_most=most):
            others += [least - 1, least + 0.5, float(least), str(least), *([] if most is None else [most + 1])]
        case Size():
            others += [0, 1.5, -3, 2**53 + 1, "10", 10**400]
        case Real():
            ends = [(e, way) for e, way in ((allowed.at_least, -1), (allowed.at_most, 1)) if abs(e) < math.inf]
            others += [value for e, way in ends for value in (math.nextafter(e, way * math.inf), e + way)]
            others += [bound for bound in (allowed.above, allowed.below) if math.isfinite(bound)]
            others += [10**400, 1j, str(example(allowed))]
        case Choice(options=options):
            others += ["", 0, 1, 1.0, *(str(option).swapcase() for option in options), [options[0]]]
        case Instance(kinds=kinds):
            others += [3, *kinds, *(type(value) for value in EXAMPLES.values())]
            others += [value for value in EXAMPLES.values() if not isinstance(value, kinds)]
        case Sizes(at_least=least):
            others += [least - 1, 9, 1.5, "2", (least - 1, 2), (2, 9), (3, 2), (1, 2, 3), (1, True), [1, 2]]
        case Tuple(inner=inner, least=least):
            others += [3, *((value,) for value in wrong(inner)), (example(inner),) * (least - 1)] if least else [3]
            others += [(value,) for value in wrong(inner)]
        case Either(parts=parts):
            others += [value for part in parts for value in wrong(part)]
    return [value for value in others if not fits(allowed, value)]


CLASSES: list[type] = [
    *(cls for kind in (*KINDS, "theory") for cls in public(kind).values()),
    *(cls for cls in public("falsifier").values() if issubclass(cls, Family)),  # a verdict is what a search makes
    Experiment,
]


def settings() -> list[tuple[type, str, Allowed]]:
    """List every setting of a public class with what it declares."""
    return [(cls, name, allowed) for cls in CLASSES for name, allowed in declared(cls).items()]


# Rules between fields, and what no type declares: what is made, the setting that is named, values that are refused.
RULES: list[tuple[Callable[..., Any], str, list[Any]]] = [
    (Factors, "k", [3]),
    (Factors, "noise_var_max", [0.05]),
    (Patches, "d0", [4]),
    (Patches, "class_std", [0.0]),
    (LowVarianceLabel, "factors", [10]),
    (CleanMixture, "sigma_max", [0.5]),
    (CleanMixture, "rho", [1.1, -1.1]),
    (CleanMixture, "bayes_noise", [0.7]),
    (CleanMixture, "priors", [(0.5, 0.5), (0.2, 0.2, 0.2)]),
    (partial(CleanMixture, d1=3, d2=3), "d1", [3]),
    (partial(CleanMixture, d2=3), "direction", ["outside"]),
    (partial(CleanMixture, epsilon_ci=0.1), "rho", [0.5]),
    (CleanGaussian, "sigma_max", [0.5]),
    (CleanGaussian, "rho", [1.1, -1.1]),
    (CleanGaussian, "bayes_noise", [3.0]),
    (CleanGaussian, "d1", [0]),
    (partial(CleanGaussian, d1=1, rho=0.1), "reads", ["noise"]),
    (partial(DirectEdge, BASE, epsilon_ci=0.1), "rho", [0.5]),
    (partial(SignedEdge, BASE, epsilon_ci=0.1), "rho", [0.5]),
    (partial(Augmented, LeeMixture(), "mask"), "level", [1.5, (2.0,), (0.5, 1.1)]),
    (partial(DenoisingAutoencoder, "mask", rank=2), "level", [1.0, (0.5, 2.0)]),
    (partial(InstanceClassification, 2), "level", [0.0, (1.0, 0.0)]),
    (partial(JointEmbedding, 2, "mask"), "level", [None, 1.5, (0.5, 2.0)]),
    (partial(Reconstruction, 2, None), "level", [0.5]),
    (partial(VICReg, 2, 1.0, 0.0, "mask"), "level", [None]),
    (partial(Refined, n=40), "pretext", [Raw()]),
    (partial(Hypercube, 3), "s", [4]),
    (partial(Hypercube, 1, 1), "label", ["product"]),
    (Redundant, "s1", [8]),
    (Redundant, "redundant", [3]),
    (Redundant, "d2", [3]),
    (partial(Contrastive, "spectral"), "rank", [None]),
    (partial(Contrastive, "logistic"), "rank", [2, "k"]),
    (partial(Contrastive, "infonce", None), "shared", [True]),
    (partial(Contrastive, "infonce", None), "negatives", [4]),
    (partial(Contrastive, "infonce", 2), "negatives", [0, 1.5, float("inf")]),
    (partial(Contrastive, "spectral", 2), "negatives", [4]),
    (Optimum, "pretext", [Optimum(Raw())]),
    (partial(Truncated, rank=2), "pretext", [DeepCCA(2)]),
    (Sklearn, "estimator", [None, OLS(), int, "SVR()"]),
]
