"""What people are shown of an experiment: its cells, its rows, and what it varies."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from testbed.arguments import cut
from testbed.evaluation import Cell
from testbed.screens import table

__all__ = ["ShownGrid"]

MOST = 8  # values of a dial that are listed


class ShownGrid:
    """Base of an experiment: its ``repr``, and what a notebook shows."""

    name: str
    repeats: int
    seed: int
    precision: float | None
    max_repeats: int

    @abstractmethod
    def cells(self) -> list[Cell]:
        """All cells of the grid and its parts, in canonical order."""

    def __repr__(self) -> str:
        varied = (f"{name} {len(values)}" for name, values in _varied(self.cells()).items())
        sizes = ", ".join(f"{name} {value}" for name, value in self._sizes().items())
        return f"<Experiment {self.name}: {sizes}; varies {', '.join(varied) or 'nothing'}>"

    def _repr_html_(self) -> str:
        varied = {name: cut(", ".join(values[:MOST]), 300) for name, values in _varied(self.cells()).items()}
        more = {name: len(values) - MOST for name, values in _varied(self.cells()).items()}
        told = {name: f"{text}, and {more[name]} more" if more[name] > 0 else text for name, text in varied.items()}
        return table(f"Experiment {self.name}", {**self._sizes(), "seed": self.seed, **told})

    def _sizes(self) -> dict[str, Any]:
        cells = len(self.cells())
        if self.precision is None:
            return {"cells": cells, "repetitions": self.repeats, "rows": cells * self.repeats}
        return {"cells": cells, "repetitions": f"{self.repeats} to {self.max_repeats}"}


def _varied(cells: list[Cell]) -> dict[str, list[str]]:
    """Columns of the cells that have more than one value, and their values as texts, in order."""
    columns: dict[str, dict[str, None]] = {}
    for cell in cells:
        for name, value in cell.columns.items():
            if name != "key" and not name.startswith(("pretext.", "probe.")):
                columns.setdefault(name, {})[str(value)] = None
    dials = [name for name, values in columns.items() if name.startswith("generator.") and len(values) > 1]
    one = len({str(cell.columns["generator"]).partition("(")[0] for cell in cells}) == 1  # its dials say it all
    left_out = {"generator"} if one and dials else set()
    return {name: list(values) for name, values in columns.items() if len(values) > 1 and name not in left_out}
