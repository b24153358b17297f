"""The task of the paper: predict x2 from x1; and its truncation to the leading principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import Array, transpose, upper
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Chain, LinearMap, Moments, Sample, pooled
from testbed.laws import Law, Population
from testbed.laws.table_population import TablePopulation
from testbed.outside import handed
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Unknown
from testbed.pretexts.tables import Lookup
from testbed.regressors import LinearRegressor, ReducedRank, Regressor
from testbed.regressors.base import Rank, check_rank, resolve_rank

__all__ = ["Predict", "Truncated"]


@dataclass(frozen=True, repr=False)
class Predict(Pretext):
    """psi~(x1) = estimate of E[X2 | X1 = x1] by any regressor, from n_unlabeled pairs.

    Parameters
    ----------
    regressor : Regressor
        How x2 is regressed on x1.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 2: step 1 of the procedure.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Predict
    >>> from testbed.regressors import OLS
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> rng = np.random.default_rng(0)
    >>> learnt = Predict(OLS()).fit([law.moments(4000, rng)], law, rng)
    >>> truth = law.population()
    >>> float(truth.approximation_error(learnt).round(4)), float(truth.class_floor.round(4))
    (0.096, 0.0916)
    """

    regressor: Regressor

    @property
    def linear(self) -> bool:
        """Whether the regressor is linear, so that psi is affine in x1."""
        return self.regressor.linear

    @property
    def folds(self) -> int:
        """Number of batches of Moments that the regressor wants."""
        return self.regressor.folds if isinstance(self.regressor, LinearRegressor) else 1

    @property
    def needs_square(self) -> bool:
        """Whether the regressor uses the scatter of x2 with itself."""
        return isinstance(self.regressor, LinearRegressor) and self.regressor.needs_square

    @property
    def weighted(self) -> bool:
        """Whether the regressor takes weights."""
        return self.regressor.weighted

    @property
    def tune_once(self) -> bool:
        """Whether the regressor chooses its settings on repetition 0 of a cell and holds them."""
        return self.regressor.tune_once

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Regress x2 on x1, and return the fitted predictor as psi."""
        rng = generator_of(rng)
        if isinstance(draw, Sample):
            return self.regressor.fit_counted(draw.x1, draw.x2, draw.weight, rng)
        if not isinstance(self.regressor, LinearRegressor):
            raise TypeError(f"{shown(self.regressor)} is fitted on rows, not on Moments")
        return self.regressor.fit_parts([draw] if isinstance(draw, Moments) else draw, "x1", "x2")

    def optimum(self, law: Law) -> Psi:
        """Best predictor of the regressor's class: affine, affine of bounded rank, or E[X2 | X1]."""
        truth = law.population()
        if not isinstance(self.regressor, LinearRegressor):
            return truth.psi_star
        rank = law.shape[1]
        if isinstance(self.regressor, ReducedRank):
            rank = resolve_rank(self.regressor.rank, law.shape[2], law.states)
            if rank and np.any(truth.ambiguous(rank)):
                return Unknown(
                    f"the best predictors of rank {rank} of x2 differ in what they keep of the label: the singular "
                    f"values {rank} and {rank + 1} of E[X2 | X1] are equal on this law"
                )
        return truth.reduced_psi_star(rank, self.regressor.intercept)

    def tuned(self, draw: Draw, law: Law, rng: Seed) -> Pretext:
        """Let the regressor choose its settings on these rows."""
        rng = generator_of(rng)
        if not isinstance(draw, Sample):
            return self
        return Predict(self.regressor.tuned(handed(draw.x1, self), handed(draw.x2, self), rng))


