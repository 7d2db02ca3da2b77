"""Confirming: a reviewed proposal becomes a numbered invoice, its actuals and its journal."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from moneyed import Money

from billing import policies
from billing.models import (
    ContractMilestone,
    Invoice,
    InvoiceBalance,
    InvoiceTax,
    Proposal,
    ProposalLine,
)
from billing.permissions import BillingPermission
from billing.rules.approval import ReviewedLine
from billing.selectors import invoice_facts, visibility
from billing.selectors.invoice_facts import BilledPart, Totals
from billing.services import (
    approvals,
    charges,
    confirmed,
    documents,
    invoice_legs,
    numbers,
    proposal_taxes,
    receivable_moves,
)
from billing.services.invoice_legs import Line
from billing.services.proposal_lines import HOLDER
from billing.services.readiness import MILESTONE
from billing.services.row_ids import next_ids
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, JournalEntry
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.periods import PeriodClosed, check_takes_posting
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import invoice_entry
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.ledger.services import claims, journals
from psa.core.money.fx import FxQuote
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature
from sales.models import Contract
from sales.rules.not_to_exceed import Work, split_by_limits
from sales.services import accrual_limits, parked

Treatment = ProposalLine.Treatment
INVOICE_SERIES = "invoice"


class LimitExceeded(DomainError):
    """What the review added does not fit under a not-to-exceed limit."""


class NothingToInvoice(DomainError):
    """No line is charged, or the lines sum to nothing."""


@transaction.atomic
def confirm_proposal(*, proposal_id: int, invoiced_on: date, at: datetime, actor: Actor) -> Invoice:
    """Turn a proposal into a numbered invoice and post it, in one transaction.

    1. check permission, policy and that `invoiced_on` falls in an open period
    2. lock contract and proposal; re-check limits; freeze addresses, tax, rate and its date
    3. post the ledger legs: unbilled reversed, billed added, each naming its invoice line
    4. take the next number of the entity's series (no gaps), among the last locks taken
    5. journal, audit trail, open item
    6. on commit: the document's job; the proposal's owner is told
    Held lines stay unbilled and are free for the next proposal. What a department pays is charged
    to it by journal: a number of a series of its own, no tax, no document, no open item.
    Where the firm keeps no books (Lite), the invoice is its lines by hand: neither legs nor journal.
    Raises  AlreadyConfirmed, ProposalEnded, PeriodClosed, SeriesDated, LimitExceeded,
            ApprovalMissing, NothingToInvoice, TaxRateMissing, RateMissing, PermissionDenied, NotFound.
    Source  docs/rules/billing.md, B-5, B-13 and B-25; docs/rules/ledger.md, L-6 and L-20.
    """
    invoice = post_invoice(proposal_id=proposal_id, invoiced_on=invoiced_on, at=at, actor=actor)
    if not invoice.is_charge:
        documents.queue_invoice_pdf(invoice=invoice, actor=actor, at=at)
    confirmed.tell_owner(invoice, actor, at)
    return invoice


@transaction.atomic
def post_invoice(*, proposal_id: int, invoiced_on: date, at: datetime, actor: Actor) -> Invoice:
    """`confirm_proposal` without its document, which is then made when it is first opened."""
    actor.require(BillingPermission.CONFIRM)
    contract_id = visibility.contract_of_proposal(actor=actor, proposal_id=proposal_id)
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=contract_id)
    )
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id, lock=True)
    policies.check_can_become(proposal, Proposal.State.CONFIRMED)
    _check_ready(contract, proposal, invoiced_on)
    is_charge = proposal.account.is_department
    keeps_books = features.offers_to_writer(Feature.BOOKS)
    if is_charge and not keeps_books:
        raise features.not_offered(Feature.BOOKS)
    if not is_charge:
        proposal_taxes.settle_tax_codes(
            proposal=proposal, entity=contract.legal_entity, actor=actor, at=at
        )
    lines = invoice_legs.lines_of(proposal)
    _check_limits(contract, proposal, lines)
    approvals.check_approved(
        proposal,
        net=sum((line.net for line in lines), Decimal(0)),
        lines=[ReviewedLine(line.original, line.net) for line in lines if not line.is_held],
        on=invoiced_on,
    )
    quote = invoice_facts.quote_of(contract, contract.legal_entity, invoiced_on)
    charged = [line for line in lines if line.is_on_invoice]
    totals = _totals(proposal, charged, quote, invoiced_on)
    if totals.total <= 0:
        raise NothingToInvoice(
            f"Proposal {proposal.number} comes to {Money(totals.total, proposal.currency)}. "
            "Charge a line, or cancel the proposal."
        )
    invoice_id = next_ids("billing_invoice", 1)[0]
    line_ids = dict(
        zip(
            (line.line_id for line in lines),
            next_ids("billing_invoiceline", len(lines)),
            strict=True,
        )
    )
    parts: list[BilledPart] | None = None
    if keeps_books:
        parts = invoice_legs.post(
            invoice_legs.Posting(invoice_id, proposal, contract, quote, invoiced_on, line_ids),
            lines,
            actor=actor,
            at=at,
        )
    if any(line.net < line.original for line in lines if not line.is_held):
        # What review took away made room under the contract's limits.
        parked.release_freed_room(
            contract_ids=[contract.pk], actor=actor, at=at, today_on=invoiced_on
        )
    invoice = _write(invoice_id, proposal, contract, totals, charged, parts, invoiced_on, actor, at)
    _insert_lines(invoice, charged, line_ids)
    _release_held(proposal, lines, at)
    _mark_milestones(lines)
    proposal.state = Proposal.State.CONFIRMED
    proposal.lock_version += 1
    proposal.save(update_fields=["state", "lock_version"])
    if not is_charge:
        receivable_moves.withhold_agreed(invoice=invoice, actor=actor, at=at)
    return invoice


def _totals(
    proposal: Proposal, charged: Sequence[Line], quote: FxQuote, invoiced_on: date
) -> Totals:
    if proposal.account.is_department:
        return invoice_facts.untaxed_totals(sum((line.net for line in charged), Decimal(0)), quote)
    return invoice_facts.totals_of(
        [(line.net, line.tax_code_id) for line in charged],
        currency=proposal.currency,
        tax_on=invoiced_on,
        quote=quote,
    )


def _check_ready(contract: Contract, proposal: Proposal, invoiced_on: date) -> None:
    reason = policies.why_not_billable(contract)
    if reason:
        raise DomainError(f"{reason}. Proposal {proposal.number} cannot be confirmed.")
    calendar = ledger.periods_by_entity([contract.legal_entity_id])
    try:
        check_takes_posting(calendar.get(contract.legal_entity_id, []), posting_on=invoiced_on)
    except PeriodClosed as error:
        raise PeriodClosed(error.message, field="invoiced_on") from error
    except DomainError as error:
        raise DomainError(error.message, field="invoiced_on") from error


def _check_limits(contract: Contract, proposal: Proposal, lines: Sequence[Line]) -> None:
    """What review added beyond what was approved must fit under every limit of the contract."""
    changes = [(line, line.net - line.original) for line in lines if not line.is_held]
    if not any(change > 0 for _, change in changes):
        return
    limits = accrual_limits.limit_room([contract.pk]).get(contract.pk)
    if not limits:
        return
    # What review took away makes room first.
    works = [
        Work(
            ref=line.line_id,
            amount=Money(change, proposal.currency),
            contract_line_id=line.contract_line_id,
            transaction_class=TransactionClass(line.transaction_class),
            account_id=proposal.account_id,
        )
        for line, change in sorted(changes, key=lambda pair: (pair[1] > 0, pair[0].line_id))
        if change != 0
    ]
    over = sum((part.parked.amount for part in split_by_limits(works, limits).splits), Decimal(0))
    if over > 0:
        raise LimitExceeded(
            f"The review raises proposal {proposal.number} by {Money(over, proposal.currency)} "
            "more than the contract's not-to-exceed limit leaves. Lower a line, or have the "
            "limit raised.",
            field="amount",
        )


def _write(
    invoice_id: int,
    proposal: Proposal,
    contract: Contract,
    totals: Totals,
    charged: Sequence[Line],
    parts: Sequence[BilledPart] | None,
    invoiced_on: date,
    actor: Actor,
    at: datetime,
) -> Invoice:
    """Number, journal, invoice, taxes and open item; the series' locks are the last ones taken.

    Without `parts` nothing is journalled.
    """
    entity = contract.legal_entity
    frozen = invoice_facts.snapshot(
        contract=contract, account=proposal.account, entity=entity, lines=charged, totals=totals
    )
    is_charge = proposal.account.is_department
    journal: JournalEntry | None = None
    if parts is None:
        number = next_number(entity, invoiced_on, actor)
    elif is_charge:
        number, journal = charges.post_journal(
            contract=contract, department=proposal.account, parts=parts, totals=totals,
            charged_on=invoiced_on, actor=actor, at=at,
        )  # fmt: skip
    else:
        number, journal = _journal(proposal, contract, totals, parts, invoiced_on, actor, at)
    terms_days = 0 if is_charge else contract.payment_terms_days
    invoice: Invoice = Invoice.objects.create(
        pk=invoice_id,
        kind=Invoice.Kind.CHARGE if is_charge else Invoice.Kind.INVOICE,
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=entity,
        contract=contract,
        account_id=proposal.account_id,
        proposal=proposal,
        issued_on=invoiced_on,
        due_on=invoiced_on + timedelta(days=terms_days),
        currency=proposal.currency,
        net_amount=totals.net,
        tax_amount=totals.tax,
        total_amount=totals.total,
        entity_currency=entity.currency,
        entity_rate=totals.quote.rate,
        entity_rate_on=totals.quote.rate_on,
        entity_total_amount=totals.entity_total,
        entity_tax_amount=totals.entity_tax,
        snapshot=frozen,
        confirmed_at=at,
        confirmed_by_id=actor.membership_id,
        journal_entry=journal,
    )
    InvoiceTax.objects.bulk_create(invoice_facts.tax_rows(invoice_id, actor.tenant_id, totals))
    if not is_charge:
        InvoiceBalance.objects.create(
            tenant_id=actor.tenant_id,
            invoice=invoice,
            open_amount=totals.total,
            open_entity_amount=totals.entity_total,
        )
    confirmed.record(invoice, actor, at)
    return invoice


def _journal(
    proposal: Proposal,
    contract: Contract,
    totals: Totals,
    parts: Sequence[BilledPart],
    invoiced_on: date,
    actor: Actor,
    at: datetime,
) -> tuple[str, JournalEntry]:
    """The next number of the entity's series, and the journal posted under it."""
    entity = contract.legal_entity
    book = ledger.profile_book()
    positions = ledger.contract_positions(
        currencies={contract.pk: contract.currency}, legal_entity_id=entity.pk
    )
    fact = invoice_facts.journal_fact(
        parts,
        contract=contract,
        account_id=proposal.account_id,
        totals=totals,
        recognition=invoice_facts.recognition_by_line(contract.pk),
    )
    number = next_number(entity, invoiced_on, actor)
    entry = invoice_entry(
        header_of(entity, number, proposal.account.name, invoiced_on),
        book,
        fact,
        positions=positions,
    )
    return number, journals.post_entries(drafts=[entry.draft], actor=actor, at=at)[0]


