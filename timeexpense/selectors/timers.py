"""The timer as every page shows it, and what may be timed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from projects import selectors as projects
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from timeexpense.models import WorkTimer

from .adding import Adding, adding, favourite_keys, recent_keys
from .rows import Names, key_of_work, usual_roles
from .suggestions import LOOKS_BACK_WEEKS, entries_between


@dataclass(frozen=True, slots=True)
class TimerState:
    """The last timer of a person: running when `stopped_at` is None."""

    row: str
    task_name: str
    project_name: str
    description: str
    started_at: datetime
    stopped_at: datetime | None

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None


def timer_of(resource: Resource) -> TimerState | None:
    """The person's timer, running or the last that ran. At most four queries."""
    timer = WorkTimer.objects.filter(resource_id=resource.pk).first()
    if timer is None:
        return None
    key = key_of_work(timer)
    names = Names([key])
    if not names.knows(key):
        return None
    return TimerState(
        key.text, names.task(key), names.project(key), timer.description, timer.started_at,
        timer.stopped_at,
    )  # fmt: skip


def timer_choices(*, resource: Resource, today: date) -> Adding:
    """What may be timed today, rows at hand first."""
    entries = entries_between(
        resource, today - timedelta(weeks=LOOKS_BACK_WEEKS), today + timedelta(days=1)
    )
    usual = usual_roles(resource, {row.project_id for row in entries})
    favourites, recent = favourite_keys(resource), recent_keys(entries, usual)
    return adding(
        bookable=projects.bookable_projects(resource.pk, today),
        favourites=favourites,
        recent=recent,
        in_grid=(),
        names=Names([*favourites, *recent]),
        allows_billing_type=bool(org.parameters().billing_type_on_rows),
    )
