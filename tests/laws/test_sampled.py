"""Laws given by code: what is drawn and checked, by which sentence a wrong sampler is refused, and what rows hold."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import testbed
from testbed import Experiment, SampledLaw, held_out
from testbed.cli import main
from testbed.columns import TRUTH
from testbed.data import Sample
from testbed.describe import describe
from testbed.generators import CleanMixture
from testbed.keys import canonical
from testbed.laws.population import NotDefinedError
from testbed.pretexts import CCA, Oracle, Predict, Raw
from testbed.regressors import OLS, KernelRidge
from testbed.sweep.script import execute
from tests.statistics_ import z_limit

SHAPE: dict[str, Any] = {"d1": 3, "d2": 2, "k": 1}
CLEAN = CleanMixture(k=3, d1=5, d2=4, structure_seed=0).law()
COUNT = iter(range(10**6))


def plain(n: int, rng: np.random.Generator) -> Any:
    x1 = rng.standard_normal((n, 3))
    x2 = x1[:, :2] + rng.standard_normal((n, 2))
    return x1, x2, x1[:, :1] + 0.5 * rng.standard_normal((n, 1))


def first(x1: Any) -> Any:
    return x1[:, :1]


def clean(n: int, rng: np.random.Generator) -> Sample:
    return CLEAN.sample(n, rng)


def clean_truth(x1: Any) -> Any:
    return CLEAN.population().f_star(x1)


LAW = SampledLaw(plain, first, **SHAPE)
COPY = SampledLaw(clean, clean_truth, d1=5, d2=4, k=3)
BLIND = SampledLaw(clean, d1=5, d2=4, k=3)


@dataclass(frozen=True)
class Wrong:
    """A sampler that does one thing wrong."""

    what: str

    def __call__(self, n: int, rng: np.random.Generator) -> Any:
        x1, x2, y = plain(n, rng)
        if self.what == "raises":
            raise KeyError("no such thing")
        if self.what == "late" and n != 50:
            x1[3] = np.nan
        if self.what == "stateful":
            x1 = x1 + next(COUNT)
        return {
            "width": (x1[:, :2], x2, y),
            "count": (x1[:-1], x2, y),
            "all counts": (x1[:7], x2[:7], y[:7]),
            "transposed": (x1.T, x2, y),
            "pairs": (x1, x2),
            "nothing": None,
            "text": (x1, x2, np.full(n, "a")),
            "nan": (x1, np.where(x2 > 2.0, np.nan, x2), y),
            "infinite": (x1, x2, np.full_like(y, np.inf)),
            "complex": (1j * x1, x2, y),
            "three axes": (x1[None], x2, y),
            "weights": Sample(x1, x2, y, weight=np.ones(n)),
            "own seed": plain(n, np.random.default_rng(3)),
            "huge": (x1, 1e200 * x2, y),
        }.get(self.what, (x1, x2, y))


def made(what: str, **changes: Any) -> Callable[[], Any]:
    return lambda: SampledLaw(Wrong(what), **{**SHAPE, **changes})


def known(f_star: Any) -> Callable[[], Any]:
    return lambda: SampledLaw(plain, f_star, **SHAPE)


def swept(law: SampledLaw = LAW, **changes: Any) -> Experiment:
    settings: dict[str, Any] = {"pretext": [Raw()], "probe": OLS(), "n_unlabeled": 20, "n_labeled": 10, "repeats": 2}
    return Experiment("sampled", law, **{**settings, **changes})


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "width": (made("width"), r"^sampler Wrong\(.*\) at n = 50: x1 has shape \(50, 2\), and \(50, 3\) is needed"),
    "count": (made("count"), r"x1 has shape \(49, 3\), and \(50, 3\) is needed"),
    "all counts": (made("all counts"), r"x1 has shape \(7, 3\), and \(50, 3\)"),
    "transposed": (made("transposed"), r"x1 has shape \(3, 50\), and \(50, 3\)"),
    "a wider label": (made("", k=2), r"y has shape \(50, 1\), and \(50, 2\) is needed"),
    "pairs": (made("pairs"), r"gave 2 things: three arrays \(x1, x2, y\), or a Sample, are needed"),
    "nothing": (made("nothing"), "gave a NoneType: three arrays"),
    "text": (made("text"), "y has type <U1: an array"),
    "nan": (made("nan"), r"x2 has values that are missing or infinite in \d+ rows, of which the first is \d+$"),
    "infinite": (made("infinite"), r"y has values that are missing or infinite in 50 rows, of which the first is 0$"),
    "complex": (made("complex"), "x1 has type complex128"),
    "three axes": (made("three axes"), r"x1 has shape \(1, 50, 3\)"),
    "weights": (made("weights"), "gave weights, .*: it must write each row out"),
    "huge": (made("huge"), "values above 1e.100: choose another unit"),
    "own seed": (made("own seed"), "gave the same rows for another rng: all that is random must come from it"),
    "stateful": (made("stateful"), "gave other rows for the same rng: all that is random must come from it"),
    "raises": (made("raises"), "^sampler Wrong.* at n = 50 failed with KeyError: 'no such thing'"),
    "late": (lambda: SampledLaw(Wrong("late"), **SHAPE).sample(9, 0), "at n = 9: x1 has values .* in 1 rows"),
    "no function": (lambda: SampledLaw(3, **SHAPE), r"^sampler = 3: a function \(n, rng\)"),  # type: ignore[arg-type]
    "a class": (lambda: SampledLaw(Wrong, **SHAPE), r"^sampler = <class .*: a function"),
    "no dimension": (made("", d1=0), "^d1 = 0: a whole number of at least 1"),
    "few fresh rows": (made("", scored=1), "^scored = 1: a whole number of at least 2"),
    "a wrong f*": (known(lambda x: x), "lambda"),
    "f* of two": (known(clean_truth), "f_star clean_truth at 50 rows of x1 failed with ValueError"),
    "f* no function": (known(3), "^f_star = 3: a function of rows of x1"),
    "a law": (lambda: LAW.population(), "^this law is given by code that draws rows .*nothing exact"),
    "f* not known": (lambda: BLIND.truth(np.zeros((2, 5))), "^this law is given by code"),
    "an axis": (lambda: LAW[0], "^index = 0: SampledLaw has no leading axes"),
    "an oracle": (lambda: swept(pretext=[Oracle("linear")]), r"^pretext holds Oracle.* reads the law: a law given"),
    "a latent": (lambda: swept(pretext=[CCA("km")]), r'^CCA\("km"\) has the rank "km", and SampledLaw shows no latent'),
    "a bound": (lambda: swept(theory={"b": testbed.theory.IntrinsicBound()}), "^theory = .*a law given by code"),
    "precision": (lambda: swept(BLIND, precision=0.1, repeats=30), "^precision = 0.1: .*a law given by code"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named_in_one_sentence(case: str) -> None:
    call, sentence = REFUSED[case]
    with pytest.raises((ValueError, TypeError), match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_rows_are_those_of_the_sampler_in_all_forms_that_it_may_give() -> None:
    theirs = CLEAN.sample(30, np.random.default_rng(4))
    mine = BLIND.sample(30, 4)
    for name in ("x1", "x2", "y"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))
    flat = SampledLaw(flat_label, d1=3, d2=2, k=1).sample(6, 0)
    assert flat.y.shape == (6, 1) and LAW.shape == (3, 2, 1, 1) and LAW.batch == ()


def flat_label(n: int, rng: np.random.Generator) -> Any:
    x1, x2, y = plain(n, rng)
    return x1.tolist(), x2, y[:, 0]


def test_the_text_names_the_functions_and_their_fields() -> None:
    assert canonical(LAW) == "SampledLaw(plain, f_star=first, d1=3, d2=2, k=1)"
    assert canonical(SampledLaw(Wrong(""), **SHAPE)) == 'SampledLaw(Wrong(""), d1=3, d2=2, k=1)'
    assert canonical(pickle.loads(pickle.dumps(LAW))) == canonical(LAW)


def test_a_copy_of_a_law_has_its_risks() -> None:
    """Excess risk and Bayes noise of `CleanMixture` through its sampler and f*: 6 means, false alarm 1e-6 in all."""
    sizes: dict[str, Any] = {"n_unlabeled": 200, "n_labeled": 60, "repeats": 30, "draws": "rows"}
    tasks = [Raw(), Predict(OLS()), CCA(2)]
    mine, exact = (testbed.run(Experiment("copy", law, tasks, OLS(), **sizes), progress=False) for law in (COPY, CLEAN))
    assert (mine["status"] == "ok").all(), mine["error"].tolist()
    np.testing.assert_allclose(mine["label_mse"], mine["excess_risk"] + mine["bayes_noise"], rtol=1e-12)
    limit, noise = z_limit(6), float(CLEAN.population().bayes_noise)
    for task in map(str, tasks):
        a, b = (frame[frame["pretext"] == task] for frame in (mine, exact))
        gap = a["excess_risk"].mean() - b["excess_risk"].mean()
        assert abs(gap) < limit * np.sqrt((a["excess_risk"].var() + b["excess_risk"].var()) / 30)
        off = a["bayes_noise"].mean() - noise
        assert abs(off) < limit * np.sqrt((a["bayes_noise_se"] ** 2).mean() / 30)
    spread, stated = mine.groupby("pretext")["bayes_noise"].std(), mine["bayes_noise_se"].mean()
    assert np.all((0.5 * stated < spread) & (spread < 1.7 * stated))  # chi-squared of 29, 1e-6 each side


def test_columns_of_truth_are_empty_and_say_why() -> None:
    both = swept(COPY, n_unlabeled=40, n_labeled=20, extra=["error01", "subspace_sine"]), swept(BLIND, n_labeled=20)
    for experiment, full in zip(both, (True, False), strict=True):
        found = testbed.run(experiment, progress=False)
        assert (found["status"] == "ok").all(), found["error"].tolist()
        risks = ["excess_risk", "excess_risk_se", "bayes_noise", "bayes_noise_se"]
        empty = [name for name in TRUTH if name in found and not (full and name in risks)]
        assert found[empty].isna().all(axis=None) and found[["label_mse", "label_mse_se"]].notna().all(axis=None)
        assert found[risks].notna().all(axis=None) == full
    with pytest.raises(NotDefinedError, match="SampledLaw"):
        BLIND.population()


def test_draws_do_not_change_when_learners_are_added_and_one_seed_gives_one_run() -> None:
    alone, more = (
        testbed.run(swept(BLIND, n_labeled=20, pretext=tasks, probe=probes), progress=False)
        for tasks, probes in (([Raw()], [OLS()]), ([CCA(1), Raw()], [KernelRidge(), OLS()]))
    )
    same = more[(more["pretext"] == "Raw()") & (more["probe"] == "OLS()")]
    assert alone["label_mse"].tolist() == same["label_mse"].tolist()


def test_score_held_out_and_fit_take_it() -> None:
    """The approximation error of coordinates that hold f* is 0: excess risk falls as p / n2; 6 errors, 1e-6."""
    found = testbed.score(LAW, first, n_labeled=100, rng=0)
    assert found["label_mse"] == found["excess_risk"] + found["bayes_noise"] and "estimation" not in found
    assert abs(found["bayes_noise"] - 0.25) < z_limit(2) * found["bayes_noise_se"]
    expected = 0.25 * 2 / (100 - 3)  # two coefficients, of Gaussian design, to 1 / n2
    assert abs(found["excess_risk"] - expected) < z_limit(2) * found["excess_risk_mcse"] + 0.1 * expected
    assert set(testbed.score(BLIND, lambda x: x, n_labeled=30, rng=0, repeats=3)) == {"label_mse", "label_mse_mcse"}
    rows = BLIND.sample(200, 0)
    assert held_out(rows, CCA(2))["n_held_out"] == 200
    psi = Predict(OLS()).fit(rows, BLIND, 0)
    np.testing.assert_array_equal(psi(rows.x1), Predict(OLS()).fit(rows)(rows.x1))
    assert CCA("k").fit(LAW.sample(50, 0), LAW, 0)(np.zeros((2, 3))).shape == (2, 1)


def half(x1: Any) -> Any:
    return 0.5 * x1[:, :1]


def product(n: int, rng: np.random.Generator) -> Any:
    x1 = rng.standard_normal((n, 3))
    return x1, x1[:, :2], x1[:, 0] * x1[:, 1]


def half_product(x1: Any) -> Any:
    return 0.5 * x1[:, 0] * x1[:, 1]


def test_describe_says_what_is_not_known_and_finds_a_wrong_f_star() -> None:
    text = describe(LAW)
    assert "10000 fresh rows from seed 0" in text and "Bayes noise" in text and "not known" in text and "eps_CI" in text
    assert "f_star is not" not in text and "f_star is not E[Y | X1]" in describe(SampledLaw(plain, half, **SHAPE))
    assert "f_star is not E[Y | X1]" in describe(SampledLaw(product, half_product, **SHAPE))  # no line tells it
    assert "not known: risks are against the label" in describe(BLIND)


SCRIPT = """
from dataclasses import dataclass
import numpy as np
from testbed import Experiment, SampledLaw, vary
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

