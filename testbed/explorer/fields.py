"""The fields of a CSV file as they stand there, byte for byte, and how a page holds them in little room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from testbed.report import ReportError

__all__ = ["encoded", "fields_of", "text_of"]

FIELD = re.compile(r'("(?:[^"]|"")*"|[^,"\n]*)(,|\n)')


def fields_of(content: bytes, name: str) -> list[list[str]]:
    """Cut a CSV file into lines of fields, quotation marks included: joined again, they are the file.

    Raises
    ------
    ReportError
        If it is no such file: a field is not closed, or lines differ in their number of fields. `name` is for messages.
    """
    text = content.decode("utf-8", errors="strict")
    if text.partition("\n")[0].endswith("\r"):
        raise ReportError(f"{name} has lines that end with \\r\\n, which no report writes: end them with \\n alone")
    lines: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        found = FIELD.match(text, at)
        if found is None:
            raise ReportError(f"{name} is damaged: no field can be read at its character {at}")
        lines[-1].append(found[1])
        if found[2] == "\n":
            lines.append([])
        at = found.end()
    if lines.pop():
        raise ReportError(f"{name} is damaged: its last line is not ended")
    if uneven := [i for i, line in enumerate(lines) if len(line) != len(lines[0])]:
        raise ReportError(f"{name} is damaged: line {uneven[0] + 1} has {len(lines[uneven[0]])} fields")
    return lines


def text_of(field: str) -> str:
    """What a field says, without the quotation marks of the file."""
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def encoded(fields: Sequence[str], known: dict[tuple[str, ...], str], name: str) -> dict[str, Any]:
    """Write a column in the shortest of four ways; ``page/data.js`` reads them.

    ``one`` field in all lines; ``as`` another column, which `known` has by its fields; ``of`` some fields, of which
    line i has number ``at[i]``; ``each`` field, joined by commas where none holds one. The column is added to `known`.
    """
    whole = tuple(fields)
    if (other := known.setdefault(whole, name)) != name:
        return {"as": other}
    different = list(dict.fromkeys(whole))
    if len(different) == 1:
        return {"one": different[0]}
    places = {field: i for i, field in enumerate(different)}
    if not any("," in field for field in different):
        each = ",".join(whole)
        if len(each) < sum(map(len, different)) + 3 * len(different) + sum(len(str(places[f])) + 1 for f in whole):
            return {"each": each}
    return {"of": different, "at": [places[field] for field in whole]}
