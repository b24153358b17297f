"""Wrong calls at random: whatever is given, the answer is a result, or a refusal that is a sentence. By hand:

    python tests/faults/wrong_calls.py                # 2,000 calls of the public API and 400 of the command line
    python tests/faults/wrong_calls.py 200 40 7       # fewer, from another seed

A call takes a right one and spoils it: a value by one that is odd, a keyword by a misspelling, an argument too many or
too few. Accidental is what is no refusal of this project: an exception of another kind, one that Python raised
somewhere inside, an exit status beside 0, 1 and 2, a traceback, a message of many lines or with more than 200
characters of what was given.
"""

from __future__ import annotations

import io
import random
import re
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import testbed
from testbed import Experiment, generators, laws, models, pretexts, regressors, theory
from testbed.check import check
from testbed.describe import describe
from testbed.keys import canonical
from testbed.registry import parse
from tests.faults.wrong_commands import LONG, command_line, repeats_input

PATIENCE = 10.0  # seconds that a call may take
LAW = generators.LeeMixture(k=3, d1=4, d2=3, scale=2.0, structure_seed=0).law()
FINITE = generators.CleanFinite(structure_seed=0).law()
SAMPLE = LAW.sample(60, 0)
PACKAGES = (generators, laws, models, pretexts, regressors, theory, testbed)
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Odd:
    """Writes itself with an error."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


def odd_values() -> list[Any]:
    """Values that hardly anything accepts."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression

    return [
        None, True, -1, 0, 1, 2.5, float("nan"), float("inf"), -float("inf"), 10**30, -(10**30), 10**400, 1e300, "",
        "a",
        "1", LONG, b"x", [], [1], ["a"], [[]], (), (1, 2), {}, {"a": 1}, {1, 2}, 1j, object(), Odd(), int, print,
        lambda x: x, np.nan, np.zeros(0), np.zeros(3), np.full((60, 4), np.nan),
        np.ones((60, 4)) * 1j, np.ones((2, 3, 4)),
        np.array(["a"]), np.array([object()]), np.array("2020", dtype="M8[D]"), np.int64(3), np.float64(0.5),
        np.bool_(True), range(3), iter([1]), Path("x"), regressors.OLS, regressors.OLS(), pretexts.Raw(), pretexts.Raw,
        generators.LeeMixture, generators.LeeMixture(), LAW, FINITE, LinearRegression(), LinearRegression,
        RandomForestClassifier(), SAMPLE, np.random.default_rng(0), "LeeMixture", "k", Experiment,
    ]  # fmt: skip


def right_calls() -> list[Call]:
    """Calls that are right, of what the public API offers."""
    rng = np.random.default_rng(0)
    calls: list[Call] = [
        (testbed.score, (LAW, lambda x: x), {"n_labeled": 20, "rng": 0, "probe": regressors.OLS(), "repeats": 2}),
        (testbed.vary, (generators.LeeMixture,), {"k": [2, 3], "alpha": 0.5}),
        (testbed.run, (small(),), {"jobs": 1, "progress": False, "timeout": None}),
        (LAW.sample, (20, rng), {}),
        (LAW.moments, (20, 0), {"repeats": 2}),
        (FINITE.sample, (20, 0), {"weighted": True}),
        (describe, (LAW,), {}),
        (canonical, (generators.LeeMixture(k=3),), {}),
        (parse, ("LeeMixture(k=3)",), {}),
        (check, (theory.ZeroError(), LAW), {}),
        (generators.LeeMixture(k=2, d1=2, d2=2).law, (0, 2), {}),
        (LAW.population().approximation_error, (LAW.population().psi_star, True), {}),
        (LAW.population().epsilon_ci, ("linear", "yz"), {}),
        (LAW.population().beta, (True, "yz"), {}),
        (LAW.population().ranks, ("yz",), {}),
        (regressors.bind, (regressors.ReducedRank("k"), 3, 3), {}),
        (laws.GaussianMixture, ([0.5, 0.5], np.eye(2, 5), np.eye(5), 2), {"label": [0, 1]}),
        (Experiment, (), experiment()),
    ]
    learners = [regressors.OLS(), regressors.Ridge(1.0), regressors.ReducedRank(1), regressors.KernelRidge(1.0)]
    calls += [(learner.fit_rows, (SAMPLE.x1, SAMPLE.y, 0), {}) for learner in learners]
    tasks = [
        pretexts.Raw(),
        pretexts.PCA(2),
        pretexts.CCA(2),
        pretexts.Predict(regressors.OLS()),
        pretexts.Oracle("linear"),
    ]
    calls += [(task.fit, (SAMPLE, LAW, 0), {}) for task in tasks]
    calls += [(task.optimum, (LAW,), {}) for task in tasks]
    calls += [(model.fit, (SAMPLE.x1, 0), {}) for model in (models.ProbabilisticPCA(2), models.FactorAnalysis(1))]
    fitted = models.ProbabilisticPCA(2).fit(SAMPLE.x1, 0)
    calls += [(method, (SAMPLE.x1,), {}) for method in (fitted.log_likelihood, fitted.posterior, fitted.elbo)]
    calls += [(fitted.sample_latent, (SAMPLE.x1, 0), {}), (fitted.excess_log_loss, (LAW, 0), {})]
    for kind in (generators, models, pretexts, regressors):
        for name in kind.__all__:
            cls = getattr(kind, name)
            if isinstance(cls, type) and hasattr(cls, "__dataclass_fields__"):
                calls.append((cls, (), dials(cls)))
    return calls


