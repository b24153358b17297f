"""Laws p(x1, x2, y, z): arrays that say what the law is, samplers, and its exact population."""

from testbed.arguments import attributes
from testbed.laws.base import Law
from testbed.laws.binary_gaussian import BinaryGaussian
from testbed.laws.derived import SquaredMixture
from testbed.laws.finite import Finite
from testbed.laws.joint_gaussian import JointGaussian
from testbed.laws.mixture import GaussianMixture
from testbed.laws.population import Population
from testbed.laws.shifted import Shifted
from testbed.laws.student import StudentMixture
from testbed.laws.topics import Topics

__all__ = [
    "BinaryGaussian",
    "Finite",
    "GaussianMixture",
    "JointGaussian",
    "Law",
    "Population",
    "Shifted",
    "SquaredMixture",
    "StudentMixture",
    "Topics",
]

__getattr__ = attributes(__name__, __all__)
