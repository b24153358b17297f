"""The base of all regressors: from draws of (a, b) to a predictor of b from a."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.data import LinearMap, Moments, pooled
from testbed.guards import Guarded
from testbed.keys import Dial
from testbed.outside import handed, predictor

__all__ = ["LinearRegressor", "Predictor", "Rank", "Regressor", "bind", "check_rank", "resolve_rank"]

Predictor = Callable[[Array], Array]
Rank = Count | Literal["k", "k-1", "km"]


class Regressor(Dial, Guarded, kind="regressor"):
    """Base of the regressors a -> b, frozen dataclasses of settings; they serve x1 -> x2, psi -> y and x1 -> y alike.

    Attributes
    ----------
    linear : bool
        Whether the predictor is affine in a, so that the regressor takes Moments.
    tune_once : bool
        Whether a sweep calls `tuned` on repetition 0 of a cell and holds what it chose for the others.
    weighted : bool
        Whether `fit_weighted` is there and gives the fit of the rows that the weights stand for, to rounding: the
        objective is a sum over rows, and nothing in it resamples, splits, bins or counts them. A draw from a finite law
        then costs the same at every n.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from testbed.regressors import Regressor
    >>> @dataclass(frozen=True, repr=False)
    ... class Mean(Regressor):
    ...     def fit_rows(self, a, b, rng):
    ...         level = b.mean(axis=0)
    ...         return lambda rows: np.tile(level, (len(rows), 1))
    >>> Mean().fit_rows(np.eye(2), np.array([[1.0], [3.0]]), np.random.default_rng(0))(np.eye(2)).ravel()
    array([2., 2.])
    """

    called: ClassVar[str] = "a regressor of testbed.regressors (one of scikit-learn's is wrapped as Sklearn(estimator))"
    linear: ClassVar[bool] = False
    tune_once: ClassVar[bool] = False

    @property
    def weighted(self) -> bool:
        """Whether rows may be given once, with their multiplicity."""
        return False

    @abstractmethod
    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> Predictor:
        """Fit on rows (n, p) and (n, q); `rng` serves what is random in the learner itself."""

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> Predictor:
        """Fit on distinct rows that stand for `weight` (n,) rows each."""
        raise TypeError(f"{shown(self)} is not fitted on weighted rows: write them out")

    def fit_counted(self, a: Array, b: Array, weight: Array | None, rng: Seed) -> Predictor:
        """Fit on rows as a draw gives them, written out or with their counts.

        The arrays are read-only, for other learners are given them too; what the predictor returns is checked.

        Raises
        ------
        ValueError
            In the fit or when it predicts: outputs that are not real, finite numbers of shape (n, q).
        """
        rng = generator_of(rng)
        a, b = handed(a, self), handed(b, self)
        found = self.fit_rows(a, b, rng) if weight is None else self.fit_weighted(a, b, handed(weight, self), rng)
        checked: Predictor = predictor(found, (a.shape[1], b.shape[1]), self)
        return checked

    def tuned(self, a: Array, b: Array, rng: np.random.Generator) -> Regressor:
        """Return a copy whose settings are numbers, chosen on these rows."""
        return self


class LinearRegressor(Regressor):
    """A regressor that sees the data through Moments only, so its cost does not depend on the number of rows.

    Attributes
    ----------
    needs_square : bool
        Whether the scatter of the target with itself is looked at.
    folds : int
        Number of independent batches of Moments that the fit wants; 1 unless it cross-validates.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Moments
    >>> from testbed.regressors import OLS
    >>> a = np.arange(4.0)[:, None]
    >>> OLS().fit(Moments.of_blocks({"a": a, "b": 1.0 + 2.0 * a}), "a", "b").weight.round(6)
    array([[2.]])
    """

    linear: ClassVar[bool] = True
    intercept: bool

    @property
    def needs_square(self) -> bool:
        """Whether the scatter of the target with itself is looked at."""
        return False

    @property
    def folds(self) -> int:
        """Number of independent batches that the fit wants."""
        return 1

    @property
    def weighted(self) -> bool:
        """Moments count a row as often as its weight says; folds would cut the rows."""
        return self.folds == 1

    @abstractmethod
    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Fit block `target` on block `source`, every repetition at once."""

    def fit_parts(self, parts: Sequence[Moments], source: str, target: str) -> LinearMap:
        """Fit on independent batches: their sum, unless the regressor cross-validates over them."""
        return self.fit(pooled(parts), source, target)

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on rows, through their Moments."""
        bounds = np.linspace(0, len(a), self.folds + 1).astype(int)
        if len(a) < self.folds:
            raise ValueError(f"{shown(self)} needs at least {self.folds} rows, one a fold; got {len(a)}")
        parts = [Moments.of_blocks({"a": a[i:j], "b": b[i:j]}) for i, j in pairwise(bounds)]
        return self.fit_parts(parts, "a", "b")

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on weighted rows, through their Moments."""
        return self.fit(Moments.of_blocks({"a": a, "b": b}, weight), "a", "b")


