"""Issuing invoices between legal entities for lent work: in both books at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from moneyed import Money

from billing.rules.tax import TaxableLine, TaxGroup, tax_groups
from billing.rules.tax_determination import Buyer, TaxSetupMissing
from billing.selectors import tax_codes, tax_determination
from billing.selectors.tax_determination import Supplied, TaxDetermination
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook
from psa.core.ledger.rules.types import TransactionClass
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from psa.core.org.bank_accounts import account_for
from psa.core.org.models import LegalEntity
from revenue import intercompany_selectors as selectors
from revenue.events import RevenueEvent
from revenue.intercompany_selectors import Pair
from revenue.models import (
    IntercompanyInvoice,
    IntercompanyInvoiceActual,
    IntercompanyInvoiceLine,
)
from revenue.permissions import RevenuePermission
from revenue.rules.intercompany import (
    LentRow,
    Line,
    Tax,
    borrower_entry,
    in_both_books,
    lender_entry,
    lines_of,
)

SERIES = "intercompany_invoice"
SOURCE = "intercompany"
RECORD = "revenue.IntercompanyInvoice"
ZERO = Decimal(0)


class NothingToInvoice(DomainError):
    """No lent work waits, or what waits comes to nothing."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """One invoice before it has a number."""

    pair: Pair
    lender: LegalEntity
    borrower: LegalEntity
    rows: Sequence[LentRow]
    lines: Sequence[Line]
    net: Decimal
    taxes: TaxGroup
    lender_tax: Tax
    borrower_tax: Tax


@transaction.atomic
def issue_invoices(
    *,
    worked_until_on: date,
    issued_on: date,
    actor: Actor,
    at: datetime,
    lender_id: int | None = None,
) -> list[IntercompanyInvoice]:
    """Invoice the lent work of days up to and including one: one invoice a pair and currency.

    Each takes a number of the lender's series and is in both books on that day: accrued income
    becomes receivable, accrued cost payable, both as they were booked, and the lender's tax is
    added. Work that stands in one of the books alone waits for the other. Asked again, it invoices
    what came since. Locks the legal entities, by id.
    Raises  PermissionDenied, NothingToInvoice, PeriodClosed, SeriesDated, TaxSetupMissing,
            TaxRateMissing, RateMissing, PostingProfileMissing; DomainError for work after the
            invoice's own day.
    Source  docs/rules/revenue.md, R-14; docs/rules/ledger.md, L-18.
    """
    actor.require(RevenuePermission.POST)
    selectors.check_may_see(actor)
    if worked_until_on > issued_on:
        raise DomainError(
            "Invoice work of days up to the invoice's own day.", field="worked_until_on"
        )
    entities = {
        row.pk: row for row in LegalEntity.objects.select_for_update(no_key=True).order_by("pk")
    }
    waiting = selectors.rows_to_invoice(
        worked_until_on=worked_until_on, issued_on=issued_on, lender_id=lender_id
    )
    planned = [
        found
        for pair, rows in sorted(waiting.items())
        if (found := _plan(pair, rows, entities, issued_on)) is not None
    ]
    if not planned:
        raise NothingToInvoice(
            f"No lent work of days up to {worked_until_on:%-d %b %Y} waits for an invoice. It comes "
            "here once both entities have it in their books: start the posting run."
        )
    return _issue(planned, worked_until_on, issued_on, actor, at)


def _plan(
    pair: Pair, rows: Sequence[LentRow], entities: Mapping[int, LegalEntity], issued_on: date
) -> _Planned | None:
    """None where both sides wait for each other, or all was taken back."""
    rows = in_both_books(rows)
    lines = lines_of(rows)
    net = sum((line.net for line in lines), ZERO)
    if not net:
        return None
    lender, borrower = entities[pair.lender_id], entities[pair.borrower_id]
    taxes = _taxes(lender, borrower, Money(net, pair.currency), issued_on)
    total_tax = sum((part.tax.amount for part in taxes.components), ZERO)
    return _Planned(
        pair, lender, borrower, rows, lines, net, taxes,
        *(_tax_in(total_tax, pair.currency, entity, issued_on) for entity in (lender, borrower)),
    )  # fmt: skip


def _taxes(lender: LegalEntity, borrower: LegalEntity, net: Money, on: date) -> TaxGroup:
    """As a customer abroad or at home is taxed: by the countries of the two entities."""
    determination = TaxDetermination(
        lender,
        tax_determination.codes_of(lender),
        {borrower.pk: Buyer(borrower.name, borrower.country, borrower.tax_id)},
        tax_determination.by_kind(lender),
    )
    try:
        code_id = determination.code_for("", borrower.pk, Supplied(TransactionClass.TIME.value))
    except TaxSetupMissing as error:
        raise TaxSetupMissing(
            f"{lender.code} cannot invoice {borrower.code}: {error.message.rstrip('.')}. Both are "
            "filled in under Set-up: legal entities, and tax codes."
        ) from error
    lines = [TaxableLine(net, str(code_id))]
    return tax_groups(lines, tax_codes.facts([code_id]), on=on)[0]


def _tax_in(amount: Decimal, currency: str, entity: LegalEntity, on: date) -> Tax:
    if not amount or currency == entity.currency:
        return Tax(amount, amount)
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={currency, entity.currency}, from_on=on, until_on=on, terms=terms
    )
    quote = table.rate(currency, entity.currency, on, terms.base_currency, terms.max_age_days)
    return Tax(amount, converted(amount, quote.rate, entity.currency))


def _issue(
    planned: Sequence[_Planned], worked_until_on: date, issued_on: date, actor: Actor, at: datetime
) -> list[IntercompanyInvoice]:
    """Numbers, then all journals together, then the documents."""
    book = ledger.profile_book()
    numbers = [_number(one.lender, issued_on, actor) for one in planned]
    drafts: list[JournalDraft] = []
    for one, number in zip(planned, numbers, strict=True):
        drafts += _drafts(one, number, issued_on, book)
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at)
    made = []
    for index, (one, number) in enumerate(zip(planned, numbers, strict=True)):
        tax = one.lender_tax.amount
        invoice: IntercompanyInvoice = IntercompanyInvoice.objects.create(
            tenant_id=actor.tenant_id,
            number=number,
            lender=one.lender,
            borrower=one.borrower,
            currency=one.pair.currency,
            worked_until_on=worked_until_on,
            issued_on=issued_on,
            net_amount=one.net,
            tax_amount=tax,
            total_amount=one.net + tax,
            lender_entity_amount=_booked(one, lenders=True) + one.lender_tax.entity_amount,
            borrower_entity_amount=_booked(one, lenders=False) + one.borrower_tax.entity_amount,
            snapshot=_snapshot(one),
            lender_entry=entries[2 * index],
            borrower_entry=entries[2 * index + 1],
            issued_at=at,
            issued_by_id=actor.membership_id,
        )
        _write_lines(invoice, one.lines)
        made.append(invoice)
    audit.record_many(
        actor=actor, at=at, event=RevenueEvent.LENT_WORK_INVOICED, record_type=RECORD,
        items=[
            (
                row.pk,
                f"Issued {row.number} to {row.borrower.code} for lent work, "
                f"{counted(len(one.lines), 'line', 'lines')}",
                {},
            )
            for row, one in zip(made, planned, strict=True)
        ],
    )  # fmt: skip
    return made


def _booked(one: _Planned, *, lenders: bool) -> Decimal:
    return sum((row.entity_amount for row in one.rows if row.is_lenders is lenders), ZERO)


def _number(lender: LegalEntity, on: date, actor: Actor) -> str:
    year = journals.fiscal_year_of(lender, on)
    try:
        sequence = journals.take_numbers(
            legal_entity_id=lender.pk, document_type=SERIES, year=year, count=1, actor=actor,
            dated_on=on,
        )  # fmt: skip
    except journals.SeriesDated as error:
        raise journals.SeriesDated(error.message, field="issued_on") from error
    return f"{lender.code}-IC{year}-{sequence:05d}"


def _drafts(one: _Planned, number: str, on: date, book: ProfileBook) -> list[JournalDraft]:
    """The lender's entry, then the borrower's."""

    def header(entity: LegalEntity, words: str) -> EntryHeader:
        return EntryHeader(
            event=JournalEvent.INTERCOMPANY_INVOICE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=on,
            source_kind=SOURCE,
            source_ref=number,
            description=words[:200],
        )

    return [
        lender_entry(
            header(one.lender, f"Intercompany invoice {number} to {one.borrower.name}"), book,
            one.rows, currency=one.pair.currency, tax=one.lender_tax,
        ),
        borrower_entry(
            header(one.borrower, f"Intercompany invoice {number} of {one.lender.name}"), book,
            one.rows, currency=one.pair.currency, tax=one.borrower_tax,
        ),
    ]  # fmt: skip


def _snapshot(one: _Planned) -> dict[str, Any]:
    """Both parties, the language of who gets it among them, and the taxes; frozen."""

    def party(entity: LegalEntity) -> dict[str, str]:
        names = ("name", "address", "country", "tax_id", "registration", "email", "language")
        bank = account_for(entity, one.pair.currency).as_dict()
        return {name: getattr(entity, name) for name in names} | bank

    return {
        "seller": party(one.lender),
        "buyer": party(one.borrower),
        "taxes": [
            {"name": part.name, "percent": str(part.tax_percent), "tax": str(part.tax.amount)}
            for part in one.taxes.components
        ],
        "tax_note": one.taxes.exemption_reason,
    }


def _write_lines(invoice: IntercompanyInvoice, lines: Sequence[Line]) -> None:
    rows = IntercompanyInvoiceLine.objects.bulk_create(
        IntercompanyInvoiceLine(
            tenant_id=invoice.tenant_id,
            invoice=invoice,
            position=position,
            project_id=line.project_id,
            role_id=line.role_id,
            minutes=line.minutes,
            price=line.price,
            unit=line.unit,
            net_amount=line.net,
            lender_entity_amount=line.lender_value,
            borrower_entity_amount=line.borrower_value,
        )
        for position, line in enumerate(lines, start=1)
    )
    IntercompanyInvoiceActual.objects.bulk_create(
        (
            IntercompanyInvoiceActual(tenant_id=invoice.tenant_id, line=row, actual_id=actual_id)
            for row, line in zip(rows, lines, strict=True)
            for actual_id in line.actual_ids
        ),
        batch_size=5000,
    )
