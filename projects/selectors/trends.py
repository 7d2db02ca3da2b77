"""Health as it was, week by week."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from moneyed import Money

from ..models import HealthSnapshot
from ..rules.sparkline import Sparkline, sparkline

WEEKS = 26
LIST_WEEKS = 12


@dataclass(frozen=True, slots=True)
class WeekHealth:
    """A project at the end of a week, as it was recorded then."""

    on: date
    computed: str
    said: str
    spi: Decimal | None
    cpi: Decimal | None
    eac: Money | None
    over_percent: Decimal | None
    complete_percent: Decimal


def weeks_of(project_id: int, *, as_of: date) -> list[WeekHealth]:
    """The last snapshot of each week up to a day, oldest first; at most half a year. One query."""
    rows = HealthSnapshot.objects.filter(
        project_id=project_id, on__lte=as_of, on__gt=as_of - timedelta(weeks=WEEKS)
    ).order_by("on")
    last = {row.on.isocalendar()[:2]: row for row in rows}
    return [
        WeekHealth(
            row.on, row.computed, row.said, row.spi, row.cpi,
            None if row.eac_amount is None else Money(row.eac_amount, row.currency),
            row.over_percent, row.complete_percent,
        )
        for row in last.values()
    ]  # fmt: skip


def spi_trends(project_ids: Collection[int], *, as_of: date) -> dict[int, Sparkline]:
    """SPI of the last quarter by week, as a line per project. One query."""
    values: dict[int, dict[tuple[int, int], Decimal | None]] = {}
    for project_id, on, spi in (
        HealthSnapshot.objects.filter(
            project_id__in=project_ids, on__lte=as_of, on__gt=as_of - timedelta(weeks=LIST_WEEKS)
        )
        .order_by("project_id", "on")
        .values_list("project_id", "on", "spi")
    ):
        values.setdefault(project_id, {})[on.isocalendar()[:2]] = spi
    lines = {pk: sparkline(list(weeks.values()), "SPI") for pk, weeks in values.items()}
    return {pk: line for pk, line in lines.items() if line is not None}
