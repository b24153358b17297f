"""The ledger of the theory as files: every record in CSV, a line for each statement in Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from testbed.report.escaped import comment, escape
from testbed.report.family import family_said
from testbed.report.latex import floats
from testbed.report.typeset import Column

__all__ = ["COLUMNS", "Line", "lines", "records_to_csv", "short_table", "to_latex", "to_markdown"]

Row = Mapping[str, Any]
COLUMNS = (
    "statement", "law", "margins", "n_unlabeled", "n_labeled", "predicted", "measured", "error", "low", "high",
    "ratio", "verdict", "remark",
)  # fmt: skip
BESIDE = {  # what does not change from record to record, in files of its own
    "statements.csv": ("statement", "kind", "title", "source", "claim"),
    "laws.csv": ("law", "law_text"),
}
VERDICTS = ("holds", "consistent", "not applicable", "violated", "error")


class Line:
    """All records of one statement in short.

    Attributes
    ----------
    statement, kind, title, source : str
    counts : dict
        Verdict -> number of records.
    verdict : str
        violated or error if any record is, otherwise holds or consistent if the statement applied to any law.
    tightest : Row or None
        Of the records it applied to, that with the largest measured / predicted (inequality), or the largest
        difference of both sides (otherwise).
    typical : float
        Median of measured / predicted of an inequality, NaN if it never says anything.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        first = rows[0]
        self.statement, self.kind = str(first["statement"]), str(first["kind"])
        self.title, self.source = str(first["title"]), str(first["source"])
        self.counts = {v: sum(r["verdict"] == v for r in rows) for v in VERDICTS}
        found = [v for v in ("violated", "error", "holds", "consistent") if self.counts[v]]
        self.verdict = found[0] if found else "not applicable"
        used = [r for r in rows if r["verdict"] not in ("not applicable", "error")]
        ratios = [r["ratio"] for r in used if math.isfinite(r["ratio"])]
        self.typical = statistics.median(ratios) if ratios and self.kind == "inequality" else math.nan
        self.tightest = max(used, key=self._size) if used else None

    def _size(self, row: Row) -> float:
        """By which the tightest is found; differences that are rounding do not count."""
        if row["verdict"] == "violated":
            return math.inf
        size = row["ratio"] if self.kind == "inequality" else abs(row["measured"] - row["predicted"])
        return round(size, 9) if math.isfinite(size) else -math.inf

    @property
    def text(self) -> str:
        """One line: verdict, name, counts, and the tightest record with its margins."""
        counts = ", ".join(f"{n} {v}" for v, n in self.counts.items() if n)
        head = f"{self.verdict:<15} {self.statement} ({self.kind}): {counts}"
        if self.tightest is None:
            return head
        row = self.tightest
        low, high = _short(row["low"]), _short(row["high"])
        sides = f"measured {_short(row['measured'])}{f' [{low}, {high}]' if low != high else ''}"
        sides += f" {'<=' if self.kind == 'inequality' else '='} predicted {_short(row['predicted'])}"
        margins = row["margins"] or "no assumptions"
        return f"{head} | tightest on {row['law']}: {sides}; {margins}"

    @property
    def comparison(self) -> str:
        """What the tightest record shows: share of the bound, or both sides."""
        if self.tightest is None:
            return "-"
        row = self.tightest
        if self.kind == "inequality":
            said = f"{_short(row['ratio'])} (median {_short(self.typical)})"
            return said if math.isfinite(row["ratio"]) else "0 <= 0"
        gap = abs(row["measured"] - row["predicted"])
        if self.kind == "identity" and gap <= 1e-9 * max(1.0, abs(row["predicted"])):
            return "exact"
        half = row["high"] - row["measured"]
        return f"{_short(row['measured'])} ± {half:.2g} against {_short(row['predicted'])}"


