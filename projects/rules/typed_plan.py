"""What people type into the cells of a plan, and paste from a spreadsheet.

Source: docs/rules/projects.md, P-12.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from psa.core.errors import DomainError

from .typed_dates import MAX_DURATION

DAYS_A_WEEK: Final = 5
MAX_PASTED: Final = 500
NOBODY: Final = Decimal(0)
ELAPSED_DAY: Final = 1440

_UNIT = r"(min(?:ute)?s?|m|h(?:ou)?rs?|h|days?|d|w(?:ee)?ks?|w|)"
_LENGTH = re.compile(rf"^(\d{{1,6}}(?:[.,]\d{{1,3}})?)\s*(e?){_UNIT}$")
_LINK = re.compile(
    r"^(\d{1,5}(?:\.\d{1,5}){0,9})\s*(fs|ss|ff|sf)?\s*"
    rf"(?:([+-])\s*(\d{{1,6}}(?:\.\d{{1,3}})?)\s*(?:(%)|(e?){_UNIT}))?$"
)
_SHARE = re.compile(r"^(.*?)\s*(?:(\d{1,4})\s*%)?$")
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_NUMBERS = re.compile(r"^(\d{1,2})([./])(\d{1,2})(?:\.|\2(\d{2}|\d{4}))?$")
_DAY_MONTH = re.compile(r"^(\d{1,2})\.?\s*([a-zä]{3,9})\.?(?:\s+(\d{2}|\d{4}))?$")
_MONTH_DAY = re.compile(r"^([a-zä]{3,9})\.?\s*(\d{1,2})(?:,?\s+(\d{4}))?$")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan",), ("feb",), ("mar", "mär"), ("apr",), ("may", "mai"), ("jun",), ("jul",),
            ("aug",), ("sep",), ("oct", "okt"), ("nov",), ("dec", "dez"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TypedLink:
    """A predecessor as it is typed: “3.2SS+2d”; the lag in working minutes, or percent."""

    outline: str
    kind: str = "FS"
    lag_minutes: int = 0
    lag_percent: Decimal | None = None
    is_elapsed: bool = False


@dataclass(frozen=True, slots=True)
class PastedRow:
    """A row of a spreadsheet: its level below the first (0), and its texts by column."""

    level: int
    texts: dict[str, str]


def duration_of(text: str, *, day_minutes: int) -> int:
    """Working minutes of “5”, “5d”, “1.5 days”, “12h”, “2w” or “30m”; a bare number is days.

    Raises  DomainError for anything else.
    """
    match = _LENGTH.match(text.strip().lower())
    if match is None:
        raise DomainError(
            f"“{text.strip()[:40]}” is not a duration. Try 5d, 12h or 2w.", field="duration_minutes"
        )
    number, elapsed, unit = match.groups()
    if elapsed:
        raise DomainError(
            "Elapsed durations come with imported plans. Type working time, such as 5d.",
            field="duration_minutes",
        )
    minutes = _minutes(number, unit, day_minutes)
    if minutes > MAX_DURATION:
        raise DomainError("A task takes from 0 to 100,000 hours.", field="duration_minutes")
    return minutes


def links_of(text: str, *, day_minutes: int) -> list[TypedLink]:
    """Predecessors separated by commas or semicolons: “3, 3.2SS+2d; 4FF-10%, 5+1ed”.

    A bare lag is days; “e” before its unit counts day and night. No text is no predecessor.
    Raises  DomainError naming the part that cannot be read, or a task that is named twice.
    """
    found: dict[str, TypedLink] = {}
    for part in re.split(r"[,;]", text):
        if part.strip():
            link = _link(part.strip(), day_minutes)
            if link.outline in found:
                raise DomainError(f"Task {link.outline} is named twice.", field="predecessor")
            found[link.outline] = link
    return list(found.values())


def percent_of(text: str) -> int:
    """A whole percentage, 0 to 100, with or without its sign. Raises  DomainError."""
    digits = text.strip().removesuffix("%").strip()
    if not digits.isascii() or not digits.isdecimal() or int(digits[:4]) > 100:
        raise DomainError("Done is a whole number from 0 to 100.", field="percent_complete")
    return int(digits)


def shares_of(text: str, team: Mapping[int, str]) -> list[tuple[int, Decimal]]:
    """Who works on a task, and their share of a day: “Ben Osei, JS 50%”.

    A person is named in full, by how the name begins, or by initials; without a percentage the
    share is a full day. Raises  DomainError for a name that is none of the team's, or of several.
    """
    found: dict[int, Decimal] = {}
    for part in re.split(r"[,;]", text):
        match = _SHARE.match(part.strip())
        if match is None or not match[1]:
            if part.strip():
                raise DomainError(f"“{part.strip()[:40]}” cannot be read.", field="resource")
            continue
        who = _person(match[1], team)
        if who in found:
            raise DomainError(f"{team[who]} is named twice.", field="resource")
        found[who] = Decimal(match[2]) / 100 if match[2] else Decimal(1)
    return list(found.items())


def _person(typed: str, team: Mapping[int, str]) -> int:
    wanted = typed.lower()
    ways = (
        [who for who, name in team.items() if name.lower() == wanted],
        [who for who, name in team.items() if initials_of(name).lower() == wanted],
        [who for who, name in team.items() if name.lower().startswith(wanted)],
    )
    found = next((way for way in ways if way), [])
    if len(found) != 1:
        why = "fits several people" if found else "is not on the team"
        way_out = "Type the full name." if found else "Add them to the team first."
        raise DomainError(f"“{typed[:40]}” {why}. {way_out}", field="resource")
    return found[0]


def initials_of(name: str) -> str:
    """The letters that stand for a person in a narrow column: as in the circle beside the name."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()


