"""A law that is given by code: a function of a user's that draws rows, and f* where it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from testbed._global_state import kept, seeded
from testbed._linalg import Array
from testbed.allowed import Count, Whole
from testbed.arguments import Seed, generator_of, placeless, shown
from testbed.data import Moments, Sample
from testbed.keys import canonical
from testbed.laws.base import Law, check_n, pooled_moments
from testbed.laws.from_rows import Unknowable
from testbed.view import unmasked, view_of

__all__ = ["SampledLaw"]

TRIAL = 50  # rows of the draw by which a sampler is tried


@dataclass(frozen=True, eq=False, repr=False)
class SampledLaw(Unknowable):
    """A law given by code: `sampler(n, rng)` draws n independent rows, and nothing else need be known of it.

    What is exact of other laws - eps_CI, beta, A, the class floor, intrinsic risks - is not known, and its columns are
    empty. Each repetition draws `scored` fresh rows that no learner sees, and averages over them::

        f* known      excess_risk = mean |f*(x1) - yhat|^2,  bayes_noise = mean |y - f*(x1)|^2,
                      label_mse = excess_risk + bayes_noise
        f* not known  label_mse = mean |y - yhat|^2

    each with its standard error over the fresh rows, std / sqrt(scored). All methods of a repetition share these rows,
    and pairs and labelled rows as well. Learners always see rows, never Moments, so the cost grows with n.

    Parameters
    ----------
    sampler : callable
        (n, rng) -> (x1, x2, y), or a `testbed.data.Sample`: arrays (n, d1), (n, d2) and (n, k), the label one-hot or k
        real outputs. All that is random must come from `rng`, a numpy.random.Generator. Rows are named by the text of
        the sampler, so it is a function or a frozen dataclass with ``__call__``, whose fields are then dials of a grid.
    f_star : callable, optional
        E[Y | X1 = x1], (n, d1) -> (n, k). `testbed describe` compares it with draws.
    d1, d2, k : int
        Dimensions of x1, x2 and y.
    scored : int
        Fresh rows of each repetition, at least 2.

    Raises
    ------
    ValueError
        A sampler that is no function, fails, or gives something else than n rows of finite numbers of these dimensions;
        likewise f_star.

    Examples
    --------
    >>> import numpy as np
    >>> import testbed
    >>> from testbed.pretexts import Predict, Raw
    >>> from testbed.regressors import OLS
    >>> def waves(n, rng):
    ...     x1 = rng.standard_normal((n, 3))
    ...     x2 = x1[:, :1] + 0.1 * rng.standard_normal((n, 1))
    ...     return x1, x2, np.sin(x1[:, :1]) + 0.1 * rng.standard_normal((n, 1))
    >>> def smooth(x1):
    ...     return np.sin(x1[:, :1])
    >>> law = testbed.SampledLaw(waves, smooth, d1=3, d2=1, k=1)
    >>> rows = testbed.run(testbed.Experiment("waves", law, [Raw(), Predict(OLS())], OLS(), 500, 8), progress=False)
    >>> risk = rows.groupby("pretext")["excess_risk"].mean()
    >>> bool(risk["Predict(OLS())"] < risk["Raw()"])    # the pair says which of the three coordinates matters
    True
    """

    why: ClassVar[str] = (
        "this law is given by code that draws rows (SampledLaw), so nothing exact can be said of it: risks are means "
        "over fresh rows, with their standard errors"
    )

    sampler: Callable[[int, np.random.Generator], Any]
    f_star: Callable[[Array], Any] | None = None
    _: KW_ONLY
    d1: Count
    d2: Count
    k: Count
    scored: Annotated[int, Whole(2, why="rows for a standard error")] = 10_000

    def __post_init__(self) -> None:
        """Check the functions by a draw of a few rows."""
        super().__post_init__()
        object.__setattr__(self, "_shape", (self.d1, self.d2, self.k, 1))
        for name, value in (("sampler", self.sampler), ("f_star", self.f_star)):
            if (value is not None or name == "sampler") and (not callable(value) or isinstance(value, type)):
                takes = "(n, rng) -> (x1, x2, y)" if name == "sampler" else "of rows of x1, (n, d1) -> (n, k),"
                raise ValueError(f"{name} = {shown(value)}: a function {takes} is needed")
        canonical(self)
        with kept():
            one, same, other = (seeded(seed, lambda s=seed: self.sample(TRIAL, s)) for seed in (0, 0, 1))  # type: ignore[misc]
            if self.f_star is not None:
                seeded(0, lambda: self.truth(one.x1))
        who = f"sampler {_called(self.sampler)}"
        if not all(np.array_equal(*pair) for pair in ((one.x1, same.x1), (one.x2, same.x2), (one.y, same.y))):
            raise ValueError(f"{who} gave other rows for the same rng: all that is random must come from it")
        if len(np.unique(one.x1, axis=0)) == TRIAL and np.array_equal(one.x1, other.x1):
            raise ValueError(f"{who} gave the same rows for another rng: all that is random must come from it")

    __repr__ = Law.__repr__

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows by the sampler, and check what it gives."""
        rng, n = generator_of(rng), check_n(n)
        who = f"sampler {_called(self.sampler)} at n = {n}"
        drawn = _run(who, lambda: self.sampler(n, rng))
        if isinstance(drawn, Sample):
            if drawn.weight is not None:
                raise ValueError(f"{who} gave weights, {shown(drawn.weight)}: it must write each row out")
            drawn = (drawn.x1, drawn.x2, drawn.y)
        if not isinstance(drawn, tuple | list) or len(drawn) != 3:
            what = f"{len(drawn)} things" if isinstance(drawn, tuple | list) else f"a {type(drawn).__name__}"
            raise ValueError(f"{who} gave {what}: three arrays (x1, x2, y), or a Sample, are needed")
        blocks = zip(("x1", "x2", "y"), drawn, (self.d1, self.d2, self.k), strict=True)
        return Sample(*(_block(who, name, value, (n, d)) for name, value, d in blocks))

    def truth(self, x1: Array) -> Array:
        """Values of f* at rows of x1, (n, d1) -> (n, k), checked.

        Raises
        ------
        NotDefinedError
            Where f* was not given.
        ValueError
            Where f_star gives something else than n rows of k finite numbers.
        """
        if self.f_star is None:
            self.population()
        who = f"f_star {_called(self.f_star)} at {len(x1)} rows of x1"
        return _block(who, "f*", _run(who, lambda: self.f_star(x1)), (len(x1), self.k))  # type: ignore[misc]

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments from rows, a block of them at a time: the cost grows with n, and memory does not."""
        return pooled_moments(self, n, generator_of(rng), repeats, blocks, x2_square, frozenset({"x1"}))


def _called(function: Any) -> str:
    return str(getattr(function, "__name__", None) or shown(function))


def _run(who: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (MemoryError, OSError):  # of the machine, not of the code
        raise
    except Exception as error:  # whatever the code of a user raises
        why = placeless(" ".join(str(error).split()))
        raise ValueError(f"{who} failed with {type(error).__name__}: {why}") from error


def _block(who: str, name: str, value: Any, shape: tuple[int, int]) -> Array:
    """Numbers of one block, (n, d)."""
    plain = unmasked(value, float) if isinstance(value, np.ndarray) else value
    if isinstance(plain, np.ndarray) and plain.ndim and plain.dtype.kind == "f" and not np.isfinite(plain).all():
        rows = np.flatnonzero(~np.isfinite(plain).reshape(len(plain), -1).all(axis=1))
        what = "values that are missing or infinite"
        raise ValueError(f"{who}: {name} has {what} in {len(rows)} rows, of which the first is {rows[0]}")
    try:
        values = view_of(value, name).values
    except ValueError as error:
        raise ValueError(f"{who}: {error}") from error
    if values.shape != shape:
        raise ValueError(f"{who}: {name} has shape {np.shape(value)}, and {shape} is needed")
    return values
