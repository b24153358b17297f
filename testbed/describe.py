"""The exact population of a law on one screen."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed.arguments import shown
from testbed.data import LinearMap
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.from_rows import FromRows
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.held import met
from testbed.laws.population import NotDefinedError
from testbed.laws.readouts import FeatureClass, Given
from testbed.laws.sampled import SampledLaw
from testbed.sketch import rows_told, sampled_told, told
from testbed.stated import Stated, stated

__all__ = ["describe", "law_of", "screen"]

TINY = 1e-15  # below it a number of the population is rounding
CLASSES: tuple[FeatureClass, ...] = ("linear", "universal")


def describe(source: Generator | Law, everything: bool = False) -> str:
    """Write the population of a law, or of a generator's law, as text.

    A generator that redraws its structure shows one draw, and says so. Of the statements those that apply are shown, by
    paper; with `everything` also those that do not, and what they ask in vain.

    Examples
    --------
    >>> from testbed.describe import describe
    >>> from testbed.generators import CleanMixture
    >>> print(describe(CleanMixture(k=3, structure_seed=0)).splitlines()[1][:30])
    d1 = 20, d2 = 10, k = 3, m = 1
    """
    if not isinstance(source, Generator | Law):
        raise ValueError(f"source = {shown(source)}: a law or a generator is needed")
    if isinstance(source, FromRows):
        return rows_told(source)
    if isinstance(source, SampledLaw):
        return sampled_told(source)
    law, notes = law_of(source)
    d1, d2, k, m = law.shape
    size = f"d1 = {d1}, d2 = {d2}, k = {k}, m = {m}: {law.states} states of (Y, Z)"
    return "\n".join([canonical(source), *notes, size, screen(law.population(), everything)])


def law_of(source: Generator | Law) -> tuple[Law, list[str]]:
    """Return the law that is described, one without leading axes, and what is to be said of it.

    Examples
    --------
    >>> from testbed.describe import law_of
    >>> from testbed.generators import CleanMixture
    >>> law_of(CleanMixture(k=3, structure_seed=0))[0]
    <GaussianMixture: d1 = 20, d2 = 10, k = 3, m = 1>
    """
    notes = []
    if isinstance(source, Generator) and not source.frozen:
        notes = ["one structure, drawn from seed 0 (the generator redraws it for every repetition)"]
    law = source.law(np.random.default_rng(0)) if isinstance(source, Generator) else source.law()
    if law.batch:
        law, notes = law[0], ["first of the laws along the leading axis"]
    if law.pretext_law is not law:
        notes.append("truth of the labelled data; the unlabelled pairs come from another law")
    return law, notes


def screen(truth: Population, everything: bool = False) -> str:
    """Write what is known of a population; of one with leading axes its ``repr``, for each repetition has its own.

    Examples
    --------
    >>> from testbed.describe import screen
    >>> from testbed.generators import CleanFinite
    >>> len(screen(CleanFinite(structure_seed=0).law().population()).splitlines()) > 5
    True
    """
    if truth.second2.shape:
        return repr(truth)
    sections = (_label, _independence, _means, _leak, _intrinsic, _dependence)
    lines = [line for section in sections for line in section(truth)]
    return "\n".join([*lines, *_statements(truth, everything)])


def _number(value: Any, se: Any = None) -> str:
    """Six digits, and what is known of the error: nothing to say, closed form, or a standard error."""
    number = np.asarray(value).item()
    text = f"{number if abs(number) >= TINY else 0.0:.6g}"
    if se is None or not np.isfinite(number):
        return text
    error = np.asarray(se).item()
    return f"{text} (exact)" if error == 0.0 else f"{text} ± {error:.1g}"


def _value(value: Any, se: Any) -> str:
    """A number with its standard error, where it has one."""
    return _number(value, se if np.asarray(se).item() else None)


def _short(values: Any) -> str:
    numbers = np.asarray(values)
    shown = ", ".join(f"{v:.3g}" for v in numbers[:6])
    return shown if len(numbers) <= 6 else f"{shown}, ..., {numbers[-1]:.3g}"


def _given(truth: Population) -> list[tuple[Given, str]]:
    return [("y", "given Y"), ("yz", "given (Y, Z)")] if truth.latent else [("yz", "given Y")]


def _label(truth: Population) -> list[str]:
    lines = [
        "label",
        told(
            "Bayes noise  E tr Cov(Y|X1)",
            _number(truth.bayes_noise, truth.se["bayes_noise"]),
            _met(truth.bayes_noise, truth.se["bayes_noise"]),
        ),
    ]
    for view, words in (("x2", "E tr Cov(Y|X2)"), ("both", "E tr Cov(Y|X1,X2)")):
        try:
            risk = truth.bayes_risk(view)  # type: ignore[arg-type]
            known = (risk, truth.se.get(f"bayes_risk_{view}", 0.0))
            text, remark = _number(*known), _met(*known)
        except NotDefinedError as error:
            text, remark = f"not computed: {error}", ""
        lines.append(told(f"Bayes risk from {view}  {words}", text, remark))
    floor = _number(truth.class_floor, truth.se["class_floor"])
    return [
        *lines,
        told("risk of a constant  E|f* - EY|^2", _number(truth.baseline_risk, truth.se["bayes_noise"])),
        told("class floor  E|f* - f*_H1|^2 = e_apx(x1)", floor),
    ]


def _met(value: Any, se: Any) -> str:
    """What is to be said of an integral that is less exact than is promised for a law that is not redrawn."""
    size, error = float(np.asarray(value)), float(np.asarray(se))
    if met(value, se):
        return ""
    return f"relative error {error / size:.1g}: 1e-3 is not met" if size else "1e-3 is not met"


def _independence(truth: Population) -> list[str]:
    lines = ["conditional independence"]
    for given, words in _given(truth):
        for name in CLASSES:
            epsilon = truth.epsilon_ci(name, given)
            key = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
            lines.append(
                told(f"eps_CI {name}, {words}", _number(epsilon, truth.se[key] if name == "universal" else 0.0))
            )
    return lines


def _means(truth: Population) -> list[str]:
    lines = ["conditional means of X2"]
    for given, words_of in _given(truth):
        name = "A_bar" if truth.latent and given == "yz" else "A"
        under = f", {words_of}" if truth.latent else ""
        ranks, rows = truth.ranks(given), len(truth.means(given)[0])
        for words, rank, values in (
            ("rank", ranks.rank, ranks.singular_values),
            ("affine rank", ranks.affine_rank, ranks.affine_singular_values),
        ):
            lines.append(told(f"{words} of {name} ({rows} rows)", f"{int(rank)}", f"singular values {_short(values)}"))
        for intercept, words in ((False, "no intercept"), (True, "with intercept")):
            beta = float(truth.beta(intercept, given))
            remark = "" if beta else f"invalid: no W has W'{name}' = M, so the bound does not apply"
            lines.append(told(f"beta, {words}{under}", _number(beta), remark))
    return lines


def _leak(truth: Population) -> list[str]:
    """Bounds of the intrinsic risk, and what the leak does to the label; with intercept."""
    lines = ["excess of e_apx(psi*) over e_apx(phi1), with intercept: measured <= sharper bound <= (eps_CI/beta)^2"]
    for name in CLASSES:
        psi = truth.linear_psi_star if name == "linear" else truth.psi_star
        floor = truth.class_floor if name == "linear" else 0.0
        excess = np.maximum(truth.approximation_error(psi) - floor, 0.0)
        errors = [truth.error_of(what, name) for what in ("approximation_error", "sharper_bound")]
        beta, sharper = float(truth.beta(True)), float(truth.sharper_bound(True, name))
        epsilon, error = float(truth.epsilon_ci(name)), 0.0
        bound = epsilon**2 / beta**2 if beta else np.inf
        if name == "universal" and beta:
            error = 2.0 * epsilon * float(truth.se["epsilon_ci_universal"]) / beta**2
        shown = [_value(*pair) for pair in zip((excess, sharper, bound), (*errors, error), strict=True)]
        lines.append(told(name, " <= ".join(shown)))
    leak = truth.signed_leak()
    names = ("aligned", "anti_aligned", "harmful", "neutral")
    parts = ", ".join(
        f"{_value(v, truth.error_of(name))} {name.replace('_', '-')}" for v, name in zip(leak[:4], names, strict=True)
    )
    lines.append(told("leak, universal class", parts if np.isfinite(leak.predicted) else "not defined: no W"))
    tau = truth.tau()
    known = _value(tau, truth.error_of("tau", "linear")) if np.isfinite(tau) else "not defined: no W"
    lines.append(told("tau, pairs per label to beat OLS (conjecture I15)", known))
    return lines


def _intrinsic(truth: Population) -> list[str]:
    lines = ["smallest risk of a linear read-out, e_apx, without / with intercept"]
    for label, psi in (
        ("x1", LinearMap.identity(truth.s11.shape[-1])),
        ("linear psi*", truth.linear_psi_star),
        ("universal psi* = E[X2|X1]", truth.psi_star),
    ):
        values = [truth.approximation_error(psi, intercept) for intercept in (False, True)]
        if label.startswith("universal"):
            errors = [truth.error_of("approximation_error", "universal", intercept) for intercept in (False, True)]
        else:
            errors = [truth.se["class_floor"]] * 2
        lines.append(told(label, " / ".join(_value(*pair) for pair in zip(values, errors, strict=True))))
    return lines


def _dependence(truth: Population) -> list[str]:
    """Spectrum, information and the two-view losses, where they are known."""
    lines = []
    if truth.spectrum is not None:
        linear = isinstance(truth, GaussianPopulation)
        words = "canonical correlations, linear class" if linear else "singular values, all functions"
        lines.append(told(f"{words} ({len(truth.spectrum)})", _short(truth.spectrum)))
    information = truth.mutual_information()
    if information is not None:
        left = truth.mutual_information(given="yz")
        lines.append(told("I(X1; X2), I(X1; X2 | Y, Z) in nats", f"{_number(information)}, {_number(left)}"))
    if truth.two_view is not None:
        e1, e2, error = truth.two_view
        lines.append(told("two views: E|mu - E[Y|X1,X2]|^2 <= e1 + e2", f"{_number(error)} <= {_number(e1 + e2)}"))
    return ["dependence of the views", *lines] if lines else []


def _statements(truth: Population, everything: bool) -> list[str]:
    """Exact statements that apply, by paper, with both sides and margins; of the others, what they ask in vain."""
    refused, elsewhere = [], []
    applied: dict[str, list[tuple[str, str]]] = {}
    for one in stated(truth):
        if one.elsewhere:
            elsewhere.append(one.name)
        elif one.broken:
            refused.append(f"  no  {one.name}: {_words(one.broken)}")
        else:
            line = f"  yes {one.name}: {_sides(one)}; {_words(one.margins, met='') or 'no assumptions'}"
            applied.setdefault(one.statement.source, []).append((one.statement.title, line))
    head = [
        "statements that apply: measured = or <= predicted, share of a bound that is used; assumptions with margins"
    ]
    for paper, found in applied.items():
        head += [f" {paper}: {'; '.join(dict.fromkeys(title for title, _ in found))}", *(line for _, line in found)]
    if not everything:
        others = f"{len(refused) + len(elsewhere)} others do not apply"
        return [*head, f"{others}: --all (in Python everything=True) says which, and why"]
    return [
        *head,
        *(
            ["statements that do not: the assumption that fails, minus the size of its violation", *refused]
            * bool(refused)
        ),
        *([f"  of another family of laws: {', '.join(elsewhere)}"] * bool(elsewhere)),
    ]


def _words(margins: dict[str, float], met: str | None = None) -> str:
    """Assumptions with their margins, `met` in the place of one of 0."""
    return "; ".join(f"{words}{met if met is not None and not m else f': {m:.3g}'}" for words, m in margins.items())


def _sides(one: Stated) -> str:
    """Both sides of a statement, and the share of a bound that is used."""
    sign = "<=" if one.statement.kind == "inequality" else "="
    used = f" ({one.measured / one.predicted:.0%})" if sign == "<=" and 0.0 < one.predicted < np.inf else ""
    return f"{one.measured:.4g} {sign} {one.predicted:.4g}{used}"
