"""The gallery: committed picture, question and script of every study in results/README.md. Nothing is run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sitepages.docstrings import markdown

LINE = re.compile(
    r"^\| (?P<question>.+?) \| \[(?P<name>[\w/]+)\]\(\.\./experiments/[\w/]+\.py\) \| (?P<figures>.+) \|$"
)


def studies(root: Path) -> list[tuple[str, str, list[str]]]:
    """Question, name and committed pictures of each study."""
    lines = (root / "results" / "README.md").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := LINE.match(line))]
    return [(m["question"], m["name"], re.findall(r"\]\(([\w/]+\.png)\)", m["figures"])) for m in found]


def pages(root: Path) -> dict[str, str]:
    """One page, a section for each study."""
    text = ["# Gallery", "", "Every study with its committed picture. The text is that of its script, which makes the"]
    text += ["picture again: `testbed run experiments/NAME.py`.", ""]
    for question, name, pictures in studies(root):
        script = root / "experiments" / f"{name}.py"
        told = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        text += [f"## {markdown(question)}", ""]
        text += [f"![{markdown(question)}](../../results/{picture})\n" for picture in pictures]
        text += [markdown(told), ""]
        text += [f"Script: {{download}}`experiments/{name}.py <../../experiments/{name}.py>`", ""]
        table = root / "results" / name / "table.md"
        if table.is_file():
            text += [f"Numbers: {{download}}`table.md <../../results/{name}/table.md>`", ""]
    return {"gallery.md": "\n".join(text)}
