"""The explorer in a real browser: what it shows and copies is what summary.csv says."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from testbed.explorer import explore
from testbed.explorer.folders import data_of
from tests.browser.conftest import ALL, STUDIES, Page, table
from tests.committed import RESULTS


def keys(page: Any) -> list[str]:
    """Keys of the selected cells."""
    found: list[str] = page.run(
        "return explorer.selection().map(i => explorer.page.columns.find(c => c.name === 'key').fields[i])"
    )
    return found


@pytest.mark.parametrize(
    ("study", "ticks"),
    [
        ("lee2021_controlled", {"generator.k": ["3", "6"], "n_labeled": ["1000"]}),
        (
            "violations/kind_and_size",
            {"generator.direction": ["", "outside"], "pretext": ["Raw()", 'Oracle("linear")']},
        ),
        ("violations/when_it_pays", {"n_labeled": ["200"], "probe": ["OLS()"], "n_unlabeled": ["100", "400", "25600"]}),
    ],
)
def test_counts_after_a_filter_are_those_of_pandas(page: Any, study: str, ticks: dict[str, list[str]]) -> None:
    opened = page(study).open(**ALL)
    frame = table(opened)
    fields = opened.run(
        "return Object.fromEntries(explorer.page.columns.filter(c => !c.made).map(c => [c.name, c.fields]))"
    )
    quoted = {name: dict(zip(frame[name], fields[name], strict=True)) for name in ticks}
    for name, values in ticks.items():
        for value in values:
            opened.tick(name, quoted[name][value])
    kept = frame[pd.concat([frame[name].isin(values) for name, values in ticks.items()], axis=1).all(axis=1)]
    assert 0 < len(kept) < len(frame)
    assert opened.text("count") == f"{len(kept)} cells of {len(frame)} selected."
    assert keys(opened) == list(kept["key"])
    shown = opened.run(
        "return [...document.querySelectorAll('#dials input')].map(b => [b.dataset.dial, b.dataset.value, "
        "b.checked, Number(b.parentElement.querySelector('.n').textContent)])"
    )
    dials = {name for name, *_ in shown} - {"law"}
    assert dials >= set(ticks)
    for name, value, checked, count in shown:
        if name == "law":
            continue
        others = [frame[other].isin(values) for other, values in ticks.items() if other != name]
        among = frame[pd.concat(others, axis=1).all(axis=1)]
        plain = value[1:-1].replace('""', '"') if value.startswith('"') else value
        assert count == int((among[name] == plain).sum()), (name, value)
        assert checked == (plain in ticks.get(name, []))
    assert all(kept[name].nunique() > 1 or name in ticks for name in dials)


@pytest.mark.parametrize("study", STUDIES)
def test_a_declared_panel_selects_its_own_cells(page: Any, study: str) -> None:
    frame, data = table(page(study)), data_of(RESULTS / study)
    for number, panel in enumerate(data["panels"]):
        opened = page(study).open(panel=number)
        rows = sorted({row for curve in panel["curves"] for row in curve["rows"]})
        assert opened.text("count") == f"{len(rows)} cells of {len(frame)} selected."
        assert keys(opened) == list(frame["key"].iloc[rows])
        opened.click("#free")  # free axes begin with the cells of the panel
        assert keys(opened) == list(frame["key"].iloc[rows])


@pytest.mark.parametrize("study", STUDIES)
def test_the_copied_csv_is_lines_of_the_summary(page: Any, study: str) -> None:
    lines = page(study).summary.read_bytes().splitlines(keepends=True)
    opened = page(study).open(**ALL)
    assert opened.copied("copy-csv").encode() == b"".join(lines)
    opened = page(study).open()
    wanted = {key.encode() for key in keys(opened)}
    kept = [line for line in lines[1:] if line.partition(b",")[0] in wanted]
    assert 0 < len(kept) < len(lines) - 1
    assert opened.copied("copy-csv").encode() == b"".join([lines[0], *kept])


def ruler(page: Any, axis: str, log: bool) -> Any:
    """Value -> place on the screen, from the drawn ticks and what is written at them."""
    ticks = page.run(
        "const a = arguments[0];"
        "const of = (what) => [...document.querySelectorAll(`#plot g[aria-label='${a}-axis ${what}'] > *`)];"
        "const marks = of('tick').map(t => t.getBoundingClientRect());"
        "return of('tick label').map((t, i) => [Number(t.textContent), marks[i].x + marks[i].width / 2, "
        "marks[i].y + marks[i].height / 2])",
        axis,
    )
    move = math.log if log else float
    (first, last), at = (ticks[0], ticks[-1]), 1 if axis == "x" else 2
    slope = (last[at] - first[at]) / (move(last[0]) - move(first[0]))
    return lambda value: first[at] + slope * (move(value) - move(first[0]))


@pytest.mark.parametrize(
    ("study", "state"),
    [
        ("lee2021_controlled", {"panel": 0}),
        ("violations/kind_and_size", {"panel": 3}),
        ("violations/when_it_pays", {**ALL, "x": "n_unlabeled", "y": "excess_risk", "xs": "log", "ys": "log"}),
        ("violations/when_it_pays", {**ALL, "x": "n_unlabeled", "y": "excess_risk", "xs": "linear", "ys": "linear"}),
    ],
)
def test_points_stand_where_the_summary_says(page: Any, study: str, state: dict[str, Any]) -> None:
    opened = page(study).open(**state)
    frame = table(opened).set_index("key")
    axes = {"x": state.get("x"), "y": state.get("y")}
    if "panel" in state:
        panel = data_of(RESULTS / study)["panels"][state["panel"]]
        axes = {"x": panel["x"], "y": panel["y"]}
        state = {**state, "xs": panel["xscale"], "ys": panel["yscale"]}
    drawn = opened.run(
        "return [...document.querySelectorAll('#plot g[aria-label=\"dot\"] path[aria-label]')].map(p => "
        "[p.getAttribute('aria-label'), p.getBoundingClientRect(), p.getCTM()]).map(([k, b, m]) => [k, m.e, m.f])"
    )
    assert len(drawn) >= 10
    origin = opened.run("const b = document.querySelector('#plot > svg').getBoundingClientRect(); return [b.x, b.y]")
    chosen = drawn[:: max(1, len(drawn) // 10)][:10]
    for axis, at in (("x", 1), ("y", 2)):
        place = ruler(opened, axis, state[f"{axis}s"] == "log")
        for point in chosen:
            value = float(str(frame.loc[point[0], axes[axis]]))
            assert abs(origin[at - 1] + point[at] - place(value)) < 0.2, (axis, point, value)


def test_bands_are_the_stored_intervals_and_exact_numbers_have_none(page: Any) -> None:
    opened = page("violations/kind_and_size").open(panel=3)
    frame = table(opened).set_index("key")
    script = "return explorer.points.map(p => [explorer.page.columns[0].fields[p.i], p.low, p.high])"
    for key, low, high in opened.run(script):
        line = frame.loc[key]
        assert [low, high] == [float(line["excess_risk_class_low"]), float(line["excess_risk_class_high"])]
    assert "stored 95% intervals" in opened.text("notes")
    opened = page("violations/kind_and_size").open(panel=0)
    assert all(low is None for _, low, _ in opened.run(script))
    assert "No interval has a width" in opened.text("notes")
    assert opened.run("return document.querySelectorAll('#plot g[aria-label=area] path').length") == 0


def test_what_a_logarithmic_axis_cannot_show_is_counted_in_words(page: Any) -> None:
    opened = page("violations/kind_and_size").open(panel=0)
    frame = table(opened).set_index("key")
    panel = data_of(RESULTS / "violations/kind_and_size")["panels"][0]
    values = [float(frame[c["y"]].iloc[row]) for c in panel["curves"] for row in c["rows"]]
    n = sum(not value > 1e-15 for value in values)
    assert n > 0
    assert f"{n} values not above 0" in opened.text("notes")
    opened.take("ys", "linear")
    assert "not above 0" not in opened.text("notes")
    assert opened.text("table-title") == f"{sum(len(c['rows']) for c in panel['curves'] if 'theory' not in c)} points"


def test_what_a_map_cannot_show_is_counted_in_words(driver: Any, tmp_path: Path) -> None:
    """On a logarithmic axis of the leak the laws without one have no place; a linear one loses none."""
    study = RESULTS / "violations/when_it_pays"
    for name in ("summary.csv", "contrasts.csv"):
        shutil.copy(study / name, tmp_path / name)
    declared = (study / "figures.txt").read_text(encoding="utf-8")
    assert "xscale=" not in declared
    frame = pd.read_csv(study / "summary.csv").set_index("key")
    for extra, lost in (("", 0), (", xscale='log'", 9)):
        text = declared.replace("y='n_unlabeled'", f"y='n_unlabeled'{extra}")
        (tmp_path / "figures.txt").write_text(text, encoding="utf-8")
        opened = Page(driver, explore(tmp_path), "").open(panel=0)
        shown = opened.run("return explorer.points.map(p => explorer.page.columns[0].fields[p.i])")
        leaks = frame.loc[shown, "generator.epsilon_ci"]
        assert len(shown) == 81 - lost and (leaks > 0).all() == bool(lost)
        said = f"{lost} values not above 0 are not on the logarithmic axes."
        assert (said in opened.text("notes")) == bool(lost), opened.text("notes")


def test_the_fragment_restores_a_view(page: Any) -> None:
    opened = page("violations/when_it_pays").open()
    opened.take("panel", "2")
    opened.click("#free")
    opened.take("x", "n_unlabeled")
    opened.take("xs", "log")
    opened.take("ys", "log")
    opened.take("lines", "pretext")
    opened.tick("n_unlabeled", "400")
    opened.tick("n_unlabeled", "1600")
    opened.tick("n_unlabeled", "6400")
    opened.click("#theories summary")
    opened.click('input[data-theory="bayes_noise"]')
    opened.run("document.querySelector('#rows tbody tr:nth-child(5)').click()")
    seen = "return [document.querySelector('#plot').innerHTML, document.querySelector('#row').innerHTML, "
    seen += "document.querySelector('#dials').innerHTML, document.querySelector('#count').textContent]"
    before = opened.run(seen)
    link = opened.copied("copy-link")
    opened.driver.get("about:blank")
    opened.driver.get(link)
    assert opened.run(seen) == before
    assert '"lines":"pretext"' in unquote(link)
    opened.driver.get(link.partition("#")[0] + "#%7B%22panel%22%3A%2099%2C%22x%22%3A%22no%22%2C%22keep%22%3A7%7D")
    assert opened.text("count").startswith("162 cells")  # what means nothing is passed over


@pytest.mark.parametrize("study", STUDIES)
def test_no_message_and_no_request(page: Any, study: str) -> None:
    opened = page(study)
    opened.driver.get_log("browser")
    panels = len(data_of(RESULTS / study)["panels"])
    declared: list[dict[str, Any]] = [{"panel": i} for i in range(panels)]
    for state in [*declared, *({**view, "free": True} for view in declared), ALL]:
        opened.open(**state)
        opened.run("document.querySelector('#rows tbody tr').click()")
        opened.run("explorer.svgText(); explorer.panelText()")
        assert opened.run("return performance.getEntriesByType('resource').length") == 0
    opened.click("#save-svg")
    assert opened.driver.get_log("browser") == []


def test_the_keyboard_alone_reaches_points_and_dials(page: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened = page("lee2021_controlled").open()
    focused = (
        "return document.activeElement.id || document.activeElement.dataset.place || document.activeElement.dataset.key"
    )

    def press(*sent: str) -> Any:
        for one in sent:
            ActionChains(opened.driver).send_keys(one).perform()
        return opened.run(focused)

    reached = [press(Keys.TAB) for _ in range(5)]
    assert reached[-1] == "to-table"
    press(Keys.ENTER, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    points = opened.run("return explorer.points.map(p => explorer.page.columns[0].fields[p.i])")
    assert opened.text("row-key") == points[2] == opened.run(focused)
    assert opened.run("return document.querySelectorAll('#rows tr[aria-selected=true]').length") >= 1
    press(Keys.END, Keys.SPACE)
    assert opened.text("row-key") == points[-1]
    press(Keys.HOME, Keys.ARROW_UP, Keys.ENTER)
    assert opened.text("row-key") == points[0]
    opened.open()
    place = next(p for p in (press(Keys.TAB) for _ in range(12)) if str(p).startswith("pretext="))
    before = opened.text("count")
    press(Keys.SPACE)
    assert opened.text("count") != before
    assert opened.run(focused) == place  # the box keeps the focus although the list is drawn anew
    press(Keys.SPACE)
    assert opened.text("count") == before
