"""Texts as LaTeX prints them: what is mathematics stays, what is not is escaped."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["comment", "escape", "label_of"]

SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
SPECIAL |= {"^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "±": r"$\pm$"}
SPECIAL |= {'"': "''", "–": "--", "—": "---", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$"}
SPECIAL |= {"·": r"$\cdot$", "†": r"$^\dagger$"}


def escape(text: str) -> str:
    r"""Write a text so that LaTeX prints it; what stands between dollar signs is left as mathematics.

    ``\$`` is a dollar sign. Greek letters become mathematics, accents are taken off, and other characters that LaTeX's
    first font encoding lacks become ``?``.
    """
    pieces = re.findall(r"\\\$|\$(?:[^$\\]|\\.)+\$|.", text, re.DOTALL)
    return "".join(p if len(p) > 1 else _character(p) for p in pieces)


def _character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    name = unicodedata.name(character, "").split()
    if name[:1] == ["GREEK"] and "LETTER" in name and "WITH" not in name:
        letter = name[-1].lower().replace("lamda", "lambda")
        return rf"$\{letter.capitalize() if 'CAPITAL' in name else letter}$"
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else "?"


def comment(footer: str) -> str:
    """Footer of a table as a comment, in ASCII and on one line."""
    return f"% {' '.join(footer.split())}".encode("ascii", "replace").decode()


def label_of(*parts: str) -> str:
    """Join the name of an experiment and what is labelled: letters, digits and hyphens, which every package allows."""
    return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(filter(None, parts))).strip("-")
