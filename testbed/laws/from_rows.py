"""Rows of a user in place of a law: they can be split and learnt from, and nothing exact is known of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array
from testbed.allowed import Real
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Moments, Sample
from testbed.keys import canonical, stream
from testbed.laws.base import Law, check_n
from testbed.laws.population import NotDefinedError, Population
from testbed.view import outputs_of, view_of

__all__ = ["FromRows", "Unknowable", "checked_rows", "checked_views"]

FEWEST = 4  # rows: two held out, one labelled row and one pair
Places = npt.NDArray[np.intp]
NO_TRUTH = (
    "the law of rows of one's own is not known, so nothing exact can be said of it: testbed.held_out gives the risk on "
    "rows held out"
)


class Unknowable(Law):
    """What stands in the place of a law where there is none: it has dimensions, and no truth; `why` says the reason."""

    why: ClassVar[str] = NO_TRUTH

    def __init__(self, d1: int, d2: int, k: int) -> None:
        self._shape = (d1, d2, k, 1)

    def __repr__(self) -> str:
        return "no law"

    @property
    def batch(self) -> tuple[int, ...]:
        """No leading axes: rows are of one table."""
        return ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, 1) of x1, x2 and the label; no latent is shown."""
        return self._shape

    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Refuse: there is nothing to draw from."""
        raise NotDefinedError(self.why)

    def moments(
        self,
        n: int,
        rng: np.random.Generator,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Moments of `n` rows, drawn as by `sample`; all pairs of blocks, whatever is asked for."""
        if repeats is None:
            return Moments.of(self.sample(n, rng))
        return Moments.stacked([Moments.of(self.sample(n, rng))[None] for _ in range(repeats)])

    def population(self) -> Population:
        """Refuse: the truth is not known."""
        raise NotDefinedError(self.why)

    def __getitem__(self, index: Any) -> Self:
        """Refuse: there are no leading axes to cut."""
        raise ValueError(f"index = {shown(index)}: {type(self).__name__} has no leading axes to cut")

    def check_sizes(self, n_unlabeled: int, n_labeled: int) -> None:
        """Refuse sample sizes that cannot be had; here there are none."""


