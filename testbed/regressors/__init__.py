"""Regressors of b on a: linear ones see Moments, all others see rows."""

from testbed.arguments import attributes
from testbed.regressors.base import LinearRegressor, Regressor, bind
from testbed.regressors.class_means import ClassMeans
from testbed.regressors.kernel import KernelRidge, Nystroem
from testbed.regressors.network import Network
from testbed.regressors.ols import OLS
from testbed.regressors.reduced_rank import ReducedRank
from testbed.regressors.ridge import Ridge
from testbed.regressors.sklearn import Sklearn

__all__ = [
    "OLS",
    "ClassMeans",
    "KernelRidge",
    "LinearRegressor",
    "Network",
    "Nystroem",
    "ReducedRank",
    "Regressor",
    "Ridge",
    "Sklearn",
    "bind",
]

__getattr__ = attributes(__name__, __all__)
