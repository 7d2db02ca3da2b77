"""The endpoint of what each unit earns."""

from datetime import date
from typing import Any

from ninja import Query

from psa.core import clock
from psa.core.web.api import ApiRequest, Out, shape
from psa.core.web.api.fields import Day
from revenue import unit_margins as selectors

from .area import VIEW, endpoints

UnitMarginOut = shape(selectors.UnitMargin, "UnitMargin")


class UnitMarginReport(Out):
    """What each unit sells, costs and charges others, in the tenant's currency."""

    from_on: date
    until_on: date
    rows: list[UnitMarginOut]  # type: ignore[valid-type]
    total: UnitMarginOut  # type: ignore[valid-type]


@endpoints.report("/unit-margins", UnitMarginReport, VIEW)
def get_unit_margins(
    request: ApiRequest, from_on: Day | None = Query(None), until_on: Day | None = Query(None)
) -> Any:
    """The margin of each unit over days of posting, both included; this year's so far."""
    last = until_on or clock.today()
    return selectors.unit_margins(
        actor=request.actor, from_on=from_on or last.replace(month=1, day=1), until_on=last
    )
