"""What payroll is to know: approved hours and leave by day, and the exports made."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from psa.core.org.models import Resource, ResourceException
from psa.core.org.rules import working_time
from timeexpense.models import EntryState, PayrollExport, PayrollLine, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.payroll import WorkedEntry


def approved_time(people: Sequence[int], from_on: date, until_on: date) -> list[WorkedEntry]:
    """Approved entries of these people, by id. One query."""
    return [
        WorkedEntry(*row)
        for row in TimeEntry.objects.filter(
            resource_id__in=people, work_on__gte=from_on, work_on__lt=until_on,
            state=EntryState.APPROVED,
        )
        .order_by("id")
        .values_list("resource_id", "work_on", "minutes", "internal_note")
    ]  # fmt: skip


def leave_minutes(
    people: Sequence[int], from_on: date, until_on: date
) -> dict[tuple[int, date], int]:
    """What approved leave takes off each person's days: a part as entered, else the calendar's hours.

    A whole day of leave counts what the same weekday of the person's calendar has. Seven queries.
    """
    rows = list(
        ResourceException.objects.filter(
            resource_id__in=people, valid_from__lt=until_on, valid_until__gt=from_on
        ).order_by("id")
    )
    if not rows:
        return {}
    calendars = _calendars({row.resource_id for row in rows}, from_on, until_on)
    found: dict[tuple[int, date], int] = {}
    for row in rows:
        spec = calendars[row.resource_id]
        day = max(row.valid_from, from_on)
        while day < min(row.valid_until, until_on):
            usual = working_time.capacity_minutes(spec, day)
            off = usual if row.minutes_off_per_day is None else min(row.minutes_off_per_day, usual)
            key = (row.resource_id, day)
            found[key] = min(found.get(key, 0) + off, usual)
            day += timedelta(days=1)
    return found


def _calendars(
    people: set[int], from_on: date, until_on: date
) -> dict[int, working_time.CalendarSpec]:
    """Each person's calendar without their own leave, holidays included."""
    calendar_of = dict(Resource.objects.filter(pk__in=people).values_list("id", "calendar_id"))
    specs = org.calendar_specs(set(calendar_of.values()), from_on, until_on)
    return {person: specs[calendar_id] for person, calendar_id in calendar_of.items()}


@dataclass(frozen=True, slots=True)
class ExportRow:
    id: int
    sequence: int
    entity: str
    starts_on: date
    last_on: date
    people: int
    minutes: int
    made_at: datetime


def exports(*, actor: Actor) -> list[ExportRow]:
    """Exports, the newest first. One query."""
    if not actor.has(TimeExpensePermission.EXPORT_PAYROLL):
        return []
    return [
        ExportRow(
            row.pk, row.sequence, row.legal_entity.code, row.starts_on, row.ends_on, row.people,
            row.total or 0, row.made_at,
        )
        for row in PayrollExport.objects.select_related("legal_entity")
        .annotate(people=Count("lines__resource", distinct=True), total=Sum("lines__minutes"))
        .order_by("-made_at", "-id")[:500]
    ]  # fmt: skip


def get_export(*, actor: Actor, export_id: int) -> PayrollExport:
    """One export. Raises  NotFound."""
    row: PayrollExport | None = (
        PayrollExport.objects.select_related("legal_entity").filter(pk=export_id).first()
    )
    if row is None or not actor.has(TimeExpensePermission.EXPORT_PAYROLL):
        raise NotFound("There is no such payroll export.")
    return row


def as_csv(*, actor: Actor, export_id: int) -> tuple[str, bytes]:
    """File name and lines of one export; the same file however often. Raises  NotFound."""
    row = get_export(actor=actor, export_id=export_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["person_code", "person", "date", "kind", "minutes", "hours", "reason", "period_from",
         "period_to", "export"]
    )  # fmt: skip
    name = f"payroll-{row.legal_entity.code}-{row.sequence:04d}"
    for code, person, day, kind, minutes, reason in (
        PayrollLine.objects.filter(export=row)
        .order_by("resource__code", "work_on", "kind")
        .values_list("resource__code", "resource__name", "work_on", "kind", "minutes", "reason")
    ):
        writer.writerow(
            [
                _safe(code), _safe(person), day.isoformat(), kind, minutes, f"{minutes / 60:.2f}",
                _safe(reason), row.starts_on.isoformat(), row.ends_on.isoformat(), name,
            ]
        )  # fmt: skip
    return f"{name}.csv", out.getvalue().encode()


def _safe(cell: str) -> str:
    """What a spreadsheet would take for a formula is led by an apostrophe."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
