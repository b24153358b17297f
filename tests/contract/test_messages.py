"""What the public calls accept, and what they say of what they do not: a sentence, with the name that was meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

import testbed
from testbed import Experiment, generators, laws, models, pretexts, regressors, theory
from testbed.arguments import generator_of, shown
from testbed.cli import main
from testbed.registry import parse

LAW = generators.LeeMixture(k=3, d1=6, d2=3, scale=2.0, structure_seed=0).law()
ONE: dict[str, Any] = {
    "name": "x", "generator": LAW, "pretext": pretexts.Raw(), "probe": regressors.OLS(), "n_unlabeled": 10,
    "n_labeled": 20, "repeats": 2,
}  # fmt: skip


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "rng", [0, [1, 2], np.random.SeedSequence(3), np.random.PCG64(4), np.int64(5)], ids=lambda v: type(v).__name__
)
def test_a_generator_is_made_of_what_numpy_makes_one_of(rng: Any) -> None:
    """Law, learner, model and score take what default_rng takes; an integer gives what its generator gives."""
    opened = LAW.sample(5, rng).x1
    if not isinstance(rng, np.random.PCG64):  # whose state moves on
        np.testing.assert_array_equal(opened, LAW.sample(5, np.random.default_rng(rng)).x1)
    LAW.moments(5, rng)
    sample = LAW.sample(50, rng)
    regressors.Sklearn(LinearRegression()).fit_rows(sample.x1, sample.y, rng)
    pretexts.Predict(regressors.OLS()).fit(sample, LAW, rng)
    models.ProbabilisticPCA(2).fit(sample.x1, rng).sample_latent(sample.x1, rng)
    generators.LeeMixture(k=2, d1=2, d2=2).law(rng)


@pytest.mark.parametrize("rng", [-1, "0", 1.5, 1j, object(), True], ids=lambda v: type(v).__name__)
def test_what_is_no_seed_is_refused(rng: Any) -> None:
    for wrong in (lambda: LAW.sample(5, rng), lambda: testbed.score(LAW, lambda x: x, n_labeled=20, rng=rng)):
        with pytest.raises(ValueError, match=r"rng = .*: a numpy.random.Generator, or what"):
            wrong()
    generator = np.random.default_rng(0)
    assert generator_of(generator) is generator


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: testbed.run("x"), r"experiment = 'x': a testbed.Experiment is needed"),  # type: ignore[arg-type]
    (lambda: testbed.run(Experiment(**ONE), jobs=0), "jobs = 0"),
    (lambda: testbed.run(Experiment(**ONE), timeout=float("nan")), "timeout = nan: None, or more than 0"),
    (lambda: testbed.score("x", abs, n_labeled=9, rng=0), "law = 'x': a law or a generator"),  # type: ignore[arg-type]
    (
        lambda: testbed.score(LAW, LinearRegression(), n_labeled=9, rng=0),  # type: ignore[arg-type]
        r"psi = LinearRegression\(\): a function from rows .* such as fitted.predict",
    ),
    (lambda: testbed.score(LAW, lambda x: x * np.nan, n_labeled=20, rng=0), "120 values are not finite"),
    (
        lambda: testbed.score(LAW, lambda x: x * 1j, n_labeled=20, rng=0),
        "dtype complex128; it must return real",
    ),
    (lambda: testbed.vary("LeeMixture", k=[2]), "generator = 'LeeMixture': a class of dials"),  # type: ignore[arg-type]
    (lambda: testbed.vary(generators.LeeMixture(k=3), k=[2]), r"LeeMixture\(k=3\): a class of dials"),  # type: ignore[arg-type]
    (lambda: testbed.vary(generators.LeeMixture, aplha=[0.5]), "no dial aplha; did you mean alpha?"),
    (lambda: pretexts.Predict(regressors.OLS), r"regressor = <class .*an instance is needed, such as OLS\(\)"),  # type: ignore[arg-type]
    (lambda: regressors.Sklearn(RandomForestClassifier()), "no classifier"),
    (lambda: pretexts.PCA(99).fit(LAW.sample(50, 0), LAW, 0), "rank = 99: x1 has 6 coordinates"),
    (lambda: laws.GaussianMixture([0.5, 0.5], np.eye(2, 5) * 1j, np.eye(5), 2), "mean must be an array of numbers"),
    (lambda: LAW.sample(10**30, 0), "n = 10*: a sample size is .* at most 2.53"),
    (lambda: LAW.moments(10**400, 0), "n = a whole number of 1329 bits"),
    (lambda: generators.LeeMixture(k=10**30), "k = 10*: a whole number from 2 to 2147483648"),
    (lambda: generators.LeeMixture(scale=10**400), "scale = a whole number of 1329 bits: a finite positive"),
    (lambda: parse("LeeMixture(k=3, k=4)"), "k is given more than once"),
    (lambda: parse("LeeMixtur(k=3)"), "unknown name 'LeeMixtur'; did you mean LeeMixture?"),
    (lambda: generators.LeeMixture(scale="x" * 10_000), r"\(10002 characters\)"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
def test_wrong_calls_are_answered_by_a_sentence(wrong: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        wrong()
    assert len(str(caught.value)) < 500


def test_misspelt_settings_name_what_was_meant() -> None:
    for wrong, words in (
        (lambda: generators.LeeMixture(aplha=0.5), "LeeMixture has no setting aplha; did you mean alpha?"),
        (lambda: regressors.Ridge(penalti=1.0), "did you mean penalty?"),
        (lambda: Experiment(**ONE, prob=[]), "did you mean probe?"),
        (lambda: testbed.score(LAW, abs, n_labelled=9, rng=0), "no argument n_labelled; did you mean n_labeled?"),
        (lambda: testbed.run(Experiment(**ONE), job=2), "did you mean jobs?"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=re.escape(words)):
            wrong()
    for package, name, known in (
        (generators, "LeeMixtur", "LeeMixture"), (regressors, "Rigde", "Ridge"), (theory, "ZeroEror", "ZeroError"),
        (testbed, "Experimnt", "Experiment"), (pretexts, "pca", "PCA"), (laws, "Finit", "Finite"),
    ):  # fmt: skip
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; did you mean {known}?"):
            getattr(package, name)
    assert testbed.laws is laws


def test_a_single_value_is_a_list_of_one() -> None:
    listed = {name: [value] if name not in ("name", "repeats") else value for name, value in ONE.items()}
    assert Experiment(**ONE) == Experiment(**listed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("describe", "LeeMixture(aplha=0.5)"), "did you mean alpha?"),
        (("describe", "LeeMixtur()"), "did you mean LeeMixture?"),
        (("check", "ZeroEror"), "did you mean ZeroError?"),
        (("check", "ZeroError", "--law", ""), "is empty"),
        (("describe", "LeeMixture(k=3,k=4)"), "k is given more than once"),
        (("run", "x.py", "--timeout", "nan"), "more than 0 up to 1000000 seconds"),
        (("run", "x.py", "--timeout", "1e10"), "more than 0 up to 1000000 seconds"),
        (("run", "x.py", "--timeout", "inf"), "more than 0 up to 1000000 seconds"),
        (("run", "x.py", "--shard", "²/³"), "is not i/N"),
        (("run", "x.py", "--out", ""), "is empty: name a file or a folder"),
        (("run", "x.py", "--dask", "nowhere"), "is neither local nor the address of a scheduler"),
        (("run", "x.py", "--dask", "tcp://h:1", "--jobs", "2"), "give one of them"),
    ],
)
def test_the_command_line_refuses_in_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    status, output = call(*arguments)
    assert status == 2
    assert words in output


def test_a_syntax_error_names_the_script(tmp_path: Path) -> None:
    script = tmp_path / "bad.py"
    script.write_text("x = 1\ndef :\n", encoding="utf-8")
    for arguments in (("run", str(script)), ("describe", str(script)), ("check", "ZeroError", "--law", f"{script}:x")):
        status, output = call(*arguments)
        assert status == 2
        assert f"{script}, line 2: invalid syntax: def :" in output


def test_windows_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert call("list") == (2, "testbed: testbed runs sweeps on Linux and macOS; on Windows, use it under WSL\n")


def test_what_is_shown_is_short() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Odd()) == "<Odd>" and shown(10**5000).startswith("a whole number of") and shown(3) == "3"
    assert len(shown("x" * 10**6)) < 230
