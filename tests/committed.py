"""Where the committed results of a study are: below results/ as its script is below experiments/."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXPERIMENTS, RESULTS = ROOT / "experiments", ROOT / "results"


def committed(study: str, file: str) -> Path:
    """A committed file of a study, such as ("tasks/league", "summary.csv")."""
    return RESULTS / study / file