@dataclass(frozen=True)
class Waves:
    noise: float = 1.0
    def __call__(self, n, rng):
        x1 = rng.standard_normal((n, 3))
        x2 = x1[:, :1] + self.noise * rng.standard_normal((n, 1))
        return x1, x2, np.sin(x1[:, 0])

def truth(x1):
    return np.sin(x1[:, 0])

LAWS = vary(SampledLaw, sampler=[Waves(.1), Waves(2.)], f_star=truth, d1=3, d2=1, k=1, scored=500)
EXPERIMENT = Experiment("waves", LAWS, [Raw(), Predict(OLS())], [OLS()], n_unlabeled=[80], n_labeled=[20], repeats=4)
"""


@pytest.mark.usefixtures("forked_workers")
def test_a_script_runs_in_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("waves.py").write_text(SCRIPT, encoding="utf-8")

    result = CliRunner().invoke(main, ["run", "waves.py", "--jobs", "2", "--out", "two"])
    assert result.exit_code == 0, result.output
    alone = testbed.run(execute(SCRIPT).EXPERIMENT, progress=False)
    rows = pd.read_csv("two/rows.csv")
    assert {"generator.sampler.noise", "generator.f_star"} <= set(rows)
    np.testing.assert_array_equal(rows["label_mse"], alone["label_mse"])
    assert Path("two", "figure.png").exists()
