"""Normals and gammas of numpy's SFC64 streams, compiled: the same bits from the same state, in half the time.

numpy asks its bit generator for each number by a call; here the generator stands in the loop. The algorithms are
numpy's: the ziggurat of Marsaglia and Tsang with 256 layers, whose tables numba keeps, and their squeeze for gammas.
The tables are private to numba and the algorithms to numpy, so all are compared once in a process: where a later
version has changed one, numpy draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

try:
    from numba.np.random._constants import fi_double, ki_double, wi_double, ziggurat_nor_inv_r, ziggurat_nor_r
except ImportError:
    fi_double = None  # `faithful` is then False, and nothing is drawn here

from testbed._linalg import Array
from testbed.evaluation.lanes import compiled, inlined
from testbed.evaluation.streams import Streams

__all__ = ["Compiled", "CompiledStreams", "beside", "faithful", "faster"]

FEW = 1024  # numbers up to which numpy's own call costs less than taking the state out and putting it back

COMPARED = 50_000  # of which 13 are beyond the last layer, and 600 in the wedges of the others
GAMMAS = 5_000

Words = np.ndarray[Any, np.dtype[np.uint64]]
SHIFTS = tuple(np.uint64(n) for n in (1, 3, 8, 9, 11, 24, 40))
LAYERS, MANTISSA = np.uint64(0xFF), np.uint64(0x000FFFFFFFFFFFFF)
ONE, THREE, EIGHT, NINE, ELEVEN, ROTATED, REST = SHIFTS


@inlined
def following(a: Any, b: Any, c: Any, count: Any) -> tuple[Any, Any, Any, Any, Any]:
    """64 random bits, and the state after them."""
    word = a + b + count
    return word, b ^ (b >> ELEVEN), c + (c << THREE), ((c << ROTATED) | (c >> REST)) + word, count + ONE


@inlined
def uniform(word: Any) -> Any:
    """Number in [0, 1) of 64 random bits."""
    return np.float64(word >> ELEVEN) * (1.0 / 9007199254740992.0)


@inlined
def normal(a: Any, b: Any, c: Any, count: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Standard normal, and the state after it."""
    while True:
        word, a, b, c, count = following(a, b, c, count)
        layer = word & LAYERS
        size = (word >> NINE) & MANTISSA
        x = np.float64(size) * wi_double[layer]
        if (word >> EIGHT) & ONE:
            x = -x
        if size < ki_double[layer]:
            return x, a, b, c, count
        word, a, b, c, count = following(a, b, c, count)
        if layer > 0:
            low, high = fi_double[layer], fi_double[layer - ONE]
            if (high - low) * uniform(word) + low < np.exp(-0.5 * x * x):
                return x, a, b, c, count
            continue
        while True:  # beyond the last layer
            beyond = -ziggurat_nor_inv_r * np.log1p(-uniform(word))
            word, a, b, c, count = following(a, b, c, count)
            height = -np.log1p(-uniform(word))
            if height + height > beyond * beyond:
                break
            word, a, b, c, count = following(a, b, c, count)
        x = -(ziggurat_nor_r + beyond) if (size >> EIGHT) & ONE else ziggurat_nor_r + beyond
        return x, a, b, c, count


@compiled
def fill(states: Words, out: Array) -> None:
    """Draw standard normals (B, n) from B streams; the states (B, 4) of SFC64 are those after them."""
    for i in range(out.shape[0]):
        a, b, c, count = states[i, 0], states[i, 1], states[i, 2], states[i, 3]
        for j in range(out.shape[1]):
            out[i, j], a, b, c, count = normal(a, b, c, count)
        states[i, 0], states[i, 1], states[i, 2], states[i, 3] = a, b, c, count


@compiled
def uniforms(states: Words, out: Array) -> None:
    """Draw numbers in [0, 1), (B, n), from B streams."""
    for i in range(out.shape[0]):
        a, b, c, count = states[i, 0], states[i, 1], states[i, 2], states[i, 3]
        for j in range(out.shape[1]):
            word, a, b, c, count = following(a, b, c, count)
            out[i, j] = uniform(word)
        states[i, 0], states[i, 1], states[i, 2], states[i, 3] = a, b, c, count


@compiled
def gammas(states: Words, shape: Array, out: Array) -> None:
    """Draw Gamma(shape, 1), (B, n), where all shapes are above 1, by the squeeze of Marsaglia and Tsang."""
    for i in range(out.shape[0]):
        a, b, c, count = states[i, 0], states[i, 1], states[i, 2], states[i, 3]
        for j in range(out.shape[1]):
            size = shape[i, j] - 1.0 / 3.0
            slope = 1.0 / np.sqrt(9.0 * size)
            while True:
                x, a, b, c, count = normal(a, b, c, count)
                cube = 1.0 + slope * x
                if cube <= 0.0:
                    continue
                cube = cube * cube * cube
                word, a, b, c, count = following(a, b, c, count)
                height = uniform(word)
                if height < 1.0 - 0.0331 * (x * x) * (x * x):
                    break
                if np.log(height) < 0.5 * x * x + size * (1.0 - cube + np.log(cube)):
                    break
            out[i, j] = size * cube
        states[i, 0], states[i, 1], states[i, 2], states[i, 3] = a, b, c, count


