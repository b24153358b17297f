"""Standard normals of numpy's SFC64 streams, compiled: the same bits from the same state, in half the time.

numpy asks its bit generator for each number by a call; here the generator stands in the loop. The algorithm is numpy's:
the ziggurat of Marsaglia and Tsang with 256 layers, whose tables numba keeps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.np.random._constants import fi_double, ki_double, wi_double, ziggurat_nor_inv_r, ziggurat_nor_r

from testbed._linalg import Array
from testbed.evaluation.lanes import compiled

__all__ = ["Compiled", "fill"]

FEW = 1024  # numbers up to which numpy's own call costs less than taking the state out and putting it back

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
