"""The picture of the front page, drawn by code: law, pretext, probe, and the risk beside its theory.

    PYTHONPATH=docs/_ext python -m sitepages.picture

writes docs/law_to_risk.svg.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

BOXES = (  # heading, line by line, colour
    ("law", ("p(x1, x2, y, z)", "known exactly"), "#0072b2"),
    ("pretext", ("n1 pairs (x1, x2)", "psi~ ≈ E[X2 | X1]"), "#e69f00"),
    ("probe", ("n2 labels (x1, y)", "yhat = W'psi~(x1)"), "#009e73"),
    ("risk", ("measured:", "E|f* - yhat|²"), "#cc79a7"),
)
WIDTH, HEIGHT, GAP, MARGIN = 170, 84, 46, 8


def _text(x: float, y: float, words: str, size: int = 14, weight: str = "normal") -> str:
    style = f'font-family="DejaVu Sans, Arial, sans-serif" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {style} fill="#222">{escape(words)}</text>'


def _arrow(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#555" stroke-width="2" marker-end="url(#tip)"/>'


def svg() -> str:
    """The picture as text."""
    across = len(BOXES) * WIDTH + (len(BOXES) - 1) * GAP + 2 * MARGIN
    below = HEIGHT + 62
    found = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {below + HEIGHT}" width="{across}">',
        "<title>A law is drawn from; a pretext and a probe learn; their risk stands beside theory</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 L8 4 L0 8 z" fill="#555"/></marker></defs>',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for i, (heading, lines, colour) in enumerate(BOXES):
        left = MARGIN + i * (WIDTH + GAP)
        found += [_box(left, MARGIN, WIDTH, heading, lines, colour)]
        if i:
            found += [_arrow(f"M{left - GAP + 4} {MARGIN + HEIGHT / 2:g} H{left - 4}")]
    middle, last = MARGIN + WIDTH / 2, across - MARGIN - WIDTH / 2
    low, wide = below + HEIGHT / 2 - MARGIN, 2 * WIDTH + GAP + 40
    start = (across - wide) / 2
    theory = ("A, beta, eps_CI, class floor, Bayes noise", "what each theorem predicts, in numbers")
    found += [_box(start, below - MARGIN, wide, "theory", theory, "#56b4e9")]
    found += [_arrow(f"M{middle:g} {MARGIN + HEIGHT + 2} V{low:g} H{start - 4:g}")]
    found += [_arrow(f"M{start + wide:g} {low:g} H{last:g} V{MARGIN + HEIGHT + 5}")]
    found += [_text((start + wide + last) / 2, low + 20, "compared", 12)]
    found += [_text((start + middle) / 2, low + 20, "the same law", 12)]
    return "\n".join([*found, "</svg>"]) + "\n"


def _box(left: float, top: float, width: float, heading: str, lines: tuple[str, ...], colour: str) -> str:
    rect = f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{HEIGHT}" rx="8" fill="#fff"'
    shown = [f'{rect} stroke="{colour}" stroke-width="3"/>', _text(left + width / 2, top + 24, heading, 16, "bold")]
    shown += [_text(left + width / 2, top + 48 + 21 * i, line) for i, line in enumerate(lines)]
    return "\n".join(shown)


if __name__ == "__main__":
    (Path(__file__).resolve().parents[2] / "law_to_risk.svg").write_text(svg(), encoding="utf-8")
