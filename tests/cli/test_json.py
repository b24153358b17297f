"""What the commands that look say to a machine, and how `list` is narrowed."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.cli.base import as_text
from testbed.described import described
from testbed.generators import CleanMixture, DropLatent
from testbed.laws.from_rows import FromRows
from testbed.registry import KINDS, public

LATENT = CleanMixture(k=2, m=2, d1=6, d2=5, rho=0.5, structure_seed=1)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def said(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_list_is_narrowed_by_kind_and_word() -> None:
    """A word is looked for in names, settings and summaries, in capitals or not."""
    everything = said("list")
    assert list(dict.fromkeys(entry["kind"] for entry in everything)) == [*KINDS, "theory", "experiments"]
    for kind in KINDS:
        entries = said("list", kind)
        assert entries == [entry for entry in everything if entry["kind"] == kind]
        assert [entry["name"] for entry in entries] == list(public(kind))
    named = {entry["name"] for entry in said("list", "generators", "NU")}
    assert "StudentTails" in named, "nu is a setting"
    assert said("list", "topics") == [e for e in everything if "topics" in json.dumps(e).casefold()] != []
    (ridge,) = (entry for entry in said("list", "regressors", "ridge") if entry["name"] == "Ridge")
    assert set(ridge["settings"]) == set(public("regressors")["Ridge"].__dataclass_fields__)
    lines = call("list", "regressors", "ridge").output.splitlines()
    assert lines[0] == "regressors" and all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "generater"), "did you mean generators?"),
        (("list", "generater", "mixture"), "KIND = 'generater'; did you mean generators?"),
        (("list", "xyz", "mixture"), "allowed: generators, laws"),
        (("list", "laws", "nowhere"), "nothing mentions 'nowhere'"),
        (("list", ""), "is empty"),
        (("run", "absent.py", "--json"), "--json is for --plan"),
    ],
)
def test_wrong_words_are_refused(arguments: tuple[str, ...], words: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2 and words in result.output


def test_a_description_is_the_population_by_name() -> None:
    """Numbers are those that the population gives; what the screen says stands in both."""
    text = "CleanMixture(k=2, m=2, d1=6, d2=5, rho=0.5, structure_seed=1)"
    (found,) = said("describe", text)
    truth = LATENT.law().population()
    assert [found[name] for name in ("d1", "d2", "k", "m", "states")] == [6, 5, 2, 2, 4]
    for name, value in (
        ("bayes_noise", truth.bayes_noise),
        ("bayes_noise_se", truth.se["bayes_noise"]),
        ("epsilon_ci_linear", truth.epsilon_ci("linear")),
        ("epsilon_ci_universal_y", truth.epsilon_ci("universal", "y")),
        ("beta", truth.beta(True)),
        ("beta_no_intercept_y", truth.beta(False, "y")),
        ("rank", truth.ranks("yz").rank),
        ("e_apx_x1", truth.class_floor),
        ("e_apx_universal", truth.approximation_error(truth.psi_star)),
    ):
        assert math.isclose(found["population"][name], float(value), abs_tol=1e-15), name
    applies = {one["statement"] for one in found["statements"] if one["applies"]}
    screen = call("describe", text).output
    assert applies and all(f"  yes {name}: " in screen for name in applies)
    assert f"\n{len(found['statements']) - len(applies)} others do not apply" in screen
    assert all((one["measured"] is None) == (not one["applies"]) for one in found["statements"])


def test_what_is_not_known_is_said() -> None:
    rows = LATENT.law().sample(20, np.random.default_rng(0))
    assert described(FromRows(rows.x1, rows.x2, rows.y)).keys() == {"law", "d1", "d2", "k", "scored"}
    assert described(DropLatent(CleanMixture(k=2, m=2, d1=6, d2=5)))["notes"][0].startswith("one structure, drawn")
    with pytest.raises(ValueError, match="a law or a generator is needed"):
        described(3)  # type: ignore[arg-type]


def test_records_of_the_ledger_are_written() -> None:
    records = said("check", "IntrinsicBound", "--law", "sharp")
    lines = call("check", "IntrinsicBound", "--law", "sharp").output.splitlines()
    assert [one["verdict"] for one in records] == [line.split()[0] for line in lines]
    assert all(one["law"] == "sharp" and one["measured"] <= one["predicted"] + 1e-12 for one in records)


def test_json_has_no_numbers_that_it_does_not_know() -> None:
    assert json.loads(as_text({"a": [math.nan, -math.inf, 1.5], "b": ("é", None, True)})) == {
        "a": [None, None, 1.5],
        "b": ["é", None, True],
    }


def test_help_says_whole_sentences() -> None:
    text = " ".join(call("--help").output.partition("Commands:")[2].split())
    assert "..." not in text
    for command in main.commands.values():
        assert command.help is not None
        assert " ".join(command.help.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".") in text
