"""What the plan page sends: a batch of edits, with cells as they were typed and rows as pasted."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from ninja import Field
from pydantic import ValidationError

from psa.core.errors import DomainError, NotFound
from psa.core.web.api import In
from psa.core.web.api.fields import Id, OneOf, Text
from psa.core.web.forms import minutes_of

from .api.schedule import PlanEdit, edit_of
from .rules import template_plan, typed_plan
from .rules.typed_dates import end_of
from .rules.typed_plan import PastedRow, TypedLink
from .selectors import plan_sheet
from .selectors.plan_sheet import PlanSheet, SheetLink
from .services.dependencies import Waiting
from .services.plan_changes import (
    AddTask,
    AssignTask,
    Edit,
    EditTask,
    LinkTasks,
    TaskRef,
    UnlinkTasks,
)

MAX_BODY: Final = 2_000_000
_CELLS: Final = (
    "name", "effort", "left", "duration", "start", "finish", "predecessors", "role", "people",
    "done", "deadline",
)  # fmt: skip


class TypedCell(In):
    """A cell of a task, as somebody typed it."""

    do: Literal["type"]
    task_id: Id
    column: Annotated[str, OneOf(*_CELLS)]
    text: Annotated[str, Text(1000)]


class PastedRows(In):
    """Rows of a spreadsheet, to stand behind a task (or at the end of the plan)."""

    do: Literal["paste"]
    after_id: Id | None = None
    rows: list[Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=30)]] = (
        Field(max_length=1000)
    )


class Batch(In):
    """`is_trial`: say what it would do, and keep nothing."""

    revision: int = Field(ge=0, le=2**31 - 1)
    is_trial: bool = False
    edits: list[TypedCell | PastedRows | PlanEdit] = Field(min_length=1, max_length=1000)


def read_batch(body: bytes) -> Batch:
    """The batch that a page sent. Raises  DomainError for what is none."""
    if len(body) > MAX_BODY:
        raise DomainError("That is too much at once. Split it.")
    try:
        return Batch.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][-1]) if first["loc"] else None
        words = str(first["msg"]).removeprefix("Value error, ")
        raise DomainError(f"This could not be read: {words}", field) from None


def edits_of(batch: Batch, sheet: PlanSheet, *, is_month_first: bool) -> list[Edit]:
    """What the service is asked to do, on the plan as it stands in `sheet`.

    Raises  DomainError naming what cannot be read.
    """
    reading = _Reading(sheet, is_month_first)
    found: list[Edit] = []
    for number, edit in enumerate(batch.edits):
        match edit:
            case TypedCell():
                found += reading.cell(edit)
            case PastedRows():
                found += reading.pasted(edit, number)
            case _:
                found.append(edit_of(edit))
    return found


class _Reading:
    def __init__(self, sheet: PlanSheet, is_month_first: bool) -> None:
        self.sheet, self.is_month_first = sheet, is_month_first
        self.by_outline = {row["outline"]: task_id for task_id, row in sheet.tasks.items()}

    def cell(self, typed: TypedCell) -> list[Edit]:
        """The edits that a typed cell asks for; none when it says what is there already."""
        if typed.task_id not in self.sheet.tasks:
            raise NotFound("There is no such task in this plan. It may have been deleted.")
        match typed.column:
            case "predecessors":
                links = typed_plan.links_of(typed.text, day_minutes=self.sheet.day_minutes)
                return list(self._links(typed.task_id, links))
            case "people":
                return list(self._people(typed.task_id, typed.text))
        row = self.sheet.tasks[typed.task_id]
        return [EditTask(typed.task_id, self._values(typed.column, typed.text, row))]

    def pasted(self, pasted: PastedRows, number: int) -> Iterator[Edit]:
        """New tasks, then the links between them, once all are there."""
        rows = typed_plan.pasted_rows(pasted.rows)
        names = [f"paste{number}.{at}" for at in range(len(rows))]
        above: list[TaskRef | None] = [pasted.after_id]
        for row, name in zip(rows, names, strict=True):
            del above[row.level + 1 :]
            is_child = len(above) == row.level
            after = above[-1]
            if is_child:
                above.append(name)
            else:
                above[-1] = name
            yield AddTask(row.texts["name"], after, is_child, name, self._new_values(row))
        for row, name in zip(rows, names, strict=True):
            for link in typed_plan.links_of(
                row.texts.get("predecessors", ""), day_minutes=self.sheet.day_minutes
            ):
                before = self._pasted_ref(link.outline, names)
                yield LinkTasks(before, name, link.kind, _lag(link))

    def _pasted_ref(self, outline: str, names: Sequence[str]) -> TaskRef:
        """A whole number counts the pasted rows; others are numbers of the plan."""
        if "." not in outline and 1 <= int(outline) <= len(names):
            return names[int(outline) - 1]
        return self._task(outline)

    def _new_values(self, row: PastedRow) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column in ("effort_minutes", "duration", "role", "start"):
            if text := row.texts.get(column, ""):
                values |= self._values(column.removesuffix("_minutes"), text, None)
        return values

    def _values(self, column: str, text: str, row: dict[str, Any] | None) -> dict[str, Any]:
        text = text.strip()
        match column:
            case "name":
                return {"name": text}
            case "effort" | "left":
                field = "effort_minutes" if column == "effort" else "remaining_minutes"
                return {field: self._hours(text, field)}
            case "duration":
                return self._duration(text, row)
            case "start" | "finish" | "deadline":
                return self._day(column, text, row)
            case "role":
                return self._role(text)
            case _:
                return {"percent_complete": typed_plan.percent_of(text or "0")}

    def _hours(self, text: str, field: str) -> int:
        """Hours as everywhere, or days and weeks as durations."""
        if not text:
            return 0
        grouped = re.fullmatch(r"\d{1,3}(,\d{3})+", text)
        try:
            return minutes_of(text.replace(",", "") if grouped else text)
        except ValueError:
            pass
        try:
            return typed_plan.duration_of(text, day_minutes=self.sheet.day_minutes)
        except DomainError:
            raise DomainError(f"“{text[:40]}” is not a duration. Try 7:30.", field) from None

    def _duration(self, text: str, row: dict[str, Any] | None) -> dict[str, Any]:
        minutes = typed_plan.duration_of(text, day_minutes=self.sheet.day_minutes)
        if minutes == 0:  # what takes no time is a milestone
            return {"is_milestone": True, "effort_minutes": 0, "duration_minutes": 0}
        if row is not None and row["is_milestone"]:
            return {"is_milestone": False, "duration_minutes": minutes}
        return {"duration_minutes": minutes}

    def _day(self, column: str, text: str, row: dict[str, Any] | None) -> dict[str, Any]:
        field = {"start": "starts_on", "finish": "finishes_on", "deadline": "deadline_at"}[column]
        if not text:
            return {field: None}
        if self.sheet.project.draft_of_id is not None:
            on = self._numbered(text)
            return {field: end_of(on) if column == "deadline" else on}
        near = (row and (row["starts_on"] or row["finishes_on"])) or self.sheet.project.starts_on
        on = typed_plan.day_of(text, near=near, is_month_first=self.is_month_first)
        return {field: end_of(on) if column == "deadline" else on}

    def _numbered(self, text: str) -> date:
        """A day of a template, by its number."""
        number = template_plan.typed_number(text)
        return template_plan.day_of_number(
            number, self.sheet.project.starts_on, self.sheet.calendar
        )

    def _role(self, text: str) -> dict[str, Any]:
        """A role of the firm; in a template any other by its name."""
        is_draft = self.sheet.project.draft_of_id is not None
        none = {"role_id": None, **({"open_role": text} if is_draft else {})}
        if not text:
            return none
        names = plan_sheet.role_names()
        exact = [key for key, name in names.items() if name.lower() == text.lower()]
        begun = [key for key, name in names.items() if name.lower().startswith(text.lower())]
        if not exact and len(begun) != 1:
            if is_draft:
                return none
            why = "begins several roles" if begun else "is not a role"
            raise DomainError(f"“{text[:40]}” {why}. Type the role's name.", field="role")
        return {"role_id": (exact or begun)[0]}

    def _task(self, outline: str) -> int:
        found = self.by_outline.get(outline)
        if found is None:
            raise DomainError(f"There is no task {outline} in this plan.", field="predecessor")
        return found

    def _links(self, task_id: int, typed: Sequence[TypedLink]) -> Iterator[Edit]:
        known = {link.before: link for link in self.sheet.links.values() if link.after == task_id}
        wanted = {self._task(link.outline): link for link in typed}
        for before in known:
            if before not in wanted:
                yield UnlinkTasks(before, task_id)
        for before, link in wanted.items():
            if before not in known or _differs(known[before], link):
                yield LinkTasks(before, task_id, link.kind, _lag(link))

    def _people(self, task_id: int, text: str) -> Iterator[Edit]:
        """“Ben Osei, JS 50%”: names, how they begin, or initials; a share of 100 % unless said."""
        team, _ = plan_sheet.team_of(self.sheet.project.pk)
        known = {
            who: units for who, units, _ in self.sheet.shares.get(task_id, ()) if who is not None
        }
        wanted = dict(typed_plan.shares_of(text, team))
        for who in known:
            if who not in wanted:
                yield AssignTask(task_id, who, typed_plan.NOBODY)
        for who, units in wanted.items():
            if known.get(who) != units:
                yield AssignTask(task_id, who, units)


def _lag(link: TypedLink) -> Waiting:
    return Waiting(link.lag_minutes, link.lag_percent, link.is_elapsed)


def _differs(known: SheetLink, typed: TypedLink) -> bool:
    return (known.kind, known.lag_minutes, known.lag_percent, known.is_elapsed) != (
        typed.kind, typed.lag_minutes, typed.lag_percent, typed.is_elapsed,
    )  # fmt: skip
