"""A results folder, or one of its files, as a frame: dials as values, units and words beside the columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from testbed.arguments import shown
from testbed.columns import COLUMNS, ENDS
from testbed.files import read_bytes
from testbed.report.cells import words
from testbed.report.files import ReportError, header_of, parse_contrasts, parse_rows, parse_summary, present
from testbed.report.summary import contrasts, summarize

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["contrasts_of", "load", "summary_of"]

FILES = ("summary", "rows", "contrasts")


def load(source: str | Path, what: str = "summary") -> pd.DataFrame:
    """Read a results folder: a line for each cell, each row or each pair of methods.

    Parameters
    ----------
    source : path
        Results folder; or one CSV file of it, which says by its columns what it holds.
    what : {'summary', 'rows', 'contrasts'}
        Which file of a folder. In summary.csv each measured column has its mean, and ``_mcse``, ``_low`` and ``_high``,
        its Monte Carlo standard error and the ends of its 95% interval.

    Returns
    -------
    DataFrame
        Dials, ``generator.<dial>``, are numbers where all their values are. ``attrs["units"]`` has the units of columns
        that have one, ``attrs["labels"]`` each column in words with its symbol, ``attrs["source"]`` the file.

    Raises
    ------
    ReportError
        If there is no such file, or it is not one that a report writes.

    Examples
    --------
    >>> import testbed
    >>> frame = testbed.load("results/lee2021_figure1")  # doctest: +SKIP
    >>> frame.attrs["units"]["excess_risk"]  # doctest: +SKIP
    'unit of y, squared'
    """
    if not isinstance(source, str | Path):
        raise ReportError(f"source = {shown(source)}: the path of a results folder or of a CSV file of one is needed")
    if what not in FILES:
        raise ReportError(f"what = {shown(what)}: {', '.join(FILES)} are allowed")
    path = Path(source)
    if path.is_dir() and not (path / f"{what}.csv").exists() and (path / "table.csv").exists():
        raise ReportError(
            f"{path} holds a study, whose numbers are its own: pandas.read_csv({str(path / 'table.csv')!r})"
        )
    path = present(path / f"{what}.csv" if path.is_dir() else path)
    columns = header_of(path)
    if "rep" in columns:
        frame = parse_rows(path, path, columns, None)
    elif "difference" in columns:
        frame = parse_contrasts(read_bytes(path), path)
    else:
        frame = parse_summary(read_bytes(path), path)
    units = {str(column): unit for column in frame if (unit := _unit(str(column)))}
    frame.attrs |= {"units": units, "labels": {str(c): words(str(c)) for c in frame}, "source": str(path)}
    return frame


def summary_of(data: object) -> pd.DataFrame:
    """Means with the intervals that are given, of rows, of a summary, or of the folder or file that holds one.

    Raises
    ------
    ReportError
        If it is none of them.
    """
    import pandas as pd

    frame = load(data) if isinstance(data, str | Path) else data
    if not isinstance(frame, pd.DataFrame):
        raise ReportError(f"data = {shown(data)}: the frame of testbed.run, a results folder or a CSV path is needed")
    if "rep" in frame:
        return summarize(frame.reset_index(drop=True))
    if "excess_risk_mcse" not in frame:
        raise ReportError("data holds neither rows (a column rep) nor means of cells (a column excess_risk_mcse)")
    return frame.reset_index(drop=True)


def contrasts_of(data: object) -> pd.DataFrame:
    """Paired differences of rows, or those that stand beside a summary in its folder.

    Raises
    ------
    ReportError
        If they are not known: a summary alone does not have them.
    """
    import pandas as pd

    if isinstance(data, str | Path):
        path = Path(data)
        return load(path, "contrasts") if path.is_dir() else _beside(load(path))
    if isinstance(data, pd.DataFrame) and "rep" in data:
        return contrasts(data.reset_index(drop=True))
    if isinstance(data, pd.DataFrame) and "source" in data.attrs:
        return _beside(data)
    raise ReportError(
        "two methods are compared by rows or by a results folder: a summary alone has no paired differences"
    )


def _beside(frame: pd.DataFrame) -> pd.DataFrame:
    if "rep" in frame:
        return contrasts(frame)
    return load(Path(frame.attrs["source"]).parent, "contrasts")


def _unit(column: str) -> str:
    """Unit of a column, and of its mean, error and interval."""
    for end in ENDS:
        column = column.removesuffix(end)
    name = column.rpartition(".")[2]
    return COLUMNS[name].unit if name in COLUMNS else ""
