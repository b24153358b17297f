"""Bases that violations are put on, and the numbers they are judged by."""

from __future__ import annotations

from testbed.generators import CleanFinite, CleanGaussian, CleanMixture, Generator, LeeMixture
from testbed.laws import Law, Population

CLEAN = CleanMixture(structure_seed=1)
LATENT = CleanMixture(m=2, structure_seed=1)
LEE = LeeMixture(k=4, d1=9, d2=8, scale=2.0, structure_seed=1)
GAUSSIAN = CleanGaussian(k=2, d2=6, x2_std=2.0, structure_seed=1)
FINITE = CleanFinite()


def truth(source: Generator | Law) -> Population:
    return source.law().population()


def e_apx(source: Generator, intercept: bool = False) -> float:
    p = truth(source)
    return float(p.approximation_error(p.psi_star, intercept))


def linear_excess(source: Generator, intercept: bool = True) -> float:
    p = truth(source)
    return float(p.approximation_error(p.linear_psi_star, intercept) - p.class_floor)
