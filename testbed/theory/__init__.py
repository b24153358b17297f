"""The theory: statements with their assumptions, margins and predictions, a module for each paper."""

from testbed.theory.base import Assumption, Exact, FiniteSample, Statement
from testbed.theory.bounds import IntrinsicBound, SharperBound

__all__ = ["Assumption", "Exact", "FiniteSample", "IntrinsicBound", "SharperBound", "Statement"]
