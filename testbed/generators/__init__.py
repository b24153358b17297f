"""Generators: dials that describe a law."""

from testbed.generators.augmented import Augmented
from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.exchangeable import ExchangeableViews
from testbed.generators.factors import Factors
from testbed.generators.lee import LeeMixture
from testbed.generators.patches import Patches

__all__ = [
    "Augmented",
    "CleanMixture",
    "ExchangeableViews",
    "Factors",
    "Generator",
    "LeeMixture",
    "Patches",
    "vary",
]
