"""From runs of text on a picture to the lines that a person sees, however the paper lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TextBox:
    """A run of text: its corners clockwise from its top left, and how sure the reader is (0 to 1)."""

    text: str
    corners: tuple[Point, Point, Point, Point]
    confidence: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of text on a line."""

    text: str
    left: float
    right: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """Cells from left to right; `height` is that of the letters, in points of the picture."""

    cells: tuple[Cell, ...]
    height: float

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def confidence(self) -> float:
        return min(cell.confidence for cell in self.cells)


@dataclass(frozen=True, slots=True)
class _Placed:
    cell: Cell
    middle: float
    height: float


def lines_of(boxes: Sequence[TextBox]) -> list[Line]:
    """The lines from top to bottom, with the tilt of the paper taken out.

    The tilt is the median slope of the longer runs; a run belongs to a line when its middle lies
    within half a letter's height of the line's.
    """
    slope = _tilt(boxes)
    placed = sorted((_turned(box, -slope) for box in boxes if box.text.strip()), key=_middle)
    groups: list[list[_Placed]] = []
    for one in placed:
        if groups:
            line = groups[-1]
            near = min(one.height, median(other.height for other in line)) / 2
            if abs(one.middle - median(other.middle for other in line)) <= near:
                line.append(one)
                continue
        groups.append([one])
    return [
        Line(
            tuple(sorted((one.cell for one in group), key=lambda cell: cell.left)),
            max(one.height for one in group),
        )
        for group in groups
    ]


def _middle(one: _Placed) -> float:
    return one.middle


def _tilt(boxes: Sequence[TextBox]) -> float:
    slopes = []
    for box in boxes:
        (x0, y0), (x1, y1), _, (x3, y3) = box.corners
        width = math.hypot(x1 - x0, y1 - y0)
        if width >= 2 * math.hypot(x3 - x0, y3 - y0):
            slopes.append((width, math.atan2(y1 - y0, x1 - x0)))
    # The longest tell it best: a short run's slope is a matter of one or two points.
    slopes.sort(reverse=True)
    best = [slope for _, slope in slopes[: max(5, len(slopes) // 2)]]
    return median(best) if best else 0.0


def _turned(box: TextBox, by: float) -> _Placed:
    cos, sin = math.cos(by), math.sin(by)
    corners = [(x * cos - y * sin, x * sin + y * cos) for x, y in box.corners]
    rows = [y for _, y in corners]
    columns = [x for x, _ in corners]
    (x0, y0), _, _, (x3, y3) = corners
    return _Placed(
        Cell(" ".join(box.text.split()), min(columns), max(columns), box.confidence),
        sum(rows) / 4,
        math.hypot(x3 - x0, y3 - y0) or 1.0,
    )
