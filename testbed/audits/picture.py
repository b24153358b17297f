"""An audit as one figure: label saving, the leak beside the risks, singular values of the class means."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.audits.words import verdicts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from testbed.audits.findings import Findings

__all__ = ["files_of", "page_of"]

SIZE = (7.0, 2.95)  # inches
LEFT, LOW, HIGH, SIDE = (0.1, 0.435, 0.77), 0.32, 0.56, 0.22


def page_of(audit: Findings) -> Figure:
    """The figure, drawn in the style of the reports; nothing of matplotlib's settings changes."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page

    from testbed.report.drawing import LOOK

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)  # type: ignore[arg-type]  # its keys are typed as literals
        page = Page(figsize=SIZE)
        FigureCanvasAgg(page)
        for left, draw in zip(LEFT, (_saving, _leak, _means), strict=True):
            draw(page.add_axes((left, LOW, SIDE, HIGH)), audit)
        saving, _, cost = verdicts(audit)
        text = f"{saving[0].upper()}{saving[1:]}; {cost}. Bands and bars: 95%."
        for i, line in enumerate(wrap(text, 112)):
            page.text(0.01, 0.085 - 0.055 * i, line, fontsize=7.5)
    return page


def files_of(audit: Findings, kinds: tuple[str, ...] = ("pdf", "svg", "png")) -> dict[str, bytes]:
    """The figure in each format, the same bytes for the same audit."""
    from io import BytesIO

    import matplotlib

    from testbed.report.drawing import LOOK, STAMPS

    page, files = page_of(audit), {}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)  # type: ignore[arg-type]  # its keys are typed as literals
        for kind in kinds:
            buffer = BytesIO()
            page.savefig(buffer, format=kind, dpi=150, metadata=STAMPS[kind])
            files[kind] = buffer.getvalue()
    return files


def _colors() -> Any:
    from testbed.report.panel import PALETTE

    return PALETTE


def _saving(axes: Axes, audit: Findings) -> None:
    s, color = audit.saving, _colors()[0]
    low, value, high = (np.array([getattr(d, name) for d in s.difference]) for name in ("low", "value", "high"))
    axes.fill_between(s.labels, low, high, color=color, alpha=0.18, linewidth=0)
    axes.plot(s.labels, value, color=color, marker="o", markersize=3.5, linewidth=1.2)
    axes.axhline(0.0, color="0.2", linewidth=0.8)
    axes.set_xscale("log")
    shown = s.labels[::2] if s.labels[-1] >= 1000 else s.labels  # longer numbers need more room
    axes.set_xticks(shown, [f"{n:,}" for n in shown])
    axes.minorticks_off()
    axes.set_xlabel("labels of the probe")
    axes.set_ylabel("pretext minus ridge on x1")
    axes.set_title("(a)  Held-out squared error", loc="left")


def _leak(axes: Axes, audit: Findings) -> None:
    """Bars of the risks, and the leak with its interval, on one scale: they have one unit."""
    colors = _colors()
    bars = [("constant", audit.saving.constant, "0.8"), ("ridge\non x1", audit.saving.baseline, colors[1])]
    for i, (_, value, color) in enumerate(bars):
        axes.bar(i, value, width=0.6, color=color, linewidth=0)
    top = max(value for _, value, _ in bars)
    if audit.leak is not None and np.isfinite(audit.leak.high):
        e = audit.leak
        point = max(e.value, 0.0)
        axes.errorbar(
            [2], [point], yerr=[[max(point - e.low, 0.0)], [e.high - point]], fmt="o", color=colors[0], markersize=4,
            elinewidth=1.2, capsize=3, clip_on=False,
        )  # fmt: skip
        top = max(top, e.high)
    else:
        axes.text(2, 0.5 * top, "no\nlimit", ha="center", va="center", color="0.4")
    axes.set_xlim(-0.5, 2.5)
    axes.set_ylim(0.0, 1.08 * top)
    axes.set_xticks([0, 1, 2], [bars[0][0], bars[1][0], "leak"])
    axes.grid(False, axis="x")
    axes.set_ylabel("squared error")
    axes.set_title("(b)  Leak in label units", loc="left")


def _means(axes: Axes, audit: Findings) -> None:
    m, color = audit.means, _colors()[2]
    x = np.arange(1, len(m.values) + 1)
    axes.axhspan(0.0, m.half, color="0.85", linewidth=0)
    size = 4 if len(x) <= 12 else 2
    below = np.minimum(m.half, m.values)
    axes.errorbar(
        x, m.values, yerr=np.vstack([below, np.full(len(x), m.half)]), fmt="o", color=color, markersize=size,
        elinewidth=1.0, capsize=2,
    )  # fmt: skip
    axes.set_ylim(0.0, 1.08 * (m.values.max() + m.half))
    axes.set_xlim(0.5, len(x) + 0.5)
    axes.set_xticks(x if len(x) <= 8 else x[:: int(np.ceil(len(x) / 6))])
    axes.set_xlabel(f"rank at least {m.rank} (above grey)")
    axes.set_title(f"(c)  {'Class means' if audit.classes else 'Slopes'} of x2", loc="left")
    axes.set_ylabel("singular value")
