"""Foreign monetary balances at the closing rate: posted on the last day, taken back on day 1."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, JournalEntry, JournalLine
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import (
    WITHOUT_DIMENSIONS,
    Dimensions,
    EntryHeader,
    mirror,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.postings import NEVER_REVALUED, MonetaryBalance, revaluation_entry
from psa.core.ledger.services import journals
from revenue.events import RevenueEvent
from revenue.permissions import RevenuePermission

from .accruals import PERIOD
from .closing_rates import closing_rate_type, closing_rates


@dataclass(frozen=True, slots=True)
class Revaluation:
    """How many balances moved, the unrealised gain (loss: negative) in the entity's currency, and
    the currencies that went by the spot rate, as the firm's closing rate type has none for them."""

    moved: int
    gain: Decimal
    at_spot: tuple[str, ...] = ()


@transaction.atomic
def revalue(*, period_id: int, actor: Actor, at: datetime) -> Revaluation:
    """Bring every foreign monetary balance of an entity to the period's closing rate.

    One entry on the last day against unrealised exchange differences, and its exact mirror on day
    1. Run again, it posts what has changed since, or nothing. A contract liability keeps its rate.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-8.
    """
    actor.require(RevenuePermission.POST)
    # The lock keeps two revaluations of one period apart, as it keeps a posting from a close.
    FiscalPeriod.objects.select_for_update().filter(pk=period_id).first()
    period = ledger.get_period(period_id=period_id)
    moving = moving_balances(period)
    if not moving:
        return Revaluation(0, Decimal(0))
    before = JournalEntry.objects.filter(
        legal_entity_id=period.legal_entity_id,
        event=JournalEvent.REVALUATION,
        source_kind=PERIOD,
        source_ref__startswith=f"{period.name}/",
        reverses__isnull=True,
    ).count()
    suffix = f"/{before + 1}" if before else ""
    draft = revaluation_entry(
        EntryHeader(
            event=JournalEvent.REVALUATION,
            legal_entity_id=period.legal_entity_id,
            currency=period.legal_entity.currency,
            posting_on=period.ends_on - timedelta(days=1),
            source_kind=PERIOD,
            source_ref=f"{period.name}/{period.legal_entity.code}/revaluation{suffix}",
            description=f"Revaluation {period.name}, {period.legal_entity.code}",
        ),
        ledger.profile_book(),
        moving,
    )
    entry = journals.post_entries(drafts=[draft], actor=actor, at=at, is_closing=True)[0]
    journals.post_entries(
        drafts=[mirror(draft, posting_on=period.ends_on, reverses_id=entry.pk)],
        actor=actor,
        at=at,
        is_closing=True,
    )
    gain = -sum(
        (line.amount for line in draft.lines if line.slot is Slot.UNREALISED_FX), Decimal(0)
    )
    asked = closing_rate_type()
    at_spot = sorted({b.balance.currency.code for b in moving if b.rate_type != asked})
    sentence = f"revalued {len(moving)} foreign balances of {period.name}"
    if at_spot:
        sentence = (
            f"revalued {len(moving)} foreign balances of {period.name}; at spot rates, as there "
            f"were no others: {', '.join(at_spot)}"
        )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.REVALUED, record_type="ledger.FiscalPeriod",
        record_id=period.pk, sentence=sentence,
    )  # fmt: skip
    return Revaluation(len(moving), gain, tuple(at_spot))


def moving_balances(period: FiscalPeriod) -> list[MonetaryBalance]:
    """Balances at the period's end that its closing rate changes. Two queries and the rates'.

    A balance is one account, currency, customer and contract (what people are owed: one account and
    currency, since no contract settles it); what the period's own revaluations have moved already
    is part of what the books carry it at.
    """
    last_on = period.ends_on - timedelta(days=1)
    home = period.legal_entity.currency
    rows = list(
        JournalLine.objects.filter(
            ~Q(currency=home),
            ~Q(memo__in=NEVER_REVALUED),
            entry__legal_entity_id=period.legal_entity_id,
            entry__entry_on__lte=last_on,
            account__is_monetary=True,
        )
        .values_list("memo", "account_id", "currency", "customer_id", "contract_id")
        .annotate(amount=Sum("currency_amount"), booked=Sum("debit") - Sum("credit"))
        .order_by("account__code", "currency", "customer_id", "contract_id", "memo")
    )
    rates = closing_rates({row[2] for row in rows}, period)
    balances: dict[tuple[str, int, str, int | None, int | None], list[Decimal]] = {}
    for memo, account_id, currency, customer_id, contract_id, amount, booked in rows:
        owner = (None, None) if memo in WITHOUT_DIMENSIONS else (customer_id, contract_id)
        sums = balances.setdefault((memo, account_id, currency, *owner), [Decimal(0), Decimal(0)])
        sums[0] += amount
        sums[1] += booked
    return [
        MonetaryBalance(
            slot=Slot(memo),
            gl_account_id=account_id,
            balance=Money(amount, currency),
            entity_amount=booked,
            closing_rate=rates[currency].rate,
            dimensions=Dimensions(customer_id=customer_id, contract_id=contract_id),
            rate_type=rates[currency].rate_type,
        )
        for (memo, account_id, currency, customer_id, contract_id), (amount, booked) in (
            balances.items()
        )
        if converted(amount, rates[currency].rate, home) != booked
    ]
