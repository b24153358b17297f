"""The risk of a representation on rows of a user, by splits of them, with its standard error."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from testbed._global_state import kept, seeded
from testbed.allowed import Whole
from testbed.arguments import Seed, generator_of, keywords, shown
from testbed.data import Sample
from testbed.evaluation.own_rows import is_one_hot, losses, mean_and_error
from testbed.laws.from_rows import Places, checked_rows
from testbed.outside import representation
from testbed.pretexts import Pretext
from testbed.pretexts.base import NO_LAW, Psi
from testbed.regressors import OLS, Regressor

__all__ = ["held_out"]

Splits = int | Iterable[tuple[Any, Any]]


@keywords
def held_out(
    sample: Sample, psi: Psi | Pretext, *, probe: Regressor | None = None, splits: Splits = 5, rng: Seed = 0
) -> dict[str, float]:
    """Estimate the risk of a probe on a representation from rows of one's own that the probe has not seen.

    With L_i the mean, over the splits that hold row i out, of |y_i - yhat(x1_i)|^2 summed over outputs, and n the rows
    that are held out at least once::

        label_mse = sum_i L_i / n,    label_mse_se = std(L_i) / sqrt(n)    (divisor n - 1)

    The error is that of n independent rows. It says how far the risk of the predictors that were fitted may be from
    `label_mse`; that they share training rows is not in it, which is negligible for fits that hardly change with one
    row. The law is not known, so there is no excess risk.

    Parameters
    ----------
    sample : Sample
        Rows (x1, x2, y); with a psi that is a function, x2 is not looked at.
    psi : Pretext or callable
        A task, which is fitted on the pairs of the training rows of each split, each rank a number; or a representation
        (n, d1) -> (n, r) that was trained elsewhere, on other rows.
    probe : Regressor, optional
        From psi to y; OLS with intercept by default.
    splits : int or iterable of pairs
        Number of folds of one random partition, from 2 to the number of rows, so that each row is held out once; or
        pairs (training rows, rows held out) of row numbers, as scikit-learn's ``split`` gives them.
    rng : numpy.random.Generator
        Source of the partition and of what is random in the learners.

    Returns
    -------
    dict
        label_mse and label_mse_se; for one-hot labels also error01, the share of rows whose largest output is another
        class, and error01_se, likewise; n_held_out, the rows that they are of.

    Raises
    ------
    ValueError
        Rows that `testbed.FromRows` refuses, weights, splits that share rows or name rows that are not there, a task
        that reads the law.

    References
    ----------
    Bayle, Bayle, Janson and Mackey, "Cross-validation confidence intervals for test error", NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> import testbed
    >>> from testbed.data import Sample
    >>> from testbed.pretexts import CCA
    >>> x, y = load_wine(return_X_y=True)
    >>> found = testbed.held_out(Sample(x[:, :7], x[:, 7:], np.eye(3)[y]), CCA(2), splits=5, rng=0)
    >>> round(found["label_mse"], 2), round(found["error01"], 2), found["n_held_out"]
    (0.23, 0.08, 178)
    """
    if not isinstance(sample, Sample):
        raise ValueError(f"sample = {shown(sample)}: a testbed.data.Sample(x1, x2, y) is needed")
    if sample.weight is not None:
        raise ValueError(f"sample has weights, {shown(sample.weight)}: write each row out as often as it counts")
    if not isinstance(psi, Pretext) and (not callable(psi) or isinstance(psi, type)):
        raise ValueError(f"psi = {shown(psi)}: a pretext, or a function from rows of x1, (n, d1), to (n, r), is needed")
    if probe is not None and not isinstance(probe, Regressor):
        raise ValueError(f"probe = {shown(probe)}: a regressor of testbed.regressors is needed, such as OLS()")
    rows, rng, probe = checked_rows(sample.x1, sample.x2, sample.y), generator_of(rng), probe or OLS()
    n, classes = len(rows.x1), is_one_hot(rows.y)
    number = int(deepcopy(rng).integers(2**31))  # of the global random generators: nothing is drawn from rng itself
    sums, count = np.zeros((2, n)), np.zeros(n)
    with kept():
        for i, (train, test) in enumerate(_pairs(splits, n, rng)):
            part = Sample(rows.x1[train], rows.x2[train], rows.y[train]).read_only()
            learnt = seeded(number + i, lambda p=part: psi.fit(p, NO_LAW, rng)) if isinstance(psi, Pretext) else psi  # type: ignore[misc]
            checked = representation(learnt, rows.x1.shape[1], psi, number)
            features, later = checked(part.x1), checked(rows.x1[test])
            if features.shape[1] != later.shape[1]:
                raise ValueError(f"psi gives {features.shape[1]} features of some rows and {later.shape[1]} of others")
            readout = seeded(number + i, lambda f=features, p=part: probe.fit_counted(f, p.y, None, rng))  # type: ignore[misc]
            loss, wrong = losses(rows.y[test], readout(later), classes)
            sums[:, test] += loss, np.zeros(len(test)) if wrong is None else wrong
            count[test] += 1.0
    if np.sum(count > 0.0) < 2:
        raise ValueError("splits hold out one row in all: at least 2 are needed for a standard error")
    each = sums[:, count > 0.0] / count[count > 0.0]
    found: dict[str, float] = {}
    for name, values in zip(("label_mse", "error01")[: 1 + classes], each, strict=False):
        found[name], found[f"{name}_se"] = mean_and_error(values)
    return found | {"n_held_out": int(np.sum(count > 0.0))}


def _pairs(splits: Splits, n: int, rng: np.random.Generator) -> list[tuple[Places, Places]]:
    """Training rows and rows held out of each split."""
    if isinstance(splits, int | np.integer | str | bytes | float) or splits is None:
        folds = Whole(2, at_most=n, why="folds of the rows").check("splits", splits)
        parts = np.array_split(rng.permutation(n), folds)
        return [(np.concatenate([p for p in parts if p is not part]), part) for part in parts]
    try:
        listed = [(np.asarray(train), np.asarray(test)) for train, test in splits]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"splits = {shown(splits)}: a number of folds, or pairs (training rows, rows held out) are needed"
        ) from error
    if not listed:
        raise ValueError("splits = []: give at least one pair (training rows, rows held out)")
    for i, pair in enumerate(listed):
        for name, places in zip(("training rows", "rows held out"), pair, strict=True):
            if places.ndim != 1 or not len(places) or places.dtype.kind not in "iu":
                raise ValueError(f"splits[{i}]: {name} are {shown(places)}; an array of row numbers is needed")
            if places.min() < 0 or places.max() >= n:
                raise ValueError(f"splits[{i}]: {name} reach from {places.min()} to {places.max()}; there are {n} rows")
        if len(np.unique(pair[1])) < len(pair[1]):
            raise ValueError(f"splits[{i}]: a row is held out twice in one split")
        if both := np.intersect1d(*pair).tolist():
            raise ValueError(f"splits[{i}]: row {both[0]} is both learnt from and held out")
    return listed
