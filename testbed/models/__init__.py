"""Latent-variable models of x1: likelihood, posterior, evidence lower bound, and their distance from the law."""

from testbed.arguments import attributes
from testbed.models.base import Elbo, Fitted, Model
from testbed.models.codes import sampled_code_risk
from testbed.models.factor_analysis import FactorAnalysis
from testbed.models.latent_class import LatentClass
from testbed.models.linear_vae import LinearVAE
from testbed.models.mixture import MixtureModel
from testbed.models.pca import ProbabilisticPCA
from testbed.models.relabelling import blurred, classes_of, ignoring, relabelled
from testbed.models.vae import VAE

__all__ = [
    "VAE",
    "Elbo",
    "FactorAnalysis",
    "Fitted",
    "LatentClass",
    "LinearVAE",
    "MixtureModel",
    "Model",
    "ProbabilisticPCA",
    "blurred",
    "classes_of",
    "ignoring",
    "relabelled",
    "sampled_code_risk",
]

__getattr__ = attributes(__name__, __all__)
