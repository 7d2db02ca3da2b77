"""What differs for one person: the calendar they work by from a day on, and days off."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import Resource, ResourceCalendar, ResourceException, WorkCalendar

KINDS = (("leave", "Leave"), ("sick", "Sick"), ("training", "Training"), ("other", "Other"))


@transaction.atomic
def add_exception(
    *,
    resource_id: int,
    kind: str,
    name: str,
    first_on: date,
    last_on: date,
    minutes_off_per_day: int | None,
    actor: Actor,
    at: datetime,
) -> ResourceException:
    """Take days off a person's calendar, whole ones unless minutes are given; both days included.

    Raises  PermissionDenied, NotFound; DomainError for an unknown kind, days in the wrong order,
            more than a year, or minutes that leave the day.
    """
    actor.require(OrgPermission.MANAGE_CALENDARS)
    person = _person(resource_id)
    if kind not in dict(KINDS):
        raise DomainError("Choose what kind of absence it is.", "kind")
    if last_on < first_on:
        raise DomainError("The last day comes before the first.", "last_on")
    if (last_on - first_on).days > 366:
        raise DomainError("An absence lasts a year at most. Split it.", "last_on")
    if minutes_off_per_day is not None and not 0 < minutes_off_per_day <= 1440:
        raise DomainError("Give between a minute and 24 hours, or nothing.", "minutes_off_per_day")
    row: ResourceException = ResourceException.objects.create(
        tenant_id=actor.tenant_id,
        resource=person,
        kind=kind,
        name=name.strip() or dict(KINDS)[kind],
        valid_from=first_on,
        valid_until=date.fromordinal(last_on.toordinal() + 1),
        minutes_off_per_day=minutes_off_per_day,
    )
    days = f"{first_on.isoformat()} to {last_on.isoformat()}"
    _tell(person, actor, at, f"{row.name} from {days}.", {"days_off": (None, days)})
    return row


@transaction.atomic
def remove_exception(*, exception_id: int, actor: Actor, at: datetime) -> int:
    """Give the days back; returns whose they were. Raises  PermissionDenied, NotFound."""
    actor.require(OrgPermission.MANAGE_CALENDARS)
    row = (
        ResourceException.objects.select_related("resource")
        .select_for_update(of=("self",))
        .filter(pk=exception_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such absence.")
    person = row.resource
    words = f"Took back {row.name} from {row.valid_from.isoformat()}."
    ResourceException.objects.filter(pk=row.pk).delete()
    _tell(person, actor, at, words, {"days_off": (row.valid_from.isoformat(), None)})
    return int(person.pk)


@transaction.atomic
def set_calendar(
    *,
    resource_id: int,
    calendar_id: int,
    valid_from: date,
    last_on: date | None,
    actor: Actor,
    at: datetime,
) -> ResourceCalendar:
    """Let a person work by another calendar from a day on; an open period before it ends there.

    Raises  PermissionDenied, NotFound; DomainError for an unknown calendar or days in the wrong
            order; Conflict if another dated calendar lies in between.
    """
    actor.require(OrgPermission.MANAGE_CALENDARS)
    person = _person(resource_id)
    if not WorkCalendar.objects.filter(pk=calendar_id).exists():
        raise DomainError("This calendar does not exist.", "calendar")
    if last_on is not None and last_on < valid_from:
        raise DomainError("The last day comes before the first.", "last_on")
    until = None if last_on is None else date.fromordinal(last_on.toordinal() + 1)
    ResourceCalendar.objects.filter(
        resource=person, valid_until__isnull=True, valid_from__lt=valid_from
    ).update(valid_until=valid_from)
    try:
        with transaction.atomic():
            row: ResourceCalendar = ResourceCalendar.objects.create(
                tenant_id=actor.tenant_id,
                resource=person,
                calendar_id=calendar_id,
                valid_from=valid_from,
                valid_until=until,
            )
    except IntegrityError as error:
        if "resource_calendar_no_overlap" not in str(error):
            raise
        raise Conflict(
            "Another dated calendar of this person lies in these days. Choose others.", "valid_from"
        ) from None
    _tell(person, actor, at, f"Another calendar from {valid_from.isoformat()}.")
    return row


def _person(resource_id: int) -> Resource:
    row: Resource | None = (
        Resource.objects.select_for_update(of=("self",), no_key=True).filter(pk=resource_id).first()
    )
    if row is None:
        raise NotFound("This person does not exist.")
    return row


def _tell(
    person: Resource,
    actor: Actor,
    at: datetime,
    sentence: str,
    changes: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    audit.record(
        actor=actor, at=at, event="org.person_calendar_changed", record_type="org.Resource",
        record_id=person.pk, sentence=f"{person.name}: {sentence}", changes=changes,
    )  # fmt: skip
