"""Sums of the books that several reconciliations read."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from psa.core.ledger.models import JournalLine, PostingProfile
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.org.models import LegalEntity

Sums = dict[str, Decimal]


def lines_on(entity: LegalEntity, as_of: date, slots: Iterable[Slot]) -> "QuerySet[JournalLine]":
    """Lines on the accounts that profiles name for these slots, up to and including the day.

    One query at once, for the accounts: most hold few of the books' lines, which the database only
    knows when it is told which ones they are.
    """
    accounts = set(
        PostingProfile.objects.filter(
            Q(legal_entity=entity) | Q(legal_entity__isnull=True), slot__in=list(slots)
        ).values_list("account_id", flat=True)
    )
    return JournalLine.objects.filter(
        entry__legal_entity=entity, entry__entry_on__lte=as_of, account_id__in=accounts
    )


def named(sums: dict[int | None, Decimal], names: dict[int, str]) -> Sums:
    """Keyed by the code people know; what has no owner is named so."""
    return {
        (names.get(key, f"#{key}") if key is not None else "not assigned"): total
        for key, total in sums.items()
    }
