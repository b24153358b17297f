"""What an exception says, and whether the process that it was raised in is to blame."""

from __future__ import annotations

import errno

from testbed.arguments import placeless

__all__ = ["SYSTEMS", "exhausted", "said"]

SYSTEMS = "testbed runs sweeps on Linux and macOS; on Windows, use it under WSL"

WANTING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}  # open files, memory, processes


def said(error: BaseException) -> str:
    """Write an exception as its type and its message, without places in memory, which tell equal failures apart.

    A message that cannot be written is no second failure.
    """
    try:
        message = str(error)
    except Exception as second:
        message = f"its message cannot be written, as its __str__ raises {type(second).__name__}"
    return placeless(f"{type(error).__name__}: {message}")


def exhausted(error: BaseException | None) -> bool:
    """Whether it comes of a want of memory, open files or threads, which others in the process may have used up."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in WANTING):
            return True
        if isinstance(error, RuntimeError) and "can't start new thread" in said(error):
            return True
        error = error.__cause__ or error.__context__
    return False
