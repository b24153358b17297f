"""A latent-variable model of x1 as a pretext: the representation is its posterior."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample, pooled
from testbed.laws import Law
from testbed.models import Model
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Unknown

__all__ = ["Posterior"]


@dataclass(frozen=True, repr=False)
class Posterior(Pretext):
    """psi(x1) = E[z | x1] of a model p(x1, z) fitted to the unlabelled x1: a mean, or probabilities of states.

    x2 is never looked at. Models whose posterior mean is affine run on Moments. A probe on the probabilities of a
    mixture sees the whole vector; how much a drawn state tells is `testbed.models.sampled_code_risk`.

    Parameters
    ----------
    model : Model
        The latent-variable model.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import ProbabilisticPCA
    >>> from testbed.pretexts import Posterior
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Posterior(ProbabilisticPCA(2)).optimum(law)    # the means of the latents given x1
    >>> psi.weight.shape
    (20, 2)
    """

    model: Model

    @property
    def linear(self) -> bool:
        """Whether the posterior mean is affine in x1."""
        return self.model.linear

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Fit the model to x1."""
        rng = generator_of(rng)
        return self.model.fit(draw if isinstance(draw, Sample) else pooled(draw), rng).psi

    def optimum(self, law: Law) -> Psi:
        """Posterior of the model fitted to infinitely many x1; `Unknown` where that is not computed."""
        fitted = self.model.optimum(law)
        if fitted is None:
            return Unknown(f"the optimum of {shown(self)} on this law is not computed")
        return fitted.psi
