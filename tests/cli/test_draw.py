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


def call(*arguments: str) -> str:
    found = CliRunner().invoke(main, list(arguments))
    assert found.exit_code == 0, found.output
    return found.output


def test_rows_are_drawn_with_the_truth_beside_them(tmp_path: Path) -> None:
    out = tmp_path / "x.npz"
    call("draw", LAW, "-n", "50", "--out", str(out), "--seed", "3")
    rows, told = np.load(out), json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
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
        (("OLS()", "-n", "5", "--out", "x.npz"), "neither a generator nor a law"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments: tuple[str, ...], words: str, tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, ["draw", *arguments])
    assert found.exit_code == 2 and words in found.output
    assert list(tmp_path.iterdir()) == []
