"""What an experiment is: the grid of a sweep, and its cells."""

from __future__ import annotations

import dataclasses
import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from testbed.allowed import Real, Size, Whole
from testbed.arguments import shown
from testbed.columns import EXTRA, RESERVED, THEORY
from testbed.evaluation import Cell
from testbed.generators import Generator
from testbed.keys import Dial, canonical
from testbed.laws import Law
from testbed.laws.base import check_n
from testbed.laws.from_rows import FromRows, Unknowable
from testbed.pretexts import Pretext, Raw
from testbed.regressors import Regressor
from testbed.settings import Settings
from testbed.sweep.distinct import distinct
from testbed.sweep.own_rows import check_own_rows
from testbed.sweep.shown import ShownGrid
from testbed.theory import Statement

__all__ = ["SCHEMA", "Experiment"]

SCHEMA = 3  # version of the rows: raised when the number that a row holds would change


@dataclass(frozen=True, repr=False)
class Experiment(ShownGrid, Settings):
    """A sweep: every generator with every pretext, probe, n_unlabeled and n_labeled, `repeats` times.

    With `precision`, `repeats` is only where each cell starts: it goes on until the Monte Carlo standard error of its
    excess risk is at most `precision` times the mean, or it has `max_repeats` (see `testbed.sweep.schedule.Rule`).

    Parameters
    ----------
    name : str
        Names the results folder; letters, digits, "-" and "_".
    generator : list
        Generators, laws (`testbed.SampledLaw` is one given by code) or rows of one's own (`testbed.FromRows`); `vary`
        lists a class over the values of its dials. Duplicates count once. Here as below, a single value is a list of
        one.
    pretext, probe : list
        Pretexts, and regressors from psi to y.
    baseline : list
        Supervised regressors from x1 to y: each adds the rows of ``Raw()`` with it as a probe.
    n_unlabeled, n_labeled : list of int
        Numbers of pairs (x1, x2) and of labelled pairs (x1, y).
    repeats : int
        Repetitions of each cell.
    seed : int
        Root of every stream.
    draws : "auto" or "rows"
        "auto" draws Moments for a row whose pretext and probe are linear; "rows" gives every method the same rows.
    nested : bool
        Whether the labelled data accumulate along n_labeled; by default draws at different n are independent.
    precision : float, optional
        Relative precision, between 0 and 1; with it, start from at least 30 repeats.
    max_repeats : int
        Most repetitions that `precision` may ask for.
    extra : list of str
        Measured columns beside the usual ones, such as "intrinsic_class" (intrinsic risk above the class floor, which
        is what Theorem 4.2 bounds) or "pretext_error" (E|psi~ - psi*|^2): those of `testbed.columns.EXTRA`, which
        docs/files.md calls "on demand".
    theory : mapping
        Plain name -> statement of `testbed.theory`: each row carries the column ``theory.<name>``, what the statement
        predicts for the row's law and sample sizes; empty where it is not defined there.
    parts : list of Experiment
        Further grids whose cells belong to this experiment; ``a + b`` is a with b as a part.

    Examples
    --------
    >>> import testbed
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Predict, Raw
    >>> from testbed.regressors import OLS
    >>> laws = testbed.vary(CleanMixture, rho=[0.0, 0.8], structure_seed=1)
    >>> experiment = testbed.Experiment(
    ...     name="hello", generator=laws, pretext=[Raw(), Predict(OLS())], probe=[OLS()],
    ...     n_unlabeled=[1000], n_labeled=[100], repeats=4,
    ... )
    >>> rows = testbed.run(experiment, progress=False)
    >>> rows.groupby(["generator.rho", "pretext"])["intrinsic"].first().round(3)
    generator.rho  pretext
    0.0            Predict(OLS())    0.092
                   Raw()             0.092
    0.8            Predict(OLS())    0.385
                   Raw()             0.092
    Name: intrinsic, dtype: float64
    """

    name: str
    generator: Sequence[Generator | Law]
    pretext: Sequence[Pretext]
    probe: Sequence[Regressor]
    n_unlabeled: Sequence[int]
    n_labeled: Sequence[int]
    repeats: Annotated[int, Size()] = 30
    seed: Annotated[int, Whole(0, at_most=None)] = 0
    baseline: Sequence[Regressor] = ()
    draws: Literal["auto", "rows"] = "auto"
    nested: bool = False
    precision: Annotated[float, Real(above=0.0, below=1.0, why="such as 0.02")] | None = None
    max_repeats: Annotated[int, Size()] = 10_000
    extra: Sequence[str] = ()
    theory: Mapping[str, Statement] = dataclasses.field(default_factory=dict)
    parts: Sequence[Experiment] = ()

    def __post_init__(self) -> None:
        """Check every entry; freeze the lists."""
        super().__post_init__()
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", self.name):
            raise ValueError(
                f'name = {shown(self.name)}: letters, digits, "-" and "_" are allowed, as it names a folder'
            )
        kinds: tuple[tuple[str, Any, str], ...] = (
            ("generator", (Generator, Law), "a generator or a law"),
            ("pretext", Pretext, "a pretext"),
            ("probe", Regressor, "a regressor (wrap one of scikit-learn's as Sklearn(estimator))"),
            ("baseline", Regressor, "a regressor (wrap one of scikit-learn's as Sklearn(estimator))"),
        )
        for field, kind, words in kinds:
            values = _listed(field, getattr(self, field), optional=field == "baseline")
            for value in values:
                if not isinstance(value, kind) or isinstance(value, type):
                    raise ValueError(f"{field} holds {shown(value)}; each entry must be {words}")
                if isinstance(value, Law) and value.batch:
                    raise ValueError(f"{field} holds a law with leading axes {value.batch}; list its cuts, law[r]")
            object.__setattr__(self, field, tuple(distinct(values).values()))
        for field in ("n_unlabeled", "n_labeled"):
            sizes = [check_n(n, field) for n in _listed(field, getattr(self, field))]
            object.__setattr__(self, field, tuple(dict.fromkeys(sizes)))
        self._check_columns()
        check_own_rows(
            [law for law in self.generator if isinstance(law, Unknowable)],
            [*self.pretext, *self.probe, *self.baseline],
            (self.n_unlabeled, self.n_labeled),
            {"theory": self.theory, "precision": self.precision},
        )
        self._check_parts()
        if self.precision is not None and not 30 <= self.repeats <= self.max_repeats:
            raise ValueError(
                f"repeats = {self.repeats}: with precision, a cell starts with so many repetitions; at least 30 are "
                f"needed, and at most max_repeats = {self.max_repeats}"
            )

    def _check_columns(self) -> None:
        extra = _listed("extra", self.extra, optional=True)
        for column in extra:
            if column not in EXTRA:
                raise ValueError(f"extra holds {shown(column)}; allowed: {', '.join(map(repr, EXTRA))}")
        if any(isinstance(generator, Unknowable) for generator in self.generator):
            extra.append("label_mse_se")
        object.__setattr__(self, "extra", tuple(column for column in EXTRA if column in extra))
        if not isinstance(self.theory, Mapping):
            raise ValueError(
                f"theory = {shown(self.theory)}: a mapping from names to statements of testbed.theory is needed"
            )
        for name, statement in self.theory.items():
            if not isinstance(name, str) or not re.fullmatch(r"\w+", name, re.ASCII) or name.endswith(RESERVED):
                raise ValueError(
                    f"theory holds the name {shown(name)}; letters, digits and _ are needed, not ending in "
                    f"{', '.join(RESERVED)}"
                )
            if not isinstance(statement, Statement):
                raise ValueError(f"theory[{shown(name)}] = {shown(statement)}: a statement of testbed.theory is needed")
        object.__setattr__(self, "theory", dict(self.theory))

    def _check_parts(self) -> None:
        parts = _listed("parts", self.parts, optional=True)
        for part in parts:
            if not isinstance(part, Experiment):
                raise ValueError(f"parts holds {shown(part)}; each entry must be an Experiment")
            for name in ("name", "seed", "repeats", "nested", "precision", "max_repeats", "extra", "theory"):
                mine, other = getattr(self, name), getattr(part, name)
                if mine != other:
                    raise ValueError(
                        f"parts differ in {name}: {shown(mine)} and {shown(other)}; all must have the same"
                    )
        object.__setattr__(self, "parts", tuple(parts))
        for fields in (("generator",), ("pretext",), ("probe", "baseline")):
            distinct([value for grid in _grids(self) for field in fields for value in getattr(grid, field)])

    def __add__(self, other: Experiment) -> Self:
        """Join two grids to one experiment; they differ in what they vary only."""
        return replace(self, parts=(*self.parts, other))

    @property
    def added(self) -> tuple[str, ...]:
        """Columns of its rows beside the usual ones."""
        return (*self.extra, *(f"{THEORY}{name}" for name in self.theory))

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it the same experiment; everything else may grow. Added columns are named where there are any."""
        identity: dict[str, Any] = {"name": self.name, "seed": self.seed, "schema": SCHEMA}
        texts = [self._rows_text if column == "label_mse_se" else "" for column in self.extra]
        texts += [canonical(statement) for statement in self.theory.values()]
        columns = dict(zip(self.added, texts, strict=True))
        return identity | ({"columns": columns} if columns else {})

    @property
    def _rows_text(self) -> str:
        """Which rows of a user it is about: other rows make it another experiment, where other dials are growth."""
        return " and ".join(sorted(canonical(rows) for rows in self.generators if isinstance(rows, FromRows)))

    @property
    def generators(self) -> tuple[Generator | Law, ...]:
        """Generators of all parts, each once."""
        every = [*self.generator, *(generator for part in self.parts for generator in part.generators)]
        return tuple({canonical(generator): generator for generator in every}.values())

    def cells(self) -> list[Cell]:
        """All cells in canonical order: generator, n_unlabeled, n_labeled, pretext, probe as listed; then the parts."""
        if self.parts:
            every = [cell for grid in (replace(self, parts=()), *self.parts) for cell in grid.cells()]
            return list({cell.key: cell for cell in every}.values())
        methods: list[tuple[Pretext, Regressor]] = [(a, b) for a in self.pretext for b in self.probe]
        methods += [(Raw(), b) for b in self.baseline]
        pairs = {canonical(list(method)): method for method in methods}
        return [
            self._cell(generator, pretext, probe, n_unlabeled, n_labeled)
            for generator in self.generator
            for n_unlabeled in self.n_unlabeled
            for n_labeled in self.n_labeled
            for pretext, probe in pairs.values()
        ]

    def _cell(self, generator: Generator | Law, pretext: Pretext, probe: Regressor, n_u: int, n_l: int) -> Cell:
        moments = self.draws == "auto" and pretext.linear and probe.linear and not isinstance(generator, Unknowable)
        nested = tuple(sorted(n for n in self.n_labeled if n <= n_l)) if self.nested else ()
        draws: Literal["moments", "rows"] = "moments" if moments else "rows"
        return Cell(generator, pretext, probe, n_u, n_l, draws, nested, tuple(self.extra), self.theory)

    def tiny(self) -> Experiment:
        """Cut to the first and last value of each list, 2 repetitions and small n, under another name."""

        def ends(values: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(values) if len(values) < 2 else (values[0], values[-1])

        return replace(
            self,
            name=f"{self.name}-tiny",
            generator=ends(self.generator),
            n_unlabeled=[min(n, 600) for n in ends(self.n_unlabeled)],
            n_labeled=[min(n, 300) for n in ends(self.n_labeled)],
            repeats=min(2, self.repeats),
            precision=None,
            parts=[part.tiny() for part in self.parts],
        )


def _grids(experiment: Experiment) -> list[Experiment]:
    """An experiment and its parts, and theirs."""
    return [experiment, *(grid for part in experiment.parts for grid in _grids(part))]


def _listed(field: str, values: Any, optional: bool = False) -> list[Any]:
    if isinstance(values, Dial | numbers.Real | Experiment) or (field == "extra" and isinstance(values, str)):
        return [values]  # one value where a list is meant
    if isinstance(values, str | bytes | type) or not hasattr(values, "__iter__"):
        raise ValueError(f"{field} = {shown(values)}: a list is needed")
    listed = list(values)
    if not listed and not optional:
        raise ValueError(f"{field} = []: give at least one entry")
    return listed
