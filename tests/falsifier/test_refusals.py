"""What cannot be searched is refused with one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import testbed
from testbed.cli import main
from testbed.falsifier import Failed, Family, GaussianFactors, Graphs, Tables


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("e_apx", "no exact statement"),
        ("IntrinsicBond", "did you mean IntrinsicBound"),
        ("e_apxx <= 1", "did you mean e_apx"),
        ("eps_CI <= 1", r"'eps_CI'; its square is eps2 \(eps_CI\^2 over all functions, given \(y, z\)\), eps2_y"),
        ("one.epsilon_ci <= 1", "'epsilon_ci'; its square is eps2 .* or eps2_linear_y .* Known: affine_rank"),
        ("eps <= 1", "its square is eps2 "),
        ("beta * e_apx <= eps2", "its square is beta2 .* or beta2_origin"),
        ("E_apx <= 1", "that is e_apx .*, e_linear .* or floor"),
        ("bayes_noise <= 1", r"that is bayes \(Bayes noise"),
        ("mutual_information <= 1", "that is information. Known"),
        ("nothing_of_the_kind <= 1", "unknown quantity 'nothing_of_the_kind'. Known: affine_rank"),
        ("one.e_apxx <= two.e_apx", "did you mean e_apx. Known"),
        ("e_apx <= eps2 <= 1", "no single comparison"),
        ("e_apx <=", "no comparison"),
        ("one.e_apx <= e_apx", "one.e_apx or two.e_apx"),
        ("lam[2] <= 1", "is no quantity of a table"),
        ("p[0] <= 1", "p[0]"),
        ("__import__('os') <= 1", "not part of its notation|unknown quantity"),
        ("(lambda: 1)() <= 1", "not part of its notation"),
        (3, "claim = 3"),
        (lambda: (0, 1), "0 arguments"),
        (lambda a, b, c: (0, 1), "3 arguments"),
    ],
)
def test_claims(claim: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[").replace("]", r"\]")) as error:
        testbed.falsify(claim, budget=10)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("returned", [(1.0,), (1.0, 2.0, 3.0), None, "ab", (float("nan"), 1.0), 1.0])
def test_a_claim_that_returns_no_pair_has_failed(returned: object) -> None:
    verdict = testbed.falsify(lambda law: returned, budget=10)
    assert isinstance(verdict, Failed)
    assert "two numbers" in verdict.error or "NaN" in verdict.error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"assume": "independent"}, "known: ci"),
        ({"assume": ["ci", 3]}, "claim = 3"),
        ({"assume": 3}, "assume = 3"),
        ({"assume": "one.eps2 < two.eps2"}, "speaks of two laws"),
        ({"budget": 0}, "budget = 0"),
        ({"budget": 2.5}, "budget = 2.5"),
        ({"jobs": 0}, "jobs = 0"),
        ({"seed": "a"}, "seed = 'a'"),
        ({"family": "Tables"}, "family = 'Tables'"),
    ],
)
def test_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        testbed.falsify("e_apx <= 1", **{"budget": 10, **options})


@pytest.mark.parametrize(
    "make", [lambda: Tables(k=0), lambda: Tables(s1=(3, 2)), lambda: Graphs(s=0), lambda: GaussianFactors(d1=-1),
             lambda: Tables(s2=100), lambda: Tables(counts=0)],
)  # fmt: skip
def test_families(make: Any) -> None:
    with pytest.raises(ValueError, match=r"a whole number (of at least|from)"):
        family: Family = make()
        assert family


def test_lambdas_need_one_process() -> None:
    with pytest.raises(ValueError, match="use jobs=1"):
        testbed.falsify(lambda law: (0, 1), budget=10, jobs=2)


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    out, program = tmp_path / "c.json", tmp_path / "checker.py"
    found = run.invoke(main, ["falsify", "eps2 <= eps2_y", "--family", "Tables(k=1, m=2)", "--out", str(out)])
    assert found.exit_code == 1
    assert found.stdout.startswith("REFUTED")
    assert run.invoke(main, ["falsify", "--verify", str(out)]).exit_code == 0
    out.write_text(out.read_text(encoding="utf-8").replace('"right": "', '"right": "1'), encoding="utf-8")
    rejected = run.invoke(main, ["falsify", "--verify", str(out)])
    assert (rejected.exit_code, rejected.stdout.partition(":")[0]) == (1, "rejected")
    assert run.invoke(main, ["falsify", "--script", str(program)]).exit_code == 0
    compile(program.read_text(encoding="utf-8"), "checker.py", "exec")
    survived = run.invoke(main, ["falsify", "IntrinsicBound", "--budget", "64"])
    assert (survived.exit_code, "not a proof" in survived.stdout) == (0, True)
    assert run.invoke(main, ["falsify"]).exit_code == 2
    assert run.invoke(main, ["falsify", "--verify", str(tmp_path / "none.json")]).exit_code == 2
    script = tmp_path / "mine.py"
    script.write_text(
        "from testbed.falsifier import Tables\nFAMILY = Tables(k=2)\nASSUME = ['solvable']\n"
        "CLAIM = 'e_apx * beta2 <= eps2 / 4'\ndef OTHER(law):\n    raise RuntimeError('mine')\n",
        encoding="utf-8",
    )
    assert run.invoke(main, ["falsify", str(script)]).exit_code == 1
    failed = run.invoke(main, ["falsify", f"{script}:OTHER"])
    assert (failed.exit_code, "RuntimeError: mine" in failed.stdout) == (2, True)
