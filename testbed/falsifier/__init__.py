"""The falsifier searches for an exact counterexample to a conjecture, and says 'survived' where it finds none."""

from testbed.falsifier.certificates import checker, verify
from testbed.falsifier.families import Family, GaussianFactors, Graphs, IndependentTables, Tables
from testbed.falsifier.search import falsify
from testbed.falsifier.verdicts import Failed, NearlyTight, Refuted, Survived, Verdict

__all__ = [
    "Failed",
    "Family",
    "GaussianFactors",
    "Graphs",
    "IndependentTables",
    "NearlyTight",
    "Refuted",
    "Survived",
    "Tables",
    "Verdict",
    "checker",
    "falsify",
    "verify",
]
