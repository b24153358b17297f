"""An audit as one screen of text: numbers in a fixed order, and sentences that each follow from a number."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from testbed.arguments import cut
from testbed.audits.names import BOUND, DIFFERENCE, EPSILON, LEAK, MEANS, UNIVERSAL

if TYPE_CHECKING:
    from testbed.audits.estimate import Estimate
    from testbed.audits.findings import Findings

__all__ = ["number", "text_of", "verdicts"]

UNSURE = "the {} of x2 are not told apart, and with them the pretext"
LEVEL = 0.05  # of the tests
WIDE = 100  # characters of a line
HARD = "\xa0"  # a space at which no line is broken


def number(value: float) -> str:
    """Three digits that count, and no exponent where it can be helped."""
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "no limit" if value > 0 else "-no limit"
    if value == 0.0:
        return "0"
    if abs(value) < 5e-5:
        return f"{value:.1e}"
    if abs(value) < 0.01:
        return f"{value:.4f}"
    return f"{value:.3f}" if abs(value) < 10.0 else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def between(estimate: Estimate) -> str:
    """Write an estimate with its interval."""
    return f"{number(estimate.value)} ({estimate.level:.0%}: {number(estimate.low)} to {number(estimate.high)})"


def verdicts(audit: Findings) -> tuple[str, str, str]:
    """Sentences about the saving, the dependence in means, and the cost of the leak."""
    saving = {
        "saves": "the pretext saves labels here",
        "costs": "the pretext costs labels here",
        "cannot tell": "these rows cannot tell whether the pretext saves or costs labels",
    }[audit.saving.verdict]
    p = audit.tests.studentised
    found = "found" if p <= LEVEL else "not found"
    high = audit.floor_high
    if audit.leak is None:
        left = "label units are not defined, since x2 has fewer columns than the label asks for"
        cost = "what the leak costs a linear read-out has no limit here: label units are not defined"
    elif np.isinf(high):
        left = "a leak of any size in label units is not excluded"
        cost = f"what the leak costs a linear read-out has no limit here: the {_what(audit)} of x2 are too uncertain"
    else:
        left = f"a leak up to {number(high)} in label units is not excluded"
        cost = f"the leak costs a linear read-out at most {number(high)} (95%)"
    states = f"(y,{HARD}z)" if audit.latent else "y"
    where = f"given {states}" if not audit.classes else f"within states {states}" if audit.latent else "within classes"
    return saving, f"dependence in means {where}: {found} (p{HARD}={HARD}{p:.3g}); {left}", cost


def _what(audit: Findings) -> str:
    """What of x2 tells the label: its class means, or its slopes where y is real."""
    return "class means" if audit.classes else "slopes"


def text_of(audit: Findings) -> str:
    """Return what `testbed audit` prints on the screen."""
    saving, means, cost = verdicts(audit)
    lines = [
        *_head(audit),
        "",
        *_saving(audit),
        f"  {saving}",
        *_leak(audit),
        f"  {cost}",
        *_tests(audit),
        f"  {means}",
    ]
    given = f" given{HARD}(y,{HARD}z)" if audit.latent else ""
    lines.append(f"eps_CI^2, linear class{given}: {between(audit.epsilon)}{_truth(audit, EPSILON)}")
    if audit.epsilon.note and not audit.classes:
        lines.append(f"  {audit.epsilon.note}")
    if audit.universal is not None:
        low = number(audit.universal.low)
        lines.append(
            f"eps_CI^2 over all functions is at least {low} (95%){_truth(audit, UNIVERSAL)}; no upper limit exists"
        )
    lines += [*_means(audit), "", "What no audit can say: docs/audit.md."]
    return "\n".join(piece for line in lines for piece in _broken(line)).replace(HARD, " ")


def _broken(line: str) -> list[str]:
    """A line cut to the screen; rows of numbers are left as they are."""
    if not line or len(line) <= WIDE or "     " in line:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return wrap(line, WIDE, subsequent_indent=indent, break_on_hyphens=False)


def _truth(audit: Findings, name: str) -> str:
    if name not in audit.truth:
        return ""
    return f" [truth {number(audit.truth[name]) or 'not defined'}]".replace(" ", HARD).replace(HARD, " ", 1)


def _head(audit: Findings) -> list[str]:
    pairs = f" and {audit.pairs:,} unlabelled pairs" if audit.pairs else ", no unlabelled pairs"
    lines = [f"{audit.n:,} labelled rows{pairs}; x1 has {audit.d1} columns, x2 {audit.d2}"]
    if audit.classes:
        listed = [f"{name}:{HARD}{count}" for name, count in audit.classes.items()]
        said = ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")
        lines.append(f"  {len(listed)} classes ({cut(said, 160)})")
    else:
        lines.append(f"  y real, {audit.outputs} output{'s' * (audit.outputs > 1)}")
    return lines + [f"  {cut(sentence, 160)}" for sentence in audit.dropped]


def _saving(audit: Findings) -> list[str]:
    s = audit.saving
    rows = [
        ("labels of the probe", [f"{n:,}" for n in s.labels]),
        ("difference", [number(d.value) for d in s.difference]),
        ("95% from", [number(d.low) for d in s.difference]),
        ("to", [number(d.high) for d in s.difference]),
    ]
    if f"{DIFFERENCE}{s.labels[0]}" in audit.truth:
        rows.append(("[truth]", [number(audit.truth[f"{DIFFERENCE}{n}"]) for n in s.labels]))
    what = f"pretext (linear, rank {s.rank}) minus ridge on x1 with {s.labels[-1]:,} labels"
    unsure = [f"  the intervals may be too narrow here: {UNSURE.format(_what(audit))}"] * (not audit.rank_is_sure)
    return [
        f"Label saving: held-out squared error, {what}",
        *(f"  {name:<20}" + "".join(f"{cell:>10}" for cell in cells) for name, cells in rows),
        f"  labels that ridge needs for one of the pretext's (n_b / n_a): {s.words}",
        *unsure,
    ]


def _leak(audit: Findings) -> list[str]:
    constant, ridge = number(audit.saving.constant), number(audit.saving.baseline)
    risks = f"  held-out risk of a constant: {constant}, of ridge on x1: {ridge}"
    if audit.leak is None:
        return [f"Leak in label units: not defined ({audit.d2} columns of x2 are too few for the label)", risks]
    found = between(audit.leak) if audit.rank_is_sure else audit.leak.note
    return [f"Leak in label units: {found}{_truth(audit, LEAK)}", risks]


def _tests(audit: Findings) -> list[str]:
    t = audit.tests
    where = "of residuals, approximate"
    if audit.classes:
        where = f"within states (y,{HARD}z)" if audit.latent else "within classes"
    return [
        f"Permutation tests {where} ({t.number} permutations)",
        f"  dependence in means, the kind that can hurt regression: p{HARD}={HARD}{t.studentised:.3g}",
        f"  any dependence: p{HARD}={HARD}{t.plain:.3g}",
    ]


def _means(audit: Findings) -> list[str]:
    m = audit.means
    shown = ", ".join(number(v) for v in m.values[:8]) + (" ..." if len(m.values) > 8 else "")
    means = "means of x2 in the states" if audit.latent else "class means of x2"
    what = means if audit.classes else f"slopes of x2 on {'(y, z)' if audit.latent else 'y'}"
    lines = [f"Singular values of the {what}: {shown}, each +- {number(m.half)} (95%): rank at least {m.rank}"]
    if f"{MEANS}1" in audit.truth:
        known = [audit.truth[f"{MEANS}{i + 1}"] for i in range(min(len(m.values), 8))]
        lines.append(f"  [truth {', '.join(map(number, known))}]")
    if np.isfinite(audit.bound.high):
        high = f"eps_CI^2/beta^2 at most {number(audit.bound.high)} (95%)"
        lines.append(f"  beta is at least {number(m.least)} (97.5%), {high}{_truth(audit, BOUND)}")
    else:
        lines.append("  beta may be 0: eps_CI^2/beta^2 has no limit")
    return lines