def next_number(entity: LegalEntity, invoiced_on: date, actor: Actor) -> str:
    """The next of the entity's series, without gaps. Raises  SeriesDated."""
    return numbers.document_number(entity, INVOICE_SERIES, "", invoiced_on, actor)


def header_of(entity: LegalEntity, number: str, customer: str, posting_on: date) -> EntryHeader:
    """The head of an invoice's journal."""
    return EntryHeader(
        event=JournalEvent.INVOICE,
        legal_entity_id=entity.pk,
        currency=entity.currency,
        posting_on=posting_on,
        source_kind="invoice",
        source_ref=number,
        description=f"Invoice {number}, {customer}",
    )


_INSERT_LINES = """
INSERT INTO billing_invoiceline (
    id, tenant_id, invoice_id, position, contract_line_id, actual_id, project_id, task_id,
    resource_id, role_id, category_id, transaction_class, work_on, description, minutes, quantity,
    unit, price, net_amount, tax_code_id)
SELECT w.id, p.tenant_id, %s, w.position, p.contract_line_id, p.actual_id, p.project_id, p.task_id,
    p.resource_id, p.role_id, p.category_id, p.transaction_class, p.work_on, p.description,
    p.minutes, p.quantity, p.unit, p.price, w.net, p.tax_code_id
FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])
     WITH ORDINALITY AS w(line_id, id, net, position)
JOIN billing_proposalline p ON p.tenant_id = %s AND p.id = w.line_id
"""


