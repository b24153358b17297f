"""The command that audits a table: audit."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.base import blame, main, stop
from testbed.cli.options import PATH, named

if TYPE_CHECKING:
    from testbed.audits import Audit

__all__ = ["audit"]

ROWS = {"n": 200, "pairs": 1000}  # drawn from a law where nothing else is asked for
EVERY = 60.0  # seconds between two lines where there is no terminal


@main.command()
@click.argument("file", required=False, type=PATH)
@click.option("--x1", metavar="COLUMNS", callback=named, help="Columns of the input view: names and patterns, 'a*,b'.")
@click.option("--x2", metavar="COLUMNS", callback=named, help="Columns of the view that the pretext predicts.")
@click.option("--y", metavar="COLUMNS", callback=named, help="The label: a column of classes, or real columns.")
@click.option("--z", metavar="COLUMNS", callback=named, help="A latent that is seen.")
@click.option("--unlabeled", type=PATH, help="A second table with the same columns of x1 and x2.")
@click.option("--out", type=PATH, help="Folder for the table as CSV, Markdown and LaTeX, and the figure.")
@click.option("--law", metavar="LAW", callback=named, help="Draw the table from a law instead, and print the truth.")
@click.option("--n", type=int, help=f"Labelled rows from LAW, by default {ROWS['n']}.")
@click.option("--pairs", type=int, help=f"Unlabelled pairs from LAW, by default {ROWS['pairs']:,}.")
@click.option("--beyond", type=int, help="Print the curve for this number of labels too.")
@click.option("--folds", type=int, default=5, show_default=True)
@click.option("--splits", type=int, default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def audit(file: Path | None, law: str | None, out: Path | None, beyond: int | None, **options: Any) -> None:
    """Say what the two-view table FILE (CSV or Parquet) allows to say, and no more.

    Rows without a label serve as unlabelled pairs. With --law the table is drawn from a law, and the truth stands
    beside every estimate. Exit status: 0, or 2 for bad input.
    """
    from threadpoolctl import threadpool_limits

    try:
        if out is not None:
            _writable(out)
        with threadpool_limits(1):
            found = _audit(file, law, options)
        click.echo(str(found))
        if beyond is not None:
            click.echo(f"\nBeyond the data, at {beyond:,} labels:\n{found.beyond(beyond).to_string(index=False)}")
        if out is not None:
            _write(out, found)
    except Exception as error:
        stop(blame(error))


def _audit(file: Path | None, law: str | None, options: dict[str, Any]) -> Audit:
    from testbed.audits.run import STEPS, audit_of, check_settings
    from testbed.audits.tablefile import read_file

    settings = {name: options[name] for name in ("folds", "splits", "seed")}
    check_settings(**settings)
    sizes = {name: options[name] for name in ROWS}
    if law is not None:
        from testbed.audits.truth import drawn
        from testbed.cli.look import laws_of

        if file is not None or any(options[name] for name in ("x1", "x2", "y", "z", "unlabeled")):
            raise ValueError("--law draws a table: leave out FILE and its columns")
        sources = laws_of(law)
        if len(sources) != 1:
            raise ValueError(f"--law {law} names {len(sources)} laws: name one")
        n, pairs = (given if given is not None else ROWS[name] for name, given in sizes.items())
        table, truth_of = drawn(sources[0], n, pairs, **settings)
    else:
        if file is None or not (options["x1"] and options["x2"] and options["y"]):
            raise ValueError("name FILE and its columns, --x1 'a*,b' --x2 'c*' --y label, or --law LAW")
        if idle := [f"--{name}" for name, given in sizes.items() if given is not None]:
            raise ValueError(f"{idle[0]} is for --law: a table has the rows that are in its file")
        patterns = {name: options[name] for name in ("x1", "x2", "y", "z")}
        table, truth_of = read_file(file, patterns, options["unlabeled"], settings["folds"]), None
    step = _Steps(settings["splits"] + STEPS)
    try:
        found = audit_of(table, **settings, step=step)
    finally:
        step.close()
    return found if truth_of is None else truth_of(found)


class _Steps:
    """A bar on a terminal, and a line every minute where there is none."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self.total, self.done, self.said = total, 0, time.monotonic()
        self.bar = tqdm(total=total, unit="step", desc="audit", disable=None, leave=False)

    def __call__(self) -> None:
        self.done += 1
        self.bar.update()
        if not sys.stderr.isatty() and time.monotonic() > self.said + EVERY:
            self.said = time.monotonic()
            click.echo(f"testbed: audit: {self.done} of {self.total} steps", err=True)

    def close(self) -> None:
        self.bar.close()


def _writable(folder: Path) -> None:
    """Refuse a folder that cannot be made, before anything is computed."""
    import os

    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"--out = {str(folder)!r}: {there} is no folder that can be written to")


def _write(folder: Path, found: Audit) -> None:
    from testbed.audits.picture import files_of
    from testbed.files import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "audit.csv", found.to_frame().to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "audit.md", found.to_markdown())
    write_atomically(folder / "audit.tex", found.to_latex())
    for kind, content in files_of(found).items():
        write_atomically(folder / f"audit.{kind}", content)
    click.echo(f"audit.csv, .md, .tex, .pdf, .svg, .png; {folder}", err=True)
