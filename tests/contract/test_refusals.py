"""Bad settings are refused where they are written, by a message with the name, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from testbed import Experiment
from testbed.generators import (
    Augmented,
    CanonicalTarget,
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    CommonScale,
    CovariateShift,
    DirectEdge,
    DropLatent,
    ExchangeableViews,
    Factors,
    Imbalanced,
    LabelShift,
    LeeMixture,
    LowRank,
    LowVarianceLabel,
    Patches,
    RandomSign,
    Selected,
    SignedEdge,
    SquareTarget,
    StudentTails,
    TruncateTarget,
)
from testbed.keys import canonical
from testbed.laws import Finite, GaussianMixture, JointGaussian, Shifted, SquaredMixture, StudentMixture, Topics
from testbed.models import VAE, FactorAnalysis, LatentClass, LinearVAE, MixtureModel, ProbabilisticPCA
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Autoencoder,
    Contrastive,
    DenoisingAutoencoder,
    InstanceClassification,
    Jigsaw,
    Landmarks,
    Optimum,
    Oracle,
    Posterior,
    Predict,
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.registry import KINDS, parse, public
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Ridge, Sklearn
from testbed.sweep.script import execute

NAN, INFINITE = float("nan"), float("inf")
BAD: dict[Callable[..., Any], dict[str, list[object]]] = {
    LeeMixture: {
        "k": [1, 0, -3, 2.0, "3", None, True],
        "d1": [0, 1.5, None],
        "d2": [0, -1, "4"],
        "alpha": [-0.1, 1.0001, NAN, INFINITE, "0.5", None, True, [0.1]],
        "scale": [0, -1.0, NAN, INFINITE, "10", None, False],
        "structure_seed": [-1, 0.5, "1", True],
    },
    OLS: {"intercept": [1, 0, "no", None, 1.0]},
    Ridge: {"penalty": [-1.0, NAN, INFINITE, "loo", "GCV", None, True, [1.0]], "intercept": [1, "yes"]},
    ReducedRank: {"rank": [0, -1, 2.0, NAN, "K", None, True, [2]]},
    KernelRidge: {"penalty": [-1.0, NAN, "gcv", None, True], "bandwidth": [0.0, -1.0, NAN, INFINITE, "mean", None]},
    Nystroem: {"landmarks": [0, -5, 2.5, 500.0, "a", None, True], "penalty": ["cv"], "bandwidth": [0.0]},
    PCA: {"rank": [0, 1.0, "d", None, True]},
    CCA: {"rank": [0, 1.0, "d", None, True]},
    Autoencoder: {"rank": [0, "d"]},
    lambda hidden: Autoencoder(2, hidden): {"hidden": [(0,), (2.5,), 3, None, ("a",), (True,)]},
    DenoisingAutoencoder: {},
    lambda level: DenoisingAutoencoder("mask", level, 2): {"level": [-0.1, 1.0, NAN, "a", None, True, (), (0.5, 2.0)]},
    lambda level: DenoisingAutoencoder("gaussian", level, 2): {"level": [-0.1, INFINITE, (0.5, NAN)]},
    lambda corruption: DenoisingAutoencoder(corruption, 0.5, 2): {"corruption": ["salt", None, 1]},
    InstanceClassification: {},
    lambda level: InstanceClassification(2, level): {"level": [0.0, -1.0, NAN, (1.0, 0.0), "a"]},
    lambda instances: InstanceClassification(2, instances=instances): {"instances": [0, 2, 2.5, "9", True]},
    lambda augmentation: InstanceClassification(2, 0.5, augmentation): {"augmentation": ["crop", None]},
    ACE: {"rank": [0, 1.0, None]},
    Contrastive: {"loss": ["hinge", None, 1]},
    lambda rank: Contrastive("spectral", rank): {"rank": [None, 0, 1.5]},
    lambda rank: Contrastive("logistic", rank): {"rank": [2, "k"]},
    lambda shared: Contrastive("spectral", 2, shared): {"shared": [1, None, "no"]},
    lambda shared: Contrastive("infonce", None, shared): {"shared": [True]},
    Landmarks: {"landmarks": [0, 2.0, "10", None, True]},
    lambda hidden: Landmarks(10, hidden): {"hidden": [(), (0,), None]},
    Jigsaw: {"patches": [1, 6, 2.0, "4", None, True]},
    lambda hidden: Jigsaw(4, hidden): {"hidden": [(0,), None]},
    Factors: {
        "r": [0, 1.5, None],
        "d1": [0],
        "d2": [0],
        "k": [0, 3, 1.0, True],
        "noise_var_min": [0.0, -1.0, NAN],
        "noise_var_max": [0.05, INFINITE, "40"],
        "structure_seed": [-1, 0.5],
    },
    ExchangeableViews: {
        "k": [1, None],
        "d": [0, 2.0],
        "w": [-0.1, 1.1, NAN, True],
        "separation": [0.0, NAN],
        "condition": [0.5, INFINITE],
        "structure_seed": [-1],
    },
    Patches: {
        "patches": [1, 4.0],
        "d0": [0, 4],
        "k": [1],
        "position_std": [-1.0, NAN, "1"],
        "class_std": [0.0, -1.0, INFINITE],
        "interaction_std": [-1.0],
        "orthogonal": [1, None],
        "structure_seed": [-1],
    },
    Augmented: {},
    lambda base: Augmented(base): {"base": [None, LeeMixture, Raw()]},
    lambda augmentation: Augmented(LeeMixture(), augmentation): {"augmentation": ["crop", None]},
    lambda level: Augmented(LeeMixture(), "mask", level): {"level": [-0.1, 1.5, NAN, "a", (2.0,)]},
    Optimum: {"pretext": [PCA, "PCA(2)", None, Optimum(Raw())]},
    Oracle: {"feature_class": ["Linear", "all", None, 1]},
    partial(Oracle, "universal"): {"pairs": [1, None, "no"]},
    Predict: {"regressor": [OLS, "OLS()", None, Raw()]},
    Posterior: {"model": [OLS(), ProbabilisticPCA, "ProbabilisticPCA(2)", None]},
    ProbabilisticPCA: {"rank": [0, 2.0, "d", None, True]},
    lambda noise_var: ProbabilisticPCA(2, noise_var): {"noise_var": [0.0, -1.0, NAN, INFINITE, "1"]},
    FactorAnalysis: {"rank": [0, "all", None]},
    lambda tolerance: FactorAnalysis(2, tolerance): {"tolerance": [0.0, NAN]},
    MixtureModel: {"components": [0, 2.0, "k", None, True]},
    lambda covariance: MixtureModel(2, covariance): {"covariance": ["free", None]},
    LatentClass: {"states": [0, 1.5, "k", None]},
    LinearVAE: {"rank": [0, -1, "q"]},
    lambda beta: LinearVAE(2, beta=beta): {"beta": [0.0, -1.0, NAN, "1"]},
    VAE: {"rank": [0, 2.0, None]},
    lambda hidden: VAE(2, hidden): {"hidden": [128, "128", None]},
    lambda epochs: VAE(2, epochs=epochs): {"epochs": [0, 1.5]},
    lambda rank: Truncated(Raw(), rank): {"rank": [0, 1.0, "d", None]},
    lambda pretext: Truncated(pretext, 2): {"pretext": [OLS(), Raw, None]},
    CleanMixture: {"k": [1, 2.0], "m": [0], "sigma_min": [-1.0, NAN], "rho": [NAN, "0"], "direction": ["up", None]},
    CleanGaussian: {
        "k": [0, 1.5, 2.0, True],
        "m": [-1, 0.5],
        "sigma_min": [0.0, -1.0, NAN],
        "rho": [NAN, "0", 1.1],
        "direction": ["up", None],
        "reads": ["label"],
        "bayes_noise": [0.0, 3.0, NAN],
        "epsilon_ci": [-1.0, NAN],
        "structure_seed": [-1, 0.5],
    },
    CleanFinite: {"k": [1], "s1": [1, 2.0], "concentration": [0.0], "leak": [-0.1, 1.1], "structure_seed": [None]},
    LowVarianceLabel: {"factors": [0, 10, 2.0], "factor_var": [0.0, NAN], "label_noise_var": [-1.0, NAN, "0"]},
    Sklearn: {"estimator": [None, OLS(), int, "SVR()"]},
}
BASE = CleanMixture(m=2, structure_seed=1)
SIZE = {"rho": [-1.1, NAN, "0", None], "epsilon_ci": [-1.0, NAN], "epsilon_ci_class": ["all", None]}
VIOLATIONS: dict[type, dict[str, list[object]]] = {
    DirectEdge: {**SIZE, "direction": ["up", None, 1], "reads": ["x1", None]},
    SignedEdge: {**SIZE, "sign": ["good", None]},
    DropLatent: {"keep": [-1, 1.0, None]},
    LowRank: {"rank": [-1, 1.0, "k"], "affine": [1, None, "no"]},
    TruncateTarget: {"d2": [0, 1.5, None]},
    CanonicalTarget: {"rank": [0, 2.0, None]},
    CommonScale: {"spread": [-0.1, 1.0, NAN, "0", None, True]},
    RandomSign: {},
    SquareTarget: {},
    StudentTails: {"nu": [2.0, NAN, INFINITE, "3", None, True]},
    Selected: {"t_std": [0.0, NAN], "threshold": [NAN, None], "direction": ["up"], "reads": [1], "separable": [1]},
    Imbalanced: {"ratio": [0.5, NAN, INFINITE, None]},
    CovariateShift: {"t_std": [-1.0], "threshold": [INFINITE], "reads": ["x1"]},
    LabelShift: {"ratio": [0.9, "2"]},
}
for violation, settings in VIOLATIONS.items():
    BAD[partial(violation, BASE)] = settings
    BAD[violation] = {"base": [None, CleanMixture, 3, OLS()]}
CASES = [(make, name, value) for make, settings in BAD.items() for name, values in settings.items() for value in values]


@pytest.mark.parametrize(("make", "name", "value"), CASES, ids=[f"{n}={v!r}" for _, n, v in CASES])
def test_settings(make: Callable[..., Any], name: str, value: object) -> None:
    with pytest.raises(ValueError) as caught:
        make(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} = {value!r}")
    assert len(message) > len(f"{name} = {value!r}") + 10, "what is allowed?"


def test_every_class_with_settings_has_bad_ones_here() -> None:
    arrays = {
        GaussianMixture,
        Finite,
        JointGaussian,
        Shifted,
        SquaredMixture,
        StudentMixture,
        Topics,
    }  # theirs are tested with the laws
    covered = {make for make in BAD if isinstance(make, type)} | {Raw, Truncated, PseudoLikelihood} | arrays
    assert {cls for kind in KINDS for cls in public(kind).values()} <= covered


SIZES = [0, -1, 2.5, NAN, INFINITE, "a", None, True]


@pytest.mark.parametrize("n", SIZES, ids=repr)
def test_sizes(n: Any) -> None:
    law, rng = LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law(), np.random.default_rng(0)
    for draw in (law.sample, law.moments):
        with pytest.raises(ValueError, match="a sample size is a whole number of at least 1") as caught:
            draw(n, rng)
        assert str(caught.value).startswith(f"n = {n!r}")
    arguments: dict[str, Any] = {
        "name": "sizes", "generator": [law], "pretext": [Raw()], "probe": [OLS()], "n_unlabeled": [10],
        "n_labeled": [10], "repeats": 2,
    }  # fmt: skip
    for field in ("n_unlabeled", "n_labeled", "repeats"):
        with pytest.raises(ValueError) as caught:
            Experiment(**arguments | {field: n if field == "repeats" else [n]})
        assert str(caught.value).startswith(f"{field} = {n!r}")


def test_sizes_written_as_whole_floats_are_sizes() -> None:
    law = LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law()
    draws = [law.sample(n, np.random.default_rng(0)).x1 for n in (100, 1e2, np.int64(100), np.float64(100))]
    assert all(np.array_equal(draws[0], draw) for draw in draws)
    drawn = [law.moments(n, np.random.default_rng(0)).block("x1", "y") for n in (100, 1e2)]
    assert np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d1": 2.5}, "d1 = 2.5: .* a whole number between 1 and 4"),
        ({"d1": True}, "d1 = True"),
        ({"d1": 0}, "d1 = 0"),
        ({"mean": 3.0}, r"mean has shape \(\)"),
        ({"mean": [["a", "b"]]}, "mean must be an array of numbers"),
        ({"probability": [[0.5, 0.5]]}, r"probability has shape \(1, 2\)"),
        ({"probability": [0.5, np.nan]}, "probability holds 1 values that are NaN or infinite"),
        ({"covariance": np.full((5, 5), np.inf)}, "covariance holds 25 values"),
        ({"covariance": np.diag([1.0, 1.0, 1.0, -0.1, 1.0])}, "not positive semidefinite: .* is -0.1"),
        ({"covariance": np.diag([1.0, 0.0, 1.0, 1.0, 1.0])}, "x1 block must be positive definite"),
        ({"covariance": np.ones((7, 5, 5))}, r"covariance has shape \(7, 5, 5\); allowed"),
        ({"label": [0.0, 1.0]}, "label must hold one class number"),
        ({"label": [0]}, "label must hold one class number"),
        ({"label": [-1, 0]}, "label must hold one class number"),
        ({"label": [0, 1], "probability": [1.0, 0.0]}, r"classes \[1\] have no state"),
    ],
)
def test_arrays_of_a_mixture(change: dict[str, object], words: str) -> None:
    good = {"probability": [0.5, 0.5], "mean": np.eye(2, 5), "covariance": np.eye(5), "d1": 2}
    GaussianMixture(**good)
    with pytest.raises(ValueError, match=words):
        GaussianMixture(**good | change)


def test_arrays_of_a_law_cannot_be_changed() -> None:
    mean = np.eye(2, 5)
    law = GaussianMixture([0.5, 0.5], mean, np.eye(5), 2)
    mean[0, 0] = 7.0
    assert law.mean[0, 0] == 1.0
    for array in (law.mean, law.covariance, law.probability, law.label):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


CLOSURES = """
def make(c):
    def scaled(x):
        return c * x
    return scaled
