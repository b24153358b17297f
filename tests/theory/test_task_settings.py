"""Statements about tasks where they do not apply, and settings that they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.check import LAWS
from testbed.check.run import one_law
from testbed.laws import JointGaussian
from testbed.theory import (
    FisherSpace,
    IntrinsicParts,
    JigsawCancellation,
    LandmarkAverage,
    MaskedDenoising,
    Tweedie,
)


def test_a_label_that_x1_shows_has_no_discriminant_space() -> None:
    truth = one_law(LAWS["label-shown"]).population()
    independent, shown, varies = FisherSpace().assumptions(truth)
    assert independent.holds and shown.holds and not varies.holds
    alike = JointGaussian(np.eye(5), 2, 2, 1).population()  # nothing to read, and nothing is read
    assert not FisherSpace().applies(alike) and float(FisherSpace().sides(alike).left) == 0.0


@pytest.mark.parametrize(
    ("statement", "settings"),
    [
        (MaskedDenoising, {"q": 0.0}),
        (MaskedDenoising, {"q": 1.0}),
        (MaskedDenoising, {"rank": 0}),
        (Tweedie, {"level": 0.0}),
        (JigsawCancellation, {"patches": 6}),
        (JigsawCancellation, {"patches": 1}),
        (LandmarkAverage, {"landmarks": 0}),
        (IntrinsicParts, {"representation": "x1"}),
    ],
)
def test_bad_settings(statement: Any, settings: dict[str, Any]) -> None:
    ((name, value),) = settings.items()
    with pytest.raises(ValueError) as caught:
        statement(**settings)
    assert str(caught.value).startswith(f"{name} = {value!r}")
