"""Sweeps: the grid of an experiment, the runner that fills it, and the folder that keeps its rows."""

import sys

from testbed.failures import SYSTEMS

if sys.platform == "win32":
    raise ImportError(SYSTEMS)

from testbed.sweep.experiment import Experiment
from testbed.sweep.runner import run

__all__ = ["Experiment", "run"]
