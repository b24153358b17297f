"""Engines: chosen by name, part of what a folder is, and the same numbers to rounding from the same draws."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.testing import assert_allclose

import testbed
from testbed import Experiment, engine
from testbed.cli import main
from testbed.evaluation import Cell, run_blocks
from testbed.evaluation.source import Source
from testbed.evaluation.streams import Streams
from testbed.files import FolderError
from testbed.generators import CleanMixture, Generator, LeeMixture
from testbed.laws.roots import draw_rows
from testbed.laws.wishart import triangle
from testbed.pretexts import CCA, Oracle, Predict, Raw
from testbed.regressors import OLS
from testbed.sweep import runner
from testbed.sweep.journal import Reader
from testbed.sweep.replay import collect
from testbed.sweep.worker import Crew
from tests.alone import alone

SCRIPT = """
from testbed import Experiment
from testbed.generators import CleanMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS
EXPERIMENT = Experiment(
    name="engines", generator=[CleanMixture(k=3, d1=7, d2=4)], pretext=[Raw(), Predict(OLS())], probe=[OLS()],
    n_unlabeled=[60], n_labeled=[30], repeats=3,
)
FIGURES = []
"""
EXPERIMENT = Experiment(
    name="engines", generator=[CleanMixture(k=3, d1=7, d2=4)], pretext=[Raw(), Predict(OLS())], probe=[OLS()],
    n_unlabeled=[60], n_labeled=[30], repeats=3,
)  # fmt: skip
LAWS: dict[str, tuple[Generator, int, int, tuple[int, ...]]] = {
    "new structures": (LeeMixture(k=10, d1=50, d2=40), 4000, 1000, ()),
    "an edge": (LeeMixture(k=4, d1=9, d2=6, alpha=0.3), 400, 100, ()),
    "frozen, states far apart": (LeeMixture(k=5, d1=11, d2=6, scale=1e5, structure_seed=1), 400, 100, ()),
    "more states than x2 has coordinates, nested": (LeeMixture(k=7, d1=9, d2=3, scale=2.0), 90, 80, (20, 80)),
    "a curve of three points, classes that are empty": (LeeMixture(k=9, d1=11, d2=9), 400, 60, (20, 33, 60)),
    "n = 10^9": (CleanMixture(k=3, d1=12, d2=8, structure_seed=1), 10**9, 10**8, ()),
}


@pytest.fixture
def fast() -> None:
    pytest.importorskip("numba", reason="the engine fast is that of the extra `fast`")


def measured(name: str, reps: range, with_engine: str) -> list[dict[str, list[Any]]]:
    """Columns of the linear class, block by block."""
    generator, n1, n2, nested = LAWS[name]
    cells = [Cell(generator, p, OLS(), n1, n2, "moments", nested) for p in (Raw(), Oracle("linear"), Predict(OLS()))]
    blocks = run_blocks(cells, 4, reps, with_engine)
    assert not any(block.failed for block in blocks)
    return [dict(zip(block.cell.measured, block.columns, strict=True)) for block in blocks]


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("name", list(LAWS))
def test_engines_agree_and_slices_of_a_stack_have_their_own_bits(name: str) -> None:
    """Every column to 1e-9 of the excess risk, of which most of them are parts; a slice to the bit."""
    compiled, plain = (measured(name, range(64), engine_name) for engine_name in ("fast", "numpy"))
    part = measured(name, range(5, 18), "fast")
    for one, other, slice_ in zip(compiled, plain, part, strict=True):
        size = np.abs(np.asarray(other["excess_risk"]))
        for column, values in one.items():
            assert slice_[column] == values[5:18]
            if values[0] is not None:
                assert_allclose(np.asarray(values) / size, np.asarray(other[column]) / size, rtol=1e-9, atol=1e-9)
    assert compiled[2] != plain[2]  # the last digits are others: it was the compiled code


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("separation", [1e3, 1e4, 1e5])
def test_states_far_apart_cost_both_engines_digits_by_the_square(separation: float) -> None:
    """As the page says: 1e-9 of the excess risk, or about 1e-16 of a squared distance; ten times that is allowed."""
    risks = []
    for engine_name in ("fast", "numpy"):
        generator = CleanMixture(k=3, d1=20, d2=10, separation=separation)
        (block,) = run_blocks([Cell(generator, Predict(OLS()), OLS(), 1000, 100, "moments")], 4, range(64), engine_name)
        risks.append(dict(zip(block.cell.measured, block.columns, strict=True))["excess_risk"])
    assert_allclose(risks[0], risks[1], rtol=max(1e-9, 1e-15 * separation**2))


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("structure_seed", [None, 1])
@pytest.mark.parametrize("draws", ["rows", "moments"])
def test_other_cells_have_numpys_bits_on_rows_and_agree_on_moments(draws: Any, structure_seed: int | None) -> None:
    law = CleanMixture(k=3, d1=8, d2=5, structure_seed=structure_seed)
    cell = Cell(law, CCA(2), OLS(), 200, 50, draws)
    compiled, plain = (list(run_blocks([cell], 4, range(5), engine_name)) for engine_name in ("fast", "numpy"))
    for one, other in zip(compiled, plain, strict=True):
        assert not one.failed and (one.columns == other.columns) is (draws == "rows")
        for ours, numpys in zip(one.columns, other.columns, strict=True):
            if numpys[0] is not None:
                assert_allclose(ours, numpys, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("fast")
def test_a_run_compiles_once_before_its_first_row() -> None:
    """What `ready` has compiled serves every law: no other kind of array comes, so no row waits for a compiler."""
    from testbed.evaluation import compiled, forms, normals, pooling, ready

    ready("fast")
    for name in LAWS:
        measured(name, range(3), "fast")
    kernels: list[Any] = [
        compiled.vanishing,
        compiled.fitted,
        compiled.lost,
        pooling.pooled,
        forms.forms,
        normals.fill,
        normals.gammas,
        normals.triangles,
        normals.uniforms,
    ]
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)


@pytest.mark.usefixtures("fast")
def test_compiled_normals_are_numpys_to_the_bit() -> None:
    """A million of them meet the tail beyond the last layer 260 times; what is drawn between and after is the same."""
    from testbed.evaluation.normals import Compiled

    ours, numpys = (kind(np.random.SFC64(8)) for kind in (Compiled, np.random.Generator))
    for size in (10, (1000, 1000), (64, 50), None, (2, 0)):
        one, other = ours.standard_normal(size), numpys.standard_normal(size)
        assert np.array_equal(one, other) and np.shape(one) == np.shape(other)
        assert ours.standard_gamma(2.5) == numpys.standard_gamma(2.5)
        assert np.array_equal(ours.random(size), numpys.random(size))
        assert ours.integers(9, dtype=np.int32) == numpys.integers(9, dtype=np.int32)  # half a word is kept
    assert np.array_equal(ours.spawn(1)[0].standard_normal(5000), numpys.spawn(1)[0].standard_normal(5000))


@pytest.mark.usefixtures("fast")
def test_compiled_triangles_are_numpys_to_the_bit() -> None:
    """Of whole stacks, of few numbers, and where there are fewer degrees of freedom than coordinates."""
    from testbed.evaluation.normals import faster

    for freedom, shape, d in ((4000.0, (64,), 50), (3.0, (2, 3), 5), (9.0, (1,), 1)):
        ours, numpys = faster(np.random.Generator(np.random.SFC64(8))), np.random.Generator(np.random.SFC64(8))
        one, other = (triangle(np.full(shape, freedom), d, stream) for stream in (ours, numpys))
        assert np.array_equal(one, other) and one.shape == (*shape, d, d)
        assert ours.random() == numpys.random()


@pytest.mark.usefixtures("fast")
def test_draws_are_added_as_numpy_adds_them() -> None:
    """Step after step and again from the start, with states that are empty in one of them or in all."""
    from testbed.evaluation.pooling import together

    frame, rng = LeeMixture(k=9, d1=11, d2=9, structure_seed=1).law().frame, np.random.default_rng(3)
    assert frame is not None
    one, two, three = (draw_rows(frame, n, rng, (13,)) for n in (9, 12, 40))
    assert (one.counts + two.counts == 0.0).any()
    for _ in range(2):
        ours, numpys = together(together(one, two), three), one + two + three
        for name in ("n", "counts", "lower", "contrasts", "level"):
            assert_allclose(getattr(ours, name), getattr(numpys, name), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine_name", engine.ENGINES)
def test_streams_side_by_side_give_what_each_gives_alone(engine_name: str) -> None:
    """Normals, gammas with every kind of shape and counts in any order, of either engine, to the bit."""
    if engine_name != engine.NUMPY:
        pytest.importorskip("numba", reason="the engine fast is that of the extra `fast`")
    source, blocks = Source(LeeMixture(k=3, d1=4, d2=3), 0, (), engine_name), range(3)
    streams, alone = source.side_by_side("some", "n=1", blocks), [source.open("some", "n=1", i) for i in blocks]
    shapes = np.concatenate([np.geomspace(1.001, 1e4, 5000), np.full(5000, 1.2)])
    for several in (shapes, np.linspace(0.0, 2.0, 9), shapes[:0]):
        whole = np.broadcast_to(several, (6, len(several)))
        found = streams.standard_normal((6, 70)), streams.standard_gamma(whole), streams.standard_normal((6, 2, 3))
        counts = streams.multinomial(50, np.full(4, 0.25), size=(6,))
        last, below = streams.standard_normal((6, 0)), triangle(np.full(6, 90.0), 7, streams)
        for i, rng in enumerate(alone):
            own = slice(2 * i, 2 * i + 2)
            expected = rng.standard_normal((2, 70)), rng.standard_gamma(whole[own]), rng.standard_normal((2, 2, 3))
            assert all(np.array_equal(a[own], b) for a, b in zip(found, expected, strict=True))
            assert np.array_equal(counts[own], rng.multinomial(50, np.full(4, 0.25), size=(2,)))
            assert last.shape == (6, 0) and np.array_equal(below[own], triangle(np.full(2, 90.0), 7, rng))


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("changed", ["tables", "algorithm"])
def test_where_the_normals_are_others_numpy_draws_them(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are private to numba, the algorithm to numpy: a version that has changed either costs time and no bit."""
    from testbed.evaluation import normals

    def others(_: Any, out: Any) -> None:
        out[:] = 0.0

    monkeypatch.setattr(normals, *{"tables": ("fi_double", None), "algorithm": ("fill", others)}[changed])
    normals.faithful.cache_clear()
    try:
        with pytest.warns(UserWarning, match="numpy draws them"):
            drawn = normals.faster(np.random.Generator(np.random.SFC64(8))).standard_normal(5000)
        assert type(normals.beside([np.random.Generator(np.random.SFC64(8))])) is Streams
    finally:
        normals.faithful.cache_clear()
    assert np.array_equal(drawn, np.random.Generator(np.random.SFC64(8)).standard_normal(5000))


