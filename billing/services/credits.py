"""Credit notes: what stays of each line, and whether the rest is billed again or written off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from moneyed import Money

from billing import policies
from billing.events import BillingEvent
from billing.models import Invoice, InvoiceBalance, InvoiceLine, InvoiceTax
from billing.permissions import BillingPermission
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE, credit_legs_for
from billing.rules.tax import ComponentTax, TaxGroup
from billing.rules.types import CreditedLine, CreditFacts, Remainder
from billing.selectors import invoice_facts, visibility
from billing.selectors.invoice_facts import BilledPart, Totals
from billing.services import documents
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.periods import check_takes_posting
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import invoice_entry
from psa.core.ledger.rules.types import (
    CREDIT_NOTE,
    CREDIT_NOTE_GIVING_ROOM,
    ActualDraft,
    ActualType,
)
from psa.core.ledger.services import journals, links, posting
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.tenancy.models import Tenant
from sales.models import Contract
from sales.services import parked

CREDIT_SERIES = "credit_note"
# How a row came from the billed one: what stays of it, or what is billed again.
STAYS = "stays"
REBILLED = "rebilled"
ZERO = Decimal(0)


class NothingToCredit(DomainError):
    """Everything of the invoice is credited already."""


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Of one invoice line: the net amount that stays, and what becomes of the rest."""

    invoice_line_id: int
    stays: Decimal = ZERO
    remainder: Remainder = Remainder.WRITE_OFF


@dataclass(frozen=True, slots=True)
class _Credited:
    line: InvoiceLine
    credit_line_id: int
    billed_id: int
    legs: tuple[ActualDraft, ...]

    def of_billed(self, name: str) -> Decimal:
        return sum(
            (
                getattr(leg, name) or ZERO
                for leg in self.legs
                if leg.type is ActualType.BILLED_SALES
            ),
            ZERO,
        )


def full_credit(
    *, invoice_id: int, remainder: Remainder, reason: str, credited_on: date, at: datetime,
    actor: Actor, gives_room: bool = False,
) -> Invoice:  # fmt: skip
    """Credit all that still stands of an invoice; see `credit_invoice`."""
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    standing = sorted(pk for pk, row in standing_rows(invoice).items() if row.amount)
    return credit_invoice(
        invoice_id=invoice_id,
        lines=[CreditLine(pk, ZERO, remainder) for pk in standing],
        reason=reason,
        credited_on=credited_on,
        at=at,
        actor=actor,
        gives_room=gives_room,
    )


@transaction.atomic
def credit_invoice(
    *,
    invoice_id: int,
    lines: Sequence[CreditLine],
    reason: str,
    credited_on: date,
    at: datetime,
    actor: Actor,
    gives_room: bool = False,
) -> Invoice:
    """Issue a credit note at the invoice's own exchange rate and tax rates.

    Each line's billed row is reversed whole; what stays is billed anew, so that a second credit
    starts from there; the rest becomes unbilled again or nothing. What is written off frees no
    room under a not-to-exceed limit unless `gives_room`; then parked work takes it.
    Raises  NothingToCredit, PermissionDenied, NotFound, PeriodClosed, SeriesDated; DomainError
            without a reason, or when more would be credited than was billed.
    Source  docs/rules/billing.md, B-6 and B-14.
    """
    actor.require(BillingPermission.CREDIT)
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    policies.check_can_credit(invoice)
    if not reason.strip():
        raise DomainError("Say why the invoice is credited; the customer reads it.", field="reason")
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=invoice.contract_id)
    )
    balance = InvoiceBalance.objects.select_for_update().get(invoice=invoice)
    check_takes_posting(
        ledger.periods_by_entity([contract.legal_entity_id]).get(contract.legal_entity_id, []),
        posting_on=credited_on,
    )
    if credited_on < invoice.issued_on:
        raise DomainError(
            f"A credit note is dated on or after its invoice ({invoice.issued_on:%-d %b %Y}).",
            field="credited_on",
        )
    credited = _credited(invoice, lines)
    totals = _settled(invoice, balance, _totals(invoice, credited))
    drafts = [leg for item in credited for leg in item.legs]
    kind = CREDIT_NOTE_GIVING_ROOM if gives_room else CREDIT_NOTE
    batch = posting.post(drafts=drafts, actor=actor, at=at, kind=kind, post_on=credited_on)
    origin = {item.credit_line_id: item.billed_id for item in credited}
    links.link_new(
        [
            (origin[draft.source_id], STAYS if draft.leg == 1 else REBILLED, actual_id)
            for draft, actual_id in zip(drafts, batch.actual_ids, strict=True)
            if draft.source_kind == CREDIT_LINE
        ],
        actor=actor,
    )
    if gives_room:
        parked.release_freed_room(
            contract_ids=[contract.pk], actor=actor, at=at, today_on=credited_on
        )
    note = _write(invoice, contract, credited, totals, drafts, reason, credited_on, actor, at)
    balance.open_amount += totals.total
    balance.open_entity_amount += totals.entity_total
    balance.settled_on = credited_on if balance.open_amount <= 0 else None
    balance.save(update_fields=["open_amount", "open_entity_amount", "settled_on"])
    documents.queue_invoice_pdf(invoice=note, actor=actor, at=at)
    return note


