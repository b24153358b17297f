"""Files that appear whole or not at all, and the one error of a results folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["FolderError", "holds", "write_atomically"]


class FolderError(ValueError):
    """A results folder that cannot be written, is in use, or holds something else."""


def write_atomically(path: Path, content: str | Iterable[bytes]) -> None:
    """Write a file whole: to a temporary neighbour, flushed to disk, then renamed over it.

    `content` is a text, or pieces of bytes that are written as they come, so that they are never held together.

    Raises
    ------
    FolderError
        If it cannot be written (the disk is full, say); what was at `path` is then untouched.
    """
    pieces = (content.encode(),) if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error.strerror or error}") from error


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems cannot sync a folder; the rename is still atomic
    finally:
        os.close(handle)


def holds(path: Path, pieces: Iterable[bytes]) -> bool:
    """Whether a file has exactly this content."""
    try:
        with path.open("rb") as file:
            return all(file.read(len(piece)) == piece for piece in pieces) and not file.read(1)
    except OSError:
        return False
