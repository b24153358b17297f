"""The glossary has every word of the project, and each name that it gives is a name of the code."""

from __future__ import annotations

import re
from importlib import import_module

import numpy as np

import testbed
from testbed import columns
from testbed.data import Sample
from testbed.evaluation.cell import Cell
from testbed.generators import CleanMixture
from testbed.laws import Law
from testbed.pretexts import Pretext
from tests.committed import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS, SYMBOLS = PAGE.partition("## Words")[2].split("## Symbols")
ENTRIES = re.findall(r"^([^\s:|].*)\n: ", WORDS, re.MULTILINE)
OWNERS = {"population": CleanMixture(k=3, structure_seed=0).law().population(), "law": Law, "generator": CleanMixture,
          "pretext": Pretext}  # fmt: skip
ALONE = {"linear", "universal", "_mcse", "_se", "rho", "structure_seed", "multipliers.csv"}


def test_every_word_of_the_project_has_an_entry() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| word |")[2].partition("\n\n")[0]
    words = {line.split("|")[1].strip() for line in table.splitlines()[2:]} - {"labelled"}  # a spelling
    assert len(words) > 25 and words - set(ENTRIES) == set()
    assert sorted(ENTRIES, key=str.lower) == ENTRIES and len(set(ENTRIES)) == len(ENTRIES)


def test_every_name_is_one_of_the_code() -> None:
    public = {name for package in testbed.PACKAGES for name in import_module(f"testbed.{package}").__all__}
    fields = {
        *public,
        *Sample.__dataclass_fields__,
        *Cell.__dataclass_fields__,
        *columns.COLUMNS,
        *dir(OWNERS["population"]),
    }
    for name in re.findall(r"`([^`]+)`", PAGE):
        owner, dot, rest = name.partition(".")
        member = re.match(r"\w*", rest)
        if dot and owner in OWNERS and member:
            assert hasattr(OWNERS[owner], member[0]), name
        else:
            assert name in fields | ALONE or re.split(r"[.(]", name)[0] in fields or name.startswith('("'), name


def test_the_symbols_have_the_shapes_that_the_page_says() -> None:
    truth = CleanMixture(k=3, m=2, d2=7, structure_seed=0).law().population()
    assert np.shape(truth.A) == (3, 7) and np.shape(truth.A_bar) == (6, 7)
    assert truth.f_star(np.zeros((4, 20))).shape == (4, 3) and truth.psi_star(np.zeros((4, 20))).shape == (4, 7)
