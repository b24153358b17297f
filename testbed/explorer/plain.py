r"""Mathematics and colours for a screen: ``$n_2$`` as n₂, and colours that stand out from white."""

from __future__ import annotations

import re
from unicodedata import normalize

__all__ = ["contrast", "distinct", "plain"]

COMMANDS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ", "nu": "ν",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "theta": "θ", "omega": "ω", "Sigma": "Σ",
    "Delta": "Δ", "Psi": "Ψ", "ast": "*", "star": "*", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠",
    "ne": "≠", "times": "×", "cdot": "·", "pm": "±", "approx": "≈", "sim": "~", "infty": "∞", "to": "→", "in": "∈",
    "min": "min", "max": "max", "log": "log", "exp": "exp", "quad": " ", "perp": "⊥", "mid": "|", "ell": "ℓ",
    "rightarrow": "→", "propto": "∝", "sum": "Σ", "ldots": "...", "dots": "...", "langle": "⟨", "rangle": "⟩",
}  # fmt: skip
WRAPPERS = r"\\(?:mathrm|mathbf|mathcal|operatorname|text|mathit)\s*"
MARKS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}  # which combine with the letter before them
MARKS |= {"widetilde": MARKS["tilde"], "widehat": MARKS["hat"], "overline": MARKS["bar"]}
LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
PIECE = r"(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s{}\\]))"  # what an accent or an index belongs to: a group or one sign


def plain(text: str) -> str:
    r"""Say a label that may hold ``$mathematics$`` in letters that a screen has: ``$\tilde\psi_2$`` is ψ̃₂."""
    pieces = re.split(r"(?<!\\)\$", text)
    said = [_mathematics(piece) if i % 2 else piece for i, piece in enumerate(pieces)]
    return normalize("NFC", "".join(said)).replace(r"\$", "$").replace(r"\%", "%")


def _mathematics(text: str) -> str:
    text = re.sub(WRAPPERS, "", text)
    for name, mark in MARKS.items():
        text = re.sub(rf"\\{name}\s*{PIECE}", rf"\1\2{{{mark}}}", text)
    text = re.sub(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"\\([,;:!> ])", lambda m: "" if m[1] == "!" else " ", text)
    text = re.sub(r"\\([A-Za-z]+)\s?", lambda m: COMMANDS.get(m[1], m[1]), text)
    text = re.sub(r"\{([\u0302-\u0304])\}", r"\1", text)
    text = re.sub(rf"_{PIECE}", lambda m: _index(m[1] if m[1] is not None else m[2], LOWERED, "_"), text)
    text = re.sub(rf"\^{PIECE}", lambda m: _index(m[1] if m[1] is not None else m[2], RAISED, "^"), text)
    return re.sub(r"\s+", " ", text.replace("{", "").replace("}", "").replace("\\", "").replace("'", "′"))


def _index(text: str, moved: dict[int, int], sign: str) -> str:
    """An index below or above: digits have letters of their own, a star needs no sign."""
    if all(ord(letter) in moved for letter in text):
        return text.translate(moved)
    return text if text == "*" else f"{sign}{text}" if len(text) == 1 or text.isalnum() else f"{sign}({text})"


def contrast(color: str) -> float:
    """Contrast of a colour ``#rrggbb`` to white, as WCAG 2 defines it: from 1 to 21."""
    shares = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def distinct(color: str, least: float = 3.0) -> str:
    """The colour, darkened until its contrast to white is at least 3, which WCAG asks of what is no text."""
    shade = color
    for percent in range(100, 0, -1):
        shade = "#" + "".join(f"{int(color[i : i + 2], 16) * percent // 100:02x}" for i in (1, 3, 5))
        if contrast(shade) >= least:
            break
    return shade
