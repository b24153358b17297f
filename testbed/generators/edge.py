"""The edge of the clean generators: x2 depends on x1 within a state, between chosen directions of both."""

from __future__ import annotations

from typing import Literal

import numpy as np

from testbed._linalg import Array, transpose
from testbed.arguments import shown
from testbed.generators.rotations import orthogonal

__all__ = ["Direction", "Reads", "check_edge", "edge_of", "frames", "inside_covariance", "one_size", "share_for"]

Direction = Literal["inside", "outside", "generic"]
Reads = Literal["noise", "means", "generic"]


def check_edge(direction: Direction, states: int, d2: int) -> None:
    """Raise a ValueError where the asked directions of the edge do not exist in these dimensions."""
    if direction == "outside" and d2 == states:
        raise ValueError(f"direction = 'outside': with d2 = k m = {states} there is nothing outside; raise d2")


def one_size(rho: float, epsilon_ci: float | None) -> None:
    """Raise a ValueError where an edge is given both by rho and by epsilon_ci."""
    if epsilon_ci is not None and rho != 0.0:
        raise ValueError(f"rho = {shown(rho)} and epsilon_ci = {shown(epsilon_ci)}: give one of them")


def frames(rng: np.random.Generator, batch: tuple[int, ...], d1: int, d2: int) -> tuple[Array, Array, Array, Array]:
    """Random orthogonal matrices of x1 and x2, for the means; and two more, for generic directions."""
    first, second = (orthogonal(rng, batch, d) for d in (d1, d2))
    return first, second, orthogonal(rng, batch, d1), orthogonal(rng, batch, d2)


def edge_of(bases: tuple[Array, Array, Array, Array], states: int, direction: Direction, reads: Reads) -> Array:
    """T, (..., d2, d1), from the rows of the frames of which the first `states` carry the means."""
    frame1, frame2, loose1, loose2 = bases
    source = {"means": frame1[..., :states, :], "noise": frame1[..., states:, :], "generic": loose1}[reads]
    target = {"inside": frame2[..., :states, :], "outside": frame2[..., states:, :], "generic": loose2}
    onto = target[direction]
    r = min(source.shape[-2], onto.shape[-2])
    return transpose(onto[..., :r, :]) @ source[..., :r, :]


def inside_covariance(edge: Array, x2_std: float) -> Array:
    """Covariance [[I, edge'], [edge, x2_std^2 I]] of (x1, x2) within a state."""
    d2, d1 = edge.shape[-2:]
    covariance = np.zeros((*edge.shape[:-2], d1 + d2, d1 + d2))
    diagonal = np.arange(d1 + d2)
    covariance[..., diagonal, diagonal] = np.where(diagonal < d1, 1.0, x2_std**2)
    covariance[..., d1:, :d1] = edge
    covariance[..., :d1, d1:] = transpose(edge)
    return covariance


def share_for(target: float, most: Array, words: str) -> Array:
    """Share of the largest edge at which eps_CI is `target`, when it is `most` at the largest one.

    Raises
    ------
    ValueError
        With the attainable range.
    """
    if target > float(np.min(most)) * (1.0 + 1e-12):
        raise ValueError(f"epsilon_ci = {shown(target)}{words}: 0 to {float(np.min(most)):.6g}")
    return np.asarray(np.minimum(target / most, 1.0))
