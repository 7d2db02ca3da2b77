"""Weeks and time entries: reading, saving by the batch, submitting, taking back."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Query
from pydantic import model_validator

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.bulk import MAX_ROWS
from psa.core.web.api.fields import Day, Id, OneOf, Text
from psa.core.web.api.refusals import InvalidQuery
from timeexpense.models import TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.spans import MAX_SPANS, MINUTES_PER_DAY
from timeexpense.rules.spans import text_of as span_text
from timeexpense.selectors import approvals as entry_selectors
from timeexpense.selectors import compliance, people, suggestions, weeks
from timeexpense.services import cells, filling
from timeexpense.services import weeks as week_services
from timeexpense.services.cells import CellDraft
from timeexpense.views.weeks import today_of

from .area import FindingOut, Submitted, endpoints

MAX_DAYS = 366
Minute = Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)]
BILLING_TYPES = ("", "chargeable", "non_chargeable", "complimentary")
WeekOut = shape(weeks.WeekPage, "WeekOut")
WeekRowOut = shape(compliance.WeekRow, "WeekSummary")
ComplianceOut = shape(compliance.ComplianceRow, "WeekCompliance")
EntryPageOut = shape(entry_selectors.TimeEntryPage, "TimeEntryOut")
ENTER = TimeExpensePermission.ENTER


class OwnTimeEntry(Out):
    """One of one's own time entries."""

    id: int
    project_id: int
    task_id: int | None
    role_id: int
    work_on: date
    minutes: int
    spans: list[tuple[int, int]] = Field(description="Start and stop, if they were kept.")
    activity: str
    billing_type: str
    description: str
    internal_note: str
    state: str
    return_reason: str
    blocked_reason: str
    lock_version: int

    @classmethod
    def of(cls, row: TimeEntry) -> "OwnTimeEntry":
        return cls.model_validate(row, from_attributes=True)


class TimeEntryRowIn(In):
    """One day's time on one row of the week: new, or an entry as it was last seen.

    0 minutes deletes a draft; `spans` are given instead of them. A `client_key` makes a new entry
    once, however often it is sent.
    """

    project_id: Id
    work_on: Day
    minutes: int | None = Field(None, ge=0, le=1440, description="Null keeps the time.")
    spans: list[tuple[Minute, Minute]] = Field(
        [], max_length=MAX_SPANS, description="Start and stop, in minutes after midnight."
    )
    task_id: Id | None = None
    role_id: Id | None = None
    activity: Annotated[str, Text(40)] = ""
    billing_type: Annotated[str, OneOf(*BILLING_TYPES)] = ""
    description: Annotated[str, Text(400)] | None = Field(None, description="On the invoice.")
    internal_note: Annotated[str, Text(400)] | None = None
    entry_id: Id | None = None
    lock_version: int | None = Field(None, ge=1, le=2**31 - 1)
    client_key: UUID | None = None

    @model_validator(mode="after")
    def _names_what_it_keeps(self) -> "TimeEntryRowIn":
        if self.minutes is None and not self.spans and self.entry_id is None:
            raise ValueError("A new entry needs its minutes, or its start and stop.")
        if self.minutes is not None and self.spans:
            raise ValueError("Give the minutes, or start and stop; not both.")
        return self


class TimeEntryRowsIn(In):
    rows: list[TimeEntryRowIn] = Field(min_length=1, max_length=MAX_ROWS)


class TimeEntryResult(Out):
    """What became of one row; `sentence` says why not, if not."""

    index: int
    status: str = Field(description="saved, deleted, unchanged, failed or conflict.")
    entry_id: int | None
    lock_version: int | None
    minutes: int
    spans: list[tuple[int, int]]
    sentence: str
    findings: list[FindingOut]  # type: ignore[valid-type]


class TimeEntryResults(Out):
    rows: list[TimeEntryResult]


class Filled(Out):
    entry_id: int | None
    findings: list[FindingOut]  # type: ignore[valid-type]


class WeekCount(Out):
    count: int


class UnlockIn(In):
    reason: Annotated[str, Text(400, blank=False)]


class RowsToCopyIn(In):
    rows: list[Annotated[str, Text(80)]] | None = Field(
        None, max_length=MAX_ROWS, description="Keys of last week's rows; null copies all."
    )


class TimeEntryIdsIn(In):
    entry_ids: list[Id] = Field(min_length=1, max_length=MAX_ROWS)


@endpoints.report("/weeks", list[WeekRowOut], ENTER)  # type: ignore[valid-type]
def list_weeks(request: ApiRequest) -> Any:
    """One's own latest weeks, and how far each is."""
    return compliance.history(resource=people.my_resource(request.actor), today=today_of(request))


@endpoints.read("/weeks/{on}", WeekOut, ENTER)
def get_week(request: ApiRequest, on: Day) -> Any:
    """One's own week that holds this day: rows, cells, capacity, and what can be booked."""
    return weeks.week_page(
        resource=people.my_resource(request.actor), on=on, today=today_of(request)
    )


