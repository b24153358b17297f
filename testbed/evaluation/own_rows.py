"""Cells of laws whose truth is not known: rows of a user, of which some are held out, and laws given by code.

Predictors are scored on rows that no learner saw: those held out, or fresh ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.data import Sample, read_only
from testbed.evaluation.cell import Cell
from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.extra import Learnt, rank_used
from testbed.evaluation.rows import RowsDescent
from testbed.evaluation.source import Source
from testbed.laws.from_rows import FromRows, Places, Unknowable
from testbed.laws.sampled import SampledLaw
from testbed.pretexts.base import Unknown

__all__ = ["OwnDescent", "OwnDraws", "SampledDraws", "is_one_hot", "losses", "mean_and_error", "own_draws"]


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


class SampledDraws(RowsDraws):
    """Rows of one repetition of a `SampledLaw`, with fresh ones that predictors are scored on."""

    @property
    def held_out(self) -> Sample:
        """Fresh rows, from the stream of evaluation points."""
        law = self.law
        if not isinstance(law, SampledLaw):
            raise TypeError(f"{law!r} is not a law given by code")
        return self._rows("evaluation", law, law.scored, "")


def own_draws(source: Source, rep: int) -> OwnDraws | SampledDraws | None:
    """Draws of one repetition of a law whose truth is not known; None for other laws."""
    if isinstance(source.generator, FromRows):
        return OwnDraws(source, rep)
    return SampledDraws(source, rep) if isinstance(source.generator, SampledLaw) else None


class OwnDescent(RowsDescent):
    """Cells of one repetition of a law whose truth is not known, scored on rows that were not learnt from."""

    draws: OwnDraws | SampledDraws

    def measure(self, cell: Cell) -> dict[str, Any]:
        """Return the columns that there are without a truth; those of the excess risk where f* is known."""
        law = self.draws.law
        if not isinstance(law, Unknowable):
            raise TypeError(f"{law!r} has a truth")
        law.check_sizes(cell.n_unlabeled, cell.n_labeled)
        pretext, probe = cell.learners(law)
        psi = self.learn(pretext, cell.n_unlabeled)
        learnt = Learnt(law, pretext, probe, psi, Unknown(law.why))
        work = f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}"
        readout, width = self.read(learnt, cell.n_labeled, work)
        scored = self.draws.held_out
        image = self.image(psi, scored.x1)
        if image.shape[1] != width:
            raise ValueError(f"a representation gave {width} features of some rows and {image.shape[1]} of others")
        output = readout(image)
        loss, wrong = losses(scored.y, output, is_one_hot(law.y if isinstance(law, FromRows) else scored.y))
        found: dict[str, Any] = {"rank_used": rank_used(learnt, width)}
        found["error01"] = None if wrong is None else float(wrong.mean())
        if isinstance(law, SampledLaw) and law.f_star is not None:
            truth = self.once(("f*",), lambda: read_only(law.truth(scored.x1)))
            excess, noise = (np.sum((truth - v) ** 2, axis=1) for v in (output, scored.y))
            for name, values in (("excess_risk", excess), ("bayes_noise", noise)):
                found[name], found[f"{name}_se"] = mean_and_error(values)
            loss = excess + noise
        found["label_mse"], found["label_mse_se"] = mean_and_error(loss)
        return found


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
