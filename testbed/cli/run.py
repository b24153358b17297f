"""The commands that run sweeps: run and reproduce."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.base import as_text, blame, experiments, main, script_of, stop
from testbed.cli.options import DEFAULT, PATH, address, seconds, shard
from testbed.cli.studies import is_study, run_study
from testbed.engine import ENGINES, NUMPY

if TYPE_CHECKING:
    from types import ModuleType

    from testbed.sweep.chunk import Script
    from testbed.sweep.drive import Outcome
    from testbed.sweep.folder import Folder

__all__ = ["reproduce", "run"]

REPRODUCTIONS = {"lee2021": "lee2021_figure1.py"}
RESULTS = Path("results")


@main.command()
@click.argument("script", type=PATH)
@click.option("--out", type=PATH, help=DEFAULT)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes [default: the number of cores].")
@click.option(
    "--dask",
    metavar="ADDRESS",
    callback=address,
    help="Work on a running Dask cluster, tcp://host:8786 or a scheduler file, or on one of this machine: local.",
)
@click.option(
    "--shard", metavar="i/N", callback=shard, help="Do part i of N, in its own folder; `testbed collect` merges them."
)
@click.option(
    "--timeout",
    type=float,
    metavar="SECONDS",
    callback=seconds(least_open=True),
    help="Time limit of a chunk (about a second of work); rows that exceed it alone have failed.",
)
@click.option(
    "--grace",
    type=float,
    metavar="SECONDS",
    default=30.0,
    show_default=True,
    callback=seconds(least_open=False),
    help="Time that running chunks have after Ctrl-C or SIGTERM; then they are given up, and done again next time.",
)
@click.option("--tiny", is_flag=True, help="End points of each list, 2 repetitions, small n, PNG; under <name>-tiny.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=NUMPY,
    show_default=True,
    help="Code that computes the rows: fast compiles the linear class (needs numba), in a folder of its own.",
)
@click.option("--plan", is_flag=True, help="Print cells, repetitions, time and disk; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --plan: as JSON.")
@click.option("--fresh", is_flag=True, help="Move the results folder aside (<name>.1) and start anew.")
@click.option(
    "--accept-changes",
    is_flag=True,
    help="Go on although code that rows depend on has changed, if an ok row of each cell, run again, is the same.",
)
@click.option("--retry-failed", is_flag=True, help="Do the failed rows again.")
def run(
    script: Path, out: Path | None, plan: bool, as_json: bool, tiny: bool, jobs: int | None, **options: Any
) -> None:
    """Run the EXPERIMENT of SCRIPT as far as it is not done yet, report it and print its table.

    Stopped in any way, the same command goes on where it was. A grid that has grown computes only what is new.
    A script that defines a STUDY in place of EXPERIMENT, a function that gives one table, is computed whole each time.
    SCRIPT is a file, or the name of an experiment of this project, such as tasks/league.
    """
    script = script_of(script)
    if options["dask"] not in (None, "local") and jobs:
        stop("--jobs is for processes of this machine, --dask for a cluster: give one of them")
    if as_json and not plan:
        stop("--json is for --plan; what a run leaves is in rows.csv and summary.csv")
    if plan:
        sys.exit(_plan(script, out, tiny, jobs, as_json, options))
    sys.exit(_safely(script, out, tiny, jobs, **options))


@main.command()
@click.argument("paper", type=click.Choice(sorted(REPRODUCTIONS)))
@click.option("--jobs", type=click.IntRange(min=1), help="Processes [default: the number of cores].")
@click.option("--tiny", is_flag=True, help="A run of seconds, in a folder of its own.")
def reproduce(paper: str, jobs: int | None, tiny: bool) -> None:
    """Reproduce the simulation of PAPER into results/: that of the clone, or of this folder if there is no clone."""
    clone = experiments().parent
    root = clone / "results" if (clone / "pyproject.toml").exists() else RESULTS
    sys.exit(_safely(experiments() / REPRODUCTIONS[paper], None, tiny, jobs, root=root))


def _safely(script: Path, out: Path | None, tiny: bool, jobs: int | None, **options: Any) -> int:
    try:
        return _run(script, out, tiny, jobs, **options)
    except KeyboardInterrupt:
        _leave()
        click.echo("testbed: stopped at once. Finished rows are safe; the same command goes on from them", err=True)
        return 128 + signal.SIGINT


def _run(script: Path, out: Path | None, tiny: bool, jobs: int | None, root: Path = RESULTS, **options: Any) -> int:
    from testbed.cli.reporting import declared_for, note, report_folder
    from testbed.files import read_bytes
    from testbed.sweep.chunk import Script, grid
    from testbed.sweep.runner import Options, cores, run_script
    from testbed.sweep.script import execute, place, read

    try:
        source = Script(read(script), tiny, place(script))
        if is_study(module := execute(source.text, source.path)):
            if options.get("engine", NUMPY) != NUMPY:
                raise ValueError(f"--engine {options['engine']} is for an EXPERIMENT, and this script has a STUDY")
            return _study(module, source, out, jobs, str(script))
        experiment, _ = grid(source)
        declared = declared_for(source, experiment)
        part = options.pop("shard", None)
        folder = out or _folder(source, experiment.name, part, root)
        settings = Options(jobs=jobs or cores(), shard=part or (1, 1), **options)

        def then(opened: Folder, outcome: Outcome) -> None:
            if outcome.signal is not None:
                _leave()
            note(outcome.notes)
            if outcome.signal is None and not part:
                try:
                    report_folder(opened, outcome.tally, declared, anew=False)
                except Exception as error:
                    stop(f"{folder}/rows.csv is written, but not its report: {blame(error)}")

        outcome = run_script(source, folder, settings, str(script), declared, then)
    except Exception as error:
        stop(blame(error))
    if outcome.signal is not None:
        click.echo(f"testbed: stopped. {_said(outcome, folder)}; the same command goes on from there", err=True)
        return 128 + outcome.signal
    if part:
        click.echo(_said(outcome, folder), err=True)
        return 1 if outcome.tally.failed or outcome.missing else 0
    try:
        click.echo(read_bytes(folder / "table.md").decode(), nl=False)
    except Exception as error:
        stop(blame(error))
    click.echo(_said(outcome, folder), err=True)
    return 1 if outcome.tally.failed or outcome.missing else 0


def _study(module: ModuleType, source: Script, out: Path | None, jobs: int | None, path: str) -> int:
    from testbed.files import read_bytes
    from testbed.sweep.folder import study_name

    folder = out or _folder(source, study_name(source.path, source.tiny), None)
    try:
        run_study(module, source, folder, jobs, path)
    except KeyboardInterrupt:
        _leave()
        click.echo("testbed: stopped; of a study nothing is kept before its end", err=True)
        return 128 + signal.SIGINT
    click.echo(read_bytes(folder / "table.md").decode(), nl=False)
    click.echo(folder, err=True)
    return 0


def _leave() -> None:
    """Be deaf to interrupts from here on: one that fell into the exit would change its status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _folder(source: Script, name: str, part: tuple[int, int] | None, root: Path = RESULTS) -> Path:
    from testbed.cli.reporting import said
    from testbed.sweep.folder import results_of

    folder = results_of(name, source.path, root, said)
    return folder / "shard-{}-of-{}".format(*part) if part else folder


