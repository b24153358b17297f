"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, SharperBound
from testbed.theory.finite_sample import ExactLeastSquares, MisspecifiedLeastSquares
from testbed.theory.learnt import BlindPretext, PretextError, ReducedRankPretext, TotalRisk
from testbed.theory.operator import DependenceRank, SpectralContrastiveLoss, TopFeatures
from testbed.theory.rates import LinearOracleRate, OracleRate, PretextEstimation
from testbed.theory.sharpness import SharpIntrinsicBound, sharp_law
from testbed.theory.tosh2021 import LandmarkDraws, LandmarkRisk, LandmarkSpan, TwoViewBound

__all__ = [
    "Assumption",
    "BlindPretext",
    "DependenceRank",
    "Exact",
    "ExactLeastSquares",
    "FiniteSample",
    "IntrinsicBound",
    "LandmarkDraws",
    "LandmarkRisk",
    "LandmarkSpan",
    "LinearOracleRate",
    "MisspecifiedLeastSquares",
    "OracleRate",
    "PretextError",
    "PretextEstimation",
    "ReducedRankPretext",
    "SharpIntrinsicBound",
    "SharperBound",
    "SpectralContrastiveLoss",
    "Statement",
    "TopFeatures",
    "TotalRisk",
    "TwoViewBound",
    "sharp_law",
]
