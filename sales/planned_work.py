"""What is still planned for a contract, day by day: the room that plans answers, sales asks."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Source(StrEnum):
    """Where a forecast comes from, the surest first."""

    BOOKINGS = "bookings"
    PLAN = "plan"
    PACE = "pace"


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """Minutes of one day that a contract line will pay for."""

    on: date
    contract_line_id: int
    minutes: int


@dataclass(frozen=True, slots=True)
class PlannedWork:
    source: Source
    days: tuple[PlannedDay, ...]


class Planner(Protocol):
    """Answers with the work of days from `from_on` on; None where nothing is planned."""

    def __call__(self, *, contract_id: int, from_on: date) -> PlannedWork | None: ...


_answering: list[Planner] = []


def register(planner: Planner) -> None:
    """The room that plans says so when it starts."""
    _answering[:] = [planner]


def planned_work(*, contract_id: int, from_on: date) -> PlannedWork | None:
    """The bookings on a contract's projects, else what their plans have left; None for neither."""
    for planner in _answering:
        found = planner(contract_id=contract_id, from_on=from_on)
        if found is not None:
            return found
    return None
