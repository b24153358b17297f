"""What every public class keeps without a test of its own: it is found by its name in ``__all__``.

A formula or a claim of a class is tested in the file of its package; this is what all of them have in common.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from testbed.generators import CleanFinite, Generator, LeeMixture
from testbed.keys import canonical
from testbed.laws import Law
from testbed.pretexts.base import Unknown
from testbed.pretexts.contrastive import PairsTask
from testbed.pretexts.shared import OneEncoder
from testbed.registry import KINDS, parse, public
from testbed.regressors import Sklearn
from tests.contract.bad_settings import made
from tests.statistics_ import z_limit

LAW = LeeMixture(k=3, d1=6, d2=4, scale=2.0, structure_seed=0).law()
FINITE = CleanFinite().law()
SQUARE = LeeMixture(k=3, d1=5, d2=5, scale=2.0, structure_seed=0).law()  # views of one dimension


def classes(*kinds: str) -> Any:
    """Every public class of some packages."""
    return pytest.mark.parametrize("cls", [cls for kind in kinds for cls in public(kind).values()])


def learners(kind: str) -> Any:
    """Those that need no package beside this project's: the others train for seconds, and have tests of their own."""
    return pytest.mark.parametrize("cls", [cls for cls in public(kind).values() if not getattr(cls, "needs", ())])


@classes(*KINDS)
def test_it_is_documented_and_has_a_text(cls: type) -> None:
    """The text describes it, and is its ``repr`` but for a law, whose arrays stand in a text by their hash."""
    name, example = cls.__name__, made(cls)
    assert cls.__doc__ and not cls.__doc__.startswith(f"{name}("), "a dataclass without a docstring shows its signature"
    assert canonical(example).startswith(f"{name}(")
    assert repr(example) == canonical(example) or issubclass(cls, Law)
    if "array(" not in canonical(example) and cls is not Sklearn:
        assert parse(canonical(example)) == example


@classes("generators")
def test_draws_of_a_generator_have_the_moments_of_its_law(cls: type[Generator]) -> None:
    """A seed gives one law; 4,000 rows have its means and E x1 y'. All generators share one false alarm in 1e8 runs."""
    example = made(cls)
    law, again = (example.law(np.random.default_rng(3)) for _ in range(2))
    rows, same = (one.sample(4_000, np.random.default_rng(4)) for one in (law, again))
    assert np.array_equal(rows.x1, same.x1) and np.array_equal(rows.x2, same.x2) and np.array_equal(rows.y, same.y)
    truth = law.population()
    pairs, taught = law.pretext_law.sample(4_000, np.random.default_rng(5)), law.pretext_law.population()
    seen = [rows.x1, rows.y, pairs.x1, pairs.x2, (rows.x1[:, :, None] * rows.y[:, None, :]).reshape(4_000, -1)]
    moments = (truth.s1y + truth.mean1[:, None] * truth.mean_y).ravel()
    values, expected = np.hstack(seen), np.r_[truth.mean1, truth.mean_y, taught.mean1, taught.mean2, moments]
    error = values.std(axis=0, ddof=1) / np.sqrt(4_000)
    limit = z_limit(len(expected) * len(public("generators")))
    assert np.all(np.abs(values.mean(axis=0) - expected) <= limit * error + 1e-9 * (1.0 + np.abs(expected)))


@classes("generators")
def test_a_generator_gives_a_law_for_each_repetition(cls: type[Generator]) -> None:
    """`repeats` is a leading axis; a structure is drawn anew for each unless it is frozen."""
    stack = made(cls).law(np.random.default_rng(0), 3)
    frozen = made(cls).frozen
    assert stack.batch == (() if frozen else (3,)), "structures that are drawn anew have a leading axis"
    if "structure_seed" in {f.name for f in dataclasses.fields(cls)}:
        one = made(cls, structure_seed=1)
        assert one.frozen and one.law().batch == ()


@learners("regressors")
def test_a_regressor_predicts_rows(cls: type) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((60, 3)), np.eye(2)[rng.integers(2, size=60)]  # classes: the mean classifier needs them
    predict = made(cls).fit_counted(a, b, None, rng)
    assert np.shape(predict(a[:7])) == (7, 2) and np.all(np.isfinite(predict(a)))


@learners("pretexts")
def test_a_pretext_gives_features_and_says_what_it_aims_at(cls: type) -> None:
    """Rows of numbers for rows of x1; the optimum is a map as well, not known, or refused with the reason."""
    task = made(cls)
    law = FINITE if isinstance(task, PairsTask) else SQUARE if isinstance(task, OneEncoder) else LAW
    draw = law.sample(200, 0)
    features = np.asarray(task.fit(draw, law, np.random.default_rng(0))(draw.x1))
    assert features.ndim == 2 and len(features) == 200 and np.all(np.isfinite(features))
    try:
        optimum = task.optimum(law)
    except ValueError as reason:
        assert len(str(reason)) > 20
    else:
        assert isinstance(optimum, Unknown) or len(np.asarray(optimum(draw.x1))) == 200


@learners("models")
def test_a_model_bounds_the_likelihood_of_rows(cls: type) -> None:
    x = LAW.sample(200, 0).x1
    fitted = made(cls).fit(x, np.random.default_rng(0))
    elbo = fitted.elbo(x, rng=np.random.default_rng(0))
    assert np.shape(elbo.value) == (200,) and np.all(np.isfinite(elbo.value))
