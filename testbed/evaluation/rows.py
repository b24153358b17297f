"""Cells on the rows of one repetition: any learner, and closed forms where all is linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from testbed._global_state import seeded
from testbed._linalg import Array
from testbed.data import Chain, LinearMap, read_only
from testbed.evaluation.descent import Descent
from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.extra import Learnt, errors01
from testbed.evaluation.risk import EVALUATION_POINTS, linear_risk, nonlinear_risk
from testbed.keys import canonical
from testbed.outside import handed_rows, predictor, representation
from testbed.pretexts import Pretext
from testbed.pretexts.base import Draw, Psi, Unknown
from testbed.regressors import LinearRegressor

__all__ = ["RowsDescent"]

_TUNED: dict[tuple[int, str, str, int], Pretext] = {}


class RowsDescent(Descent[RowsDraws]):
    """Cells on the rows of one repetition: any learner."""

    def pairs(self, pretext: Pretext, n: int) -> Draw:
        """Rows of n pairs, weighted where the task takes weights."""
        return self.draws.pretext(n, pretext.weighted)

    def fit(self, pretext: Pretext, pairs: Draw, n: int) -> Psi:
        """Learn from rows, with the stream of this learner."""
        source, work = self.draws.source, f"{canonical(pretext)} n={n}"
        task = tuned(self.draws, pretext, n) if pretext.tune_once else pretext

        def learn(rng: np.random.Generator) -> Any:
            return task.fit(handed_rows(pairs, task), self.law, rng)

        found = source.drawn("learner", work, self.draws.rep, learn)
        return representation(found, self.law.shape[0], pretext, self.number(f"{work} image"))

    def image(self, psi: Psi, x1: Array) -> Array:
        """Image of rows under psi; a truncation shares that of what it truncates."""
        if isinstance(psi, Chain):
            first, taken = self.image(psi.first, x1), psi.second.weight.shape[0]
            if first.shape[1] != taken:
                raise ValueError(f"a representation had {taken} coordinates in the fit, and later {first.shape[1]}")
            return read_only(psi.second(first))
        key = ("image", id(psi), id(x1))
        return self.once(key, lambda: (psi, x1, read_only(psi(x1))))[2]  # both are kept, so their ids stay their own

    def read(self, learnt: Learnt, n: int, work: str) -> tuple[Any, int]:
        """Fit the probe to the image of n labelled rows."""
        probe = learnt.probe
        labeled = self.draws.labeled(n, probe.weighted)
        features = self.image(learnt.psi, labeled.x1)
        found = self.draws.source.drawn(
            "learner", work, self.draws.rep, lambda rng: probe.fit_counted(features, labeled.y, labeled.weight, rng)
        )
        shape = features.shape[1], labeled.y.shape[1]
        return predictor(found, shape, probe, self.number(f"{work} predictor")), shape[0]

    def risk(self, learnt: Learnt, readout: Any, width: int) -> Mapping[str, Any]:
        """Score in closed form where all is linear, else over points of x1."""
        _, _, probe, psi, optimum = learnt
        linear = isinstance(probe, LinearRegressor) and isinstance(readout, LinearMap)
        if linear and isinstance(psi, LinearMap) and isinstance(optimum, LinearMap | Unknown):
            return linear_risk(self.truth, psi, readout, optimum, probe)
        x1 = self.draws.evaluation(EVALUATION_POINTS)
        image = self.image(psi, x1)
        if image.shape[1] != width:
            raise ValueError(f"a representation gave {width} features of some rows and {image.shape[1]} of others")
        return nonlinear_risk(self.truth, x1, image, psi, readout, optimum, probe)

    def errors01(self, psi: Psi, readout: Any) -> Array | None:
        """0-1 error of this repetition."""
        x1 = self.draws.evaluation(EVALUATION_POINTS)
        return errors01(self.law, [lambda rows: readout(self.image(psi, rows))], [x1])


def tuned(draws: RowsDraws, pretext: Pretext, n: int) -> Pretext:
    """Learner with the settings it chooses on repetition 0, kept for the process: the same whatever chunk runs."""
    source = draws.source
    key = (source.seed, source.text, canonical(pretext), n)
    if key not in _TUNED:
        first, work = type(draws)(source, 0), f"{key[2]} n={n}"
        draw, number = handed_rows(first.pretext(n), pretext), source.number("learner", f"{work} tuned", 0)
        _TUNED[key] = seeded(number, lambda: pretext.tuned(draw, first.law, source.open("learner", work, 0)))
    return _TUNED[key]
