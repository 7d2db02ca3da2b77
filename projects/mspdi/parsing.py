"""Microsoft Project's XML read as a stream: what a plan is made of is kept, the rest passes by.

Most of a large file is time-phased data and fields of other programs; of those nothing is held, so a
file of 50 MB takes the room of its tasks alone. Entities and document types are refused, so nothing
in a file can grow or reach outside it.
"""

import io
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from projects.mspdi.timephased import runs_of
from projects.mspdi.values import MalformedPlan

NAMESPACE: Final = "{http://schemas.microsoft.com/project}"
MAX_BYTES: Final = 50 * 1024 * 1024
# Five thousand tasks with all eleven baselines are some 700,000.
MAX_ELEMENTS: Final = 1_500_000
_PIECE: Final = 64 * 1024

_READ: Final = frozenset(
    NAMESPACE + name
    for name in (
        *("Project", "Title", "Name", "StartDate", "FinishDate", "StatusDate"),
        *("ScheduleFromStart", "HonorConstraints", "CriticalSlackLimit", "MinutesPerDay"),
        *("MultipleCriticalPaths", "CalendarUID", "UID", "Type", "Start", "Finish", "Work"),
        *("Calendars", "Calendar", "IsBaseCalendar", "BaseCalendarUID", "WeekDays", "WeekDay"),
        *("DayType", "DayWorking", "WorkingTimes", "WorkingTime", "FromTime", "ToTime"),
        *("WorkWeeks", "WorkWeek", "Exceptions", "Exception", "TimePeriod", "FromDate", "ToDate"),
        *("Period", "DaysOfWeek", "Month", "MonthDay", "MonthPosition", "MonthItem"),
        *("Tasks", "Task", "IsNull", "OutlineLevel", "ExternalTask", "Milestone", "Duration"),
        *("DurationFormat", "ConstraintType", "ConstraintDate", "Deadline", "Manual", "Active"),
        *("IgnoreResourceCalendar", "EffortDriven", "Priority", "Notes", "PercentComplete"),
        *("ManualStart", "ManualFinish", "ActualStart", "ActualFinish", "ActualDuration", "Resume"),
        *("PredecessorLink", "PredecessorUID", "LinkLag", "LagFormat", "Baseline", "Number"),
        *("Resources", "Resource", "MaxUnits", "Assignments", "Assignment", "TaskUID"),
        *("ResourceUID", "Units", "LevelingDelay", "LevelingDelayFormat", "Delay", "DelayFormat"),
    )
)
_ASSIGNMENT: Final = f"{NAMESPACE}Assignment"
_TIMEPHASED: Final = f"{NAMESPACE}TimephasedData"


class _WhatIsRead:
    """A tree of the elements that a plan is made of; others are counted and dropped with all in them.

    Of an assignment's time-phased data the runs of work between pauses are kept.
    """

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._skipped = 0
        self._kept = 0
        self._above: list[str] = []
        self._pieces: list[dict[str, str]] = []
        self._piece: dict[str, str] | None = None
        self._field = ""

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if self._piece is not None:
            self._skipped += 1
            self._field = tag.removeprefix(NAMESPACE) if self._skipped == 1 else ""
            return
        if tag == _TIMEPHASED and not self._skipped and self._above[-1:] == [_ASSIGNMENT]:
            self._piece = {}
            return
        if self._skipped or (self._kept and tag not in _READ):
            self._skipped += 1
            return
        self._above.append(tag)
        self._keep(tag)

    def _keep(self, tag: str) -> None:
        self._kept += 1
        if self._kept > MAX_ELEMENTS:
            raise MalformedPlan(
                "The file holds far more than 5,000 tasks need. Take old baselines out of it."
            )
        self._tree.start(tag, {})

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            self._field = ""
        elif self._piece is not None:
            self._pieces.append(self._piece)
            self._piece = None
        else:
            if tag == _ASSIGNMENT:
                self._keep_runs()
            self._above.pop()
            self._tree.end(tag)

    def _keep_runs(self) -> None:
        for run in runs_of(self._pieces):
            self._keep(_TIMEPHASED)
            for name, text in run.items():
                self._keep(NAMESPACE + name)
                self._tree.data(text)
                self._tree.end(NAMESPACE + name)
            self._tree.end(_TIMEPHASED)
        self._pieces.clear()

    def data(self, text: str) -> None:
        if self._piece is not None:
            if self._field:
                self._piece[self._field] = self._piece.get(self._field, "") + text.strip()
        elif not self._skipped and not text.isspace():
            self._tree.data(text)

    def close(self) -> Element:
        return self._tree.close()


def parse(content: bytes | IO[bytes]) -> Element:
    """What a plan is made of in the file, if it is one of Microsoft Project. Raises  MalformedPlan."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    size = source.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise MalformedPlan(too_large(size), "file")
    source.seek(0)
    try:
        parser = DefusedXMLParser(target=_WhatIsRead(), forbid_dtd=True)
        while piece := source.read(_PIECE):
            parser.feed(piece)
        root = parser.close()
    except DefusedXmlException:
        raise MalformedPlan(
            "The file declares a document type or entities, which a plan never needs. Save it "
            "again as Project XML."
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedPlan(f"The file is not readable XML: {error}.") from error
    if not isinstance(root, Element) or root.tag != f"{NAMESPACE}Project":
        raise MalformedPlan(
            "The file is XML, but not a plan of Microsoft Project. Save the plan as Project XML."
        )
    return root


def without_ballast(content: bytes | IO[bytes]) -> bytes:
    """The same plan with nothing in it that is not read. Raises  MalformedPlan."""
    return bytes(tostring(parse(content), encoding="utf-8", xml_declaration=True))


def too_large(size: int) -> str:
    """The refusal of a file over the limit."""
    return (
        f"The file has {size / 1024**2:,.1f} MB; a plan may have {MAX_BYTES // 1024**2} MB. Take "
        "finished phases or old baselines out of it."
    )
