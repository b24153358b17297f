"""Generators of laws: each is a list of dials, and its `law` is what they describe."""

from testbed.arguments import attributes
from testbed.generators import violations
from testbed.generators.augmented import Augmented
from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.exchangeable import ExchangeableViews
from testbed.generators.factors import Factors
from testbed.generators.finite import CleanFinite
from testbed.generators.gaussian import CleanGaussian
from testbed.generators.hypercube import Hypercube
from testbed.generators.lee import LeeMixture
from testbed.generators.low_variance import LowVarianceLabel
from testbed.generators.patches import Patches
from testbed.generators.redundant import Redundant
from testbed.generators.violations import *  # noqa: F403 - what it names is named here too

__all__ = [
    "Augmented",
    "CleanFinite",
    "CleanGaussian",
    "CleanMixture",
    "ExchangeableViews",
    "Factors",
    "Generator",
    "Hypercube",
    "LeeMixture",
    "LowVarianceLabel",
    "Patches",
    "Redundant",
    "vary",
]
__all__ += violations.__all__

__getattr__ = attributes(__name__, __all__)
