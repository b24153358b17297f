"""What numba has kept of compiled code is thrown away when one of its sources has changed.

numba keeps the code of a function beside its file, and compiles again when that file changes. It does not look at the
other files whose functions and constants were compiled into it, so that an edit of one of these, or a pull, would leave
old code in use, and its numbers.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

__all__ = ["forget_old"]

HERE = Path(__file__).parent
CONSTANTS = HERE.parent / "_linalg"  # whose constants kernels hold
STAMP = "kernels.sha256"


def forget_old(folder: Path = HERE, constants: Path = CONSTANTS) -> bool:
    """Remove what is kept below `folder` if it is of other sources than there are now; say whether it was.

    Where the folder cannot be written, nothing can be kept in it either; what `NUMBA_CACHE_DIR` sends elsewhere is not
    looked for.
    """
    kernels = [path for path in folder.glob("*.py") if path.stem == "lanes" or b"evaluation.lanes" in path.read_bytes()]
    text = sha256()
    for path in sorted([*kernels, *constants.glob("*.py")]):
        text.update(path.name.encode() + b"\0" + path.read_bytes())
    stamp = folder / "__pycache__" / STAMP
    with suppress(OSError):
        if stamp.is_file() and stamp.read_text(encoding="ascii") == text.hexdigest():
            return False
        stamp.parent.mkdir(exist_ok=True)
        for kept in stamp.parent.glob("*.nb[ic]"):
            kept.unlink(missing_ok=True)
        stamp.write_text(text.hexdigest(), encoding="ascii")
        return True
    return False
