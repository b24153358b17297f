r"""Columns of a LaTeX table and the room that they take: decimal points in one line, no more than a column or a page.

It needs ``\usepackage{booktabs}`` and no other package. Widths are those of the letters of Computer Modern, rounded up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from testbed.report.cells import break_name
from testbed.report.escaped import escape

__all__ = ["COLUMN", "PAGE", "Cast", "Column", "cast", "points"]

COLUMN, PAGE = 222.0, 392.0  # points: a column of an article with two, and the text of a page with one
SIZES = (("footnotesize", 0.85, 3.0), ("scriptsize", 0.75, 2.5))  # its letters of those of 10 points; half a gap
LEAST = 34.0  # points of a column whose texts are broken
NUMBER = re.compile(  # with its error, its power of ten, its interval and its marks
    r"(-?\d+)(\.\d+)?(\(\d+\))?(e[+-]\d+)?((?:[ \n]\[-?[\d.]+[^][\n]*, [^][\n]*\]| \[\d+ failed\]|†| ?\*)*)"
)
LETTERS = {
    **dict.fromkeys("il.,;:'|!jI", 3.1), **dict.fromkeys("tfr()[]-/ s", 4.0), **dict.fromkeys("csze", 4.5),
    **dict.fromkeys("bdnpukhvxyq", 5.7), "w": 7.3, "m": 8.4, "M": 9.3, "W": 10.4,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a table, as texts that may hold mathematics.

    Attributes
    ----------
    heading : str
    cells : tuple of str
        Numbers as ``0.0123(45)``, the digits in brackets being an error; two lines of a text are stacked.
    bold : frozenset of int
        Lines in bold.
    side : bool
        Whether it stands at the side of every part, where a table is cut into parts.
    """

    heading: str
    cells: tuple[str, ...]
    bold: frozenset[int] = field(default_factory=frozenset)
    side: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it is aligned at the decimal point: a cell has one, or more than half of all are numbers."""
        known = [NUMBER.fullmatch(cell) for cell in self.cells if cell != "-"]
        points_in = not self.side and any(found is not None and found[2] for found in known)
        return points_in or sum(found is not None for found in known) > len(known) / 2

    def heading_lines(self) -> list[str]:
        """The heading, broken to about the width of its cells."""
        longest = max((len(line) for cell in self.cells for line in cell.split("\n")), default=0)
        return break_name(self.heading, max(9, min(longest, 16)))

    def width(self) -> float:
        """Points at a size of 10, without the gap."""
        bold = 1.15 if self.bold else 1.0
        head = max(points(line) for line in self.heading_lines())
        if not self.numeric:
            return max([head, *(bold * points(line) for cell in self.cells for line in cell.split("\n"))])
        halves = [_halves(cell) for cell in self.cells]
        lines = [[line for half in halves if half for line in half[i].split("\n")] for i in (0, 1)]
        sides = [max(map(points, texts), default=0.0) for texts in lines]
        whole = max((points(cell) for cell, half in zip(self.cells, halves, strict=True) if half is None), default=0.0)
        return max(head, bold * sum(sides), whole)

    def least(self) -> float:
        """Points at a size of 10 that a broken text needs: its longest word."""
        pieces = [piece for cell in (self.heading, *self.cells) for piece in _words(cell)]
        return max(points(piece) for piece in pieces)


@dataclass(frozen=True)
class Cast:
    """Columns that fit, and how.

    Attributes
    ----------
    columns : tuple of Column
    room : float
        Points: `COLUMN` or `PAGE`.
    size, gap : str, float
        Size of the letters, and half the points between two columns.
    broken : dict
        Number of a column -> points, of those whose texts are broken into lines.
    """

    columns: tuple[Column, ...]
    room: float
    size: str
    gap: float
    broken: dict[int, float]

    @property
    def form(self) -> str:
        """What tabular is given."""
        specs = []
        for i, column in enumerate(self.columns):
            if i in self.broken:
                specs.append(f"p{{{self.broken[i]:.0f}pt}}")
            else:
                specs.append("r@{}l" if column.numeric else "l" if i == 0 or column.side else "c")
        return "".join(specs)

    def head(self) -> str:
        """The line of headings."""
        return " & ".join(self._heading(i, column) for i, column in enumerate(self.columns)) + self._end

    def lines(self) -> list[str]:
        """The lines of the body."""
        cells = [[self._cell(i, column, j) for i, column in enumerate(self.columns)] for j in range(len(self))]
        return [" & ".join(line) + self._end for line in cells]

    @property
    def _end(self) -> str:
        """The end of a line; in a ragged text the shorter command would end a line of it."""
        return r" \tabularnewline" if self.broken else r" \\"

    def tall(self) -> list[int]:
        """How many lines of letters each line of the body takes."""
        scale = {size: scale for size, scale, _ in SIZES}[self.size]
        high = [[self._high(i, cell, scale) for cell in column.cells] for i, column in enumerate(self.columns)]
        return [max(line) for line in zip(*high, strict=True)]

    def __len__(self) -> int:
        """Number of lines of the body."""
        return len(self.columns[0].cells) if self.columns else 0

    def part(self, start: int, stop: int) -> Cast:
        """Some lines of the same columns."""
        cut = [
            Column(c.heading, c.cells[start:stop], frozenset(i - start for i in c.bold if start <= i < stop), c.side)
            for c in self.columns
        ]
        return Cast(tuple(cut), self.room, self.size, self.gap, self.broken)

    def _high(self, i: int, cell: str, scale: float) -> int:
        if i in self.broken:
            return max(1, math.ceil(1.1 * scale * points(cell.replace("\n", " ")) / self.broken[i]))
        return cell.count("\n") + 1

    def _heading(self, i: int, column: Column) -> str:
        if i in self.broken:
            return rf"\raggedright {escape(column.heading)}"
        form = "l" if i == 0 or (column.side and not column.numeric) else "c"
        lines = [escape(line) for line in column.heading_lines()]
        text = lines[0] if len(lines) == 1 else rf"\shortstack[{form}]{{{_stacked(lines)}}}"
        return rf"\multicolumn{{2}}{{c}}{{{text}}}" if column.numeric else text

    def _cell(self, i: int, column: Column, line: int) -> str:
        cell, bold = column.cells[line], line in column.bold
        if column.numeric:
            halves = _halves(cell)
            if halves is None:
                return rf"\multicolumn{{2}}{{c}}{{{_bold(escape(cell), bold)}}}"
            if "\n" in halves[1]:  # its interval stands below it: both halves are as tall
                kept, below = halves[1].split("\n", 1)
                stacked = [[_number(kept), *map(_number, below.split("\n"))], [_number(halves[0])]]
                right, left = ([_bold(line, bold) for line in lines] for lines in stacked)
                left += [rf"\vphantom{{{line}}}" for line in right[1:]]
                return rf"\shortstack[r]{{{_stacked(left)}}} & \shortstack[l]{{{_stacked(right)}}}"
            return " & ".join(_bold(_number(half), bold) if half else "" for half in halves)
        if i in self.broken:
            return rf"\raggedright {_bold(_text(cell.replace(chr(10), ' ')), bold)}"
        lines = [_bold(_text(part), bold) for part in cell.split("\n")]
        return lines[0] if len(lines) == 1 else rf"\shortstack[{'l' if i == 0 else 'c'}]{{{_stacked(lines)}}}"


def cast(columns: Sequence[Column], rooms: Sequence[float] = (COLUMN, PAGE)) -> list[Cast]:
    """Fit columns into the narrowest of some rooms: smaller letters first, then broken texts, then several parts."""
    flat = [replace(c, cells=tuple(cell.replace("\n", " ") for cell in c.cells)) for c in columns]
    for room, lines in [(room, lines) for room in rooms for lines in (flat, columns)]:
        for size, scale, gap in SIZES:
            if _taken(lines, scale, gap) <= room:
                return [Cast(tuple(lines), room, size, gap, {})]
    size, scale, gap = SIZES[-1]
    for long in (2.2 * LEAST, 1.3 * LEAST):
        if (broken := _broken(columns, rooms[-1], scale, gap, long)) is not None:
            return [Cast(tuple(columns), rooms[-1], size, gap, broken)]
    sides, others = [c for c in columns if c.side], [c for c in columns if not c.side]
    parts: list[list[Column]] = [[]]
    for column in others:
        here = [*sides, *parts[-1], column]
        fits = _taken(here, scale, gap) <= rooms[-1] or _broken(here, rooms[-1], scale, gap) is not None
        if parts[-1] and not fits:
            parts.append([])
        parts[-1].append(column)
    if len(parts) == 1:  # one column beside the sides is wider than a page: nothing more can be done
        return [Cast(tuple(columns), rooms[-1], size, gap, {})]
    even = math.ceil(len(others) / len(parts))
    runs = [others[i : i + even] for i in range(0, len(others), even)]
    runs = runs if all(_taken([*sides, *run], scale, gap) <= rooms[-1] for run in runs) else parts
    return [one for run in runs for one in cast([*sides, *run], rooms)]


def points(text: str) -> float:
    """Width of a text at a size of 10 points, roughly and rather too much."""
    total = 0.0
    for piece in re.findall(r"\$(?:[^$\\]|\\.)+\$|[^$]+|\$", text):
        if len(piece) > 1 and piece[0] == piece[-1] == "$":
            inside = re.sub(r"\\(mathrm|tilde|hat|bar|[,;!])|[${}]", "", piece)
            inside = re.sub(r"\\[A-Za-z]+", "x", inside)
            small = sum(0.1 * len(index) for index in re.findall(r"[_^](\w+|.)", inside))
            inside = inside.replace("_", "").replace("^", "")
            total += sum(12.0 if c in "=<>+-" else _letter(c) for c in inside) - 5.0 * small
        else:
            total += sum(map(_letter, piece)) + 5.0 * len(re.findall(r"(?<![\w$)])-(?=\.?\d)", piece))
    return total


def _letter(character: str) -> float:
    return LETTERS.get(character, 7.5 if character.isupper() else 5.1)


def _words(text: str) -> list[str]:
    return re.findall(r"(?:\$(?:[^$\\]|\\.)+\$|[^\s$])+", text) or [""]


def _halves(cell: str) -> tuple[str, str] | None:
    """What stands before and behind the decimal point; None for what is no number."""
    found = NUMBER.fullmatch(cell)
    return None if found is None else (found[1], cell[len(found[1]) :])


def _number(half: str) -> str:
    """Half of a number in LaTeX: a minus, not a hyphen, and powers of ten."""
    text = re.sub(r"(?<![\w$)])-(?=\.?\d)", "$-$", escape(half))
    return re.sub(r"(?<=[\d)])e([+-]\d+)", lambda power: rf"$\times10^{{{int(power[1])}}}$", text)


def _text(text: str) -> str:
    """A text with numbers that are negative: a minus, not a hyphen."""
    return re.sub(r"(?<![\w$)])-(?=\.?\d)", "$-$", escape(text))


def _bold(text: str, bold: bool) -> str:
    return rf"\textbf{{{text}}}" if bold else text


def _stacked(lines: Sequence[str]) -> str:
    """Lines on top of each other; a bracket that begins one is no argument of the break before it."""
    return r" \\ ".join(line.replace("[", "{[}") for line in lines)


def _taken(columns: Sequence[Column], scale: float, gap: float) -> float:
    return sum(scale * column.width() + 2 * gap for column in columns)


def _broken(
    columns: Sequence[Column], room: float, scale: float, gap: float, longer: float = 1.3 * LEAST
) -> dict[int, float] | None:
    """Widths of the texts, those longer than some points, that are broken so that all fit; None where they do not."""
    wide = {i: scale * column.width() for i, column in enumerate(columns)}
    long = {i for i, column in enumerate(columns) if not column.numeric and wide[i] > longer}
    left = room - 2 * gap * len(columns) - sum(width for i, width in wide.items() if i not in long)
    least = {i: max(LEAST, 1.08 * scale * columns[i].least()) for i in long}
    if not long or left < sum(least.values()):
        return None
    spare, wanted = left - sum(least.values()), sum(max(wide[i] - least[i], 0.0) for i in long)
    share = min(1.0, spare / wanted) if wanted else 0.0
    return {i: least[i] + share * max(wide[i] - least[i], 0.0) for i in long}