@dataclass(frozen=True, eq=False, repr=False)
class FromRows(Unknowable):
    """Rows of one's own as the generator of an `Experiment`: arrays or pandas frames, one row a thing.

    Each repetition shuffles the N rows, ``order(seed, rep)``, and cuts them into three parts that share no row::

        the first h = ceil(held_out N)     held out: what the predictor is scored on
        the next n_labeled                 labelled rows (x1, y) of the probe
        the last n_unlabeled               pairs (x1, x2) of the pretext

    so all methods and sample sizes of a repetition share their rows, and fewer rows are a part of more. The column
    ``label_mse`` holds the mean over the rows held out of |y - yhat|^2, summed over outputs, and ``label_mse_se`` its
    standard error over them, std / sqrt(h). The law is not known: columns that compare with its truth are empty.

    Parameters
    ----------
    x1, x2 : (N, d1), (N, d2)
        Input view and pretext target, real numbers without gaps.
    y : (N,) or (N, k)
        Label. One column of texts, categories, truth values or integers is of classes and becomes one-hot, in the
        order of their names; other columns are real outputs.
    held_out : float
        Share of the rows that is held out, in (0, 1).
    name : str
        What figures and tables call them.

    Raises
    ------
    ValueError
        Views that are no tables of finite numbers, of different lengths, or that do not vary; labels that are missing
        or all the same; fewer than 4 rows.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> import testbed
    >>> from testbed.pretexts import CCA, Raw
    >>> from testbed.regressors import OLS
    >>> x, y = load_wine(return_X_y=True)
    >>> wine = testbed.FromRows(x[:, :7], x[:, 7:], y, name="wine")
    >>> experiment = testbed.Experiment(
    ...     name="wine", generator=wine, pretext=[Raw(), CCA(2)], probe=OLS(), n_unlabeled=80, n_labeled=40, repeats=3
    ... )
    >>> rows = testbed.run(experiment, progress=False)
    >>> rows.groupby("pretext")["label_mse"].mean().round(2).to_dict()
    {'CCA(2)': 0.26, 'Raw()': 0.24}
    """

    x1: Any
    x2: Any
    y: Any
    held_out: Annotated[float, Real(above=0.0, below=1.0)] = 0.25
    name: str = ""

    def __post_init__(self) -> None:
        """Check the rows, and keep a copy that nobody can write into."""
        super().__post_init__()
        if not isinstance(self.name, str):
            raise ValueError(f"name = {shown(self.name)}: a text is needed")
        rows = checked_rows(self.x1, self.x2, self.y)
        for name in ("x1", "x2", "y"):
            object.__setattr__(self, name, getattr(rows, name))
        object.__setattr__(self, "_shape", (rows.x1.shape[1], rows.x2.shape[1], rows.y.shape[1], 1))
        if len(self.x1) - self.scored < 2:
            raise ValueError(
                f"held_out = {self.held_out:g} of {len(self.x1)} rows leaves {len(self.x1) - self.scored} to learn "
                "from: one labelled row and one pair at least are needed"
            )

    __repr__ = Law.__repr__

    @property
    def scored(self) -> int:
        """Number of rows held out in each repetition, h = ceil(held_out N), at least 2."""
        return max(2, math.ceil(self.held_out * len(self.x1) - 1e-9))

    def order(self, seed: int, rep: int) -> Places:
        """Rows in the order in which repetition `rep` of an experiment with this `seed` cuts them."""
        rows = canonical([self.x1, self.x2, self.y])
        return stream(seed, "order of rows", rows, rep).permutation(len(self.x1))

    def check_sizes(self, n_unlabeled: int, n_labeled: int) -> None:
        """Refuse sample sizes for which there are too few rows.

        Raises
        ------
        ValueError
            With both sizes, and what is there.
        """
        rest = len(self.x1) - self.scored
        if n_unlabeled + n_labeled > rest:
            raise ValueError(
                f"n_unlabeled = {n_unlabeled} and n_labeled = {n_labeled}: of {len(self.x1)} rows {self.scored} are "
                f"held out, so pairs and labelled rows, which share none, are {rest} together at most"
            )

    def take(self, places: Places) -> Sample:
        """Rows at some places, read-only."""
        return Sample(self.x1[places], self.x2[places], self.y[places]).read_only()

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` different rows."""
        rng, n = generator_of(rng), check_n(n)
        if n > len(self.x1):
            raise ValueError(f"n = {n}: there are {len(self.x1)} rows, and none is drawn twice")
        return self.take(rng.permutation(len(self.x1))[:n])


def checked_views(rows: Sample) -> Sample:
    """Rows of a user for a task that looks at the views alone: both are tables of finite numbers of equal length."""
    x1, x2 = _views(rows.x1, rows.x2)
    return Sample(x1, x2, rows.y, rows.z, rows.weight)


def checked_rows(x1: Any, x2: Any, y: Any) -> Sample:
    """Views and label of a user as checked numbers; a row of each belongs together.

    Raises
    ------
    ValueError
        As `FromRows`.
    """
    first, second = _views(x1, x2)
    outputs = outputs_of(y)
    if len(outputs) != len(first):
        raise ValueError(f"y has {len(outputs)} rows and x1 has {len(first)}: one row each is needed")
    if len(first) < FEWEST:
        raise ValueError(f"x1 has {len(first)} rows: at least {FEWEST} are needed")
    for name, view in (("x1", first), ("x2", second)):
        if np.all(view == view[0]):
            raise ValueError(f"{name} has no column that varies: it is the same in all {len(view)} rows")
    _same_index({"x1": x1, "x2": x2, "y": y})
    return Sample(_own(first), _own(second), _own(outputs))


def _views(x1: Any, x2: Any) -> tuple[Array, Array]:
    first, second = view_of(x1, "x1").values, view_of(x2, "x2").values
    if len(first) != len(second):
        raise ValueError(f"x2 has {len(second)} rows and x1 has {len(first)}: one row each is needed")
    return first, second


def _own(values: Array) -> Array:
    """Copy of the values that nobody can write into."""
    copy = np.array(values)
    copy.flags.writeable = False
    return copy


def _same_index(parts: dict[str, Any]) -> None:
    """Refuse frames whose rows are named differently: which belong together is then unclear."""
    indexed = [(name, v.index) for name, v in parts.items() if hasattr(v, "index") and hasattr(v, "iloc")]
    for name, index in indexed[1:]:
        first, other = indexed[0]
        if not index.equals(other):
            raise ValueError(f"{first} and {name} have different indices: sort one by the other, or reset both")