def _insert_lines(invoice: Invoice, charged: Sequence[Line], line_ids: dict[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_LINES,
            [
                invoice.pk,
                [line.line_id for line in charged],
                [line_ids[line.line_id] for line in charged],
                [line.net for line in charged],
                invoice.tenant_id,
            ],
        )


def _release_held(proposal: Proposal, lines: Sequence[Line], at: datetime) -> None:
    """Held work is free again. Billed work stays claimed: its proposal names the invoice."""
    held = [line.actual_id for line in lines if line.is_held and line.actual_id is not None]
    if held:
        claims.release(holder_kind=HOLDER, holder_ids=[proposal.pk], at=at, actual_ids=held)


def _mark_milestones(lines: Sequence[Line]) -> None:
    invoiced = [
        line.posted_source_id
        for line in lines
        if line.is_on_invoice and line.posted_source_kind == MILESTONE
    ]
    if invoiced:
        # Where several pay, it is invoiced with the last of them.
        waiting = ledger.live(
            Actual.objects.filter(
                source_kind=MILESTONE, source_id__in=invoiced,
                actual_type=ActualType.UNBILLED_SALES,
            )
        ).values("source_id")  # fmt: skip
        ContractMilestone.objects.filter(pk__in=invoiced).exclude(pk__in=waiting).update(
            state=ContractMilestone.State.INVOICED
        )
