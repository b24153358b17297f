"""A verdict does not depend on the units or the origins of the views."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.check import LAWS, check, one_law
from testbed.keys import canonical
from testbed.laws import Finite, JointGaussian
from testbed.theory import (
    STATEMENTS,
    Exact,
    LatentOptimum,
    LinearNeverGains,
    MaskedContrast,
    MaskedContrastSpan,
    OptimumOfLabel,
    Statement,
    ZeroError,
)
from testbed.theory.likelihood import CollapseThreshold, EvidenceForms, ExcessLogLoss, LinearVAEOptimum, MeanFieldGap
from testbed.theory.posteriors import JigsawCancellation
from tests.laws.test_units import move_of, uneven
from tests.laws.units_ import moved

METRIC = (CollapseThreshold, EvidenceForms, ExcessLogLoss, LinearVAEOptimum, MeanFieldGap)  # equal noise in x1's units
PLACES = (JigsawCancellation,)  # patches are alike in one unit only
AXES = (MaskedContrast, MaskedContrastSpan)  # noise of single coordinates is that of no others
FREE = [s for s in STATEMENTS if isinstance(s, Exact) and not isinstance(s, METRIC + PLACES)]


@pytest.mark.parametrize("general", [True, False])
@pytest.mark.parametrize("name", ["finite-leak", "latent-readable", "one-hot", "gaussian-leak", "clean"])
def test_verdicts_stay(name: str, general: bool) -> None:
    law = one_law(LAWS[name])
    after = moved(law, move_of(law, general, np.random.default_rng(2)))
    for statement in (s for s in FREE if not (general and isinstance(s, AXES))):
        before, found = check(statement, law)[0], check(statement, after)[0]
        assert found.verdict == before.verdict, f"{canonical(statement)}: {before.text} and {found.text}"


def test_a_linear_pretext_gains_in_no_unit() -> None:
    found = check(LinearNeverGains(), uneven())[0]
    assert (found.verdict, found.measured) == ("holds", 0.0)


@pytest.mark.parametrize("shift", [1e8, 1.7e9])
@pytest.mark.parametrize("statement", [ZeroError(), LatentOptimum(), OptimumOfLabel()], ids=canonical)
def test_a_leak_stays_a_leak_however_far_x2_is_shifted(statement: Statement, shift: float) -> None:
    law = one_law(LAWS["finite-leak"])
    assert isinstance(law, Finite)
    assert check(statement, Finite(law.joint, law.v1, law.v2 + shift))[0].verdict == "not applicable"


def test_a_small_leak_shows_whatever_the_unit_of_x2_is() -> None:
    for c in (1e-8, 1.0, 1e8):
        square = np.eye(3)
        square[0, 1] = square[1, 0] = 1e-7
        law = JointGaussian(square * np.outer([1.0, c, 1.0], [1.0, c, 1.0]), 1, 1, 1)
        found = check(OptimumOfLabel(), law)[0]
        assert found.verdict == "not applicable"
        assert found.measured == pytest.approx(1e-7 * c, rel=1e-9)
