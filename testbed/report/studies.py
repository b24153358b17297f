"""A study: a script that computes one table, where an experiment has cells and repetitions.

Such a script declares, in place of EXPERIMENT,

``STUDY``
    A function without arguments that gives a pandas frame: the numbers. Other frames that belong to them, such as what
    only a figure shows, are put into ``frame.attrs`` under a name; other values in ``frame.attrs`` are for the figures
    and notes alone. If it has a parameter ``tiny``, `testbed run --tiny` calls it with ``tiny=True``, and if it has one
    called ``jobs``, it is told the number of processes.
``FIGURES``
    Functions ``draw(page, frame)`` that draw on an empty matplotlib figure, in the look of all figures here, and return
    the caption: what is shown, and what bars and bands are, with numbers that are computed from the frame. The first
    is called "figure", a further one as its function is.
``TABLES``
    Functions ``table(frame)`` that give what table.md shows: a frame and the lines of text below it. Without any, it is
    the frame of the study. Numbers are shown with four digits.

`testbed run SCRIPT` writes the frame as table.csv, each other frame as NAME.csv, table.md, and the files of each figure
(see `testbed.report.Figure`): the same bytes for the same numbers. A study is computed whole each time: it has no
journal and no resume.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from testbed.arguments import shown
from testbed.report.captions import Caption
from testbed.report.drawing import PICTURES, rendered
from testbed.report.files import ReportError, fingerprint
from testbed.report.tables import to_grid

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Page

    Draw = Callable[[Page, pd.DataFrame], str | None]
    Show = Callable[[pd.DataFrame], tuple[pd.DataFrame, Sequence[str]]]

__all__ = ["report_of", "study_declared"]

NAME = re.compile(r"[A-Za-z0-9_-]+")


def study_declared(script: Mapping[str, Any]) -> tuple[Callable[..., pd.DataFrame], list[Draw], list[Show]]:
    """Read STUDY, FIGURES and TABLES among the names of a script.

    Raises
    ------
    ReportError
        If one of them is not what is allowed.
    """
    study = script["STUDY"]
    if not callable(study):
        raise ReportError(f"STUDY = {shown(study)}: a function that gives a pandas.DataFrame is needed")
    lists = []
    for name, kind in (("FIGURES", "draw(page, frame)"), ("TABLES", "table(frame)")):
        values = script.get(name, [])
        if not isinstance(values, list | tuple) or not all(callable(value) for value in values):
            raise ReportError(f"{name} = {shown(values)}: beside STUDY, a list of functions {kind} is needed")
        lists.append(list(values))
    names = _named(lists[0])
    if len(set(names)) < len(names):
        raise ReportError(f"FIGURES = {shown(lists[0])}: two have one name; names are {', '.join(names)}")
    return study, lists[0], lists[1]


def report_of(
    frame: object, figures: Sequence[Draw], tables: Sequence[Show], name: str = "", pictures: Sequence[str] = PICTURES
) -> dict[str, bytes]:
    """Give all files of a study by file name; labels in LaTeX begin with the `name` of the study.

    Figures are drawn as `pictures`, which are some of "pdf", "svg" and "png".

    Raises
    ------
    ReportError
        If the study gave no frame, or a table function does not give a frame and lines.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ReportError(f"STUDY gave {shown(frame)}: a pandas.DataFrame is needed")
    frames = {"table": frame} | {str(n): v for n, v in frame.attrs.items() if isinstance(v, pd.DataFrame)}
    files = {}
    for called, content in frames.items():
        if not NAME.fullmatch(called):
            raise ReportError(f"a frame in attrs is called {shown(called)}: only letters, digits, - and _ are allowed")
        files[f"{called}.csv"] = content.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode()
    files["table.md"] = "\n".join(_text(table(frame)) for table in tables or [lambda frame: (frame, ())]).encode()
    for called, draw in zip(_named(figures), figures, strict=True):
        page = _on(draw, frame, "-".join(filter(None, (name, called))), fingerprint(files["table.csv"]))
        drawn = rendered(page, pictures)
        files |= {f"{called}.{kind}": content for kind, content in drawn.items()}
    return files


def _named(figures: Sequence[Draw]) -> list[str]:
    return ["figure" if not i else getattr(draw, "__name__", f"figure{i + 1}") for i, draw in enumerate(figures)]


def _on(draw: Draw, frame: pd.DataFrame, label: str, sha: str) -> Callable[[Page], Caption]:
    """Draw a frame, and give what the function returned as the caption."""

    def drawn(page: Page) -> Caption:
        said = draw(page, frame)
        if not isinstance(said, str | None):
            raise ReportError(f"a figure function gave {shown(said)}: the text of the caption is needed")
        footer = f"{label}, table.csv SHA-256 {sha}"
        return Caption(said or "", footer=footer, label=label)

    return drawn


def _text(shown_with: object) -> str:
    import pandas as pd

    wrong = f"a table function gave {shown(shown_with)}: a pandas.DataFrame and a list of lines are needed"
    if not isinstance(shown_with, tuple) or len(shown_with) != 2 or not isinstance(shown_with[0], pd.DataFrame):
        raise ReportError(wrong)
    frame, lines = shown_with
    if isinstance(lines, str) or not all(isinstance(line, str) for line in lines):
        raise ReportError(wrong)
    texts = frame.map(lambda cell: f"{cell:.4g}" if isinstance(cell, float) else str(cell)).rename(columns=str)
    return "\n".join([to_grid(texts), "", *lines, ""])
