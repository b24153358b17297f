"""A running Dask cluster gives the bytes of one process, also when one of its workers is killed half-way."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness import call, kill, rows, run, start, within, write

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, about workers that die


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """What a cluster sets for its workers (such as MALLOC_TRIM_THRESHOLD_) is not left to the tests that follow."""
    before = dict(os.environ)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def test_a_dask_worker_dies_and_no_byte_differs(tmp_path: Path) -> None:
    script = write(tmp_path)
    assert within(*run(script, tmp_path / "one"))[0] == 0
    with (
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}),  # which imports once
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        file = tmp_path / "cluster.json"
        client.write_scheduler_file(str(file))
        process = start(*run(script, tmp_path / "dask", "--dask", str(file)))
        journal = tmp_path / "dask" / "rows.journal"
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > 8_000):
            time.sleep(0.02)
        assert process.poll() is None, "the run was over before a worker could be killed"
        kill(pids[0])
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert rows(tmp_path / "dask") == rows(tmp_path / "one")


def test_a_cluster_of_this_machine_gives_the_same_bytes_and_ends_with_the_run(tmp_path: Path) -> None:
    script = write(tmp_path, probe="[OLS()]", repeats=10)
    assert within(*run(script, tmp_path / "one"))[0] == 0
    status, _, err = call(*run(script, tmp_path / "local", "--dask", "local", "--jobs", "2"))
    assert status == 0, err
    assert rows(tmp_path / "local") == rows(tmp_path / "one")


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), ("{}", "'address'"), ("not json", "Expecting")])
def test_what_is_no_scheduler_file_is_said(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "cluster.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    status, _, err = within(*run(write(tmp_path), tmp_path / "out", "--dask", str(file)))
    assert status == 2 and "no scheduler file" in err and words in err


def test_no_scheduler_is_exit_status_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    status, _, err = call(*run(write(tmp_path), tmp_path / "out", "--dask", "tcp://127.0.0.1:1"))
    assert status == 2
    assert "no scheduler answers there" in err
    assert not (tmp_path / "out").exists()