def lines(rows: Sequence[Row], versions: bool = True) -> list[Line]:
    """One line for each statement, in their order; without `versions` one for all settings of a class together."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        name = str(row["statement"])
        groups.setdefault(name if versions else name.partition("(")[0], []).append(row)
    return [Line(group) for group in groups.values()]


def records_to_csv(rows: Sequence[Row]) -> dict[str, bytes]:
    """Write every record, ledger.csv, and what each statement and each law is, statements.csv and laws.csv.

    Numbers have six significant digits, and what is not defined is empty.
    """
    kinds = {name: {row[columns[0]]: row for row in rows}.values() for name, columns in BESIDE.items()}
    return {"ledger.csv": _csv(COLUMNS, rows)} | {name: _csv(BESIDE[name], found) for name, found in kinds.items()}


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode()


HEADS = ("statement", "what it is", "from", "kind", "holds", "not applicable", "violated", "tightest")

VERSIONS = ("version", "what it says", *HEADS[3:])


def _cells(line: Line) -> tuple[str, ...]:
    """Kind, counts, and the tightest record."""
    held = f"{line.counts['holds'] + line.counts['consistent']}{' consistent' if line.counts['consistent'] else ''}"
    where = f", {line.tightest['law']}" if line.tightest and line.comparison not in ("exact", "0 <= 0") else ""
    errors = f", error {line.counts['error']}" if line.counts["error"] else ""
    violated = f"{line.counts['violated']}{errors}"
    return line.kind, held, str(line.counts["not applicable"]), violated, line.comparison + where


def short_table(rows: Sequence[Row]) -> str:
    """Markdown table with a line for each class of statements, all its versions together."""
    body = (
        (f"`{line.statement.partition('(')[0]}`", line.title, _origin(line.source), *_cells(line))
        for line in lines(rows, versions=False)
    )
    return _markdown(HEADS, body)


def _origin(source: str) -> str:
    """First author, two authors, or this project."""
    first, *others = source.split(",")
    return f"{first} et al." if others and " and " not in first else first


def _markdown(heads: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    cells = [[cell.replace("|", r"\|") for cell in row] for row in (heads, *body)]
    rule = f"|{'---|' * len(heads)}"
    head, *rest = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([head, rule, *rest])


def to_markdown(rows: Sequence[Row], laws: Mapping[str, str], footer: str) -> bytes:
    """Write a line for each class, one for each version with its formula, and what each law is, in words."""
    claims = {row["statement"]: str(row["claim"]) for row in rows}
    body = ((f"`{line.statement}`", claims[line.statement], *_cells(line)) for line in lines(rows))
    key = [f"- `{name}`: {words}" for name, words in laws.items()]
    said = (
        "Numbers of laws (or of laws and sample sizes) on which a statement holds, or where it is simulated is "
        "consistent, does not apply, or is violated (or could not be computed: error). Tightest: of an inequality the "
        "largest measured / predicted, and "
        "the median; of an identity or a rate both sides where they differ most, with an interval of four standard "
        "errors, or 'exact' where they never differ by more than rounding."
    )
    parts = (
        short_table(rows),
        said,
        family_said(rows),
        "Each version:",
        _markdown(VERSIONS, body),
        "Laws:",
        "\n".join(key),
    )
    return ("\n\n".join(filter(None, [*parts, f"<sub>{footer}</sub>"])) + "\n").encode()


def to_latex(rows: Sequence[Row], footer: str) -> bytes:
    r"""Write the line of each class as a float of a plain article's width; it needs ``\usepackage{booktabs}`` only."""
    heads = (HEADS[0], "holds", "n.a.", "violated", "tightest")
    table = list(zip(*((line.title, *_cells(line)[1:]) for line in lines(rows, versions=False)), strict=True))
    columns = [Column(head, cells, side=i == 0) for i, (head, cells) in enumerate(zip(heads, table, strict=True))]
    caption = (
        "The ledger: statements, the number of laws on which each holds (a simulated one: is consistent), does not "
        "apply (n.a.) or is violated, and the largest share of a bound that is used (with the median), or both sides "
        "where they differ most."
    )
    return "\n".join([comment(footer), *floats(columns, escape(caption), "ledger")]).encode()


def _short(value: float) -> str:
    return f"{value:.3g}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value + 0.0:.6g}"
    return "" if value is None else str(value)
