"""Taking what was invoiced, received and paid back by hand into books that begin."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, Sum
from moneyed import Money

from billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    PaymentAllocation,
    Reimbursement,
)
from billing.rules.brought_in import opening_entry, payables_entry
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE
from billing.rules.tax import ComponentTax, TaxGroup
from billing.selectors.invoice_facts import (
    BilledPart,
    Totals,
    journal_fact,
    receivable_dimensions,
)
from billing.services import credit_notes, hand_credits, invoices, payment_journals, reimbursements
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft, mirror
from psa.core.ledger.rules.positions import ContractPosition
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook
from psa.core.ledger.rules.postings import InvoiceFact, SettledItem, invoice_entry
from psa.core.ledger.rules.types import ActualDraft
from psa.core.ledger.services import journals, posting
from psa.core.money.fx import FxQuote
from psa.core.org.models import LegalEntity
from sales.models import ContractLine

BATCH_KIND = "opening"
ZERO = Decimal(0)
PER_POST = 5_000


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """How many records the books took over."""

    invoices: int = 0
    payments: int = 0
    reimbursements: int = 0


def bring_in(*, begin_on: date, actor: Actor, at: datetime) -> BroughtIn:
    """Post what was written while no books were kept, as of the day that they begin.

    Invoices of that day or later post as any invoice does, on their own day; so do payments and
    reimbursements. Of an earlier invoice stay what is open of it and its contract's position, of
    earlier expenses what people are owed, against opening equity. Every invoice gets its billed
    rows, so that it is credited and counted like any other. Cost grows with the records, queries
    with their thousands. Inside the caller's transaction, once.
    Raises  PeriodClosed, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-24.
    """
    found = list(
        Invoice.objects.filter(journal_entry__isnull=True)
        .select_related("contract", "legal_entity", "account")
        .order_by("issued_on", "id")
    )
    book = ledger.profile_book()
    lines = _lines(found)
    _post_billed(found, lines, begin_on, actor, at)
    cleared = _cleared_before(begin_on)
    drafts = list(_invoice_journals(found, lines, book, begin_on, cleared))
    paid = list(
        Payment.objects.filter(journal_entry__isnull=True)
        .select_related("account", "legal_entity")
        .order_by("received_on", "id")
    )
    drafts += _payment_journals(paid, begin_on)
    paid_back = list(
        Reimbursement.objects.filter(journal_entry__isnull=True)
        .select_related("resource", "legal_entity")
        .order_by("paid_on", "id")
    )
    drafts += _reimbursement_journals(paid_back, book, begin_on)
    if drafts:
        journals.post_entries(drafts=drafts, actor=actor, at=at)
    return BroughtIn(len(found), len(paid), len(paid_back))


def _lines(found: Sequence[Invoice]) -> dict[int, list[InvoiceLine]]:
    lines: dict[int, list[InvoiceLine]] = defaultdict(list)
    rows = InvoiceLine.objects.filter(invoice__journal_entry__isnull=True)
    for row in rows.order_by("invoice_id", "position"):
        lines[row.invoice_id].append(row)
    return lines


def _post_billed(
    found: Sequence[Invoice],
    lines: dict[int, list[InvoiceLine]],
    begin_on: date,
    actor: Actor,
    at: datetime,
) -> None:
    """The billed rows of all lines: those of earlier invoices on the day that the books begin."""
    before: list[ActualDraft] = []
    since: list[ActualDraft] = []
    for invoice in found:
        kind = INVOICE_LINE if invoice.corrects_id is None else CREDIT_LINE
        rows = [
            hand_credits.billed(invoice, row, source_kind=kind, source_id=row.pk)
            for row in lines[invoice.pk]
        ]
        (before if invoice.issued_on < begin_on else since).extend(rows)
    for drafts, post_on in ((before, begin_on), (since, None)):
        for first in range(0, len(drafts), PER_POST):
            posting.post(
                drafts=drafts[first : first + PER_POST], actor=actor, at=at, kind=BATCH_KIND,
                post_on=post_on,
            )  # fmt: skip


def _cleared_before(begin_on: date) -> dict[int, tuple[Decimal, Decimal]]:
    """Invoice → what payments before the books cleared of it, and its booked value. One query."""
    rows = (
        PaymentAllocation.objects.filter(_before(begin_on))
        .order_by()
        .values_list("invoice_id")
        .annotate(Sum("amount"), Sum("booked_entity_amount"))
    )
    return {invoice_id: (amount, booked) for invoice_id, amount, booked in rows}


def _before(begin_on: date) -> Q:
    """Allocations that are told by the opening entry of their invoice."""
    return Q(
        payment__journal_entry__isnull=True,
        payment__received_on__lt=begin_on,
        invoice__issued_on__lt=begin_on,
    )


def _invoice_journals(
    found: Sequence[Invoice],
    lines: dict[int, list[InvoiceLine]],
    book: ProfileBook,
    begin_on: date,
    cleared: dict[int, tuple[Decimal, Decimal]],
) -> Iterator[JournalDraft]:
    recognition = dict(
        ContractLine.objects.filter(contract__in={one.contract_id for one in found}).values_list(
            "id", "recognition_method"
        )
    )
    taxes: dict[int, list[InvoiceTax]] = defaultdict(list)
    for row in InvoiceTax.objects.filter(invoice__journal_entry__isnull=True).order_by("id"):
        taxes[row.invoice_id].append(row)
    numbers = {one.pk: one.number for one in found}
    positions: dict[int, ContractPosition] = {}
    for invoice in found:
        entry = invoice_entry(
            _header(invoice, numbers),
            book,
            _fact(invoice, lines[invoice.pk], taxes[invoice.pk], recognition),
            positions=positions,
        )
        positions |= entry.positions
        if invoice.issued_on >= begin_on:
            yield entry.draft
            continue
        amount, booked = cleared.get(invoice.pk, (ZERO, ZERO))
        opened = opening_entry(
            entry.draft,
            book,
            begin_on=begin_on,
            cleared=Money(amount, invoice.currency),
            booked_cleared=booked,
            receivable_dimensions=receivable_dimensions(invoice.contract, invoice.account_id),
        )
        if opened is not None:
            yield opened


def _header(invoice: Invoice, numbers: dict[int, str]) -> EntryHeader:
    entity = invoice.legal_entity
    if invoice.corrects_id is None:
        return invoices.header_of(entity, invoice.number, invoice.account.name, invoice.issued_on)
    return credit_notes.header_of(
        entity, invoice.number, numbers[invoice.corrects_id], invoice.issued_on
    )


def _fact(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    taxes: Sequence[InvoiceTax],
    recognition: dict[int, str],
) -> InvoiceFact:
    """The invoice as it was frozen: its own rate, its own tax."""
    rate, home = invoice.entity_rate, invoice.entity_currency
    totals = Totals(
        net=invoice.net_amount,
        tax=invoice.tax_amount,
        entity_total=invoice.entity_total_amount,
        entity_taxes=tuple(row.entity_tax_amount for row in taxes),
        groups=tuple(
            TaxGroup(
                str(row.tax_code_id),
                Money(row.net_amount, invoice.currency),
                (ComponentTax(row.name, row.tax_percent, Money(row.tax_amount, invoice.currency)),),
                "",
            )
            for row in taxes
        ),
        quote=FxQuote(
            invoice.currency, home, rate, invoice.entity_rate_on, (invoice.currency, home), False
        ),
    )
    parts = [
        BilledPart(
            row.contract_line_id, row.project_id, row.category_id, row.net_amount,
            converted(row.net_amount, rate, home),
        )
        for row in lines
    ]  # fmt: skip
    return journal_fact(
        parts, contract=invoice.contract, account_id=invoice.account_id, totals=totals,
        recognition=recognition,
    )  # fmt: skip


def _payment_journals(paid: Sequence[Payment], begin_on: date) -> Iterator[JournalDraft]:
    """Each payment's own journal, for what it cleared that no opening entry tells of."""
    rows = list(
        PaymentAllocation.objects.filter(payment__journal_entry__isnull=True)
        .exclude(_before(begin_on))
        .order_by("payment_id", "invoice_id")
    )
    items: dict[int, list[SettledItem]] = defaultdict(list)
    for row, item in zip(rows, payment_journals.settled_before(rows), strict=True):
        items[row.payment_id].append(item)
    for payment in paid:
        cleared = items[payment.pk]
        if not cleared:
            continue
        total = sum((one.paid for one in cleared), Money(0, payment.currency))
        draft = payment_journals.entry_of(
            payment.account, payment.legal_entity, payment.number, total,
            payment.entity_rate, max(payment.received_on, begin_on), cleared,
        )  # fmt: skip
        yield mirror(draft, posting_on=draft.header.posting_on) if payment.reverses_id else draft


