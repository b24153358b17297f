"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, SharperBound
from testbed.theory.codes import CodeVector, SampledCodes
from testbed.theory.likelihood import (
    CollapseThreshold,
    EvidenceForms,
    ExcessLogLoss,
    LinearVAEOptimum,
    MeanFieldGap,
)

__all__ = [
    "Assumption",
    "CodeVector",
    "CollapseThreshold",
    "EvidenceForms",
    "Exact",
    "ExcessLogLoss",
    "FiniteSample",
    "IntrinsicBound",
    "LinearVAEOptimum",
    "MeanFieldGap",
    "SampledCodes",
    "SharperBound",
    "Statement",
]
