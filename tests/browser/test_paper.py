"""What leaves the explorer in a browser: a printed page, a saved figure."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from testbed.explorer.folders import data_of
from tests.browser.conftest import STUDIES
from tests.committed import RESULTS


@pytest.mark.parametrize(("study", "number"), [(study, n) for study in STUDIES for n in (0, -1)])
def test_a_view_prints_on_one_page(page: Any, study: str, number: int) -> None:
    panels = len(data_of(RESULTS / study)["panels"])
    opened = page(study).open(panel=number % panels)
    printed = opened.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pdf = base64.b64decode(printed["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        seen = "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return b.width * b.height"
        assert opened.run(seen, "#plot > svg:last-child") > 100_000
        assert opened.run(seen, "#legend") > 0
        assert [opened.run(seen, hidden) for hidden in ("#filter", "#controls", ".scroll", "#chosen")] == [0] * 4
    finally:
        opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize(
    ("study", "number"), [("lee2021_controlled", 0), ("violations/when_it_pays", 0), ("violations/kind_and_size", -1)]
)
def test_the_saved_figure_opens_by_itself_with_all_that_is_drawn(
    page: Any, study: str, number: int, tmp_path: Path
) -> None:
    """Lines, a map with its colours, and bars: opened as a file, it holds each point and each entry of the legend."""
    opened = page(study).open(panel=number % len(data_of(RESULTS / study)["panels"]))
    points = opened.run("return explorer.points.map(p => explorer.page.columns[0].fields[p.i])")
    legend = opened.run("return [...document.querySelectorAll('#legend li')].map(e => e.lastChild.textContent)")
    inside = "const s = document.querySelector('#plot > svg:last-child').getBBox(); return s.width * s.height"
    area = opened.run(inside)
    (saved := tmp_path / "saved.svg").write_text(opened.run("return explorer.svgText()"), encoding="utf-8")
    opened.driver.get(saved.as_uri())
    script = (
        "return [...document.querySelectorAll(arguments[0])].map(e => arguments[1] ? e.getAttribute(arguments[1]) : "
    )
    script += "e.textContent)"
    named = [label for label in opened.run(script, "path, rect", "aria-label") if label]
    assert sorted(named) == sorted(points) != []
    assert opened.run(script, ":root > text", None) == legend
    size = "const r = document.documentElement; const b = r.getBBox(); "
    size += "return [b.x, b.y, b.x + b.width - r.viewBox.baseVal.width, b.y + b.height - r.viewBox.baseVal.height, "
    size += "b.width * b.height]"
    left, top, right, bottom, whole = opened.run(size)
    assert left >= -1 and top >= -1 and right <= 1 and bottom <= 1 and whole > area


def test_the_saved_figure_is_the_drawn_one(page: Any) -> None:
    opened = page("lee2021_controlled").open(panel=0)
    root = ElementTree.fromstring(opened.run("return explorer.svgText()"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    points = opened.run("return explorer.points.length")
    named = [e for e in root.iter() if re.fullmatch(r"[0-9a-f]{16}", e.get("aria-label", ""))]
    assert len(named) == points == 24
    assert "SHA-256" in str(root[0].text)
