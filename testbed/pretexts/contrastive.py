"""Contrastive tasks on finite supports: pairs of the law against pairs of independent views."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count
from testbed.arguments import Seed, shown
from testbed.laws import JointGaussian, Law
from testbed.laws.canonical import canonical_functions
from testbed.maps import Computed
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Unknown
from testbed.pretexts.negatives import infonce_scores
from testbed.pretexts.tables import Lookup, Pairs, counted, exact
from testbed.regressors.base import Rank, resolve_rank

__all__ = ["ACE", "Contrastive"]

Loss = Literal["logistic", "infonce", "spectral"]
TIE = 1e-9  # difference at or below which two singular values are one, and a share of the label is none
ZERO = 1e-10  # singular values of a law at or below this are rounding: their features are left out
SYMMETRIC = 1e-12  # largest difference of a table of probabilities from its mirror image that is rounding


class PairsTask(Pretext):
    """A task whose solution is a function of the table of pairs, of the law or counted."""

    @property
    def linear(self) -> bool:
        """The representation is any function on the support of x1."""
        return False

    @property
    def weighted(self) -> bool:
        """Counts are all that is looked at."""
        return True

    @abstractmethod
    def values(self, pairs: Pairs, law: Law) -> Array:
        """Representation at the points of x1, (s1, r)."""

    def gaussian(self, law: JointGaussian) -> Psi:
        """Representation of a jointly Gaussian law, where it is known."""
        raise ValueError(f"{shown(self)} on a JointGaussian: it needs a Finite law, whose pairs can be counted")

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Solve the task for the counted pairs; a value of x1 that was not met is mapped to 0."""
        pairs = counted(draw, law, self)
        return Lookup(pairs.points1, self.values(pairs, law))

    def optimum(self, law: Law) -> Psi:
        """Solve the task for the pairs of the law."""
        if isinstance(law, JointGaussian):
            return self.gaussian(law)
        pairs = exact(law, self)
        if self._tied(pairs, law):
            return Unknown(
                f"{shown(self)}: the function after the last that is kept has the same singular value, and the choice "
                "differs in what it keeps of the label, so there is no one optimum"
            )
        return Lookup(pairs.points1, self.values(pairs, law))

    def leaders(self, pairs: Pairs, law: Law) -> tuple[Array, Array, int] | None:
        """Orthonormal functions times the roots of the masses (s1, s), their values, falling, and how many are kept."""
        return None

    def _tied(self, pairs: Pairs, law: Law) -> bool:
        """Whether functions of one value are cut through, of which the label knows."""
        found = self.leaders(pairs, law)
        if found is None:
            return False
        functions, values, kept = found
        if kept >= len(values) or values[kept] <= ZERO or values[kept - 1] - values[kept] > TIE:
            return False
        truth, same = law.pretext_law.population(), np.abs(values - values[kept]) <= TIE
        label = np.sqrt(pairs.marginals[0])[:, None] * truth.f_star(pairs.points1)
        return bool(np.abs(functions[:, same].T @ label).max(initial=0.0) > TIE)


