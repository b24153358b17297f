"""False claims fall with certificates that two programs verify; true ones survive; the answer is the same each time."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import testbed
from experiments.falsifier.known_answers import FALSE, TRUE
from testbed.falsifier import (
    Failed,
    GaussianFactors,
    IndependentTables,
    NearlyTight,
    Refuted,
    Survived,
    Tables,
    checker,
    verify,
)
from testbed.falsifier.candidates import Candidate
from testbed.falsifier.families import Family
from testbed.falsifier.steps import BLOCK
from testbed.laws import Finite
from testbed.laws.population import Population
from testbed.theory import STATEMENTS, Exact, ZeroError
from testbed.theory.base import Kind, Sides


def run_checker(folder: Path, certificate: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    program, file = folder / "checker.py", folder / "certificate.json"
    program.write_text(checker(), encoding="utf-8")
    file.write_text(json.dumps(certificate), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(program), str(file)]  # neither this project nor any package
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("name", FALSE)
def test_a_false_claim_falls_and_its_certificate_holds(name: str, tmp_path: Path) -> None:
    claim, family, assume = FALSE[name]
    verdict = testbed.falsify(claim, family, assume=assume)
    assert isinstance(verdict, Refuted)
    assert verdict.tried <= 1000
    certificate = json.loads(json.dumps(verdict.certificate))
    assert "verified" in verify(certificate)
    if certificate["kind"] == "rational":
        assert run_checker(tmp_path, certificate).stdout.startswith("verified")
    changed = json.loads(json.dumps(certificate))
    numbers = changed["laws"][0].get("counts", changed["laws"][0].get("weight"))
    while isinstance(numbers[0], list):
        numbers = numbers[0]
    numbers[0] += 1
    with pytest.raises(ValueError, match="damaged"):
        verify(changed)
    if certificate["kind"] == "rational":
        assert run_checker(tmp_path, changed).returncode != 0


def test_a_certificate_whose_sum_was_mended_is_rejected_by_its_sides() -> None:
    claim, family, assume = FALSE["refining Z lowers eps_CI"]
    verdict = testbed.falsify(claim, family, assume=assume)
    assert isinstance(verdict, Refuted)
    says = json.loads(json.dumps(verdict.certificate))
    says["laws"][0]["counts"][0][0][0][0] += 1
    says["sum"] = testbed.falsifier.certificates.checksum(says["laws"])  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"sides are|claim holds|not defined"):
        verify(says)


def test_the_two_laws_are_small() -> None:
    claim, family, assume = FALSE["at equal beta, e_apx grows with eps_CI"]
    verdict = testbed.falsify(claim, family, assume=assume)
    assert isinstance(verdict, Refuted)
    for law in verdict.certificate["laws"]:
        assert np.size(law["counts"]) <= 12


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_survives(name: str) -> None:
    claim, family, assume = TRUE[name]
    verdict = testbed.falsify(claim, family, assume=assume, budget=200)
    assert isinstance(verdict, Survived | NearlyTight)
    assert "not a proof" in str(verdict)
    ratio = verdict.ratio
    assert np.isnan(ratio) or ratio <= 1.0 + 1e-9


def test_the_whole_budget_is_spent_where_small_changes_have_no_start() -> None:
    """Both sides of an identity are 0: no ratio, and nothing to climb from; the rest is drawn blindly."""
    verdict = testbed.falsify("e_apx == 0", IndependentTables(), assume=["ci", "affine rank"], budget=640)
    assert isinstance(verdict, Survived)
    assert verdict.tried == 640


class Kept(Family):
    """One block of laws of a family, again and again, so that each law is built once for all statements."""

    def __init__(self, family: Family) -> None:
        random = Random("1 block 0")
        self.laws = cycle([family.draw(random) for _ in range(BLOCK)])

    def draw(self, random: Random) -> Candidate:
        return next(self.laws)


def test_every_inequality_of_the_ledger_is_attacked() -> None:
    """One block of laws against all versions of all exact statements, of tables with latents and of Gaussian laws."""
    families = [Kept(family) for family in (Tables(m=(1, 2)), IndependentTables(m=(1, 2)), GaussianFactors(m=(0, 1)))]
    for name in sorted({type(s).__name__ for s in STATEMENTS if isinstance(s, Exact)}):
        for family in families:
            verdict = testbed.falsify(name, family, budget=16)
            assert not isinstance(verdict, Refuted | Failed), str(verdict)
            assert verdict.tried % BLOCK == 0


@pytest.mark.parametrize("errors", [1.0, 5.0, 7.0])
@pytest.mark.parametrize(("kind", "sign"), [("identity", -1.0), ("identity", 1.0), ("inequality", 1.0)])
def test_what_an_integral_may_be_wrong_by_refutes_nothing(
    errors: float, kind: Kind, sign: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six standard errors: of 10,000 laws one is refuted falsely with probability 2e-5 (for a normal error)."""

    def sides(self: ZeroError, truth: Population, *sizes: int | None) -> Sides:
        return Sides(*(np.asarray(v) for v in (1.0 + 0.01 * sign * errors, 1.0, 1.0, 0.01)))

    monkeypatch.setattr(ZeroError, "kind", kind)
    monkeypatch.setattr(ZeroError, "sides", sides)
    monkeypatch.setattr(ZeroError, "applies", lambda self, truth: np.asarray(True))
    found = testbed.falsify(ZeroError(), IndependentTables(), budget=64)
    assert isinstance(found, Refuted) == (errors > 6.0), str(found)


