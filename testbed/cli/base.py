"""The command itself, and how every subcommand says what is wrong."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from testbed.arguments import MOST, cut, placeless

__all__ = ["as_text", "blame", "experiments", "main", "script_of", "stop"]


def stop(message: object) -> NoReturn:
    """End the process with exit status 2, and say why on standard error."""
    click.echo(f"testbed: {message}", err=True)
    sys.exit(2)


LONGEST = 1000  # characters of a sentence in a list of commands


class _Group(click.Group):
    """Group of the commands; what it says of wrong arguments repeats no more of them than is needed."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named; a long usage error is cut to what is needed."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if len(error.message) <= MOST + 40:
                raise
            raise click.UsageError(cut(error.message, MOST + 40), error.ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with the first sentence of what it does, however long that is."""
        commands = {name: self.commands[name] for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(LONGEST)) for name, one in commands.items()])


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="testbed")
def main() -> None:
    """Self-supervised learning on laws whose truth is known exactly.

    Exit status: 0 every cell is ok; 1 some repetitions failed; 2 bad input, or a folder that cannot be used or written;
    130 interrupted (143 if by SIGTERM), and the same command goes on where it stopped.
    """
    if sys.platform == "win32":
        from testbed.failures import SYSTEMS

        stop(SYSTEMS)


def experiments() -> Path:
    """Folder of the experiments: of the clone that this package runs from, or those that were installed with it."""
    package = Path(__file__).resolve().parents[1]
    clone = package.parent / "experiments"
    return clone if (package.parent / "pyproject.toml").exists() else package / "scripts" / "experiments"


def script_of(path: Path) -> Path:
    """A script as a command takes it: a file, or the name of an experiment of this project, such as tasks/league."""
    if path.suffix or path.exists():  # also ., .. and /, which have no name that could be an experiment's
        return path
    known = experiments() / f"{path}.py"
    return known if known.exists() else path


def as_text(value: Any) -> str:
    """JSON of what a command found; a number that is not finite is null, which is all that JSON has for it."""
    import json

    def plain(inner: Any) -> Any:
        if isinstance(inner, Mapping):
            return {str(name): plain(one) for name, one in inner.items()}
        if isinstance(inner, list | tuple):
            return [plain(one) for one in inner]
        return None if isinstance(inner, float) and not math.isfinite(inner) else inner

    return json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False)


def blame(error: Exception) -> str:
    """One line: what is wrong, and where in the user's script."""
    import traceback

    from testbed.keys import SCRIPT_PREFIX

    inside = [f for f in traceback.extract_tb(error.__traceback__) if SCRIPT_PREFIX in f.filename]
    place = f" (line {inside[-1].lineno} of the script: {inside[-1].line})" if inside else ""
    plain = isinstance(error, ValueError | OSError) or type(error).__module__.startswith("testbed.")
    return placeless(f"{'' if plain else type(error).__name__ + ': '}{error}{place}")
