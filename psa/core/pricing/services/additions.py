"""A price that was missing, added where work waits for it."""

from datetime import date, datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.pricing.models import PriceList

from . import lists
from .drafts import locked_list
from .lines import LineDraft, insert_lines


@transaction.atomic
def add_price(
    *, list_id: int, line: LineDraft, from_on: date, actor: Actor, at: datetime
) -> PriceList:
    """Add a line to a list so that it prices work from `from_on` on; returns the list it is in.

    A list of which no price was used yet takes the line as it is. One that was used is never
    edited: a new version of it with the line becomes effective on `from_on`; the version before
    ends there, or counts as expired if it began no earlier.
    Raises  PermissionDenied, NotFound; Conflict if there is a line for the same values and unit;
            DomainError if the list has expired, or is not effective on `from_on`.
    Source  docs/rules/pricing.md, P-15.
    """
    row = locked_list(list_id, actor)
    if row.status == PriceList.Status.EXPIRED:
        raise DomainError(f"“{row.name}” has expired. Choose another list.", "price_list")
    if row.valid_until is not None and from_on >= row.valid_until:
        raise DomainError(
            f"“{row.name}” is effective until before {row.valid_until.isoformat()}. Choose a list "
            f"that is effective on {from_on.isoformat()}.",
            "price_list",
        )
    if row.status == PriceList.Status.DRAFT or not row.is_used:
        insert_lines(row, [line])
        PriceList.objects.filter(pk=row.pk).update(lock_version=row.lock_version + 1)
        target = row
    else:
        target = lists.new_version(
            list_id=row.pk,
            valid_from=max(from_on, row.valid_from),
            valid_until=row.valid_until,
            actor=actor,
            at=at,
        )
        insert_lines(target, [line])
        target = lists.activate_list(list_id=target.pk, actor=actor, at=at)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.price_added",
        record_type="pricing.PriceList",
        record_id=target.pk,
        sentence=f"Added a missing price to {target.name}, version {target.version}.",
    )
    return target