def test_the_same_answer_for_any_number_of_processes() -> None:
    claim, family, assume = FALSE["a lower pretext loss implies a lower e_apx"]
    one = testbed.falsify(claim, family, assume=assume, seed=3)
    two = testbed.falsify(claim, family, assume=assume, seed=3, jobs=2)
    assert str(one) == str(two)
    survived = [testbed.falsify("e_apx <= sharper", Tables(), assume="solvable", budget=300, jobs=j) for j in (1, 2)]
    assert str(survived[0]) == str(survived[1])


def test_processes_start_anew_where_jax_is_loaded() -> None:
    """A copy of a process with other threads can wait for one of them forever; Python and jax warn of it."""
    pytest.importorskip("jax")
    program = """
import jax, testbed
from testbed.falsifier import Tables
if __name__ == "__main__":
    jax.numpy.zeros(3).sum()
    print(testbed.falsify("e_apx <= sharper", Tables(), assume="solvable", budget=300, jobs=2))
"""
    command = [sys.executable, "-W", "error", "-W", "ignore::EncodingWarning", "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.strip() == str(testbed.falsify("e_apx <= sharper", Tables(), assume="solvable", budget=300))


def too_small(law: Finite) -> tuple[float, float]:
    truth = law.population()
    return float(truth.approximation_error(truth.psi_star)), 0.5 * float(truth.epsilon_ci("universal")) ** 2


def test_a_callable_is_refuted_in_floats_with_a_margin() -> None:
    verdict = testbed.falsify(too_small, Tables())
    assert isinstance(verdict, Refuted)
    assert verdict.certificate["kind"] == "float"
    assert verdict.certificate["margin"] >= 1e-6
    certificate = json.loads(json.dumps(verdict.certificate))
    assert "verified" in verify(certificate, too_small)
    with pytest.raises(ValueError, match="name the script"):
        verify(certificate)


def test_a_callable_of_two_laws() -> None:
    verdict = testbed.falsify(lambda one, two: (one.joint.size, two.joint.size - 1), Tables(s1=2, s2=2), budget=64)
    assert isinstance(verdict, Refuted)
    assert len(verdict.laws) == 2


def test_a_claim_that_raises_has_failed() -> None:
    verdict = testbed.falsify(lambda law: 1 / 0, Tables())
    assert isinstance(verdict, Failed)
    assert "ZeroDivisionError" in verdict.error
    assert "FAILED" in str(verdict)
