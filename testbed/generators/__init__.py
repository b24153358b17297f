"""Generators: dials that describe a law."""

from testbed.generators.base import Generator, vary
from testbed.generators.lee import LeeMixture

__all__ = ["Generator", "LeeMixture", "vary"]
