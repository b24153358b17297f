"""Names for groups of cells, said once in a script and used by its curves, bars, tables and slopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.arguments import shown
from testbed.report.analyses.slopes import Slope
from testbed.report.cells import text_of
from testbed.report.panel import Curve
from testbed.report.panels.stacks import Stack
from testbed.report.quotes import Quote
from testbed.report.tables import Table

__all__ = ["Named"]

Style = str | Mapping[str, str] | None


@dataclass(frozen=True)
class Named(Mapping[str, Any]):
    """Methods, laws or sample sizes under the names that figures and tables give them.

    It is a mapping, label -> value; ``a | b`` holds the entries of both. Each value selects the cells of a summary that
    have it in the column; a list selects those that have any of its members.

    Parameters
    ----------
    columns : str or tuple of str
        The column that a value stands in, such as "pretext" or "generator"; or several, such as ("pretext", "probe").
    entries : mapping
        Label -> value; with several columns a tuple of values, one for each column. Labels may hold ``$mathematics$``.

    Raises
    ------
    ValueError
        If there is no entry, or the values of an entry are not as many as the columns.

    Examples
    --------
    >>> from testbed.pretexts import Predict, Raw
    >>> from testbed.regressors import OLS
    >>> methods = Named("pretext", {"no task": Raw(), "regression": Predict(OLS())})
    >>> [curve.label for curve in methods.curves()]
    ['no task', 'regression']
    >>> methods.cells(n_labeled=100)["no task"]
    {'pretext': Raw(), 'n_labeled': 100}
    >>> methods.of("pretext")
    [Raw(), Predict(OLS())]
    """

    columns: str | tuple[str, ...]
    entries: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check that every entry has a value for each column."""
        if not self.entries:
            raise ValueError(f"Named({self.columns!r}, ...) needs at least one entry")
        for label, value in self.entries.items():
            if not isinstance(self.columns, str) and not (isinstance(value, tuple) and len(value) == len(self.columns)):
                raise ValueError(
                    f"{label!r} needs a tuple of {len(self.columns)} values, {', '.join(self.columns)}; "
                    f"got {shown(value)}"
                )

    def __getitem__(self, label: str) -> Any:
        """Value of a label."""
        return self.entries[label]

    def __iter__(self) -> Iterator[str]:
        """Labels, in order."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.entries)

    def __or__(self, other: Named) -> Named:
        """Entries of both, which are of the same columns."""
        if self.columns != other.columns:
            raise ValueError(
                f"names of {self.columns!r} and of {other.columns!r} are not joined; both must name the same columns"
            )
        return Named(self.columns, {**self.entries, **other.entries})

    def only(self, *labels: str) -> Named:
        """Keep the entries of some labels, in the order of these labels."""
        return Named(self.columns, {label: self.entries[label] for label in labels})

    @property
    def texts(self) -> dict[str, str]:
        """Text of each value, as rows.csv has it -> label; for the `ticks` of a `Stack` and the `labels` of a `Table`.

        Texts of several columns are joined by " + ".
        """
        return {" + ".join(map(text_of, values)): label for label, values in self._each()}

    def cells(self, **where: object) -> dict[str, dict[str, Any]]:
        """Label -> what selects its cells: column -> value, and what `where` adds."""
        return {label: {**dict(zip(self._columns, values, strict=True)), **where} for label, values in self._each()}

    def of(self, column: str) -> list[Any]:
        """Values of all entries in a column, each once: what an `Experiment` lists there."""
        values: list[Any] = self.all_cells()[column]
        return values

    def all_cells(self, **where: object) -> dict[str, Any]:
        """Select the cells that have the value of any entry in each column, and what `where` adds."""
        listed: dict[str, list[Any]] = {column: [] for column in self._columns}
        for _, values in self._each():
            for column, value in zip(self._columns, values, strict=True):
                each = list(value) if isinstance(value, list | tuple) else [value]
                listed[column] += [one for one in each if one not in listed[column]]
        return {**listed, **where}

    def curves(
        self,
        y: str | None = None,
        *,
        label: str = "{}",
        where: Mapping[str, object] | None = None,
        color: Style = None,
        marker: Style = None,
        line: Style = None,
        of: str | None = None,
    ) -> list[Curve]:
        """Give a `Curve` for each entry: lines of a `Panel`, or bars of a `Stack`.

        Parameters
        ----------
        y : str, optional
            Column drawn, where it is not the panel's.
        label : str
            What they are called, "{}" replaced by the label of each; without it one label for all of them, as
            predictions may have it. By default each has its own.
        where : mapping, optional
            Selects among the cells of each entry.
        color, marker, line : str or mapping, optional
            As in `Curve`, for all of them, or label -> style for some.
        of : str, optional
            Label of the curve that each is a prediction of, "{}" replaced by the label of the entry.
        """
        return [
            Curve(
                label.replace("{}", name),
                cells,
                y,
                _of(color, name),
                _of(marker, name),
                _of(line, name),
                of and of.replace("{}", name),
            )
            for name, cells in self.cells(**(where or {})).items()
        ]

    def stack(
        self,
        title: str,
        bars: Sequence[Curve] = (),
        *,
        where: Mapping[str, object] | None = None,
        xlabel: str | None = None,
        split: bool = False,
    ) -> Stack:
        """Give a `Stack` with a place for each entry, in which `bars` stand side by side; names have one column."""
        (column,) = self._columns
        cells = self.all_cells(**(where or {}))
        return Stack(title, column, bars, cells, ticks=self.texts, xlabel=xlabel, split=split)

    def table(
        self,
        caption: str,
        rows: Sequence[str],
        columns: Sequence[str] | None = None,
        *,
        value: str = "excess_risk",
        where: Mapping[str, object] | None = None,
        name: str = "table",
        message: bool | Mapping[str, object] = True,
        labels: Mapping[str, str] | None = None,
    ) -> Table:
        """Give a `Table` that has a column for each entry and calls it by its label.

        With `columns`, those are the columns, and `rows` hold the entries. `labels` are those of others, such as of
        what stands in the lines.
        """
        shown, texts = self._columns if columns is None else columns, self.texts | dict(labels or {})
        return Table(caption, self.all_cells(**(where or {})), value, rows, shown, texts, name, message)

    def quote(
        self, *labels: str, column: str = "excess_risk", where: Mapping[str, object] | None = None, **how: Any
    ) -> Quote:
        """Give the `Quote` of a number of one entry, of some, or of all if none is named; `how` is that of `Quote`."""
        named = self.only(*labels) if labels else self
        return Quote(column, named.all_cells(**(where or {})), **how)

    def slopes(
        self,
        x: str,
        y: str,
        offset: float = 0.0,
        predicted: float | str | None = None,
        *,
        label: str = "{}",
        where: Mapping[str, object] | None = None,
    ) -> list[Slope]:
        """Give a `Slope` for each entry; "{}" in `label` is replaced by that of the entry."""
        return [
            Slope(label.replace("{}", name), cells, x, y, offset, predicted)
            for name, cells in self.cells(**(where or {})).items()
        ]

    @property
    def _columns(self) -> tuple[str, ...]:
        return (self.columns,) if isinstance(self.columns, str) else self.columns

    def _each(self) -> list[tuple[str, tuple[Any, ...]]]:
        one = isinstance(self.columns, str)
        return [(label, (value,) if one else value) for label, value in self.entries.items()]


def _of(style: Style, label: str) -> str | None:
    return style.get(label) if isinstance(style, Mapping) else style
