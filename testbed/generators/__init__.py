"""Generators: dials that describe a law."""

from testbed.generators.base import Generator, vary
from testbed.generators.clean import CleanMixture
from testbed.generators.gaussian import CleanGaussian
from testbed.generators.lee import LeeMixture

__all__ = ["CleanGaussian", "CleanMixture", "Generator", "LeeMixture", "vary"]
