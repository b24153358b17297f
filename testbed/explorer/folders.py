"""From a results folder to its page, and from a tree of them to their index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from testbed.explorer.document import document
from testbed.explorer.fields import fields_of
from testbed.explorer.index import Entry, index_of
from testbed.explorer.panels import panels_of
from testbed.explorer.plain import distinct
from testbed.explorer.table import columns_of, pairs_of, unreadable
from testbed.files import FolderError, read_bytes, write_atomically
from testbed.registry import stored
from testbed.report import ReportError, default_figure
from testbed.report import declared as refuse
from testbed.report.cells import risk_of
from testbed.report.files import fingerprint, parse_contrasts, parse_summary, present
from testbed.report.panel import COLORS, PALETTE
from testbed.report.shards import uncollected
from testbed.report.tables import ROUNDING

__all__ = ["PAGE", "data_of", "explore", "explore_all", "folders_of"]

PAGE = "explore.html"


def explore(folder: Path, out: Path | None = None) -> Path:
    """Write the page of a results folder.

    Parameters
    ----------
    folder : Path
        Must hold summary.csv; contrasts.csv and figures.txt are read where they are there.
    out : Path, optional
        The file; by default explore.html in the folder.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    ReportError
        If the summary is missing or damaged, or does not fit the declared panels.
    FolderError
        If the page cannot be written.
    """
    data = data_of(folder)
    return write_atomically(out or folder / PAGE, document(data["name"], data))


def explore_all(root: Path, out: Path | None = None) -> tuple[Path, list[Path]]:
    """Write the page of each results folder below a folder, and an index of them.

    They are written into the folders themselves, or, with `out`, into a folder that is laid out in the same way.

    Returns
    -------
    tuple of Path and list of Path
        The index, and the pages.

    Raises
    ------
    ReportError
        If there is no results folder, or as in `explore`.
    """
    entries, pages = [], []
    target = out or root
    for folder in folders_of(root):
        data, within = data_of(folder), folder.relative_to(root)
        try:
            (target / within).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{target / within} cannot be made: {error.strerror}") from error
        pages.append(write_atomically(target / within / PAGE, document(data["name"], data)))
        columns = {column["name"]: column for column in data["columns"]}
        laws = len(columns["generator"].get("of", [0]))
        entries.append(Entry(data["name"], f"{within.as_posix()}/{PAGE}", data["n"], laws, data["panels"], data["sha"]))
    if not entries:
        shards = (held.parent for held in sorted(root.rglob("shard-*")))
        waiting = [said for folder in (root, *shards) if (said := uncollected(folder))]
        todo = f"; {waiting[0]}" if waiting else ""
        raise ReportError(f"{root} holds no results folder: none below it has summary.csv{todo}")
    return write_atomically(target / PAGE, index_of(name_of(root), entries)), pages


def folders_of(root: Path) -> list[Path]:
    """Results folders below a folder that have a summary, without those of tiny runs, shards and earlier runs."""
    found = {path.parent for path in root.rglob("summary.csv")}
    return sorted(p for p in found if p != root and not any(_passing(name) for name in p.relative_to(root).parts))


def _passing(name: str) -> bool:
    return name.endswith("-tiny") or name.startswith(("shard-", ".")) or name.rpartition(".")[2].isdecimal()


def name_of(folder: Path) -> str:
    """What a folder is called in its page and in commands: results/violations/latents, wherever results/ is."""
    parts = folder.resolve().parts
    if "results" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("results") :])
    return parts[-1]


def place_of(folder: Path) -> str:
    """Where a command finds the folder: from where results/ is, or as it was given."""
    name = name_of(folder)
    return name if name.startswith("results/") else folder.as_posix()


def data_of(folder: Path) -> dict[str, Any]:
    """What a page holds: a function of summary.csv, contrasts.csv and figures.txt alone."""
    path, beside = present(folder / "summary.csv"), folder / "contrasts.csv"
    content = read_bytes(path)
    summary, lines = parse_summary(content, path), fields_of(content, str(path))
    if not len(summary):
        raise ReportError(f"{path} holds no cells")
    if len(twice := summary["key"][summary["key"].duplicated()]):
        raise ReportError(f"{path} is damaged: the cell {twice.iloc[0]} stands in it twice")
    compared = read_bytes(beside) if beside.exists() else None
    contrasts = parse_contrasts(compared, beside) if compared else None
    declared = folder / "figures.txt"
    kept = stored(read_bytes(declared), ("report",), declared) if declared.exists() else None
    figures = [default_figure(summary)] if kept is None else kept
    refuse({"FIGURES": figures}, {*summary.columns})
    return {
        "name": name_of(folder),
        "place": place_of(folder),
        "sha": fingerprint(content),
        "n": len(summary),
        "risk": risk_of(summary),
        "rounding": ROUNDING,
        "inks": [distinct(PALETTE[i]) for i in COLORS],
        "columns": columns_of(lines, summary),
        "unreadable": unreadable(summary),
        "panels": panels_of(figures, summary, contrasts),
        "pairs": pairs_of(fields_of(compared, str(beside)), summary) if compared else {"n": 0},
    }
