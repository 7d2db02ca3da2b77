"""Wall-clock times: what the clock on the wall shows, without a zone, as calendars count them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class WallClockField(models.Field):  # type: ignore[type-arg]
    """A `timestamp without time zone`, to the minute: a plan's nine o'clock is nine o'clock.

    Django's own field keeps instants of the world; a plan counts the hours of its calendar.
    """

    description = "Wall-clock time"

    def db_type(self, connection: Any) -> str:
        return "timestamp"

    def to_python(self, value: Any) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("This is not a date and time.", code="invalid") from None

    def get_prep_value(self, value: Any) -> datetime | None:
        at = self.to_python(super().get_prep_value(value))
        if at is not None and at.tzinfo is not None:
            raise ValueError(f"{self.name} is a wall-clock time and takes no zone.")
        return at

    def value_to_string(self, obj: models.Model) -> str:
        at = self.to_python(self.value_from_object(obj))
        return "" if at is None else at.isoformat()
