"""Files of a results folder: they appear whole or not at all, no link is followed, and one error says what is wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["FolderError", "Hashed", "holds", "open_file", "read_bytes", "real_folder", "sweep_up", "write_atomically"]

# Temporary files: of this version, and of earlier ones, which named them by chance or by process.
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp|\.(rows\.csv|rows\.journal|manifest\.json)\.\w{8}|\..+\.\d+\.tmp")
CLOSED = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
PIECE = 1 << 20


class FolderError(ValueError):
    """A results folder that cannot be read or written, is in use, or holds something else."""


class Hashed:
    """Pieces of bytes that are hashed as they pass: after the last one, `sha256` is that of all of them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._sha = pieces, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._sha.update(piece)
            yield piece

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written, in hexadecimal digits."""
        return self._sha.hexdigest()


def open_file(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file and return its descriptor; a new one gets the rights that the umask leaves.

    Raises
    ------
    FolderError
        If it is a symbolic link (a folder from elsewhere could lead out of itself), a folder, a pipe or a device; or
        if it is to be written and has a second name (a hard link).
    OSError
        If it is missing or cannot be opened.
    """
    wanted = "a results folder holds regular files only; delete it"
    try:
        handle = os.open(path, flags | CLOSED | getattr(os, "O_NONBLOCK", 0), 0o666)  # a pipe would wait for its peer
    except OSError as error:
        if path.is_symlink():
            raise FolderError(f"{path} is a symbolic link, which is not followed: {wanted}") from error
        if error.errno in (errno.EISDIR, errno.ENXIO):
            raise FolderError(f"{path} is no regular file: {wanted}") from error
        raise
    found = os.fstat(handle)
    writes = flags & (os.O_WRONLY | os.O_RDWR)
    if not stat.S_ISREG(found.st_mode) or (writes and found.st_nlink > 1):
        os.close(handle)
        if stat.S_ISREG(found.st_mode):
            raise FolderError(
                f"{path} has another name elsewhere (a hard link), so it is not written; put a copy in its place"
            )
        raise FolderError(f"{path} is no regular file: {wanted}")
    return handle


def read_bytes(path: Path) -> bytes:
    """Read a regular file. Errors as in `open_file`."""
    with os.fdopen(open_file(path), "rb") as file:
        return file.read()


def write_atomically(path: Path, content: str | bytes | Iterable[bytes]) -> Path:
    """Write a file whole: to a temporary neighbour, flushed to disk, then renamed over it.

    `content` is a text, bytes, or pieces of bytes that are written as they come, so that they are never held together.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    FolderError
        If it cannot be written (the disk is full, say); what was at `path` is then untouched.
    """
    content = content.encode() if isinstance(content, str) else content
    pieces = (content,) if isinstance(content, bytes) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED, 0o666)
            with os.fdopen(handle, "wb") as file:
                _fill(file, pieces)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def _fill(file: BinaryIO, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems cannot sync a folder; the rename is still atomic
    finally:
        os.close(handle)


def holds(path: Path, pieces: Iterable[bytes]) -> bool:
    """Whether a file has exactly this content.

    Raises
    ------
    FolderError
        If it is no regular file.
    """
    try:
        with os.fdopen(open_file(path), "rb") as file:
            return all(file.read(len(piece)) == piece for piece in pieces) and not file.read(1)
    except OSError:
        return False


def real_folder(path: Path) -> None:
    """Make a folder inside a results folder, unless it is there.

    Raises
    ------
    FolderError
        If something else has its name, such as a link to a folder elsewhere; or if it cannot be made.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise FolderError(f"{path} is no folder of its own: a link is not followed; delete it")
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error.strerror or error}") from error


def sweep_up(folder: Path) -> None:
    """Remove the temporary files that killed runs left in a folder; its lock is held by the caller."""
    if folder.is_dir() and not folder.is_symlink():
        for entry in folder.iterdir():
            if TEMPORARY.fullmatch(entry.name) and not entry.is_dir():
                with suppress(OSError):
                    entry.unlink()
