"""Sweeps: the grid, the runner and the store."""

from testbed.sweep.grid import Experiment
from testbed.sweep.runner import run

__all__ = ["Experiment", "run"]