def day_of(text: str, *, near: date, is_month_first: bool = False) -> date:
    """A day as people type it: 2026-07-06, 6 Jul, Jul 6, 6.7., 6/7/26; without a year the nearest.

    Raises  DomainError.
    """
    typed = text.strip().lower()
    if match := _ISO.match(typed):
        year, month, day = match.groups()
    elif match := _NUMBERS.match(typed):
        day, dot, month, year = match.groups()
        if is_month_first and dot == "/":
            day, month = month, day
    elif match := _DAY_MONTH.match(typed):
        day, name, year = match.groups()
        month = str(_MONTHS.get(name[:3], 0))
    elif match := _MONTH_DAY.match(typed):
        name, day, year = match.groups()
        month = str(_MONTHS.get(name[:3], 0))
    else:
        raise _no_day(text)
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        years = (near.year - 1, near.year, near.year + 1)
        days = [date(year, int(month), min(int(day), 28)) for year in years]
        nearest = min(days, key=lambda on: abs((on - near).days))
        return nearest.replace(day=int(day))
    except ValueError:
        raise _no_day(text) from None


def pasted_rows(cells: Sequence[Sequence[str]]) -> list[PastedRow]:
    """Rows of a spreadsheet as tasks, in their order; empty ones are left out.

    The columns are name, effort, duration, predecessors, role and start, unless the first row names
    them. Names that are set in by blanks, or a column “Level”, put a task below the one before it.
    Raises  DomainError for no name, too many rows or a level that skips one.
    """
    rows = [[str(cell) for cell in row] for row in cells if any(str(c).strip() for c in row)]
    columns = _heads(rows[0]) if rows else None
    if columns is None:
        columns = list(_ORDER)
    else:
        rows = rows[1:]
    if not rows:
        raise DomainError("There is no row to paste.", field="rows")
    if len(rows) > MAX_PASTED:
        raise DomainError(f"At most {MAX_PASTED} rows are pasted at once.", field="rows")
    raw = [dict(zip(columns, row, strict=False)) for row in rows]
    found: list[PastedRow] = []
    indents: list[int] = []
    for number, texts in enumerate(raw, start=1):
        name = texts.get("name", "")
        if not name.strip():
            raise DomainError(f"Row {number} has no name.", field="rows")
        level = _level(texts, len(name) - len(name.lstrip()), indents)
        if level > (found[-1].level + 1 if found else 0):
            raise DomainError(f"Row {number} “{name.strip()[:40]}” skips a level.", field="rows")
        found.append(PastedRow(level, {key: text.strip() for key, text in texts.items() if key}))
    return found


def _level(texts: dict[str, str], indent: int, indents: list[int]) -> int:
    typed = texts.get("level", "").strip()
    if typed.isascii() and typed.isdecimal():
        if not indents:
            indents.append(int(typed[:2]))
        return max(0, int(typed[:2]) - indents[0])
    while indents and indent < indents[-1]:
        indents.pop()
    if not indents or indent > indents[-1]:
        indents.append(indent)
    return len(indents) - 1


_ORDER: Final = ("name", "effort_minutes", "duration", "predecessors", "role", "start")
_HEADS: Final = {
    "name": "name", "task": "name", "task name": "name", "vorgangsname": "name",
    "effort": "effort_minutes", "work": "effort_minutes", "hours": "effort_minutes",
    "duration": "duration", "dur": "duration", "dauer": "duration",
    "predecessors": "predecessors", "predecessor": "predecessors", "pred": "predecessors",
    "vorgänger": "predecessors",
    "role": "role", "rolle": "role", "start": "start", "anfang": "start",
    "level": "level", "outline level": "level", "#": "", "no": "", "wbs": "", "id": "",
}  # fmt: skip


def _heads(row: Sequence[str]) -> list[str] | None:
    """The columns that a row names, or None when it is a task already."""
    words = [" ".join(cell.lower().replace(".", "").split()) for cell in row]
    names = [_HEADS.get(re.sub(r" ?\(?(h|hours|days)\)?$", "", word) or word) for word in words]
    if "name" not in names or any(
        name is None for name, word in zip(names, words, strict=True) if word
    ):
        return None
    return [name or "" for name in names]


def _link(part: str, day_minutes: int) -> TypedLink:
    match = _LINK.match(part.lower().replace("−", "-"))
    if match is None:
        raise DomainError(
            f"“{part[:40]}” is not a predecessor. Try 3, 3.2SS or 3FS+2d.", field="predecessor"
        )
    outline, kind, sign, number, percent, elapsed, unit = match.groups()
    kind = (kind or "fs").upper()
    if number is None:
        return TypedLink(outline, kind)
    if percent:
        value = Decimal(number)
        return TypedLink(outline, kind, lag_percent=-value if sign == "-" else value)
    minutes = _minutes(number, unit, ELAPSED_DAY if elapsed else day_minutes)
    if elapsed and unit.startswith("w"):
        minutes = minutes * 7 // DAYS_A_WEEK
    return TypedLink(outline, kind, -minutes if sign == "-" else minutes, None, bool(elapsed))


def _minutes(number: str, unit: str, day_minutes: int) -> int:
    """So many of a unit (days when none is named), rounded half up to the minute."""
    each = {"m": 1, "h": 60, "d": day_minutes, "w": DAYS_A_WEEK * day_minutes}[unit[:1] or "d"]
    whole = Decimal(number.replace(",", ".")) * each
    return int(whole.quantize(Decimal(1), ROUND_HALF_UP))


def _no_day(text: str) -> DomainError:
    return DomainError(
        f"“{text.strip()[:40]}” is not a day. Try 6 Jul or 2026-07-06.", field="starts_on"
    )
