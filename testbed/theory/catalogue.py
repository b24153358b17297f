"""The versions of the statements that the ledger runs and `testbed describe` shows."""

from __future__ import annotations

from testbed.theory.base import Statement
from testbed.theory.blind import BlindPretext
from testbed.theory.bounds import IntrinsicBound, PseudoInverseBound, SharperBound, StrictlyLinearBound
from testbed.theory.codes import CodeVector, SampledCodes
from testbed.theory.finite_sample import ExactLeastSquares, MisspecifiedLeastSquares
from testbed.theory.leaks import SignedLeakBound, SignedLeakIdentity
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
from testbed.theory.posteriors import JigsawCancellation, Tweedie
from testbed.theory.ranks import RankLoss
from testbed.theory.rates import LinearOracleRate, OracleRate, PretextEstimation
from testbed.theory.sharpness import SharpIntrinsicBound
from testbed.theory.tasks import FisherSpace, MaskedDenoising, PseudoLikelihoodForm
from testbed.theory.tosh2021 import LandmarkAverage, LandmarkDraws, LandmarkRisk, LandmarkSpan, TwoViewBound
from testbed.theory.two_view import IntrinsicParts

__all__ = ["STATEMENTS"]

STATEMENTS: tuple[Statement, ...] = (
    # Lee et al., section 3: conditional independence
    OptimumOfLabel(),
    ZeroError(),
    ZeroError(intercept=True),
    LatentOptimum(),
    LatentOptimum(intercept=False),
    RankLoss(),
    RankLoss(intercept=False),
    LinearLemma(),
    LinearLemma(given="y"),
    LinearNeverGains(),
    OracleRate(),
    LinearOracleRate(),
    # section 4: approximate conditional independence
    IntrinsicBound(),
    IntrinsicBound(intercept=False),
    IntrinsicBound("universal"),
    IntrinsicBound("universal", intercept=False),
    IntrinsicBound("universal", given="y"),
    PseudoInverseBound(),
    StrictlyLinearBound(),
    SharpIntrinsicBound(),
    SharperBound(),
    SharperBound("universal"),
    SharperBound("universal", intercept=False),
    SignedLeakBound(),
    SignedLeakBound("linear"),
    SignedLeakBound(intercept=False),
    SignedLeakIdentity(),
    SignedLeakIdentity("linear"),
    SignedLeakIdentity(intercept=False),
    ExcessSplit(),
    TotalRisk(),
    PretextEstimation(),
    PretextEstimation(truncated=True),
    # exact finite samples
    ExactLeastSquares(),
    ExactLeastSquares(intercept=False),
    MisspecifiedLeastSquares(),
    PretextError(),
    ReducedRankPretext(),
    BlindPretext(),
    # Tosh et al., and the operator
    TwoViewBound(),
    LandmarkSpan(),
    LandmarkRisk(),
    LandmarkAverage(),
    LandmarkDraws(),
    DependenceRank(),
    SpectralContrastiveLoss(),
    SpectralContrastiveLoss(features="optimal"),
    TopFeatures(),
    TopFeatures(rank=2),
    # pretext tasks
    MaskedDenoising(),
    MaskedDenoising(q=0.1, rank=2),
    Tweedie(),
    PseudoLikelihoodForm(),
    FisherSpace(),
    JigsawCancellation(),
    IntrinsicParts(),
    IntrinsicParts("psi_star"),
    # likelihood, its bound, and codes
    EvidenceForms(),
    EvidenceForms(form="energy"),
    MeanFieldGap(),
    LinearVAEOptimum(),
    CollapseThreshold(),
    ExcessLogLoss(),
    ExcessLogLoss(rank=1),
    CodeVector(),
    SampledCodes(),
    SampledCodes(t=0.0),
)
