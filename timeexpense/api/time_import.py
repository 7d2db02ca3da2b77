"""Time in bulk: thousands of lines a request, also other people's, each with its own result."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Field

from psa.core import clock
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.web.api import ApiRequest, InMany, OutMany
from psa.core.web.api.fields import Id, Text
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.spans import MAX_SPANS, MINUTES_PER_DAY
from timeexpense.rules.spans import text_of as span_text
from timeexpense.rules.typed_time import TimeRefused, Typed, read_time
from timeexpense.rules.validation import Finding
from timeexpense.selectors import people
from timeexpense.selectors.names import NamesOfWork
from timeexpense.services import time_entries
from timeexpense.services.time_entries import TimeDraft, TimeOutcome

from .area import endpoints

MAX_LINES = 5_000
# Longer than any text may be, so that the rule can say so of its line alone.
LONG = 2_000
ENTER, FOR_OTHERS = TimeExpensePermission.ENTER, TimeExpensePermission.ENTER_FOR_OTHERS
Minute = Annotated[int, Field(ge=0, le=MINUTES_PER_DAY)]
NO_TIME = Finding(
    "unreadable_time",
    "Give the time in one way: its minutes, a text such as 7:30, or start and stop.",
    True,
    "minutes",
)


class TimeLineIn(InMany):
    """A line of time: of the person named, else one's own.

    Its time is given in one of three ways. A `client_key` enters a line once, however often it is
    sent and in whatever request. Project, task, person and role are named by their numbers, or by
    what other tools call them; not by both.
    """

    project_id: Id | None = None
    project: Annotated[str, Text(LONG)] = Field("", description="Its code or name.")
    work_on: date
    minutes: int | None = Field(None, ge=-(2**31), le=2**31 - 1)
    duration: Annotated[str, Text(200)] = Field("", description="As typed: `7.5`, `7:30`, `450m`.")
    spans: tuple[tuple[Minute, Minute], ...] = Field(
        (), max_length=MAX_SPANS, description="Start and stop, in minutes after midnight."
    )
    resource_id: Id | None = Field(None, description="Other people's with the right to.")
    person: Annotated[str, Text(LONG)] = Field(
        "", description="Their code, e-mail or name, in place of the number."
    )
    task_id: Id | None = None
    task: Annotated[str, Text(LONG)] = Field("", description="Its outline number (WBS) or name.")
    role_id: Id | None = Field(None, description="Null: the team's on that day, else their own.")
    role: Annotated[str, Text(LONG)] = Field("", description="Its code or name.")
    activity: Annotated[str, Text(LONG)] = ""
    billing_type: Annotated[str, Text(LONG)] = Field(
        "", description="Blank where the task and its contract line decide."
    )
    description: Annotated[str, Text(LONG)] = Field("", description="On the invoice.")
    internal_note: Annotated[str, Text(LONG)] = ""
    client_key: UUID | None = None


class TimeLinesIn(InMany):
    lines: list[TimeLineIn] = Field(min_length=1, max_length=MAX_LINES)


class TimeFinding(OutMany):
    """What a rule says of a line; `code` names the rule."""

    code: str
    sentence: str
    blocks: bool
    field: str


class TimeLineResult(OutMany):
    """What became of one line; `index` counts from 0 in the order sent."""

    index: int
    status: str = Field(description="entered, known (entered before under its key), or refused.")
    entry_id: int | None
    findings: list[TimeFinding]


class TimeLineResults(OutMany):
    entered: int
    known: int
    refused: int
    lines: list[TimeLineResult]


@endpoints.write("POST", "/time-entries/import", TimeLineResults, ENTER, FOR_OTHERS)
def import_time_entries(request: ApiRequest, body: TimeLinesIn) -> Any:
    """Enter up to 5,000 lines as drafts, by the rules of the week; one refused holds up no other."""
    own_id = 0
    if any(line.resource_id is None and not line.person for line in body.lines):
        own_id = people.my_resource(request.actor).pk
    names = _names(body.lines, request.actor)
    drafts: list[TimeDraft] = []
    unread: dict[int, Finding] = {}
    for index, line in enumerate(body.lines):
        read = _time_of(line)
        if isinstance(read, Finding):
            unread[index] = read
            continue
        try:
            drafts.append(_draft(line, read, own_id, names))
        except DomainError as error:
            unread[index] = Finding("unknown_name", error.message, True, error.field or "")
    done = time_entries.enter_time(entries=drafts, actor=request.actor, at=clock.now())
    return _results(len(body.lines), done, unread)


def _time_of(line: TimeLineIn) -> Typed | Finding:
    given = (line.minutes is not None) + bool(line.duration) + bool(line.spans)
    if given != 1:
        return NO_TIME
    if line.minutes is not None:
        return Typed(line.minutes)
    try:
        return read_time(span_text(line.spans) if line.spans else line.duration)
    except TimeRefused as refusal:
        return refusal.finding


def _names(lines: Sequence[TimeLineIn], actor: Actor) -> NamesOfWork | None:
    """What the lines' names stand for; None, and nothing is read, when all of them give numbers.

    Who may enter their own time alone can name nobody else, and learns of nobody.
    """
    named = [one for one in lines if one.project or one.task or one.person or one.role]
    if not named:
        return None
    only = None if actor.has(FOR_OTHERS) else people.my_resource(actor).pk
    return NamesOfWork(
        {one.project for one in named if one.project},
        {one.project_id for one in named if one.task and one.project_id},
        only,
    )


def _draft(line: TimeLineIn, time: Typed, own_id: int, names: NamesOfWork | None) -> TimeDraft:
    """Raises  DomainError on the field whose name is none, or is given in two ways."""
    for word in ("project", "person", "task", "role"):
        number = line.resource_id if word == "person" else getattr(line, f"{word}_id")
        if getattr(line, word) and number is not None:
            raise DomainError("Name it by its number or in words, not by both.", field=word)
    project_id = line.project_id
    resource_id, task_id, role_id = line.resource_id, line.task_id, line.role_id
    if names is not None:
        project_id = names.project(line.project) if line.project else project_id
        resource_id = names.person(line.person) if line.person else resource_id
        role_id = names.role(line.role) if line.role else role_id
        if line.task and project_id is not None:
            task_id = names.task(project_id, line.task)
    if project_id is None:
        raise DomainError("The project is missing.", field="project")
    return TimeDraft(
        resource_id or own_id, project_id, line.work_on, time.minutes, task_id,
        role_id, line.description, line.internal_note, line.activity, line.billing_type,
        line.client_key, time.spans,
    )  # fmt: skip


def _results(count: int, done: Sequence[TimeOutcome], unread: dict[int, Finding]) -> dict[str, Any]:
    """The fields of `TimeLineResults`, which is made of them at once: they are thousands."""
    outcomes = iter(done)
    totals = {"entered": 0, "known": 0, "refused": 0}
    lines = []
    for index in range(count):
        one = TimeOutcome(None, (unread[index],)) if index in unread else next(outcomes)
        status = "refused" if not one.is_entered else "known" if one.was_there else "entered"
        totals[status] += 1
        findings = [
            {"code": f.code, "sentence": f.sentence, "blocks": f.blocks, "field": f.field}
            for f in one.findings
        ]
        lines.append(
            {"index": index, "status": status, "entry_id": one.entry_id, "findings": findings}
        )
    return {"lines": lines, **totals}
