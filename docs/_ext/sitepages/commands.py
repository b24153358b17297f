"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

from pathlib import Path

import click

from testbed.cli import main


def _help(command: click.Command, name: str, parent: click.Context | None = None) -> str:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=110, max_content_width=110)
    return command.get_help(context).rstrip()


def pages(root: Path) -> dict[str, str]:
    """One page: every command with its arguments and options, as `--help` prints them."""
    context = click.Context(main, info_name="testbed")
    text = ["# Commands", "", "What `testbed COMMAND --help` prints.", "", "```text", _help(main, "testbed"), "```", ""]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        text += [f"## testbed {name}", "", "```text", _help(command, name, context), "```", ""]
    return {"commands.md": "\n".join(text)}
