"""results/benchmarks/: one CSV, one table, one figure."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import sklearn
from matplotlib.figure import Figure

from benchmarks.harness import Result
from testbed.report.captions import Caption
from testbed.report.drawing import rendered

SPEED = "speed"
ORDER = ("linear", "finite", "kernels", "sweeps", "processes")


def update(folder: Path, group: str, found: list[Result]) -> None:
    """Replace the rows of a group and write everything again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "benchmarks.csv"
    fresh = pd.DataFrame([{"group": group, **asdict(r), "met": r.met} for r in found])
    kept = pd.read_csv(path) if path.exists() else fresh.iloc[:0]
    frame = pd.concat([part for part in (kept[kept["group"] != group], fresh) if len(part)], ignore_index=True)
    frame = frame.sort_values("group", key=lambda c: c.map(ORDER.index), kind="stable", ignore_index=True)
    frame["note"] = frame["note"].fillna("")
    frame.to_csv(path, index=False, float_format="%.6g")
    (folder / "benchmarks.md").write_text(table(frame), encoding="utf-8")
    draw(frame, folder)


def table(frame: pd.DataFrame) -> str:
    """Markdown of all cases."""
    rows = pd.DataFrame(
        {
            "case": frame["name"],
            "kind": frame["ratio"],
            "target": [
                f"{'>=' if r == SPEED else '<='} {t:g}" for r, t in zip(frame["ratio"], frame["target"], strict=True)
            ],
            "median": [f"{v:.3g}" for v in frame["median"]],
            "range": [f"{a:.3g} to {b:.3g}" for a, b in zip(frame["low"], frame["high"], strict=True)],
            "ours, ms": [f"{v:.4g}" for v in frame["ours_ms"]],
            "reference, ms": [f"{v:.4g}" if v else "" for v in frame["reference_ms"]],
            "z of the means": ["" if np.isnan(v) else f"{v:.1f}" for v in frame["z"].astype(float)],
            "met": ["yes" if v else "no" for v in frame["met"]],
            "note": frame["note"],
        }
    )
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
    machine = f"{versions}scikit-learn {sklearn.__version__}; {platform.machine()}, one BLAS thread."
    text = (
        "Each case runs this project and its reference in turn; medians of the ratios of the pairs, with their range. "
        "speed = reference / ours, cost = ours / reference (or the quantity that the case names). "
        "ms are of one repetition, fit or process."
    )
    return f"# Benchmarks\n\n{text}\n\n{rows.to_markdown(index=False, disable_numparse=True)}\n\n{machine}\n"


def draw(frame: pd.DataFrame, folder: Path) -> None:
    """Write the figure in the look of all others."""
    for kind, content in rendered(lambda page: _drawn(page, frame)).items():
        (folder / f"figure.{kind}").write_bytes(content)


def _drawn(page: Figure, frame: pd.DataFrame) -> Caption:
    """Medians and ranges as shares of their targets: right of the line is better than asked for."""
    share = np.where(frame["ratio"] == SPEED, frame["median"] / frame["target"], frame["target"] / frame["median"])
    ends = [
        np.where(frame["ratio"] == SPEED, frame[side] / frame["target"], frame["target"] / frame[other])
        for side, other in (("low", "high"), ("high", "low"))
    ]
    place = np.arange(len(frame))[::-1]
    page.set_size_inches(5.5, 0.2 * len(frame) + 0.6)
    axes = page.add_axes((0.57, 0.42 / page.get_figheight(), 0.4, 1.0 - 0.5 / page.get_figheight()))
    axes.errorbar(share, place, xerr=[share - ends[0], ends[1] - share], fmt="o", color="C0", markersize=4, capsize=2)
    axes.axvline(1.0, color="0.4", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(place, frame["name"])
    axes.set_xlabel("reached / target (right of the line: better)")
    said = (
        "Each case runs this project and its reference in turn. Dots: medians of the ratios of the pairs over their "
        f"targets; bars: their range. {int(frame['met'].sum())} of {len(frame)} targets are met."
    )
    return Caption(said, label="benchmarks")