def _reimbursement_journals(
    paid_back: Sequence[Reimbursement], book: ProfileBook, begin_on: date
) -> Iterator[JournalDraft]:
    for row in paid_back:
        if row.paid_on < begin_on:
            continue
        paid = reimbursements.paid_of(row)
        # A reversal is negative throughout, and so is its journal.
        yield reimbursements.entry_of(row.resource, row.legal_entity, row.number, paid, row.paid_on)
    for entity in LegalEntity.objects.order_by("id"):
        header = EntryHeader(
            event=JournalEvent.OPENING_BALANCE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=begin_on,
            source_kind="employee_payables",
            source_ref=entity.code,
            description=f"What people were owed at {entity.name}",
        )
        opened = payables_entry(header, book, _owed_before(entity, begin_on))
        if opened is not None:
            yield opened


def _owed_before(entity: LegalEntity, begin_on: date) -> dict[str, tuple[Decimal, Decimal]]:
    """Currency → what people had paid and were not paid back, in it and in the entity's. Two queries."""
    owed: dict[str, tuple[Decimal, Decimal]] = {}
    for currency, amount, booked in (
        Actual.objects.filter(
            posting_event=JournalEvent.EXPENSE_OWN_PAID, legal_entity_id=entity.pk,
            posted_on__lt=begin_on,
        )
        .order_by()
        .values_list("currency")
        .annotate(
            spent=Sum(F("amount") + F("recoverable_tax")),
            booked=Sum(F("entity_amount") + F("entity_recoverable_tax")),
        )
    ):  # fmt: skip
        owed[currency] = (amount, booked)
    for currency, amount, booked in (
        Reimbursement.objects.filter(legal_entity=entity, paid_on__lt=begin_on)
        .order_by()
        .values_list("currency")
        .annotate(Sum("amount"), Sum("booked_entity_amount"))
    ):
        before = owed.get(currency, (ZERO, ZERO))
        owed[currency] = (before[0] - amount, before[1] - booked)
    return owed