@endpoints.report("/time-entries", list[OwnTimeEntry], ENTER)
def list_time_entries(
    request: ApiRequest,
    from_on: Day = Query(...),
    until_on: Day = Query(..., description="The day after the last one."),
) -> Any:
    """One's own entries between two days, at most a year apart."""
    if not 0 <= (until_on - from_on).days <= MAX_DAYS:
        message = f"From and until lie at most {MAX_DAYS} days apart, in this order."
        raise InvalidQuery(message, "until_on")
    return suggestions.entries_between(people.my_resource(request.actor), from_on, until_on)


@endpoints.read("/time-entries/{entry_id}", EntryPageOut)
def get_time_entry(request: ApiRequest, entry_id: Id) -> Any:
    """One entry that is yours or yours to decide on, with what was decided about it."""
    return entry_selectors.time_entry_page(actor=request.actor, entry_id=entry_id)


@endpoints.write("POST", "/time-entries/bulk", TimeEntryResults, ENTER)
def save_time_entries(request: ApiRequest, body: TimeEntryRowsIn) -> Any:
    """Save up to 500 entries of one's own, a result for each; what is refused holds up no other."""
    done = cells.save_cells(
        cells=[_draft(index, cell) for index, cell in enumerate(body.rows)],
        actor=request.actor,
        at=clock.now(),
    )
    return {"rows": [_outcome(index, one) for index, one in enumerate(done)]}


@endpoints.write("POST", "/time-entries/submit", list[Submitted], ENTER)
def submit_time_entries(request: ApiRequest, body: TimeEntryIdsIn) -> Any:
    """Submit these entries of one's own."""
    return week_services.submit_entries(
        entry_ids=body.entry_ids, actor=request.actor, at=clock.now()
    )


@endpoints.write("POST", "/weeks/{on}/submit", list[Submitted], ENTER)
def submit_week(request: ApiRequest, on: Day, body: Nothing) -> Any:
    """Submit all drafts of one's own week."""
    return week_services.submit_week(week_starts_on=on, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/weeks/{on}/take-back", WeekCount, ENTER)
def take_back_week(request: ApiRequest, on: Day, body: Nothing) -> Any:
    """Make what was submitted of one's own week a draft again, before it is decided on."""
    count = week_services.recall_week(week_starts_on=on, actor=request.actor, at=clock.now())
    return {"count": count}


@endpoints.write("POST", "/weeks/{on}/copy-last", list[Filled], ENTER)
def copy_last_week(request: ApiRequest, on: Day, body: RowsToCopyIn) -> Any:
    """Copy last week's rows with their hours into the week: all, or those that are named."""
    return filling.copy_last_week(
        week_starts_on=on, rows=body.rows, actor=request.actor, at=clock.now()
    )


@endpoints.write("POST", "/weeks/{on}/suggest", list[Filled], ENTER)
def accept_suggestions(request: ApiRequest, on: Day, body: Nothing) -> Any:
    """Fill the week as assignments and last week suggest; as drafts, never submitted."""
    return filling.accept_suggestions(week_starts_on=on, actor=request.actor, at=clock.now())


@endpoints.report(
    "/weeks/{on}/compliance",
    list[ComplianceOut],  # type: ignore[valid-type]
    TimeExpensePermission.APPROVE,
    TimeExpensePermission.VIEW_ALL,
)
def get_compliance(request: ApiRequest, on: Day) -> Any:
    """Who has handed in the week that holds this day."""
    return compliance.compliance(
        actor=request.actor,
        on=weeks.week_containing(on).starts_on,
    )


@endpoints.write(
    "POST", "/resources/{resource_id}/weeks/{on}/unlock", Nothing, TimeExpensePermission.APPROVE
)
def unlock_week(request: ApiRequest, resource_id: Id, on: Day, body: UnlockIn) -> Any:
    """Let a person change a week that is past the late lock."""
    week_services.unlock_week(
        resource_id=resource_id,
        week_starts_on=on,
        reason=body.reason,
        actor=request.actor,
        at=clock.now(),
    )
    return {}


def _draft(index: int, cell: TimeEntryRowIn) -> CellDraft:
    given = cell.values()
    minutes, spans = given.pop("minutes"), given.pop("spans")
    typed = None if minutes is None else f"{minutes // 60}:{minutes % 60:02d}"
    if spans:
        typed = span_text(spans)
    return CellDraft(ref=str(index), typed=typed, **given)


def _outcome(index: int, one: cells.CellOutcome) -> dict[str, Any]:
    return {
        "index": index,
        "status": one.status,
        "entry_id": one.entry_id,
        "lock_version": one.lock_version,
        "minutes": one.minutes,
        "spans": one.spans,
        "sentence": one.sentence,
        "findings": one.findings,
    }
