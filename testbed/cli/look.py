"""The commands that look: list and describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from testbed.arguments import cut, meant, shown
from testbed.cli.base import as_text, blame, experiments, main, stop
from testbed.cli.options import named

__all__ = ["describe", "laws_of", "list_", "scripted"]


@main.command("list")
@click.argument("kind", required=False, callback=named)
@click.argument("word", required=False, callback=named)
@click.option("--json", "as_json", is_flag=True, help="As JSON: kind, name, settings and summary of each.")
def list_(kind: str | None, word: str | None, as_json: bool) -> None:
    """List generators, laws, models, pretexts, regressors, statements of the theory and experiments, with settings.

    KIND is one of generators, laws, models, pretexts, regressors, theory, experiments; WORD is looked for in name,
    settings and summary, in capitals or not. `testbed list WORD` looks for a word in all kinds.
    """
    from testbed.registry import KINDS

    kinds = (*KINDS, "theory", "experiments")
    if kind is not None and kind not in kinds:
        if word is not None:
            stop(f"KIND = {shown(kind)}{meant(kind, kinds) or '; allowed: ' + ', '.join(kinds)}")
        kind, word = None, kind
    found = [entry for one in kinds if kind in (None, one) for entry in _entries(one) if _mentions(entry, word)]
    if not found:
        stop(f"nothing mentions {shown(word)}{meant(str(word), kinds)}")
    if as_json:
        click.echo(as_text(found))
        return
    for one in dict.fromkeys(entry["kind"] for entry in found):
        click.echo(one)
        for entry in found:
            if entry["kind"] == one:
                click.echo(_line(entry))


def _entries(kind: str) -> list[dict[str, Any]]:
    """What there is of a kind: names, settings with their defaults as text (None where one must be given), summary."""
    from dataclasses import MISSING, fields

    from testbed.registry import public
    from testbed.things import missing

    if kind == "experiments":
        paths = [path for path in sorted(experiments().glob("**/*.py")) if _runs(path)]
        return [{"kind": kind, "name": str(path), "summary": _first_line(path)} for path in paths]
    return [
        {
            "kind": kind,
            "name": name,
            "settings": {f.name: None if f.default is MISSING else repr(f.default) for f in fields(cls)},
            "summary": (cls.__doc__ or "").strip().splitlines()[0],
            "missing": missing(cls),
        }
        for name, cls in public(kind).items()
    ]


def _mentions(entry: dict[str, Any], word: str | None) -> bool:
    place = entry["name"] if "settings" in entry else Path(entry["name"]).relative_to(experiments()).as_posix()
    text = " ".join([place, *entry.get("settings", ()), entry["summary"]])
    return word is None or word.casefold() in text.casefold()


def _line(entry: dict[str, Any]) -> str:
    if "settings" not in entry:
        return f"  {entry['name']}\n      {entry['summary']}"
    dials = (name if text is None else f"{name}={text}" for name, text in entry["settings"].items())
    lines = [f"  {entry['name']}({', '.join(dials)})", f"      {entry['summary']}"]
    if absent := entry["missing"]:
        lines.append(f"      unavailable without {' and '.join(absent)}: pip install 'testbed[neural]'")
    return "\n".join(lines)


def _first_line(path: Path) -> str:
    """First line of what a script says of itself."""
    import ast

    return (ast.get_docstring(ast.parse(path.read_bytes())) or "").partition("\n")[0]


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
@click.option("--json", "as_json", is_flag=True, help="Numbers by name, and every statement, as JSON.")
def describe(law: str, everything: bool, as_json: bool) -> None:
    """Print the exact population of LAW: canonical text, a script, or SCRIPT:NAME.

    For a script, each generator of its EXPERIMENT is described; for SCRIPT:NAME, what the script calls NAME.
    """
    from testbed.describe import describe as text_of
    from testbed.described import described

    try:
        if as_json:
            click.echo(as_text([described(source) for source in laws_of(law)]))
            return
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
    kinds = (Generator, Law)
    found = scripted(Path(path), name, kinds) if path.endswith(".py") else [_parsed(law)]
    wrong = [v for v in found if not isinstance(v, kinds)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is neither a generator nor a law")
    return found


def scripted(path: Path, name: str, kinds: tuple[type, ...]) -> list[Any]:
    """What a script calls NAME, or the generators of its EXPERIMENT; what it has of these kinds is said if neither is.

    Raises
    ------
    ScriptError
        Where the script has no such name; without a name, where it has no EXPERIMENT.
    """
    from testbed.sweep.script import ScriptError, execute, experiment_of, place, read

    module = execute(read(path), place(path))
    there = [f"{path}:{key}" for key, value in vars(module).items() if isinstance(value, kinds) and key[0] != "_"]
    hint = f"; it has {cut(', '.join(there))}" if there else ""
    if not name:
        try:
            return list(experiment_of(read(path), path=place(path)).generators)
        except ScriptError as error:
            raise ScriptError(f"{error}{hint}") from error
    if not hasattr(module, name):
        raise ScriptError(f"{path} defines no {cut(name)}{hint}")
    value = getattr(module, name)
    return list(value) if isinstance(value, list | tuple) else [value]
