"""The theory: statements with their assumptions and both sides, a module for each paper or family of results.

What ``__all__`` names is the catalogue: `testbed check` and `testbed describe` run the versions of its statements in
its order, and a name is found in whichever file of this folder publishes it. A new statement is a class, and its line
here.
"""

from __future__ import annotations

from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from testbed.arguments import attributes
from testbed.theory.base import Assumption, Exact, FiniteSample, Sides, Statement

if TYPE_CHECKING:
    from testbed.theory.bounds import *
    from testbed.theory.dependence import *
    from testbed.theory.gaussian_views import *
    from testbed.theory.graphs import *
    from testbed.theory.information import *
    from testbed.theory.leaks import *
    from testbed.theory.learnt import *
    from testbed.theory.least_squares import *
    from testbed.theory.lee2021 import *
    from testbed.theory.likelihood import *
    from testbed.theory.loss_alone import *
    from testbed.theory.masked_contrast import *
    from testbed.theory.mean_classifier import *
    from testbed.theory.minimax import *
    from testbed.theory.nonlinear_cca import *
    from testbed.theory.pinsker import *
    from testbed.theory.posteriors import *
    from testbed.theory.projection import *
    from testbed.theory.quantities import *
    from testbed.theory.rates import *
    from testbed.theory.refinement import *
    from testbed.theory.shared_views import *
    from testbed.theory.tasks import *
    from testbed.theory.tosh2021 import *

    STATEMENTS: tuple[Statement, ...]

__all__ = [  # noqa: RUF022 - the order is that of the ledger
    "Assumption",
    "Exact",
    "FiniteSample",
    "Sides",
    "Statement",
    "STATEMENTS",
    # Lee et al., section 3: conditional independence
    "OptimumOfLabel",
    "ZeroError",
    "LatentOptimum",
    "RankLoss",
    "LinearLemma",
    "LinearNeverGains",
    "OracleRate",
    "LinearOracleRate",
    # section 4: approximate conditional independence
    "IntrinsicBound",
    "PseudoInverseBound",
    "StrictlyLinearBound",
    "SharpIntrinsicBound",
    "sharp_law",
    "SharperBound",
    "SignedLeakBound",
    "SignedLeakIdentity",
    "LearntLeak",
    "RefinedLeak",
    "ExcessSplit",
    "TotalRisk",
    "PretextEstimation",
    # exact finite samples
    "ExactLeastSquares",
    "MisspecifiedLeastSquares",
    "PretextError",
    "ReducedRankPretext",
    "Crossover",
    "BlindPretext",
    # Tosh et al., and the operator
    "TwoViewBound",
    "LandmarkSpan",
    "LandmarkRisk",
    "LandmarkAverage",
    "LandmarkDraws",
    "DependenceRank",
    "SpectralContrastiveLoss",
    "TopFeatures",
    "SharperTopFeatures",
    "NonlinearCCABound",
    "InformationBound",
    "MeanClassifier",
    "GaussianTopFunctions",
    "MinimaxFeatures",
    "MinimaxRivals",
    "GraphBound",
    "GraphErrorBound",
    "LossAlone",
    # pretext tasks
    "MaskedDenoising",
    "Tweedie",
    "PseudoLikelihoodForm",
    "FisherSpace",
    "ProjectedScores",
    "CollapseOfModes",
    "JointEmbeddingLoss",
    "ReconstructionLoss",
    "MaskedContrast",
    "MaskedContrastSpan",
    "JigsawCancellation",
    "IntrinsicParts",
    # likelihood, its bound, and codes
    "EvidenceForms",
    "MeanFieldGap",
    "LinearVAEOptimum",
    "CollapseThreshold",
    "ExcessLogLoss",
    "CodeVector",
    "SampledCodes",
    # plain numbers of a law
    "Quantity",
    "TwoViewCeiling",
]

_otherwise = attributes(__name__, __all__)


def __getattr__(name: str) -> Any:
    """Find a public name in the file that publishes it, when it is first asked for."""
    if name not in __all__:
        return _otherwise(name)
    found = _statements() if name == "STATEMENTS" else _published(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """What there is to import, also what no one has asked for yet."""
    return sorted({*globals(), *__all__})


def _published(name: str) -> Any:
    for file in iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"no file of {__name__} has {name} in its __all__")


def _statements() -> tuple[Statement, ...]:
    """Every version of every statement, in the order of ``__all__``."""
    named = [globals().get(name) or __getattr__(name) for name in __all__ if name != "STATEMENTS"]
    classes = [c for c in named if isinstance(c, type) and issubclass(c, Statement) and not isabstract(c)]
    return tuple(c(**settings) for c in classes for settings in c.versions)
