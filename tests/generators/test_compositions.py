"""Wrappers of wrappers: what the outer one does not touch is what the inner one left, for all pairs that compose."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from testbed.generators import (
    Augmented,
    CanonicalTarget,
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    CommonScale,
    CovariateShift,
    DirectEdge,
    DropLatent,
    ExchangeableViews,
    Factors,
    Generator,
    Imbalanced,
    LabelShift,
    LeeMixture,
    LowRank,
    LowVarianceLabel,
    Patches,
    RandomSign,
    Selected,
    SignedEdge,
    SquareTarget,
    StudentTails,
    TruncateTarget,
)
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, Shifted
from tests.statistics_ import z_limit

RATIO = 3.0
ROWS = 1000
PAIRED: dict[str, Generator] = {
    "mixture": CleanMixture(k=2, m=2, d1=6, d2=5, structure_seed=1),
    "Gaussian": CleanGaussian(k=2, m=2, d1=6, d2=5, structure_seed=1),
    "finite": CleanFinite(k=2, m=3, s1=5, s2=8, d1=3, d2=7, structure_seed=1),
}
OTHERS: dict[str, Generator] = {
    "other classes": ExchangeableViews(d=5, w=0.5, structure_seed=1),
    "no latent": CleanMixture(k=3, d1=6, d2=5, structure_seed=1),
    "printed": LeeMixture(k=3, d1=4, d2=4, alpha=0.3, scale=2.0, structure_seed=1),
    "patches": Patches(patches=2, d0=4, structure_seed=1),
    "factors": Factors(d1=5, d2=5, structure_seed=1),
    "low variance": LowVarianceLabel(structure_seed=1),
}


def mask(g: Generator) -> Augmented:
    """The last coordinate is always hidden."""
    return Augmented(g, "mask", (*[0.0] * (g.law().shape[0] - 1), 1.0))


WRAPPERS: dict[str, tuple[Callable[[Generator], Generator], str]] = {
    "edge": (lambda g: DirectEdge(g, rho=0.2), "label x1 x2 states"),
    "signed edge": (lambda g: SignedEdge(g, "aligned", rho=0.2), "label x1 x2 states"),
    "drop": (DropLatent, "label x1 x2 views given-y"),
    "drop to one": (lambda g: DropLatent(g, keep=1), "label x1 x2 views given-y"),
    "low rank": (lambda g: LowRank(g, 1), "label x1"),
    "truncate": (lambda g: TruncateTarget(g, 2), "label x1 cut"),
    "squares": (SquareTarget, "label x1"),
    "canonical": (lambda g: CanonicalTarget(g, 2), "label x1"),
    "sign": (RandomSign, "label x1"),
    "scale": (lambda g: CommonScale(g, spread=0.5), "x1 x2 views states given-y given-yz"),
    "tails": (StudentTails, "x1 x2 views states given-y given-yz"),
    "imbalanced": (lambda g: Imbalanced(g, ratio=RATIO), "states"),
    "selected": (lambda g: Selected(g, reads="generic", direction="generic"), ""),
    "separably": (lambda g: Selected(g, reads="generic", direction="generic", separable=True), ""),
    "covariate shift": (lambda g: CovariateShift(g, reads="generic"), "label x1 x2 views states given-y given-yz"),
    "label shift": (lambda g: LabelShift(g, ratio=RATIO), "label x1 x2 views states given-y given-yz"),
    "augmented": (lambda g: Augmented(g, "gaussian", 0.5), "twice"),
    "masked": (mask, "once"),
}


def laws(wraps: tuple[str, ...], base: Generator) -> list[Law] | None:
    """Law of the base, of its first wrap, of the wrap of that ...; None where they do not compose."""
    found: list[Law] = [base.law()]
    for name in wraps:
        try:
            base = WRAPPERS[name][0](base)
            found.append(base.law())
        except ValueError as error:
            assert "matri" not in str(error).lower(), "the reason is ours, not numpy's"
            return None
    return found


def continuous(law: Law) -> bool:
    """Whether its latent is a vector of real numbers, and m their number."""
    return isinstance(law.target if isinstance(law, Shifted) else law, JointGaussian)


def latent_of(name: str, inner: Law) -> int:
    """What the last dimension of the shape must be."""
    m = inner.shape[3]
    if not name.startswith("drop"):
        return m
    keep = int(name == "drop to one")
    return min(m, keep) if continuous(inner) else min(keep, m - 1) + 1


def dimensions(name: str, inner: Law) -> tuple[int, int, int, int]:
    d1, d2, k, _ = inner.shape
    d2 = {"truncate": 2, "canonical": 2, "augmented": d1, "masked": d1}.get(name, d2)
    return d1, d2, k, latent_of(name, inner)


def check_kept(name: str, inner: Law, outer: Law) -> None:
    """Every number that the wrapper promises to leave is that of the law it was put on."""
    a, b = inner.population(), outer.population()

    def same(*pairs: tuple[object, object]) -> None:
        for one, two in pairs:
            np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-9 * float(a.scale2) + 1e-12)  # type: ignore[arg-type]

    kept = WRAPPERS[name][1].split()
    assert b.latent == (outer.shape[3] > (0 if continuous(outer) else 1))
    if "label" in kept:
        x1 = inner.sample(6, np.random.default_rng(0)).x1
        same((a.f_star(x1), b.f_star(x1)), (a.mean_y, b.mean_y))
    if "x1" in kept:
        same((a.mean1, b.mean1), (a.s11, b.s11), (a.s1y, b.s1y), (a.syy, b.syy))
    if "x2" in kept:
        same((a.mean2, b.mean2), (a.s22, b.s22), (a.A, b.A))
    if "views" in kept:
        same((a.s12, b.s12))
    if "states" in kept:
        same((a.A_bar, b.A_bar), (a.M, b.M))
    if "given-y" in kept:
        same((a.epsilon_ci("linear", "y"), b.epsilon_ci("linear", "y")))
    if "given-yz" in kept:
        same((a.epsilon_ci("linear"), b.epsilon_ci("linear")))
    if "cut" in kept:
        same((a.mean2[:2], b.mean2), (a.s12[:, :2], b.s12), (a.A_bar[:, :2], b.A_bar), (a.s22[:2, :2], b.s22))
    if "twice" in kept:
        same((a.mean1, b.mean2), (a.s11, b.s12), (a.s1y, b.s1y), (a.syy, b.syy), (a.mean_y, b.mean_y), (a.M, b.M))
    if "once" in kept:
        seen = slice(0, inner.shape[0] - 1)
        same((a.s11[seen, seen], b.s12[seen, seen]), (a.s1y[seen], b.s1y[seen]), (a.mean_y, b.mean_y), (a.M, b.M))
    if name == "sign":
        second = [p.s22 + np.outer(p.mean2, p.mean2) for p in (a, b)]
        same((second[0], second[1]), (0.0, b.mean2), (0.0, b.s12))
    if name == "imbalanced":
        shares = a.mean_y * RATIO ** (-np.arange(len(a.mean_y)) / max(len(a.mean_y) - 1, 1))
        same((shares / shares.sum(), b.mean_y))
    if name == "label shift":
        assert isinstance(outer, Shifted)
        pairs = outer.pairs.population()
        same((pairs.A_bar, a.A_bar))
        assert outer.pairs.shape == inner.shape


def check_rows(law: Law, seed: int = 7) -> None:
    """Means and products of drawn rows, and residuals of the label, are those of the population."""
    p = law.population()
    rows = law.sample(ROWS, np.random.default_rng(seed))
    k, m = law.shape[2:]
    if continuous(law):
        assert (rows.z is None) if m == 0 else (rows.z is not None and rows.z.shape == (ROWS, m))
    else:
        assert (rows.z is None) if m == 1 else (rows.z is not None and rows.z.min() >= 0 and rows.z.max() < m)
    assert rows.x1.shape == (ROWS, law.shape[0]) and rows.x2.shape == (ROWS, law.shape[1]) and rows.y.shape == (ROWS, k)
    one, two, label = rows.x1 - p.mean1, rows.x2 - p.mean2, rows.y - p.mean_y
    rest = rows.y - p.f_star(rows.x1)
    bound = 0.0 if continuous(law) else 1.0  # labels are then 0 or 1, and a class may be rare
    tests: list[tuple[np.ndarray, np.ndarray | float, float]] = [
        (one, 0.0, 0.0), (two, 0.0, 0.0), (one[:, :, None] * two[:, None], p.s12, 0.0),
        (one[:, :, None] * label[:, None], p.s1y, bound * np.abs(one).max()), (label, 0.0, bound), (rest, 0.0, bound),
        (np.tanh(one)[:, :, None] * rest[:, None], 0.0, bound),
    ]  # fmt: skip
    for values, expected, size in tests:
        error = values.std(axis=0, ddof=1) / np.sqrt(ROWS)
        gap, z = np.abs(values.mean(axis=0) - expected), z_limit(int(values[0].size))
        # Twice the Gaussian limit, as products of heavy tails are not Gaussian yet; the second term is
        # Bernstein's, for values that a size bounds.
        most = 2.0 * z * error + 7.0 * size * z**2 / (6.0 * ROWS)
        assert np.all(gap <= most + 1e-9 * (1.0 + np.abs(expected))), (gap / most).max()


@pytest.mark.parametrize("base", PAIRED)
def test_all_pairs_keep_what_the_inner_one_did(base: str) -> None:
    composed = 0
    for inner, outer in product(WRAPPERS, WRAPPERS):
        found = laws((inner, outer), PAIRED[base])
        if found is None:
            continue
        composed += 1
        for name, one, two in zip((inner, outer), found[:-1], found[1:], strict=True):
            assert two.shape == dimensions(name, one), (inner, outer)
            check_kept(name, one, two)
        check_rows(found[-1])
    assert composed > 40


@pytest.mark.parametrize("base", OTHERS)
def test_each_keeps_what_it_is_put_on(base: str) -> None:
    for name in WRAPPERS:
        found = laws((name,), OTHERS[base])
        if found is not None:
            assert found[1].shape == dimensions(name, found[0])
            check_kept(name, *found)
            check_rows(found[1])


def test_some_triples() -> None:
    rng, names, composed = np.random.default_rng(0), list(WRAPPERS), 0
    for base in PAIRED.values():
        for wraps in rng.choice(names, size=(40, 3)):
            found = laws(tuple(wraps), base)
            if found is None:
                continue
            composed += 1
            for name, one, two in zip(wraps, found[:-1], found[1:], strict=True):
                assert two.shape == dimensions(name, one), wraps
                check_kept(name, one, two)
    assert composed > 15


def test_a_dropped_latent_stays_dropped_under_an_augmentation() -> None:
    base = DropLatent(CleanMixture(k=3, m=2, structure_seed=0))
    law, whole = Augmented(base).law(), Augmented(CleanMixture(k=3, m=2, structure_seed=0)).law()
    assert law.shape[3] == 1 and whole.shape[3] == 2
    truth = law.population()
    assert float(truth.epsilon_ci()) == pytest.approx(float(whole.population().epsilon_ci(given="y")), rel=1e-12)
    assert float(truth.epsilon_ci()) > float(whole.population().epsilon_ci()) + 0.1


def test_what_is_made_of_one_of_many_structures_is_one_of_many() -> None:
    cut = CleanMixture(k=2, m=2, d1=5, d2=4).law(np.random.default_rng(0), 3)[1]
    assert cut.redrawn
    for made in (Augmented(cut).law(), DropLatent(cut).law(), LabelShift(cut, ratio=2.0).law()):
        assert made.redrawn and made.pretext_law.redrawn
    assert isinstance(Augmented(cut).law(), GaussianMixture) and isinstance(CleanFinite().law(), Finite)


def test_an_edge_needs_noise_in_all_directions() -> None:
    flat = mask(PAIRED["Gaussian"])
    with pytest.raises(ValueError, match="noise of its x1 within the states is singular"):
        DirectEdge(flat, rho=0.2).law()
