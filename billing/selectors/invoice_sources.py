"""What an invoice's lines come from: the time and expense entries at the end of their chain."""

from collections.abc import Iterable

from billing.models import InvoiceLine
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE
from psa.core.ledger.models import Actual

Source = tuple[str, int]
# Released over a limit, moved by an amendment: rows that name the row they came from.
_BY_LINE = (INVOICE_LINE, CREDIT_LINE)


def sources_of(actual_ids: Iterable[int]) -> dict[int, Source]:
    """Actual → (source kind, source id) of the entry behind it.

    Work that was credited and billed again names a credit-note line; its chain is followed back.
    Two queries for each time that something was billed again.
    """
    wanted = set(actual_ids)
    # Actual asked for → the actual whose source is looked at now.
    at = {pk: pk for pk in wanted}
    found: dict[int, Source] = {}
    while at:
        sources = {
            pk: (kind, source_id)
            for pk, kind, source_id in Actual.objects.filter(pk__in=set(at.values())).values_list(
                "id", "source_kind", "source_id"
            )
        }
        lines = {source_id for kind, source_id in sources.values() if kind in _BY_LINE}
        before = (
            dict(
                InvoiceLine.objects.filter(pk__in=lines, actual__isnull=False).values_list(
                    "id", "actual_id"
                )
            )
            if lines
            else {}
        )
        onward: dict[int, int] = {}
        for asked, pk in at.items():
            kind, source_id = sources[pk]
            if kind in _BY_LINE:
                if source_id in before:
                    onward[asked] = before[source_id]
            else:
                found[asked] = (kind, source_id)
        at = onward
    return found
