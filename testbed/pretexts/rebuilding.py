"""A network of tanh units that rebuilds rows, trained by least squares in numpy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from testbed._linalg import Array
from testbed.pretexts.network import Layers

__all__ = ["train"]

BATCH, PASSES = 200, 200  # rows in a step, all where there are fewer; most passes over the rows
RATE, DECAY, SQUARE_DECAY, LEAST = 1e-3, 0.9, 0.999, 1e-8  # step, beta_1, beta_2 and epsilon of Adam
PENALTY = 1e-4  # on the squares of the weights, per row of a batch
PATIENCE, GAIN = 10, 1e-4  # passes that may follow each other without a loss smaller by so much than the smallest


def train(seen: Array, target: Array, sizes: tuple[int, ...], seed: int) -> Layers:
    """Train a network from rows (n, d) to rows (n, q), with hidden layers of these sizes.

    On a batch of m rows the loss is (|target - output|^2 / (2 q) + PENALTY |weights|^2 / 2) / m, but steps go down that
    with |target - output|^2 / 2, by Adam; each pass is over all rows in random order, and the last batch of a pass may
    be smaller. Training stops after `PATIENCE` + 1 passes in a row whose mean loss is above the smallest one less
    `GAIN`. These are the steps of scikit-learn's MLPRegressor with tanh units, its defaults and this seed, number by
    number, in half its time: weights lie in one vector, and nothing is checked again at each step.

    Raises
    ------
    ValueError
        Weights that are not finite.
    """
    network = _Network((seen.shape[1], *sizes, target.shape[1]))
    stream = np.random.RandomState(seed)
    for weight, offset in network.layers:
        bound = np.sqrt(6.0 / sum(weight.shape))
        weight[:] = stream.uniform(-bound, bound, weight.shape)
        offset[:] = stream.uniform(-bound, bound, offset.shape)
    n, adam = len(seen), _Adam(network.flat)
    order = np.arange(n)
    smallest, waited = np.inf, 0
    for _ in range(PASSES):
        turn = np.arange(n)
        stream.shuffle(turn)
        order, total = order[turn], 0.0
        for first in range(0, n, BATCH):
            rows = order[first : first + BATCH]
            total += network.backward(seen.take(rows, axis=0), target.take(rows, axis=0)) * len(rows)
            adam.step(network.slope)
        waited = waited + 1 if total / n > smallest - GAIN else 0
        smallest = min(smallest, total / n)
        if waited > PATIENCE:
            break
    if not np.all(np.isfinite(network.flat)):
        raise ValueError("the weights of a network are not finite: its rows are too large or not numbers")
    return network.layers


class _Network:
    """Weights of all layers and then offsets of all, in one vector, and the slope of the loss laid out as they are."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        shapes: list[tuple[int, ...]] = [*pairwise(sizes), *((b,) for b in sizes[1:])]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        self.flat, self.slope = np.zeros(ends[-1]), np.zeros(ends[-1])
        self.layers, self.slopes = (_laid(vector, ends, shapes) for vector in (self.flat, self.slope))
        held = ends[len(sizes) - 2]  # numbers that the penalty is on
        self.weights, self.weight_slopes, self.scratch = self.flat[:held], self.slope[:held], np.zeros(held)

    def backward(self, seen: Array, target: Array) -> float:
        """Set the slope for a batch, and return its loss."""
        m, values = len(seen), [seen]
        for weight, offset in self.layers:
            now = values[-1] @ weight
            now += offset
            values.append(now)
            if len(values) <= len(self.layers):
                np.tanh(now, out=now)
        back = values[-1] - target
        loss = 0.5 * float((back**2).mean(axis=0).mean())
        loss += 0.5 * PENALTY * sum(float(np.dot(w.ravel(), w.ravel())) for w, _ in self.layers) / m
        for i in range(len(self.layers) - 1, -1, -1):
            np.matmul(values[i].T, back, out=self.slopes[i][0])
            np.add.reduce(back, axis=0, out=self.slopes[i][1])
            if i:
                back = back @ self.layers[i][0].T
                back *= 1 - values[i] ** 2
        np.multiply(self.weights, PENALTY, out=self.scratch)
        self.weight_slopes += self.scratch
        self.slope /= m
        return loss


def _laid(vector: Array, ends: Array, shapes: list[tuple[int, ...]]) -> Layers:
    """Layers as views of a vector."""
    parts = [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes, strict=True)]
    return list(zip(parts[: len(parts) // 2], parts[len(parts) // 2 :], strict=True))


class _Adam:
    """Adam on one vector, which its steps write into."""

    def __init__(self, flat: Array) -> None:
        self.flat, self.steps = flat, 0
        self.mean, self.square, self.one, self.two = (np.zeros_like(flat) for _ in range(4))

    def step(self, slope: Array) -> None:
        """Take a step down a slope."""
        self.steps += 1
        one, two = self.one, self.two
        self.mean *= DECAY
        self.mean += np.multiply(slope, 1 - DECAY, out=one)
        self.square *= SQUARE_DECAY
        np.multiply(slope, slope, out=one)
        self.square += np.multiply(one, 1 - SQUARE_DECAY, out=one)
        rate = RATE * np.sqrt(1 - SQUARE_DECAY**self.steps) / (1 - DECAY**self.steps)
        np.multiply(self.mean, -rate, out=one)
        np.sqrt(self.square, out=two)
        two += LEAST
        self.flat += np.divide(one, two, out=one)
