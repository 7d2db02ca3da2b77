"""Rows that become another type as they are: unbilled work that is invoiced at what was booked.

The same two rows that `rules.types.reverse` and a copy under another source give, written by one
statement; tests hold the two ways together.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger import selectors
from psa.core.ledger.models import ActualBatch
from psa.core.ledger.rules.periods import PeriodClosed, posting_slot
from psa.core.ledger.rules.types import REVERSAL, ActualType
from psa.core.ledger.services import posting

_CHECK = """
SELECT count(*), min(legal_entity_id), max(legal_entity_id) FROM ledger_actual
WHERE tenant_id = %s AND id = ANY(%s::bigint[]) AND actual_type = %s AND source_kind <> %s
"""
_TRANSFER = """
WITH made AS (
INSERT INTO ledger_actual (
    tenant_id, recorded_at, recorded_by_id, batch_id, posted_on, period_id, actual_type,
    source_kind, source_id, revision, leg, reversal_of_id,
    amount, list_amount, entity_amount, tenant_amount, recoverable_tax, entity_recoverable_tax,
    minutes, quantity,
    work_on, legal_entity_id, contracting_unit_id, resourcing_unit_id, project_id, task_id,
    contract_id, contract_line_id, funding_source_id, account_id, resource_id, role_id,
    category_id, transaction_class, item, billing_type, unit, price, currency, entity_currency,
    entity_rate, entity_rate_on, posting_event, price_trace_id, description)
SELECT a.tenant_id, %(at)s, %(by)s, %(batch)s, %(posted_on)s, %(period)s,
    CASE s.sign WHEN 1 THEN %(type)s ELSE a.actual_type END,
    CASE s.sign WHEN 1 THEN %(source_kind)s ELSE %(reversal)s END,
    CASE s.sign WHEN 1 THEN w.source_id ELSE a.id END, 1, 1,
    CASE s.sign WHEN -1 THEN a.id END,
    a.amount * s.sign, a.list_amount * s.sign, a.entity_amount * s.sign, a.tenant_amount * s.sign,
    a.recoverable_tax * s.sign, a.entity_recoverable_tax * s.sign,
    a.minutes * s.sign, a.quantity * s.sign,
    a.work_on, a.legal_entity_id, a.contracting_unit_id, a.resourcing_unit_id, a.project_id,
    a.task_id, a.contract_id, a.contract_line_id, a.funding_source_id, a.account_id,
    a.resource_id, a.role_id, a.category_id, a.transaction_class, a.item, a.billing_type, a.unit,
    a.price, a.currency, a.entity_currency, a.entity_rate, a.entity_rate_on, a.posting_event,
    a.price_trace_id, a.description
FROM unnest(%(actuals)s::bigint[], %(sources)s::bigint[]) AS w(actual_id, source_id)
JOIN ledger_actual a ON a.tenant_id = %(tenant)s AND a.id = w.actual_id
CROSS JOIN (VALUES (-1), (1)) AS s(sign)
RETURNING id, source_kind, source_id)
INSERT INTO ledger_actuallink (tenant_id, kind, from_actual_id, to_actual_id)
SELECT %(tenant)s, %(link)s, w.actual_id, m.id
FROM unnest(%(actuals)s::bigint[], %(sources)s::bigint[]) AS w(actual_id, source_id)
JOIN made m ON m.source_kind = %(source_kind)s AND m.source_id = w.source_id
"""


def transfer(
    *,
    actual_ids: Sequence[int],
    source_ids: Sequence[int],
    from_type: ActualType,
    to_type: ActualType,
    source_kind: str,
    link: str,
    post_on: date,
    kind: str,
    actor: Actor,
    at: datetime,
) -> int:
    """Reverse rows of `from_type` whole and post each anew as `to_type`, all else as it stands.

    The new row of ``actual_ids[i]`` has ``source_ids[i]`` as its source and is linked to the old
    one by a `link` of that kind, for drill-down both ways. Both post on `post_on`, or on the first
    day of the earliest open period after it. Dimensions, rates and roundings were proven when the
    rows were posted. Returns the batch's id.
    Raises  AlreadyPosted when a row was reversed before, PeriodClosed; DomainError for a row that
            does not exist here, is of another type, or when entities are mixed.
    Source  docs/rules/ledger.md, L-1.
    """
    ids = list(actual_ids)
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, [actor.tenant_id, ids, from_type.value, REVERSAL])
        found, entity_id, last_entity_id = cursor.fetchone()
    if found != len(ids) or entity_id != last_entity_id:
        raise DomainError(
            f"Some of these rows are not {from_type.value.replace('_', ' ')} of one legal entity. "
            "Nothing was posted; reload the page."
        )
    calendar = selectors.periods_by_entity([entity_id]).get(entity_id)
    if not calendar:
        raise PeriodClosed("The legal entity has no fiscal periods. Add its fiscal calendar first.")
    slot = posting_slot(calendar, work_on=post_on)
    batch: ActualBatch = ActualBatch.objects.create(
        tenant_id=actor.tenant_id,
        kind=kind,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
    )
    values: dict[str, Any] = {
        "at": at,
        "by": actor.membership_id,
        "batch": batch.pk,
        "posted_on": slot.posting_on,
        "period": slot.period_id,
        "type": to_type.value,
        "source_kind": source_kind,
        "link": link,
        "reversal": REVERSAL,
        "actuals": ids,
        "sources": list(source_ids),
        "tenant": actor.tenant_id,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TRANSFER, values)
    except IntegrityError as error:
        raise posting.refusal(error) from error
    return batch.pk
