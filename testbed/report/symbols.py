"""Symbols of captions and axes in words, each explained where a figure first uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from testbed.columns import COLUMNS

__all__ = ["SYMBOLS", "explained", "labels_explained"]

# What stands for itself in mathematics of captions, beside the symbols of `testbed.columns`; docs/theory.md has them.
SYMBOLS: Mapping[str, str] = {
    r"\psi^\ast": "the optimum of the pretext task, $\\mathrm{E}[X_2|X_1]$ where it predicts $X_2$",
    r"\tilde\psi": "the representation that is learnt",
    r"f^\ast": "the best predictor of the label, $\\mathrm{E}[Y|X_1]$",
    r"e_{apx}": "the risk that no probe on a representation gets below",
    r"\epsilon_{pre}": "the root mean square of $\\tilde\\psi-\\psi^\\ast$",
    "A": "the matrix of the class means of $X_2$",
    "x_1": "the input view",
    "x_2": "the view that is predicted",
    "Z": "a latent variable behind both views",
    "m": "the number of latent states",
    "r": "the dimension of the representation",
    r"\tau": "the predicted ratio $n_1/n_2$ of equal risks",
    r"\nu": "the degrees of freedom of the noise",
    r"\gamma": "the threshold of the shift",
    "T": "what $\\psi^\\ast$ leaves of the label",
}
LABEL = re.compile(r"(?<![\w\\])[FITV][1-9]\d?(?!\w|\.\d)")  # of docs/theory.md
SAME = {
    r"\mathrm{apx}": "apx", r"\psi^*": r"\psi^\ast", r"\tilde{\psi}": r"\tilde\psi", "f^*": r"f^\ast",
    r"\mathrm{CI}": "CI", "X_1": "x_1", "X_2": "x_2", r"x_2|x_1": "",
}  # fmt: skip


def explained(texts: Iterable[str]) -> str:
    r"""Say in one sentence what the symbols of some texts are, in the order in which they first appear.

    Parameters
    ----------
    texts : iterable of str
        Texts with mathematics between dollar signs; what stands outside of it is no symbol.

    Returns
    -------
    str
        Such as ``"$n_2$: labelled pairs; $\psi^\ast$: ..."``, with a full stop; empty where there is no known symbol.
    """
    mathematics = " ; ".join(piece for text in texts for piece in re.findall(r"\$((?:[^$\\]|\\.)+)\$", text))
    for other, one in SAME.items():
        mathematics = mathematics.replace(other, one)
    known = {column.symbol: column.words for column in COLUMNS.values() if column.symbol and column.short}
    known |= {r"\epsilon_{CI}": "violation of independence"} | dict(SYMBOLS)
    found = {symbol: at for symbol in known if (at := _first(symbol, mathematics)) is not None}
    inside = {s for s in found for other in found if s != other and s in other and _only_in(s, other, mathematics)}
    said = [f"${symbol}$: {known[symbol]}" for symbol in sorted(found, key=found.__getitem__) if symbol not in inside]
    return f"{'; '.join(said)}." if said else ""


def labels_explained(texts: Iterable[str]) -> str:
    """Say where the statements and violations stand that some texts call by a label, such as I7 or V1."""
    found = {label for text in texts for label in LABEL.findall(text)}
    said = sorted(found, key=lambda label: (label[0], int(label[1:])))
    return f"{', '.join(said)}: docs/theory.md." if said else ""


def _pattern(symbol: str) -> str:
    """A symbol by itself: no part of a longer name, and not the base of another index."""
    tail = r"(?![A-Za-z])" if symbol[-1].isalpha() else ""
    return rf"(?<![A-Za-z\\]){re.escape(symbol)}{tail}(?!_)"


def _first(symbol: str, text: str) -> int | None:
    found = re.search(_pattern(symbol), text)
    return None if found is None else found.start()


def _only_in(symbol: str, other: str, text: str) -> bool:
    return _first(symbol, text.replace(other, "")) is None
