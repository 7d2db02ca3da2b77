"""The draft of a template as its pages show it, and its days by number."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psa.core.org.rules.working_time import CalendarSpec

from ..models import Project
from ..rules.template_plan import day_of_number, number_of
from ..rules.typed_dates import OF_FINISH, end_of, last_day, start_of
from .calendars import base_calendar


@dataclass(frozen=True, slots=True)
class DraftHead:
    """What the head of a draft's page shows; `id` is that of its plan."""

    id: int
    name: str
    template_id: int
    version: int
    is_draft: bool = True

    @property
    def next_version(self) -> int:
        return self.version + 1


def draft_head(draft: Project) -> DraftHead | None:
    """The head of a draft; None for a project. One query."""
    template = draft.draft_of
    if template is None:
        return None
    return DraftHead(draft.pk, template.name, template.pk, template.version)


def number_at(draft: Project, at: datetime | None, *, kind: str) -> int | None:
    """The number of the day that an instant of a draft stands for, as its constraint counts."""
    if at is None:
        return None
    on = last_day(at - timedelta(days=1), at) if kind in OF_FINISH else at.date()
    return number_of(on, draft.starts_on, _calendar(draft))


def instant_of(draft: Project, number: int | None, *, kind: str) -> datetime | None:
    """The instant of a day's number: its beginning, or its end. Raises  DomainError."""
    if number is None:
        return None
    on: date = day_of_number(number, draft.starts_on, _calendar(draft))
    return end_of(on) if kind in OF_FINISH else start_of(on)


def _calendar(draft: Project) -> CalendarSpec:
    return base_calendar(draft, draft.starts_on, draft.starts_on)
