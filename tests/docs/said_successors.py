"""What experiments/successors/README.md quotes, and where it is in results/successors/."""

from __future__ import annotations

import pandas as pd

from experiments.successors import phase_transition, refinement, spiked
from experiments.successors.league import CUBE, LAWS, TASKS
from testbed.theory import LossAlone
from tests.docs.held import Said, lines, table

LEAGUE, TRANSITION = "successors/league", "successors/phase_transition"
SOURCES = {label: text for text, label in (LAWS | CUBE).texts.items()}
HOLDS, SHARED, UNEQUAL = "classes, CI holds", "classes, a shared nuisance", "unequal classes, CI holds"


def of(law: str, column: str = "excess_risk", pairs: int = 10_000, probe: str = "OLS()") -> pd.Series:
    """A column of the league by the name of the task."""
    found = lines(LEAGUE, generator=SOURCES[law], n_unlabeled=pairs, probe=probe)
    return found.assign(task=found["pretext"].map(TASKS.texts).fillna("InfoNCE, 16")).set_index("task")[column]


def finds() -> tuple[float, float]:
    """Augmentation from which both tasks find the signal in the limit, at gamma = 1/4 and v / s = .8."""
    low, high = 0.3, 1.0
    for _ in range(9):
        middle = (low + high) / 2.0
        lost = phase_transition.reconstruction_limit(0.25, 0.8, middle)
        low, high = (middle, high) if lost == 1.0 else (low, middle)
    return (1.0 + 0.25**0.5) * 0.8 * spiked.A_S, (low + high) / 2.0


def transition() -> list[Said]:
    joint = lines(TRANSITION, "risk", task="joint embedding")
    above = joint[joint["r"] >= 1.0 + 2.0 * joint["gamma"] ** 0.5]
    edge = joint[(joint["gamma"] == 1.0) & (joint["r"] == 2.0)]["lost"]
    whole = table(TRANSITION, "table")
    quarter = whole[(whole["gamma"] == 0.25) & (whole["d"] == 500)].set_index("measure")
    half, encoder = (quarter.loc[measure] for measure in spiked.MEASURES)
    fits = phase_transition.exponents(whole).set_index(["measure", "gamma"])
    first, last = (fits.loc[(measure, slice(None)), "exponent"].droplevel(0) for measure in reversed(spiked.MEASURES))
    one = fits.loc[spiked.MEASURES[1]].iloc[-1]
    least, most = f"{1 / 64:g}", "2"
    return [
        Said("within {} of that from r = 1 + 2 sqrt(gamma) on", (above["lost"] - above["limit"]).abs().max()),
        Said(
            "is {} at gamma = 1/4 in the limit ({} at d = 500; 95%: {} to {})",
            half["limit"],
            half["v/s"],
            half["low"],
            half["high"],
        ),
        Said(
            "1/4 and v / s = 0.8 joint embedding finds the signal from alpha = {} on, reconstruction from {}", *finds()
        ),
        Said("1 / (1 + sqrt(2 gamma)), {} at gamma = 1/4;", half["limit"]),
        Said("gamma)) / 2), {} there.", encoder["limit"]),
        Said(
            "it is {} at gamma = 1/64 and {} at gamma = 2 ({} and {} if half of the signal may be lost)",
            first[least],
            first[most],
            last[least],
            last[most],
        ),
        Said(
            "would be {} ({} to {}), and is rejected (chi2 {} on",
            *one[["exponent", "low", "high"]],
            float(str(one.name).partition("chi2 ")[2].partition(",")[0]),
        ),
        Said("where the limit loses all, {} is lost at d = 300", edge),
    ]


def negatives() -> list[Said]:
    found = table("successors/negatives", "table")
    by_law = found.groupby(["shares", "law"])["e_apx"]
    share = found["e_apx"] / found["Var f*"]
    excess = (found["error"] - found["Bayes error"]).groupby(found["shares"])
    step = table("successors/negatives", "step")
    lost = step[step["leading functions"] == 1]["rho_2"].max(), step[step["leading functions"] == 0]["rho_2"].min()
    assert lost[0] < 0.64 < lost[1]
    return [
        Said("lose {} to {} of Var f*", share.min(), share.max()),
        Said("on all six, by {} at most", (by_law.first() - by_law.last()).max()),
        Said("rho_1 = 0.8 the second variable is lost whole"),
        Said("all where rho_2 < {}, and", 0.8**2),
        Said(
            "to {} above Bayes where classes are equal and {} to {} where",
            excess.max()["equal"],
            excess.min()["unequal"],
            excess.max()["unequal"],
        ),
    ]


def refining() -> list[Said]:
    plane = table("successors/refinement", "table")

    def at(leak: float, rows: int, *columns: str) -> list[float]:
        (row,) = plane[(plane["eps_CI^2"].round(2) == leak) & (plane["n0"] == rows)][[*columns]].to_numpy()
        return [float(value) for value in row]

    errors = [(plane[way] - plane[f"{way}, known"]).abs() / plane[f"{way}, s.e."] for way in ("x1", "pretext")]
    return [
        Said(
            "120 labels give {} with the pretext, {} on x1 and {} refined.",
            *at(0.0, 120, "pretext", "x1", "refined"),
        ),
        Said(
            "At eps_CI^2 = 0.5 refining",
        ),
        Said("both (120: {}, {} refined, {}).", *at(0.5, 120, "pretext", "refined", "x1")),
        Said("At eps_CI^2 = 1.9, where"),
        Said("(180: {}, {}, {})", *at(1.92, 180, "pretext", "refined", "x1")),
        Said("refining lowers it: {} at eps_CI^2 = 0.5.", *at(0.5, 120, "n0*")),
        Said(
            "({} at eps_CI^2 = 0.5, {} at 1.62)",
            *at(0.5, 120, "n0 of pretext = x1"),
            *at(1.62, 120, "n0 of pretext = x1"),
        ),
        Said("as n0 grows, eps_CI^2 = {}, where", refinement.last_leak()),
        Said("All {} means", len(plane)),
        Said("are within {<} standard errors of the closed form", pd.concat(errors)),
        Said("(panel c: from about 100, against {})", *at(0.5, 120, "n0*")),
    ]


def league() -> list[Said]:
    lost = of(HOLDS, "intrinsic")
    collapsed = lost[lost > 0.1].index
    rest = of(HOLDS).drop([*collapsed, "refined", "none"])
    wide, nuisance = of("cube")[["ACE", "spectral", "InfoNCE, 1"]], of(SHARED)
    keep = ["CCA", "joint embed.", "ACE", "spectral", "InfoNCE, 1", "InfoNCE, 16"]
    unlearnt = [of(law, "pretext_part")["refined"] for law in (HOLDS, SHARED)]
    wrong = [of(UNEQUAL, "error01", probe=probe)[keep] for probe in ("OLS()", "ClassMeans()")]
    return [
        Said("the others are at {} to {}, x1 at {}.", rest.min(), rest.max(), of(HOLDS)["none"]),
        Said("the refined regression, which has {} (x1 {}).", nuisance["refined"], nuisance["none"]),
        Said("losses over all functions {} to {}, as", wide.min(), wide.max()),
        Said("60 labels leave {} unlearnt in either law", unlearnt),
        Said("it has {} where the regression has {},", of(HOLDS)["refined"], of(HOLDS)["regression"]),
        Said("{} to {} of the points are wrong", *wrong),
        Said("may be anything from 0 to {} (", float(LossAlone(rank=2).sides(CUBE["cube"].law().population()).left)),
    ]


def successors() -> list[Said]:
    return [*transition(), *negatives(), *refining(), *league()]