"""


@dataclass(frozen=True)
class Holds:
    value: object


def test_values_that_their_text_would_not_determine() -> None:
    """Two closures share their source and differ in what they do; objects, sets and methods have no text at all."""
    scaled = execute(CLOSURES).make(2.0)
    for wrapped in (scaled, Holds(scaled), [scaled], {"f": scaled}):
        with pytest.raises(TypeError, match=r"make.<locals>.scaled has no canonical text: it takes c from"):
            canonical(wrapped)
    for value in (object(), {1, 2}, 1j, b"x", "x".upper, np.array([object()])):
        with pytest.raises(TypeError, match="has no canonical text"):
            canonical(value)
    assert canonical({2: "a", "b": 1.0, 1: None}) == canonical({"b": 1.0, 1: None, 2: "a"})


@pytest.mark.parametrize(
    "text", ["LeeMixture(**{'k': 3})", "LeeMixture(*[3])", "LeeMixture(3, k=4)", "LeeMixture(k=1)"]
)
def test_texts(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_experiments_say_what_is_wrong_with_them() -> None:
    good: dict[str, Any] = {
        "name": "x", "generator": [LeeMixture()], "pretext": [Raw()], "probe": [OLS()], "n_unlabeled": [10],
        "n_labeled": [10],
    }  # fmt: skip
    for change, words in (
        ({"name": 3}, "name = 3"),
        ({"name": None}, "name = None"),
        ({"nested": "no"}, "nested = 'no': True or False"),
        ({"seed": "0"}, "seed = '0'"),
        ({"seed": 1.0}, "seed = 1.0"),
        ({"generator": None}, "generator = None: a list is needed"),
        ({"generator": [LeeMixture().law(np.random.default_rng(0), 3)]}, r"leading axes \(3,\); list its cuts"),
    ):
        with pytest.raises(ValueError, match=words):
            Experiment(**good | change)
    assert Experiment(**good | {"seed": np.int64(3)}).seed == 3
