"""What an audit says, and what it never says."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import testbed
from experiments.audit.laws import LAWS, Trial
from testbed.audits import Audit, Estimate, permutation
from testbed.audits.saving import Saving

# One pattern for each thing that no audit can know.
NEVER = {
    "independence": r"independen(t|ce) (holds|is (true|met)|found|confirmed)|are independent|no (leak|dependence)",
    "a rank": r"has rank|rank (is|=|of|equals) |of rank \d|rank at most|rank \d+ exactly|full rank",
    "an unseen z": r"given z|given \(y, z\)|unseen|latent",
    "an upper limit over all functions": r"all functions is (at most|below|up to|\d)|all functions.*at most \d",
    "a ratio as a point": r"eps_CI\^2 ?/ ?beta\^2 (is|=|:|about) ?\d",
    "one multiplier": r"saves \d|\d times|multiplier (of|is|=) ?\d|as many labels",
    "another law": r"other (x1|data|laws|populations|domains)|in general|would transfer|on new data",
    "certainty": r"proves|proven|guarantee|certain that|assumption is (met|valid|true)",
}


def table(seed: int) -> tuple[tuple[np.ndarray, ...], Trial]:
    """A table of one of the eleven laws, of a size of its own."""
    rng = np.random.default_rng(seed)
    law = list(LAWS.values())[seed % len(LAWS)]
    return law.draw(int(rng.integers(120, 400)), rng), law


def audits(seeds: range) -> list[Audit]:
    found = []
    for seed in seeds:
        (x1, x2, y), law = table(seed)
        pairs = law.draw(100, np.random.default_rng(seed), pairs=True) if seed % 3 else None
        more = None if pairs is None else (pairs[0][:, :9], pairs[1][:, :7])
        label = y if seed % 5 else x1[:, 9] + 0.1 * x2[:, 7]  # every fifth with a real label
        found.append(testbed.audit(x1[:, :9], x2[:, :7], label, unlabeled=more, splits=3, seed=seed))
    return found


@pytest.fixture(scope="module")
def fifty() -> list[tuple[Audit, tuple[str, ...]]]:
    """Audits, with few permutations, and all their texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permutation, "MANY", 39)
        found = audits(range(50))
    return [(a, (str(a), a.to_markdown(), a.to_latex(), a._repr_html_())) for a in found]


@pytest.mark.parametrize("what", NEVER)
def test_what_no_audit_can_know_is_never_said(what: str, fifty: list[tuple[Audit, tuple[str, ...]]]) -> None:
    for _, texts in fifty:
        for text in texts:
            found = re.search(NEVER[what], text, re.IGNORECASE)
            assert found is None, found.group()


def test_the_patterns_would_be_found() -> None:
    said = [
        "conditional independence holds", "A has rank 2", "eps_CI^2 given z: 0.3",
        "eps_CI^2 over all functions is at most 0.4",
        "eps_CI^2/beta^2 = 0.4", "the pretext saves 40 labels", "this holds on new data", "the assumption is met",
    ]  # fmt: skip
    for pattern, text in zip(NEVER.values(), said, strict=True):
        assert re.search(pattern, text, re.IGNORECASE), (pattern, text)


def test_points_that_do_not_exist_are_empty(fifty: list[tuple[Audit, tuple[str, ...]]]) -> None:
    for audit, _ in fifty:
        frame = audit.to_frame().set_index("quantity")
        for name in ("eps_CI^2 / beta^2", "beta", "labels of ridge for one of the pretext, n_b / n_a"):
            assert np.isnan(frame.loc[name, "estimate"])
        if audit.classes:
            assert frame.loc["eps_CI^2, all functions", "high"] == np.inf


def test_the_screen_is_in_order_and_fits(fifty: list[tuple[Audit, tuple[str, ...]]]) -> None:
    order = ["labelled rows", "Label saving", "Leak in", "Permutation tests", "eps_CI^2, linear", "Singular values"]
    for _, (text, *_rest) in fifty:
        places = [text.index(words) for words in order]
        assert places == sorted(places)
        assert len(text.splitlines()) <= 32 and max(map(len, text.splitlines())) <= 110


