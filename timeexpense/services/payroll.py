"""Handing approved hours to payroll, each minute once."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Min, Sum

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import LegalEntity, Resource
from timeexpense.models import PayrollExport, PayrollLine
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import payroll as rules
from timeexpense.rules.validation import is_plausible
from timeexpense.selectors import payroll as selectors

LONGEST_DAYS: Final = 62


@transaction.atomic
def export_period(
    *, legal_entity_id: int, starts_on: date, last_on: date, actor: Actor, at: datetime
) -> PayrollExport:
    """Hand over what was approved of a pay period and is not with payroll yet.

    Days of earlier periods that changed since go along as differences, back to the first export.
    Two exports at once cannot hand over the same: their lines have the same key.
    Raises  PermissionDenied, NotFound, Conflict; DomainError for no period, or nothing new in it.
    """
    actor.require(TimeExpensePermission.EXPORT_PAYROLL)
    entity = LegalEntity.objects.select_for_update(no_key=True).filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    if not (is_plausible(starts_on) and is_plausible(last_on)) or last_on < starts_on:
        raise DomainError("The last day is the first or a later one.", "last_on")
    if (last_on - starts_on).days >= LONGEST_DAYS:
        raise DomainError(f"A pay period has at most {LONGEST_DAYS} days.", "last_on")
    former = PayrollExport.objects.filter(legal_entity=entity).aggregate(
        first=Min("starts_on"), number=Max("sequence")
    )
    from_on = min(former["first"] or starts_on, starts_on)
    until_on = last_on + timedelta(days=1)
    people = list(
        Resource.objects.filter(org_unit__legal_entity=entity).values_list("id", flat=True)
    )
    now, reasons = rules.standing(
        selectors.approved_time(people, from_on, until_on),
        selectors.leave_minutes(people, from_on, until_on),
    )
    before, positions = _handed_over(people, from_on, until_on)
    known_days = {(person, day) for person, day, _ in before}
    lines = [
        line
        for line in rules.to_hand_over(now, before, reasons)
        if line.work_on >= starts_on
        or (
            former["first"] is not None
            and (line.work_on >= former["first"] or (line.resource_id, line.work_on) in known_days)
        )
    ]
    if not lines:
        raise DomainError("Payroll has all of this period already; nothing new was approved.")
    made: PayrollExport = PayrollExport.objects.create(
        tenant_id=actor.tenant_id, legal_entity=entity, sequence=(former["number"] or 0) + 1,
        starts_on=starts_on, ends_on=last_on, made_at=at, made_by_id=actor.membership_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            PayrollLine.objects.bulk_create(
                PayrollLine(
                    tenant_id=actor.tenant_id, export=made, resource_id=line.resource_id,
                    work_on=line.work_on, kind=line.kind, minutes=line.minutes, reason=line.reason,
                    position=positions.get((line.resource_id, line.work_on, line.kind), 0) + 1,
                )
                for line in lines
            )  # fmt: skip
    except IntegrityError:
        raise Conflict("Another export took the same hours just now. Look at it first.") from None
    audit.record(
        actor=actor, at=at, event="timeexpense.payroll_exported",
        record_type="timeexpense.PayrollExport", record_id=made.pk,
        sentence=f"Handed {counted(len(lines), 'line', 'lines')} of {entity.name} to payroll.",
    )  # fmt: skip
    return made


def _handed_over(
    people: list[int], from_on: date, until_on: date
) -> tuple[dict[rules.PayKey, int], dict[rules.PayKey, int]]:
    """By person, day and kind: the minutes payroll has, and in how many lines. One query."""
    before: dict[rules.PayKey, int] = defaultdict(int)
    positions: dict[rules.PayKey, int] = {}
    for person, day, kind, minutes, count in (
        PayrollLine.objects.filter(
            resource_id__in=people, work_on__gte=from_on, work_on__lt=until_on
        )
        .order_by()
        .values_list("resource_id", "work_on", "kind")
        .annotate(total=Sum("minutes"), lines=Count("id"))
    ):
        before[person, day, kind], positions[person, day, kind] = minutes, count
    return before, positions
