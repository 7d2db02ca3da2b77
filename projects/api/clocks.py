"""Times of plans, which are those of a clock on the wall: without a zone."""

from datetime import datetime
from typing import Annotated, Any, get_type_hints

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from psa.core.web.api import Out, shape
from psa.core.web.api.fields import Text


def _wall_clock(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("This is not a time such as 2026-03-02T09:00.") from None
    if at.tzinfo is not None or not 1990 <= at.year <= 2100:
        raise ValueError("Times of a plan have no zone and lie between 1990 and 2100.")
    return at.replace(second=0, microsecond=0)


WallClock = Annotated[
    str,
    Text(40, blank=False),
    AfterValidator(_wall_clock),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
            r"T([01][0-9]|2[0-3]):[0-5][0-9]$",
            "examples": ["2026-03-02T09:00"],
        }
    ),
]
WallClockOut = Annotated[
    str,
    BeforeValidator(lambda at: at.isoformat() if isinstance(at, datetime) else at),
    WithJsonSchema({"type": "string", "description": "Of the plan's calendar, without a zone."}),
]


def clocked(source: type[Any], name: str, **instead: Any) -> type[Out]:
    """The row with its times as those of a clock on the wall."""
    kinds = get_type_hints(source)
    clocks: dict[str, Any] = {
        field: WallClockOut if kind is datetime else WallClockOut | None
        for field, kind in kinds.items()
        if kind in (datetime, datetime | None)
    }
    return shape(source, name, **clocks, **instead)
