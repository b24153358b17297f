"""What a page knows of summary.csv and contrasts.csv: every column with its words, and pairs of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from testbed.columns import COLUMNS, ENDS, METHOD, PLACE, SHAPE, THEORY
from testbed.explorer.fields import encoded, text_of
from testbed.registry import parse
from testbed.report import ReportError
from testbed.report.files import errors, identifying, measured

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["columns_of", "pairs_of", "unreadable"]

GAP = ("difference", "difference_low", "difference_high", "n_pairs", "n_dropped", "paired")
SAID = {  # what summary.csv has beside the columns of rows.csv
    "n_ok": "repetitions that are ok",
    "n_failed": "repetitions that failed",
    "selected": "mean of the part that did not fail",
    "stopped": "why the repetitions ended",
    "excess_risk_median": "median excess risk",
    "excess_risk_share": "share of the spread in few repetitions",
}
LAW = "law"  # the one column that the file does not have: the class of a generator


def columns_of(lines: Sequence[Sequence[str]], summary: pd.DataFrame) -> list[dict[str, Any]]:
    """Every column of a summary: name, role, words, symbol, unit and fields.

    The role is "dial" for what a cell is told apart by, "key", "measured", "exact", "theory", "end" (of an interval, or
    an error) or "other". At the end stands `LAW`, which is not in the file.
    """
    ends = {f"{column}{end}" for column in measured(summary.columns) for end in ENDS} | {*errors(summary.columns)}
    dials = {*identifying(summary)}
    known: dict[tuple[str, ...], str] = {}
    found = []
    for i, name in enumerate(lines[0]):
        fields = [line[i] for line in lines[1:]]
        number = summary[name].dtype.kind in "iuf"
        found.append(_column(name, _role(name, dials, ends), number) | encoded(fields, known, name))
    generator = lines[0].index("generator")
    kinds = [text_of(line[generator]).partition("(")[0] for line in lines[1:]]
    return [*found, {**_column(LAW, "dial", False), "made": True, **encoded(kinds, {}, LAW)}]


def _role(name: str, dials: set[str], ends: set[str]) -> str:
    if name == "key":
        return "key"
    if name in ends:
        return "end"
    if name in dials:
        return "dial"
    if name.startswith(THEORY):
        return "theory"
    if name in SHAPE:
        return "measured"
    kind = COLUMNS[name].kind if name in COLUMNS else "other"
    return {"measured": "measured", "share": "measured", "exact": "exact"}.get(kind, "other")


def _column(name: str, role: str, number: bool) -> dict[str, Any]:
    last = name.removeprefix("generator.").rpartition(".")[2] if role == "dial" else name
    known = COLUMNS.get(last) if role in ("dial", "measured", "exact") else None
    known = None if known and known.kind in ("method", "place") and not known.symbol else known  # texts
    words = SAID.get(name) or ("kind of law" if name == LAW else "")
    column: dict[str, Any] = {"name": name, "role": role, "number": number, "words": words}
    if name.startswith(THEORY):
        column |= {"words": f"theory: {name.removeprefix(THEORY).replace('_', ' ')}"}
    if known:
        said = " ".join(filter(None, (known.words, known.after)))
        column |= {"words": said, "symbol": known.plain, "unit": known.unit}
    return column


def unreadable(summary: pd.DataFrame) -> list[str]:
    """Laws that `testbed describe` cannot build from their text: they hold arrays, or are classes of a script."""
    found = []
    for text in map(str, summary["generator"].unique()):
        try:
            parse(text, ("generators", "laws"))
        except Exception:
            found.append(text)
    return found


def pairs_of(lines: Sequence[Sequence[str]], summary: pd.DataFrame) -> dict[str, Any]:
    """Contrasts as numbers of cells a and b, and the fields of the difference a - b with its interval.

    Raises
    ------
    ReportError
        If a contrast is of a cell that the summary does not have: then the files are not of one report.
    """
    header = list(lines[0])
    sample = [name for name in PLACE if name != "generator"]
    cells = {
        (str(row[0]), *map(float, row[1 : 1 + len(sample)]), *map(str, row[1 + len(sample) :])): i
        for i, row in enumerate(summary[["generator", *sample, *METHOD]].itertuples(index=False, name=None))
    }
    sides: dict[str, list[int]] = {"a": [], "b": []}
    for line in lines[1:]:
        at = {name: text_of(field) for name, field in zip(header, line, strict=True)}
        for side, rows in sides.items():
            cell = (at["generator"], *(float(at[n]) for n in sample), *(at[f"{n}_{side}"] for n in METHOD))
            if cell not in cells:
                raise ReportError(
                    f"contrasts.csv compares {' + '.join(str(c) for c in cell[-3:])} on {cell[0]}, which is no cell of "
                    "summary.csv: they are not of one report"
                )
            rows.append(cells[cell])
    gaps = {n: encoded([line[header.index(n)] for line in lines[1:]], {}, n) for n in GAP if n in header}
    return {**sides, "n": len(lines) - 1, "gaps": gaps if len(lines) > 1 else {}}
