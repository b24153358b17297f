"""Generators: dials that describe a law."""

from testbed.arguments import attributes
from testbed.generators.augmented import Augmented
from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.exchangeable import ExchangeableViews
from testbed.generators.factors import Factors
from testbed.generators.finite import CleanFinite
from testbed.generators.gaussian import CleanGaussian
from testbed.generators.lee import LeeMixture
from testbed.generators.low_variance import LowVarianceLabel
from testbed.generators.patches import Patches
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
    "Augmented",
    "CanonicalTarget",
    "CleanFinite",
    "CleanGaussian",
    "CleanMixture",
    "CommonScale",
    "CovariateShift",
    "DirectEdge",
    "DropLatent",
    "ExchangeableViews",
    "Factors",
    "Generator",
    "Imbalanced",
    "LabelShift",
    "LeeMixture",
    "LowRank",
    "LowVarianceLabel",
    "Patches",
    "RandomSign",
    "Selected",
    "SignedEdge",
    "SquareTarget",
    "StudentTails",
    "TruncateTarget",
    "vary",
]

__getattr__ = attributes(__name__, __all__)
