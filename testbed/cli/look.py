"""The commands that look: list and describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from testbed.cli.base import blame, experiments, main, stop

__all__ = ["describe", "list_"]


@main.command("list")
def list_() -> None:
    """List generators, laws, models, pretexts, regressors and experiments with their settings."""
    from dataclasses import MISSING, fields

    from testbed.registry import KINDS, public

    for kind in KINDS:
        click.echo(f"{kind}")
        for name, cls in public(kind).items():
            dials = (f.name if f.default is MISSING else f"{f.name}={f.default!r}" for f in fields(cls))
            click.echo(f"  {name}({', '.join(dials)})\n      {(cls.__doc__ or '').strip().splitlines()[0]}")
    click.echo("experiments")
    for path in sorted(experiments().glob("**/*.py")):
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
        stop(blame(error))


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
