"""What the pretext saves in labels, inside the data: repeated splits with the correction of Nadeau and Bengio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from testbed._linalg import Array
from testbed.audits.estimate import Estimate
from testbed.audits.input import Table
from testbed.audits.universal import stratified
from testbed.regressors import OLS, ReducedRank, Ridge
from testbed.screens import Short

__all__ = ["Saving", "held_out_risks", "label_saving"]

HELD = 5  # one part in five is held out
HALVINGS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Saving(Short):
    """Held-out squared error of the pretext's probe minus that of the baseline, against the number of labels.

    Attributes
    ----------
    labels : tuple of int
        Labels n_a that the probe is given, rising; the last is n_b, what the baseline is given.
    difference : tuple of Estimate
        Of the risks at each n_a, task minus baseline.
    held_out : int
        Rows that a split evaluates on.
    pairs : int
        Unlabelled pairs.
    rank : int
        Rank of the pretext.
    constant, baseline : float
        Held-out squared error of the mean label, and of ridge regression on x1.
    splits : int
    """

    labels: tuple[int, ...]
    difference: tuple[Estimate, ...]
    held_out: int
    pairs: int
    rank: int
    constant: float
    baseline: float
    splits: int

    def __post_init__(self) -> None:
        """Have the estimates shown in a line."""
        self._contain("difference")

    @property
    def verdict(self) -> str:
        """'saves', 'costs' or 'cannot tell': the sign of the difference at equal numbers of labels."""
        last = self.difference[-1]
        return "saves" if last.high < 0.0 else "costs" if last.low > 0.0 else "cannot tell"

    @property
    def multiplier(self) -> tuple[float, float] | None:
        """Limits of the n_b / n_a at which the risks may be equal; None: the task is worse at every n_a.

        The n_a that were tried and whose interval of the difference holds 0: a set, by inverting the test. More labels
        do no harm, so it begins above the last n_a at which the task is worse, and ends below the first above that at
        which it is better. Its limits are 0 where n_b itself is in it, and infinity where the smallest n_a is; where it
        is empty, they are the neighbours between which the sign changes.
        """
        n_b, numbers = self.labels[-1], list(zip(self.labels, self.difference, strict=True))
        worse = max((n for n, d in numbers if d.low > 0.0), default=0)
        if worse == n_b:
            return None
        better = min((n for n, d in numbers if n > worse and d.high < 0.0), default=n_b + 1)
        equal = [n for n, _ in numbers if worse < n < better]
        if not equal:
            return n_b / better, n_b / worse if worse else np.inf
        return 0.0 if equal[-1] == n_b else n_b / equal[-1], n_b / equal[0] if worse else np.inf

    @property
    def words(self) -> str:
        """The set as a text, such as 'between 160/80 and 160/20'."""
        n_b, found = self.labels[-1], self.multiplier
        if found is None:
            return "none: the task is worse at every n_a that was tried"
        low, high = (f"{n_b}/{round(n_b / m)}" if 0.0 < m < np.inf else "" for m in found)
        if low and high:
            return f"between {low} and {high}" if low != high else f"near {low}"
        return f"at least {low}" if low else f"at most {high}" if high else "not determined by these rows"


def label_saving(
    table: Table, splits: int, rng: np.random.Generator, step: Callable[[], None] = lambda: None
) -> Saving:
    """Split the labelled rows again and again, 80 to 20; classes are dealt out evenly.

    Pretext: reduced-rank regression of x2 on x1, on the pairs and the training rows (ridge, cut to the rank, where they
    are fewer than d1 + 2). Probe: least squares on n_a of
    the training rows. Baseline: ridge on x1, penalty by generalised cross-validation, on all of them. The interval of
    the mean over tables of labels is Student's with `splits` - 1 degrees and variance (1/splits + n_held/n_train) s^2.
    """
    labels = table.labels
    state = np.zeros(table.n, dtype=np.intp) if labels.state is None else labels.state
    rank = min(len(labels.contrast), table.x2.shape[1])
    rows, risks = [], []
    grid: tuple[int, ...] = ()
    for _ in range(splits):
        held = stratified(state, HELD, rng) == 0
        if not grid:
            grid = _grid(int(np.sum(~held)), rank)
        kept = rng.permutation(np.flatnonzero(~held))[: grid[-1]]
        task, baseline, constant = held_out_risks(table, kept, np.flatnonzero(held), grid, rank, rng)
        rows.append(task - baseline)
        risks.append((constant, baseline))
        step()
    found = np.array(rows)
    test = table.n - grid[-1]
    widths = np.sqrt((1.0 / splits + test / grid[-1]) * found.var(axis=0, ddof=1))
    half = float(student.ppf(0.975, splits - 1)) * widths
    method = f"{splits} splits, corrected resampled t"
    difference = tuple(
        Estimate(float(m), float(m - h), float(m + h), 0.95, float(s), method, "for these unlabelled pairs")
        for m, h, s in zip(found.mean(axis=0), half, widths, strict=True)
    )
    constant, baseline = np.mean(risks, axis=0)
    return Saving(grid, difference, test, len(table.pairs1), rank, float(constant), float(baseline), splits)


def _grid(train: int, rank: int) -> tuple[int, ...]:
    """Numbers of labels: halves of the training rows, as long as a probe can be fitted."""
    sizes = [train // 2**i for i in range(HALVINGS)]
    return tuple(sorted(n for n in sizes if n == train or n >= max(rank + 3, 8)))


def held_out_risks(
    table: Table, kept: npt.NDArray[np.intp], held: npt.NDArray[np.intp], grid: tuple[int, ...], rank: int,
    rng: np.random.Generator,
) -> tuple[Array, float, float]:  # fmt: skip
    """Held-out squared errors of the probe at each number of labels, of the baseline and of the constant."""
    x1, y = table.x1, table.labels.y
    design, x2 = table.labels.design[kept], table.x2[kept]
    rest = x2 - design @ np.linalg.lstsq(design, x2, rcond=None)[0]
    spread = np.sqrt(np.mean(rest**2, axis=0))
    unit = np.where(spread > 0.0, spread, 1.0)
    a, b = np.vstack([x1[kept], table.pairs1]), np.vstack([x2, table.pairs2]) / unit
    enough = len(a) >= a.shape[1] + 2  # for least squares; the cut to the rank comes below
    pretext = (ReducedRank(rank) if enough else Ridge("gcv")).fit_rows(a, b, rng)
    psi, test = pretext(x1[kept]), pretext(x1[held])
    basis = np.linalg.svd(psi - psi.mean(axis=0), full_matrices=False)[2][:rank].T
    psi, test = psi @ basis, test @ basis

    def error(predicted: Array) -> float:
        return float(np.mean(np.sum((y[held] - predicted) ** 2, axis=1)))

    task = np.array([error(OLS().fit_rows(psi[:n], y[kept[:n]], rng)(test)) for n in grid])
    baseline = error(Ridge("gcv").fit_rows(x1[kept], y[kept], rng)(x1[held]))
    return task, baseline, error(np.broadcast_to(y[kept].mean(axis=0), y[held].shape))
