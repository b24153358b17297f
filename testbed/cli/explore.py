"""The command explore: pages of results folders for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from testbed.cli.base import blame, main, stop
from testbed.cli.options import PATH

__all__ = ["explore"]


@main.command()
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="File of the page; for an index, a folder [default: explore.html in FOLDER].")
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
def explore(folder: Path, out: Path | None, opened: bool) -> None:
    """Write FOLDER as one HTML page that needs no network, or an index of all results folders below FOLDER.

    A page is made of summary.csv, contrasts.csv and figures.txt; nothing is simulated, and no code is run.
    """
    from testbed.explorer import explore as one
    from testbed.explorer import explore_all

    try:
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder: name a results folder, such as results/lee2021_figure1")
        if (folder / "summary.csv").exists():
            page = one(folder, out)
        else:
            page, pages = explore_all(folder, out)
            click.echo(f"{len(pages)} pages", err=True)
        click.echo(page)
        if opened:
            import webbrowser

            webbrowser.open(page.resolve().as_uri())
    except Exception as error:
        stop(blame(error))
