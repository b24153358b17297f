r"""Tables in LaTeX: booktabs and nothing else, cut to the page of a plain article."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from testbed.report.cells import break_name, symbol
from testbed.report.tables import Table, note, sentence, table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["blocks", "comment", "escape", "label_of", "laid_out", "to_latex"]

LINES = 40  # lines of a table on one page
ROOM = 345.0  # points across the text of a plain article
DIGIT, GAP = 4.3, 8.0  # points: a character in \footnotesize, the space between columns
WRAP = 16  # characters of a heading's line
SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
SPECIAL |= {"^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "±": r"$\pm$"}
SPECIAL |= {'"': "''", "–": "--", "—": "---", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$", "·": r"$\cdot$"}


def to_latex(spec: Table, summary: pd.DataFrame, footer: str) -> str:
    r"""Write a table as LaTeX floats that need ``\usepackage{booktabs}`` and no other package.

    The footer is a comment on the first line; the caption says what the numbers are; the label is ``tab:<name>``. A
    table that is wider or longer than the page of a plain article is cut into parts, each with its own caption and
    label (``tab:<name>-2`` and so on).
    """
    wide = table(summary, spec.value, spec.rows, spec.columns, where=spec.where, labels=spec.labels, latex=True)
    heads = [column for column in wide.columns if column not in summary.columns]
    sides = [column for column in wide.columns if column in summary.columns]
    parts_of = blocks(wide, sides, heads)
    cuts = range(0, max(len(wide), 1), LINES)
    parts = [(block, wide.iloc[start : start + LINES]) for start in cuts for block in parts_of]
    caption = f"{escape(sentence(spec.caption))} {escape(note(spec, summary))}"
    floats = []
    for i, (block, lines) in enumerate(parts):
        part = f" Part {i + 1} of {len(parts)}." if len(parts) > 1 else ""
        label = f"tab:{spec.name}" + (f"-{i + 1}" if i else "")
        floats.append(_float(lines, sides, block, caption + part, label))
    return "\n".join([comment(footer), *floats])


def comment(footer: str) -> str:
    """Footer of a table as a comment, in ASCII and on one line."""
    return f"% {' '.join(footer.split())}".encode("ascii", "replace").decode()


def label_of(*parts: str) -> str:
    """Join the name of an experiment and what is labelled: letters, digits and hyphens, which every package allows."""
    return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(filter(None, parts))).strip("-")


def laid_out(
    wide: pd.DataFrame,
    align: str,
    *,
    caption: str,
    label: str,
    size: str = "footnotesize",
    gap: int = 4,
    head: Callable[[str], str] | None = None,
    cell: Callable[[str], str] | None = None,
) -> str:
    r"""Write a frame of texts as one float: headings and cells are plain text, and written so that LaTeX prints it.

    Parameters
    ----------
    align : str
        Columns of the tabular, such as "lcc".
    caption : str
        As LaTeX.
    size, gap : str, int
        Size of the letters, and half the points between two columns.
    head, cell : callable, optional
        What writes a heading and a cell instead of `escape`.
    """
    head, cell = head or escape, cell or escape
    lines = [[cell(text) for text in texts] for texts in wide.itertuples(index=False, name=None)]
    top, *body = (" & ".join(texts) + r" \\" for texts in ([head(str(name)) for name in wide.columns], *lines))
    text = [
        r"\begin{table}[htbp]", r"\centering", rf"\{size}", rf"\setlength{{\tabcolsep}}{{{gap}pt}}",
        rf"\caption{{{caption}}}", rf"\label{{{label}}}", rf"\begin{{tabular}}{{{align}}}",
        r"\toprule", top, r"\midrule", *body, r"\bottomrule", r"\end{tabular}", r"\end{table}", "",
    ]  # fmt: skip
    return "\n".join(text)


def escape(text: str) -> str:
    r"""Write a text so that LaTeX prints it; what stands between dollar signs is left as mathematics.

    ``\$`` is a dollar sign. Greek letters become mathematics, accents are taken off, and other characters that LaTeX's
    first font encoding lacks become ``?``.
    """
    pieces = re.findall(r"\\\$|\$(?:[^$\\]|\\.)+\$|.", text, re.DOTALL)
    return "".join(p if len(p) > 1 else _character(p) for p in pieces)


def _character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    name = unicodedata.name(character, "").split()
    if name[:1] == ["GREEK"] and "LETTER" in name and "WITH" not in name:
        letter = name[-1].lower().replace("lamda", "lambda")
        return rf"$\{letter.capitalize() if 'CAPITAL' in name else letter}$"
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else "?"


def blocks(
    wide: pd.DataFrame, sides: Sequence[str], heads: Sequence[str], *, wrap: int = WRAP, gap: float = GAP
) -> list[list[str]]:
    """Split the columns `heads` into runs that fit beside the columns `sides` on one page.

    Headings are broken into lines of `wrap` characters; `gap` is the space between two columns in points.
    """
    room = ROOM - sum(_width([symbol(c)], wide[c], gap) for c in sides)
    runs: list[list[str]] = [[]]
    left = room
    for column in heads:
        width = _width(break_name(column, wrap), wide[column], gap)
        if runs[-1] and width > left:
            runs.append([])
            left = room
        runs[-1].append(column)
        left -= width
    return runs


def _width(heading: Sequence[str], cells: pd.Series, gap: float) -> float:
    """Points that a column takes up, roughly: its longest line without the commands."""
    lines = [line for text in (*heading, *map(str, cells)) for line in text.split("\n")]
    longest = max(len(re.sub(r"\\[a-zA-Z]+ ?|[${}^_]", "", line)) + 2 * line.count("\\") for line in lines)
    return DIGIT * longest + gap


def _float(lines: pd.DataFrame, sides: Sequence[str], heads: Sequence[str], caption: str, label: str) -> str:
    """One float: dials at the side, methods as stacked headings."""
    titles = {c: escape(symbol(c)) for c in sides}
    titles |= {c: r"\shortstack{" + r" \\ ".join(map(escape, break_name(c, WRAP))) + "}" for c in heads}
    align = "r" * len(sides) + "c" * len(heads)
    return laid_out(lines[[*sides, *heads]], align, caption=caption, label=label, head=titles.__getitem__)
