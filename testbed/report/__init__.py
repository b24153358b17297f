"""From rows.csv to what people read: summary, paired contrasts, figures and tables.

Nothing here simulates, and nothing of the rest of the project is imported: a report is a function of rows.csv, the
declared figures and tables, and the name, seed and row schema of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.columns import METHOD, PLACE
from testbed.files import write_atomically
from testbed.report.analyses import ANALYSES
from testbed.report.analyses.crossings import Crossing, crossings
from testbed.report.analyses.multipliers import Multiplier, multipliers
from testbed.report.analyses.slopes import Slope, slopes
from testbed.report.analyses.verdicts import PREDICTORS, Verdict, verdicts
from testbed.report.analysis import Analysis, Numbers, Shown
from testbed.report.declared import DECLARED, declared, figures_text, texts
from testbed.report.drawing import PICTURES, draw, render
from testbed.report.figures import Figure, default_figure, with_numbers
from testbed.report.files import (
    ReportError,
    fingerprint,
    parse_contrasts,
    parse_summary,
    read_rows,
    read_summary,
    to_csv,
)
from testbed.report.latex import long_tables, short_tables, to_latex
from testbed.report.named import Named
from testbed.report.panel import Curve, PanelKind
from testbed.report.panels import PANELS
from testbed.report.panels.heatmaps import HeatMap
from testbed.report.panels.lines import Panel
from testbed.report.panels.stacks import Stack
from testbed.report.pieces import Pieces
from testbed.report.quotes import Quote
from testbed.report.record import fits, made_of, publish, sha_of
from testbed.report.remarks import remarks
from testbed.report.summary import contrasts, summarize
from testbed.report.tables import Table, default_table, table, to_markdown

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ANALYSES",
    "DECLARED",
    "PREDICTORS",
    "Analysis",
    "Crossing",
    "Curve",
    "Figure",
    "HeatMap",
    "Multiplier",
    "Named",
    "Numbers",
    "Panel",
    "PanelKind",
    "Quote",
    "ReportError",
    "Shown",
    "Slope",
    "Stack",
    "Table",
    "Verdict",
    "contrasts",
    "crossings",
    "declared",
    "default_figure",
    "default_table",
    "draw",
    "figures_text",
    "fits",
    "made_of",
    "multipliers",
    "read_rows",
    "read_summary",
    "slopes",
    "summarize",
    "table",
    "texts",
    "to_latex",
    "to_markdown",
    "verdicts",
    "write",
]


for _kind in (*PANELS.values(), *(analysis.kind for analysis in ANALYSES.values())):
    if _kind.__name__ not in __all__:  # a further kind is named nowhere else
        globals()[_kind.__name__] = _kind
        __all__ += [_kind.__name__]


def write(
    folder: Path,
    figures: Sequence[Figure] | None = None,
    tables: Sequence[Table] | None = None,
    *,
    name: str,
    seed: int,
    schema: str | int,
    stopping: Mapping[str, Any] | None = None,
    analyses: Mapping[str, Sequence[Any] | None] | None = None,
    pictures: Sequence[str] = PICTURES,
    put: Callable[[Path, bytes], Path] = write_atomically,
    remove: Callable[[Path], None] = lambda path: path.unlink(missing_ok=True),
) -> list[Path]:
    """Report a results folder: read its rows.csv, write everything else beside it.

    Written are ``summary.csv`` (see `summarize`), ``contrasts.csv`` (see `contrasts`), ``table.md`` (all tables, one
    after the other; it ends with what must be said of means of selected parts, and of those that hang on few
    repetitions), ``table.tex`` (what the tables say to readers of a paper) and, where that is not all of it,
    ``table_long.tex``, the files of each figure (see `Figure`), and for each of the `ANALYSES` that the experiment
    declares its frame as CSV, with its tables as Markdown and LaTeX. Declared figures stand in ``figures.txt`` as
    canonical text with the numbers of their captions in place, which `testbed explore` reads. Figures, tables and
    crossings are drawn from the numbers of summary.csv and contrasts.csv as they stand there, and name the experiment,
    its seed, its row schema and the SHA-256 of summary.csv; so they are the same bytes whenever they are drawn. Each
    file appears whole or not at all, and none before all of them could be made; ``report.json``, the last, says what
    they were made of (see `made_of`), and what an earlier report had besides is removed. Without figures or tables,
    `default_figure` and `default_table` choose.

    Parameters
    ----------
    folder : Path
        Results folder; must hold rows.csv.
    figures, tables : sequences, optional
        What the experiment declares.
    name, seed, schema
        Of the experiment, for the footer.
    stopping : mapping, optional
        How the numbers of repetitions were chosen, where they were chosen from the rows (see `summarize`).
    analyses : mapping, optional
        What the experiment declares for each of `ANALYSES`, by the name of the list: ``{"SLOPES": [Slope(...)]}``.
    pictures : sequence of str, optional
        Which of "pdf", "svg" and "png" a figure is drawn as; after a tiny run the last one alone.
    put, remove : callables, optional
        How a file is written whole, and how one is removed.

    Returns
    -------
    list of Path
        What was written, without report.json.

    Raises
    ------
    ReportError
        If rows.csv cannot be reported (see `read_rows`), or a figure or table does not fit it.
    OSError
        If the folder cannot be written.
    """
    folder = Path(folder)
    settings = {"name": name, "seed": seed, "schema": schema, "stopping": stopping}
    if pictures != PICTURES:
        settings["pictures"] = pictures
    if unknown := sorted({*(analyses or {})} - {*ANALYSES}):
        raise ReportError(f"{', '.join(unknown)} is no analysis; there are {', '.join(sorted(ANALYSES))}")
    asked = {name: specs for name, specs in (analyses or {}).items() if specs is not None}
    made = made_of(sha_of(folder / "rows.csv"), texts({"FIGURES": figures, "TABLES": tables, **asked}), settings)
    pieces = Pieces(folder)
    read = {column for specs in asked.values() for spec in specs for column in spec.columns_read()}
    content, rows = _numbers(pieces, stopping, read)
    sha = fingerprint(content["summary.csv"])
    footer = f"{name}, seed {seed}, row schema {schema}, summary.csv SHA-256 {sha}"
    summary = parse_summary(content["summary.csv"], folder / "summary.csv")
    gaps = parse_contrasts(content["contrasts.csv"], folder / "contrasts.csv")
    numbers = Numbers(rows, summary, gaps, stopping)
    frames = {}
    for listed, specs in asked.items():
        if specs:
            analysis = ANALYSES[listed]
            frames[analysis.name] = analysis.frame(numbers, specs)
            content |= _files(analysis, frames[analysis.name], footer, name)
    del rows, numbers
    tables = [default_table(summary)] if tables is None else tables
    mind = [f"**Mind.** {' '.join(said)}\n"] if (said := remarks(summary)) else []
    content["table.md"] = "\n".join([*(to_markdown(spec, summary, footer) for spec in tables), *mind]).encode()
    short, more = short_tables(tables, summary, gaps, footer, name)
    content["table.tex"] = short.encode()
    if more:
        content["table_long.tex"] = long_tables(tables, summary, gaps, footer, name).encode()
    known = {"summary": summary, "contrasts": gaps, **frames}
    shown = [with_numbers(each, known) for each in ([default_figure(summary)] if figures is None else figures)]
    if figures is not None:
        content["figures.txt"] = figures_text(shown).encode()
    for figure in shown:
        for kind, drawn in render(figure, summary, footer, gaps, name=name, pictures=pictures).items():
            if content.setdefault(f"{figure.name}.{kind}", drawn) is not drawn:
                raise ReportError(f"two figures have the name {figure.name}; each needs a name of its own")
    return publish(folder, content, made, put, remove)


def _files(analysis: Analysis, frame: pd.DataFrame, footer: str, name: str) -> dict[str, bytes]:
    """Write an analysis as CSV, Markdown and LaTeX."""
    words, latex = analysis.to_markdown(frame, footer), analysis.to_latex(frame, footer, name)
    return {
        f"{analysis.name}.csv": to_csv(frame),
        f"{analysis.name}.md": words.encode(),
        f"{analysis.name}.tex": latex.encode(),
    }


def _numbers(
    pieces: Pieces, stopping: Mapping[str, Any] | None, read: set[str]
) -> tuple[dict[str, bytes], pd.DataFrame]:
    """summary.csv and contrasts.csv, made piece by piece, and the columns that analyses `read`, of all rows."""
    read = read | {"key", "rep", "status", *PLACE, *METHOD} if read else read
    means, gaps, kept = [], [], []
    for rows in pieces:
        means.append(summarize(rows, stopping))
        gaps.append(contrasts(rows, stopping, pieces.methods))
        kept.append(rows[[c for c in rows if c in read or (read and str(c).startswith("generator."))]])
    content = {"summary.csv": to_csv(pieces.by_key(means)), "contrasts.csv": to_csv(pieces.by_place(gaps))}
    return content, pieces.by_row(kept)
