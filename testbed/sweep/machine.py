"""What the last digits of a row hang on: the kernels of BLAS that the CPU is given, and versions of packages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["blas", "kernels", "resident", "unlike", "versions"]

DECISIVE = ("numpy", "scipy", "scikit-learn")


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def blas() -> list[dict[str, Any]]:
    """Libraries of linear algebra and threads that are loaded, with the architecture that each has chosen."""
    import scipy.linalg  # noqa: F401  # it brings a BLAS of its own
    from threadpoolctl import threadpool_info

    names = ("internal_api", "version", "architecture", "num_threads")
    return [{name: pool.get(name) for name in names} for pool in threadpool_info()]


@cache
def kernels() -> str:
    """Kernels and versions of this process in one line, such as "openblas Haswell, numpy 2.4.6, scipy 1.17.1"."""
    chosen = {f"{p['internal_api']} {p['architecture']}": None for p in blas() if p["architecture"]}
    return ", ".join([*chosen, *(f"{name} {number}" for name, number in versions(DECISIVE).items())])


def unlike(made: Iterable[str]) -> str | None:
    """Say so where rows were computed with different kernels or versions; None where they were not."""
    different = sorted(set(made))
    if len(different) < 2:
        return None
    return f"rows computed with different kernels or versions may differ in their digits: {'; '.join(different)}"


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    try:
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, check=False)
        return int(shown.stdout) * 1024
    except (OSError, ValueError):
        return 0