def _said(outcome: Outcome, folder: Path) -> str:
    """What there is, why some failed, and in the last line how many."""
    tally = outcome.tally
    lines = [f"  {count} failed: {message}" for message, count in tally.messages.most_common()]
    if tally.failed:
        lines.append(f"  tracebacks: {folder / 'failures'}; testbed replay {folder} KEY REP runs one again")
    if outcome.missing:
        lines.append(f"  {outcome.missing} rows that were planned are missing; the same command computes them")
    new = f"{outcome.computed} new" if outcome.computed else "nothing was missing"
    lines.append(f"{tally.rows - tally.failed} rows ok, {tally.failed} failed ({new}); {folder}")
    return "\n".join(lines)


def _plan(script: Path, out: Path | None, tiny: bool, jobs: int | None, as_json: bool, options: dict[str, Any]) -> int:
    from dataclasses import asdict

    from testbed.sweep.chunk import Script, grid
    from testbed.sweep.plan import plan
    from testbed.sweep.runner import cores
    from testbed.sweep.script import place, read

    try:
        source = Script(read(script), tiny, place(script))
        folder = out or _folder(source, grid(source)[0].name, options["shard"])
        part, retry, engine = options["shard"] or (1, 1), options["retry_failed"], options["engine"]
        found = plan(source, folder, jobs or cores(), part, retry, engine)
        click.echo(as_text(asdict(found)) if as_json else found.text)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:
        stop(blame(error))
    return 0
