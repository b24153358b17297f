"""The commands that read a results folder: report, collect and replay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.base import blame, main, stop

if TYPE_CHECKING:
    from testbed.sweep.grid import Experiment

__all__ = ["check_declared", "collect", "replay", "report", "write_report"]

DECLARED = ("FIGURES", "TABLES", "SLOPES", "VERDICTS", "CROSSINGS", "MULTIPLIERS")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    help="Script with what is to be reported (FIGURES, TABLES, SLOPES, ...) [default: as it was run].",
)
@click.option("--mix-schemas", is_flag=True, help="Report rows of several row schemas together.")
def report(folder: Path, script: Path | None, mix_schemas: bool) -> None:
    """Rebuild summary, contrasts, figures and tables of FOLDER from its rows.csv."""
    import json

    try:
        if not (folder / "manifest.json").exists():
            raise ValueError(f"{folder} holds no manifest.json: a report is made where `testbed run` has run")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        text = _script_of(folder, manifest, script)
        write_report(folder, text, manifest["name"], manifest["seed"], mix_schemas)
        click.echo((folder / "table.md").read_text(encoding="utf-8"), nl=False)
    except Exception as error:
        stop(blame(error))


def _script_of(folder: Path, manifest: dict[str, Any], script: Path | None) -> str:
    """Text of the script: the one given, the one that was run, or the copy that the journal keeps of it."""
    from testbed.sweep.replay import scripts
    from testbed.sweep.script import read

    path = script or (Path(manifest["script"]) if manifest.get("script") else None)
    if path and (script or path.exists()):
        return read(path)
    kept = scripts(folder)
    return kept[0].text if kept else ""


def check_declared(text: str, experiment: Experiment) -> None:
    """Refuse what a script declares (`DECLARED`) and could not be reported from the rows of an experiment."""
    from testbed.report import declared
    from testbed.study import MEASURED
    from testbed.sweep.script import execute

    module = execute(text)
    columns = {name for cell in experiment.cells() for name in cell.columns}
    figures, tables, *further = (getattr(module, name, None) for name in DECLARED)
    declared(figures, tables, {*columns, *MEASURED, *experiment.added}, *further)


def write_report(folder: Path, text: str, name: str, seed: int, mix_schemas: bool = False) -> None:
    """Write the report; a script declares what is in it (`DECLARED`), or the defaults serve."""
    import json

    from testbed.report import write
    from testbed.sweep.script import execute

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    schemas = manifest.get("schemas", [manifest["schema"]])
    if len(schemas) > 1 and not mix_schemas:
        raise ValueError(
            f"{folder} holds rows of the row schemas {', '.join(map(str, schemas))}, whose numbers need not agree; "
            "--mix-schemas reports them together"
        )
    module = execute(text) if text else None
    figures, tables, exponents, judged, crossovers, efficiency = (getattr(module, name, None) for name in DECLARED)
    settings: dict[str, Any] = {"name": name, "seed": seed, "schema": " and ".join(map(str, schemas))}
    settings |= {"stopping": manifest.get("stopping"), "exponents": exponents}
    write(folder, figures, tables, **settings, judged=judged, crossovers=crossovers, efficiency=efficiency)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [default: results/<name>].")
@click.option("--mix-schemas", is_flag=True, help="Merge rows of several row schemas; reports then need it too.")
def collect(folders: tuple[Path, ...], out: Path | None, mix_schemas: bool) -> None:
    """Merge the rows of FOLDERS, such as the shards of an array job, into one results folder, and report it."""
    from testbed.sweep.collect import collect as merge

    try:
        target, tally, notes = merge(folders, out, mix_schemas)
        for note in notes:
            click.echo(f"testbed: {note}", err=True)
        import json

        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        write_report(target, _script_of(target, manifest, None), manifest["name"], manifest["seed"], mix_schemas)
        click.echo((target / "table.md").read_text(encoding="utf-8"), nl=False)
    except Exception as error:
        stop(blame(error))
    click.echo(f"{tally.rows - tally.failed} rows ok, {tally.failed} failed; {target}", err=True)
    sys.exit(1 if tally.failed else 0)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("key")
@click.argument("rep", type=click.IntRange(min=0))
def replay(folder: Path, key: str, rep: int) -> None:
    """Run one row of FOLDER again, alone and in the foreground, and print it beside the stored one.

    KEY is the row's key or the beginning of it. Exit status 0 if the rows are the same and ok, 1 otherwise.
    """
    from testbed.sweep.replay import replay as again

    try:
        text, same = again(folder, key, rep)
    except Exception as error:
        stop(blame(error))
    click.echo(text)
    sys.exit(0 if same else 1)
