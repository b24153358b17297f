"""Pretext tasks x1 -> psi."""

from testbed.pretexts.base import Pretext
from testbed.pretexts.basic import Oracle, Raw
from testbed.pretexts.latent import Posterior
from testbed.pretexts.predict import Predict, Truncated

__all__ = ["Oracle", "Posterior", "Predict", "Pretext", "Raw", "Truncated"]
