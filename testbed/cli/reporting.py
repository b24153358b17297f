"""What a script declares is read from it when it runs; reports read the texts that a folder keeps, and run no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.base import blame, stop
from testbed.engine import NUMPY, named_engine

if TYPE_CHECKING:
    from testbed.sweep.chunk import Script
    from testbed.sweep.experiment import Experiment
    from testbed.sweep.folder import Folder
    from testbed.sweep.rows import Tally

__all__ = ["declared_by", "declared_for", "draw_panel", "note", "report_folder", "report_rows", "said"]


def said(line: str) -> None:
    """Say a thing on standard error."""
    click.echo(f"testbed: {line}", err=True)


def note(lines: Sequence[str]) -> None:
    """Say things on standard error."""
    for line in lines:
        said(line)


def declared_by(path: Path) -> dict[str, str]:
    """What a script declares to be reported, as texts by name; this runs the script."""
    from testbed.report import DECLARED, declared, texts
    from testbed.sweep.script import execute, place, read

    module = execute(read(path), place(path))
    lists = {name: getattr(module, name, None) for name in DECLARED}
    declared(lists, None)
    return texts(lists)


def declared_for(source: Script, experiment: Experiment) -> dict[str, str]:
    """What a script declares, refused if it could not be reported from the rows of an experiment."""
    from testbed.columns import MEASURED
    from testbed.report import DECLARED, declared, texts
    from testbed.sweep.script import execute

    module = execute(source.text, source.path)
    columns = {name for cell in experiment.cells() for name in cell.columns}
    lists = {name: getattr(module, name, None) for name in DECLARED}
    declared(lists, {*columns, *MEASURED, *experiment.added})
    return texts(lists)


def draw_panel(folder: Path, script: Path | None, panel: str | None, out: Path | None) -> None:
    """Draw one panel of a folder from its summary.csv into a file outside of it; the folder is only read."""
    from testbed.arguments import meant
    from testbed.files import write_atomically
    from testbed.plots import panels
    from testbed.registry import read

    try:
        if panel is None or out is None:
            raise ValueError("--panel and --out go together: which panel, and the file that it is drawn into")
        if (kind := out.suffix.removeprefix(".")) not in ("pdf", "svg", "png"):
            raise ValueError(f"--out {out}: a file that ends with .pdf, .svg or .png is needed")
        if out.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"--out {out} lies in {folder}, whose files are those of its report; choose another place")
        texts = declared_by(script) if script else {}
        found = panels(folder, read(texts["FIGURES"], ("report",)) if "FIGURES" in texts else None)
        if panel not in found:
            raise ValueError(f"--panel {panel}: there is none{meant(panel, found)}; there are {', '.join(found)}")
        write_atomically(out, found[panel].file(kind))
    except Exception as error:
        stop(blame(error))
    click.echo(str(out))


def report_folder(
    folder: Folder, tally: Tally, texts: Mapping[str, str] | None = None, mix_schemas: bool = False, anew: bool = True
) -> None:
    """Report a folder whose rows.csv was just published; without `anew`, only if its report does not fit them.

    `texts` stands for what the folder keeps of what the script declares.
    """
    from testbed.report import fits, made_of
    from testbed.report.drawing import pictures_of
    from testbed.sweep.folder import stopping_of

    index = folder.index
    texts = index.declared if texts is None else texts
    if texts is None and index.scripts:
        raise ValueError(
            f"{folder.path} was written by an earlier version, which does not say what its script declares to be "
            "reported: run the script again, or give it with --script"
        )
    settings = {
        "name": folder.identity["name"],
        "seed": folder.identity["seed"],
        "schema": _schemas(folder.path, index.schemas, mix_schemas, index.engine),
        "stopping": stopping_of(folder.path, index),
    }
    if any(kept.tiny for kept in index.scripts):
        settings["pictures"] = pictures_of(True)
    if anew or not fits(folder.path, made_of(tally.sha256, texts or {}, settings)):
        _write(folder.path, texts or {}, settings, put=folder.write, remove=folder.remove)


def report_rows(folder: Path, texts: Mapping[str, str] | None, mix_schemas: bool) -> None:
    """Report a folder that has rows.csv and no journal, such as one that was made by hand."""
    from testbed.files import sweep_up
    from testbed.sweep.runs import Lock, read_manifest

    manifest = read_manifest(folder)
    if not manifest:
        raise ValueError(f"{folder} holds neither rows.journal nor manifest.json: it is not known what its rows are")
    if texts is None and manifest.get("script"):
        raise ValueError(
            f"{folder} holds no rows.journal, so it is not known what its script declares to be reported: give it with "
            "--script"
        )
    schemas = manifest.get("schemas", [manifest["schema"]])
    settings = {"name": manifest["name"], "seed": manifest["seed"], "stopping": manifest.get("stopping")}
    settings["schema"] = _schemas(folder, schemas, mix_schemas, manifest.get("engine", NUMPY))
    lock = Lock(folder)
    try:
        sweep_up(folder)
        _write(folder, texts or {}, settings)
    finally:
        lock.release()


def _schemas(folder: Path, schemas: Sequence[int], mix_schemas: bool, engine: str) -> str:
    """Row schemas of a folder, and its engine where it is another one than numpy, as they stand below its tables."""
    if len(schemas) > 1 and not mix_schemas:
        raise ValueError(
            f"{folder} holds rows of the row schemas {', '.join(map(str, schemas))}, whose numbers need not agree; "
            "--mix-schemas reports them together"
        )
    return ", engine ".join([" and ".join(map(str, schemas)), *named_engine(engine).values()])


def _write(folder: Path, texts: Mapping[str, str], settings: Mapping[str, Any], **how: Any) -> None:
    from testbed.registry import read
    from testbed.report import DECLARED, write

    lists = {name: read(texts[name], ("report",)) if name in texts else None for name in DECLARED}
    write(folder, lists.pop("FIGURES"), lists.pop("TABLES"), analyses=lists, **settings, **how)
