"""The page of a folder: what it holds, its size, and that it is the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from testbed.cli import main
from testbed.explorer.document import SCRIPTS, document, libraries, part
from testbed.explorer.folders import data_of, folders_of
from testbed.explorer.plain import contrast, distinct, plain
from testbed.registry import read
from testbed.report import Figure, figures_text
from testbed.sweep.script import execute, place
from testbed.sweep.script import read as text_of
from tests.committed import EXPERIMENTS, RESULTS, committed

STUDIES = [path.relative_to(RESULTS).as_posix() for path in folders_of(RESULTS)]


@pytest.mark.parametrize("study", STUDIES)
def test_a_folder_keeps_the_figures_of_its_script(study: str) -> None:
    """figures.txt is FIGURES as text, the numbers of captions in place; it reads back as the same text."""
    script = EXPERIMENTS / f"{study}.py"
    kept = committed(study, "figures.txt").read_text(encoding="utf-8")
    declared, again = execute(text_of(script), place(script)).FIGURES, read(kept, ("report",))
    assert all(isinstance(figure, Figure) for figure in again)
    assert figures_text(again) == kept
    assert not any("<<" in figure.caption for figure in again)
    for figure, one in zip(again, declared, strict=True):
        words = re.split("<<.+?>>", one.caption)
        assert re.fullmatch(".+?".join(map(re.escape, words)), figure.caption)
        assert figures_text([replace(figure, caption=one.caption, numbers=one.numbers)]) == figures_text([one])


@pytest.mark.parametrize("study", STUDIES)
def test_every_page_is_small_its_labels_are_plain_and_its_curves_have_cells(study: str) -> None:
    data = data_of(RESULTS / study)
    assert data["name"] == f"results/{study}"
    assert len(document(data["name"], data).encode()) < 1_000_000
    for panel in data["panels"]:
        labels = [panel["title"], panel["caption"], panel.get("xlabel", ""), *(c["said"] for c in panel["curves"])]
        assert not [text for text in labels if re.search(r"[$\\{}]", text)]
        assert all(contrast(curve["color"]) >= 3.0 for curve in panel["curves"] if "color" in curve)
        assert all(curve["rows"] for curve in panel["curves"]), panel["title"]  # else it is drawn without cells


def test_a_page_is_a_function_of_its_folder(tmp_path: Path) -> None:
    copytree(RESULTS / "tasks" / "jigsaw", tmp_path / "results" / "tasks" / "jigsaw")
    pages = []
    for _ in range(2):
        told = CliRunner().invoke(main, ["explore", str(tmp_path / "results" / "tasks" / "jigsaw")])
        assert told.exit_code == 0, told.output
        pages.append(Path(told.stdout.strip()).read_bytes())
    data = data_of(RESULTS / "tasks" / "jigsaw")
    assert pages[0] == pages[1] == document(data["name"], data).encode()


class Parts(HTMLParser):
    """Scripts with their type, and every address that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[str | None, str]] = []
        self.addresses: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [str(given[name]) for name in ("src", "href", "action") if name in given]
        if tag == "script":
            self.scripts.append((given.get("type"), ""))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)


def test_only_the_scripts_that_the_policy_names_are_there() -> None:
    data = data_of(RESULTS / "tasks" / "jigsaw")
    page = Parts()
    page.feed(document(data["name"], data))
    assert page.addresses == []
    assert page.policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in page.policy
    own = [text for kind, text in page.scripts if kind is None]
    hashes = [f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in own]
    assert f"script-src {' '.join(hashes)};" in page.policy
    assert json.loads(next(text for kind, text in page.scripts if kind == "application/json")) == data


def test_vendored_libraries_are_those_that_were_published() -> None:
    names = [said.splitlines()[0].split(",")[0] for said, _ in libraries()]
    assert names == ["d3 7.9.0", "@observablehq/plot 0.6.17"]
    assert all("Permission to use, copy, modify" in said for said, _ in libraries())
    assert not any("</script" in text.lower() for _, text in libraries())


def test_every_script_of_the_page_is_in_it() -> None:
    folder = Path(__file__).parents[2] / "testbed" / "explorer" / "page"
    assert sorted(SCRIPTS) == sorted(path.stem for path in folder.glob("*.js"))
    assert "eval(" not in "".join(part("page", f"{name}.js") for name in SCRIPTS)


def test_text_that_would_end_a_script_stays_inside_it() -> None:
    data = data_of(RESULTS / "tasks" / "jigsaw")
    page = document("</title><script>", {**data, "name": "</script><!--scripts--><script>alert(1)</script>"})
    assert page.count("</script>") == len(libraries()) + 2
    assert "<title>&lt;/title&gt;" in page


