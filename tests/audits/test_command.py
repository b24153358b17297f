"""The command `testbed audit`: files, patterns, laws, what is written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import testbed
from experiments.audit.laws import LAWS
from testbed.audits.picture import files_of
from testbed.cli import main

VIEWS = ("--x1", "a*", "--x2", "b*")


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["audit", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x1, x2, y = LAWS["leak"].draw(150, np.random.default_rng(0))
    frame = pd.DataFrame(np.hstack([x1, x2]), columns=[f"a{i}" for i in range(10)] + [f"b{i}" for i in range(8)])
    frame["label"] = np.array(["red", "green", "blue"])[y]
    frame.loc[140:, "label"] = None
    frame["group"], frame["real"], frame["note"] = y % 2, x1[:, 0] + x2[:, 0], "text"
    path = tmp_path_factory.mktemp("audit") / "table.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_file_is_audited_and_written(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    status, text = call(file, *VIEWS, "--y", "label", "--unlabeled", file, "--splits", 3, "--out", out, "--beyond", 500)
    assert status == 0, text
    assert "140 labelled rows and 160 unlabelled pairs; x1 has 10 columns, x2 8" in text
    assert "  3 classes (blue: 54, green: 46, red: 40)" in text
    assert "Beyond the data, at 500 labels" in text
    assert sorted(p.name for p in out.iterdir()) == [
        f"audit.{kind}" for kind in ("csv", "md", "pdf", "png", "svg", "tex")
    ]
    frame = pd.read_csv(file)
    views = [frame[[c for c in frame if c.startswith(v)]] for v in "ab"]
    audit = testbed.audit(*views, frame["label"], unlabeled=views, splits=3)
    pd.testing.assert_frame_equal(
        pd.read_csv(out / "audit.csv", keep_default_na=True), audit.to_frame().replace("", np.nan), check_dtype=False
    )
    assert str(audit) in text
    files = {"md": audit.to_markdown().encode(), "tex": audit.to_latex().encode(), **files_of(audit, ("svg",))}
    for kind, content in files.items():
        assert (out / f"audit.{kind}").read_bytes() == content


def test_real_labels_and_a_seen_latent(file: Path) -> None:
    status, text = call(file, "--x1", "a1,a2,a3", "--x2", "b[1-9]", "--y", "real", "--splits", 3)
    assert status == 0 and "y real, 1 output" in text and "approximate" in text
    status, text = call(file, *VIEWS, "--y", "group", "--z", "label", "--splits", 3)
    assert status == 2 and "z is missing in 10 labelled rows" in text


def test_truth_stands_beside_what_is_found() -> None:
    law = "CleanMixture(rho=0.5, d1=6, d2=4, structure_seed=3)"
    status, text = call("--law", law, "--n", 150, "--pairs", 200, "--splits", 3)
    assert status == 0, text
    words = " ".join(text.split())
    assert "eps_CI^2, linear class:" in words and "[truth 0.750]" in words
    assert "[truth 1.000, 1.000]" in words and "  [truth]" in text
    status, text = call("--law", "LowRank(CleanMixture(d1=8, d2=5), rank=1)", "--n", 100, "--pairs", 0, "--splits", 3)
    assert status == 0 and "[truth not defined]" in text and "no unlabelled pairs" in text
    status, text = call("--law", "JointGaussian2()", "--n", 150)
    assert status == 2 and "unknown name" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--x1", "a*", "--x2", "zz*", "--y", "label"), "--x2 'zz*' matches no column"),
        (("--x1", "a*,aplha", "--x2", "b*", "--y", "label"), "--x1 'aplha' matches no column; the columns are"),
        (("--x1", "a*,,a1", "--x2", "b*", "--y", "label"), "--x1 '' matches no column"),
        (("--x1", "A*", "--x2", "b*", "--y", "label"), "--x1 'A*' matches no column"),
        (("--x1", "a*,label", "--x2", "b*", "--y", "label"), "column 'label' is in --x1 and in --y"),
        (("--x1", "*", "--x2", "b*", "--y", "label"), "column 'b0' is in --x1 and in --x2"),
        (("--x1", "a*", "--x2", "b*,label", "--y", "label"), "column 'label' is in --x2 and in --y"),
        (("--x1", "a*", "--x2", "b*", "--y", "label", "--z", "label"), "column 'label' is in --y and in --z"),
        (("--x1", "a*,note", "--x2", "b*", "--y", "label"), "column 'note' of x1 has type"),
        (("--x1", "a*", "--x2", "b*", "--y", "note"), "y has 1 class ('text')"),
        (("--x1", "a*", "--x2", "b*", "--y", "a1"), "column 'a1' is in --x1 and in --y"),
        (("--x1", "a*", "--x2", "b*"), "name FILE and its columns"),
        (("--x1", "", "--x2", "b*", "--y", "label"), "is empty"),
        ((*VIEWS, "--y", "label", "--law", "LeeMixture()"), "--law draws a table: leave out FILE"),
        ((*VIEWS, "--y", "label", "--folds", "1"), "folds = 1"),
        ((*VIEWS, "--y", "label", "--n", "50"), "--n is for --law: a table has the rows"),
        ((*VIEWS, "--y", "label", "--pairs", "0"), "--pairs is for --law"),
        ((*VIEWS, "--y", "label", "--out", "/dev/null/x"), "is no folder that can be written to"),
        ((*VIEWS, "--y", "label", "--splits", "3", "--beyond", "2"), "n = 2: a whole number of labels above"),
    ],
)
def test_bad_arguments_have_status_2_and_one_sentence(file: Path, arguments: tuple[str, ...], words: str) -> None:
    status, text = call(file, *arguments)
    assert status == 2
    assert words in text
    assert len(text.strip().splitlines()[-1]) < 400 and "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\xff\xfe\x00" * 9, "is no table"),
        ("arrays.npz", b"PK\x03\x04\x2d\x00\x00\xca", "for arrays, testbed.audit(x1, x2, y)"),
        ("empty.csv", b"", "is no table"),
        ("head.csv", b"a1,b1,label\n", "has no rows"),
        ("ragged.csv", b"a1,b1\n1,2\n1,2,3,4,5\n", "is no table"),
        ("twice.csv", b'a1,a1,"a1.1",label\n1,2,3,4\n', "has more than one column"),
        ("text.csv", b"dear reader, this is a letter\nand no table\n", "matches no column"),
        ("x.parquet", b"PAR1" + b"\x00" * 20, "pyarrow|is no table"),
        ("semicolons.csv", b"a1;b1;label\n1;2;3\n", "no commas but ';' between its columns"),
        ("tabs.csv", b"a1\tb1\tlabel\n1\t2\t3\n", "between its columns"),
        ("bars.csv", b"a1|b1|label\n1|2|3\n", "no commas but '|'"),
        ("wide.csv", "a1,b1,label\n1,2,3\n".encode("utf-16"), "is no table"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, text = call(path, *VIEWS, "--y", "label")
    assert status == 2 and "Traceback" not in text
    assert any(each in text for each in words.split("|")), text


def test_files_that_are_not_there(tmp_path: Path, file: Path) -> None:
    assert "does not exist" in call(tmp_path / "none.csv", *VIEWS, "--y", "label")[1]
    assert "is a folder" in call(tmp_path, *VIEWS, "--y", "label")[1]
    other = tmp_path / "other.csv"
    pd.DataFrame({"a0": [1.0], "b0": [2.0]}).to_csv(other, index=False)
    status, text = call(file, *VIEWS, "--y", "label", "--unlabeled", other)
    assert status == 2 and "lacks 16 columns" in text and "'a1'" in text


def test_a_line_tells_how_far_it_is_where_there_is_no_terminal(
    file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("testbed.cli.audit.EVERY", 0.0)
    status, text = call(file, *VIEWS, "--y", "label", "--splits", 3)
    assert status == 0 and "testbed: audit: 8 of 8 steps" in text


def test_parquet_without_pyarrow_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setattr("testbed.audits.tablefile.find_spec", lambda name: None)
    status, text = call(path, *VIEWS, "--y", "label")
    assert status == 2 and "to read Parquet, pyarrow is needed, which is not installed" in text
