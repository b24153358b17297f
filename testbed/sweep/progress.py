"""How far a run is: a bar on a terminal, and a line every minute where there is none."""

from __future__ import annotations

import sys
import time
from typing import Any

__all__ = ["Progress"]

EVERY = 60.0  # seconds between two lines


class Progress:
    """Rows done of those known so far, on standard error; with `silent` nothing is shown.

    Parameters
    ----------
    total : int
        Rows that are missing.
    name : str
        Of the experiment.
    """

    def __init__(self, total: int, name: str, silent: bool = False) -> None:
        from tqdm import tqdm

        self.total, self.name = total, name
        self.lines = not (silent or sys.stderr.isatty())
        self.done = self.failed = 0
        self.start = self._said = time.monotonic()
        self._bar: Any = tqdm(total=total, unit="row", desc=name, disable=True if silent else None, smoothing=0.1)

    def wait(self) -> float | None:
        """Seconds until the next line is due; None where none is."""
        return max(0.0, self._said + EVERY - time.monotonic()) if self.lines else None

    def advance(self, rows: int, failed: int) -> None:
        """Count rows that are done, some of which failed."""
        self.done += rows
        self.failed += failed
        self._bar.update(rows)
        if failed:
            self._bar.set_postfix(failed=self.failed)

    def expect(self, left: int) -> None:
        """Say how many rows are still to come."""
        self.total = self.done + left
        self._bar.total = self.total

    def tick(self) -> None:
        """Write a line, if one is due."""
        if not self.lines or time.monotonic() < self._said + EVERY:
            return
        self._said = time.monotonic()
        took = self._said - self.start
        text = f"testbed: {self.name}: {self.done} of {self.total} rows after {took / 60:.0f} min"
        if self.failed:
            text += f", {self.failed} failed"
        if self.done:
            text += f", about {took / self.done * (self.total - self.done) / 60:.0f} min to go"
        self.say(text)

    def say(self, text: str) -> None:
        """Write a line beside the bar."""
        self._bar.write(text, file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """End the bar."""
        self._bar.close()
