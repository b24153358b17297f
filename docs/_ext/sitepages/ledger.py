"""The ledger: a page for each class of statements, a section for each version, from docstrings and records."""

from __future__ import annotations

import csv
import re
from itertools import groupby
from pathlib import Path
from typing import Any

from sitepages.docstrings import WIDE, cell, code, linked, markdown, parts
from testbed import theory
from testbed.report.ledger import Line, short_table

NUMBERS = ("predicted", "measured", "error", "low", "high", "ratio")


def records(root: Path) -> list[dict[str, Any]]:
    """Every committed record, with what its statement and its law are."""
    folder = root / "results" / "ledger"
    rows, about, laws = (
        list(csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines()))
        for name in ("ledger.csv", "statements.csv", "laws.csv")
    )
    of, law = {a["statement"]: a for a in about}, {x["law"]: x for x in laws}
    numbered = [{**row, **{n: float(row[n] or "nan") for n in NUMBERS}} for row in rows]
    return [{**row, **of[row["statement"]], **law[row["law"]]} for row in numbered]


def known_labels(root: Path) -> set[str]:
    """Labels that the theory sheet defines."""
    return set(re.findall(r'<a id="(\w+)"></a>', (root / "docs" / "theory.md").read_text(encoding="utf-8")))


def _version(rows: list[dict[str, Any]]) -> list[str]:
    line = Line(rows)
    counts = ", ".join(f"{n} {verdict}" for verdict, n in line.counts.items() if n)
    text = [f"## `{line.statement}`", "", f"Claim: {code(rows[0]['claim'])}", "", f"Records: {counts}.", ""]
    if line.tightest is not None:
        row = line.tightest
        share = "measured / predicted is " if "(median" in line.comparison else ""
        text += [f"Tightest on `{row['law']}`: {share}{markdown(line.comparison)}.", ""]
    applied = [row for row in rows if row["verdict"] not in ("not applicable", "error")]
    broken = [row for row in rows if row["verdict"] == "not applicable"]
    for title, chosen in (("Laws that satisfy it", applied), ("Laws that break it, or where it says nothing", broken)):
        if chosen:
            text += [f"### {title}", ""]
            text += ["| law | n1, n2 | measured | predicted | margins, remark |", "|:--|:--|:--|:--|:--|"]
            text += [_row(row) for row in chosen]
            text += [""]
    return text


def _row(row: dict[str, Any]) -> str:
    sizes = ", ".join(filter(None, (row["n_unlabeled"], row["n_labeled"]))) or "-"
    said = "; ".join(filter(None, (row["margins"], row["remark"])))
    return f"| `{row['law']}` | {sizes} | {row['measured']:.4g} | {row['predicted']:.4g} | {cell(said) or '-'} |"


def _page(name: str, rows: list[dict[str, Any]], labels: set[str]) -> str:
    thing = getattr(theory, name)
    summary, rest = parts(thing)
    text = [f"# {name}", "", f"**{markdown(rows[0]['title'])}** ({rows[0]['kind']}). {markdown(summary)}", ""]
    text += [linked(markdown(rest), labels, "../../theory.md"), ""]
    text += [f"Source: {linked(markdown(rows[0]['source']), labels, '../../theory.md')}.", ""]
    text += ["**What it assumes.** " + markdown(parts(thing.assumptions)[0]), ""]
    text += [f"Class: {{py:obj}}`testbed.theory.{name}`. Symbols: [glossary](../../glossary.md#symbols).", ""]
    for _, version in groupby(rows, key=lambda row: row["statement"]):
        text += _version(list(version))
    return "\n".join(text)


def pages(root: Path) -> dict[str, str]:
    """The index with the short table, a page for each class of statements, and the laws."""
    rows, labels = records(root), known_labels(root)
    by_class: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_class.setdefault(row["statement"].partition("(")[0], []).append(row)
    short = short_table(rows)
    for name in by_class:
        short = short.replace(f"| `{name}` |", f"| [`{name}`]({name}.md) |")
    laws = {row["law"]: row["law_text"] for row in rows}
    count = len({row["statement"] for row in rows})
    text = [WIDE, "# The ledger of the theory", "", f"{count} statements on {len(laws)} laws, {len(rows)} records."]
    text += ["Each statement says what it assumes, with the margin by which a law has it, and what it predicts: an",
             "identity, an inequality without hidden constants, or a rate. What differs from the printed paper:",
             "[the corrections](../../corrections.md).", "", linked(short, labels, "../../theory.md"), "",
             "Tightest: the largest measured / predicted of an inequality (and the median), or both sides where they",
             "differ most.", "", "## The laws", "", "| law | what it is |", "|:--|:--|"]  # fmt: skip
    text += [f"| `{name}` | {code(what)} |" for name, what in laws.items()]
    text += ["", "```{toctree}", ":hidden:", "", *by_class, "```", ""]
    return {"ledger/index.md": "\n".join(text)} | {
        f"ledger/{name}.md": _page(name, found, labels) for name, found in by_class.items()
    }
