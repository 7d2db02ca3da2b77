"""Many lines of a draft changed at once, looked at before they are saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import Conflict, DomainError
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.visibility import visible_list

from .drafts import locked_draft
from .lines import checked_value
from .lists import uplifted


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Which lines, and what happens to their prices: a percentage, or one value for all.

    No roles or units named means all of them.
    """

    role_ids: Sequence[int] = ()
    resourcing_unit_ids: Sequence[int] = ()
    transaction_class: str = ""
    percent: Decimal | None = None
    value: Decimal | None = None
    round_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AdjustedLine:
    line: PriceLine
    old_value: Decimal
    new_value: Decimal


def preview_adjustment(*, list_id: int, adjustment: Adjustment, actor: Actor) -> list[AdjustedLine]:
    """What would change, line by line; writes nothing.

    Raises  PermissionDenied, NotFound; DomainError for neither or both of percentage and value.
    """
    row = visible_list(actor, list_id)
    actor.require(PricingPermission.MANAGE_LISTS)
    return _adjusted(row, adjustment)


@transaction.atomic
def adjust_lines(
    *, list_id: int, adjustment: Adjustment, lock_version: int, actor: Actor, at: datetime
) -> int:
    """Change the prices of all lines the adjustment names; returns how many changed.

    Markups and lines at cost are left as they are.
    Raises  PermissionDenied, NotFound, NotDraft; Conflict if the list has changed since it was
            read; DomainError as the preview, and if no line is meant.
    """
    row = locked_draft(list_id, actor)
    if row.lock_version != lock_version:
        raise Conflict(f"“{row.name}” was changed meanwhile. Look at the preview again.")
    adjusted = _adjusted(row, adjustment)
    changed = [one for one in adjusted if one.old_value != one.new_value]
    if not changed:
        raise DomainError("No line would change. Choose other lines, or another amount.")
    for one in changed:
        one.line.value = one.new_value
    PriceLine.objects.bulk_update([one.line for one in changed], ["value"], batch_size=1000)
    PriceList.objects.filter(pk=list_id).update(lock_version=lock_version + 1)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.lines_adjusted",
        record_type="pricing.PriceList",
        record_id=list_id,
        sentence=f"Changed the prices of {counted(len(changed), 'line', 'lines')} of {row.name}.",
    )
    return len(changed)


def _adjusted(row: PriceList, adjustment: Adjustment) -> list[AdjustedLine]:
    if (adjustment.percent is None) == (adjustment.value is None):
        raise DomainError("Give either a percentage or one price for all.", "percent")
    percent = adjustment.percent
    if percent is not None and not (percent.is_finite() and -100 < percent <= 1000):
        raise DomainError("A percentage is above −100 % and at most 1,000 %.", "percent")
    if adjustment.round_to is not None and not adjustment.round_to > 0:
        raise DomainError("Prices are rounded to a step above 0.", "round_to")
    lines = PriceLine.objects.filter(price_list=row, method=PriceLine.Method.PRICE)
    if adjustment.role_ids:
        lines = lines.filter(role_id__in=list(adjustment.role_ids))
    if adjustment.resourcing_unit_ids:
        lines = lines.filter(resourcing_unit_id__in=list(adjustment.resourcing_unit_ids))
    if adjustment.transaction_class:
        lines = lines.filter(transaction_class=adjustment.transaction_class)
    found = []
    for line in lines.select_related("role", "resourcing_unit", "category").order_by(
        "role__name", "resourcing_unit__name", "id"
    ):
        if percent is not None:
            new = uplifted(line.value, percent, adjustment.round_to)
        else:
            new = adjustment.value or Decimal(0)
        found.append(AdjustedLine(line, line.value, checked_value(new, line.method)))
    return found