@dataclass(frozen=True, repr=False)
class Truncated(Pretext):
    """The leading centred principal components of another pretext's psi~ (Remark 4.1).

    The components are those of psi~(x1) over the unlabelled x1; psi has `rank` coordinates. Variates of `CCA` and `ACE`
    all have variance 1, so every direction would be a principal component: of them the first are kept, those of the
    largest correlations, and ``Truncated(CCA(q), r)`` is ``CCA(r)``.

    Parameters
    ----------
    pretext : Pretext
        The representation to truncate.
    rank : int, "k", "k-1" or "km"
        Number of components kept; a named one keeps all of them where there are fewer.

    Raises
    ------
    ValueError
        A pretext whose outputs are known up to an invertible map only (`DeepCCA`): nothing orders their directions.
        In a fit or at the optimum: a number above the coordinates of the pretext.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Remark 4.1.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Predict, Truncated
    >>> from testbed.regressors import OLS
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Truncated(Predict(OLS()), "k-1").optimum(law)
    >>> psi.weight.shape, float(law.population().approximation_error(psi).round(3))
    ((20, 2), 0.092)
    """

    pretext: Pretext
    rank: Rank

    def __post_init__(self) -> None:
        """Refuse a pretext whose outputs have no order."""
        super().__post_init__()
        if self.pretext.leading == "none":
            raise ValueError(
                f"pretext = {shown(self.pretext)}: its outputs are known up to an invertible map, so none of their "
                "directions come first; train it with fewer outputs"
            )

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The rule of the inner pretext for what is kept."""
        return self.pretext.leading

    @property
    def linear(self) -> bool:
        """Whether the inner pretext is linear, so that psi is affine in x1."""
        return self.pretext.linear

    @property
    def folds(self) -> int:
        """The components need the x1 of the pairs, even where the inner pretext does not."""
        return max(1, self.pretext.folds)

    @property
    def needs_square(self) -> bool:
        """Whether the inner pretext uses the scatter of x2 with itself."""
        return self.pretext.needs_square

    @property
    def weighted(self) -> bool:
        """Whether the inner pretext takes weights."""
        return self.pretext.weighted

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Fit the inner pretext and rotate its image to its leading components."""
        rng = generator_of(rng)
        return self.cut(self.pretext.fit(draw, law, rng), draw, law)

    def cut(self, psi: Psi, draw: Draw, law: Law) -> Psi:
        """Truncate a fitted representation over the x1 of `draw`."""
        if self.leading == "first":
            return self._first(psi, law)
        if isinstance(psi, LinearMap) and not isinstance(draw, Sample):
            root, _ = pooled(draw).roots("x1", "x1")
            return self._compose(psi, root @ psi.weight, law)
        if not isinstance(draw, Sample):
            raise TypeError(f"{shown(self)} is fitted on rows, not on Moments")
        image = psi(draw.x1)
        centred = image - np.average(image, axis=0, weights=draw.weight)
        return self._compose(psi, centred if draw.weight is None else np.sqrt(draw.weight)[:, None] * centred, law)

    def optimum(self, law: Law) -> Psi:
        """Leading components of the inner optimum under the law."""
        return self._limit(self.pretext.optimum(law), law)

    def aim(self, law: Law) -> Psi:
        """Leading components of what the inner pretext aims at, over the x1 of the pairs."""
        return self._limit(self.pretext.aim(law), law.pretext_law)

    def _limit(self, psi: Psi, law: Law) -> Psi:
        """Truncate a representation over all x1 of a law."""
        if isinstance(psi, Unknown):
            return psi
        if self.leading == "first":
            return self._first(psi, law)
        root = _root(psi, law.population())
        if root is None:
            return Unknown(
                f"the components of the optimum of {shown(self.pretext)} are known where x1 takes finitely many values"
            )
        return self._compose(psi, root, law)

    def _first(self, psi: Psi, law: Law) -> Psi:
        """Keep the first coordinates."""
        width = psi.weight.shape[-1] if isinstance(psi, LinearMap) else psi(np.zeros((1, law.shape[0]))).shape[-1]
        kept = np.eye(width)[:, : self._kept(psi, width, law)]
        return _then(psi, LinearMap(kept, np.zeros(kept.shape[-1]), full_rank=True))

    def _kept(self, psi: Psi, width: int, law: Law) -> int:
        """Coordinates that are kept of so many; a table has as many as points are met, which no number foresees."""
        if not isinstance(psi, Lookup):
            check_rank(self.rank, width, f"psi of {shown(self.pretext)} has {width} coordinates")
        return resolve_rank(self.rank, law.shape[2], law.states)

    def _compose(self, psi: Psi, root: Array, law: Law) -> Psi:
        """Follow psi by the leading right singular vectors of a root of its covariance."""
        rank = self._kept(psi, root.shape[-1], law)
        if root.shape[-2] > root.shape[-1]:
            root = upper(root)
        vectors = np.linalg.svd(root, full_matrices=False)[2]
        rank = min(rank, vectors.shape[-2])
        axes = transpose(vectors[..., :rank, :])
        return _then(psi, LinearMap(axes, np.zeros(rank), full_rank=True))


def _then(psi: Psi, second: LinearMap) -> Psi:
    return psi.then(second) if isinstance(psi, LinearMap) else Chain(psi, second)


def _root(psi: Psi, truth: Population) -> Array | None:
    """Rows R with R'R = covariance of psi(X1) under the law; None where that is not computed."""
    if isinstance(psi, LinearMap):
        return truth.root1 @ psi.weight
    if psi == truth.psi_star:
        return truth.psi_star_root()
    if isinstance(psi, Chain):
        root = _root(psi.first, truth)
        return None if root is None else root @ psi.second.weight
    if not isinstance(truth, TablePopulation):
        return None
    image = psi(truth.points1)
    return np.sqrt(truth.p1)[:, None] * (image - truth.p1 @ image)
