"""Numbers of drafts and keys; gaps are allowed here, unlike in the invoice series."""

from django.db.models import F

from billing.models import BillingCounter
from psa.core.actor import Actor


def next_number(*, kind: str, count: int = 1, actor: Actor) -> int:
    """The first of `count` fresh numbers; the counter's row stays locked until commit."""
    BillingCounter.objects.bulk_create(
        [BillingCounter(tenant_id=actor.tenant_id, kind=kind)], ignore_conflicts=True
    )
    BillingCounter.objects.filter(kind=kind).update(last_number=F("last_number") + count)
    last: int = BillingCounter.objects.values_list("last_number", flat=True).get(kind=kind)
    return last - count + 1
