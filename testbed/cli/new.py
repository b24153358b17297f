"""The command that starts a sweep of one's own: new."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from sysconfig import get_path

import click

from testbed.arguments import shown
from testbed.cli.base import blame, main, stop

__all__ = ["new"]


@main.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.py, a sweep with a violation and a learner of its own that runs as it stands, and its test.

    Both are written into this folder; no file is written over.
    """
    from testbed.files import write_atomically

    if not (name.isidentifier() and name.isascii() and name[0].isalpha()):
        stop(f"NAME = {shown(name)}: letters, digits and _ are allowed, and a letter comes first, as in my_sweep")
    if iskeyword(name) or _known(name):
        stop(f"NAME = {shown(name)}: Python has this name for something else, which {name}.py would hide")
    written = {Path(f"{name}.py"): "sweep.txt", Path(f"test_{name}.py"): "test.txt"}
    if there := [str(path) for path in written if path.exists()]:
        stop(f"{' and '.join(there)} {'exists' if len(there) == 1 else 'exist'} already; choose another name")
    try:
        for path, template in written.items():
            text = (files("testbed.cli") / "templates" / template).read_text(encoding="utf-8")
            write_atomically(path, text.replace("NAME", name).encode())
    except OSError as error:
        stop(blame(error))
    click.echo(f"{' and '.join(map(str, written))} are written; try: testbed run {name}.py --tiny")


def _known(name: str) -> bool:
    """Whether a module of Python, or one that is installed, has the name."""
    installed = PathFinder.find_spec(name, [get_path("purelib"), get_path("platlib")])
    return name == "testbed" or name in sys.stdlib_module_names or installed is not None
