"""Two tables that come with scikit-learn, audited: what docs/audit.md says of them is what comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import testbed
from testbed.audits import Audit

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def on_the_page(name: str) -> Audit:
    """Run the code of the page that makes the audit of this name."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (code for code in blocks if f"\n{name} = " in code)
    made: dict[str, Any] = {"testbed": testbed}
    exec(block, made)
    assert isinstance(made[name], Audit)
    return made[name]


@pytest.fixture(scope="module")
def audits() -> dict[str, Audit]:
    return {name: on_the_page(name) for name in ("digits", "wine")}


def test_halves_of_digits_depend_on_each_other_within_classes(audits: dict[str, Audit]) -> None:
    """The stroke goes on in the other half: the leak is large, and the pretext costs labels."""
    a = audits["digits"]
    assert len(a.dropped) == 3 and a.d1 < 32  # pixels that are never, or once, inked
    assert a.tests.studentised <= 0.001 and a.leak is not None and a.leak.low > 0.0
    assert a.saving.verdict == "costs" and a.saving.multiplier is None
    assert a.universal is not None and a.universal.low > 0.0


def test_optics_of_wines_say_nearly_all_that_matters(audits: dict[str, Audit]) -> None:
    """Dependence within growers is found, but it costs a read-out at most a tenth of what a constant costs."""
    a = audits["wine"]
    assert not a.dropped and a.means.rank == 2
    assert a.tests.studentised <= 0.05 and a.leak is not None
    assert a.leak.high < 0.1 * a.saving.constant
    assert a.saving.verdict == "cannot tell"


@pytest.mark.parametrize("name", ["digits", "wine"])
def test_the_page_shows_what_comes_out(audits: dict[str, Audit], name: str) -> None:
    """Line by line; the third digit may differ on another machine."""
    text, page = str(audits[name]), PAGE.read_text(encoding="utf-8")
    words = [_numbers(line) for line in page.splitlines()]
    for line in text.splitlines()[:-1]:
        if line.strip():
            kind, values = _numbers(line)
            assert any(kind == other and np.allclose(values, known, atol=2e-3, rtol=2e-3) for other, known in words), (
                line
            )


def _numbers(line: str) -> tuple[str, list[Any]]:
    """The words of a line, and its numbers."""
    found = re.findall(r"-?\d[\d,]*\.?\d*", line)
    return " ".join(re.sub(r"-?\d[\d,]*\.?\d*", "#", line).split()), [float(v.replace(",", "")) for v in found]
