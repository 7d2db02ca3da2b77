"""Credit notes: what stays of each line, and whether the rest is billed again or written off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from moneyed import Money

from billing import policies
from billing.models import Invoice, InvoiceBalance, InvoiceLine, InvoiceTax
from billing.permissions import BillingPermission
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE, credit_legs_for
from billing.rules.tax import ComponentTax, TaxGroup
from billing.rules.types import CreditedLine, CreditFacts, Remainder
from billing.selectors import invoice_facts, visibility
from billing.selectors.invoice_facts import Totals
from billing.services import credit_limits, credit_notes, documents, hand_credits
from billing.services.credit_notes import Credited
from billing.services.row_ids import next_ids
from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.periods import check_takes_posting
from psa.core.ledger.rules.types import (
    CREDIT_NOTE,
    CREDIT_NOTE_GIVING_ROOM,
    ActualType,
)
from psa.core.ledger.services import links, posting
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.org import features
from psa.core.org.rules.deployment import Feature
from psa.core.tenancy.models import Tenant
from sales.models import Contract
from sales.services import parked

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


def full_credit(
    *, invoice_id: int, remainder: Remainder, reason: str, credited_on: date, at: datetime,
    actor: Actor, gives_room: bool = False,
) -> Invoice:  # fmt: skip
    """Credit all that still stands of an invoice; see `credit_invoice`."""
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    standing = sorted(pk for pk, net in standing_nets(invoice).items() if net)
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
    """Issue a credit note at the invoice's own exchange rate and tax rates; of an internal charge,
    take it back by journal in the same way.

    Each line's billed row is reversed whole; what stays is billed anew, so that a second credit
    starts from there; the rest becomes unbilled again or nothing. What is written off frees no
    room under a not-to-exceed limit unless `gives_room`; then parked work takes it. Where the firm
    keeps no books (Lite), an invoice is credited whole, before anything of it is paid.
    Raises  NothingToCredit, OverCreditLimit, PermissionDenied, NotFound, PeriodClosed,
            SeriesDated; DomainError without a reason, or when more would be credited than was
            billed.
    Source  docs/rules/billing.md, B-6, B-14, B-23 and B-25.
    """
    invoice = creditable(invoice_id=invoice_id, actor=actor)
    if not reason.strip():
        raise DomainError("Say why the invoice is credited; the customer reads it.", field="reason")
    contract, balance = _locked(invoice)
    _check_day(invoice, credited_on)
    keeps_books = features.offers_to_writer(Feature.BOOKS)
    if keeps_books:
        credited = _credited(invoice, lines)
    else:
        credited = hand_credits.whole(invoice, balance, [line.invoice_line_id for line in lines])
    totals = _settled(invoice, balance, _totals(invoice, credited))
    credit_limits.check_within(
        invoice=invoice, net=-totals.net, credited_on=credited_on, actor=actor
    )
    if keeps_books:
        _post(credited, credited_on, gives_room=gives_room, actor=actor, at=at)
    if keeps_books and gives_room:
        parked.release_freed_room(
            contract_ids=[contract.pk], actor=actor, at=at, today_on=credited_on
        )
    note = credit_notes.write(
        invoice,
        contract,
        credited,
        totals,
        reason=reason,
        credited_on=credited_on,
        actor=actor,
        at=at,
        is_journalled=keeps_books,
    )
    if balance is not None:
        balance.open_amount += totals.total
        balance.open_entity_amount += totals.entity_total
        balance.settled_on = credited_on if balance.open_amount <= 0 else None
        balance.save(update_fields=["open_amount", "open_entity_amount", "settled_on"])
        documents.queue_invoice_pdf(invoice=note, actor=actor, at=at)
    return note


def creditable(*, invoice_id: int, actor: Actor) -> Invoice:
    """An invoice that the actor may credit.

    Raises  NotFound; PermissionDenied, also for who does not see the prices of what is to stay;
            DomainError for a credit note.
    """
    actor.require(BillingPermission.CREDIT)
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    if not visibility.sees_bill_rates(actor, invoice.contract_id):
        raise PermissionDenied(
            f"Crediting {invoice.number} shows its prices, which your role may not see for its "
            "contract. Ask the contract's owner to have it credited."
        )
    policies.check_can_credit(invoice)
    return invoice


def _locked(invoice: Invoice) -> tuple[Contract, InvoiceBalance | None]:
    """The contract, then the open item, both under lock; a charge has no open item."""
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=invoice.contract_id)
    )
    if invoice.is_charge:
        return contract, None
    return contract, InvoiceBalance.objects.select_for_update().get(invoice=invoice)


def _check_day(invoice: Invoice, credited_on: date) -> None:
    entity_id = invoice.legal_entity_id
    check_takes_posting(
        ledger.periods_by_entity([entity_id]).get(entity_id, []), posting_on=credited_on
    )
    if credited_on < invoice.issued_on:
        raise DomainError(
            f"A credit note is dated on or after its invoice ({invoice.issued_on:%-d %b %Y}).",
            field="credited_on",
        )


def _post(
    credited: Sequence[Credited],
    credited_on: date,
    *,
    gives_room: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """The legs of all lines, each new row linked to the billed row that it came from."""
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


def standing_nets(invoice: Invoice) -> dict[int, Decimal]:
    """Invoice line → what of its net stands. At most 5 queries."""
    if features.offers(Feature.BOOKS):
        return {line_id: row.amount for line_id, row in standing_rows(invoice).items()}
    return hand_credits.standing_nets(invoice)


def standing_rows(invoice: Invoice) -> dict[int, Actual]:
    """Invoice line → its billed row that stands: the invoice's own, or a credit note's. 3 queries."""
    if invoice.journal_entry_id is None and invoice.corrections.filter(journal_entry=None).exists():
        return {}  # credited whole before the books began
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


def _credited(invoice: Invoice, lines: Sequence[CreditLine]) -> list[Credited]:
    standing = standing_rows(invoice)
    if not lines or not standing:
        raise NothingToCredit(f"Nothing of invoice {invoice.number} is left to credit.")
    rows = {
        row.pk: row
        for row in InvoiceLine.objects.filter(
            invoice=invoice, pk__in=[line.invoice_line_id for line in lines]
        )
    }
    ids = next_ids("billing_invoiceline", len(lines))
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
) -> Credited:
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
    return Credited(row, credit_line_id, billed.pk, tuple(credit_legs_for(fact)))


def _totals(invoice: Invoice, credited: Sequence[Credited]) -> Totals:
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


def _settled(invoice: Invoice, balance: InvoiceBalance | None, totals: Totals) -> Totals:
    """Entity amounts so that all credits of an invoice sum to it, and the last leaves no cent.

    Converted one by one, halves of 100.00 at 0.3333 would take 16.67 twice of a booked 33.33.
    """
    rate, home = invoice.entity_rate, invoice.entity_currency
    before = Invoice.objects.filter(corrects=invoice).aggregate(
        total=Sum("total_amount", default=ZERO), entity=Sum("entity_total_amount", default=ZERO)
    )
    entity_total = converted(before["total"] + totals.total, rate, home) - before["entity"]
    left, left_entity = (
        (balance.open_amount, balance.open_entity_amount)
        if balance is not None
        else (
            invoice.total_amount + before["total"],
            invoice.entity_total_amount + before["entity"],
        )
    )
    if left + totals.total == 0:
        entity_total = -left_entity
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
