"""Canonical text: one text for one thing, another for another, and none for what a text cannot determine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from testbed.generators import (
    Augmented,
    CleanMixture,
    DirectEdge,
    DropLatent,
    ExchangeableViews,
    Factors,
    LeeMixture,
    Patches,
)
from testbed.keys import canonical, digest, flatten, stream
from testbed.models import LinearVAE, MixtureModel
from testbed.pretexts import (
    ACE,
    CCA,
    Autoencoder,
    Contrastive,
    DenoisingAutoencoder,
    InstanceClassification,
    Jigsaw,
    Landmarks,
    Oracle,
    Posterior,
    Predict,
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.registry import parse
from testbed.regressors import OLS, Nystroem, ReducedRank, Ridge, Sklearn
from testbed.sweep.script import execute


def test_numbers_take_the_type_of_their_field() -> None:
    assert canonical(LeeMixture(alpha=0)) == canonical(LeeMixture(alpha=0.0)) == "LeeMixture()"
    assert canonical(LeeMixture(alpha=1)) == canonical(LeeMixture(alpha=np.float64(1.0))) == "LeeMixture(alpha=1.0)"
    assert canonical(LeeMixture(k=np.int64(3))) == canonical(LeeMixture(k=3)) == "LeeMixture(k=3)"
    assert canonical(LeeMixture(alpha=-0.0)) == "LeeMixture()"
    assert canonical(LeeMixture(structure_seed=3)) == "LeeMixture(structure_seed=3)"
    assert canonical(True) != canonical(1) != canonical("1")


def test_defaults_are_omitted_and_required_fields_have_no_name() -> None:
    assert canonical(LeeMixture(k=10, d1=50, d2=40, alpha=0.0, scale=10)) == "LeeMixture()"
    assert canonical(ReducedRank("k", intercept=True)) == 'ReducedRank("k")'
    assert canonical(Predict(Ridge(penalty=2, intercept=False))) == "Predict(Ridge(penalty=2.0, intercept=False))"


def test_arrays_are_known_by_their_content() -> None:
    x = np.arange(6.0)
    texts = [canonical(a) for a in (x, x.reshape(2, 3), x.astype(np.float32), x + 1.0)]
    assert len(set(texts)) == 4
    assert canonical(x[::-1][::-1].copy()) == texts[0] == canonical(np.repeat(x, 2)[::2])


def test_settings_deep_inside_an_estimator_count() -> None:
    def text(penalty: float) -> str:
        return canonical(Sklearn(make_pipeline(StandardScaler(), SklearnRidge(alpha=penalty))))

    assert text(1.0) == text(1.0)
    assert text(1.0) != text(2.0)
    assert "ridge__alpha=2.0" in text(2.0)


@pytest.mark.parametrize("inside", [lambda f: f, lambda f: [1, f], lambda f: {"a": f}, lambda f: Sklearn(Holder(f))])
def test_a_lambda_is_refused_by_name(inside: Any) -> None:
    with pytest.raises(TypeError, match=r"<lambda>.*has no canonical text"):
        canonical(inside(lambda x: x))


class Holder:
    """The least that counts as an estimator."""

    def __init__(self, f: object) -> None:
        self.f = f

    def fit(self, x: object, y: object) -> Holder:
        return self

    def predict(self, x: object) -> object:
        return x

    def get_params(self, deep: bool = True) -> dict[str, object]:
        return {"f": self.f}

    def set_params(self, **_: object) -> Holder:
        return self


def test_an_open_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, pytest.raises(TypeError, match=r"TextIOWrapper.*has no canonical text"):
        canonical(file)


SCRIPT = """
from dataclasses import dataclass
from testbed.regressors import OLS, Regressor

@dataclass(frozen=True, repr=False)
class Mine(Regressor):
    size: float = 1.0

    def fit_rows(self, a, b, rng):
        return OLS().fit_rows(a * {factor}, b, rng)

def shape(x):
    return x + {factor}
