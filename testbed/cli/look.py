"""The commands that look: list and describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from testbed.cli.base import blame, experiments, main, stop
from testbed.cli.options import named

__all__ = ["describe", "laws_of", "list_"]


@main.command("list")
def list_() -> None:
    """List generators, laws, models, pretexts, regressors, statements of the theory and experiments, with settings."""
    from dataclasses import MISSING, fields

    from testbed.registry import KINDS, public
    from testbed.things import missing

    for kind in (*KINDS, "theory"):
        click.echo(f"{kind}")
        for name, cls in public(kind).items():
            dials = (f.name if f.default is MISSING else f"{f.name}={f.default!r}" for f in fields(cls))
            click.echo(f"  {name}({', '.join(dials)})\n      {(cls.__doc__ or '').strip().splitlines()[0]}")
            if absent := missing(cls):
                click.echo(f"      unavailable without {' and '.join(absent)}: pip install 'testbed[neural]'")
    click.echo("experiments")
    for path in sorted(experiments().glob("**/*.py")):
        if _runs(path):
            click.echo(f"  {path}")


def _runs(path: Path) -> bool:
    """Whether `testbed run` runs a script, as it stands there: it gives EXPERIMENT or STUDY a value."""
    import ast

    given = {
        name.id
        for line in ast.parse(path.read_bytes()).body
        for name in ast.walk(line)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    return not given.isdisjoint({"EXPERIMENT", "STUDY"})


@main.command()
@click.argument("law", callback=named)
@click.option("--all", "everything", is_flag=True, help="Also the statements that do not apply, and why.")
def describe(law: str, everything: bool) -> None:
    """Print the exact population of LAW: canonical text, a script, or SCRIPT:NAME.

    For a script, each generator of its EXPERIMENT is described; for SCRIPT:NAME, what the script calls NAME.
    """
    from testbed.describe import describe as text_of

    try:
        click.echo("\n\n".join(text_of(source, everything) for source in laws_of(law)))
    except Exception as error:
        stop(blame(error))


def _parsed(text: str) -> Any:
    """Build what a canonical text names: a law where it can be, so that the learners need not be imported."""
    from testbed.registry import parse

    try:
        return parse(text, ("generators", "laws"))
    except ValueError:
        return parse(text)


def laws_of(law: str) -> list[Any]:
    """Generators and laws that a text names: canonical text, a script, or SCRIPT:NAME."""
    from testbed.generators import Generator
    from testbed.laws import Law

    path, _, name = law.partition(":")
    found = _scripted(Path(path), name) if path.endswith(".py") else [_parsed(law)]
    wrong = [v for v in found if not isinstance(v, Generator | Law)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is neither a generator nor a law")
    return found


def _scripted(path: Path, name: str) -> list[Any]:
    """What a script calls NAME, or the generators of its EXPERIMENT."""
    from testbed.sweep.script import ScriptError, execute, experiment_of, place, read

    if not name:
        return list(experiment_of(read(path), path=place(path)).generators)
    module = execute(read(path), place(path))
    if not hasattr(module, name):
        raise ScriptError(f"{path} defines no {name}")
    value = getattr(module, name)
    return list(value) if isinstance(value, list | tuple) else [value]
