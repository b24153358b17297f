"""Symmetric tables of weights between labelled vertices, decided in floats."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any, ClassVar

import numpy as np

from testbed.falsifier.candidates import Candidate, Number, nearer, tuples
from testbed.falsifier.rational import UndefinedError
from testbed.laws import Finite

__all__ = ["Graph"]

TIE = 1e-6  # outputs of a read-out that are nearer than this are equal, and which is larger is not decided


@dataclass(frozen=True)
class Graph(Candidate):
    """A symmetric table of weights between vertices, and a class for each."""

    weight: tuple[tuple[int, ...], ...]
    label: tuple[int, ...]

    kind: ClassVar[str] = "graph"
    names: ClassVar[tuple[str, ...]] = ("phi",)
    indexed: ClassVar[tuple[str, ...]] = ("lam", "risk", "error")

    @cached_property
    def _spectrum(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        w = np.array(self.weight, dtype=float)
        w = w / w.sum()
        mass = w.sum(axis=1)
        if not np.all(mass > 0.0):
            raise UndefinedError("a vertex has no edge")
        values, vectors = np.linalg.eigh(np.eye(len(w)) - w / np.sqrt(np.outer(mass, mass)))
        return values, vectors / np.sqrt(mass)[:, None], mass

    def value(self, name: str, index: tuple[int, ...] = ()) -> Number:
        """Look up a quantity.

        phi is the share of the weight between vertices of two classes; lam[i] the i-th eigenvalue, counted from 1, of
        I - D^{-1/2} W D^{-1/2}; risk[r] and error[r] the squared error and the share of wrong vertices of the best
        linear read-out of its r lowest eigenvectors, divided by the roots of the degrees.
        """
        if name == "phi":
            total = sum(map(sum, self.weight))
            cut = sum(
                w for i, row in enumerate(self.weight) for j, w in enumerate(row) if self.label[i] != self.label[j]
            )
            return Fraction(cut, total)
        (r,) = index
        values, features, mass = self._spectrum
        if not 1 <= r <= len(values):
            raise UndefinedError(f"the graph has {len(values)} vertices: no {name}[{r}]")
        if name == "lam":
            return float(values[r - 1])
        if r < len(values) and values[r] - values[r - 1] < TIE:
            raise UndefinedError("the lowest eigenvectors are not determined")
        psi, y = features[:, :r], np.eye(max(self.label) + 1)[list(self.label)]
        read = psi @ (psi.T @ (mass[:, None] * y))
        if name == "risk":
            return float(np.sum(mass[:, None] * (y - read) ** 2))
        top = np.sort(read, axis=1)
        if np.any(top[:, -1] - top[:, -2] < TIE):
            raise UndefinedError("two outputs of the read-out are equal")
        return float(mass @ (np.argmax(read, axis=1) != np.array(self.label)))

    @cached_property
    def law(self) -> Finite:
        """Return the law of the two ends of an edge, drawn with probability proportional to its weight."""
        if not all(map(sum, self.weight)):
            raise UndefinedError("a vertex has no edge")
        return Finite.from_graph(np.array(self.weight, dtype=float), np.array(self.label))

    def to_json(self) -> dict[str, Any]:
        """Return the kind, the weights of the edges and the classes of the vertices, as JSON holds them."""
        return {"kind": self.kind, "weight": self.weight, "label": self.label}

    def smaller(self) -> Iterator[Candidate]:
        """Give the graphs with one vertex less, then those with lower weights."""
        n = len(self.label)
        for i in range(n):
            rows = tuple(row[:i] + row[i + 1 :] for j, row in enumerate(self.weight) if j != i)
            label = self.label[:i] + self.label[i + 1 :]
            if len(set(label)) == len(set(self.label)):
                yield Graph(rows, label)
        for i in range(n):
            for j in range(i, n):
                for number in nearer(self.weight[i][j]):
                    yield self._with(i, j, number)

    def _with(self, i: int, j: int, number: int) -> Graph:
        rows = [list(row) for row in self.weight]
        rows[i][j] = rows[j][i] = number
        return Graph(tuples(rows), self.label)

    def mutated(self, random: Random, step: float) -> Graph:
        """Multiply weights by exp(step N)."""
        scale = 1 if max(map(max, self.weight)) > 50 else 100
        rows = [[round(scale * (w + 0.02 * (w == 0))) for w in row] for row in self.weight]
        for i in range(len(rows)):
            for j in range(i, len(rows)):
                rows[i][j] = rows[j][i] = round(rows[i][j] * math.exp(step * random.gauss(0, 1)))
        return Graph(tuples(rows), self.label)
