"""Every number that a page quotes of a result is the number in results/: none is loose, and none is wrong.

To add a number to a page, add its sentence to the file tests/docs/said_*.py of that page.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sitepages import blocks

from tests.committed import EXPERIMENTS, ROOT
from tests.docs import (
    held,
    said_controls,
    said_findings,
    said_likelihood,
    said_pages,
    said_scripts,
    said_successors,
    said_violations,
)
from tests.docs.held import Said

SAID: dict[str, Callable[[], list[Said]]] = {
    "README.md": said_pages.readme,
    "docs/findings.md": said_findings.findings,
    "docs/theory.md": said_pages.theory,
    "docs/corrections.md": said_pages.corrections,
    "docs/falsifier.md": said_pages.falsifier,
    "docs/audit.md": said_pages.audit,
    "docs/peers.md": said_pages.peers,
    "docs/your_own.md": said_pages.your_own,
    "experiments/README.md": said_pages.running,
    "experiments/likelihood/README.md": said_likelihood.likelihood,
    "experiments/successors/README.md": said_successors.successors,
    "experiments/tasks/README.md": said_controls.tasks,
    "experiments/violations/README.md": said_violations.violations,
}
RUN = blocks.executed(ROOT / "docs")  # pages whose blocks print or hold what they quote: test_pages.py
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(EXPERIMENTS.rglob("*.md")))
    if path not in RUN and "generated" not in path.parts
]
SCRIPTS = [path.relative_to(EXPERIMENTS).as_posix() for path in sorted(EXPERIMENTS.rglob("*.py"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_the_results_are(page: str) -> None:
    said, text = SAID[page]() if page in SAID else said_pages.sizes(page), held.joined(page)
    assert [fault for one in said for fault in one.faults(text, page)] == []
    assert held.counted(page, said)[2] == [], "numbers that nothing holds: see the top of this file"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_docstring_of_a_study_says_what_the_results_are(script: str) -> None:
    page, said = f"experiments/{script}", said_scripts.scripts(script)
    assert [fault for one in said for fault in one.faults(held.joined(page))] == []
    assert held.counted(page, said)[2] == []


def test_every_page_is_there() -> None:
    assert set(SAID) <= set(PAGES)


@pytest.mark.parametrize(
    ("said", "value", "same"),
    [
        ("0.25", 0.2549, True),
        ("0.25", 0.2551, False),
        (".028", 0.0282, True),
        ("95%", 0.9451, True),
        ("95%", 0.9449, False),
        ("7e-4", 7.4e-4, True),
        ("7e-4", 7.6e-4, False),
        ("-.44", -0.4449, True),
        ("3,360", 3360, True),
        ("0.25", float("nan"), False),
    ],
)
def test_a_printed_number_is_rounded_as_it_is_printed(said: str, value: float, same: bool) -> None:
    assert held.agrees(said, value) == same


def test_a_number_that_changed_is_found() -> None:
    said = Said("the risk is {} (at most {<}) at k = 5", [0.2512, 0.2488], 0.29)
    assert said.faults("Here the risk is 0.25 (at most 0.3) at k = 5.") == []
    assert len(said.faults("Here the risk is 0.24 (at most 0.2) at k = 5.")) == 3
    assert len(said.faults("Here the risk is 0.25 at k = 5.")) == 1


def test_a_number_that_the_named_test_does_not_know_is_found() -> None:
    """In its text, in a constant or a function that it uses, here and in files that it imports from."""
    test = "docs/test_numbers.py::test_a_number_that_the_named_test_does_not_know_is_found"
    page = "It is 0.4375 and 96.5%."
    for said, lacking in (("It is 0.4375", 0), ("96.5%.", 0), ("It is 0.4375 and 96.5%.", 0)):
        assert len(Said(said, by=test).faults(page)) == lacking
    loose = f"{3 / 16}"
    (fault,) = Said(f"It is {loose}", by=test).faults(f"It is {loose}.")
    assert fault == f"It is {loose}: {loose} is not in the test {test}"
    assert Said(f"It is {loose}", by=test).faults(f"It is {loose}.", "docs/test_numbers.py") == []  # it reads the page
    (fault,) = Said("It is 0.4375", by="docs/test_numbers.py::test_no").faults(page)
    assert "there is no test" in fault
    covered = "sweep/test_precision.py::test_intervals_cover"
    assert ".94" in held.used(ROOT / "tests" / "sweep" / "test_precision.py", covered.partition("::")[2])
    assert "0.92" in held.used(ROOT / "tests" / "audits" / "test_study.py", "test_the_committed_table_meets_its_marks")


def test_a_loose_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "joined", lambda page: "It is 0.25 at rho = 0.5, 30% or .1 of it (k = 3, I7).")
    assert [len(held.counted("page", said)[2]) for said in ([], [Said("is {} at rho = 0.5", 0.25)])] == [4, 2]
