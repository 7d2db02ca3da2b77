"""Deputies: somebody decides in an approver's place for some days."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.notifications import services as notifications
from timeexpense import policies
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import ApprovalDelegation
from timeexpense.rules.deadlines import instant, local_day
from timeexpense.rules.validation import day
from timeexpense.selectors import routing

LONGEST_DAYS = 366
REASON_LIMIT = 200
RECORD = "timeexpense.ApprovalDelegation"


@transaction.atomic
def name_deputy(
    *,
    approver_id: int,
    delegate_id: int,
    from_on: date,
    until_on: date,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> ApprovalDelegation:
    """Let `delegate` decide in the approver's place, from a day to a day, where the approver is.

    Members by id; both days are included. One names one's own deputy; a manager does for their
    people, an administrator for anybody, though not themselves. A deputy never decides on the
    approver's own entries, nor on their own, and passes nothing on to a deputy of theirs.
    Raises  PermissionDenied, NotFound, DomainError on the field that does not fit.
    """
    members = {
        member.pk: member
        for member in Membership.objects.filter(id__in=(approver_id, delegate_id), is_active=True)
    }
    approver, delegate = members.get(approver_id), members.get(delegate_id)
    if approver is None or not may_name_for(actor, approver_id):
        raise NotFound("There is no such approver, or it is not yours to name their deputy.")
    if delegate is None:
        raise DomainError("Choose somebody who has access.", "delegate")
    if approver_id == delegate_id:
        raise DomainError("Choose somebody else than the approver.", "delegate")
    _check_own_gain(actor, approver_id, delegate_id)
    able = routing.approving_members()
    if approver_id not in able:
        raise DomainError(f"{approver.name} approves nothing, so there is nothing to hand over.")
    if delegate_id not in able:
        raise DomainError(
            f"{delegate.name} may not approve time. Choose somebody whose role includes it.",
            "delegate",
        )
    zone = notifications.zone_of(approver.time_zone)
    _check_days(from_on, until_on, local_day(at, zone))
    reason = reason.strip()
    if len(reason) > REASON_LIMIT or "\0" in reason:
        raise DomainError(f"A reason has at most {REASON_LIMIT} characters.", "reason")
    starts_at = instant(from_on, 0, zone)
    ends_at = instant(until_on + timedelta(days=1), 0, zone)
    Membership.objects.select_for_update(of=("self",), no_key=True).get(pk=approver_id)
    if ApprovalDelegation.objects.filter(
        approver_id=approver_id, delegate_id=delegate_id, starts_at__lt=ends_at,
        ends_at__gt=max(starts_at, at),
    ).exists():  # fmt: skip
        raise DomainError(f"{delegate.name} is named for some of these days already.", "from_on")
    row: ApprovalDelegation = ApprovalDelegation.objects.create(
        tenant_id=actor.tenant_id, approver_id=approver_id, delegate_id=delegate_id,
        from_on=from_on, until_on=until_on, starts_at=starts_at, ends_at=ends_at, reason=reason,
        is_active=starts_at <= at < ends_at, created_by_id=actor.membership_id, created_at=at,
    )  # fmt: skip
    sentence = (
        f"Named {delegate.name} as deputy of {approver.name} from {day(from_on)} to "
        f"{day(until_on)}."
    )
    _trail(TimeExpenseEvent.DEPUTY_NAMED, row, actor, at, sentence)
    notifications.notify(
        membership_ids=[delegate_id] if delegate_id != actor.membership_id else [],
        event=TimeExpenseEvent.DEPUTY_NAMED,
        title=f"You stand in for {approver.name}"[:160],
        body=f"You approve in their place from {day(from_on)} to {day(until_on)}.",
        path=reverse("timeexpense:approvals", urlconf=settings.TENANT_URLCONF),
        at=at,
        email=True,
    )
    return row


@transaction.atomic
def end_deputy(*, delegation_id: int, actor: Actor, at: datetime) -> ApprovalDelegation:
    """End a deputyship now, or take it back before it began. Once; again changes nothing.

    Raises  NotFound for one that is neither the actor's to name nor theirs to hold.
    """
    row: ApprovalDelegation | None = (
        ApprovalDelegation.objects.select_for_update(of=("self",)).filter(pk=delegation_id).first()
    )
    if row is None or not (
        row.delegate_id == actor.membership_id or may_name_for(actor, row.approver_id)
    ):
        raise NotFound("There is no such deputy, or they are not yours to dismiss.")
    if row.ends_at <= at:
        return row
    row.ends_at = max(row.starts_at, at)
    row.is_active = False
    row.save(update_fields=["ends_at", "is_active"])
    names = dict(
        Membership.objects.filter(id__in=(row.approver_id, row.delegate_id)).values_list(
            "id", "name"
        )
    )
    sentence = f"{names[row.delegate_id]} no longer stands in for {names[row.approver_id]}."
    _trail(TimeExpenseEvent.DEPUTY_ENDED, row, actor, at, sentence)
    return row


def is_turning(*, at: datetime) -> bool:
    """Whether a deputyship is to begin or end. One query."""
    now = Q(starts_at__lte=at, ends_at__gt=at)
    return ApprovalDelegation.objects.filter(
        (now & Q(is_active=False)) | (~now & Q(is_active=True))
    ).exists()


def turn(*, at: datetime) -> int:
    """Begin and end deputyships whose time has come; how many changed. Two statements."""
    now = Q(starts_at__lte=at, ends_at__gt=at)
    begun = ApprovalDelegation.objects.filter(now, is_active=False).update(is_active=True)
    ended = ApprovalDelegation.objects.filter(~now, is_active=True).update(is_active=False)
    return int(begun + ended)


def may_name_for(actor: Actor, approver_id: int) -> bool:
    """Whether the actor says who stands in for this approver."""
    if policies.is_system(actor) or approver_id == actor.membership_id:
        return True
    if actor.has(AccessPermission.MANAGE_PARAMETERS):
        return True
    return policies.reports_of(actor.membership_id).filter(membership_id=approver_id).exists()


def _check_own_gain(actor: Actor, approver_id: int, delegate_id: int) -> None:
    """An administrator makes nobody's decisions their own; a manager may, for their people."""
    if delegate_id != actor.membership_id or policies.is_system(actor):
        return
    if not policies.reports_of(actor.membership_id).filter(membership_id=approver_id).exists():
        raise PermissionDenied(
            "You cannot name yourself as somebody's deputy. They do, or their manager."
        )


def _check_days(from_on: date, until_on: date, today: date) -> None:
    if until_on < from_on:
        raise DomainError("The last day lies before the first. Correct one of them.", "until_on")
    if until_on < today:
        raise DomainError("The last day is past. Choose today or a later day.", "until_on")
    if (until_on - from_on).days >= LONGEST_DAYS:
        raise DomainError("A deputy is named for a year at most.", "until_on")


def _trail(event: str, row: ApprovalDelegation, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=row.pk, sentence=sentence
    )
