"""Numbers: of drafts and keys, where gaps are allowed; of documents, without gaps."""

from datetime import date

from django.db.models import F

from billing.models import BillingCounter
from psa.core.actor import Actor
from psa.core.ledger.services import journals
from psa.core.org.models import LegalEntity


def document_number(entity: LegalEntity, series: str, mark: str, on: date, actor: Actor) -> str:
    """The next number of an entity's series in the fiscal year of `on`; `mark` tells series apart.

    The series stays locked until commit. Raises  SeriesDated.
    """
    year = journals.fiscal_year_of(entity, on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk, document_type=series, year=year, count=1, actor=actor,
        dated_on=on,
    )  # fmt: skip
    return f"{entity.invoice_prefix}-{mark}{year}-{sequence:05d}"


def next_number(*, kind: str, count: int = 1, actor: Actor) -> int:
    """The first of `count` fresh numbers; the counter's row stays locked until commit."""
    BillingCounter.objects.bulk_create(
        [BillingCounter(tenant_id=actor.tenant_id, kind=kind)], ignore_conflicts=True
    )
    BillingCounter.objects.filter(kind=kind).update(last_number=F("last_number") + count)
    last: int = BillingCounter.objects.values_list("last_number", flat=True).get(kind=kind)
    return last - count + 1
