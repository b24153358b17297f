"""What to do with a results folder that holds nothing but shards of an array job."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["uncollected"]

SHARD = re.compile(r"shard-\d+-of-\d+")


def uncollected(folder: Path) -> str:
    """Say which shards a folder holds, or the folder above a shard, and what joins them; nothing if there are none."""
    whole = folder.parent if SHARD.fullmatch(folder.absolute().name) else folder
    shards = sorted(held.name for held in whole.iterdir() if SHARD.fullmatch(held.name)) if whole.is_dir() else []
    if not shards:
        return ""
    parts = f"{whole} holds {len(shards)} of {shards[0].rpartition('-')[2]} shards that are not joined"
    return f"{parts}; testbed collect {whole}/shard-* --out {whole} joins and reports them"
