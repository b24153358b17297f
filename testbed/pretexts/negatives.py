"""InfoNCE with any number of negatives at the population: its exact risk on finite supports, and the best scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown

__all__ = ["infonce_risk", "infonce_scores"]

STEP = 0.2  # of the trapezoid rule in log t: the integrand is analytic in a strip, so the error is about exp(-49)
LOWEST, HIGHEST = -38.0, 4.0  # log t beyond which the integrand is rounding; the spread of the scores is added
LARGEST = 690.0  # of log t, before exp overflows


def infonce_risk(scores: Any, p12: Any, negatives: float) -> tuple[float, Array]:
    """Risk of InfoNCE with K independent negatives, less log K, and its gradient, without enumeration.

    E log(e^{s(a,b)} + sum_{j<=K} e^{s(a,c_j)}) - E s(a,b) - log K for pairs (a, b) of `p12` and c_j of its second
    margin. As log x is the integral of (e^{-t} - e^{-tx}) dt / t over t > 0, the first mean given (a, b) is that of
    e^{-t} - exp(-t e^{s(a,b)}) phi_a(t)^K, phi_a(t) = sum_c p2(c) exp(-t e^{s(a,c)}): any K costs the same. For K = 1
    it is the logistic loss of s(a,b) - s(a,c); as K grows it tends to E log E_c e^{s(a,c)} - E s(a,b).

    Parameters
    ----------
    scores : array_like (s1, s2)
        s(a, b), in nats.
    p12 : array_like (s1, s2)
        Masses of the pairs, which sum to 1.
    negatives : int or inf
        K, at least 1; infinite for the limit.

    Returns
    -------
    risk : float
        In nats.
    gradient : array (s1, s2)
        Derivatives by the scores.

    Raises
    ------
    ValueError
        Scores that are not finite or of another shape than `p12`; fewer than one negative, or a part of one.

    Examples
    --------
    >>> from testbed.pretexts.negatives import infonce_risk
    >>> round(infonce_risk([[1.0, 0.0], [0.0, 1.0]], [[0.4, 0.1], [0.1, 0.4]], 1)[0], 4)    # one negative: logistic
    0.6032
    """
    s, p = np.asarray(scores, dtype=float), np.asarray(p12, dtype=float)
    if s.ndim != 2 or s.shape != p.shape or not np.all(np.isfinite(s)):
        raise ValueError(f"scores = {shown(scores)}: must be finite and of the shape of p12, {p.shape}")
    if not negatives >= 1 or (np.isfinite(negatives) and negatives != int(negatives)):
        raise ValueError(f"negatives = {shown(negatives)}: must be a whole number of at least 1, or infinite")
    p2 = p.sum(axis=0)
    top = s.max(axis=1, keepdims=True)
    if np.isinf(negatives):
        mass = p2 * np.exp(s - top)
        whole = mass.sum(axis=1, keepdims=True)
        risk = float((p * (np.log(whole) + top - s)).sum())
        return risk, p.sum(axis=1, keepdims=True) * mass / whole - p
    x = np.exp(s - top) / negatives
    u = np.arange(LOWEST, HIGHEST + float((top - s).max()), STEP)
    if u[-1] < LARGEST:
        tx = np.exp(u)[:, None, None] * x
    else:  # scores far apart, as a descent may try them
        tx = np.exp(np.minimum(u[:, None, None] + (s - top - np.log(negatives)), LARGEST))
    one = np.exp(-tx)
    log_phi = np.log1p((p2 * np.expm1(-tx)).sum(axis=2).clip(-0.5, None))  # keeps its digits where phi is near 1
    log_phi += np.log((p2 * one).sum(axis=2).clip(1e-300, 0.5) / 0.5)  # and where it is near 0
    power, less = np.exp(negatives * log_phi), np.exp((negatives - 1) * log_phi)
    means = STEP * (np.exp(-np.exp(np.minimum(u, LARGEST)))[:, None, None] - one * power[:, :, None]).sum(axis=0)
    risk = float((p * (means + top - s)).sum())  # the row's maximum and log K were taken out, log K stays out
    own = p * STEP * (tx * one * power[:, :, None]).sum(axis=0)
    others = less * (p * one).sum(axis=2)
    return risk, own - p + p2 * negatives * STEP * (tx * one * others[:, :, None]).sum(axis=0)


def infonce_scores(
    p12: Any, negatives: float, rank: int, starts: int = 8, weight: float = 1e-4, seed: int = 0
) -> tuple[Array, Array]:
    """Encoders F (s1, r) and G (s2, r) whose scores F G' have the least risk plus weight (|F|^2 + |G|^2).

    The best of several descents by L-BFGS from normal starts of deviation 1/2: the problem is not convex in F and G.

    Raises
    ------
    ValueError
        As `infonce_risk`; a rank below 1.

    Examples
    --------
    >>> from testbed.pretexts.negatives import infonce_scores
    >>> f, g = infonce_scores([[0.4, 0.1], [0.1, 0.4]], negatives=4, rank=1)
    >>> f.shape, g.shape
    ((2, 1), (2, 1))
    """
    from scipy.optimize import minimize

    p = np.asarray(p12, dtype=float)
    if rank < 1:
        raise ValueError(f"rank = {shown(rank)}: must be at least 1")
    (s1, s2), rng = p.shape, np.random.default_rng(seed)

    def loss(values: Array) -> tuple[float, Array]:
        f, g = values[: s1 * rank].reshape(s1, rank), values[s1 * rank :].reshape(s2, rank)
        risk, slope = infonce_risk(f @ g.T, p, negatives)
        down = np.concatenate([(slope @ g).ravel(), (slope.T @ f).ravel()])
        return risk + weight * float(values @ values), down + 2.0 * weight * values

    found: list[Any] = []
    for _ in range(starts):
        start = 0.5 * rng.standard_normal((s1 + s2) * rank)
        options: Any = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-9}
        found.append(minimize(loss, start, jac=True, method="L-BFGS-B", options=options))
    best: Array = min(found, key=lambda result: float(result.fun)).x
    return best[: s1 * rank].reshape(s1, rank), best[s1 * rank :].reshape(s2, rank)
