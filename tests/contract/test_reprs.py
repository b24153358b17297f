"""No public object prints an array or an address: a line of at most 200 characters says what it is."""

from __future__ import annotations

import inspect
import json
import pickle
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import testbed
from testbed import data, generators, laws, models, pretexts, regressors, theory
from testbed.check import check
from testbed.laws.population import NotDefinedError
from testbed.maps import Chain, LinearMap
from testbed.models.vae import FittedVAE
from testbed.screens import contained
from tests.contract.bad_settings import made

MOST = 200
SLOW = {"Autoencoder", "ContrastiveNetwork", "DeepCCA", "VAE"}  # train networks; what they give is made like the rest
LAWS = (
    generators.CleanMixture(k=3, d1=6, d2=4, structure_seed=0),
    generators.CleanGaussian(k=2, d1=6, d2=4, structure_seed=0),
    generators.CleanFinite(structure_seed=0),
)


def classes(package: Any, without: set[str] = frozenset()) -> Iterator[Any]:  # type: ignore[assignment]
    """Public classes that can be made."""
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isclass(thing) and not inspect.isabstract(thing) and name not in without:
            yield thing


def learnt(source: generators.Generator) -> Iterator[object]:
    """What tasks, regressors and models give on a law, and their optima."""
    law, rng = source.law(), np.random.default_rng(0)
    rows, moments = law.sample(80, rng), law.moments(80, rng)
    yield from (source, law, law.population(), rows, moments)
    for cls in classes(pretexts, SLOW | {"Pretext"}):
        task = pretexts.Jigsaw(3) if cls is pretexts.Jigsaw else made(cls)
        yield task
        for form in ("rows", "moments", "optimum"):
            try:
                draw: Any = rows if form == "rows" else [moments]
                yield task.optimum(law) if form == "optimum" else task.fit(draw, law, rng)
            except (ValueError, TypeError, NotDefinedError, AttributeError):
                continue  # not on this law, or not from such draws
    for cls in classes(regressors, {"Regressor", "LinearRegressor"}):
        yield made(cls).fit_rows(rows.x1, np.eye(3)[rng.integers(3, size=80)], rng)


def held(truth: laws.Population) -> Iterator[object]:
    """What a population holds beside arrays, and both sides of statements."""
    for name in dir(truth):
        if not name.startswith("_"):
            try:
                value = getattr(truth, name)
            except NotDefinedError:
                continue
            if type(value) is not np.ndarray:
                yield value
    for statement in (theory.IntrinsicBound(), theory.SharperBound(), theory.ZeroError()):
        yield from (statement, statement.sides(truth), *statement.assumptions(truth))
    yield from check(theory.ZeroError(), LAWS[0])


def fitted() -> Iterator[object]:
    """Models of x1, and what they say of rows."""
    rng = np.random.default_rng(0)
    x = LAWS[0].law().sample(80, rng).x1.round()
    for cls in classes(models, SLOW | {"Fitted", "Model", "Elbo"}):
        fit = made(cls).fit(x, rng)
        yield from (fit, elbo := fit.elbo(x, None, rng), elbo.forms)


def searched() -> Iterator[object]:
    """Verdicts and audits, with their parts."""
    rows = LAWS[0].law().sample(60, np.random.default_rng(0))
    for claim in ("e_apx * beta2 <= eps2", "e_apx <= 0", "e_apx >= 0"):
        yield testbed.falsify(claim, budget=20)
    audit = testbed.audit(rows.x1, rows.x2, rows.y)
    yield from (audit, *(value for name, value in vars(audit).items() if name not in ("truth", "classes")))
    yield testbed.Experiment("x", [LAWS[0]], [pretexts.Raw()], [regressors.OLS()], [100], [50], repeats=2)


def inside(thing: object) -> Iterator[object]:
    """Fields of an object that are no arrays, such as tuples of layers and mappings of blocks."""
    names = getattr(thing, "_fields", None) or getattr(thing, "__dataclass_fields__", ())
    for name in names if not isinstance(thing, type) else ():
        value = getattr(thing, name, None)
        if not name.startswith("_") and type(value) not in (np.ndarray, str, FunctionType):
            yield value


def made_by_hand() -> Iterator[object]:
    layers = tuple((np.ones((6, 4)), np.ones(4)) for _ in range(2))
    yield (fit := FittedVAE(np.zeros(6), 1.0, layers, layers, 1.0))
    yield from (fit.encoder, contained({"a": [np.eye(300)] * 300, ("x1", "x2"): (np.eye(2), {})}))
    double = LinearMap(np.eye(300), np.zeros(300))
    yield from (double, Chain(double, double), data.Sample(np.eye(3), np.eye(3), np.eye(3)))
    yield LinearMap(np.eye(3), np.zeros(3), True, (LinearMap(np.eye(3), np.zeros(3)),) * 2)


@pytest.mark.parametrize(
    "things",
    [*(lambda source=source: learnt(source) for source in LAWS), fitted, searched, made_by_hand]
    + [lambda source=source: held(source.law().population()) for source in LAWS],
    ids=["mixture", "gaussian", "finite", "models", "searched", "maps", "of mixture", "of gaussian", "of finite"],
)
def test_a_line_says_what_it_is(things: Any) -> None:
    said = [repr(part) for thing in things() for part in (thing, *inside(thing))]
    assert len(said) >= 4
    assert [text[:120] for text in said if len(text) > MOST or "\n" in text] == []
    assert [text for text in said if "array(" in text or re.search(r" at 0x[0-9a-f]+", text)] == []


def test_shapes_and_numbers_are_shown() -> None:
    assert repr(LinearMap(np.ones((6, 2)), np.zeros(2))) == "<LinearMap: weight (6, 2), offset (2,)>"
    html = LinearMap(np.ones((6, 2)), np.zeros(2))._repr_html_()
    assert html.count("<tr>") == 2 and "<b>LinearMap</b>" in html and "(6, 2)" in html
    truth = LAWS[0].law().population()
    sides = theory.IntrinsicBound().sides(truth)
    assert re.fullmatch(r"<Sides: left \S+, right \S+, scale 0\.\d+, error 0>", repr(sides))
    rows = LAWS[0].law().sample(60, np.random.default_rng(0))
    audit = testbed.audit(rows.x1, rows.x2, rows.y)
    assert repr(audit).startswith("<Audit: 60 labelled rows, 0 unlabelled pairs, d1 = 6, d2 = 4; leak ")
    assert str(audit).startswith("60 labelled rows")
    assert "<pre>" in testbed.falsify("e_apx <= 0", budget=9)._repr_html_()


def test_containers_are_what_they_were_but_for_what_is_shown() -> None:
    """Equal, of the same types to JSON and pickle, and in the same places in memory."""
    a = np.eye(3)
    given = {"x": (a, [1, 2]), ("p", "q"): {"z": a}}
    found = contained(given)
    assert found["x"][0] is a and found["x"][1] == [1, 2] and list(found) == list(given)
    assert (
        repr(found) == "<dict of 2: x ((3, 3), (1, 2)), p q of 1>"
        and repr(found["x"]) == "<tuple of 2: (3, 3), (1, 2)>"
    )
    assert json.dumps(contained({"n": [1, (2, 3)]})) == '{"n": [1, [2, 3]]}'
    assert pickle.loads(pickle.dumps(found))["x"][1] == [1, 2]
    assert contained(a) is a and isinstance(found, dict) and isinstance(found["x"], tuple)
