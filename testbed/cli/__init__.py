"""The command line: run sweeps, report them, look at laws. Each command imports what it needs when it is called."""

from testbed.cli import audit, check, draw, explore, falsify, look, new, results, run
from testbed.cli.base import main

__all__ = ["audit", "check", "draw", "explore", "falsify", "look", "main", "new", "results", "run"]