@pytest.mark.usefixtures("fast")
def test_a_folder_is_of_one_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numpy's is named nowhere, as in every folder so far; the other is refused, reported and merged by its name."""
    (tmp_path / "engines.py").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setattr(runner, "Processes", alone)

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, [*words], catch_exceptions=False)

    numpy, compiled = tmp_path / "numpy", tmp_path / "fast"
    script = str(tmp_path / "engines.py")
    assert run("run", script, "--jobs", "1", "--out", str(compiled), "--engine", "fast").exit_code == 0
    testbed.run(EXPERIMENT, numpy, progress=False)
    for folder, named in ((numpy, False), (compiled, True)):
        journal = Reader(folder / "rows.journal")
        assert (journal.identity.get("engine") == "fast") is named
        assert ("engine" in json.loads((folder / "manifest.json").read_text())) is named
        journal.close()
    assert "row schema 3, engine fast, " in (compiled / "table.md").read_text()
    key = EXPERIMENT.cells()[1].key
    assert run("replay", str(compiled), key, "2").exit_code == 0
    assert run("run", script, "--out", str(compiled), "--plan", "--engine", "fast").exit_code == 0
    refused = run("run", script, "--out", str(compiled))
    assert refused.exit_code == 2 and "its engine is 'fast', this one's is 'numpy'" in refused.stderr
    with pytest.raises(FolderError, match="its engine is 'numpy', this one's is 'fast'"):
        testbed.run(EXPERIMENT, numpy, progress=False, engine="fast")
    with pytest.raises(FolderError, match="differ in engine: 'fast', 'numpy'"):
        collect([numpy, compiled], tmp_path / "both")
    for lost in ("rows.journal", "manifest.json", "rows.csv"):  # as in a fresh clone: the table says it
        (compiled / lost).unlink()
    with pytest.raises(FolderError, match="its engine is 'fast', this one's is 'numpy'"):
        testbed.run(EXPERIMENT, compiled, progress=False)
    rows = [testbed.run(replace(EXPERIMENT), progress=False, engine=name) for name in engine.ENGINES]
    assert rows[0].columns.tolist() == rows[1].columns.tolist() and rows[0]["key"].equals(rows[1]["key"])


