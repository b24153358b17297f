"""Which claims fall, and which survive? (five minutes)

Eight claims that sound right and are false, each with the smallest counterexample that was found, and the bounds of the
theory sheet (docs/theory.md), which survive 10,000 laws each. The figure shows how near to equality the search comes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from testbed.falsifier import Family, Graphs, IndependentTables, NearlyTight, Refuted, Survived, Tables, falsify

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Known = tuple[str, Family, list[str]]

FALSE: dict[str, Known] = {
    "at equal beta, e_apx grows with eps_CI": (
        "one.e_apx <= two.e_apx",
        Tables(k=2, s1=3, s2=2, d2=1),
        ["one.beta2 == two.beta2", "one.eps2 < two.eps2"],
    ),
    "eps_CI = 0 implies independence given Y": ("dependence <= 0", Tables(k=1, s1=2, s2=3, d2=1), ["eps2 == 0"]),
    "a finite pseudo-inverse beta implies the bound": (
        "e_apx_origin <= eps2 * pinv2",
        IndependentTables(k=2, s1=2, s2=2, d2=1),
        ["ci"],
    ),
    "a lower pretext loss implies a lower e_apx": (
        "e_keep[0] <= e_keep[1]",
        Tables(k=2, s1=3, s2=3, d2=2),
        ["explained[0] > explained[1]"],
    ),
    "the 0-1 error is at most phi / lambda": ("error[2] * lam[3] <= phi", Graphs(s=3), []),
    "refining Z lowers eps_CI": ("eps2 <= eps2_y", Tables(k=1, m=2, s1=2, s2=2, d2=1), []),
    "the signed bound is an equality at d2 = k": ("e_apx == signed", Tables(k=2, s1=3, s2=3, d2=2), ["full rank"]),
    "a pretext without a constant obeys the bound": (
        "e_strict <= floor",
        IndependentTables(k=2, s1=3, s2=2, d2=1),
        ["ci", "affine rank"],
    ),
}
TRUE: dict[str, Known] = {  # each with its label in docs/theory.md
    "Theorem 4.2 (I6)": ("e_apx * beta2 <= eps2", Tables(), ["solvable"]),
    "the same, no intercept (I6)": ("e_apx_origin * beta2_origin <= eps2", Tables(), []),
    "the same, with a latent (I6)": ("e_apx * beta2 <= eps2", Tables(m=(1, 2)), ["solvable"]),
    "sharper bound (I7)": ("e_apx <= sharper", Tables(), ["solvable"]),
    "two views (I12)": ("via <= loss1 + loss2", Tables(), []),
    "signed bound (I14)": ("e_apx <= signed", Tables(), ["solvable"]),
    "independence loses nothing (I1)": ("e_apx == 0", IndependentTables(), ["ci", "affine rank"]),
    "linear gains nothing (I9)": ("floor <= e_linear", Tables(d1=(1, 2)), []),
    "information bounds eps_CI (A12)": ("eps2 <= diam2 / 2 * information", Tables(d2=(1, 2)), []),
    "graph: squared error (A2)": ("risk[2] * lam[3] <= phi", Graphs(), []),
    "graph: 0-1 error (A2)": ("error[2] * lam[3] <= 2 * phi", Graphs(), []),
    "leading functions (A1)": ("SharperTopFeatures", Tables(), []),
    "nonlinear CCA (A11)": ("NonlinearCCABound", Tables(), []),
    "minimax features (A3)": ("MinimaxRivals", Tables(s1=(3, 5), s2=(3, 5)), []),
}
RATIO = "largest left / right"
BUDGETS = (64, 256, 1024, 4096, 10_000)


def fallen() -> pd.DataFrame:
    """Laws until each false claim fell, both sides on its smallest counterexample, and that law."""
    rows = []
    for name, (claim, family, assume) in FALSE.items():
        found = falsify(claim, family, assume=assume, progress=False)
        assert isinstance(found, Refuted), name
        law = str(found).partition("\n")[2].rpartition("\nleft")[0]
        sides = (str(found.left), str(found.right))
        rows.append((name, claim, "; ".join(assume), found.tried, *sides, law, json.dumps(found.certificate)))
    return pd.DataFrame(
        rows, columns=["claim", "formula", "assumed", "laws tried", "left", "right", "counterexample", "certificate"]
    )


def survived(budgets: tuple[int, ...] = BUDGETS) -> pd.DataFrame:
    """Largest left / right of each true claim, for each budget."""
    rows = []
    for name, (claim, family, assume) in tqdm(TRUE.items(), desc="claims", leave=False, disable=None):
        for budget in budgets:
            found = falsify(claim, family, assume=assume, budget=budget, progress=False)
            assert isinstance(found, Survived | NearlyTight), str(found)
            rows.append((name, claim, budget, found.tried, found.ratio))
    return pd.DataFrame(rows, columns=["claim", "formula", "budget", "laws tried", RATIO])


def study(tiny: bool = False) -> pd.DataFrame:
    """False claims; in `attrs` the laws on which they fail, and the true claims as `survived`."""
    false, true = fallen(), survived(BUDGETS[:2] if tiny else BUDGETS)
    written = true[RATIO].map(lambda ratio: "" if np.isnan(ratio) else repr(float(ratio)))  # to the last digit
    table = false.drop(columns="counterexample")
    table.attrs = {"counterexamples": false["counterexample"].tolist(), "survived": true.assign(**{RATIO: written})}
    return table


def noted(false: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Sides without the laws; the laws, and the claims that survive, below."""
    true = false.attrs["survived"]
    most = true[true["budget"] == true["budget"].max()]
    notes = [
        "The first eight claims are false. Each counterexample is decided in fractions, the graph's in floats.",
        "",
        *(
            line
            for claim, law in zip(false["claim"], false.attrs["counterexamples"], strict=True)
            for line in (f"**{claim}**", "", "```", law, "```", "")
        ),
        "Claims that survive, with the largest left / right among all laws tried (not a proof):",
        "",
        *(f"- {r[0]}: `{r[1]}`, {r[3]} laws, {_ratio(r[4])}" for r in most.itertuples(index=False)),
    ]
    return false.drop(columns="certificate"), notes


