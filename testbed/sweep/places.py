"""Where results lie: nested below results/ as the scripts are below experiments/, or by the name of the experiment.

The results of experiments/tasks/league.py go to results/tasks/league, whatever the experiment is called; those of a
script elsewhere go to results/NAME. Earlier versions put all of them into results/NAME: such a folder is found, used
and said.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["JOURNAL", "existing", "results_of", "study_name"]

RESULTS = "results"
TINY = "-tiny"  # how the names and folders of tiny runs end


def results_of(
    name: str, script: str = "", root: Path = Path(RESULTS), tell: Callable[[str], object] = lambda said: None
) -> Path:
    """Folder of an experiment: where its results are, or where they go if there are none.

    Parameters
    ----------
    name : str
        Of the experiment; that of a tiny one ends in "-tiny", and so does its folder.
    script : str
        Path of its script, where it has one.
    root : Path
        Folder of all results.
    tell : callable
        Is told, in one sentence, that a folder of an earlier version is used.
    """
    below = _below(script)
    if not below:
        return root / name
    nested = root.joinpath(*below)
    return existing(nested.with_name(nested.name + TINY) if name.endswith(TINY) else nested, root / name, tell)


def study_name(script: str, tiny: bool = False) -> str:
    """Name of a study: that of its script, with the folders below experiments/ before it."""
    return "_".join(_below(script) or (Path(script).stem,)) + TINY * tiny


def _below(script: str) -> tuple[str, ...]:
    """Path of a script below the folder experiments/, as its parts; empty where it is not in one."""
    path = Path(script).absolute().with_suffix("")
    above = [n for n, part in enumerate(path.parts[:-1]) if part == "experiments"]
    return path.parts[above[-1] + 1 :] if above else ()


def existing(wanted: Path, flat: Path | None = None, tell: Callable[[str], object] = lambda said: None) -> Path:
    """Return `wanted`, or the flat folder of an earlier version: if only this has a journal, or `wanted` is empty.

    Without `flat`, as where a command names the folder, results/A_B is that of results/A/B.
    """
    if flat is None:
        above = [folder for folder in wanted.parents if folder.name == RESULTS]
        flat = above[0] / "_".join(wanted.relative_to(above[0]).parts) if above else wanted
    if flat == wanted or not _held(flat):
        return wanted
    if _held(wanted) and ((wanted / JOURNAL).exists() or not (flat / JOURNAL).exists()):
        return wanted
    tell(f"{flat} is used, where these results are; move it to {wanted}, where they are looked for first")
    return flat


def _held(folder: Path) -> bool:
    """Whether a folder holds results of its own: files or shards, not only folders of other experiments."""
    return folder.is_dir() and any(not held.is_dir() or held.name.startswith("shard-") for held in folder.iterdir())


JOURNAL = "rows.journal"