def distinct(a: Array, b: Array, weight: Array) -> tuple[Array, Array, Array, Array]:
    """Rows of `a`, runs of equal ones merged: the mean of b, the weight and the squares of b about its mean in each.

    A finite law gives its cells in the order of the points of x1, so that all copies of a point are one run.
    """
    changes = np.any(a[1:] != a[:-1], axis=1)
    start = np.r_[0, np.flatnonzero(changes) + 1]
    run = np.r_[0, np.cumsum(changes)]
    total = np.add.reduceat(weight, start)
    mean = np.add.reduceat(weight[:, None] * b, start, axis=0) / total[:, None]
    square = weight * np.sum((b - mean[run]) ** 2, axis=1)
    return a[start], mean, total, np.add.reduceat(square, start)


class NamedRank(int):
    """The number that a named rank has on a law: where there are fewer coordinates, it keeps all that there are."""


def resolve_rank(rank: Rank, k: int, states: int) -> int:
    """Number that a rank stands for: an int, or "k", "k-1", "km"."""
    named = {"k": k, "k-1": k - 1, "km": states}
    if isinstance(rank, str):
        return named[rank]
    return int(rank)


def check_rank(rank: Rank, most: int, why: str) -> None:
    """Refuse a number of coordinates that is larger than what there is; a named rank keeps all that there are.

    This is the rule of every linear task. Networks have the outputs that they are told; a table of values at the points
    of a law has no more functions than points that were met, which no number can foresee.

    Raises
    ------
    ValueError
        With the number, `why` it is too large, and the largest that is allowed.
    """
    if not isinstance(rank, str | NamedRank) and rank > most:
        raise ValueError(f"rank = {shown(rank)}: {why}, so give at most {most}")


def bind(learner: Any, k: int, states: int) -> Any:
    """Replace the named ranks of a learner, and of the learners inside it, by the numbers they have on a law.

    Examples
    --------
    >>> from testbed.pretexts import Predict
    >>> from testbed.regressors import ReducedRank, bind
    >>> bind(Predict(ReducedRank("k-1")), k=4, states=8)
    Predict(ReducedRank(3))
    """
    if not isinstance(learner, Dial) or not dataclasses.is_dataclass(learner):
        raise ValueError(f"learner = {shown(learner)}: a pretext, a model or a regressor is needed")
    for name, number in (("k", k), ("states", states)):
        Whole(1).check(name, number)
    changes: dict[str, object] = {}
    for field in dataclasses.fields(learner):
        value = getattr(learner, field.name)
        if field.name == "rank" and value is not None:
            changes["rank"] = resolve_rank(value, k, states)
        elif isinstance(value, Dial) and dataclasses.is_dataclass(value):
            changes[field.name] = bind(value, k, states)
    bound = dataclasses.replace(learner, **changes) if changes else learner
    if isinstance(getattr(learner, "rank", None), str):
        object.__setattr__(bound, "rank", NamedRank(changes["rank"]))  # its checks have made a plain number of it
    return bound
