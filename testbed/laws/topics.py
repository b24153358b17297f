"""Topic models: words are independent given topic proportions, and the two views are halves of a document."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any, Self

import numpy as np

from testbed._linalg import Array
from testbed.arguments import Seed, generator_of
from testbed.data import Moments, Sample
from testbed.laws.base import Law, check_n, pooled_moments
from testbed.laws.checks import frozen_array, probabilities
from testbed.laws.states import Documents, bare
from testbed.laws.topics_population import TopicsPopulation

__all__ = ["Topics"]

LARGEST = 2**22  # numbers in the table of documents of a length by values of the proportions


@dataclass(frozen=True, eq=False, repr=False)
class Topics(Documents, Law):
    """Documents of T topics: mu takes finitely many values, so every population quantity is a finite sum.

    mu = mixture_j with probability probability_j; the words of both halves are drawn independently from mu'topics; X1
    and X2 are the word frequencies of the halves, Y = `readout`' mu real-valued, Z = mu. X1 and X2 are independent
    given mu, and E[X2 | X1] = topics' E[mu | X1]: A_bar is `topics`, fbar = E[mu | X1], M = `readout`'.

    Parameters
    ----------
    topics : (T, V)
        Word distribution of each topic.
    mixture : (J, T)
        Values of the topic proportions.
    probability : (J,)
        Their probabilities; values of mass zero are dropped.
    readout : (T, k)
        Label of a document made of one topic; other labels are mixed accordingly.
    length1, length2 : int
        Words in each half.

    Raises
    ------
    ValueError
        Rows that are negative or do not sum to 1, shapes that do not fit, too many possible documents.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, "Contrastive learning, multi-view redundancy, and linear models", ALT 2021.

    Examples
    --------
    >>> from testbed.laws import Topics
    >>> topics = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    >>> law = Topics(topics, mixture=[[1.0, 0.0], [0.5, 0.5]], probability=[0.5, 0.5], readout=[[1.0], [0.0]])
    >>> law.shape    # three words in each half, one real label, two values of the latent
    (3, 3, 1, 2)
    """

    def __post_init__(self) -> None:
        """Check, copy and freeze the arrays."""
        super().__post_init__()
        topics, mixture = _distributions("topics", self.topics), _distributions("mixture", self.mixture)
        probability, readout = probabilities("probability", self.probability), frozen_array("readout", self.readout)
        if mixture.shape != (len(probability), len(topics)):
            raise ValueError(
                f"mixture has shape {mixture.shape}; with {len(probability)} probabilities and {len(topics)} topics "
                f"it must be ({len(probability)}, {len(topics)})"
            )
        if readout.ndim != 2 or len(readout) != len(topics):
            raise ValueError(
                f"readout has shape {readout.shape}; with {len(topics)} topics it must be ({len(topics)}, k)"
            )
        words = topics.shape[1]
        size = comb(self.length1 + self.length2 + words - 1, words - 1) * len(probability)
        if size > LARGEST:
            raise ValueError(
                f"{self.length1} + {self.length2} words from a vocabulary of {words}: {size} pairs of a document and "
                f"proportions, more than {LARGEST}; shorten the documents or the vocabulary"
            )
        kept = probability > 0.0
        for name, value in (("mixture", mixture[kept]), ("probability", probability[kept])):
            object.__setattr__(self, name, frozen_array(name, value))
        object.__setattr__(self, "topics", topics)
        object.__setattr__(self, "readout", readout)

    @property
    def batch(self) -> tuple[int, ...]:
        """Empty: a law of topics has no leading axes."""
        return ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (V, V, k, T): the latent is a vector of T proportions."""
        return self.topics.shape[1], self.topics.shape[1], self.readout.shape[1], self.topics.shape[0]

    @property
    def states(self) -> int:
        """Number of topics T, which is the dimension of the latent Z."""
        return len(self.topics)

    def __getitem__(self, index: Any) -> Self:
        """There is no leading axis to cut."""
        raise IndexError("this law has no leading axis to cut")

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` documents, as a Sample of the word frequencies of their halves."""
        rng = generator_of(rng)
        j = rng.choice(len(self.probability), size=check_n(n), p=self.probability)
        words = self.words / self.words.sum(axis=-1, keepdims=True)
        halves = [rng.multinomial(length, words[j]) / length for length in (self.length1, self.length2)]
        mu = self.mixture[j]
        return Sample(halves[0], halves[1], mu @ self.readout, mu)

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments from rows, a block of them at a time: the cost grows with n, for their law has no short form."""
        return pooled_moments(self, n, generator_of(rng), repeats, blocks, x2_square, frozenset({"x1"}))

    def population(self) -> TopicsPopulation:
        """Return the exact population of the law."""
        return TopicsPopulation(bare(Documents, self))


def _distributions(name: str, value: object) -> Array:
    """Check rows of probabilities."""
    rows = frozen_array(name, value)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"{name} has shape {rows.shape}; it must be a matrix whose rows are distributions")
    if rows.min() < 0.0:
        raise ValueError(f"{name} holds the negative value {rows.min():.6g}")
    off = np.abs(rows.sum(axis=1) - 1.0)
    if off.max() > 1e-9:
        raise ValueError(f"{name}: row {int(off.argmax())} sums to {rows.sum(axis=1)[off.argmax()]:.12g}, not 1")
    return rows