def standing_rows(invoice: Invoice) -> dict[int, Actual]:
    """Invoice line → its billed row that stands: the invoice's own, or a credit note's. 3 queries."""
    line_ids = set(InvoiceLine.objects.filter(invoice=invoice).values_list("id", flat=True))
    # (credited row → credit line) over all credit notes of the invoice.
    after = dict(
        InvoiceLine.objects.filter(invoice__corrects=invoice).values_list("actual_id", "id")
    )
    rows = Actual.objects.filter(
        actual_type=ActualType.BILLED_SALES, contract_id=invoice.contract_id
    )
    own = {r.source_id: r for r in rows.filter(source_kind=INVOICE_LINE, source_id__in=line_ids)}
    later = {
        r.source_id: r for r in rows.filter(source_kind=CREDIT_LINE, source_id__in=after.values())
    }
    standing: dict[int, Actual] = {}
    for line_id, first in own.items():
        row: Actual | None = first
        while row is not None and row.pk in after:
            row = later.get(after[row.pk])
        if row is not None:
            standing[line_id] = row
    return standing


def _credited(invoice: Invoice, lines: Sequence[CreditLine]) -> list[_Credited]:
    standing = standing_rows(invoice)
    if not lines or not standing:
        raise NothingToCredit(f"Nothing of invoice {invoice.number} is left to credit.")
    rows = {
        row.pk: row
        for row in InvoiceLine.objects.filter(
            invoice=invoice, pk__in=[line.invoice_line_id for line in lines]
        )
    }
    ids = _next_line_ids(len(lines))
    home = Tenant.objects.values_list("currency", flat=True).get(pk=invoice.tenant_id)
    credited = []
    for wanted, credit_line_id in zip(lines, ids, strict=True):
        row = rows.get(wanted.invoice_line_id)
        if row is None:
            raise NotFound(f"This line is not on invoice {invoice.number}.")
        billed = standing.get(row.pk)
        if billed is None:
            raise NothingToCredit(
                f"Line {row.position} of {invoice.number} is credited in full already."
            )
        credited.append(_legs_of(invoice, row, billed, wanted, credit_line_id, home))
    return credited


def _legs_of(
    invoice: Invoice,
    row: InvoiceLine,
    billed: Actual,
    wanted: CreditLine,
    credit_line_id: int,
    home: str,
) -> _Credited:
    posted = ledger.as_draft(billed)
    if posted.amount and posted.tenant_amount is not None:
        # The row stores its tenant value but no tenant rate: its own ratio values the parts.
        ratio = EXACT.divide(posted.tenant_amount, posted.amount)
        posted = replace(posted, tenant_rate=ratio, tenant_currency=home)
    stays = round_to_minor(Money(wanted.stays, invoice.currency))
    fact = CreditFacts(
        invoice.pk,
        (CreditedLine(credit_line_id, billed.pk, posted, stays, wanted.remainder),),
    )
    return _Credited(row, credit_line_id, billed.pk, tuple(credit_legs_for(fact)))


