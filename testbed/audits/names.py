"""The names of the quantities of an audit, as tables and truths use them."""

from __future__ import annotations

__all__ = [
    "BASELINE",
    "BETA",
    "BOUND",
    "CONSTANT",
    "DIFFERENCE",
    "EPSILON",
    "LEAK",
    "MEANS",
    "MULTIPLIER",
    "PLAIN",
    "SLOPES",
    "STUDENTISED",
    "UNIVERSAL",
]

DIFFERENCE = "risk of the pretext minus ridge on x1, n_a = "
MULTIPLIER = "labels of ridge for one of the pretext, n_b / n_a"
LEAK = "leak in label units"
CONSTANT = "held-out risk of a constant"
BASELINE = "held-out risk of ridge on x1"
STUDENTISED = "p, dependence in means"
PLAIN = "p, any dependence"
EPSILON = "eps_CI^2, linear class"
UNIVERSAL = "eps_CI^2, all functions"
MEANS, SLOPES = "singular value of the class means ", "singular value of the slopes "
BETA = "beta"
BOUND = "eps_CI^2 / beta^2"
