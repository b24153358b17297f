"""Generators: dials that describe a law."""

from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.finite import CleanFinite
from testbed.generators.gaussian import CleanGaussian
from testbed.generators.lee import LeeMixture
from testbed.generators.violations import (
    CanonicalTarget,
    CommonScale,
    CovariateShift,
    DirectEdge,
    DropLatent,
    Imbalanced,
    LabelShift,
    LowRank,
    RandomSign,
    Selected,
    SignedEdge,
    SquareTarget,
    StudentTails,
    TruncateTarget,
)

__all__ = [
    "CanonicalTarget",
    "CleanFinite",
    "CleanGaussian",
    "CleanMixture",
    "CommonScale",
    "CovariateShift",
    "DirectEdge",
    "DropLatent",
    "Generator",
    "Imbalanced",
    "LabelShift",
    "LeeMixture",
    "LowRank",
    "RandomSign",
    "Selected",
    "SignedEdge",
    "SquareTarget",
    "StudentTails",
    "TruncateTarget",
    "vary",
]
