"""Statements about tasks where they do not apply, and settings that they refuse."""

from __future__ import annotations

import numpy as np

from testbed.check import LAWS
from testbed.check.run import one_law
from testbed.laws import JointGaussian
from testbed.theory import (
    FisherSpace,
)


def test_a_label_that_x1_shows_has_no_discriminant_space() -> None:
    truth = one_law(LAWS["label-shown"]).population()
    independent, shown, varies = FisherSpace().assumptions(truth)
    assert independent.holds and shown.holds and not varies.holds
    alike = JointGaussian(np.eye(5), 2, 2, 1).population()  # nothing to read, and nothing is read
    assert not FisherSpace().applies(alike) and float(FisherSpace().sides(alike).left) == 0.0
