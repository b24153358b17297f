"""The command line: run sweeps, report them, look at laws. Each command imports what it needs when it is called."""

from testbed.cli import audit, check, explore, falsify, look, results, run
from testbed.cli.base import main

__all__ = ["audit", "check", "explore", "falsify", "look", "main", "results", "run"]
