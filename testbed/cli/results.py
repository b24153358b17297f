"""The commands that read a results folder: report, collect and replay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.cli.base import blame, main, stop
from testbed.cli.options import DEFAULT, PATH
from testbed.cli.reporting import declared_by, draw_panel, note, report_folder, report_rows, said

if TYPE_CHECKING:
    from testbed.sweep.folder import Folder
    from testbed.sweep.rows import Tally

__all__ = ["collect", "replay", "report"]

SCRIPT = click.option(
    "--script",
    type=PATH,
    help="Run this script for what is to be reported (FIGURES, TABLES, SLOPES, ...) [default: as it was run; no code "
    "is run then].",
)


@main.command()
@click.argument("folder", type=PATH)
@SCRIPT
@click.option("--mix-schemas", is_flag=True, help="Report rows of several row schemas together.")
@click.option(
    "--panel",
    metavar="NAME",
    help="Draw one panel into --out, at the width of a column, and leave FOLDER alone: c, or split:c for the figure "
    "split.",
)
@click.option("--out", type=PATH, help="With --panel: the file, which ends with .pdf, .svg or .png.")
def report(folder: Path, script: Path | None, mix_schemas: bool, panel: str | None, out: Path | None) -> None:
    """Rebuild rows.csv, summary, contrasts, figures and tables of FOLDER from its journal.

    Exit status 1 if rows failed, or are missing that the last grid asks for.
    """
    if panel is not None or out is not None:
        draw_panel(folder, script, panel, out)
        return
    from testbed.files import read_bytes
    from testbed.sweep.folder import Folder, existing
    from testbed.sweep.journal import JOURNAL
    from testbed.sweep.runs import read_manifest

    wrong = False
    try:
        folder = existing(folder, tell=said)
        if (manifest := read_manifest(folder)).get("study"):
            raise ValueError(
                f"{folder} holds a study, which is reported when it is run: testbed run {manifest['script']}"
            )
        texts = declared_by(script) if script else None
        if (folder / JOURNAL).exists() or not (folder / "rows.csv").exists():
            with Folder(folder) as opened:
                tally = opened.publish()
                note([*opened.notes, *tally.lacking()])
                wrong = bool(tally.failed or tally.missing)
                report_folder(opened, tally, texts, mix_schemas)
        else:
            report_rows(folder, texts, mix_schemas)
        click.echo(read_bytes(folder / "table.md").decode(), nl=False)
    except Exception as error:
        stop(blame(error))
    sys.exit(1 if wrong else 0)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, help=DEFAULT)
@click.option("--mix-schemas", is_flag=True, help="Merge rows of several row schemas; reports then need it too.")
@SCRIPT
def collect(folders: tuple[Path, ...], out: Path | None, mix_schemas: bool, script: Path | None) -> None:
    """Merge the rows of FOLDERS, such as the shards of an array job, into one results folder, and report it.

    Damage is said and passed over. Exit status 1 if rows failed, or are missing that the grid asks for.
    """
    from testbed.files import read_bytes
    from testbed.sweep.folder import existing
    from testbed.sweep.replay import collect as merge

    try:
        texts = declared_by(script) if script else None

        def then(folder: Folder, tally: Tally) -> None:
            report_folder(folder, tally, texts, mix_schemas)

        sources = [existing(folder, tell=said) for folder in folders]
        target, tally = merge(sources, out, mix_schemas, note, then)
        click.echo(read_bytes(target / "table.md").decode(), nl=False)
    except Exception as error:
        stop(blame(error))
    click.echo(f"{tally.rows - tally.failed} rows ok, {tally.failed} failed; {target}", err=True)
    sys.exit(1 if tally.failed or tally.missing else 0)


@main.command()
@click.argument("folder", type=PATH)
@click.argument("key")
@click.argument("rep", type=click.IntRange(min=0))
@click.option("--trust", is_flag=True, help="Run the script that FOLDER keeps although it was not run here by you.")
def replay(folder: Path, key: str, rep: int, trust: bool) -> None:
    """Run one row of FOLDER again, alone and in the foreground, and print it beside the stored one.

    This runs the script that the journal of FOLDER keeps: its path and hash are said first. KEY is the row's key or
    the beginning of it. Exit status 0 if the rows are the same and ok, 1 otherwise.
    """
    from testbed.sweep.folder import existing
    from testbed.sweep.replay import replay as again

    try:
        text, same = again(existing(folder, tell=said), key, rep, trust, said)
    except Exception as error:
        stop(blame(error))
    click.echo(text)
    sys.exit(0 if same else 1)
