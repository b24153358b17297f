"""Rows for those who train elsewhere, with the truth beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from testbed.cli import main
from testbed.generators import CleanMixture

LAW = "CleanMixture(k=2, d1=4, d2=3, structure_seed=0)"


def loaded(path: Path | str) -> dict[str, np.ndarray]:
    """Arrays of a file."""
    with np.load(path) as file:
        return dict(file)


def call(*arguments: str) -> str:
    found = CliRunner().invoke(main, list(arguments))
    assert found.exit_code == 0, found.output
    return found.output


def test_rows_are_drawn_with_the_truth_beside_them(tmp_path: Path) -> None:
    out = tmp_path / "x.npz"
    call("draw", LAW, "-n", "50", "--out", str(out), "--seed", "3")
    rows, told = loaded(out), json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    law = CleanMixture(k=2, d1=4, d2=3, structure_seed=0).law()
    sample = law.sample(50, np.random.default_rng(3))
    assert np.array_equal(rows["x1"], sample.x1) and np.array_equal(rows["x2"], sample.x2)
    assert np.array_equal(rows["y"], sample.y)
    assert rows["f_star"] == pytest.approx(law.population().f_star(sample.x1), abs=0.0)
    assert told["population"]["population"]["bayes_noise"] == float(law.population().bayes_noise)
    first = out.read_bytes()
    call("draw", LAW, "-n", "50", "--out", str(out), "--seed", "3")
    assert out.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("CleanMixture(k=2)", "-n", "5", "--out", "x.npz"), "freeze it with structure_seed=0"),
        ((LAW, "-n", "5", "--out", "x.csv"), "ends with .npz"),
        ((LAW, "-n", "0", "--out", "x.npz"), "0"),
        ((LAW, "-n", "2.5", "--out", "x.npz"), "2.5: a sample size is a whole number of at least 1"),
        ((LAW, "-n", "1e11", "--out", "x.npz"), "n = 100000000000: rows of 9 numbers, 8 bytes each, take 7,200.0 GB"),
        (("OLS()", "-n", "5", "--out", "x.npz"), "neither a generator nor a law"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments: tuple[str, ...], words: str, tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["draw", *arguments])
    assert found.exit_code == 2 and words in found.output
    assert list(tmp_path.iterdir()) == []


CODE = """
from testbed import SampledLaw

def rows(n, rng):
    x1 = rng.standard_normal((n, 2))
    return x1, x1 + rng.standard_normal((n, 2)), x1[:, :1] + rng.standard_normal((n, 1))

def known(x1):
    return x1[:, :1]

WITH, WITHOUT = SampledLaw(rows, f_star=known, d1=2, d2=2, k=1), SampledLaw(rows, d1=2, d2=2, k=1)
"""


@pytest.mark.parametrize(("name", "known"), [("WITH", True), ("WITHOUT", False)])
def test_rows_of_a_law_given_by_code_have_the_truth_that_is_known(
    name: str, known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(CODE, encoding="utf-8")
    call("draw", f"mine.py:{name}", "-n", "20", "--out", "x.npz")
    rows = loaded("x.npz")
    assert ("f_star" in rows) == known
    if known:
        assert np.array_equal(rows["f_star"], rows["x1"][:, :1])
    assert json.loads(Path("x.json").read_text(encoding="utf-8"))["rows"] == 20
