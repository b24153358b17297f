"""Pretext tasks x1 -> psi."""

from testbed.pretexts.autoencoder import Autoencoder, DenoisingAutoencoder
from testbed.pretexts.base import Pretext
from testbed.pretexts.basic import Oracle, Raw
from testbed.pretexts.correlation import CCA
from testbed.pretexts.jigsaw import Jigsaw
from testbed.pretexts.one_view import PCA, InstanceClassification, PseudoLikelihood
from testbed.pretexts.predict import Predict, Truncated

__all__ = [
    "CCA",
    "PCA",
    "Autoencoder",
    "DenoisingAutoencoder",
    "InstanceClassification",
    "Jigsaw",
    "Oracle",
    "Predict",
    "Pretext",
    "PseudoLikelihood",
    "Raw",
    "Truncated",
]
