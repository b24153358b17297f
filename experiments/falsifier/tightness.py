"""How near to the truth are the bounds, on laws that nobody chose? ``testbed run experiments/falsifier/tightness.py``

Tables of k classes and s points a view are drawn at random. All k s^2 masses come from Dirichlet(c), where a small c
gives few large masses; or the table is nearly independent given the class (masses of the classes, and of the points
given a class, each from Dirichlet(1)), with a share of a table of the first kind mixed in. x2 takes d2 standard normal
values at each of its points, the label is one-hot, the class of functions universal, the read-out has a constant.

Beside e_apx(psi*), what the best linear read-out of psi* = E[X2 | X1] loses, stand three bounds: eps_CI^2 / beta^2
(Theorem 4.2 of Lee et al., I6), the sharper bound (I7) and the signed one (I14); docs/theory.md states them. A bound
above Var f*, the risk of a constant, says nothing. Laws with d2 >= s1 - 1, s1 the points of x1 that have mass, are left
out: psi* then tells all points apart, and e_apx = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, quantile_test
from tqdm import tqdm

from testbed.keys import stream
from testbed.laws import Finite

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAWS = 200  # of each design
LEAST = 1e-9  # points of less mass are left out
ROUNDED = 1e-4  # share of a number that the digits of the table may have lost
BOUNDS = {  # words, colour and marker
    "I6": (r"$\epsilon_{CI}^2/\beta^2$", "#0173b2", "o"),
    "I7": ("sharper bound", "#de8f05", "s"),
    "I14": ("signed bound", "#029e73", "^"),
}


class Design(NamedTuple):
    """How laws are drawn: classes, dimension of x2, points a view, Dirichlet's c, share that is not independent."""

    k: int
    d2: int
    s: int
    c: float
    share: float = 1.0


DESIGNS = [
    *(Design(k, d2, s, c) for k, d2 in ((2, 3), (3, 6)) for c in (0.05, 1.0, 20.0) for s in (6, 12, 30, 100, 200)),
    *(Design(3, 2, s, 1.0, share) for share in (0.001, 0.01, 0.1, 1.0) for s in (6, 30, 100)),
]


def drawn(design: Design, rng: np.random.Generator) -> Finite:
    """Draw a law."""
    k, d2, s, c, share = design
    joint = rng.dirichlet(np.full(k * s * s, c)).reshape(k, s, s)
    if share < 1.0:
        y, x1, x2 = rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(s), size=k), rng.dirichlet(np.ones(s), size=k)
        joint = (1.0 - share) * y[:, None, None] * x1[:, :, None] * x2[:, None, :] + share * joint
    values = rng.standard_normal((s, d2))
    kept1, kept2 = joint.sum(axis=(0, 2)) > LEAST, joint.sum(axis=(0, 1)) > LEAST
    joint = joint[:, kept1][:, :, kept2]
    return Finite(joint[:, None] / joint.sum(), np.eye(int(kept1.sum())), values[kept2])


def sides(law: Finite) -> tuple[float, float, float, float, float]:
    """e_apx(psi*), Var f*, and the bounds I6, I7, I14."""
    truth = law.population()
    epsilon, beta = truth.epsilon_ci("universal", given="y"), truth.beta(True, given="y")
    bounds = (
        epsilon**2 / beta**2 if beta > 0.0 else np.inf,
        truth.sharper_bound(True, "universal", "y"),
        truth.signed_leak(True, "universal", "y").predicted,
    )
    lost, whole = truth.approximation_error(truth.psi_star), np.trace(truth.syy) - truth.bayes_noise
    return tuple(float(v) for v in (lost, whole, *bounds))  # type: ignore[return-value]


def study(tiny: bool = False) -> pd.DataFrame:
    """One row a law: its design, Var f*, e_apx, and each bound over Var f*."""
    rows = []
    for design in tqdm(DESIGNS, desc="designs", leave=False, disable=None):
        rng, found = stream(0, "falsifier_tightness", repr(tuple(design)), 0), 0
        for _ in range(20 * LAWS):
            law = drawn(design, rng)
            if design.d2 < len(law.v1) - 1:
                lost, whole, *bounds = sides(law)
                rows.append((*design, whole, lost, *(b / whole for b in bounds)))
                found += 1
            if found == (5 if tiny else LAWS):
                break
    table = pd.DataFrame(rows, columns=["k", "d2", "s", "c", "share", "Var f*", "e_apx", *BOUNDS])
    numbers = table.select_dtypes("float").columns
    return table.assign(**{name: [float(f"{value:.6g}") for value in table[name]] for name in numbers})