def _ratio(value: str) -> str:
    return f"{float(value):.4g}" if value else "both sides 0"


def draw(page: Figure, false: pd.DataFrame) -> str:
    """Largest ratio against the number of laws tried: a line for each claim that does not reach equality at once."""
    true = false.attrs["survived"]
    table = true.assign(**{RATIO: pd.to_numeric(true[RATIO])})
    page.set_size_inches(5.5, 2.5)
    axes = page.add_axes((0.09, 0.17, 0.52, 0.79))
    groups = [
        (str(name).rpartition(" (")[0].replace("the same", "Theorem 4.2"), rows)
        for name, rows in table.groupby("claim", sort=False)
    ]
    known = [(words, rows) for words, rows in groups if rows[RATIO].notna().any()]
    slow = [(words, rows) for words, rows in known if rows[RATIO].min() < 0.999]
    for i, (words, rows) in enumerate(slow):
        axes.plot(rows["budget"], rows[RATIO], marker="osv^DPX"[i % 7], ms=4, lw=1, label=words)
    axes.axhline(1.0, color="0.5", lw=0.8, ls="--")
    axes.set_xscale("log")
    axes.set_xlabel("laws tried")
    axes.set_ylabel("largest left / right so far")
    axes.set_ylim(0.0, 1.06)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
    at_once = [words for words, _ in known if words not in {name for name, _ in slow}]
    return (
        "How near to equality the search comes for claims that survive it: the largest ratio of their left side to "
        f"their right among all laws tried. {len(at_once)} others are at .999 or above from "
        f"{int(table['budget'].min())} laws on: {'; '.join(at_once)}. That none is above 1 is no proof."
    )


STUDY, FIGURES, TABLES = study, [draw], [noted]
