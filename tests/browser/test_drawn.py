"""The figure in a browser: whole in its window, with a legend of what is drawn."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.explorer.folders import data_of
from tests.browser.conftest import ALL, STUDIES, table
from tests.committed import RESULTS

FACETS: dict[str, Any] = {**ALL, "x": "n_unlabeled", "xs": "log", "ys": "log", "lines": "pretext", "facet": "n_labeled"}


@pytest.mark.parametrize("width", [1280, 800, 500])
def test_a_figure_is_whole_in_a_window_of_any_width(page: Any, width: int) -> None:
    """Nothing is cut off, the figure begins in the first 900 pixels, and no two labels of an axis overlap."""
    views: list[tuple[str, dict[str, Any]]]
    views = [(study, {"panel": n}) for study in STUDIES for n in range(len(data_of(RESULTS / study)["panels"]))]
    for study, state in [*views, ("violations/when_it_pays", FACETS)]:
        opened = page(study)
        opened.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        try:
            opened.open(**state)
            seen = opened.run(
                "const plot = document.getElementById('plot'); const end = document.documentElement;"
                "const boxes = [...document.querySelectorAll('#plot g[aria-label$=\"tick label\"]')].map(g => "
                "[...g.querySelectorAll('text')].map(t => t.getBoundingClientRect())"
                ".map(b => [b.x, b.right, b.y, b.bottom]));"
                "return [plot.scrollWidth - plot.clientWidth, end.scrollWidth - end.clientWidth, "
                "plot.getBoundingClientRect().y, boxes]"
            )
        finally:
            opened.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        wide, over, top, boxes = seen
        bars = state.get("panel") is not None and data_of(RESULTS / study)["panels"][state["panel"]]["kind"] == "bars"
        crowded = bars or (state is FACETS and width < 800)
        assert over <= 0 and (wide <= 0 or crowded) and top < 800, (study, state, seen[:3])
        for axis in boxes if not crowded else []:
            for n, one in enumerate(axis):
                for other in axis[:n]:
                    apart = one[0] >= other[1] or other[0] >= one[1] or one[2] >= other[3] or other[2] >= one[3]
                    assert apart, (study, state, one, other)


def test_a_legend_says_what_is_not_drawn_and_theory_lies_over_the_means(page: Any) -> None:
    opened = page("violations/kind_and_size").open(panel=0)
    frame, panel = table(opened), data_of(RESULTS / "violations/kind_and_size")["panels"][0]
    lost = [c for c in panel["curves"] if not (frame[c["y"]].iloc[c["rows"]].astype(float) > 1e-15).any()]
    assert lost and panel["yscale"] == "log"
    script = "return [...document.querySelectorAll('#legend li')].map(e => e.textContent)"
    undrawn = [said for said in opened.run(script) if "no point drawn" in said]
    assert undrawn == [f"{c['said']} (no point drawn)" for c in lost]
    dashed = "return [...document.querySelectorAll('#plot g[aria-label=line]')].map(g => "
    dashed += "g.getAttribute('stroke-dasharray'))"
    theories = sum("theory" in curve for curve in panel["curves"])
    assert [bool(dash) for dash in opened.run(dashed)] == [False, *[True] * theories] != [False]
    opened.take("ys", "linear")
    assert not [said for said in opened.run(script) if "no point drawn" in said]
    heads = "return [...document.querySelectorAll('#rows th')].map(e => e.textContent)"
    assert opened.run(heads)[:3] == ["line", panel["x"], panel["y"]]


LABELS = """
return [...document.querySelectorAll('#plot g[aria-label="fx-axis tick label"] text')].map(t => {
  const lines = [...t.childNodes].filter(c => c.nodeName !== 'title').map(c => c.textContent);
  const box = t.getBoundingClientRect();
  return [lines, t.querySelector('title').textContent, t.getAttribute('transform').includes('rotate'),
    [box.x, box.right, box.y, box.bottom]];
})"""


@pytest.mark.parametrize(
    ("study", "state", "turned"),
    [
        ("violations/kind_and_size", {"panel": 4}, False),
        ("violations/kind_and_size", {**ALL, "facet": "generator", "lines": "pretext"}, True),
        ("violations/when_it_pays", FACETS, False),
    ],
)
def test_names_of_categories_do_not_run_into_each_other(
    page: Any, study: str, state: dict[str, Any], turned: bool
) -> None:
    """They are broken into lines or turned and cut in their middle; a pointer over one shows the whole of it."""
    opened = page(study).open(**state)
    labels = opened.run(LABELS)
    assert len(labels) > 1 and {label[2] for label in labels} == {turned}
    boxes = [box for *_, box in labels]
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            room = abs(one[0] - other[0]) if turned else 0.0  # turned by 45 degrees, lines of 12 pixels
            assert room > 20 or one[0] >= other[1] or other[0] >= one[1]
    plot = "const b = document.querySelector('#plot svg').getBoundingClientRect(); return [b.x, b.right, b.y, b.bottom]"
    x, right, y, bottom = opened.run(plot)
    assert all(box[0] >= x and box[1] <= right and box[2] >= y and box[3] <= bottom for box in boxes)
    for lines, whole, *_ in labels:
        text = " ".join(lines)
        assert text.replace(" ", "") == whole.replace(" ", "") or ("\u2026" in text and len(text) < len(whole))
    assert len({tuple(lines) for lines, *_ in labels}) == len(labels)  # what is cut out does not tell them apart
