"""The command that holds the theory against laws: check."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.arguments import shown
from testbed.cli.base import as_text, blame, main, stop
from testbed.cli.options import PATH, named

if TYPE_CHECKING:
    from testbed.check import Record
    from testbed.theory import Statement

__all__ = ["check"]

FOLDER = Path("results") / "ledger"


@main.command()
@click.argument("statement", required=False, callback=named)
@click.option(
    "--law",
    metavar="LAW",
    callback=named,
    help="Your own law: canonical text, a script, SCRIPT:NAME, or a law of the suite.",
)
@click.option("--out", type=PATH, help=f"Folder of the ledger [default: {FOLDER}, for the whole suite].")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes, for the laws of the suite [default: the cores].")
@click.option("--json", "as_json", is_flag=True, help="Print every record as JSON.")
def check(statement: str | None, law: str | None, out: Path | None, jobs: int | None, as_json: bool) -> None:
    """Run the ledger: every statement of the theory, or STATEMENT, on every law of the suite, or on LAW.

    STATEMENT is a name, NAME(...) with its settings, or SCRIPT:NAME, what a script of yours calls NAME.

    Prints a line for each statement; with STATEMENT or LAW, a line for each record. The whole ledger is written as CSV,
    Markdown and LaTeX. Exit status: 0 nothing is violated; 1 something is, or could not be computed; 2 bad input.
    """
    try:
        sys.exit(_check(statement, law, out, jobs, as_json))
    except KeyboardInterrupt:
        click.echo("testbed: stopped; nothing was written", err=True)
        sys.exit(128 + signal.SIGINT)


def _check(statement: str | None, law: str | None, out: Path | None, jobs: int | None, as_json: bool) -> int:
    from tqdm import tqdm

    from testbed.check import laws_for, ledger
    from testbed.sweep.runner import cores

    try:
        statements = _statements(statement)
        own = _laws(law) if law is not None else None
        folder = out or (FOLDER if statement is None and law is None else None)
        if folder:
            _writable(folder)
        pairs = [(s, name, source) for s in statements for name, source in (own or laws_for(s)).items()]
        with tqdm(total=len(pairs), unit="check", disable=None, leave=False) as bar:
            alone = own is not None or _is_script(statement)  # other processes do not know the script
            records = ledger(pairs, 1 if alone else jobs or cores(), bar.update)
    except Exception as error:
        stop(blame(error))
    rows = [record.row for record in records]
    if as_json:
        click.echo(as_text([asdict(record) for record in records]))
    else:
        _print(records, rows, short=statement is None and law is None)
    if folder:
        try:
            _write(folder, rows)
        except OSError as error:
            stop(f"--out = {str(folder)!r}: {error}")
    return 1 if any(r.verdict in ("violated", "error") for r in records) else 0


def _writable(folder: Path) -> None:
    """Refuse a folder that cannot be made, or written to: before anything is computed, and without making it."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"--out = {str(folder)!r}: {there} is no folder that can be written to")


def _is_script(statement: str | None) -> bool:
    return statement is not None and statement.partition(":")[0].endswith(".py")


def _statements(text: str | None) -> tuple[Statement, ...]:
    """Statements of the ledger that a text names, or those that a script calls so: objects, or classes as they are."""
    from testbed.check import statements_named
    from testbed.cli.look import scripted
    from testbed.theory import Statement

    if text is None or not _is_script(text):
        return statements_named(text)
    path, _, name = text.partition(":")
    if not name:
        raise ValueError(f"STATEMENT = {shown(text)}: which one? {path}:NAME")
    found = [one() if isinstance(one, type) else one for one in scripted(Path(path), name, (Statement,))]
    if wrong := [one for one in found if not isinstance(one, Statement)]:
        raise ValueError(f"{text} is {shown(wrong[0])}, and no statement: derive it from testbed.theory.Exact")
    return tuple(found)


def _laws(text: str) -> dict[str, Any]:
    from testbed.check import LAWS
    from testbed.cli.look import laws_of
    from testbed.keys import canonical

    if text in LAWS:
        return {text: LAWS[text]}
    return {canonical(source): source for source in laws_of(text)}


def _print(records: list[Record], rows: list[dict[str, Any]], short: bool) -> None:
    from testbed.report.ledger import lines

    if short:
        for line in lines(rows):
            click.echo(line.text)
        counts = {
            v: sum(r.verdict == v for r in records) for v in ("holds", "consistent", "not applicable", "violated")
        }
        errors = [r for r in records if r.verdict == "error"]
        click.echo(", ".join(f"{n} {v}" for v, n in counts.items()) + (f", {len(errors)} error" if errors else ""))
        for record in errors:
            click.echo(record.text)
        return
    for record in records:
        click.echo(record.text)


def _write(folder: Path, rows: list[dict[str, Any]]) -> None:
    from testbed.check import SUITE
    from testbed.files import write_atomically
    from testbed.report.files import fingerprint
    from testbed.report.ledger import records_to_csv, to_latex, to_markdown

    folder.mkdir(parents=True, exist_ok=True)
    content = records_to_csv(rows)
    footer = f"testbed check, ledger.csv SHA-256 {fingerprint(content['ledger.csv'])}"
    for name, text in content.items():
        write_atomically(folder / name, text)
    words = {row["law"]: SUITE[row["law"]][0] if row["law"] in SUITE else "yours" for row in rows}
    write_atomically(folder / "ledger.md", to_markdown(rows, words, footer))
    write_atomically(folder / "ledger.tex", to_latex(rows, footer))
    click.echo(f"{len(rows)} records; {folder}", err=True)
