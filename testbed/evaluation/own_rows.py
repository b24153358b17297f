"""Cells on rows of a user: each repetition cuts them into pairs, labelled rows and rows held out, and scores there."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.data import Sample
from testbed.evaluation.cell import Cell
from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.extra import Learnt, rank_used
from testbed.evaluation.rows import RowsDescent
from testbed.laws.from_rows import NO_TRUTH, FromRows, Places
from testbed.pretexts.base import Unknown
from testbed.regressors import bind

__all__ = ["OwnDescent", "OwnDraws", "is_one_hot", "losses", "mean_and_error"]


class OwnDraws(RowsDraws):
    """Rows of one repetition of `FromRows`: parts of one order, as its documentation says."""

    @property
    def rows(self) -> FromRows:
        """All rows of the user, which stand in the place of a law."""
        law = self.law
        if not isinstance(law, FromRows):
            raise TypeError(f"{law!r} is not rows of a user")
        return law

    def _part(self, name: str, places: slice) -> Sample:
        def order() -> Places:
            return self.rows.order(self.source.seed, self.rep)

        return self.once(
            (name, places.start, places.stop), lambda: self.rows.take(self.once(("order",), order)[places])
        )

    def pretext(self, n: int, weighted: bool = False) -> Sample:
        """Last n rows of the order: pairs."""
        return self._part("pretext", slice(len(self.rows.x1) - n, None))

    def labeled(self, n: int, weighted: bool = False) -> Sample:
        """The n rows of the order after those held out."""
        return self._part("labeled", slice(self.rows.scored, self.rows.scored + n))

    @property
    def held_out(self) -> Sample:
        """First rows of the order: what predictors are scored on."""
        return self._part("held out", slice(0, self.rows.scored))


class OwnDescent(RowsDescent):
    """Cells on the rows of one repetition of `FromRows`, scored on those held out."""

    draws: OwnDraws

    def measure(self, cell: Cell) -> dict[str, Any]:
        """Return the columns that rows without a truth have."""
        law = self.draws.rows
        law.check_sizes(cell.n_unlabeled, cell.n_labeled)
        pretext, probe = (bind(learner, law.shape[2], law.states) for learner in (cell.pretext, cell.probe))
        psi = self.learn(pretext, cell.n_unlabeled)
        learnt = Learnt(law, pretext, probe, psi, Unknown(NO_TRUTH))
        work = f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}"
        readout, width = self.read(learnt, cell.n_labeled, work)
        scored = self.draws.held_out
        image = self.image(psi, scored.x1)
        if image.shape[1] != width:
            raise ValueError(f"a representation gave {width} features of some rows and {image.shape[1]} of others")
        loss, wrong = losses(scored.y, readout(image), is_one_hot(law.y))
        mean, error = mean_and_error(loss)
        found = {"label_mse": mean, "label_mse_se": error, "rank_used": rank_used(learnt, width)}
        return found | {"error01": None if wrong is None else float(wrong.mean())}


def is_one_hot(y: Array) -> bool:
    """Whether labels are one-hot: classes, for which there is a 0-1 error."""
    return y.shape[1] > 1 and bool(np.all((y == 0.0) | (y == 1.0)) and np.all(y.sum(axis=1) == 1.0))


def losses(y: Array, output: Array, classes: bool) -> tuple[Array, Array | None]:
    """Squared error of each row, summed over outputs; and whether the largest output is another class than its own."""
    wrong = np.argmax(output, axis=1) != np.argmax(y, axis=1) if classes else None
    return np.sum((y - output) ** 2, axis=1), None if wrong is None else wrong.astype(float)


def mean_and_error(values: Array) -> tuple[float, float]:
    """Mean of independent values and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