def _totals(invoice: Invoice, credited: Sequence[_Credited]) -> Totals:
    """Tax at the invoice's rates; the credit that empties a tax group takes exactly what is left."""
    nets: dict[int, Decimal] = {}
    for item in credited:
        code_id = item.line.tax_code_id
        nets[code_id] = nets.get(code_id, ZERO) + item.of_billed("amount")
    before: dict[tuple[int, str], tuple[Decimal, Decimal]] = {}
    for row in InvoiceTax.objects.filter(invoice__corrects=invoice):
        net, tax = before.get((row.tax_code_id, row.name), (ZERO, ZERO))
        before[row.tax_code_id, row.name] = (net + row.net_amount, tax + row.tax_amount)
    groups: dict[int, list[ComponentTax]] = {code_id: [] for code_id in nets}
    for row in InvoiceTax.objects.filter(invoice=invoice, tax_code_id__in=nets).order_by("id"):
        net_before, tax_before = before.get((row.tax_code_id, row.name), (ZERO, ZERO))
        net = nets[row.tax_code_id]
        if row.net_amount + net_before + net == 0:
            tax = -(row.tax_amount + tax_before)
        else:
            tax = round_to_minor(
                EXACT.multiply(net, row.tax_percent).scaleb(-2, context=EXACT), invoice.currency
            )
        groups[row.tax_code_id].append(
            ComponentTax(row.name, row.tax_percent, Money(tax, invoice.currency))
        )
    quote = FxQuote(
        invoice.currency, invoice.entity_currency, invoice.entity_rate, invoice.entity_rate_on,
        (invoice.currency, invoice.entity_currency), False,
    )  # fmt: skip
    return invoice_facts.totals_from(
        [
            TaxGroup(str(code_id), Money(nets[code_id], invoice.currency), tuple(parts), "")
            for code_id, parts in groups.items()
        ],
        quote,
    )


def _settled(invoice: Invoice, balance: InvoiceBalance, totals: Totals) -> Totals:
    """Entity amounts so that all credits of an invoice sum to it, and the last leaves no cent.

    Converted one by one, halves of 100.00 at 0.3333 would take 16.67 twice of a booked 33.33.
    """
    rate, home = invoice.entity_rate, invoice.entity_currency
    before = Invoice.objects.filter(corrects=invoice).aggregate(
        total=Sum("total_amount", default=ZERO), entity=Sum("entity_total_amount", default=ZERO)
    )
    entity_total = converted(before["total"] + totals.total, rate, home) - before["entity"]
    if balance.open_amount + totals.total == 0:
        entity_total = -balance.open_entity_amount
    taxes_before: dict[tuple[int, str], tuple[Decimal, Decimal]] = {
        (code_id, name): (tax, entity_tax)
        for code_id, name, tax, entity_tax in InvoiceTax.objects.filter(invoice__corrects=invoice)
        .values_list("tax_code_id", "name")
        .annotate(Sum("tax_amount"), Sum("entity_tax_amount"))
    }
    entity_taxes = []
    for group in totals.groups:
        for part in group.components:
            tax, entity_tax = taxes_before.get((int(group.tax_code), part.name), (ZERO, ZERO))
            entity_taxes.append(converted(tax + part.tax.amount, rate, home) - entity_tax)
    return replace(totals, entity_total=entity_total, entity_taxes=tuple(entity_taxes))


