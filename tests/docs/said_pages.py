"""What pages below docs/ and experiments/README.md quote beside the studies, and where it is."""

from __future__ import annotations

import re

import numpy as np

from testbed.generators import LeeMixture
from tests.committed import ROOT
from tests.docs.held import Said, lines, table
from tests.docs.said_findings import panels


def theory() -> list[Said]:
    attacked = lines("falsifier/known_answers", "survived", claim="nonlinear CCA (A11)")
    s = np.sqrt(1.0 - 1e-9)
    return [
        Said("at 1 - s^2 = 1e-9 a quotient in double precision is wrong by {}.", abs((1.0 - s * s) / 1e-9 - 1.0)),
        Said(
            "A search over {} small tables reaches {} of the first bound",
            attacked["budget"].max(),
            attacked["largest left / right"].max(),
        ),
        Said("assert e (1 - s^2) <= D + 1e-12"),
        Said("a union bound puts the Bayes error below 1e-12"),
    ]


def corrections() -> list[Said]:
    share = panels()[0].values[2]
    return [
        Said("floor of the linear class ({} of it", share),
        Said("at scale 1.5 they do"),
        Said("beta moves with it, {} at alpha = 0", float(LeeMixture(structure_seed=3).law().population().beta(True))),
    ]


def falsifier() -> list[Said]:
    laws, survived = table("falsifier/tightness", "table"), table("falsifier/known_answers", "survived")
    assert (len(table("falsifier/known_answers", "table")), survived["claim"].nunique()) == (8, 14)  # in words there
    e6, e14 = (laws["e_apx"] / (laws[bound] * laws["Var f*"]) for bound in ("I6", "I14"))
    empty = laws["I6"] > 1.0
    near = laws["share"] == 0.01
    design = [laws["k"], laws["s"]]
    last = laws["s"].eq(200)
    medians = [e14[last & laws["k"].eq(k)].groupby([laws["d2"], laws["c"]]).median() for k in (3, 2)]
    shares, used = empty[near].groupby(design).mean(), e6[near].groupby(design).median()
    return [
        Said("needs a relative margin of at least 1e-6 to fall"),
        Said(
            "drawn at random, {} of each of {} designs",
            laws.groupby(["k", "d2", "s", "c", "share"]).size(),
            len(laws[["k", "d2", "s", "c", "share"]].drop_duplicates()),
        ),
        Said("fourteen that survive {} laws each", survived.groupby("claim")["budget"].max()),
        Said(
            "on more than {>} of tables whose masses are drawn without regard to independence, and on {} to {} of "
            "those that are independent given Y but for a share of 1%; there e_apx is {} to {} of it (medians).",
            empty[laws["share"] == 1.0].mean(),
            shares.min(),
            shares.max(),
            used.min(),
            used.max(),
        ),
        Said("rises to {} and {} at 200 points a view", *medians),
    ]


def audit() -> list[Said]:
    study = "audit/coverage"
    scale = lines(study, "table", law="common scale").set_index(["law", "n"])
    plain, kept = (scale.loc["common scale", column] for column in ("plain rejects", "studentised rejects"))
    tails = lines(study, "table", law="heavy tails")[["eps^2 covered", "e_W^2 covered", "singular values covered"]]
    saving = lines(study, "table", law="classes on a line")[[f"D covered {i}" for i in range(1, 6)]].stack()
    wine = "audits/test_examples.py::test_the_page_shows_what_comes_out"
    return [
        Said("(it did so in {} to {} of tables)", plain.min(), plain.max()),
        Said("statistic that does not ({} to {})", kept.min(), kept.max()),
        Said(
            "every interval that claims .95 covers at least .92",
            by="audits/test_study.py::test_the_committed_table_meets_its_marks",
        ),
        Said("in {} of 500 tables with 200 rows and {} of 150 with 1,000", kept[200], kept[1000]),
        Said("band of the singular values cover {} to {}.", tails.min().min(), tails.max().max()),
        Said("intervals of the label saving cover {} to {};", saving.min(), saving.max()),
        Said("costs at most .035 of squared error, where ridge on x1 has .294 and a constant .661.", by=wine),
    ]


def peers() -> list[Said]:
    """The table is written by what computes it, and its test compares the page; the sentences are of the draws."""
    test = "peers/test_peers.py::test_there_are_at_least_twelve_and_each_is_in_the_page"
    page = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    found = table("peers/masked_spikes", "table").set_index(["U from", "task"]).sort_index()["sine"]
    pca = found.xs("PCA", level="task")
    normal, uniform = (found.loc[f"{law} numbers", "complementary masks"] for law in ("normal", "uniform"))
    return [
        *(Said(" ".join(row.split()), by=test) for row in re.findall(r"^\| .*", page, re.MULTILINE)),
        Said("from {} to {} over the twelve", pca.min(), pca.max()),
        Said("they have {} to {}, all above", normal.min(), normal.max()),
        Said("from uniform numbers {} to {}, all below", uniform.min(), uniform.max()),
    ]


def your_own() -> list[Said]:
    violation = "contract/test_violation_studies.py::test_a_violation_of_your_own"
    task = "contract/test_task_studies.py::test_a_task_of_your_own"
    return [
        Said("eps_CI goes from 0 to 1.82", by=violation),
        Said("go from 0.120 to 0.173 (± 0.002 and 0.003)", by=violation),
        Said("an excess risk of 1.30, against 0.053 of CCA", by=task),
    ]


def running() -> list[Said]:
    few = "report/test_selected.py::test_intervals_of_few_skewed_repetitions_cover_what_is_stated"
    return [
        Said("at most 2% of the mean"),
        Said("nominally 95%, cover at least 94% for", by="sweep/test_precision.py::test_intervals_cover"),
        Said("and 95% interval of each"),
        Said("less often than .95 (of 10 exponential risks .90, of 20 .92)", by=few),
        Said("standard error and 95% interval by a jackknife"),
    ]


def readme() -> list[Said]:
    """The front page: rows of the printed figure are commands' and not pieces of the text, and are counted here."""
    rows = int(table("lee2021_figure1")["n_ok"].sum())
    assert f"simulation: {rows:,} rows" in (ROOT / "README.md").read_text(encoding="utf-8")
    return [Said("Python 3.11 or later")]


SIZES = {
    "docs/ledger.md": ["an identity (to 1e-9 of its scale)"],
    "docs/recipes.md": ["3.25 inches wide", "3.25 or 5.5 inches"],
    "docs/explorer.md": ["the stored 95% intervals", "0.6.17 and", "7.9.0, as"],
    "docs/howto/figure_into_a_paper.md": ["3.25 inches wide, or 5.5", "is a 95% interval of the mean"],
    "docs/howto/many_repetitions.md": [
        "agree with numpy's to 1e-9 of the excess risk",
        "by about 1e-16 s^2, which is 1e-8 at s = 10,000",
    ],
}


def sizes(page: str) -> list[Said]:
    """Pages whose numbers are sizes, versions and tolerances, and no results."""
    return [Said(text) for text in SIZES.get(page, [])]
