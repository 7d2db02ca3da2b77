"""A plan as a table: what the columns of a spreadsheet say. Source: docs/rules/projects.md, P-11."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from psa.core.errors import DomainError

from .outline import MAX_DEPTH
from .refusals import Refusals

HOURS_PER_DAY: Final = 8
COLUMNS: Final = (
    "ID", "Outline", "Task", "Effort hours", "Duration days", "Start", "Finish", "Predecessors",
    "Resources", "% complete", "Milestone", "Notes",
)  # fmt: skip
_SYNONYMS: Final = {
    "id": "ID", "no": "ID", "number": "ID", "unique id": "ID",
    "outline": "Outline", "outline number": "Outline", "wbs": "Outline",
    "level": "Level", "outline level": "Level", "depth": "Level",
    "task": "Task", "name": "Task", "task name": "Task", "title": "Task",
    "effort hours": "Effort hours", "effort": "Effort hours", "work": "Effort hours",
    "hours": "Effort hours",
    "duration days": "Duration days", "duration": "Duration days", "days": "Duration days",
    "start": "Start", "starts": "Start", "start date": "Start",
    "finish": "Finish", "finishes": "Finish", "finish date": "Finish", "end": "Finish",
    "end date": "Finish",
    "predecessors": "Predecessors", "depends on": "Predecessors",
    "resources": "Resources", "resource names": "Resources", "assigned to": "Resources",
    "% complete": "% complete", "percent complete": "% complete", "complete": "% complete",
    "milestone": "Milestone", "notes": "Notes", "description": "Notes",
}  # fmt: skip
_YES: Final = frozenset({"yes", "y", "x", "true", "1"})
_NO: Final = frozenset({"", "no", "n", "false", "0"})
_DURATION: Final = re.compile(
    r"([\d.]+)\s*(h|hrs?|hours?|d|days?|w|wks?|weeks?|m|min|minutes?)?\??"
)
_LINK: Final = re.compile(
    r"(?P<before>[\w.]+?)\s*(?P<kind>FS|SS|FF|SF)?\s*(?P<lag>[+-]\s*[\d.]+\s*(?:%|e?[a-z]+)?)?",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(r"(?P<name>[^\[\]]+?)\s*(?:\[(?P<percent>[\d.]+)\s*%\])?")


@dataclass(frozen=True, slots=True)
class TableLink:
    """A row waits for the one at index `before`."""

    before: int
    kind: str
    lag_minutes: int
    lag_percent: Decimal | None
    is_elapsed: bool


@dataclass(frozen=True, slots=True)
class TableTask:
    """A row of the table; `depth` is 1 for the topmost level, times are working minutes."""

    row: int
    depth: int
    name: str
    effort_minutes: int | None
    duration_minutes: int | None
    starts_on: date | None
    finishes_on: date | None
    is_milestone: bool
    percent_complete: int
    note: str
    links: tuple[TableLink, ...]
    people: tuple[tuple[str, Decimal], ...]


def read_plan_table(
    header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]
) -> list[TableTask]:
    """The tasks of a table, in order; columns are known by their usual names, others are left out.

    Levels come from outline numbers, or from a column of levels; without either all are on top.
    Predecessors are named by ID, else by outline number, else by the row's place, as “3FS+2d”.
    Raises  DomainError naming row and column; RefusedRows when several rows are wrong.
    Source  docs/rules/projects.md, P-11.
    """
    names = [_SYNONYMS.get(" ".join(cell.lower().split())) for cell in header]
    if "Task" not in names:
        raise DomainError(
            "The table has no column of task names. Call one “Task”, or use the plan's own CSV.",
            "file",
        )
    table = [
        (number, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name})
        for number, cells in rows
    ]
    table = [(number, cells) for number, cells in table if any(cells.values())]
    if not table:
        raise DomainError("The table has no tasks.", "file")
    key = next((name for name in ("ID", "Outline") if name in names), None)
    places = {cells[key] if key else str(at + 1): at for at, (_, cells) in enumerate(table)}
    if key and len(places) < len(table):
        raise DomainError(f"Two rows have the same {key}. Each needs its own.", "file")
    refusals = Refusals()
    found = []
    for number, cells in _levelled(table):
        with refusals.of(f"Row {number} “{cells.get('Task', '')[:40]}”"):
            found.append(_task(number, cells, places))
    refusals.check()
    return found


def _levelled(
    table: Sequence[tuple[int, dict[str, str]]],
) -> Sequence[tuple[int, dict[str, str]]]:
    """The rows with their depth as “Level”, none more than one below the row before it."""
    before = 0
    for number, cells in table:
        if cells.get("Level"):
            depth = int(_number(cells["Level"], number, "Level"))
        else:
            depth = len([part for part in cells.get("Outline", "").split(".") if part]) or 1
        if not 1 <= depth <= before + 1:
            raise _refused(number, "Outline", f"skips a level: {depth} below {before}")
        if depth > MAX_DEPTH:
            raise _refused(number, "Outline", f"is deeper than {MAX_DEPTH} levels")
        cells["Level"] = str(depth)
        before = depth
    return table


def _task(row: int, cells: Mapping[str, str], places: Mapping[str, int]) -> TableTask:
    name = cells.get("Task", "")
    if not name:
        raise _refused(row, "Task", "has no name")
    milestone = cells.get("Milestone", "").lower()
    if milestone not in _YES | _NO:
        raise _refused(row, "Milestone", f"says “{milestone[:20]}”; yes or no is meant")
    percent = _number(cells.get("% complete", "").rstrip("% ") or "0", row, "% complete")
    if not 0 <= percent <= 100:
        raise _refused(row, "% complete", "is not from 0 to 100")
    effort, duration = cells.get("Effort hours", ""), cells.get("Duration days", "")
    minutes = _minutes(duration, row, "Duration days", 60 * HOURS_PER_DAY) if duration else None
    return TableTask(
        row=row,
        depth=int(cells["Level"]),
        name=name[:160],
        effort_minutes=_minutes(effort, row, "Effort hours", 60) if effort else None,
        duration_minutes=minutes,
        starts_on=_day(cells.get("Start", ""), row, "Start"),
        finishes_on=_day(cells.get("Finish", ""), row, "Finish"),
        is_milestone=milestone in _YES or minutes == 0,
        percent_complete=int(percent),
        note=cells.get("Notes", ""),
        links=tuple(links_of(cells.get("Predecessors", ""), row, places)),
        people=tuple(_people(cells.get("Resources", ""), row)),
    )


def links_of(text: str, row: int, places: Mapping[str, int]) -> list[TableLink]:
    """What a cell such as “3FS+2d; 4SS” waits for; `places` are the rows' indexes by their names.

    Raises  DomainError naming the row.
    """
    found = []
    for part in re.split(r"[;,]", text):
        if not part.strip():
            continue
        match = _LINK.fullmatch(part.strip())
        if match is None:
            raise _refused(row, "Predecessors", f"says “{part.strip()[:30]}”; such as 3FS+2d")
        before = match["before"]
        if before not in places:
            raise _refused(row, "Predecessors", f"names “{before[:20]}”, which no row is")
        minutes, percent, is_elapsed = _lag(match["lag"] or "", row)
        kind = (match["kind"] or "FS").upper()
        found.append(TableLink(places[before], kind, minutes, percent, is_elapsed))
    return found


def _lag(text: str, row: int) -> tuple[int, Decimal | None, bool]:
    text = text.replace(" ", "").lower()
    if not text:
        return 0, None, False
    sign, rest = (-1 if text[0] == "-" else 1), text[1:]
    if rest.endswith("%"):
        return 0, sign * _number(rest[:-1], row, "Predecessors"), False
    is_elapsed = bool(re.fullmatch(r"[\d.]+e[a-z]+", rest))
    per_day = 60 * (24 if is_elapsed else HOURS_PER_DAY)
    bare = rest.replace("e", "", 1) if is_elapsed else rest
    return sign * _minutes(bare, row, "Predecessors", per_day, per_day), None, is_elapsed


def _people(text: str, row: int) -> list[tuple[str, Decimal]]:
    found: dict[str, Decimal] = {}
    for part in re.split(r"[;,]", text):
        if not part.strip():
            continue
        match = _PERSON.fullmatch(part.strip())
        if match is None:
            raise _refused(row, "Resources", f"says “{part.strip()[:30]}”; such as Ben [50%]")
        percent = _number(match["percent"] or "100", row, "Resources")
        if not 0 < percent <= 100_000:
            raise _refused(row, "Resources", "gives somebody no share of a day")
        found[match["name"][:160]] = (percent / 100).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return list(found.items())


def _minutes(text: str, row: int, column: str, unit: int, per_day: int = 480) -> int:
    """“40”, “40:30”, “5d”, “3 days”, “2w”; a bare number counts the column's unit."""
    text = text.lower()
    clock = re.fullmatch(r"(\d{1,6}):([0-5]\d)", text)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    match = _DURATION.fullmatch(text)
    if match is None:
        raise _refused(row, column, f"says “{text[:20]}”, which is no length of time")
    letter = (match[2] or "")[:1]
    each = {"": unit, "h": 60, "d": per_day, "w": 5 * per_day, "m": 1}[letter]
    minutes = _number(match[1], row, column) * each
    if minutes > 6_000_000:
        raise _refused(row, column, "is more than 100,000 hours")
    return int(minutes.quantize(Decimal(1), ROUND_HALF_UP))


def _number(text: str, row: int, column: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise _refused(row, column, f"says “{text[:20]}”, which is no number") from None
    if not found.is_finite() or abs(found) > 10**9:
        raise _refused(row, column, f"says “{text[:20]}”, which is out of range")
    return found


_DOTTED_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def _day(text: str, row: int, column: str) -> date | None:
    """“2026-03-31”, with a time or not, or “31.3.2026”; what reads two ways is refused."""
    if not text:
        return None
    dotted = _DOTTED_DAY.fullmatch(text)
    try:
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return datetime.fromisoformat(text).date()
    except ValueError:
        words = f"says “{text[:20]}”; a day is such as 2026-03-31"
        raise _refused(row, column, words) from None


def _refused(row: int, column: str, words: str) -> DomainError:
    return DomainError(f"Row {row}, column “{column}”, {words}.", "file")
