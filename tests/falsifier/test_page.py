"""The page says what there is: its table names every quantity, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import testbed
from testbed.falsifier import NearlyTight, Refuted, Survived
from testbed.falsifier.quantities import INDEXED, PLAIN

PAGE = Path(__file__).parents[2] / "docs" / "falsifier.md"
TEXT = PAGE.read_text(encoding="utf-8")


def quantities() -> str:
    """Lines of the table: each quantity, and its words."""
    words = {name: quantity.words for name, quantity in PLAIN.items()}
    words |= {"information": "I(x1; x2 | y, z) in nats, a float"}
    for quantity in INDEXED.values():
        name, _, rest = quantity.words.partition("], ")
        words[f"{name}]"] = rest
    return "\n".join(f"| `{name}` | {text.replace('|', chr(92) + '|')} |" for name, text in words.items())


def test_the_table_names_every_quantity() -> None:
    table = TEXT.partition("<!-- quantities -->")[2].partition("<!-- /quantities -->")[0]
    assert table.strip().splitlines()[2:] == quantities().splitlines()


def test_the_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, flags=re.S):
        exec(block, scope)
    out = capsys.readouterr().out
    assert out.startswith("REFUTED")
    assert "left <= right" in out


def test_a_statement_by_its_name() -> None:
    assert isinstance(testbed.falsify("IntrinsicBound", budget=64), Survived | NearlyTight)
    assert not isinstance(testbed.falsify("e_apx * beta2 <= eps2", budget=64, assume="solvable"), Refuted)
