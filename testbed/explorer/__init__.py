"""The explorer: a results folder as one HTML file that needs no network, with its declared panels first.

A page is made of what the folder keeps: summary.csv, contrasts.csv and figures.txt, the declared FIGURES as text. No
script is run and nothing is simulated, and the same folder gives the same bytes.
"""

from __future__ import annotations

from testbed.explorer.folders import explore, explore_all

__all__ = ["explore", "explore_all"]
