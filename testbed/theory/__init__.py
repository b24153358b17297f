"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, PseudoInverseBound, SharperBound, StrictlyLinearBound
from testbed.theory.crossover import Crossover
from testbed.theory.finite_sample import ExactLeastSquares, PretextError, ReducedRankPretext
from testbed.theory.leaks import SignedLeakBound, SignedLeakIdentity
from testbed.theory.lee2021 import ExcessSplit, LatentOptimum, LinearLemma, LinearNeverGains, OptimumOfLabel, ZeroError
from testbed.theory.two_view import TwoViewCeiling

__all__ = [
    "Assumption",
    "Crossover",
    "Exact",
    "ExactLeastSquares",
    "ExcessSplit",
    "FiniteSample",
    "IntrinsicBound",
    "LatentOptimum",
    "LinearLemma",
    "LinearNeverGains",
    "OptimumOfLabel",
    "PretextError",
    "PseudoInverseBound",
    "ReducedRankPretext",
    "SharperBound",
    "SignedLeakBound",
    "SignedLeakIdentity",
    "Statement",
    "StrictlyLinearBound",
    "TwoViewCeiling",
    "ZeroError",
]