@compiled
def triangles(states: Words, out: Array) -> None:
    """Draw standard normals below the diagonals of matrices (B, R, d, d) from B streams, row by row; else 0."""
    streams, repeats, d, _ = out.shape
    below = np.empty(d * (d - 1) // 2)
    for stream in range(streams):
        a, b, c, count = states[stream, 0], states[stream, 1], states[stream, 2], states[stream, 3]
        for rep in range(repeats):
            for place in range(len(below)):
                below[place], a, b, c, count = normal(a, b, c, count)
            place = 0
            for i in range(d):
                for j in range(i):
                    out[stream, rep, i, j] = below[place + j]
                for j in range(i, d):
                    out[stream, rep, i, j] = 0.0
                place += i
        states[stream, 0], states[stream, 1], states[stream, 2], states[stream, 3] = a, b, c, count


@cache
def faithful() -> bool:
    """Whether what is drawn here are numpy's numbers, bit for bit; a warning says so where they are not."""
    theirs, state = np.random.Generator(np.random.SFC64(0)), _state(np.random.SFC64(0))[None]
    shapes = np.geomspace(1.01, 1e4, GAMMAS)[None]
    drawn, sizes, plain = np.empty((1, COMPARED)), np.empty((1, GAMMAS)), np.empty((1, GAMMAS))
    if fi_double is not None:
        fill(state, drawn)
        gammas(state, shapes, sizes)
        uniforms(state, plain)
        after = theirs.standard_normal(drawn.shape), theirs.standard_gamma(shapes), theirs.random(plain.shape)
        if all(map(np.array_equal, (drawn, sizes, plain, state[0]), (*after, _state(theirs.bit_generator)))):
            return True
    warnings.warn(
        "the random numbers of the engine fast are not those of this version of numpy and numba: numpy draws them, "
        "which takes longer; rows are the same",
        stacklevel=2,
    )
    return False


def _state(bits: Any) -> Words:
    """Words of the state of SFC64."""
    found: Words = bits.state["state"]["state"]
    return found


def faster(opened: np.random.Generator) -> np.random.Generator:
    """Return a stream that gives the same numbers in less time, where there is one."""
    return Compiled(opened.bit_generator) if faithful() else opened


def beside(opened: Sequence[np.random.Generator]) -> Streams:
    """Return streams that are drawn from together, faster where that gives the same numbers."""
    return CompiledStreams(opened) if faithful() else Streams(opened)


class Compiled(np.random.Generator):
    """A generator of numpy on SFC64, with the same bits: it only draws many normals and uniform numbers faster."""

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw standard normals of a shape; see `numpy.random.Generator.standard_normal`."""
        if _few(size) or out is not None or dtype is not np.float64:
            return super().standard_normal(size, dtype, out)
        return self._drawn(fill, np.empty(size), 1, -1)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """Draw uniform numbers of a shape; see `numpy.random.Generator.random`."""
        if _few(size) or out is not None or dtype is not np.float64:
            return super().random(size, dtype, out)
        return self._drawn(uniforms, np.empty(size), 1, -1)

    def below(self, shape: tuple[int, ...], d: int) -> Array:
        """Draw the normals of Bartlett factors, (..., d, d): see `testbed.laws.wishart.triangle`."""
        return self._drawn(triangles, np.empty((*shape, d, d)), 1, -1, d, d)

    def _drawn(self, draw: Callable[[Words, Array], None], out: Array, *shape: int) -> Array:
        state: Any = self.bit_generator.state
        draw(state["state"]["state"][None], out.reshape(shape))
        self.bit_generator.state = state
        return out


def _few(size: Any) -> bool:
    return size is None or int(np.prod(size)) <= FEW


class CompiledStreams(Streams):
    """The same streams: their states are taken out once, and all of them drawn from in one call."""

    def __init__(self, opened: Sequence[np.random.Generator]) -> None:
        super().__init__(opened)
        self._states: Words | None = None  # None: those of the generators

    @property
    def states(self) -> Words:
        """States (B, 4) of SFC64, to be written into."""
        if self._states is None:
            self._states = np.stack([_state(rng.bit_generator) for rng in self.opened])
        return self._states

    def _give_back(self) -> None:
        for rng, own in zip(self.opened, () if self._states is None else self._states, strict=False):
            state: Any = rng.bit_generator.state
            state["state"]["state"][:] = own
            rng.bit_generator.state = state
        self._states = None

    def standard_normal(self, size: tuple[int, ...], /) -> Array:
        """Draw standard normal numbers of a shape."""
        drawn = np.empty(size)
        if drawn.size:
            fill(self.states, drawn.reshape(len(self.opened), -1))
        return drawn

    def standard_gamma(self, shape: Array, /) -> Array:
        """Draw Gamma numbers of a shape parameter and scale 1."""
        if not shape.size or shape.min() <= 1.0:
            self._give_back()
            return super().standard_gamma(shape)
        drawn, streams = np.empty(shape.shape), len(self.opened)
        gammas(self.states, np.ascontiguousarray(shape).reshape(streams, -1), drawn.reshape(streams, -1))
        return drawn

    def multinomial(self, n: int, pvals: Array, /, size: tuple[int, ...]) -> Any:
        """Draw counts of n rows."""
        self._give_back()
        return super().multinomial(n, pvals, size)

    def below(self, shape: tuple[int, ...], d: int) -> Array:
        """Draw the normals of Bartlett factors, (..., d, d): see `testbed.laws.wishart.triangle`."""
        drawn = np.empty((*shape, d, d))
        triangles(self.states, drawn.reshape(len(self.opened), -1, d, d))
        return drawn
