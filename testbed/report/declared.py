"""What a script declares to be reported, as texts that hold no code: a folder keeps them, and a report reads them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import numpy as np

from testbed.arguments import placeless, shown
from testbed.keys import Dial, canonical
from testbed.report.analyses import ANALYSES
from testbed.report.figures import Figure
from testbed.report.files import ReportError
from testbed.report.tables import Table

__all__ = ["DECLARED", "declared", "figures_text", "texts"]

KINDS: dict[str, type] = {"FIGURES": Figure, "TABLES": Table}
KINDS |= {name: analysis.kind for name, analysis in ANALYSES.items()}
DECLARED = tuple(KINDS)


def declared(lists: Mapping[str, object], columns: Collection[str] | None) -> None:
    """Refuse what a script declares and no report could draw, before it is run.

    Parameters
    ----------
    lists : mapping
        Name -> list: FIGURES, TABLES and those of analyses, such as SLOPES; what is None is not declared.
    columns
        Columns that rows.csv will have; None, if that is not known.

    Raises
    ------
    ReportError
        If one of them is not a list of its kind, or names a column that the experiment does not have.

    Examples
    --------
    >>> from testbed.report import Table, declared
    >>> declared({"TABLES": [Table("a", columns=["pretext"])]}, {"excess_risk", "pretext"})
    >>> declared({"TABLES": [Table("a", value="risk", columns=["pretext"])]}, {"excess_risk", "pretext"})
    Traceback (most recent call last):
    ...
    testbed.report.files.ReportError: TABLES: there is no column risk; the experiment has excess_risk, pretext
    """
    for name, values in lists.items():
        if values is None:
            continue
        kind = KINDS[name]
        if not isinstance(values, list | tuple) or not all(isinstance(value, kind) for value in values):
            raise ReportError(f"{name} = {shown(values)}: a list of testbed.report.{kind.__name__} is needed")
        for value in values:
            if columns is not None and (lacking := sorted(set(value.columns_read()) - set(columns))):
                known = ", ".join(sorted(columns))
                raise ReportError(f"{name}: there is no column {', '.join(lacking)}; the experiment has {known}")


def texts(declared: Mapping[str, object]) -> dict[str, str]:
    """Write each list that a script declares as its canonical text; what is None is left out.

    An object is its class and its fields by name, defaults omitted; mappings keep their order. A learner or law, which
    `where` may hold, is written as the text that cells have of it. Nothing can hold a function.

    Raises
    ------
    ReportError
        If something has no such text, named in the message.

    Examples
    --------
    >>> from testbed.report import Slope, texts
    >>> texts({"SLOPES": [Slope("a", {"pretext": "Raw()"}, "generator.k")], "TABLES": None})
    {'SLOPES': "[Slope(label='a', where={'pretext': 'Raw()'}, x='generator.k')]"}
    """
    return {name: _text(values, name) for name, values in declared.items() if values is not None}


def figures_text(figures: Sequence[Figure]) -> str:
    """The list FIGURES as canonical text, a line for each figure: figures.txt, of which `testbed explore` is made.

    Examples
    --------
    >>> from testbed.report import Curve, Figure, Panel, figures_text
    >>> print(figures_text([Figure([Panel("a", "n_labeled", [Curve("b")])], "A caption.")]), end="")
    [
    Figure(panels=[Panel(title='a', x='n_labeled', curves=[Curve(label='b')])], caption='A caption.'),
    ]

    """
    return "".join(["[\n", *(f"{_text(figure, 'FIGURES')},\n" for figure in figures), "]\n"])


def _text(value: Any, where: str) -> str:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Dial):
        return repr(canonical(value))
    if is_dataclass(value) and type(value).__module__.startswith("testbed.report."):
        given = ((field.name, getattr(value, field.name), _default(field)) for field in fields(value) if field.init)
        inside = [(name, _text(inner, f"{where}: {name}"), default) for name, inner, default in given]
        said = (f"{name}={text}" for name, text, default in inside if default is MISSING or text != _text(default, ""))
        return f"{type(value).__name__}({', '.join(said)})"
    if value is None or isinstance(value, bool | int | str):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, list | tuple | range):
        return f"[{', '.join(_text(inner, where) for inner in value)}]"
    if isinstance(value, set | frozenset):
        return f"[{', '.join(sorted(_text(inner, where) for inner in value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(k, where)}: {_text(v, where)}' for k, v in value.items())}}}"
    raise ReportError(
        f"{where} = {_cut(value)}: what is reported holds texts, numbers, lists and mappings of them, learners and "
        "laws only; give the text that summary.csv has"
    )


def _default(field: Any) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _cut(value: object) -> str:
    text = placeless(repr(value))
    return text if len(text) < 100 else f"{text[:97]}..."
