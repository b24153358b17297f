"""Tasks on pairs of rows, of any law, that two small networks learn: contrastive ones, and deep CCA."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, Positive, Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law
from testbed.laws.canonical import CanonicalFunctions, canonical_functions, mixture_functions
from testbed.laws.population import NotDefinedError
from testbed.maps import Computed
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Unknown, rows_of
from testbed.pretexts.contrastive import ACE, ZERO, Contrastive, Loss
from testbed.pretexts.pair_steps import Layout, Objective
from testbed.pretexts.pair_training import Encoder, train
from testbed.pretexts.tables import exact
from testbed.regressors.base import Rank, resolve_rank

__all__ = ["ContrastiveNetwork", "DeepCCA"]

UNEQUAL = 1e-9  # largest relative difference of the moments of two views that is rounding


class TwoNetworks(Pretext):
    """Encoders of tanh units for x1 and for x2, trained together; psi is that of x1."""

    needs: ClassVar[tuple[str, ...]] = ("jax", "optax")

    rank: Rank
    hidden: tuple[int, ...]
    steps: int
    batch: int
    learning_rate: float

    @property
    def linear(self) -> bool:
        """False: the encoders are not affine in x1."""
        return False

    @property
    @abstractmethod
    def _objective(self) -> Objective:
        """What is minimised."""

    @abstractmethod
    def _population(self, law: Law) -> Psi:
        """Optimum over all functions on a law whose singular functions are known; a ValueError says why not."""

    def _fewest(self, rank: int) -> int:
        """Rows that a batch needs."""
        return 2

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Train both encoders on rows, and return that of x1."""
        rng = generator_of(rng)
        return self.encoders(draw, law, rng)[0]

    def encoders(self, draw: Draw, law: Law, rng: Seed) -> tuple[Encoder, Encoder]:
        """Train and return the encoders of x1 and of x2 (twice the same, where they are one)."""
        rng = generator_of(rng)
        shared = self._one_encoder(law)
        rows = rows_of(draw, self)
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        batch = min(self.batch, len(rows.x1))
        if batch < self._fewest(rank):
            raise ValueError(f"{shown(self)} needs batches of at least {self._fewest(rank)} rows; got {batch}")
        sizes1, sizes2 = ((x.shape[1], *self.hidden, rank) for x in (rows.x1, rows.x2))
        layout = Layout(self._objective, batch, sizes1, sizes2, shared)
        return train(
            rows.x1, rows.x2, layout, rng,
            steps=self.steps, learning_rate=self.learning_rate, ridge=self._ridge, task=repr(self),
        )  # fmt: skip

    def optimum(self, law: Law) -> Psi:
        """Return the optimum over all functions, where it is computed: see the class; what networks attain is less."""
        self._one_encoder(law)
        try:
            return self._population(law)
        except NotDefinedError as error:
            return Unknown(f"the optimum of {shown(self)} on a {type(law).__name__} is not known: {error}")

    @property
    def _ridge(self) -> float:
        """Ridge of the covariances, for the task that has one."""
        return 0.0

    def _one_encoder(self, law: Law) -> bool:
        """Whether both views have one encoder; ValueError where they cannot."""
        return False


def functions_of(law: Law, rank: int) -> CanonicalFunctions:
    """Leading singular functions of a law that is not finite, the constant first."""
    if isinstance(law, JointGaussian):
        return canonical_functions(law, rank)
    if isinstance(law, GaussianMixture):
        return mixture_functions(law, rank)
    raise NotDefinedError("its singular functions are not computed")