def test_an_index_links_to_every_folder(tmp_path: Path) -> None:
    for study in ("tasks/jigsaw", "lee2021_figure1", "lee2021_figure1-tiny"):
        target = tmp_path / "results" / study
        target.mkdir(parents=True)
        for name in ("summary.csv", "contrasts.csv", "figures.txt"):
            (target / name).write_bytes(committed(study.removesuffix("-tiny"), name).read_bytes())
    told = CliRunner().invoke(main, ["explore", str(tmp_path / "results"), "--out", str(tmp_path / "site")])
    assert told.exit_code == 0, told.output
    page = Parts()
    page.feed((tmp_path / "site" / "explore.html").read_text(encoding="utf-8"))
    assert page.addresses == ["lee2021_figure1/explore.html", "tasks/jigsaw/explore.html"]
    assert all((tmp_path / "site" / address).is_file() for address in page.addresses)
    assert not (tmp_path / "results" / "explore.html").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (None, b"", "holds no results folder"),
        ("summary.csv", b"", "summary.csv"),
        ("figures.txt", b"[Figure([Panel('a', 'no_such', [Curve('b')])])]", "no_such"),
        ("figures.txt", b"[open('x')]", "unknown name"),
        ("figures.txt", b"[Figure(", "figures.txt is damaged: '[Figure(' is not a list"),
        ("figures.txt", b"\xe9", "figures.txt is damaged: 'utf-8'"),
        ("figures.txt", b"[Curve('b')]", "FIGURES"),
        ("contrasts.csv", b"generator,n_unlabeled\n", "contrasts.csv"),
    ],
)
def test_a_folder_that_cannot_be_shown_says_why(name: str | None, content: bytes, said: str, tmp_path: Path) -> None:
    if name:
        copytree(RESULTS / "tasks" / "jigsaw", tmp_path / "x")
        (tmp_path / "x" / name).write_bytes(content)
    told = CliRunner().invoke(main, ["explore", str(tmp_path / "x" if name else tmp_path)])
    assert told.exit_code == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:1], "summary.csv holds no cells"),
        (lambda lines: [*lines, lines[-1]], "stands in it twice"),
        (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], r"lines that end with \r\n"),
        (lambda lines: [*lines[:-1], lines[-1].rstrip(b"\n")], "no field can be read"),
    ],
)
def test_a_summary_that_no_report_wrote_is_refused(change: Any, said: str, tmp_path: Path) -> None:
    lines = committed("tasks/jigsaw", "summary.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "summary.csv").write_bytes(b"".join(change(lines)))
    told = CliRunner().invoke(main, ["explore", str(tmp_path)])
    assert told.exit_code == 2 and said in told.stderr and len(told.stderr.splitlines()) == 1


def test_pages_that_cannot_be_put_somewhere_say_where(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = CliRunner().invoke(main, ["explore", str(RESULTS / "own_rows"), "--out", str(tmp_path / "file")])
    assert told.exit_code == 2 and "bundled cannot be made" in told.stderr


def test_contrasts_of_another_report_are_refused(tmp_path: Path) -> None:
    copytree(RESULTS / "tasks" / "jigsaw", tmp_path / "x")
    (tmp_path / "x" / "contrasts.csv").write_bytes(committed("tasks/rank", "contrasts.csv").read_bytes())
    told = CliRunner().invoke(main, ["explore", str(tmp_path / "x")])
    assert told.exit_code == 2
    assert "not of one report" in told.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"classes, $\tilde\psi$ of rank $k-1$", "classes, ψ̃ of rank k-1"),
        (r"I6: $\epsilon_{CI}^2/\beta^2$", "I6: ε_CI²/β²"),
        (r"$\mathrm{E}\,|f^\ast-\hat{y}|^2$ at $n_2 = 10^{-3}$", "E |f*-ŷ|² at n₂ = 10⁻³"),
        (r"$e_{\mathrm{apx}}(\psi^\ast)$ for 5\$", "e_apx(ψ*) for 5$"),
    ],
)
def test_mathematics_in_plain_letters(text: str, said: str) -> None:
    assert plain(text) == said


def test_colours_are_darkened_until_they_stand_out() -> None:
    assert contrast("#ffffff") == 1.0
    assert abs(contrast("#000000") - 21.0) < 1e-12
    assert distinct("#0173b2") == "#0173b2"
    assert contrast("#ece133") < 2.0 < 3.0 <= contrast(distinct("#ece133"))


def test_texts_stand_out_from_what_they_stand_on() -> None:
    """WCAG AA: 4.5 for texts; on another ground the contrast is the ratio of the contrasts to white."""
    style = part("page", "page.css")
    color = dict(re.findall(r"--(\w+): (#\w+);", style))
    long = {name: f"#{''.join(c * 2 for c in text[1:])}" if len(text) == 4 else text for name, text in color.items()}
    grounds = ["#ffffff", long["chosen"], "#f4f4f2", "#e6e6e2", "#f6f6f4"]
    assert all(ground in style or ground == "#ffffff" for ground in grounds)
    for ground in grounds:
        assert contrast(long["ink"]) / contrast(ground) >= 4.5
        assert contrast(long["soft"]) / contrast(ground) >= 4.5
    assert contrast(long["link"]) / contrast("#f4f4f2") >= 4.5
