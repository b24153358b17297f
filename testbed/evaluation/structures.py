"""Structures that are drawn anew, for the engine "fast": mixtures whose closed forms are computed in one compiled pass.

Numpy goes over a block of 64 structures some forty times; `testbed.evaluation.forms` does it once. A number of it is
taken where conditioning leaves no doubt, structure by structure; everywhere else it is that of `MixturePopulation`.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import Self

import numpy as np

from testbed._linalg import LOST, Array, contrasts, is_identity
from testbed.data import LinearMap
from testbed.evaluation.forms import Forms, forms
from testbed.evaluation.lane_layout import held
from testbed.laws import GaussianMixture, Law
from testbed.laws.mixture_integrals import CERTAIN
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import ABSOLUTE, Given
from testbed.laws.readouts import CLEAR
from testbed.laws.states import MixtureStates, bare

__all__ = ["CompiledMixture", "compiled_law"]

FAR = 1e5  # trace of G, and with 1 the condition number, up to which systems of the states lose no digit that counts
DISTINCT = 1e-4  # share of the trace from which an eigenvalue has all digits that count
SURE = 0.1  # by which a logarithm is below its limit without doubt


def compiled_law(law: Law) -> Law:
    """The same law with compiled closed forms, or the law itself where these are of another kind.

    They are of a stack of mixtures with one covariance for all states of a structure, in which that of x1 is I, and
    with no latent that merges states.
    """
    plain = type(law) is GaussianMixture and law.batch and law.shared and law.latent is None
    if not plain or len(law.probability) < 2 or not is_identity(law.block(1, 1)):  # type: ignore[attr-defined]
        return law
    made = object.__new__(CompiledMixture)  # nothing to check again
    for field in fields(GaussianMixture):
        object.__setattr__(made, field.name, getattr(law, field.name))
    return made


class CompiledMixture(GaussianMixture):
    """A stack of mixtures whose centred means, and whose population, come from compiled code."""

    @cached_property
    def forms(self) -> Forms:
        """Closed forms of all structures."""
        basis = contrasts(np.ones(len(self.probability)))
        variance = np.diagonal(self.block(2, 2), axis1=-2, axis2=-1)
        within = np.broadcast_to(variance, (*self.batch, self.shape[1]))[:, None]
        parts = (held(self.mean), held(self.probability), held(self.label))
        return Forms(*forms(*parts, self.shape[2], held(basis), held(within), self.d1))

    mean1 = cached_property(lambda self: self.forms.mean1)
    mean2 = cached_property(lambda self: self.forms.mean2)
    centred1 = cached_property(lambda self: self.forms.centred1)
    centred2 = cached_property(lambda self: self.forms.centred2)

    def __getitem__(self, index: object) -> Self:
        """Cut the leading axis; what has none left is a plain mixture."""
        cut = super().__getitem__(index)
        if cut.batch:
            return cut
        made = object.__new__(GaussianMixture)
        for field in fields(GaussianMixture):
            object.__setattr__(made, field.name, getattr(cut, field.name))
        return made._mark_cut()  # type: ignore[return-value]

    def population(self) -> MixturePopulation:
        """Return the exact population of the law."""
        return CompiledPopulation(bare(MixtureStates, self), self.redrawn, self.forms)


class CompiledPopulation(MixturePopulation):
    """Truth of a `CompiledMixture`."""

    def __init__(self, arrays: MixtureStates, redrawn: bool, found: Forms) -> None:
        self.forms = found
        super().__init__(arrays, redrawn)

    @cached_property
    def _near(self) -> Array:
        """Where the states are near enough for the linear class."""
        return np.asarray(self.forms.apart < FAR)

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        found = LinearMap(self.forms.weight, self.forms.offset)
        if np.all(self._near):
            return found
        plain = super().linear_f_star
        return LinearMap(
            np.where(self._near[:, None, None], found.weight, plain.weight),
            np.where(self._near[:, None], found.offset, plain.offset),
        )

    @property
    def _floor_apart(self) -> Array:
        if np.all(self._near):
            return self.forms.floor
        return np.asarray(np.where(self._near, self.forms.floor, super()._floor_apart))

    @cached_property
    def certified(self) -> Array:
        """Where the posterior of the state is one-hot to 1e-12, so that everything is closed form."""
        states = len(self.arrays.probability)
        sure = self.forms.overlap + np.log(0.5 * states * (states - 1)) < np.log(CERTAIN) - SURE
        return np.asarray(sure) if np.all(sure) else np.asarray(sure | super().certified)

    @cached_property
    def variance2(self) -> Array:
        """Variances of the coordinates of X2, within states and between them, (..., d2)."""
        return self.forms.variance2

    @cached_property
    def _unit2(self) -> Array:
        """Largest unit of a coordinate of x2, (R,)."""
        far = LOST / ABSOLUTE * np.abs(self.mean2).max(axis=-1)
        return np.asarray(np.maximum(np.sqrt(self.variance2.max(axis=-1)), far))

    @cached_property
    def spanned(self) -> bool:
        """Whether `optimal_span` is known: where contrasts of the means are independent, weighted ones are too."""
        if not self.factored:
            return False
        p, size = self.arrays.probability, np.maximum(self.scale2, self._unit2)
        least, most = (np.sqrt(part * self.forms.whole2) for part in (p.min() * self.forms.smallest, p.max()))
        sure = (self.forms.smallest > DISTINCT) & (least > 2.0 * CLEAR * np.maximum(most, size))
        return bool(np.all(sure)) or super().spanned

    def beta(self, intercept: bool = False, given: Given = "yz") -> Array:
        """Conditioning of the label in X2: the root of the smallest eigenvalue where every state is a class."""
        states, d2 = self.A_bar.shape[-2:]
        if not intercept or given != "yz" or states > d2 + 1 or not is_identity(self.arrays.one_hot):
            return super().beta(intercept, given)
        smallest = np.sqrt(np.maximum(self.forms.smallest * self.forms.whole2, 0.0))
        sure = (self.forms.smallest > DISTINCT) & (smallest > ABSOLUTE * self._unit2)
        return smallest if np.all(sure) else np.where(sure, smallest, super().beta(intercept, given))
