"""From a law, a pretext and a probe to rows: draws, what is learnt from them, and its exact risk."""

from __future__ import annotations

from testbed.evaluation.cell import Block, Cell, Row
from testbed.evaluation.held_out import held_out
from testbed.evaluation.measures import error01, intrinsic_split, subspace_sine
from testbed.evaluation.risk import score
from testbed.evaluation.source import BLOCK, source_of, together
from testbed.evaluation.study import ready, run_blocks, run_cells

__all__ = [
    "BLOCK", "Block", "Cell", "Row", "error01", "held_out", "intrinsic_split", "ready", "run_blocks", "run_cells",
    "score", "source_of", "subspace_sine", "together",
]  # fmt: skip
