"""The exact population of a law on one screen."""

from __future__ import annotations

import numpy as np

from testbed.data import LinearMap
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law, Population

__all__ = ["describe"]


def describe(source: Generator | Law) -> str:
    """Write the population of a law, or of a generator's law, as text.

    A generator that redraws its structure shows one draw, and says so.
    """
    note = ""
    if isinstance(source, Generator) and not source.frozen:
        note = "one structure, drawn from seed 0 (the generator redraws it for every repetition)\n"
    law = source.law(np.random.default_rng(0)) if isinstance(source, Generator) else source.law()
    if law.batch:
        law = law[0]
        note = "first of the laws along the leading axis\n"
    d1, d2, k, m = law.shape
    head = f"{canonical(source)}\n{note}d1 = {d1}, d2 = {d2}, k = {k} classes, m = {m} latent states in a class\n"
    return head + "\n" + "\n".join(_lines(law, law.population()))


def _lines(law: Law, truth: Population) -> list[str]:
    lines: list[str] = []

    def add(label: str, value: object, se: object = None, remark: str = "") -> None:
        number = f"{np.asarray(value).item():.6g}"
        error = (
            ""
            if se is None
            else (" (closed form)" if np.asarray(se).item() == 0.0 else f" ± {np.asarray(se).item():.1g}")
        )
        lines.append(f"  {label:<44}{number}{error}{'  ' + remark if remark else ''}")

    lines.append("label")
    add("Bayes noise  E tr Cov(Y|X1)", truth.bayes_noise, truth.se["bayes_noise"])
    add("risk of a constant  E|f* - EY|^2", truth.baseline_risk)
    add("class floor  E|f* - f*_H1|^2", truth.class_floor, truth.se["class_floor"], "= e_apx(x1), with intercept")
    lines.append("conditional independence")
    for given, words in (("y", "given Y"), ("yz", "given (Y, Z)")):
        if given == "yz" and law.shape[3] == 1:
            continue
        name = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
        add(f"eps_CI linear, {words}", truth.epsilon_ci("linear", given))  # type: ignore[arg-type]
        add(f"eps_CI universal, {words}", truth.epsilon_ci("universal", given), truth.se.get(name))  # type: ignore[arg-type]
    lines.append("conditional means of X2")
    for name, means in (("A", truth.A), ("A_bar", truth.A_bar)):
        if name == "A_bar" and law.shape[3] == 1:
            continue
        for words, rows in (("rank", means), ("affine rank", means - means.mean(axis=0))):
            s = np.linalg.svd(rows, compute_uv=False)
            rank = int(np.sum(s > 1e-10 * truth.scale2))
            lines.append(f"  {words + ' of ' + name:<44}{rank} of {len(rows)}; singular values {_short(s)}")
    for intercept, words in ((False, "no intercept"), (True, "with intercept")):
        beta = float(truth.beta(intercept))
        add(f"beta, {words}", beta, remark="" if beta else "no W has W'A_bar' = M: the bound does not apply")
    lines.append("smallest risk of a linear read-out, e_apx, without / with intercept")
    for label, psi in (
        ("x1", LinearMap.identity(law.shape[0])),
        ("linear psi*", truth.linear_psi_star),
        ("universal psi* = E[X2|X1]", truth.psi_star),
    ):
        values = [float(truth.approximation_error(psi, intercept)) for intercept in (False, True)]
        lines.append(f"  {label:<44}{values[0]:.6g} / {values[1]:.6g}")
    return lines


def _short(values: np.ndarray) -> str:
    shown = ", ".join(f"{v:.3g}" for v in values[:6])
    return shown if len(values) <= 6 else f"{shown}, ..., {values[-1]:.3g}"
