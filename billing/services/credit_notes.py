"""Writing a credit note that is decided: number, journal and document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.events import BillingEvent
from billing.models import Invoice, InvoiceLine, InvoiceTax
from billing.selectors import invoice_facts
from billing.selectors.invoice_facts import BilledPart, Totals
from billing.services import charges, numbers
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import invoice_entry
from psa.core.ledger.rules.types import ActualDraft, ActualType
from psa.core.ledger.services import journals
from psa.core.org.models import LegalEntity
from sales.models import Contract

CREDIT_SERIES = "credit_note"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Credited:
    """One invoice line with the legs that credit it, posted or (in a Lite firm) only counted."""

    line: InvoiceLine
    credit_line_id: int
    # The billed row that is reversed; None where nothing was ever booked (Lite).
    billed_id: int | None
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


def write(
    invoice: Invoice,
    contract: Contract,
    credited: Sequence[Credited],
    totals: Totals,
    *,
    reason: str,
    credited_on: date,
    actor: Actor,
    at: datetime,
    is_journalled: bool = True,
) -> Invoice:
    """Number, journal, note, lines, taxes and trail; the series' locks are the last ones taken."""
    is_charge = invoice.is_charge
    journal: JournalEntry | None = None
    if not is_journalled:
        number = next_number(contract.legal_entity, credited_on, actor)
    elif is_charge:
        number, journal = charges.post_journal(
            contract=contract, department=invoice.account, parts=_parts(credited), totals=totals,
            charged_on=credited_on, takes_back=invoice, actor=actor, at=at,
        )  # fmt: skip
    else:
        number, journal = _journal(invoice, contract, credited, totals, credited_on, actor, at)
    note: Invoice = Invoice.objects.create(
        tenant_id=actor.tenant_id,
        kind=Invoice.Kind.CHARGE_BACK if is_charge else Invoice.Kind.CREDIT_NOTE,
        number=number,
        legal_entity=contract.legal_entity,
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
            event=(
                BillingEvent.CHARGE_TAKEN_BACK if is_charge else BillingEvent.CREDIT_NOTE_CONFIRMED
            ),
            record_type="billing.Invoice",
            record_id=record_id,
            sentence=f"Credited {invoice.number} with {number}: {reason.strip()}",
        )
    return note


def _journal(
    invoice: Invoice,
    contract: Contract,
    credited: Sequence[Credited],
    totals: Totals,
    credited_on: date,
    actor: Actor,
    at: datetime,
) -> tuple[str, JournalEntry]:
    """The next number of the entity's series, and the journal posted under it."""
    entity = contract.legal_entity
    number = next_number(entity, credited_on, actor)
    entry = invoice_entry(
        header_of(entity, number, invoice.number, credited_on),
        ledger.profile_book(),
        invoice_facts.journal_fact(
            _parts(credited),
            contract=contract,
            account_id=invoice.account_id,
            totals=totals,
            recognition=invoice_facts.recognition_by_line(contract.pk),
        ),
        positions=ledger.contract_positions(
            currencies={contract.pk: contract.currency}, legal_entity_id=entity.pk
        ),
    )
    return number, journals.post_entries(drafts=[entry.draft], actor=actor, at=at)[0]


def next_number(entity: LegalEntity, credited_on: date, actor: Actor) -> str:
    """The next of the entity's series, without gaps. Raises  SeriesDated."""
    return numbers.document_number(entity, CREDIT_SERIES, "C", credited_on, actor)


def header_of(entity: LegalEntity, number: str, invoice: str, posting_on: date) -> EntryHeader:
    """The head of a credit note's journal; `invoice` is the number of what it corrects."""
    return EntryHeader(
        event=JournalEvent.CREDIT_NOTE,
        legal_entity_id=entity.pk,
        currency=entity.currency,
        posting_on=posting_on,
        source_kind="credit_note",
        source_ref=number,
        description=f"Credit note {number} for invoice {invoice}",
    )


def _parts(credited: Sequence[Credited]) -> list[BilledPart]:
    return [
        BilledPart(
            item.line.contract_line_id,
            item.line.project_id,
            item.line.category_id,
            item.of_billed("amount"),
            item.of_billed("entity_amount"),
        )
        for item in credited
    ]


def _write_lines(note: Invoice, credited: Sequence[Credited]) -> None:
    InvoiceLine.objects.bulk_create(
        [
            InvoiceLine(
                pk=item.credit_line_id,
                tenant_id=note.tenant_id,
                invoice=note,
                position=position,
                contract_line_id=item.line.contract_line_id,
                # The billed row that this line reverses: the chain of corrections hangs on it.
                actual_id=item.billed_id,
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
