"""The lock of a results folder: one run at a time writes into it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from testbed.files import FolderError, open_file

__all__ = ["Lock"]

try:
    import fcntl
except ImportError:  # pragma: no cover - a system without flock is served by the owner's name alone
    fcntl = None  # type: ignore[assignment]


class Lock:
    """The file .lock, held open and locked, which names its owner: host, process, and when the process started.

    The system gives the lock up when its owner dies, however it dies. Where locks of the file system cannot be trusted
    (a network file system), the owner's name decides: a process of this host that is gone, or that started at another
    time than the owner did, has left a stale lock. Clocks are never compared. An owner on another host cannot be
    looked at, so it is believed.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".lock"
        try:
            self._handle = open_file(self.path, os.O_RDWR | os.O_CREAT)
            try:
                self._mine = os.fstat(self._handle)
                self._take()
            except BaseException:
                os.close(self._handle)
                raise
        except OSError as error:
            raise FolderError(f"{folder} cannot be written: {error.strerror or error}") from error

    def check(self) -> None:
        """Refuse to go on if the folder at this place is no longer the one that is locked.

        Raises
        ------
        FolderError
            If it was moved, removed or replaced, or its lock was deleted.
        """
        try:
            there = self.path.lstat()
        except OSError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (self._mine.st_dev, self._mine.st_ino):
            raise FolderError(
                f"{self.path.parent} was moved, removed or replaced (or its .lock was deleted) while a run was in it. "
                "What was finished is in its rows.journal, wherever that is now: put the folder back, or name its new "
                "place with --out, and run the same command again"
            )

    def _take(self) -> None:
        held = False
        if fcntl is not None:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held = True
            except OSError:
                pass  # this file system knows no locks
        owner = self._owner()
        if held or (owner and _alive(owner)):
            raise FolderError(
                f"{self.path.parent} is in use by process {owner.get('pid', 'unknown')} on host "
                f"{owner.get('host', 'unknown')}; wait for it, or choose another folder with --out. "
                f"If you know that process to be gone, delete {self.path}"
            )
        mine = {"host": platform.node(), "pid": os.getpid(), "started": _started(os.getpid())}
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, json.dumps(mine).encode(), 0)
        except OSError as error:
            raise FolderError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _owner(self) -> dict[str, Any]:
        try:
            owner = json.loads(os.pread(self._handle, 4096, 0))
        except ValueError:
            return {}  # empty after a run that ended, torn after one that was killed while it wrote this
        return owner if isinstance(owner, dict) else {}

    def release(self) -> None:
        """Give the lock up; the empty file stays, since another run may have it open already."""
        try:
            os.ftruncate(self._handle, 0)
        finally:
            os.close(self._handle)


def _alive(owner: dict[str, Any]) -> bool:
    if owner.get("host") != platform.node():
        return True
    pid = owner.get("pid")
    if not isinstance(pid, int) or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process
    return _started(pid) == owner.get("started")


def _started(pid: int) -> str | None:
    """When a process started, as the system writes it: only compared with itself."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
        )  # in ticks since the system started
    except OSError:
        pass
    try:
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return shown.stdout.strip() or None
