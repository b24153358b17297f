"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.blind import BlindPretext
from testbed.theory.bounds import IntrinsicBound, PseudoInverseBound, SharperBound, StrictlyLinearBound
from testbed.theory.catalogue import STATEMENTS
from testbed.theory.codes import CodeVector, SampledCodes
from testbed.theory.crossover import Crossover
from testbed.theory.finite_sample import ExactLeastSquares, MisspecifiedLeastSquares
from testbed.theory.leaks import LearntLeak, SignedLeakBound, SignedLeakIdentity
from testbed.theory.learnt import PretextError, ReducedRankPretext, TotalRisk
from testbed.theory.lee2021 import ExcessSplit, LatentOptimum, LinearLemma, LinearNeverGains, OptimumOfLabel, ZeroError
from testbed.theory.likelihood import (
    CollapseThreshold,
    EvidenceForms,
    ExcessLogLoss,
    LinearVAEOptimum,
    MeanFieldGap,
)
from testbed.theory.operator import DependenceRank, SpectralContrastiveLoss, TopFeatures
from testbed.theory.quantities import Quantity
from testbed.theory.ranks import RankLoss
from testbed.theory.rates import LinearOracleRate, OracleRate, PretextEstimation
from testbed.theory.sharpness import SharpIntrinsicBound, sharp_law
from testbed.theory.tosh2021 import LandmarkDraws, LandmarkRisk, LandmarkSpan, TwoViewBound
from testbed.theory.two_view import TwoViewCeiling

__all__ = [
    "STATEMENTS",
    "Assumption",
    "BlindPretext",
    "CodeVector",
    "CollapseThreshold",
    "Crossover",
    "DependenceRank",
    "EvidenceForms",
    "Exact",
    "ExactLeastSquares",
    "ExcessLogLoss",
    "ExcessSplit",
    "FiniteSample",
    "IntrinsicBound",
    "LandmarkDraws",
    "LandmarkRisk",
    "LandmarkSpan",
    "LatentOptimum",
    "LearntLeak",
    "LinearLemma",
    "LinearNeverGains",
    "LinearOracleRate",
    "LinearVAEOptimum",
    "MeanFieldGap",
    "MisspecifiedLeastSquares",
    "OptimumOfLabel",
    "OracleRate",
    "PretextError",
    "PretextEstimation",
    "PseudoInverseBound",
    "Quantity",
    "RankLoss",
    "ReducedRankPretext",
    "SampledCodes",
    "SharpIntrinsicBound",
    "SharperBound",
    "SignedLeakBound",
    "SignedLeakIdentity",
    "SpectralContrastiveLoss",
    "Statement",
    "StrictlyLinearBound",
    "TopFeatures",
    "TotalRisk",
    "TwoViewBound",
    "TwoViewCeiling",
    "ZeroError",
    "sharp_law",
]