@dataclass(frozen=True, repr=False)
class ACE(PairsTask):
    """Nonlinear canonical correlation, the maximal-correlation functions of x1: psi = D1^{-1/2} U_{2..r+1}.

    U s V' is the singular value decomposition of Q = D1^{-1/2} P12 D2^{-1/2}; its first pair, the constants, is left
    out, so a probe wants an intercept. Features have mean 0, variance 1 and no correlations; at the optimum those
    without correlation to x2 are set to 0, as nothing identifies them. Learnt from counts, on `Finite` laws; the
    optimum of a `JointGaussian` is known too.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of features; all functions that are not constant where the points that are met have fewer.

    References
    ----------
    Breiman and Friedman, "Estimating optimal transformations for multiple regression and correlation", JASA 80, 1985.

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> from testbed.pretexts import ACE
    >>> law = CleanFinite(k=3, structure_seed=1).law()
    >>> psi = ACE(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.0
    """

    rank: Rank

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The first functions: all have variance 1."""
        return "first"

    def leaders(self, pairs: Pairs, law: Law) -> tuple[Array, Array, int] | None:
        """The singular functions, the constant first."""
        u, s, _ = pairs.operator()
        return u, s, 1 + resolve_rank(self.rank, law.shape[2], law.states)

    def values(self, pairs: Pairs, law: Law) -> Array:
        """Take the functions that follow the constant."""
        u, s, _ = pairs.operator()
        last = 1 + resolve_rank(self.rank, law.shape[2], law.states)
        kept = np.where(s[1:last] > ZERO, 1.0, 0.0)
        return np.asarray(u[:, 1:last] * kept / np.sqrt(pairs.marginals[0])[:, None])

    def gaussian(self, law: JointGaussian) -> Psi:
        """Products of Hermite polynomials of the canonical variates, the constant left out."""
        functions = canonical_functions(law, 1 + resolve_rank(self.rank, law.shape[2], law.states))
        return Computed(lambda x1: functions.first(x1)[:, 1:], "leading functions of Gaussian views")


@dataclass(frozen=True, repr=False)
class Contrastive(PairsTask):
    """Tell pairs (x1, x2) of the law from pairs of independent views, at the optimum over all functions on the support.

    With R = p(x1, x2) / (p(x1) p(x2)), Q = D1^{-1/2} P12 D2^{-1/2} = U s V' and encoders f, g of r outputs:

    - "spectral", -2 E f(x1)'g(x2) + E (f(x1)'g(x2'))^2 = |Q - F G'|_F^2 - |Q|_F^2: psi = D1^{-1/2} U_r s_r^{1/2}, the
      constants first. Only F G' = U_r s_r V_r' is identified; this is the scaling that f and g share equally.
      With `shared`, f = g: psi = D^{-1/2} V_r lambda_r^{1/2} over the positive eigenvalues of a symmetric Q.
    - "logistic": the optimal logit is log R (for equally many pairs of both kinds); psi(x1) is its row over all x2.
    - "infonce": log R is identified up to a function of the anchor x1; psi(x1) is its row, less its mean over p(x2).
      That holds for any number of negatives; with a `rank` they matter: scores f(x1)'g(x2) of r outputs then minimise
      the risk against K `negatives`, drawn from p(x2), plus 0.0001 (sum |f(a)|^2 + sum |g(b)|^2) over the points of the
      supports, and psi = f, turned so that its columns are orthogonal (`testbed.pretexts.negatives`).

    Learnt from counts, on `Finite` laws; log R then has 1/2 added to observed and expected counts. The spectral optimum
    is known on a `JointGaussian` too. "infonce" with a rank is found by descent, the best of 8 starts;
    that no other one is better is not proved.

    Parameters
    ----------
    loss : "logistic", "infonce" or "spectral"
        Loss that is minimised.
    rank : int, "k", "k-1" or "km", optional
        Outputs of the encoders, as many as points that are met where it is larger; for "spectral", which needs it, and
        "infonce" (rows of log R are cut by `Truncated`).
    shared : bool
        Whether one encoder serves both views; for "spectral" only.
    negatives : int, optional
        Number K of negatives, at least 1; for "infonce" with a rank only, where the default is infinitely many.

    Raises
    ------
    ValueError
        In a fit or at the optimum: laws without finite supports; one encoder where the views have unequal laws; pairs
        of probability 0, whose logit is not finite.

    References
    ----------
    HaoChen, Wei, Gaidon and Ma, NeurIPS 2021 (spectral); van den Oord, Li and Vinyals, arXiv 1807.03748 (InfoNCE);
    Gutmann and Hyvarinen, AISTATS 2010 (logistic).

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> from testbed.pretexts import Contrastive
    >>> law = CleanFinite(k=3, structure_seed=1).law()
    >>> psi = Contrastive("spectral", rank=3).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.0
    """

    loss: Loss
    rank: Rank | None = None
    shared: bool = False
    negatives: Count | None = None

    def __post_init__(self) -> None:
        """Check that rank, shared and negatives are those of the loss."""
        super().__post_init__()
        if self.loss == "spectral" and self.rank is None:
            raise ValueError("rank = None: loss = 'spectral' needs the number of outputs of its encoders")
        if self.loss == "logistic" and self.rank is not None:
            raise ValueError(f"rank = {shown(self.rank)}: loss = 'logistic' takes none; Truncated cuts its log ratios")
        if self.shared and self.loss != "spectral":
            raise ValueError(f"shared = {shown(self.shared)}: allowed for loss = 'spectral' only")
        if self.negatives is not None and (self.loss != "infonce" or self.rank is None):
            raise ValueError(
                f"negatives = {shown(self.negatives)}: allowed for loss = 'infonce' with a rank; without one, the "
                "optimum is the same for any number of them"
            )

    def leaders(self, pairs: Pairs, law: Law) -> tuple[Array, Array, int] | None:
        """The singular functions, or the eigenfunctions of one encoder; none for log ratios."""
        if self.loss != "spectral" or self.rank is None:
            return None
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        if not self.shared:
            u, s, _ = pairs.operator()
            return u, s, rank
        q = self._one_law(pairs, law)
        values, vectors = np.linalg.eigh(q.p12 / np.sqrt(np.outer(*q.marginals)))
        return vectors[:, ::-1], values[::-1], rank

    def values(self, pairs: Pairs, law: Law) -> Array:
        """Minimise the loss over all functions on the support."""
        if self.rank is None:
            return self._log_ratios(pairs)
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        if self.loss == "infonce":
            f, g = infonce_scores(pairs.p12, self.negatives or np.inf, rank)
            u, s, _ = np.linalg.svd(f @ g.T, full_matrices=False)
            return np.asarray(u[:, :rank] * np.sqrt(s[:rank]))
        p1 = pairs.marginals[0]
        if not self.shared:
            u, s, _ = pairs.operator()
            return np.asarray(u[:, :rank] * np.sqrt(s[:rank]) / np.sqrt(p1)[:, None])
        q = self._one_law(pairs, law)
        values, vectors = np.linalg.eigh(q.p12 / np.sqrt(np.outer(*q.marginals)))
        values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
        features = vectors * np.sqrt(np.clip(values, 0.0, None)) / np.sqrt(q.marginals[0])[:, None]
        return Lookup(q.points1, features)(pairs.points1)

    def gaussian(self, law: JointGaussian) -> Psi:
        """For the spectral loss, products of Hermite polynomials of the canonical variates."""
        if self.loss != "spectral" or self.rank is None:
            return super().gaussian(law)
        functions = canonical_functions(law, resolve_rank(self.rank, law.shape[2], law.states), self.shared)
        return Computed(
            lambda x1: functions.first(x1) * np.sqrt(functions.values), "leading functions of Gaussian views"
        )

    def _one_law(self, pairs: Pairs, law: Law) -> Pairs:
        """Pairs in both orders, over the points of either view."""
        truth = exact(law, self)
        same = truth.points1.shape == truth.points2.shape and np.array_equal(truth.points1, truth.points2)
        if not same or np.abs(truth.p12 - truth.p12.T).max() > SYMMETRIC:
            raise ValueError(
                f"{shown(self)}: one encoder needs views that are exchangeable, and those of this law are not"
            )
        size = len(truth.points1)
        one, two = (Lookup(truth.points1, np.eye(size))(p) for p in (pairs.points1, pairs.points2))
        table = one.T @ pairs.p12 @ two
        table = 0.5 * (table + table.T)
        met = table.sum(axis=1) > 0.0
        return Pairs(truth.points1[met], truth.points1[met], table[np.ix_(met, met)], pairs.n)

    def _log_ratios(self, pairs: Pairs) -> Array:
        p1, p2 = pairs.marginals
        if np.isinf(pairs.n):
            if np.any(pairs.p12 == 0.0):
                raise ValueError(
                    f"{shown(self)}: some pairs have probability 0, where the optimal logit is not finite; the "
                    "spectral loss and Landmarks read the ratio itself"
                )
            log = np.log(pairs.p12 / np.outer(p1, p2))
        else:
            log = np.log(pairs.n * pairs.p12 + 0.5) - np.log(pairs.n * np.outer(p1, p2) + 0.5)
        return np.asarray(log - (log @ p2)[:, None] if self.loss == "infonce" else log)
