"""Standard normals of numpy's SFC64 streams, compiled: the same bits from the same state, in half the time.

numpy asks its bit generator for each number by a call; here the generator stands in the loop. The algorithm is numpy's:
the ziggurat of Marsaglia and Tsang with 256 layers, whose tables numba keeps. The tables are private to numba and the
algorithm to numpy, so both are compared once in a process: where a later version has changed either, numpy draws.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

try:
    from numba.np.random._constants import fi_double, ki_double, wi_double, ziggurat_nor_inv_r, ziggurat_nor_r
except ImportError:
    fi_double = None  # `faithful` is then False, and nothing is drawn here

from testbed._linalg import Array
from testbed.evaluation.lanes import compiled

__all__ = ["Compiled", "faithful", "faster"]

FEW = 1024  # numbers up to which numpy's own call costs less than taking the state out and putting it back

COMPARED = 50_000  # of which 13 are beyond the last layer, and 600 in the wedges of the others

Words = np.ndarray[Any, np.dtype[np.uint64]]
SHIFTS = tuple(np.uint64(n) for n in (1, 3, 8, 9, 11, 24, 40))
LAYERS, MANTISSA = np.uint64(0xFF), np.uint64(0x000FFFFFFFFFFFFF)
ONE, THREE, EIGHT, NINE, ELEVEN, ROTATED, REST = SHIFTS


@compiled
def following(a: Any, b: Any, c: Any, count: Any) -> tuple[Any, Any, Any, Any, Any]:
    """64 random bits, and the state after them."""
    word = a + b + count
    return word, b ^ (b >> ELEVEN), c + (c << THREE), ((c << ROTATED) | (c >> REST)) + word, count + ONE


@compiled
def uniform(word: Any) -> Any:
    """Number in [0, 1) of 64 random bits."""
    return np.float64(word >> ELEVEN) * (1.0 / 9007199254740992.0)


@compiled
def fill(state: Words, out: Array) -> None:
    """Draw standard normals; the state (4,) of SFC64 is that after them."""
    a, b, c, count = state[0], state[1], state[2], state[3]
    for i in range(len(out)):
        while True:
            word, a, b, c, count = following(a, b, c, count)
            layer = word & LAYERS
            size = (word >> NINE) & MANTISSA
            x = np.float64(size) * wi_double[layer]
            if (word >> EIGHT) & ONE:
                x = -x
            if size < ki_double[layer]:
                break
            word, a, b, c, count = following(a, b, c, count)
            if layer > 0:
                low, high = fi_double[layer], fi_double[layer - ONE]
                if (high - low) * uniform(word) + low < np.exp(-0.5 * x * x):
                    break
                continue
            while True:  # beyond the last layer
                beyond = -ziggurat_nor_inv_r * np.log1p(-uniform(word))
                word, a, b, c, count = following(a, b, c, count)
                height = -np.log1p(-uniform(word))
                if height + height > beyond * beyond:
                    break
                word, a, b, c, count = following(a, b, c, count)
            x = -(ziggurat_nor_r + beyond) if (size >> EIGHT) & ONE else ziggurat_nor_r + beyond
            break
        out[i] = x
    state[0], state[1], state[2], state[3] = a, b, c, count


@compiled
def lay(below: Array, out: Array) -> None:
    """Write the entries below the diagonal of stacked triangles (R, d, d), from rows (R, d (d - 1) / 2); else 0."""
    repeats, d, _ = out.shape
    for rep in range(repeats):
        place = 0
        for i in range(d):
            for j in range(i):
                out[rep, i, j] = below[rep, place + j]
            for j in range(i, d):
                out[rep, i, j] = 0.0
            place += i


@cache
def faithful() -> bool:
    """Whether normals drawn here are numpy's, bit for bit; a warning says so where they are not."""
    theirs, state = np.random.Generator(np.random.SFC64(0)), np.random.SFC64(0).state
    drawn = np.empty(COMPARED)
    if fi_double is not None:
        fill(state["state"]["state"], drawn)
        after: Any = theirs.standard_normal(COMPARED), theirs.bit_generator.state
        if np.array_equal(drawn, after[0]) and np.array_equal(state["state"]["state"], after[1]["state"]["state"]):
            return True
    warnings.warn(
        "the normals of the engine fast are not those of this version of numpy and numba: numpy draws them, which "
        "takes longer; rows are the same",
        stacklevel=2,
    )
    return False


def faster(opened: np.random.Generator) -> np.random.Generator:
    """Return a stream that gives the same numbers in less time, where there is one."""
    return Compiled(opened.bit_generator) if faithful() else opened


class Compiled(np.random.Generator):
    """A generator of numpy on SFC64, with the same bits: it only draws many standard normals faster."""

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw standard normals of a shape; see `numpy.random.Generator.standard_normal`."""
        numbers = 1 if size is None else int(np.prod(size))
        if numbers <= FEW or out is not None or dtype is not np.float64:
            return super().standard_normal(size, dtype, out)
        drawn, state = np.empty(size), self.bit_generator.state
        fill(state["state"]["state"], drawn.reshape(-1))
        self.bit_generator.state = state
        return drawn

    def below(self, shape: tuple[int, ...], d: int) -> Array:
        """Draw the normals of Bartlett factors, (..., d, d): see `testbed.laws.wishart.triangle`."""
        out, drawn = np.empty((*shape, d, d)), self.standard_normal((*shape, d * (d - 1) // 2))
        stack = out.reshape(-1, d, d)
        lay(drawn.reshape(len(stack), -1) if drawn.size else np.empty((len(stack), 0)), stack)
        return out
