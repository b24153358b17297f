"""Pretexts: learners of a representation psi of x1 from unlabelled pairs (x1, x2)."""

from testbed.arguments import attributes
from testbed.pretexts.autoencoder import Autoencoder, DenoisingAutoencoder
from testbed.pretexts.base import Pretext
from testbed.pretexts.basic import Optimum, Oracle, Raw
from testbed.pretexts.contrastive import ACE, Contrastive
from testbed.pretexts.correlation import CCA
from testbed.pretexts.instances import InstanceClassification
from testbed.pretexts.jigsaw import Jigsaw
from testbed.pretexts.landmarks import Landmarks
from testbed.pretexts.latent import Posterior
from testbed.pretexts.masked import OffDiagonal
from testbed.pretexts.one_view import PCA, PseudoLikelihood
from testbed.pretexts.predict import Predict, Truncated
from testbed.pretexts.refined import Refined
from testbed.pretexts.ridge_cca import RidgeCCA
from testbed.pretexts.shared import JointEmbedding, Reconstruction
from testbed.pretexts.two_networks import ContrastiveNetwork, DeepCCA
from testbed.pretexts.vicreg import VICReg

__all__ = [
    "ACE",
    "CCA",
    "PCA",
    "Autoencoder",
    "Contrastive",
    "ContrastiveNetwork",
    "DeepCCA",
    "DenoisingAutoencoder",
    "InstanceClassification",
    "Jigsaw",
    "JointEmbedding",
    "Landmarks",
    "OffDiagonal",
    "Optimum",
    "Oracle",
    "Posterior",
    "Predict",
    "Pretext",
    "PseudoLikelihood",
    "Raw",
    "Reconstruction",
    "Refined",
    "RidgeCCA",
    "Truncated",
    "VICReg",
]

__getattr__ = attributes(__name__, __all__)
