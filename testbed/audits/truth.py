"""A table drawn from a law, and what is true of it: what an audit can find, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.audits.input import Table, read
from testbed.audits.labels import Labels
from testbed.audits.names import BETA, BOUND, DIFFERENCE, EPSILON, LEAK, MEANS, UNIVERSAL
from testbed.audits.result import Audit
from testbed.audits.saving import held_out_risks
from testbed.laws import Law
from testbed.laws.base import check_n
from testbed.laws.population import Population

if TYPE_CHECKING:
    from testbed.generators import Generator

__all__ = ["drawn", "true_differences", "truth_of"]


def drawn(
    source: Generator | Law, n: int, pairs: int, folds: int, splits: int, seed: int
) -> tuple[Table, Callable[[Audit], Audit]]:
    """Draw a table of `n` labelled rows and `pairs` unlabelled ones, and give what adds the truth to its audit.

    Raises
    ------
    ValueError
        A law that stands for many (leading axes), sizes out of range, a table that cannot be audited.
    """
    check_n(n, "n")
    if pairs != 0:
        check_n(pairs, "pairs")
    streams = np.random.SeedSequence(seed, spawn_key=(1,)).spawn(4)
    rngs = [np.random.Generator(np.random.SFC64(s)) for s in streams]
    law = source.law() if isinstance(source, Law) or getattr(source, "frozen", True) else source.law(rngs[0])
    if law.batch:
        raise ValueError(f"--law {shown(source)} has leading axes {law.batch}: one law is needed")
    sample = law.sample(n, rngs[1])
    other = law.pretext_law.sample(pairs, rngs[2]) if pairs else None
    table = read(sample.x1, sample.x2, sample.y, None, None if other is None else (other.x1, other.x2), folds)
    unlabeled = None if other is None else (other.x1, other.x2)

    def rows(size: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        drawn = law.sample(size, rng)
        return drawn.x1, drawn.x2, drawn.y

    def with_truth(found: Audit) -> Audit:
        grid = found.saving.labels
        differences = true_differences(rows, unlabeled, grid, rngs[3], tables=50, evaluate=2000)
        known = {f"{DIFFERENCE}{a}": float(d) for a, d in zip(grid, differences, strict=True)}
        return replace(found, truth=truth_of(law.population(), table.labels) | known)

    return table, with_truth


def truth_of(p: Population, labels: Labels) -> dict[str, float]:
    """True values given y, with x2 in units of its true standard deviations given y."""
    within = p.s22 - np.swapaxes(p.A, -1, -2) @ p.syy @ p.A
    scale = np.sqrt(np.diagonal(within))
    white = np.linalg.solve(np.linalg.cholesky(p.s11), p.cross_given("y"))
    contrast = (p.A if labels.state is None else labels.contrast @ p.A) / scale  # slopes have no level to take out
    weight = np.linalg.pinv(contrast) @ labels.summed.T
    values = np.linalg.svd(contrast, compute_uv=False)
    square = float(np.sum((white / scale) ** 2))
    known = {EPSILON: square, **{f"{MEANS}{i + 1}": float(v) for i, v in enumerate(values)}}
    solvable = contrast.shape[0] <= contrast.shape[1] and values[-1] > 1e-9
    known[BETA] = float(values[-1]) if solvable else 0.0
    known[BOUND] = square / known[BETA] ** 2 if solvable else float("inf") if square > 0.0 else 0.0
    known[LEAK] = float(np.sum((white / scale @ weight) ** 2)) if solvable else float("nan")
    if np.allclose(scale, scale[0], rtol=1e-9, atol=0.0) and labels.state is not None:
        known[UNIVERSAL] = float(p.epsilon_ci("universal", given="y")) ** 2 / float(scale[0]) ** 2
    return known


def true_differences(
    draw: Callable[[int, np.random.Generator], Sequence[Any]],
    pairs: Sequence[Any] | None,
    grid: tuple[int, ...],
    rng: np.random.Generator,
    tables: int = 200,
    evaluate: int = 4000,
) -> Array:
    """Mean over tables of `grid[-1]` labelled rows, for these pairs, of the risk of the pretext minus that of ridge.

    `draw` gives rows (x1, x2, y). Each table is held against fresh rows.
    """
    found, kept, held = [], np.arange(grid[-1]), np.arange(grid[-1], grid[-1] + evaluate)
    for _ in range(tables):
        x1, x2, y = draw(len(kept) + evaluate, rng)
        table = read(x1, x2, y, None, pairs, 2)
        rank = min(len(table.labels.contrast), table.x2.shape[1])
        task, baseline, _ = held_out_risks(table, kept, held, grid, rank, rng)
        found.append(task - baseline)
    return np.asarray(np.mean(found, axis=0))