def saving(*signs: int) -> Saving:
    """Differences that are surely positive (1), surely negative (-1), or neither (0), at 10, 20, 40, ... labels."""
    labels = tuple(10 * 2**i for i in range(len(signs)))
    return Saving(labels, tuple(Estimate(float(s), s - 0.5, s + 0.5) for s in signs), 40, 0, 2, 1.0, 1.0, 20)


@pytest.mark.parametrize(
    ("signs", "words", "verdict"),
    [
        ((1, 0, 0, 0, -1), "between 160/80 and 160/20", "saves"),
        ((1, 1, 0, -1, -1), "near 160/40", "saves"),
        ((0, 0, -1, -1, -1), "at least 160/20", "saves"),
        ((-1, -1, -1, -1, -1), "at least 160/10", "saves"),
        ((1, 1, -1, -1, -1), "between 160/40 and 160/20", "saves"),
        ((1, 1, 1, 0, 0), "at most 160/80", "cannot tell"),
        ((0, 1, 1, 1, 0), "at most 160/160", "cannot tell"),
        ((0, 0, 0, 0, 0), "not determined by these rows", "cannot tell"),
        ((1, 1, 1, 1, 1), "none: the task is worse at every n_a that was tried", "costs"),
    ],
)
def test_the_multiplier_is_a_set(signs: tuple[int, ...], words: str, verdict: str) -> None:
    assert saving(*signs).words == words
    assert saving(*signs).verdict == verdict


def test_verdicts_follow_from_the_numbers() -> None:
    (x1, x2, y), _ = table(2)
    audit = testbed.audit(x1, x2, y, splits=3)
    high = f"{audit.leak.high:.3f}" if audit.leak else ""
    text = " ".join(str(audit).split())
    assert f"the leak costs a linear read-out at most {high} (95%)" in text
    assert f"within classes: found (p = 0.001); a leak up to {high} in label units is not excluded" in text
    p = audit.tests._replace(studentised=0.3)
    assert "within classes: not found (p = 0.3); a leak up to" in " ".join(str(replace(audit, tests=p)).split())


def test_class_means_on_a_line_leave_label_units_without_a_limit() -> None:
    rng = np.random.default_rng(0)
    audit = testbed.audit(*LAWS["classes on a line"].draw(300, rng), splits=3)
    assert audit.leak is not None and audit.leak.high == np.inf and audit.means.rank == 1
    text = " ".join(str(audit).split())
    assert "a leak of any size in label units is not excluded" in text
    assert "the intervals may be too narrow here: the class means of x2 are not told apart" in text
    assert "beta may be 0" in text and np.isnan(audit.leak.value)
    narrow = testbed.audit(rng.standard_normal((90, 3)), rng.standard_normal((90, 1)), np.arange(90) % 3, splits=3)
    assert narrow.leak is None and "Leak in label units: not defined" in str(narrow)


def test_the_same_seed_gives_the_same_audit() -> None:
    (x1, x2, y), _ = table(1)
    one, two, other = (testbed.audit(x1, x2, y, splits=3, seed=s) for s in (4, 4, 5))
    assert str(one) == str(two) != str(other)
    assert one.to_frame().equals(two.to_frame())


def test_the_curve_beyond_the_data() -> None:
    """The numbers of the theory sheet: T = .84, d1 = 50, k = 3, floors 0, .001, .01."""
    (x1, x2, y), _ = table(1)
    audit = replace(testbed.audit(x1, x2, y, splits=3), noise=0.84, d1=50, outputs=3, leak=Estimate(0.0, 0.0, 0.01))
    for n, expected in ((200, (16.6, 9.4)), (5_000, (16.7, 0.81)), (100_000, (16.7, 0.04))):
        curve = audit.beyond(n)
        assert curve["floor"].iloc[0] == 0.0 and curve["floor"].iloc[-1] == 0.01
        np.testing.assert_allclose(curve["multiple of n"].iloc[[0, -1]], expected, atol=0.05)
    for leak in (None, Estimate(np.nan, 0.0, np.inf), Estimate(-1.0, 0.0, 0.0)):  # no limit: never one number
        curve = replace(audit, leak=leak, explained=0.5).beyond(200)
        assert len(curve) == 9 and curve["floor"].iloc[-1] == 0.5 and (np.diff(curve["multiple of n"]) < 0.0).all()
    with pytest.raises(ValueError, match="n = 3: a whole number of labels above"):
        audit.beyond(3)


