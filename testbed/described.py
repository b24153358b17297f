"""The exact population of a law as numbers by name: what `testbed describe --json` writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed.arguments import shown
from testbed.data import LinearMap
from testbed.describe import TINY, law_of
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.from_rows import FromRows
from testbed.laws.population import NotDefinedError
from testbed.laws.readouts import Given
from testbed.laws.sampled import SampledLaw
from testbed.stated import stated

__all__ = ["described"]


def described(source: Generator | Law) -> dict[str, Any]:
    """Describe a law, or a generator's law, as `testbed.describe.describe` does: numbers by name, with their errors.

    Names are those of the columns of rows.csv where there is one. A number that needs an integral is followed by its
    standard error, ``<name>_se``. Conditioning is on label and latent; names that end in ``_y`` condition on the label
    alone. NaN stands for what is not defined on this law, and margin -inf for an assumption about another family.

    Raises
    ------
    ValueError
        Where `source` is no law and no generator.
    """
    if not isinstance(source, Generator | Law):
        raise ValueError(f"source = {shown(source)}: a law or a generator is needed")
    if isinstance(source, FromRows | SampledLaw):  # nothing exact is known
        d1, d2, k, _ = source.shape
        return {"law": canonical(source), "d1": d1, "d2": d2, "k": k, "scored": source.scored}
    law, notes = law_of(source)
    d1, d2, k, m = law.shape
    truth = law.population()
    statements = [
        {
            "statement": one.name, "source": one.statement.source, "kind": one.statement.kind,
            "applies": not one.broken, "measured": one.measured, "predicted": one.predicted, "margins": one.margins,
        }
        for one in stated(truth)
    ]  # fmt: skip
    return {
        "law": canonical(source), "notes": notes, "d1": d1, "d2": d2, "k": k, "m": m, "states": law.states,
        "population": _numbers(truth), "statements": statements,
    }  # fmt: skip


def _numbers(truth: Population) -> dict[str, float]:
    """Numbers of a population, each followed by its standard error where it is an integral."""
    found: dict[str, Any] = {
        "bayes_noise": truth.bayes_noise, "bayes_noise_se": truth.se["bayes_noise"],
        "baseline_risk": truth.baseline_risk, "baseline_risk_se": truth.se["bayes_noise"],
        "class_floor": truth.class_floor, "class_floor_se": truth.se["class_floor"],
    }  # fmt: skip
    for view in ("x2", "both"):
        found |= {
            f"bayes_risk_{view}": _risk(truth, view),
            f"bayes_risk_{view}_se": truth.se.get(f"bayes_risk_{view}", 0.0),
        }
    conditions: list[tuple[Given, str]] = [("yz", ""), ("y", "_y")] if truth.latent else [("yz", "")]
    for given, end in conditions:
        ranks = truth.ranks(given)
        found |= {
            f"epsilon_ci_linear{end}": truth.epsilon_ci("linear", given),
            f"epsilon_ci_universal{end}": truth.epsilon_ci("universal", given),
            f"epsilon_ci_universal{end}_se": truth.se[f"epsilon_ci_universal{end}"],
            f"beta{end}": truth.beta(True, given),
            f"beta_no_intercept{end}": truth.beta(False, given),
            f"rank{end}": ranks.rank,
            f"affine_rank{end}": ranks.affine_rank,
        }
    for name, psi in (
        ("x1", LinearMap.identity(truth.s11.shape[-1])),
        ("linear", truth.linear_psi_star),
        ("universal", truth.psi_star),
    ):
        error = truth.error_of("approximation_error") if name == "universal" else truth.se["class_floor"]
        found |= {f"e_apx_{name}": truth.approximation_error(psi), f"e_apx_{name}_se": error}
    found |= {"tau": truth.tau(), "tau_se": truth.error_of("tau", "linear")}
    numbers = {name: float(np.asarray(value)) for name, value in found.items()}
    return {name: 0.0 if abs(value) < TINY else value for name, value in numbers.items()}


def _risk(truth: Population, view: Any) -> Any:
    try:
        return truth.bayes_risk(view)
    except NotDefinedError:
        return np.nan
