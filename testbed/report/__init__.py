"""From rows.csv to what people read: summary, paired contrasts, figures and tables.

Nothing here simulates, and nothing of the rest of the project is imported: a report is a function of rows.csv, the
declared figures and tables, and the name, seed and row schema of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.columns import METHOD, PLACE
from testbed.files import write_atomically
from testbed.report.crossings import Crossing, crossings, crossings_to_latex, crossings_to_markdown
from testbed.report.declared import DECLARED, texts
from testbed.report.default import default_figure
from testbed.report.exponents import exponents_to_latex, exponents_to_markdown
from testbed.report.figures import Curve, Figure, HeatMap, Panel, Stack, draw
from testbed.report.files import (
    ReportError,
    fingerprint,
    parse_contrasts,
    parse_summary,
    read_rows,
    read_summary,
    to_csv,
)
from testbed.report.latex import to_latex
from testbed.report.multipliers import PARTS, Multiplier, multipliers, multipliers_to_latex, multipliers_to_markdown
from testbed.report.named import Named
from testbed.report.pieces import Pieces
from testbed.report.record import fits, made_of, publish, sha_of
from testbed.report.remarks import remarks
from testbed.report.slopes import Slope, slopes
from testbed.report.summary import contrasts, summarize
from testbed.report.tables import Table, default_table, table, to_markdown
from testbed.report.verdict_tables import verdicts_to_latex, verdicts_to_markdown
from testbed.report.verdicts import PREDICTORS, Verdict, verdicts

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DECLARED",
    "PREDICTORS",
    "Crossing",
    "Curve",
    "Figure",
    "HeatMap",
    "Multiplier",
    "Named",
    "Panel",
    "ReportError",
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


def declared(
    figures: object,
    tables: object,
    columns: Collection[str] | None,
    exponents: object = None,
    judged: object = None,
    crossovers: object = None,
    efficiency: object = None,
) -> None:
    """Refuse what a script declares and no report could draw, before it is run.

    Parameters
    ----------
    figures, tables, exponents, judged, crossovers, efficiency
        Lists of `Figure`, `Table`, `Slope`, `Verdict`, `Crossing` and `Multiplier`, declared as FIGURES, TABLES,
        SLOPES, VERDICTS, CROSSINGS and MULTIPLIERS; or None.
    columns
        Columns that rows.csv will have; None, if that is not known.

    Raises
    ------
    ReportError
        If one of them is not a list of its kind, or names a column that the experiment does not have.
    """
    kinds: tuple[tuple[str, object, Any], ...] = (
        ("FIGURES", figures, Figure),
        ("TABLES", tables, Table),
        ("SLOPES", exponents, Slope),
        ("VERDICTS", judged, Verdict),
        ("CROSSINGS", crossovers, Crossing),
        ("MULTIPLIERS", efficiency, Multiplier),
    )
    for name, values, kind in kinds:
        if values is None:
            continue
        if not isinstance(values, list | tuple) or not all(isinstance(v, kind) for v in values):
            raise ReportError(f"{name} = {values!r}: a list of testbed.report.{kind.__name__} is needed")
        for value in values:
            if columns is not None and (lacking := sorted(set(value.columns_read()) - set(columns))):
                known = ", ".join(sorted(columns))
                raise ReportError(f"{name}: there is no column {', '.join(lacking)}; the experiment has {known}")


def write(
    folder: Path,
    figures: Sequence[Figure] | None = None,
    tables: Sequence[Table] | None = None,
    *,
    name: str,
    seed: int,
    schema: str | int,
    stopping: Mapping[str, Any] | None = None,
    exponents: Sequence[Slope] | None = None,
    judged: Sequence[Verdict] | None = None,
    crossovers: Sequence[Crossing] | None = None,
    efficiency: Sequence[Multiplier] | None = None,
    put: Callable[[Path, bytes], Path] = write_atomically,
    remove: Callable[[Path], None] = lambda path: path.unlink(missing_ok=True),
) -> list[Path]:
    """Report a results folder: read its rows.csv, write everything else beside it.

    Written are ``summary.csv`` (see `summarize`), ``contrasts.csv`` (see `contrasts`), ``table.md`` and ``table.tex``
    (all tables, one after the other; table.md ends with what must be said of means of selected parts, and of those that
    hang on few repetitions), each figure as pdf, svg and png, and where the experiment declares exponents
    ``slopes.csv`` (see `slopes`) with ``slopes.md`` and ``slopes.tex``, and likewise verdicts (``verdict``, see
    `verdicts`), crossings (``crossings``, see `crossings`) and label multipliers (``multipliers``, see `multipliers`).
    Figures, tables and crossings are drawn from the numbers
    of summary.csv and contrasts.csv as they stand there, and name the experiment, its seed, its row schema and the
    SHA-256 of summary.csv;
    so they are the same bytes whenever they are drawn. Each file appears whole or not at all, and none before all of
    them could be made; ``report.json``, the last, says what they were made of (see `made_of`), and what an earlier
    report had besides is removed. Without figures or tables, `default_figure` and `default_table` choose.

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
    exponents : sequence of Slope, optional
        What the experiment declares as SLOPES.
    judged : sequence of Verdict, optional
        What the experiment declares as VERDICTS.
    crossovers : sequence of Crossing, optional
        What the experiment declares as CROSSINGS.
    efficiency : sequence of Multiplier, optional
        What the experiment declares as MULTIPLIERS.
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
    from testbed.report.drawing import render

    folder = Path(folder)
    settings = {"name": name, "seed": seed, "schema": schema, "stopping": stopping}
    lists = (figures, tables, exponents, judged, crossovers, efficiency)
    made = made_of(sha_of(folder / "rows.csv"), texts(dict(zip(DECLARED, lists, strict=True))), settings)
    pieces = Pieces(folder)
    content, rows = _numbers(pieces, stopping, _columns_read(exponents, judged, efficiency))
    fitted = slopes(rows, exponents, stopping) if exponents else None
    judgement = verdicts(rows, judged, stopping) if judged else None
    saved = multipliers(rows, efficiency, stopping) if efficiency else None
    del rows
    sha = fingerprint(content["summary.csv"])
    footer = f"{name}, seed {seed}, row schema {schema}, summary.csv SHA-256 {sha}"
    summary = parse_summary(content["summary.csv"], folder / "summary.csv")
    if fitted is not None:
        content["slopes.csv"] = to_csv(fitted)
        content["slopes.md"] = exponents_to_markdown(fitted, footer).encode()
        content["slopes.tex"] = exponents_to_latex(fitted, footer).encode()
    if judgement is not None:
        content["verdict.csv"] = to_csv(judgement)
        content["verdict.md"] = verdicts_to_markdown(judgement, footer).encode()
        content["verdict.tex"] = verdicts_to_latex(judgement, footer).encode()
    if saved is not None:
        content["multipliers.csv"] = to_csv(saved)
        content["multipliers.md"] = multipliers_to_markdown(saved, footer).encode()
        content["multipliers.tex"] = multipliers_to_latex(saved, footer).encode()
    gaps = parse_contrasts(content["contrasts.csv"], folder / "contrasts.csv")
    if crossovers:
        found = crossings(summary, gaps, crossovers)
        content["crossings.csv"] = to_csv(found)
        content["crossings.md"] = crossings_to_markdown(found, footer).encode()
        content["crossings.tex"] = crossings_to_latex(found, footer).encode()
    tables = [default_table(summary)] if tables is None else tables
    mind = [f"**Mind.** {' '.join(said)}\n"] if (said := remarks(summary)) else []
    content["table.md"] = "\n".join([*(to_markdown(spec, summary, footer) for spec in tables), *mind]).encode()
    content["table.tex"] = "\n".join(to_latex(spec, summary, footer) for spec in tables).encode()
    for figure in [default_figure(summary)] if figures is None else figures:
        for kind, drawn in render(figure, summary, footer, gaps).items():
            if content.setdefault(f"{figure.name}.{kind}", drawn) is not drawn:
                raise ReportError(f"two figures have the name {figure.name}")
    return publish(folder, content, made, put, remove)


def _columns_read(*specs: Sequence[Slope | Verdict | Multiplier] | None) -> set[str]:
    """Columns of rows.csv that are read for more than summary and contrasts; none where nothing else is declared."""
    read = {column for listed in specs for spec in listed or () for column in spec.columns_read()}
    return read | {"key", "rep", "status", *PLACE, *METHOD, *PARTS, "excess_risk"} if read else read


def _numbers(
    pieces: Pieces, stopping: Mapping[str, Any] | None, read: set[str]
) -> tuple[dict[str, bytes], pd.DataFrame]:
    """summary.csv and contrasts.csv, made piece by piece, and the columns that are `read` of all rows."""
    means, gaps, kept = [], [], []
    for rows in pieces:
        means.append(summarize(rows, stopping))
        gaps.append(contrasts(rows, stopping, pieces.methods))
        kept.append(rows[[c for c in rows if c in read or (read and str(c).startswith("generator."))]])
    content = {"summary.csv": to_csv(pieces.by_key(means)), "contrasts.csv": to_csv(pieces.by_place(gaps))}
    return content, pieces.by_row(kept)