def _write(
    invoice: Invoice,
    contract: Contract,
    credited: Sequence[_Credited],
    totals: Totals,
    drafts: Sequence[ActualDraft],
    reason: str,
    credited_on: date,
    actor: Actor,
    at: datetime,
) -> Invoice:
    entity = contract.legal_entity
    year = journals.fiscal_year_of(entity, credited_on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk,
        document_type=CREDIT_SERIES,
        year=year,
        count=1,
        actor=actor,
        dated_on=credited_on,
    )
    number = f"{entity.invoice_prefix}-C{year}-{sequence:05d}"
    entry = invoice_entry(
        EntryHeader(
            event=JournalEvent.CREDIT_NOTE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=credited_on,
            source_kind="credit_note",
            source_ref=number,
            description=f"Credit note {number} for invoice {invoice.number}",
        ),
        ledger.profile_book(),
        invoice_facts.journal_fact(
            [
                BilledPart(
                    item.line.contract_line_id,
                    item.line.project_id,
                    item.line.category_id,
                    item.of_billed("amount"),
                    item.of_billed("entity_amount"),
                )
                for item in credited
            ],
            contract=contract,
            account_id=invoice.account_id,
            totals=totals,
            recognition=invoice_facts.recognition_by_line(contract.pk),
        ),
        positions=ledger.contract_positions(
            currencies={contract.pk: contract.currency}, legal_entity_id=entity.pk
        ),
    )
    journal = journals.post_entries(drafts=[entry.draft], actor=actor, at=at)[0]
    note: Invoice = Invoice.objects.create(
        tenant_id=actor.tenant_id,
        kind=Invoice.Kind.CREDIT_NOTE,
        number=number,
        legal_entity=entity,
        contract=contract,
        account_id=invoice.account_id,
        corrects=invoice,
        issued_on=credited_on,
        due_on=credited_on,
        currency=invoice.currency,
        net_amount=totals.net,
        tax_amount=totals.tax,
        total_amount=totals.total,
        entity_currency=invoice.entity_currency,
        entity_rate=invoice.entity_rate,
        entity_rate_on=invoice.entity_rate_on,
        entity_total_amount=totals.entity_total,
        entity_tax_amount=totals.entity_tax,
        snapshot={**invoice.snapshot, "corrects": invoice.number},
        reason=reason.strip()[:200],
        confirmed_at=at,
        confirmed_by_id=actor.membership_id,
        journal_entry=journal,
    )
    _write_lines(note, credited)
    InvoiceTax.objects.bulk_create(invoice_facts.tax_rows(note.pk, actor.tenant_id, totals))
    for record_id in (invoice.pk, note.pk):
        audit.record(
            actor=actor,
            at=at,
            event=BillingEvent.CREDIT_NOTE_CONFIRMED,
            record_type="billing.Invoice",
            record_id=record_id,
            sentence=f"Credited {invoice.number} with {number}: {reason.strip()}",
        )
    return note


def _write_lines(note: Invoice, credited: Sequence[_Credited]) -> None:
    InvoiceLine.objects.bulk_create(
        [
            InvoiceLine(
                pk=item.credit_line_id,
                tenant_id=note.tenant_id,
                invoice=note,
                position=position,
                contract_line_id=item.line.contract_line_id,
                # The billed row that this line reverses: the chain of corrections hangs on it.
                actual_id=next(
                    leg.reversal_of_id for leg in item.legs if leg.reversal_of_id is not None
                ),
                project_id=item.line.project_id,
                task_id=item.line.task_id,
                resource_id=item.line.resource_id,
                role_id=item.line.role_id,
                category_id=item.line.category_id,
                transaction_class=item.line.transaction_class,
                work_on=item.line.work_on,
                description=item.line.description,
                minutes=(None if item.line.minutes is None else int(item.of_billed("minutes"))),
                quantity=None if item.line.quantity is None else item.of_billed("quantity"),
                unit=item.line.unit,
                price=item.line.price,
                net_amount=item.of_billed("amount"),
                tax_code_id=item.line.tax_code_id,
            )
            for position, item in enumerate(credited, start=1)
        ],
        batch_size=1000,
    )


def _next_line_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('billing_invoiceline', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]
