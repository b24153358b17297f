"""The batch file of the documentation, run with the variables of a batch system set by hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.harness import ROOT, rows, run, within, write
from tests.forked import standin

PAGE = ROOT / "docs" / "howto" / "slurm_arrays.md"


def batch(folder: Path, task: str | None, **more: str) -> subprocess.Popen[str]:
    """Start the file as task `task` of an array of two, or without one, as the job that collects."""
    variables = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1", **more}
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    known = {name: value for name, value in known.items() if not name.startswith("SLURM")}
    environment = known | variables | ({} if task is None else {"SLURM_ARRAY_TASK_ID": task})
    return subprocess.Popen(
        ["bash", "leak.sbatch"],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_the_batch_file_is_queued_again_at_its_limit_and_collects_the_rows_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [text] = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert {"--array=1-20%5", "--dependency=afterany", "#SBATCH --requeue", "--signal=B:TERM@"} <= set(
        re.findall(r"--array=1-20%5|--dependency=afterany|#SBATCH --requeue|--signal=B:TERM@", text)
    )
    (tmp_path / "leak.sbatch").write_text(text, encoding="utf-8")
    script = write(tmp_path, repeats=20)
    content = script.read_text(encoding="utf-8").replace('name="hurt"', 'name="leak"')
    (tmp_path / "leak.py").write_text(content, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    known, forked = standin()
    for name, content in known.items():
        monkeypatch.setenv(name, content)
    for name, line in {
        "testbed": forked,
        "scontrol": f'echo "$@" >>{tmp_path / "queue"}',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    first, second = batch(tmp_path, "1", SLEEP="50"), batch(tmp_path, "2", SLEEP="0")
    journal = tmp_path / "results" / "leak" / "shard-1-of-2" / "rows.journal"
    while first.poll() is None and not journal.exists():
        time.sleep(0.02)
    assert first.poll() is None, "the task was over before its limit"
    first.send_signal(signal.SIGTERM)
    told = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), told
    assert (tmp_path / "queue").read_text(encoding="utf-8") == "requeue 7_1\n"
    testbed = (tmp_path / "bin" / "testbed").read_text(encoding="utf-8")
    (tmp_path / "bin" / "testbed").write_text("#!/bin/sh\nkill -KILL $$\n", encoding="utf-8")
    short = batch(tmp_path, "1")  # of memory, say: it would be so again, and is not queued for ever
    assert short.communicate(timeout=60) and short.returncode == 128 + signal.SIGKILL
    assert (tmp_path / "queue").read_text(encoding="utf-8") == "requeue 7_1\n"
    (tmp_path / "bin" / "testbed").write_text(testbed, encoding="utf-8")
    early = batch(tmp_path, None)
    assert "missing" in early.communicate(timeout=60)[0] and early.returncode == 1
    for task in ("1", None):
        process = batch(tmp_path, task, SLEEP="0")
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 0, said
    assert within(*run(tmp_path / "leak.py", tmp_path / "one"))[0] == 0
    assert rows(tmp_path / "results" / "leak") == rows(tmp_path / "one")


def test_a_signal_before_the_sweep_has_begun_queues_the_task_again(tmp_path: Path) -> None:
    """The trap stands before the sweep: the signal ends the task with the line that queues it, and not by itself."""
    [text] = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert text.count("\ntestbed run leak.py") == 1
    early = text.replace("\ntestbed run leak.py", "\nkill -TERM $$\ntestbed run leak.py")
    (tmp_path / "leak.sbatch").write_text(early, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    for name, line in {"testbed": "exec sleep 60", "scontrol": f'echo "$@" >>{tmp_path / "queue"}'}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    task = batch(tmp_path, "1")
    said, _ = task.communicate(timeout=60)
    assert task.returncode == 0, said
    assert (tmp_path / "queue").read_text(encoding="utf-8") == "requeue 7_1\n"
