"""A page holds the lines of summary.csv as they stand there."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from testbed.explorer.fields import encoded, fields_of, text_of
from testbed.report import ReportError
from tests.committed import RESULTS

SUMMARIES = sorted(RESULTS.rglob("summary.csv"))


def decoded(column: dict[str, Any], n: int, known: dict[str, list[str]]) -> list[str]:
    """What page/data.js does."""
    if "one" in column:
        return [column["one"]] * n
    if "as" in column:
        return known[column["as"]]
    return [column["of"][i] for i in column["at"]] if "of" in column else column["each"].split(",")


@pytest.mark.parametrize("path", SUMMARIES, ids=lambda path: path.parent.name)
def test_a_summary_comes_back_byte_for_byte(path: Any) -> None:
    content = path.read_bytes()
    lines = fields_of(content, "summary.csv")
    seen: dict[tuple[str, ...], str] = {}
    known: dict[str, list[str]] = {}
    for i, name in enumerate(lines[0]):
        column = json.loads(json.dumps(encoded([line[i] for line in lines[1:]], seen, name)))
        known[name] = decoded(column, len(lines) - 1, known)
    again = [lines[0], *([known[name][i] for name in lines[0]] for i in range(len(lines) - 1))]
    assert "".join(f"{','.join(line)}\n" for line in again).encode() == content


def test_fields_with_commas_quotes_and_line_breaks_come_back() -> None:
    random.seed(0)
    pieces = ["a", "0.5", "", '"a, b"', '"say ""so"""', '"two\nlines"', "é", '""']
    for _ in range(50):
        table = [[random.choice(pieces) for _ in range(4)] for _ in range(6)]
        content = "".join(f"{','.join(line)}\n" for line in table).encode()
        assert fields_of(content, "x.csv") == table
    assert text_of('"say ""so"""') == 'say "so"'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1\n", "line 2 has 1 fields"),
        (b"a,b\n1,2", "no field can be read"),
        (b'a\n"b\n', "no field can be read at its character 2"),
        (b'a\nb"c\n', "no field can be read"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        fields_of(content, "x.csv")
