"""The command line: run sweeps, report them, look at laws."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

__all__ = ["main"]

REPRODUCTIONS = {"lee2021": "lee2021_figure1.py"}


def _stop(message: object) -> NoReturn:
    click.echo(f"testbed: {message}", err=True)
    sys.exit(2)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="testbed")
def main() -> None:
    """Self-supervised learning on laws whose truth is known exactly.

    Exit status: 0 every cell is ok; 1 some repetitions failed; 2 bad input, nothing written.
    """


@main.command("list")
def list_() -> None:
    """List generators, laws, pretexts, regressors and experiments with their settings."""
    from dataclasses import MISSING, fields

    from testbed.registry import KINDS, public

    for kind in KINDS:
        click.echo(f"{kind}")
        for name, cls in public(kind).items():
            dials = (f.name if f.default is MISSING else f"{f.name}={f.default!r}" for f in fields(cls))
            click.echo(f"  {name}({', '.join(dials)})\n      {(cls.__doc__ or '').strip().splitlines()[0]}")
    click.echo("experiments")
    for path in sorted(_experiments().glob("**/*.py")):
        click.echo(f"  {path}")


@main.command()
@click.argument("law")
def describe(law: str) -> None:
    """Print the exact population of LAW: canonical text, a script, or SCRIPT:NAME.

    For a script, each generator of its EXPERIMENT is described; for SCRIPT:NAME, what the script calls NAME.
    """
    from testbed.describe import describe as text_of

    try:
        click.echo("\n\n".join(text_of(source) for source in _laws(law)))
    except Exception as error:
        _stop(_blame(error))


def _laws(law: str) -> list[Any]:
    from testbed.generators import Generator
    from testbed.laws import Law
    from testbed.registry import parse
    from testbed.sweep.script import ScriptError, execute, experiment_of, read

    path, _, name = law.partition(":")
    if not path.endswith(".py"):
        found = [parse(law)]
    elif name:
        module = execute(read(Path(path)))
        if not hasattr(module, name):
            raise ScriptError(f"{path} defines no {name}")
        value = getattr(module, name)
        found = list(value) if isinstance(value, list | tuple) else [value]
    else:
        found = list(experiment_of(read(Path(path))).generator)
    wrong = [v for v in found if not isinstance(v, Generator | Law)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is neither a generator nor a law")
    return found


@main.command()
@click.argument("script", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [default: results/<name>].")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes [default: the number of cores].")
@click.option("--tiny", is_flag=True, help="End points of each list, 2 repetitions, small n; under <name>-tiny.")
def run(script: Path, out: Path | None, jobs: int | None, tiny: bool) -> None:
    """Run the EXPERIMENT of SCRIPT, report it and print its table."""
    sys.exit(_run(script, out, jobs, tiny))


def _run(script: Path, out: Path | None, jobs: int | None, tiny: bool) -> int:
    from testbed.sweep.runner import cores, run_script
    from testbed.sweep.script import experiment_of, read

    try:
        text = read(script)
        experiment = experiment_of(text, tiny)
        folder = out or Path("results") / experiment.name
        outcome = run_script(text, folder, jobs or cores(), tiny, str(script))
    except KeyboardInterrupt:
        click.echo("testbed: interrupted, nothing published", err=True)
        return 130
    except Exception as error:
        _stop(_blame(error))
    try:
        _report(folder, text, experiment.name, experiment.seed)
    except Exception as error:
        _stop(f"{folder}/rows.csv is written, but not its report: {_blame(error)}")
    total, failed = len(outcome.rows), outcome.failed
    click.echo(f"{total - len(failed)} rows ok, {len(failed)} failed; {folder}", err=True)
    for message in dict.fromkeys(str(row["error"]) for row in failed):
        click.echo(f"  failed: {message}", err=True)
    return 1 if failed else 0


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--script", type=click.Path(path_type=Path), help="Script with FIGURES and TABLES [default: as it was run]."
)
def report(folder: Path, script: Path | None) -> None:
    """Rebuild summary, contrasts, figures and tables of FOLDER from its rows.csv."""
    import json

    from testbed.sweep.script import read

    try:
        if not (folder / "manifest.json").exists():
            raise ValueError(f"{folder} holds no manifest.json: a report is made where `testbed run` has run")
        manifest = json.loads((folder / "manifest.json").read_text())
        path = script or (Path(manifest["script"]) if manifest.get("script") else None)
        text = read(path) if path else ""
        _report(folder, text, manifest["name"], manifest["seed"])
    except Exception as error:
        _stop(_blame(error))


def _report(folder: Path, text: str, name: str, seed: int) -> None:
    """Write the report and print the table; a script declares FIGURES and TABLES, or the defaults serve."""
    from testbed.report import write
    from testbed.sweep.grid import SCHEMA
    from testbed.sweep.script import execute

    module = execute(text) if text else None
    figures, tables = getattr(module, "FIGURES", None), getattr(module, "TABLES", None)
    write(folder, figures, tables, name=name, seed=seed, schema=SCHEMA)
    click.echo((folder / "table.md").read_text(), nl=False)


@main.command()
@click.argument("paper", type=click.Choice(sorted(REPRODUCTIONS)))
@click.option("--jobs", type=click.IntRange(min=1), help="Processes [default: the number of cores].")
@click.option("--tiny", is_flag=True, help="A run of seconds, in a folder of its own.")
def reproduce(paper: str, jobs: int | None, tiny: bool) -> None:
    """Reproduce the simulation of PAPER into results/."""
    script = _experiments() / REPRODUCTIONS[paper]
    if not script.exists():
        _stop(f"{script} is missing: run this in a clone of the project")
    name = f"{script.stem}-tiny" if tiny else script.stem
    sys.exit(_run(script, script.parent.parent / "results" / name, jobs, tiny))


def _experiments() -> Path:
    """Folder of the experiments: of the clone that this package runs from."""
    return Path(__file__).resolve().parent.parent / "experiments"


def _blame(error: Exception) -> str:
    """One line: what is wrong, and where in the user's script."""
    import traceback

    from testbed.keys import SCRIPT_PREFIX

    inside = [f for f in traceback.extract_tb(error.__traceback__) if SCRIPT_PREFIX in f.filename]
    place = f" (line {inside[-1].lineno} of the script: {inside[-1].line})" if inside else ""
    plain = isinstance(error, ValueError | OSError)
    return f"{'' if plain else type(error).__name__ + ': '}{error}{place}"
