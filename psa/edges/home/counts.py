"""How much of each kind there is and since when, asked in one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, DateField, F, IntegerField, Max, Min, QuerySet, Sum, Value
from django.db.models.functions import Cast

from psa.core.web.formats import day_text


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one kind: how many, of how many people, how long in all, the oldest and newest day."""

    count: int = 0
    people: int = 0
    minutes: int = 0
    first_on: date | None = None
    last_on: date | None = None

    @property
    def first_text(self) -> str:
        return day_text(self.first_on) if self.first_on else ""

    @property
    def last_text(self) -> str:
        return day_text(self.last_on) if self.last_on else ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is to be counted; fields that a kind does not have stay empty."""

    queryset: "QuerySet[Any]"
    day: str = ""
    minutes: str = ""
    person: str = ""


NOTHING: Final = Counted()


def counted(asked: Mapping[str, Rows]) -> dict[str, Counted]:
    """The count of each kind. One query for any number of them; none for none."""
    parts = [_part(kind, rows) for kind, rows in asked.items()]
    if not parts:
        return {}
    first, *rest = parts
    found = {
        kind: Counted(count, people or 0, minutes or 0, first_on, last_on)
        for kind, count, people, minutes, first_on, last_on in first.union(*rest, all=True)
    }
    return {kind: found.get(kind, NOTHING) for kind in asked}


def _part(kind: str, rows: Rows) -> "QuerySet[Any, tuple[Any, ...]]":
    no_day = Cast(Value(None), DateField())
    no_number = Cast(Value(None), IntegerField())
    return (
        rows.queryset.order_by()
        .annotate(list_kind=Value(kind))
        .values("list_kind")
        .annotate(
            list_count=Count("pk"),
            list_people=Count(rows.person, distinct=True) if rows.person else no_number,
            list_minutes=Sum(F(rows.minutes)) if rows.minutes else no_number,
            list_first=Min(rows.day) if rows.day else no_day,
            list_last=Max(rows.day) if rows.day else no_day,
        )
        .values_list(
            "list_kind", "list_count", "list_people", "list_minutes", "list_first", "list_last"
        )
    )