def dials(cls: type) -> dict[str, Any]:
    """Settings that a class accepts."""
    known = {
        "base": generators.LeeMixture(), "regressor": regressors.OLS(), "model": models.ProbabilisticPCA(2),
        "pretext": pretexts.PCA(2), "rank": 2, "level": 0.5, "augmentation": "gaussian", "corruption": "mask",
        "patches": 2, "estimator": None, "latents": 1, "components": 2, "states": 2, "nu": 3.0,
    }  # fmt: skip
    fields = cls.__dataclass_fields__.values()  # type: ignore[attr-defined]
    return {f.name: known.get(f.name, f.default) for f in fields if f.init and repr(f.default)[:1] != "<"} | {
        f.name: known[f.name] for f in fields if f.init and f.name in known and repr(f.default)[:1] == "<"
    }


def experiment() -> dict[str, Any]:
    """Arguments of a small experiment."""
    return {
        "name": "x", "generator": [LAW], "pretext": [pretexts.Raw()], "probe": [regressors.OLS()], "n_unlabeled": [20],
        "n_labeled": [30], "repeats": 2, "seed": 0, "draws": "auto", "nested": False, "extra": [], "theory": {},
        "precision": None, "baseline": [], "parts": [], "max_repeats": 100,
    }  # fmt: skip


def small() -> Experiment:
    """A small experiment."""
    return Experiment(**experiment())


def misspelt(name: str, dice: random.Random) -> str:
    """A name with two letters exchanged, one left out, or one more."""
    place = dice.randrange(len(name))
    return dice.choice([name[:place] + name[place + 1 :] + "_", name + "x", name[::-1] or "x", name.upper() + "s"])


def spoilt(call: Call, odd: list[Any], dice: random.Random) -> Call:
    """A wrong call beside a right one."""
    function, args, given = call[0], list(call[1]), dict(call[2])
    how = dice.choice(["value"] * 6 + ["name", "more", "fewer"])
    if how == "value" and (args or given):
        place = dice.randrange(len(args) + len(given))
        if place < len(args):
            args[place] = dice.choice(odd)
        else:
            given[list(given)[place - len(args)]] = dice.choice(odd)
    elif how == "name" and given:
        name = dice.choice(list(given))
        given[misspelt(name, dice)] = given.pop(name)
    elif how == "fewer" and args:
        args.pop()
    else:
        args.append(dice.choice(odd))
    return function, tuple(args), given


def wrong_with(error: BaseException) -> str | None:
    """Why an exception is accidental; None where it is a refusal."""
    message = str(error)
    if isinstance(error, MemoryError):
        return None  # numpy's own says how much was asked for
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if "/testbed/" in f.filename]
    signature = re.search(r"(positional argument|unexpected keyword|multiple values|required keyword)", message)
    if isinstance(error, TypeError) and signature and not inside:
        return None  # Python's own, about the signature of the call
    if not isinstance(error, ValueError | TypeError | AttributeError | NotImplementedError):
        return f"{type(error).__name__} is no refusal"
    if not frames or "/testbed/" not in frames[-1].filename:
        return f"{type(error).__name__} from elsewhere"
    if not (frames[-1].line or "").lstrip().startswith(("raise", "refused", "return", "stop")):
        line = frames[-1].line
        return f"{type(error).__name__} by accident at: {line}"
    if len(message) < 12 or message.count("\n") > 3:
        return "no sentence"
    return repeats_input(message)


def api(count: int, seed: int) -> Iterator[str]:
    """Wrong calls of the public API, in a folder that goes; yields a line for each that is answered by accident."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        yield from _api(count, seed)


def _api(count: int, seed: int) -> Iterator[str]:
    dice, odd, calls = random.Random(seed), odd_values(), right_calls()
    for _ in range(count):
        if dice.random() < 0.1:
            package = dice.choice(PACKAGES)
            name = misspelt(dice.choice(package.__all__), dice)
            call: Call = (getattr, (package, name), {})
        else:
            call = spoilt(dice.choice(calls), odd, dice)
        try:
            with (
                warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), in_time()
            ):  # fmt: skip
                warnings.simplefilter("ignore")
                call[0](*call[1], **call[2])
        except Exception as error:
            if why := wrong_with(error):
                frames = [f for f in traceback.extract_tb(error.__traceback__) if "/testbed/" in f.filename]
                place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "-"
                yield f"{said(call)}: {why} ({place}): {type(error).__name__}: {str(error)[:160]!r}"


class SlowError(Exception):
    """A call has not come back."""


@contextmanager
def in_time() -> Iterator[None]:
    """Raise `SlowError` in what takes longer than `PATIENCE`."""

    def late(number: int, frame: object) -> None:
        raise SlowError(f"not back within {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def said(call: Call) -> str:
    """A call as text."""

    def text(value: object) -> str:
        try:
            return " ".join(repr(value).split())[:60]
        except Exception:
            return "<odd>"

    name = getattr(call[0], "__qualname__", repr(call[0]))
    return f"{name}({', '.join([*map(text, call[1]), *(f'{k}={text(v)}' for k, v in call[2].items())])})"[:400]


def main_(counts: list[int]) -> int:
    """Try as many of each as is asked for."""
    calls, commands, seed = [*counts, *(2_000, 400, 0)[len(counts) :]]
    found = 0
    for line in chain(api(calls, seed), command_line(commands, seed)):
        print(line, flush=True)
        found += 1
    print(f"{found} of {calls + commands} wrong calls are answered by accident")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main_([int(text) for text in sys.argv[1:]]))
