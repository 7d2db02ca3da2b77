"""A plan that came levelled from another program: work put off, and work that pauses."""

from datetime import date, datetime, time, timedelta
from typing import Final

from projects.services import plan_files
from psa.core.access import actors
from psa.core.org.models import Resource

from .firm import instant

NAME: Final = "Move of the London data room"
_DAY: Final = 8
# Name, days of work, and which tasks it waits for.
_TASKS: Final = (
    ("Survey of racks and cables", 3, ()),
    ("Order of the new racks", 2, (1,)),
    ("Power and cooling", 5, (2,)),
    ("Move of the servers", 4, (3,)),
    ("Test and hand over", 2, (4,)),
)
# Power and cooling wait two days for the electrician, day and night (in tenths of a minute).
_PUT_OFF: Final = {3: 2 * 24 * 60 * 10}
# The servers move in two halves: two days, three of pause, two days.
_PAUSED: Final = 4


def import_levelled_plan(*, tenant_id: int, today_on: date) -> int:
    """The plan imported as a project of the firm's own, a fortnight from today; its id."""
    starts_on = today_on + timedelta(days=21 - today_on.weekday())
    made = plan_files.import_plan_file(
        content=_document(starts_on), filename="data room.xml",
        manager_id=Resource.objects.get(name="Nadia Farouk").pk,
        actor=actors.for_operator(tenant_id), at=instant(today_on, 9), name=NAME,
    )  # fmt: skip
    return made.project_id


def _document(starts_on: date) -> bytes:
    tasks = "".join(
        f"<Task><UID>{uid}</UID><Name>{name}</Name><Duration>PT{days * _DAY}H0M0S</Duration>"
        f"{_put_off(uid)}{''.join(map(_link, before))}</Task>"
        for uid, (name, days, before) in enumerate(_TASKS, start=1)
    )
    return (
        '<Project xmlns="http://schemas.microsoft.com/project">'
        f"<StartDate>{starts_on}T08:00:00</StartDate><CalendarUID>1</CalendarUID>"
        "<Calendars><Calendar><UID>1</UID><Name>Standard</Name></Calendar></Calendars>"
        f"<Tasks>{tasks}</Tasks><Assignments><Assignment><TaskUID>{_PAUSED}</TaskUID>"
        f"<ResourceUID>-65535</ResourceUID>{_pieces(starts_on)}</Assignment></Assignments></Project>"
    ).encode()


def _put_off(uid: int) -> str:
    if uid not in _PUT_OFF:
        return ""
    delay = f"<LevelingDelay>{_PUT_OFF[uid]}</LevelingDelay>"
    return f"{delay}<LevelingDelayFormat>8</LevelingDelayFormat>"


def _link(uid: int) -> str:
    return f"<PredecessorLink><PredecessorUID>{uid}</PredecessorUID></PredecessorLink>"


def _pieces(starts_on: date) -> str:
    """Work of the task that pauses, day by day: Thursday and Friday, Thursday and Friday again."""
    found = ""
    for days in (17, 18, 24, 25):
        on = starts_on + timedelta(days=days)
        begins, ends = (datetime.combine(on, time(hour)).isoformat() for hour in (8, 17))
        found += (
            f"<TimephasedData><Type>1</Type><Start>{begins}</Start><Finish>{ends}</Finish>"
            f"<Unit>2</Unit><Value>PT{_DAY}H0M0S</Value></TimephasedData>"
        )
    return found
