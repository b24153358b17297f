r"""Tables in LaTeX: booktabs and nothing else, no wider than a column or a page of an article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from testbed.report.best import best_of, left_out
from testbed.report.cells import symbol
from testbed.report.escaped import comment, escape, label_of
from testbed.report.tables import Table, cell_texts, grid_of, note, sentence
from testbed.report.typeset import COLUMN, PAGE, Cast, Column, cast

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LINES", "floats", "long_tables", "short_tables", "to_latex"]

LINES = 30  # lines of a table, and of all tables that a script does not choose from
TALL = 46  # lines of letters on a page
BOLD = "Bold: the lowest mean of a {}, and those whose paired difference from it has a 95% interval that holds 0."


def to_latex(
    spec: Table, summary: pd.DataFrame, footer: str, contrasts: pd.DataFrame | None = None, name: str = ""
) -> str:
    r"""Write a table as LaTeX floats that need ``\usepackage{booktabs}`` and no other package.

    Numbers are aligned at the decimal point, and the digits in brackets are their standard errors. The best methods of
    a line are bold, by the paired `contrasts`. The footer is a comment on the first line; the caption says what the
    numbers are; the label is ``tab:<name>-<name of the table>``. A table is as wide as a column or a page of an article
    with two; what is wider or longer is cut into parts, each with its own caption and label.
    """
    return "\n".join([comment(footer), *_floats_of(spec, summary, contrasts, name)])


def short_tables(
    tables: Sequence[Table], summary: pd.DataFrame, contrasts: pd.DataFrame | None, footer: str, name: str
) -> tuple[str, bool]:
    """Write what tables say: those and the lines that their `message` chooses, or the first `LINES` lines.

    Returns
    -------
    str, bool
        The LaTeX, and whether lines of some table are left out of it.
    """
    chosen = any(spec.message is not True for spec in tables)
    text, left, cut = [comment(footer)], LINES, False
    for spec in tables:
        if spec.message is False or (not chosen and left <= 0):
            cut = True
            continue
        shown = spec.shown()
        cut |= shown is not spec
        lines = len(grid_of(shown, summary).lines)
        most = None if chosen or lines <= left else left
        cut |= most is not None
        text += _floats_of(shown, summary, contrasts, name, most)
        left -= lines
    return "\n".join(text), cut


def long_tables(
    tables: Sequence[Table], summary: pd.DataFrame, contrasts: pd.DataFrame | None, footer: str, name: str
) -> str:
    r"""Write all lines of all tables, for an appendix with one column; ``\usepackage{booktabs,longtable}``."""
    text = [comment(footer)]
    for spec in tables:
        caption, columns = _columns(spec, summary, contrasts)
        casts = cast(columns, (PAGE,))
        for i, one in enumerate(casts):
            part = f" Part {i + 1} of {len(casts)}." if len(casts) > 1 else ""
            text.append(_longtable(one, caption + part, label_of(name, spec.name, "long", str(i + 1) if i else "")))
    return "\n".join(text)


def floats(columns: Sequence[Column], caption: str, label: str, number: int = 1) -> list[str]:
    """Write columns as floats that fit, cut where they are wider or longer than a page.

    Parameters
    ----------
    caption : str
        As LaTeX.
    label : str
        Without ``tab:``; a further float has its number behind it.
    number : int
        Of the first float, where earlier ones have the same label.
    """
    parts = [part for one in cast(columns) for part in _pages(one)]
    said = [f" Part {i + 1} of {len(parts)}." if len(parts) > 1 else "" for i in range(len(parts))]
    labels = [label + (f"-{number + i}" if number + i > 1 else "") for i in range(len(parts))]
    return [_float(part, caption + more, name) for part, more, name in zip(parts, said, labels, strict=True)]


def _floats_of(
    spec: Table, summary: pd.DataFrame, contrasts: pd.DataFrame | None, name: str, most: int | None = None
) -> list[str]:
    caption, columns = _columns(spec, summary, contrasts)
    if most is not None:
        caption += f" The first {most} of {len(columns[0].cells)} lines."
        columns = [Column(c.heading, c.cells[:most], frozenset(i for i in c.bold if i < most), c.side) for c in columns]
    return floats(columns, caption, label_of(name, spec.name))


def _columns(spec: Table, summary: pd.DataFrame, contrasts: pd.DataFrame | None) -> tuple[str, list[Column]]:
    """Caption and columns of a table: dials at the side, methods."""
    grid = grid_of(spec, summary)
    along: Literal["line", "column"] = "line"
    bold = best_of(grid, spec.value, contrasts)
    if not bold:
        bold, along = best_of(grid, spec.value, contrasts, "column"), "column"
    texts = cell_texts(grid, spec.value, latex=True)
    sides = [Column(symbol(str(c)), tuple(grid.lines[c]), side=True) for c in grid.lines]
    methods = [
        Column(name, tuple(texts[:, j]), frozenset(i for i, at in bold if at == j)) for j, name in enumerate(grid.names)
    ]
    said = [sentence(spec.caption), note(spec, summary, latex=True)]
    if bold:
        said += [BOLD.format(along), left_out(grid, along)]
    return escape(" ".join(filter(None, said))), [*sides, *methods]


def _pages(one: Cast) -> Iterator[Cast]:
    """Parts of a table that are no longer than a page."""
    start = high = 0
    for line, tall in enumerate(one.tall()):
        if line > start and (line - start >= LINES + LINES // 3 or high + tall > TALL):
            yield one.part(start, line)
            start, high = line, 0
        high += tall
    yield one.part(start, len(one))


def _float(one: Cast, caption: str, label: str) -> str:
    kind = "table" if one.room == COLUMN else "table*"
    text = [
        rf"\begin{{{kind}}}[tbp]", r"\centering", rf"\{one.size}", rf"\setlength{{\tabcolsep}}{{{one.gap:g}pt}}",
        r"\setlength{\belowcaptionskip}{4pt}", rf"\caption{{{caption}}}", rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{{one.form}}}", r"\toprule", one.head(), r"\midrule", *one.lines(), r"\bottomrule",
        r"\end{tabular}", rf"\end{{{kind}}}", "",
    ]  # fmt: skip
    return "\n".join(text)


def _longtable(one: Cast, caption: str, label: str) -> str:
    text = [
        rf"{{\{one.size}\setlength{{\tabcolsep}}{{{one.gap:g}pt}}", rf"\begin{{longtable}}{{{one.form}}}",
        rf"\caption{{{caption}}}\label{{tab:{label}}}\\", r"\toprule", one.head(), r"\midrule", r"\endfirsthead",
        r"\toprule", one.head(), r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot",
        *one.lines(), r"\end{longtable}}", "",
    ]  # fmt: skip
    return "\n".join(text)