"""


def test_what_a_script_defines_carries_the_hash_of_its_source() -> None:
    one, same, two = (execute(SCRIPT.format(factor=f) + end) for f, end in ((1, ""), (1, "\nz = 1\n"), (2, "")))
    text = canonical(one.Mine(size=2))
    assert text.startswith("Mine@") and text.endswith("(size=2.0)")
    assert text == canonical(same.Mine(size=2)), "the rest of the script does not matter"
    assert text != canonical(two.Mine(size=2))
    assert canonical(one.shape).startswith("shape@")
    assert canonical(one.shape) == canonical(same.shape) != canonical(two.shape)
    assert canonical(Predict(one.Mine())).startswith("Predict(Mine@")


@pytest.mark.parametrize(
    "value",
    [
        LeeMixture(),
        LeeMixture(k=3, d1=6, d2=5, alpha=0.25, scale=3.0, structure_seed=7),
        Predict(ReducedRank("k")),
        Predict(Ridge(penalty=0.1, intercept=False)),
        Truncated(Predict(Nystroem(20)), "k-1"),
        Truncated(Truncated(Predict(OLS()), 4), 2),
        Factors(r=3, k=2, noise_var_max=10.0),
        ExchangeableViews(w=0.5, structure_seed=1),
        Patches(position_std=0.0, orthogonal=False),
        Augmented(LeeMixture(k=3), "gaussian", (1.0, 0.5)),
        Jigsaw(4, hidden=(32,)),
        ACE("k-1"),
        Contrastive("spectral", "k", shared=True),
        Contrastive("infonce"),
        Contrastive("infonce", 2, negatives=4),
        Landmarks(10, hidden=(8, 8)),
        Truncated(PseudoLikelihood(), "k"),
        Autoencoder(2, hidden=(16, 8)),
        DenoisingAutoencoder("mask", (0.5, 0.25), "k"),
        InstanceClassification(3, level=0.5, augmentation="resample", instances=50),
        CCA("k-1"),
        Oracle("universal"),
        Posterior(LinearVAE("k", noise_var=2)),
        Truncated(Posterior(MixtureModel(4, covariance="tied")), 3),
        Raw(),
        DropLatent(DirectEdge(CleanMixture(m=2, structure_seed=1), rho=0.25, direction="outside")),
    ],
    ids=canonical,
)
def test_a_text_builds_what_it_names(value: Any) -> None:
    built = parse(canonical(value))
    assert type(built) is type(value)
    assert built == value
    assert canonical(built) == canonical(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lee()", "unknown name 'Lee'"),
        ("LeeMixture", "is not a canonical text"),
        ("LeeMixture(", "is not a canonical text"),
        ("LeeMixture(k=open('x'))", "unknown name 'open'"),
        ("LeeMixture(k=n)", "'n' is neither a literal nor a call"),
        ("LeeMixture(colour=1)", "colour"),
    ],
)
def test_texts_that_name_nothing_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


def test_columns_lay_out_nested_dials() -> None:
    assert flatten(Predict(ReducedRank("k")), "pretext") == {
        "pretext.regressor.rank": "k",
        "pretext.regressor.intercept": True,
    }
    assert flatten(LeeMixture(alpha=1), "generator")["generator.alpha"] == 1.0
    assert flatten(Raw(), "pretext") == {}
    nested = flatten(DropLatent(DirectEdge(CleanMixture(m=2), rho=0.25)), "generator")
    assert (nested["generator.keep"], nested["generator.base.rho"], nested["generator.base.base.m"]) == (0, 0.25, 2)


def test_streams_depend_on_everything_that_names_them() -> None:
    names = [(0, "a", "b", 0), (1, "a", "b", 0), (0, "b", "a", 0), (0, "a", "c", 0), (0, "a", "b", 1)]
    first = [stream(*name).random() for name in names]
    assert first == [stream(*name).random() for name in names]
    assert len(set(first)) == len(names)
    assert 0 <= digest("a") < 2**128
