"""An audit as a tidy table: a frame, Markdown, LaTeX and HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from testbed.audits.names import (
    BASELINE,
    BETA,
    BOUND,
    CONSTANT,
    DIFFERENCE,
    EPSILON,
    LEAK,
    MEANS,
    MULTIPLIER,
    PLAIN,
    SLOPES,
    STUDENTISED,
    UNIVERSAL,
)
from testbed.audits.words import number, text_of

if TYPE_CHECKING:
    import pandas as pd

    from testbed.audits.estimate import Estimate
    from testbed.audits.findings import Findings

__all__ = ["frame_of", "html_of", "latex_of", "markdown_of"]

COLUMNS = ["quantity", "estimate", "low", "high", "level", "method", "note"]
NAN = float("nan")
SYMBOLS = {
    "eps_CI^2": r"$\epsilon_{\mathrm{CI}}^2$",
    "beta^2": r"$\beta^2$",
    "n_b / n_a": "$n_b / n_a$",
    "n_a = ": "$n_a$ = ",
}


def frame_of(audit: Findings) -> pd.DataFrame:
    """One row a quantity, in the order of the text."""
    import pandas as pd

    s, t, m = audit.saving, audit.tests, audit.means
    rows = [_row(f"{DIFFERENCE}{n}", d) for n, d in zip(s.labels, s.difference, strict=True)]
    low, high = s.multiplier or (NAN, NAN)
    rows.append((MULTIPLIER, NAN, low, high, 0.95, "test inversion over the n_a that were tried", s.words))
    if audit.leak is None:
        rows.append((LEAK, NAN, NAN, NAN, NAN, "", "not defined: x2 has too few columns"))
    else:
        rows.append(_row(LEAK, audit.leak))
    held = f"{s.splits} splits"
    rows += [(name, v, NAN, NAN, NAN, held, "") for name, v in ((CONSTANT, s.constant), (BASELINE, s.baseline))]
    about = "" if audit.classes else "approximate"
    rows += [
        (name, p, NAN, NAN, NAN, f"{t.number} permutations {kind}", about)
        for name, p, kind in ((STUDENTISED, t.studentised, "(studentised)"), (PLAIN, t.plain, "(plain)"))
    ]
    rows.append(_row(EPSILON, audit.epsilon))
    if audit.universal is not None:
        rows.append(_row(UNIVERSAL, audit.universal))
    weyl = "Weyl's inequality"
    rows += [
        (
            f"{MEANS}{i + 1}",
            float(v),
            max(float(v) - m.half, 0.0),
            float(v) + m.half,
            0.95,
            weyl,
            "for all of them at once",
        )
        for i, v in enumerate(m.values)
    ]
    rows.append((BETA, NAN, m.least, np.inf, 0.975, weyl, "a lower limit only"))
    rows.append(_row(BOUND, audit.bound))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    if audit.truth:
        frame["truth"] = frame["quantity"].map(audit.truth)
    if not audit.classes:
        frame["quantity"] = frame["quantity"].str.replace(MEANS, SLOPES, regex=False)
    return frame


def _row(name: str, e: Estimate) -> tuple[str, float, float, float, float, str, str]:
    return name, e.value, e.low, e.high, e.level, e.method, e.note


def _texts(audit: Findings) -> pd.DataFrame:
    """The frame with its numbers written out; columns that are empty throughout are left out."""
    frame = frame_of(audit)
    for column in frame.columns.difference(["quantity", "method", "note"]):
        frame[column] = [f"{v:.3g}" * (v == v) if column == "level" else number(float(v)) for v in frame[column]]
    return frame.loc[:, (frame != "").any()]


def markdown_of(audit: Findings) -> str:
    """Return the table of an audit in Markdown."""
    text: str = _texts(audit).to_markdown(index=False, disable_numparse=True)
    return text + "\n"


def latex_of(audit: Findings) -> str:
    """LaTeX float with booktabs, without the methods, which the caption tells."""
    from testbed.report.latex import floats
    from testbed.report.typeset import Column

    frame = _texts(audit)
    frame = frame[[c for c in frame.columns if c not in ("method", "note")]]
    for plain, symbol in SYMBOLS.items():
        frame["quantity"] = frame["quantity"].str.replace(plain, symbol, regex=False)
    caption = (
        f"Audit of a table of {audit.n} labelled rows and {audit.pairs} unlabelled pairs, $d_1 = {audit.d1}$, "
        f"$d_2 = {audit.d2}$. Intervals: delete-one jackknife (leak, linear class), corrected resampled $t$ over "
        f"{audit.saving.splits} splits (risks), Weyl's inequality (singular values)"
    )
    caption += ", stratified cross-fitting (all functions, a lower limit only)." if audit.universal else "."
    columns = [Column(str(name), tuple(frame[name]), side=i == 0) for i, name in enumerate(frame.columns)]
    return "\n".join(floats(columns, caption, "audit"))


def html_of(audit: Findings) -> str:
    """Return the text and the table of an audit as HTML, for a notebook."""
    table: str = _texts(audit).to_html(index=False, border=0)
    return f"<pre>{html.escape(text_of(audit))}</pre>{table}"
