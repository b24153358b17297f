"""Generators: dials that describe a law."""

from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.lee import LeeMixture
from testbed.generators.low_variance import LowVarianceLabel

__all__ = ["CleanMixture", "Generator", "LeeMixture", "LowVarianceLabel", "vary"]
