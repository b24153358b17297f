"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, SharperBound
from testbed.theory.finite_sample import ExactLeastSquares, PretextError, ReducedRankPretext

__all__ = [
    "Assumption",
    "Exact",
    "ExactLeastSquares",
    "FiniteSample",
    "IntrinsicBound",
    "PretextError",
    "ReducedRankPretext",
    "SharperBound",
    "Statement",
]
