"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, PseudoInverseBound, SharperBound, StrictlyLinearBound
from testbed.theory.finite_sample import ExactLeastSquares, PretextError, ReducedRankPretext
from testbed.theory.leaks import LearntLeak, SignedLeakBound, SignedLeakIdentity
from testbed.theory.lee2021 import ExcessSplit, LatentOptimum, LinearLemma, LinearNeverGains, OptimumOfLabel, ZeroError
from testbed.theory.quantities import Quantity
from testbed.theory.ranks import RankLoss

__all__ = [
    "Assumption",
    "Exact",
    "ExactLeastSquares",
    "ExcessSplit",
    "FiniteSample",
    "IntrinsicBound",
    "LatentOptimum",
    "LearntLeak",
    "LinearLemma",
    "LinearNeverGains",
    "OptimumOfLabel",
    "PretextError",
    "PseudoInverseBound",
    "Quantity",
    "RankLoss",
    "ReducedRankPretext",
    "SharperBound",
    "SignedLeakBound",
    "SignedLeakIdentity",
    "Statement",
    "StrictlyLinearBound",
    "ZeroError",
]