@dataclass(frozen=True, repr=False)
class ContrastiveNetwork(TwoNetworks):
    """Tell pairs (x1, x2) of the law from pairs of independent views, by networks f(x1), g(x2) of r outputs.

    With s = f(x1)'g(x2) the score of a pair, and s_ij that of row i of a batch with the x2 of row j, ::

        infonce      mean_i [ log sum_j exp s_ij - s_ii ]                    (x1 is the anchor; negatives: the batch)
        logistic     mean_i log(1 + exp(-s_ii)) + mean_{i != j} log(1 + exp s_ij)
        spectral     -2 mean_i s_ii + mean_{i != j} s_ij^2

    as `Contrastive`, which takes all functions on finite supports. A fixed number of steps of Adam (jax and optax, in
    single precision), whatever n is, on rows that are standardised; one network at a time, as a sweep fits one
    repetition at a time, by a program that is compiled once for each shape of batch and layers and kept. The seed
    decides the result on one machine type. Needs ``pip install 'testbed[neural]'``, and only when it is fitted.

    The optimum over all functions of r outputs is known for "spectral": with two encoders the r leading singular
    functions (constant first, scaled by s^{1/2}) of a finite law, a jointly Gaussian one (products of Hermite
    polynomials), or a Gaussian mixture without an edge within its states; with one encoder on finite laws only. The
    scores of "infonce" and "logistic" aim at log p(x1, x2) / (p(x1) p(x2)), up to a function of x1 for the former, and
    what r outputs keep of it is not known.

    Parameters
    ----------
    loss : "infonce", "logistic" or "spectral"
        Loss that is minimised.
    rank : int, "k", "k-1" or "km"
        Outputs of the encoders; for "spectral" one of them is the constant.
    hidden : tuple of int
        Units of the layers of each encoder; () for affine ones.
    shared : bool
        Whether one encoder serves both views.
    steps, batch : int
        Steps of Adam, and rows in each, all rows where there are fewer.
    learning_rate : float
        Of the first step; it falls to 0 along a cosine.

    Raises
    ------
    ImportError
        When fitted without jax and optax.
    ValueError
        One encoder where the views have unequal laws (finite laws: p(x1, x2) is not symmetric; others: dimensions,
        means or covariances differ); training that diverges.

    References
    ----------
    van den Oord, Li and Vinyals, arXiv 1807.03748 (InfoNCE); Gutmann and Hyvarinen, AISTATS 2010 (logistic); HaoChen,
    Wei, Gaidon and Ma, NeurIPS 2021 (spectral).
    """

    loss: Loss
    rank: Rank
    hidden: tuple[Count, ...] = (64, 64)
    shared: bool = False
    steps: Count = 1000
    batch: Annotated[int, Whole(2)] = 256
    learning_rate: Positive = 1e-2

    @property
    def _objective(self) -> Objective:
        return self.loss

    def _one_encoder(self, law: Law) -> bool:
        if self.shared:
            _check_exchangeable(law, self)
        return self.shared

    def _population(self, law: Law) -> Psi:
        if self.loss != "spectral":
            raise NotDefinedError("scores of r outputs keep an unknown part of the log ratio")
        if isinstance(law, Finite):
            return Contrastive("spectral", self.rank, self.shared).optimum(law)
        if self.shared:
            raise NotDefinedError("one encoder, and no finite supports")
        functions = functions_of(law, resolve_rank(self.rank, law.shape[2], law.states))
        return Computed(lambda x1: functions.first(x1) * np.sqrt(functions.values), "leading functions of the law")


@dataclass(frozen=True, repr=False)
class DeepCCA(TwoNetworks):
    """Deep canonical correlation analysis: networks f(x1), g(x2) of r outputs whose canonical correlations are largest.

    Maximised over batches is the sum of the singular values of L1^{-1} C12 L2^{-T}, L_i L_i' = C_ii + ridge I, with the
    covariances of the outputs in the batch. Trained as `ContrastiveNetwork` is; the correlations of a batch are biased
    upwards by about r over its rows, so it should be large.

    The optimum over all functions is that of `ACE`, the r leading singular functions without the constant: on finite
    laws, jointly Gaussian ones and Gaussian mixtures without an edge within their states. In a jointly Gaussian law
    these are products of Hermite polynomials of the canonical variates: the square of a first variate may come before
    the second one, so the optimum need not span the directions of `CCA`.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Outputs of the encoders; a probe wants an intercept.
    hidden : tuple of int
        Units of the layers of each encoder; () for linear CCA by gradient steps.
    ridge : float
        Added to the variances of the outputs.
    steps, batch : int
        Steps of Adam, and rows in each, all rows where there are fewer; at least 2 r + 2.
    learning_rate : float
        Of the first step; it falls to 0 along a cosine.

    Raises
    ------
    ImportError
        When fitted without jax and optax.
    ValueError
        Batches in which correlations are 1 whatever the truth; training that diverges.

    References
    ----------
    Andrew, Arora, Bilmes and Livescu, "Deep canonical correlation analysis", ICML 2013.
    """

    rank: Rank
    hidden: tuple[Count, ...] = (64, 64)
    ridge: Positive = 1e-3
    steps: Count = 1000
    batch: Annotated[int, Whole(2)] = 256
    learning_rate: Positive = 1e-2

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """None: correlations are the same for every invertible map of the outputs."""
        return "none"

    @property
    def _objective(self) -> Objective:
        return "cca"

    @property
    def _ridge(self) -> float:
        return self.ridge

    def _fewest(self, rank: int) -> int:
        return 2 * rank + 2

    def _population(self, law: Law) -> Psi:
        if isinstance(law, Finite):
            return ACE(self.rank).optimum(law)
        functions = functions_of(law, 1 + resolve_rank(self.rank, law.shape[2], law.states))
        kept = np.where(functions.values[1:] > ZERO, 1.0, 0.0)
        return Computed(lambda x1: functions.first(x1)[:, 1:] * kept, "leading functions of the law")


def _check_exchangeable(law: Law, task: Pretext) -> None:
    """Refuse views of unequal laws; beyond finite supports, as far as the first two moments tell."""
    if isinstance(law, Finite):
        pairs = exact(law, task)
        same = pairs.points1.shape == pairs.points2.shape and np.array_equal(pairs.points1, pairs.points2)
        unequal = not same or not _alike(pairs.p12, pairs.p12.T)
    else:
        truth = law.population()
        unequal = law.shape[0] != law.shape[1] or not all(
            _alike(a, b) for a, b in ((truth.mean1, truth.mean2), (truth.s11, truth.s22), (truth.s12, truth.s12.T))
        )
    if unequal:
        raise ValueError(f"{shown(task)}: one encoder needs views that are exchangeable, and those of this law are not")


def _alike(a: Array, b: Array) -> bool:
    """Whether two arrays are one, to rounding."""
    return bool(np.abs(a - b).max() <= UNEQUAL * np.abs(a).max())