def test_fewer_training_rows_than_columns_are_audited() -> None:
    """Four fifths of the rows are fewer than the columns of x1: the pretext is the one of least norm."""
    rng = np.random.default_rng(0)
    y = np.arange(75) % 3
    audit = testbed.audit(rng.standard_normal((75, 65)), rng.standard_normal((75, 4)) + y[:, None], y, splits=3)
    assert audit.d1 == 65 and np.isfinite([d.value for d in audit.saving.difference]).all()


def test_what_x1_explains_of_y_is_what_a_read_out_can_lose() -> None:
    (x1, x2, _), _ = table(1)
    y = x1[:, :1] + 0.5 * np.random.default_rng(0).standard_normal((len(x1), 1))
    audit = testbed.audit(x1, x2, y, splits=3)
    assert audit.explained + audit.noise == pytest.approx(y.var(ddof=1), rel=1e-12)
    assert audit.noise == pytest.approx(0.25, rel=6.0 * np.sqrt(2.0 / (len(x1) - 11)))


def test_real_labels_are_spoken_of_as_such() -> None:
    """Slopes and not class means, (y, z) where z is given, tests that are approximate, no limit over all functions."""
    rng = np.random.default_rng(0)
    y, z = rng.standard_normal((2, 160))
    x1 = rng.standard_normal((160, 3)) + y[:, None]
    for x2 in (rng.standard_normal((160, 4)), rng.standard_normal((160, 4)) + np.outer(y, [3, 0, 0, 0])):
        for latent, given in ((None, "y"), (z, "(y, z)")):
            audit = testbed.audit(x1, x2 + np.outer(z, [0, 3, 0, 0]), y, latent, splits=3)
            text = " ".join(str(audit).split())
            assert "class means" not in text and "states" not in text
            assert "Permutation tests of residuals, approximate" in text
            assert f"dependence in means given {given}: " in text
            assert f"Singular values of the slopes of x2 on {given}: " in text
            assert f"given affine functions of {given} (partial covariances)" in text
            for table in (audit.to_markdown(), audit.to_latex(), audit._repr_html_()):
                assert "class means" not in table and "singular value of the slopes 1" in table
            assert "all functions" not in audit.to_latex() and not audit.to_latex().count("{") - audit.to_latex().count(
                "}"
            )
    assert "no limit here: the slopes of x2" in " ".join(
        str(testbed.audit(x1, x1[:, :1] * 0 + rng.standard_normal((160, 2)), y, splits=3)).split()
    )


def test_what_is_conditioned_on_is_named() -> None:
    """Classes, states (y, z) where z is given, or y where it is real."""
    rng = np.random.default_rng(0)
    y, z = np.arange(160) % 2, np.arange(160) // 80
    x1, x2 = rng.standard_normal((160, 3)) + y[:, None], rng.standard_normal((160, 4)) - z[:, None]
    texts = [str(testbed.audit(x1, x2, *label, splits=3)) for label in ((y,), (y, z), (x1[:, 0] + x2[:, 0],))]
    for text, where, means in zip(
        texts,
        ("means within classes", "means within states (y, z)", "means given y"),
        ("class means of x2", "means of x2 in the states", "slopes of x2 on y"),
        strict=True,
    ):
        assert f"dependence in {where}: " in text and f"Singular values of the {means}: " in text
    assert "eps_CI^2, linear class given (y, z): " in texts[1] and "given (y, z)" not in texts[0]
    assert "Permutation tests of residuals, approximate" in texts[2] and "over all functions" not in texts[2]
