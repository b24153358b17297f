"""The base of all pretexts: from draws of (x1, x2) to a representation psi of x1, and its optimum on a law."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, Literal, NoReturn

import numpy as np

from testbed._linalg import Array
from testbed.arguments import Seed, generator_of, shown
from testbed.data import LinearMap, Moments, Sample
from testbed.guards import Guarded
from testbed.keys import Dial
from testbed.laws import Law
from testbed.laws.from_rows import Unknowable, checked_views
from testbed.outside import parts

__all__ = ["NO_LAW", "Draw", "Pretext", "Psi", "Source", "Unknown", "rows_of"]

Psi = LinearMap | Callable[[Array], Array]
Draw = Sequence[Moments] | Moments | Sample  # Moments, or independent batches of them, for linear pretexts; or rows
Source = Literal["pairs", "limit", "law", "nothing"]  # of psi: draws, infinitely many pairs, the truth, x1
NO_LAW: Law = Unknowable(0, 0, 0)  # of rows of a user


@dataclass(frozen=True)
class Unknown:
    """An optimum that cannot be computed, and why: rows leave its parts of the risk empty."""

    reason: str

    def __call__(self, x1: Array) -> NoReturn:
        """Refuse to be evaluated."""
        raise ValueError(self.reason)


class Pretext(Dial, Guarded, kind="pretext"):
    """Base of the pretext tasks, frozen dataclasses of their settings.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import CCA
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = CCA(2).fit([law.moments(500, rng=0)], law)
    >>> psi
    <LinearMap: weight (20, 2), offset (2,), full_rank True>
    """

    called: ClassVar[str] = "a pretext of testbed.pretexts"
    reads_law: ClassVar[bool] = False  # whether a fit reads the law itself, so that rows of a user are not enough
    source: ClassVar[Source] = "pairs"

    def __init_subclass__(cls, **others: Any) -> None:
        """Let `fit` do without a law."""
        super().__init_subclass__(**others)
        if "fit" in vars(cls):
            cls.fit = _without_law(vars(cls)["fit"])  # type: ignore[method-assign]

    @property
    @abstractmethod
    def linear(self) -> bool:
        """Whether psi is affine in x1 and is learnt from Moments alone."""

    @property
    def folds(self) -> int:
        """Number of independent batches of Moments that the fit wants; 0 where it looks at no pairs."""
        return 1

    @property
    def needs_square(self) -> bool:
        """Whether a fit uses the scatter of x2 with itself."""
        return False

    @property
    def tune_once(self) -> bool:
        """Whether its learner chooses its settings on repetition 0 of a cell and holds them (see `tuned`)."""
        return False

    @property
    def weighted(self) -> bool:
        """Whether the rows of a finite law may come once each, with `Sample.weight` their counts."""
        return False

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """What `Truncated` keeps of psi: the directions that vary most, or the first coordinates.

        "first" where the task itself gives all coordinates the same variance and orders them; "none", and a truncation
        is refused, where an invertible map of psi is the same to the task, so that nothing orders its directions.
        """
        return "variance"

    @abstractmethod
    def fit(self, draw: Draw, law: Law, rng: np.random.Generator) -> Psi:
        """Learn psi from draws of the pairs; `law` is read by oracles, and for what a named rank is.

        Rows of one's own need no law where each rank is a number: ``pretext.fit(Sample(x1, x2, y))``, or where psi is
        linear ``pretext.fit(Moments.of(sample))``. What is random in a learner is then drawn from `rng`, by default 0.

        Raises
        ------
        ValueError
            Without a law: views that are no tables of finite numbers, or of different lengths; a named rank; a task
            that reads the law.
        """

    @abstractmethod
    def optimum(self, law: Law) -> Psi:
        """Return the representation that the task aims at, with infinitely many pairs; `Unknown` where it is not known.

        A law that the task cannot serve is refused by a ValueError with the reason.
        """

    def aim(self, law: Law) -> Psi:
        """Return what the pairs of a law teach in the limit: the optimum of the law that draws them (`pretext_law`)."""
        return self.optimum(law.pretext_law)

    def tuned(self, draw: Draw, law: Law, rng: np.random.Generator) -> Pretext:
        """Return a copy whose learner holds the settings it chooses on these rows, where it is one to do so."""
        return self


def rows_of(draw: Draw, task: Pretext) -> Sample:
    """Rows of a draw, each as often as its weight says: for learners that shuffle, resample or make batches."""
    if not isinstance(draw, Sample):
        raise TypeError(f"{shown(task)} is fitted on rows, not on Moments")
    if draw.weight is None:
        return draw
    place = np.repeat(np.arange(len(draw.x1)), draw.weight.astype(int))
    return Sample(draw.x1[place], draw.x2[place], draw.y[place], None if draw.z is None else draw.z[place])


def _without_law(fit: Callable[..., Psi]) -> Callable[..., Psi]:
    """Fit of a pretext that may be given rows of a user, or their Moments, without a law."""

    @wraps(fit)
    def fitted(self: Pretext, draw: Draw, law: Law | None = None, rng: Seed = 0) -> Psi:
        batches = [draw] if isinstance(draw, Moments) else draw
        if law is None or law is NO_LAW:
            batches, law = _alone(self, batches)
            rng = generator_of(rng)
        return fit(self, batches, law, rng)

    return fitted


def _alone(task: Pretext, draw: Any) -> tuple[Any, Law]:
    """Check a draw that comes without a law, and stand in for the law."""
    refuse_without_law(task)
    if isinstance(draw, Sample):
        draw = checked_views(draw)
        return draw, Unknowable(draw.x1.shape[1], draw.x2.shape[1], np.atleast_2d(draw.y).shape[1])
    if not isinstance(draw, list | tuple) or not draw or not all(isinstance(m, Moments) for m in draw):
        raise ValueError(f"draw = {shown(draw)}: a Sample of rows, its Moments, or a list of Moments is needed")
    if len(draw) < task.folds:
        raise ValueError(f"{shown(task)} needs {task.folds} batches of Moments, and has {len(draw)}: give it the rows")
    return draw, Unknowable(*(m.shape[-1] if (m := draw[0].mean.get(v)) is not None else 0 for v in ("x1", "x2", "y")))


def refuse_without_law(task: Pretext) -> None:
    """Refuse a task that rows of a user alone do not serve, with the reason."""
    for part in parts(task):
        if getattr(part, "reads_law", False):
            raise ValueError(f"{shown(part)} reads the law itself, which is not known of rows of one's own")
        if isinstance(rank := getattr(part, "rank", None), str):
            raise ValueError(f"rank = {shown(rank)} of draws needs the law that it speaks of; give a number")
