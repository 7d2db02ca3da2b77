"""A small set of books to test with: cost actuals, their journals, and entries made by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from psa.core.ledger.models import LedgerAccount
from psa.core.ledger.rules.journals import (
    NO_DIMENSIONS,
    EntryHeader,
    JournalDraft,
    JournalLineDraft,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting, posting_run
from tests.factories import AT, Firm

JUNE = date(2026, 6, 3)


def cost(firm: Firm, source_id: int = 1, **changes: object) -> ActualDraft:
    """A time cost of 100.00 GBP at the UK entity on 3 June 2026."""
    draft = ActualDraft(
        type=ActualType.COST,
        work_on=JUNE,
        legal_entity_id=firm.entities["UK"].pk,
        transaction_class=TransactionClass.TIME,
        currency="GBP",
        amount=Decimal("100.00"),
        source_kind="time_entry",
        source_id=source_id,
        resourcing_unit_id=firm.units["UK"].pk,
        resource_id=firm.resources["ben"].pk if "ben" in firm.resources else None,
        role_id=firm.roles["SC"].pk,
        billing_type=BillingType.CHARGEABLE,
        minutes=60,
        unit="hour",
        price=Decimal(100),
        posting_event="time_cost",
    )
    return replace(draft, **changes)


def posted(firm: Firm, *drafts: ActualDraft, by: str = "fay") -> posting.PostedBatch:
    return posting.post(drafts=drafts, actor=firm.actors[by], at=AT, kind="test")


def journalled(firm: Firm, by: str = "fay") -> list[posting_run.BatchResult]:
    return posting_run.journal_batches(
        batch_ids=posting_run.waiting_batches(), actor=firm.actors[by], at=AT
    )


def entry(
    firm: Firm, ref: str, amount: str = "50.00", *, on: date = JUNE, entity: str = "UK"
) -> JournalDraft:
    """A balanced adjustment of two lines, expense against a liability."""
    legal_entity = firm.entities[entity]
    accounts = {
        kind: LedgerAccount.objects.filter(kind=kind)
        .order_by("code")
        .values_list("id", flat=True)[0]
        for kind in ("expense", "liability")
    }
    value, zero = Decimal(amount), Decimal(0)

    def line(account_id: int, debit: Decimal, credit: Decimal) -> JournalLineDraft:
        return JournalLineDraft(
            slot=Slot.OPENING_EQUITY,
            gl_account_id=account_id,
            debit=debit,
            credit=credit,
            transaction_currency=legal_entity.currency,
            transaction_amount=debit - credit,
            rate=None,
            dimensions=NO_DIMENSIONS,
        )

    return JournalDraft(
        header=EntryHeader(
            event=JournalEvent.ADJUSTMENT,
            legal_entity_id=legal_entity.pk,
            currency=legal_entity.currency,
            posting_on=on,
            source_kind="adjustment",
            source_ref=ref,
            description=f"Adjustment {ref}",
        ),
        lines=(line(accounts["expense"], value, zero), line(accounts["liability"], zero, value)),
    )
