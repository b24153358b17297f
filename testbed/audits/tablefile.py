"""Tables from files: CSV or Parquet, and the columns that patterns name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.arguments import cut, meant, shown
from testbed.audits.input import Table, read

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_file"]


def read_file(path: Path, patterns: dict[str, str | None], unlabeled: Path | None, folds: int) -> Table:
    """Read a table, and a second one without labels.

    Raises
    ------
    ValueError
        A file that is no table; patterns that match nothing, or that two roles share; whatever `read` refuses.
    """
    frame = _frame(path)
    columns = {role: _matched(frame, text, role) for role, text in patterns.items() if text is not None}
    roles = list(columns)
    for i, one in enumerate(roles):
        for other in roles[i + 1 :]:
            shared = [name for name in columns[one] if name in columns[other]]
            if shared:
                raise ValueError(
                    f"column {shown(shared[0])} is in --{one} and in --{other}: a column has one role "
                    f"(--{one} {shown(patterns[one])}, --{other} {shown(patterns[other])})"
                )
    parts = {role: frame[names] for role, names in columns.items()}
    pairs = None
    if unlabeled is not None:
        other_frame = _frame(unlabeled)
        lacking = [c for role in ("x1", "x2") for c in columns[role] if c not in other_frame.columns]
        if lacking:
            raise ValueError(
                f"{unlabeled} lacks {len(lacking)} columns of {path}, such as {shown(lacking[0])}: unlabelled pairs "
                "have the same columns of x1 and x2"
            )
        pairs = tuple(other_frame[columns[role]] for role in ("x1", "x2"))
    return read(parts["x1"], parts["x2"], parts["y"], parts.get("z"), pairs, folds)


def _no_table(path: Path, error: Exception) -> str:
    return (
        f"{path} is no table ({cut(' '.join(str(error).split()), 120)}): a CSV or Parquet file is needed; "
        "for arrays, testbed.audit(x1, x2, y) in Python"
    )


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    if path.is_dir() or not path.exists():
        raise ValueError(
            f"{path} {'is a folder' if path.is_dir() else 'does not exist'}: a CSV or Parquet file is needed"
        )
    with path.open("rb") as file:
        head = file.read(4)
    try:
        if head == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
            if find_spec("pyarrow") is None:
                raise ValueError("to read Parquet, pyarrow is needed, which is not installed; or save the table as CSV")
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, encoding="utf-8")
            names = pd.read_csv(path, encoding="utf-8", header=None, nrows=1, dtype=str).iloc[0]
            frame = frame.set_axis(names, axis=1) if names.duplicated().any() else frame
    except ValueError as error:
        if "pyarrow is needed" in str(error):
            raise
        raise ValueError(_no_table(path, error)) from error
    except Exception as error:
        raise ValueError(_no_table(path, error)) from error
    frame.columns = frame.columns.map(str)
    if len(frame.columns) == 1 and (mark := next((m for m in ";\t|" if m in frame.columns[0]), None)):
        raise ValueError(f"{path} has no commas but {mark!r} between its columns: save it with commas")
    if not len(frame):
        raise ValueError(f"{path} has no rows")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"{path} has more than one column {shown(twice[0])}")
    return frame


def _matched(frame: pd.DataFrame, text: str, role: str) -> list[str]:
    """Columns that a list of names and patterns stands for, in the order of the file."""
    names = list(frame.columns)
    chosen: set[str] = set()
    for pattern in (part.strip() for part in text.split(",")):
        found = [pattern] if pattern in names else [name for name in names if fnmatchcase(name, pattern)]
        if not found:
            hint = meant(pattern, names) or f"; the columns are {cut(', '.join(names), 160)}"
            raise ValueError(f"--{role} {shown(pattern)} matches no column{hint}")
        chosen.update(found)
    return [name for name in names if name in chosen]