def noted(laws: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Medians over the laws of a design with 95% intervals, and how often a bound says nothing."""
    rows = []
    for design, group in laws.groupby(["k", "d2", "s", "c", "share"], sort=False):
        shares = [_median(group["e_apx"] / (group[name] * group["Var f*"])) for name in BOUNDS]
        vacuous = int((group["I6"] > 1.0).sum())
        low, high = binomtest(vacuous, len(group)).proportion_ci(method="wilson")
        share = f"{vacuous / len(group):.2f} ({low:.2f} to {high:.2f})"
        rows.append((*design, len(group), *shares, _median(group["I6"]), share))
    names = [f"e/{name}" for name in BOUNDS]
    table = pd.DataFrame(rows, columns=["k", "d2", "s", "c", "share", "laws", *names, "I6/Var f*", "I6 > Var f*"])
    above = {name: int((laws["e_apx"] > laws[name] * laws["Var f*"] * (1.0 + ROUNDED)).sum()) for name in BOUNDS}
    notes = [
        "Medians over the laws of a design, with 95% intervals from order statistics; share: of the table that is not "
        "independent given the class; I6 > Var f*: the share of laws on which that bound says nothing.",
        "",
        f"Laws on which e_apx is above the bound: {', '.join(f'{name} {n}' for name, n in above.items())} "
        f"of {len(laws)}.",
    ]
    return table, notes


def _median(values: pd.Series) -> str:
    """Median, and the interval whose coverage follows from the binomial distribution."""
    interval: Any = quantile_test(values.to_numpy(), p=0.5).confidence_interval(0.95)
    return f"{values.median():.3g} ({interval.low:.3g} to {interval.high:.3g})"


def draw(page: Figure, laws: pd.DataFrame) -> str:
    """Bounds over the truth on random laws, and near independence; the signed bound in s; where Theorem 4.2 speaks."""
    page.set_size_inches(5.5, 4.6)
    axes = page.subplots(2, 2)
    page.subplots_adjust(left=0.1, right=0.98, top=0.93, bottom=0.1, hspace=0.5, wspace=0.3)
    near = laws["share"] < 1.0
    _histogram(axes[0, 0], "(a)  Random laws", laws[~near])
    _histogram(axes[0, 1], "(b)  Nearly independent given Y", laws[near])
    axes[0, 1].legend(loc="upper right", fontsize=7)
    _signed(axes[1, 0], laws[~near])
    _speaks(axes[1, 1], laws[(laws["k"] == 3) & (laws["d2"] == 2)])
    return (
        f"How far bounds are from the truth on {len(laws):,} random finite laws of s points a view. (a), (b) Laws by "
        "the logarithm of a bound over $e_{apx}$, all of them and those of which most of the mass is independent "
        "given Y. (c) Median share of the signed bound that is attained; c: concentration of the random tables. (d) "
        "Median of the bound of Theorem 4.2 over the variance of $f^\\ast$, which any risk is below: above 1 (grey) "
        "it says nothing."
    )


def _histogram(place: Axes, title: str, laws: pd.DataFrame) -> None:
    laws = laws[laws["e_apx"] > 1e-9]
    for name, (words, color, _) in BOUNDS.items():
        ratio = np.log10(laws[name] * laws["Var f*"] / laws["e_apx"])
        place.hist(
            ratio.clip(0.0, 5.99),
            np.linspace(-0.1, 6.0, 41).tolist(),
            histtype="step",
            lw=1.4,
            color=color,
            label=words,
        )
    place.set(yscale="log", xlabel=r"$\log_{10}$ of bound over $e_{apx}$ (last: 6 or more)", ylabel="laws")
    place.set_title(title, loc="left")


def _signed(place: Axes, laws: pd.DataFrame) -> None:
    sizes = sorted(laws["s"].unique())
    for k, d2, marker, color in ((2, 3, "o", "0.2"), (3, 6, "s", "#0173b2")):
        for c, line in ((0.05, ":"), (1.0, "-"), (20.0, "--")):
            group = laws[(laws["k"] == k) & (laws["d2"] == d2) & (laws["c"] == c)]
            ratio = (group["e_apx"] / (group["I14"] * group["Var f*"])).groupby(group["s"]).median()
            label = f"k = {k}, $d_2$ = {d2}, c = {c:g}"
            place.plot(ratio.index, ratio, line, marker=marker, ms=3, lw=1, color=color, label=label)
    place.set(xscale="log", xlabel="points a view, s", ylabel=r"median of $e_{apx}$ / signed bound", ylim=(0.0, 1.05))
    place.set_xticks(sizes, [str(s) for s in sizes])
    place.minorticks_off()
    place.set_title("(c)  The signed bound as s grows", loc="left")
    place.legend(fontsize=6, loc="lower right")


def _speaks(place: Axes, laws: pd.DataFrame) -> None:
    for (s, group), (_, color, marker) in zip(laws.groupby("s"), BOUNDS.values(), strict=True):
        median = group.groupby("share")["I6"].median()
        place.plot(median.index, median, marker=marker, ms=3, lw=1, color=color, label=f"s = {s}")
    place.axhspan(1.0, 1e6, color="0.9", zorder=0)
    place.text(1.2e-3, 2.0, "says nothing", fontsize=7)
    place.set(xscale="log", yscale="log", xlabel="share that is not independent", ylim=(1e-5, 1e6))
    place.set_ylabel(r"median of $\epsilon_{CI}^2/\beta^2$ / Var $f^*$")
    place.set_title("(d)  Where Theorem 4.2 speaks", loc="left")
    place.legend(fontsize=7, loc="lower right")


STUDY, FIGURES, TABLES = study, [draw], [noted]
