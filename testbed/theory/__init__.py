"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from testbed.arguments import attributes
from testbed.theory.base import Assumption, Exact, FiniteSample, Sides, Statement
from testbed.theory.blind import BlindPretext
from testbed.theory.bounds import IntrinsicBound, PseudoInverseBound, SharperBound, StrictlyLinearBound
from testbed.theory.catalogue import STATEMENTS
from testbed.theory.crossover import Crossover
from testbed.theory.finite_sample import ExactLeastSquares, MisspecifiedLeastSquares
from testbed.theory.leaks import LearntLeak, SignedLeakBound, SignedLeakIdentity
from testbed.theory.learnt import PretextError, ReducedRankPretext, TotalRisk
from testbed.theory.lee2021 import ExcessSplit, LatentOptimum, LinearLemma, LinearNeverGains, OptimumOfLabel, ZeroError
from testbed.theory.operator import DependenceRank, SpectralContrastiveLoss, TopFeatures
from testbed.theory.posteriors import JigsawCancellation, Tweedie
from testbed.theory.quantities import Quantity
from testbed.theory.ranks import RankLoss
from testbed.theory.rates import LinearOracleRate, OracleRate, PretextEstimation
from testbed.theory.sharpness import SharpIntrinsicBound, sharp_law
from testbed.theory.tasks import FisherSpace, MaskedDenoising, PseudoLikelihoodForm
from testbed.theory.tosh2021 import LandmarkAverage, LandmarkDraws, LandmarkRisk, LandmarkSpan, TwoViewBound
from testbed.theory.two_view import IntrinsicParts, TwoViewCeiling

if TYPE_CHECKING:
    from testbed.theory.codes import CodeVector, SampledCodes
    from testbed.theory.likelihood import (
        CollapseThreshold,
        EvidenceForms,
        ExcessLogLoss,
        LinearVAEOptimum,
        MeanFieldGap,
    )

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
    "FisherSpace",
    "IntrinsicBound",
    "IntrinsicParts",
    "JigsawCancellation",
    "LandmarkAverage",
    "LandmarkDraws",
    "LandmarkRisk",
    "LandmarkSpan",
    "LatentOptimum",
    "LearntLeak",
    "LinearLemma",
    "LinearNeverGains",
    "LinearOracleRate",
    "LinearVAEOptimum",
    "MaskedDenoising",
    "MeanFieldGap",
    "MisspecifiedLeastSquares",
    "OptimumOfLabel",
    "OracleRate",
    "PretextError",
    "PretextEstimation",
    "PseudoInverseBound",
    "PseudoLikelihoodForm",
    "Quantity",
    "RankLoss",
    "ReducedRankPretext",
    "SampledCodes",
    "SharpIntrinsicBound",
    "SharperBound",
    "Sides",
    "SignedLeakBound",
    "SignedLeakIdentity",
    "SpectralContrastiveLoss",
    "Statement",
    "StrictlyLinearBound",
    "TopFeatures",
    "TotalRisk",
    "Tweedie",
    "TwoViewBound",
    "TwoViewCeiling",
    "ZeroError",
    "sharp_law",
]

# On first use: these speak of models, which nothing else here needs.
_LATER = {
    "CodeVector": "codes",
    "SampledCodes": "codes",
    "CollapseThreshold": "likelihood",
    "EvidenceForms": "likelihood",
    "ExcessLogLoss": "likelihood",
    "LinearVAEOptimum": "likelihood",
    "MeanFieldGap": "likelihood",
}


_otherwise = attributes(__name__, [*__all__, *_LATER])


def __getattr__(name: str) -> Any:
    """Import a statement about models when it is asked for."""
    if name in _LATER:
        return getattr(import_module(f"testbed.theory.{_LATER[name]}"), name)
    return _otherwise(name)