def test_an_engine_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="engine = 'turbo': 'numpy' or 'fast' is needed"):
        testbed.run(EXPERIMENT, progress=False, engine="turbo")
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    (tmp_path / "engines.py").write_text(SCRIPT, encoding="utf-8")
    words = ["run", str(tmp_path / "engines.py"), "--out", str(tmp_path / "out"), "--engine", "fast"]
    for more in ([], ["--plan"]):
        said = CliRunner().invoke(main, [*words, *more])
        assert said.exit_code == 2 and "numba" in said.stderr and "testbed[fast]" in said.stderr
    assert not (tmp_path / "out").exists()


def test_numba_is_imported_for_the_engine_fast_alone() -> None:
    code = f"{SCRIPT}\nimport sys, testbed\ntestbed.run(EXPERIMENT, progress=False)\nprint('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_processes_start_while_the_engine_gets_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both take a second of a run that may take three; where the engine fails, the processes are ended."""
    begun, ended = threading.Semaphore(0), []

    def ready(engine: str) -> None:
        assert all(begun.acquire(timeout=60.0) for _ in range(2))
        raise RuntimeError("not now")

    monkeypatch.setattr(Crew, "begin", lambda crew, source: begun.release())
    monkeypatch.setattr(Crew, "close", lambda crew: ended.append(crew))
    monkeypatch.setattr(runner, "ready", ready)
    with pytest.raises(RuntimeError, match="not now"):
        testbed.run(replace(EXPERIMENT, repeats=130), jobs=2, progress=False)
    assert len(ended) == 1
