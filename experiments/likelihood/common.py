"""Where the results of these studies go: a CSV, a Markdown table, and a figure in three formats, as the same bytes."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import t as student

from testbed._linalg import Array
from testbed.report.drawing import LOOK, STAMPS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["destination", "half_interval", "needs_jax", "write"]

RESULTS = Path(__file__).resolve().parents[2] / "results"


def destination(name: str, family: str = "likelihood") -> Path:
    """Folder of a study: the first argument of the command, or results/<family>/<name>; created.

    Ends the process with a sentence where nothing can be written there.
    """
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS / family / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        sys.exit(f"{folder}: cannot write results there ({error.strerror}); name another folder as the argument")
    return folder


def needs_jax() -> None:
    """End the process with the line to install jax and optax, where they are not there: they train the VAEs."""
    if any(find_spec(name) is None for name in ("jax", "optax")):
        sys.exit("this study trains VAEs, which needs jax and optax: .venv/bin/python -m pip install '.[neural]'")


def half_interval(values: Array) -> Array:
    """Half of Student's 95% interval of the mean over repetitions, the first axis."""
    n = len(values)
    return np.asarray(student.ppf(0.975, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n))


def write(
    folder: Path,
    table: pd.DataFrame,
    notes: Sequence[str],
    draw: Callable[[Figure], None],
    shown: pd.DataFrame | None = None,
) -> None:
    """Write table.csv, table.md (of `shown`, where it is given) with notes below it, and figure.png, .pdf and .svg."""
    table.to_csv(folder / "table.csv", index=False, float_format="%.10g", lineterminator="\n")
    shown = table if shown is None else shown
    lines = [" | ".join(map(str, shown.columns)), " | ".join("---" for _ in shown.columns)]
    lines += [
        " | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row)
        for row in shown.itertuples(index=False)
    ]
    text = "\n".join([*(f"| {line} |" for line in lines), "", *notes, ""])
    (folder / "table.md").write_text(text, encoding="utf-8", newline="\n")
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)  # type: ignore[arg-type]  # its keys are typed as literals
        page = Figure()
        FigureCanvasAgg(page)
        draw(page)
        for kind in ("png", "pdf", "svg"):
            buffer = BytesIO()
            page.savefig(buffer, format=kind, dpi=150, metadata=STAMPS[kind])
            (folder / f"figure.{kind}").write_bytes(buffer.getvalue())
