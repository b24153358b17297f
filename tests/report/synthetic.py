"""Made-up rows with known means: what a report is given, without any simulation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from testbed.columns import MEASURED

METHODS = {
    "Raw()": ("OLS(intercept=True)", "moments"),
    "Predict(OLS())": ("OLS(intercept=True)", "moments"),
    "Predict(Nystroem())": ("OLS(intercept=True)", "rows"),
}
FLOOR = 0.01


def risk(pretext: str, k: int, alpha: float) -> tuple[float, float, float]:
    """Known means of the three parts of excess risk."""
    intrinsic = 0.002 * k * alpha**2
    part = {"Raw()": 0.0, "Predict(OLS())": -0.3 * intrinsic, "Predict(Nystroem())": 0.004}[pretext]
    return intrinsic, part, 0.003 * k


def rows(
    ks: tuple[int, ...] = (2, 5, 10),
    alphas: tuple[float, ...] = (0.0, 0.25, 1.0),
    repeats: int = 30,
    frozen: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of a grid: k, alpha, three methods; repetitions share a shock, which pairing removes."""
    rng = np.random.default_rng(seed)
    out = []
    for k in ks:
        for alpha in alphas:
            shock = 0.002 * rng.standard_normal(repeats)
            floors = np.full(repeats, FLOOR) if frozen else FLOOR + 0.001 * rng.standard_normal(repeats)
            for pretext, (probe, draws) in METHODS.items():
                generator = f"LeeMixture(k={k}, alpha={alpha})"
                text = f"{generator}|{pretext}|{probe}|{draws}"
                linear = draws == "moments"
                for rep in range(repeats):
                    intrinsic, part, estimation = risk(pretext, k, alpha)
                    estimation += shock[rep] + 0.0003 * rng.standard_normal()
                    floor, floor_se = (floors[rep], 0.0005) if linear else (0.0, 0.0)
                    in_class = intrinsic + part + estimation
                    out.append(
                        {
                            "key": hashlib.sha256(text.encode()).hexdigest()[:16],
                            "generator": generator,
                            "generator.k": k,
                            "generator.alpha": alpha,
                            "generator.structure_seed": 3 if frozen else None,
                            "pretext": pretext,
                            "pretext.regressor": pretext[8:-1] or None,
                            "probe": probe,
                            "probe.intercept": True,
                            "draws": draws,
                            "n_unlabeled": 4000,
                            "n_labeled": 1000,
                            "rep": rep,
                            "excess_risk": in_class + floor,
                            "excess_risk_se": floor_se if linear else 0.0001,
                            "excess_risk_class": in_class,
                            "class_floor": floor,
                            "class_floor_se": floor_se,
                            "intrinsic": intrinsic + floor,
                            "pretext_part": part,
                            "estimation": estimation,
                            "label_mse": in_class + floor + 0.1,
                            "epsilon_ci_linear": alpha * np.sqrt(k) * (1 if frozen else 1 + 0.2 * shock[rep] / 0.002),
                            "epsilon_ci_universal": alpha * np.sqrt(k),
                            "epsilon_ci_universal_se": 0.01 * alpha,
                            "beta": 2.0,
                            "bayes_noise": 0.1,
                            "bayes_noise_se": 0.002,
                            "rank_used": k,
                            "status": "ok",
                            "error": None,
                        }
                    )
    return whole(pd.DataFrame(out))


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with all the columns that every row has: those that were not made up are 0."""
    for name in MEASURED:
        if name not in frame:
            frame.insert(frame.columns.get_loc("status"), name, 0.0)
    return frame


def fail(frame: pd.DataFrame, cells: dict[str, range]) -> pd.DataFrame:
    """Turn some repetitions of some keys into failed rows: no numbers, a message."""
    frame = frame.copy()
    measured = frame.columns[frame.columns.get_loc("excess_risk") : frame.columns.get_loc("status")]
    for key, repetitions in cells.items():
        hit = (frame["key"] == key) & frame["rep"].isin(repetitions)
        frame.loc[hit, measured] = np.nan
        frame.loc[hit, "status"] = "failed"
        frame.loc[hit, "error"] = 'needs n_labeled >= 11,\n"got" 5'
    return frame


def save(frame: pd.DataFrame, folder: Path) -> Path:
    """Write rows.csv as a run does: every number exactly."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "rows.csv", index=False, lineterminator="\n")
    return folder
