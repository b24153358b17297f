"""A network with one hidden layer, trained in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, standards
from testbed.allowed import Count, Positive
from testbed.arguments import Seed, generator_of, shown
from testbed.regressors.base import Regressor
from testbed.screens import Short

__all__ = ["Network"]

HELD = 10  # one row in so many is held out, and says when to stop
PATIENCE = 20  # passes without a smaller held-out loss after which training stops
DECAY, SQUARE_DECAY, LEAST = 0.9, 0.999, 1e-8  # beta_1, beta_2 and epsilon of Adam


@dataclass(frozen=True, eq=False, repr=False)
class NetworkPredictor(Short):
    """x -> level + spread * output of the layers at (x - mean) / scale: (n, p) -> (n, q)."""

    layers: Layers
    mean: Array
    scale: Array
    level: Array
    spread: Array

    def __call__(self, x: Array) -> Array:
        """Predict rows."""
        units = self.layers.units((np.asarray(x, dtype=float) - self.mean) / self.scale)
        return np.asarray(self.layers.read(units) * self.spread + self.level)


@dataclass(frozen=True, repr=False)
class Network(Regressor):
    """A network of one hidden layer for all outputs at once, by least squares on the rows that are not held out.

    With u the standardised a, h hidden units, and b standardised too, ::

        f(u) = V' max(0, W'u + w) + v,       minimising the mean of |b - f(u)|^2 / 2

    by Adam on batches cut from random passes over the rows. A tenth of the rows (at least one) is held out: training
    stops after 20 passes without a smaller mean square there, or after `passes`, and the weights of the smallest are
    kept. W starts at independent normals of variance 1 / p and all else at 0, so that the first prediction is the mean
    of b: with a random V the risk for x2 was 15% to 58% larger on the laws of the study violations/learners, since
    training stops before that start is forgotten. In other units of each column of a or b, and from other origins, the
    fit is the same; a column of a that is constant is not looked at, and one of b is predicted by its value.

    What is random (the rows held out, the start, the passes) comes from the stream of the learner, which each
    repetition has for itself. Repetitions are trained one after the other: the batches of one stay in the cache, and
    matrix products over a stack of them took as long as one by one.

    Parameters
    ----------
    hidden : int
        Hidden units h.
    learning_rate : float
        Step of Adam, in standardised units.
    batch : int
        Rows in a step, all where there are fewer.
    passes : int
        Most passes over the rows.

    Raises
    ------
    ValueError
        In a fit: fewer than two rows; NaN, or numbers whose squares overflow; training that diverges.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015 (the form of its section 2); Prechelt, "Early
    stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import Network
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((2000, 2))
    >>> b = np.abs(a[:, :1])
    >>> found = Network().fit_rows(a, b, rng)
    >>> found(np.array([[0.5, 0.0], [-1.0, 1.0]])).round(1)
    array([[0.5],
           [1. ]])
    """

    hidden: Count = 32
    learning_rate: Positive = 5e-3
    batch: Count = 200
    passes: Count = 300

    def fit_rows(self, a: Array, b: Array, rng: Seed) -> NetworkPredictor:
        """Train on rows (n, p) and (n, q), and return the predictor of the smallest held-out loss."""
        rng = generator_of(rng)
        n = len(a)
        if n < 2:
            raise ValueError(f"{shown(self)} needs n >= 2, one row to fit and one held out; got n = {n}")
        for name, rows in (("a", a), ("b", b)):
            if not np.isfinite(np.vdot(rows, rows)):
                raise ValueError(f"{name} = {shown(rows)}: {shown(self)} needs finite numbers with finite squares")
        mean, scale = standards(a, np.inf)  # what a constant column is divided by: it is then 0
        level, spread = standards(b, 0.0)
        order = rng.permutation(n)
        seen = ((a - mean) / scale)[order]
        target = ((b - level) / np.where(spread > 0.0, spread, 1.0))[order]
        held = max(1, n // HELD)
        start = Layers.start(a.shape[1], self.hidden, b.shape[1], rng)
        with np.errstate(over="ignore", invalid="ignore"):
            layers = self._train(start, seen[held:], target[held:], seen[:held], target[:held], rng)
        return NetworkPredictor(layers, mean, scale, level, spread)

    def _train(
        self, layers: Layers, a: Array, b: Array, held_a: Array, held_b: Array, rng: np.random.Generator
    ) -> Layers:
        """Take steps until the held-out loss falls no more; return the layers where it was smallest."""
        size = min(self.batch, len(a))
        adam = Adam(layers.flat, self.learning_rate)
        best, kept, waited = np.inf, layers, 0
        for _ in range(self.passes):
            order = rng.permutation(len(a))
            now_a, now_b = a[order], b[order]
            for i in range(0, len(a) - size + 1, size):
                adam.step(layers.slope(now_a[i : i + size], now_b[i : i + size]))
            loss = float(np.mean((layers.read(layers.units(held_a)) - held_b) ** 2))
            if not np.isfinite(loss):
                raise ValueError(f"training of {shown(self)} diverged: its loss is not finite; lower learning_rate")
            waited += 1
            if loss < best:
                best, kept, waited = loss, layers.copy(), 0
            if waited == PATIENCE:
                break
        return kept


class Layers:
    """Weights and offsets of both layers, in one array `flat`: (p + 1) x h and (h + 1) x q, the offsets last."""

    def __init__(self, flat: Array, p: int, h: int, q: int) -> None:
        cut = (p + 1) * h
        self.flat, self.shape = flat, (p, h, q)
        self.first, self.second = flat[:cut].reshape(p + 1, h), flat[cut:].reshape(h + 1, q)

    def __repr__(self) -> str:
        return f"<Layers: {' -> '.join(map(str, self.shape))}>"

    @classmethod
    def start(cls, p: int, h: int, q: int, rng: np.random.Generator) -> Layers:
        """Layers whose units have values of about the size of the inputs, and whose outputs are 0."""
        layers = cls(np.zeros((p + 1) * h + (h + 1) * q), p, h, q)
        layers.first[:-1] = rng.standard_normal((p, h)) / np.sqrt(p)
        return layers

    def copy(self) -> Layers:
        """The same numbers in memory of their own."""
        return Layers(self.flat.copy(), *self.shape)

    def units(self, u: Array) -> Array:
        """Values of the hidden units, (n, h)."""
        values = u @ self.first[:-1]
        values += self.first[-1]
        return np.asarray(np.maximum(values, 0.0, out=values))

    def read(self, units: Array) -> Array:
        """Outputs read off the hidden units, (n, q)."""
        found = units @ self.second[:-1]
        found += self.second[-1]
        return np.asarray(found)

    def slope(self, u: Array, b: Array) -> Array:
        """Derivative of the mean of |b - f(u)|^2 / 2 over the rows, along `flat`."""
        units = self.units(u)
        rest = self.read(units)
        rest -= b
        rest /= len(u)
        back = rest @ self.second[:-1].T
        back *= units > 0.0
        found = Layers(np.empty_like(self.flat), *self.shape)
        for part, below, above in ((found.first, u, back), (found.second, units, rest)):
            np.matmul(below.T, above, out=part[:-1])
            np.sum(above, axis=0, out=part[-1])
        return found.flat


class Adam:
    """Adam on one array, which its steps write into."""

    def __init__(self, flat: Array, rate: float) -> None:
        self.flat, self.rate, self.steps = flat, rate, 0
        self.mean, self.square = np.zeros_like(flat), np.zeros_like(flat)

    def step(self, slope: Array) -> None:
        """Take a step down a slope."""
        self.steps += 1
        self.mean += (1.0 - DECAY) * (slope - self.mean)
        self.square += (1.0 - SQUARE_DECAY) * (slope**2 - self.square)
        rate = self.rate * np.sqrt(1.0 - SQUARE_DECAY**self.steps) / (1.0 - DECAY**self.steps)
        self.flat -= rate * self.mean / (np.sqrt(self.square) + LEAST)
