"""Sweeps on rows of a user and on a law given by code: shards, a kill and a Dask cluster leave the bytes of one run."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from testbed.sweep.worker import Crew
from tests.faults.harness import kill, rows, start, within

SCRIPT = """
import os, time
from dataclasses import dataclass
import numpy as np
from testbed import Experiment, FromRows, SampledLaw
from testbed.pretexts import CCA, Raw
from testbed.regressors import OLS, Regressor

@dataclass(frozen=True, repr=False)
class Slow(Regressor):
    def fit_rows(self, a, b, rng):
        time.sleep(0.01 * float(os.environ.get("SLEEP", "1")))
        return OLS().fit_rows(a, b, rng)

def drawn(n, rng):
    x1 = rng.standard_normal((n, 4))
    return x1, x1[:, :2] + rng.standard_normal((n, 2)), x1[:, 0]

table = np.random.default_rng(0).normal(size=(120, 7))
LAWS = [FromRows(table[:, :4], table[:, 4:6], table[:, 6]), SampledLaw(drawn, d1=4, d2=2, k=1, scored=200)]
EXPERIMENT = Experiment("own", LAWS, [Raw(), CCA(1)], [OLS(), Slow()], [40], [20], repeats=40)
FIGURES = []
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(script: Path) -> bytes:
    """Rows of a run that nothing happened to."""
    status, _, err = within("run", script, "--out", script.parent / "whole", "--shard", "1/1")
    assert status == 0, err
    return rows(script.parent / "whole")


def test_two_shards_are_collected_to_the_rows_of_one_run(script: Path, whole: bytes, tmp_path: Path) -> None:
    parts = [tmp_path / f"part{i}" for i in (1, 2)]
    for i, part in enumerate(parts, start=1):
        status, _, err = within("run", script, "--out", part, "--shard", f"{i}/2")
        assert status == 0, err
    folders = [next(path.parent for path in part.rglob("rows.journal")) for part in parts]
    status, _, err = within("collect", *folders, "--out", tmp_path / "both")
    assert status == 0, err
    assert rows(tmp_path / "both") == whole


def test_a_run_that_is_killed_goes_on(script: Path, whole: bytes, tmp_path: Path) -> None:
    process = start("run", script, "--out", tmp_path / "out", "--shard", "1/1", "--jobs", "1")
    until = time.monotonic() + 60.0
    journals: list[Path] = []
    while process.poll() is None and time.monotonic() < until and not journals:
        journals = [path for path in tmp_path.rglob("rows.journal") if path.stat().st_size > 4_000]
        time.sleep(0.01)
    assert process.poll() is None, "the run was over before it could be killed"
    kill(process.pid)
    process.communicate(timeout=60)
    status, _, err = within("run", script, "--out", tmp_path / "out", "--shard", "1/1")
    assert status == 0 and "nothing was missing" not in err, err
    assert rows(tmp_path / "out") == whole


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_rows(
    script: Path, whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEEP", "0")
    distributed = pytest.importorskip("distributed")
    with (
        closing(Crew()) as crew,  # the cluster is in this process, and what it starts would stay until that ends
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
            dashboard_address=None, silence_logs=50,
        ) as cluster,
    ):  # fmt: skip
        monkeypatch.setattr("testbed.sweep.worker._CREW", crew)
        process = start("run", script, "--out", tmp_path / "out", "--shard", "1/1", "--dask", cluster.scheduler_address)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert rows(tmp_path / "out") == whole
