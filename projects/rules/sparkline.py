"""A few values as a line of 64 × 18, so that a template only writes it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT, EDGE = 64, 18, 2


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The path, its last point, and what it says in words."""

    path: str
    x: str
    y: str
    words: str


def sparkline(values: Sequence[Decimal | None], label: str) -> Sparkline | None:
    """The line through the known values, oldest first; None for fewer than two."""
    known = [(n, value) for n, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low, high = min(v for _, v in known), max(v for _, v in known)
    span = high - low or Decimal(1)
    last = max(len(values) - 1, 1)

    def point(n: int, value: Decimal) -> tuple[str, str]:
        x = EDGE + Decimal(n) * (WIDTH - 2 * EDGE) / last
        y = HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE)
        return f"{x:.1f}", f"{y:.1f}"

    points = [point(n, value) for n, value in known]
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    words = f"{label} from {known[0][1]:.2f} to {known[-1][1]:.2f}"
    return Sparkline(path, *points[-1], words)
