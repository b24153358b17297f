"""The audit itself: every number of a table, in order, from one seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from testbed.arguments import keywords, shown
from testbed.audits.estimate import Estimate
from testbed.audits.input import Table, read
from testbed.audits.leak import leak_epsilon, leak_label_units
from testbed.audits.means import class_means
from testbed.audits.permutation import permutation_tests
from testbed.audits.residuals import residuals_of
from testbed.audits.result import Audit
from testbed.audits.saving import label_saving
from testbed.audits.universal import universal_limit

__all__ = ["STEPS", "audit", "audit_of", "check_settings"]

STEPS = 5  # of the progress, beside the splits
UNSURE = "not bounded: the {} of x2 are not told apart beyond their error"


@keywords
def audit(
    x1: Any, x2: Any, y: Any, z: Any = None, *, unlabeled: Any = None, folds: int = 5, splits: int = 20, seed: int = 0
) -> Audit:
    """Say what a two-view table allows to say of conditional independence and of the worth of the pretext.

    With intervals: labels that predicting x2 from x1 saves, the leak in label units, permutation tests of dependence
    within classes, eps_CI^2 of the linear class, a lower limit of eps_CI over all functions, and the singular values of
    the class means of x2. Same arguments, same numbers.

    Parameters
    ----------
    x1, x2 : (n, d1), (n, d2) arrays or frames
        Input view and pretext target, real numbers without gaps.
    y : (n,) or (n, k)
        Classes of any type, one-hot columns, or real outputs: floating numbers that are not all whole, or have
        more than 20 values. Rows where it is missing serve as unlabelled pairs.
    z : (n,), optional
        Latent that is seen: groups where y has classes, real numbers where y is real. Everything is then given (y, z).
    unlabeled : pair of arrays or frames, optional
        (x1, x2) of further pairs without a label.
    folds : int
        Of the cross-fitting, 2 to 20; every class needs max(10, 2 folds) rows.
    splits : int
        Of the labelled rows into 80% and 20%, 3 to 1,000.
    seed : int
        Of everything that is random.

    Returns
    -------
    Audit

    Raises
    ------
    ValueError
        A table or a setting of which nothing can be said: one sentence names the argument or the column.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Definition 4.1 and Assumption 4.1; Nadeau and Bengio, "Inference for the
    generalization error", Machine Learning 52, 2003.

    Examples
    --------
    >>> import numpy as np
    >>> import testbed
    >>> from testbed.generators import CleanMixture
    >>> rows = CleanMixture(k=3, rho=0.5, structure_seed=3).law().sample(200, np.random.default_rng(0))
    >>> found = testbed.audit(rows.x1, rows.x2, rows.y.argmax(axis=1), splits=4)
    >>> found.epsilon.low <= 0.75 <= found.epsilon.high    # eps_CI^2 of this law is 0.75
    True
    """
    check_settings(folds, splits, seed)
    return audit_of(read(x1, x2, y, z, unlabeled, folds), folds, splits, seed)


def check_settings(folds: int, splits: int, seed: int) -> None:
    """Refuse settings that are no whole numbers in their range."""
    for name, value, low, high in (("folds", folds, 2, 20), ("splits", splits, 3, 1000), ("seed", seed, 0, 2**63)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            raise ValueError(f"{name} = {shown(value)}: a whole number from {low} to {high} is needed")


def audit_of(table: Table, folds: int, splits: int, seed: int, step: Callable[[], None] = lambda: None) -> Audit:
    """Audit a checked table; `step` is called `splits` + STEPS times."""
    labels = table.labels
    streams = [np.random.Generator(np.random.SFC64(s)) for s in np.random.SeedSequence(seed).spawn(4)]
    r = residuals_of(table)
    means = class_means(r, labels, streams[0])
    given = "(y, z)" if labels.latent else "y"
    note = "" if given == "y" else f"given {given}"
    if labels.state is None:
        note = f"given affine functions of {given} (partial covariances)"
    epsilon = leak_epsilon(r, note)
    step()
    leak = None
    if means.solvable:
        leak = leak_label_units(r, labels, note)
        if means.least == 0.0:
            unsure = UNSURE.format("class means" if labels.names else "slopes")
            leak = Estimate(float("nan"), 0.0, np.inf, leak.level, float("nan"), leak.method, unsure)
    step()
    tests = permutation_tests(r, labels.state, streams[1])
    step()
    universal = None
    if labels.state is not None:
        universal = universal_limit(table.x1, table.x2 / r.scale, labels.state, folds, streams[2])
    step()
    saving = label_saving(table, splits, streams[3], step)
    high = epsilon.high / means.least**2 if means.least > 0.0 else np.inf
    bound = Estimate(
        float("nan"), 0.0, high, 0.95, method="limits of both at .975", note="" if high < np.inf else "unbounded"
    )
    design = np.column_stack([np.ones(table.n), r.white])
    rest = labels.y - design @ np.linalg.lstsq(design, labels.y, rcond=None)[0]
    noise = float(np.sum(rest**2) / (table.n - table.x1.shape[1] - 1))
    explained = max(float(np.sum(labels.y.var(axis=0, ddof=1))) - noise, 0.0)
    step()
    return Audit(
        n=table.n, pairs=len(table.pairs1), d1=table.x1.shape[1], d2=table.x2.shape[1],
        classes=dict(zip(labels.names, labels.counts, strict=True)), latent=labels.latent, dropped=table.dropped,
        saving=saving, leak=leak, epsilon=epsilon, tests=tests, universal=universal, means=means, bound=bound,
        noise=noise, explained=explained, outputs=labels.y.shape[1],
    )  # fmt: skip
