"""`testbed run` of a script that declares a STUDY (see `testbed.report.studies`): computed whole, written whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from types import ModuleType

    from testbed.sweep.chunk import Script

    Write = Callable[[Path, str | bytes], Path]
    Remove = Callable[[Path], None]

__all__ = ["is_study", "run_study"]

MEANT = ("script", "out", "tiny", "jobs")  # parameters of the command that have a meaning for a study


def is_study(module: ModuleType) -> bool:
    """Whether a script declares a STUDY.

    Raises
    ------
    ValueError
        If it declares an EXPERIMENT too.
    """
    study = hasattr(module, "STUDY")
    if study and hasattr(module, "EXPERIMENT"):
        raise ValueError("the script defines both EXPERIMENT and STUDY: only one of them can be run")
    return study


def run_study(module: ModuleType, source: Script, folder: Path, jobs: int | None, path: str) -> None:
    """Compute a study and write its folder; `path` is the script as the command named it.

    Raises
    ------
    ValueError
        If an option was given that has no meaning here, what the script declares cannot be reported, or the folder
        holds something else or cannot be written; it is untouched then.
    """
    from threadpoolctl import threadpool_limits

    from testbed.report.drawing import pictures_of
    from testbed.report.record import made_of, publish
    from testbed.report.studies import report_of, study_declared
    from testbed.sweep.folder import study_name
    from testbed.sweep.runner import cores
    from testbed.sweep.script import standing

    study, figures, tables = study_declared(vars(module))
    takes = set(inspect.signature(study).parameters)
    refused = [name for name in _given() if name not in MEANT or (name in ("tiny", "jobs") and name not in takes)]
    if refused:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in refused)
        raise ValueError(f"{named}: not for this script, whose STUDY is computed whole and takes no such parameter")
    values = {"tiny": source.tiny, "jobs": jobs or cores()}
    with _opened(folder, source, path) as (write, remove):
        with threadpool_limits(1), standing(source.text, source.path):
            frame = study(**{name: values[name] for name in takes & values.keys()})
            files = report_of(frame, figures, tables, study_name(source.path, source.tiny), pictures_of(source.tiny))
        publish(folder, files, made_of(sha256(files["table.csv"]).hexdigest(), {}, {"study": path}), write, remove)


def _given() -> list[str]:
    """Parameters that the command line names."""
    context = click.get_current_context()
    return [n for n in context.params if context.get_parameter_source(n) is ParameterSource.COMMANDLINE]


@contextmanager
def _opened(folder: Path, source: Script, path: str) -> Iterator[tuple[Write, Remove]]:
    """Hold the lock of a folder and say in its manifest how the study went; give what writes and removes its files."""
    from testbed.files import FolderError, sweep_up, write_atomically
    from testbed.sweep.folder import study_name
    from testbed.sweep.runs import Lock, Manifest, read_manifest

    name, before = study_name(source.path, source.tiny), read_manifest(folder)
    rows = [file for file in ("rows.csv", "rows.journal") if (folder / file).exists()]
    if rows or (before and (before["name"], before.get("study")) != (name, True)):
        what = f"{rows[0]} of an experiment" if rows else f"results of {before['name']}"
        raise FolderError(f"{folder} holds {what}; choose another folder with --out, or move this one aside")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"{folder} cannot be written ({error.strerror}); choose another with --out") from error
    lock = Lock(folder)

    def write(target: Path, content: str | bytes) -> Path:
        lock.check()
        return write_atomically(target, content)

    def remove(target: Path) -> None:
        lock.check()
        target.unlink(missing_ok=True)

    try:
        sweep_up(folder)
        manifest = Manifest(folder, {"name": name, "study": True, "script": path}, write)
        try:
            yield write, remove
        except BaseException as error:
            with suppress(FolderError):
                manifest.finish(f"stopped by {type(error).__name__}", {})
            raise
        manifest.finish("finished", {})
    finally:
        lock.release()
