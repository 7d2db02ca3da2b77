"""Confirming: a reviewed proposal becomes a numbered invoice, its actuals and its journal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from moneyed import Money

from billing import policies
from billing.events import BillingEvent
from billing.models import (
    ContractMilestone,
    Invoice,
    InvoiceBalance,
    InvoiceTax,
    Proposal,
    ProposalLine,
)
from billing.permissions import BillingPermission
from billing.rules.confirmation import INVOICE_LINE, legs_for
from billing.rules.types import InvoicedLine, InvoiceFacts, Remainder
from billing.selectors import invoice_facts, visibility
from billing.selectors.invoice_facts import BilledPart, Totals
from billing.services import documents
from billing.services.proposals import HOLDER
from billing.services.readiness import MILESTONE
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.periods import PeriodClosed, check_takes_posting
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import converted, invoice_entry
from psa.core.ledger.rules.types import (
    ActualDraft,
    ActualType,
    BillingType,
    TransactionClass,
)
from psa.core.ledger.rules.types import (
    reverse as reversed_draft,
)
from psa.core.ledger.services import claims, journals, posting
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT
from psa.core.notifications import services as notifications
from psa.core.tenancy.models import Tenant
from sales.models import Contract
from sales.rules.not_to_exceed import Work, split_by_limits
from sales.services import accruals

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
    Held lines stay unbilled and are free for the next proposal.
    Raises  AlreadyConfirmed, ProposalEnded, PeriodClosed, SeriesDated, LimitExceeded,
            NothingToInvoice, TaxRateMissing, RateMissing, PermissionDenied, NotFound.
    Source  docs/rules/billing.md, B-5 and B-13; docs/rules/ledger.md, L-6.
    """
    invoice = post_invoice(proposal_id=proposal_id, invoiced_on=invoiced_on, at=at, actor=actor)
    documents.queue_invoice_pdf(invoice=invoice, actor=actor, at=at)
    _tell_owner(invoice, actor, at)
    return invoice


@transaction.atomic
def post_invoice(*, proposal_id: int, invoiced_on: date, at: datetime, actor: Actor) -> Invoice:
    """`confirm_proposal` without its document, which is then made when it is first opened."""
    actor.require(BillingPermission.CONFIRM)
    seen = visibility.get_proposal(actor=actor, proposal_id=proposal_id)
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=seen.contract_id)
    )
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id, lock=True)
    policies.check_can_become(proposal, Proposal.State.CONFIRMED)
    _check_ready(contract, proposal, invoiced_on)
    lines = _lines_of(proposal)
    _check_limits(contract, proposal, lines)
    quote = invoice_facts.quote_of(contract, contract.legal_entity, invoiced_on)
    charged = [line for line in lines if line.is_on_invoice]
    totals = invoice_facts.totals_of(
        [(line.net, line.tax_code_id) for line in charged],
        currency=proposal.currency,
        tax_on=invoiced_on,
        quote=quote,
    )
    if totals.total <= 0:
        raise NothingToInvoice(
            f"Proposal {proposal.number} comes to {Money(totals.total, proposal.currency)}. "
            "Charge a line, or cancel the proposal."
        )
    invoice_id = _next_ids("billing_invoice", 1)[0]
    line_ids = dict(
        zip(
            (line.line_id for line in lines),
            _next_ids("billing_invoiceline", len(lines)),
            strict=True,
        )
    )
    posted = ledger.as_drafts([line.actual_id for line in lines if line.actual_id is not None])
    drafts = _legs(invoice_id, lines, line_ids, posted, proposal, contract, quote, invoiced_on)
    posting.post(drafts=drafts, actor=actor, at=at, kind="invoice", post_on=invoiced_on)
    invoice = _write(
        invoice_id, proposal, contract, totals, drafts, _parts(charged, line_ids, drafts),
        invoiced_on, actor, at,
    )  # fmt: skip
    _insert_lines(invoice, charged, line_ids)
    _release_held(proposal, lines, at)
    _mark_milestones(lines, posted)
    proposal.state = Proposal.State.CONFIRMED
    proposal.lock_version += 1
    proposal.save(update_fields=["state", "lock_version"])
    return invoice


@dataclass(frozen=True, slots=True)
class _Line:
    line_id: int
    actual_id: int | None
    contract_line_id: int
    project_id: int | None
    category_id: int | None
    transaction_class: str
    minutes: int | None
    price: Decimal
    original: Decimal
    amount: Decimal
    treatment: str
    remainder: str
    tax_code_id: int
    description: str

    @property
    def is_held(self) -> bool:
        return self.treatment == Treatment.HOLD

    @property
    def is_on_invoice(self) -> bool:
        """Complimentary work is shown at nothing; non-chargeable work is not shown."""
        return self.treatment in (Treatment.CHARGEABLE, Treatment.COMPLIMENTARY)

    @property
    def net(self) -> Decimal:
        return self.amount if self.treatment == Treatment.CHARGEABLE else Decimal(0)


def _lines_of(proposal: Proposal) -> list[_Line]:
    rows = ProposalLine.objects.filter(proposal=proposal).order_by("position")
    return [
        _Line(*row)
        for row in rows.values_list(
            "id", "actual_id", "contract_line_id", "project_id", "category_id",
            "transaction_class", "minutes", "price", "original_amount", "amount", "treatment",
            "remainder", "tax_code_id", "description",
        )
    ]  # fmt: skip


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


def _check_limits(contract: Contract, proposal: Proposal, lines: Sequence[_Line]) -> None:
    """What review added beyond what was approved must fit under every limit of the contract."""
    changes = [(line, line.net - line.original) for line in lines if not line.is_held]
    if not any(change > 0 for _, change in changes):
        return
    limits = accruals.limit_room([contract.pk]).get(contract.pk)
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


def _legs(
    invoice_id: int,
    lines: Sequence[_Line],
    line_ids: dict[int, int],
    posted: dict[int, ActualDraft],
    proposal: Proposal,
    contract: Contract,
    quote: FxQuote,
    invoiced_on: date,
) -> list[ActualDraft]:
    invoiced, drafts = [], []
    reviewed: dict[int, _Line] = {}
    home = Tenant.objects.values_list("currency", flat=True).get(pk=contract.tenant_id)
    for line in lines:
        if line.is_held:
            continue
        line_id = line_ids[line.line_id]
        if line.actual_id is None:
            drafts.append(_added(line, line_id, proposal, contract, quote, invoiced_on))
            continue
        fact = posted[line.actual_id]
        if not line.is_on_invoice:
            drafts.append(reversed_draft(line.actual_id, fact))
            continue
        if line.net != fact.amount:
            reviewed[line_id] = line
            fact = _with_tenant_rate(fact, home)
        invoiced.append(
            InvoicedLine(
                invoice_line_id=line_id,
                actual_id=line.actual_id,
                posted=fact,
                invoiced=Money(line.net, proposal.currency),
                remainder=Remainder(line.remainder),
                invoiced_minutes=line.minutes if line.minutes != fact.minutes else None,
            )
        )
    legs = legs_for(InvoiceFacts(invoice_id, tuple(invoiced)))
    for leg in legs:
        line = reviewed.get(leg.source_id) if leg.source_kind == INVOICE_LINE else None
        is_repriced = line is not None and leg.type is ActualType.BILLED_SALES
        drafts.append(replace(leg, price=line.price) if line and is_repriced else leg)
    return drafts


def _with_tenant_rate(posted: ActualDraft, tenant_currency: str) -> ActualDraft:
    """The row stores its tenant value but no tenant rate: its own ratio values the parts."""
    if posted.tenant_amount is None or posted.amount == 0:
        return replace(posted, tenant_amount=None)
    ratio = EXACT.divide(posted.tenant_amount, posted.amount)
    return replace(posted, tenant_rate=ratio, tenant_currency=tenant_currency)


def _added(
    line: _Line,
    line_id: int,
    proposal: Proposal,
    contract: Contract,
    quote: FxQuote,
    invoiced_on: date,
) -> ActualDraft:
    """A reviewer's discount, credit or fee: billed at once, at the invoice's rate."""
    return ActualDraft(
        type=ActualType.BILLED_SALES,
        work_on=invoiced_on,
        legal_entity_id=contract.legal_entity_id,
        transaction_class=TransactionClass(line.transaction_class),
        currency=proposal.currency,
        amount=line.net,
        source_kind=INVOICE_LINE,
        source_id=line_id,
        contracting_unit_id=contract.contracting_unit_id,
        resourcing_unit_id=contract.contracting_unit_id,
        project_id=line.project_id,
        contract_id=contract.pk,
        contract_line_id=line.contract_line_id,
        account_id=proposal.account_id,
        category_id=line.category_id,
        billing_type=BillingType.CHARGEABLE,
        quantity=Decimal(1),
        unit="unit",
        price=line.price,
        list_amount=line.net,
        entity_amount=converted(line.net, quote.rate, quote.to_currency),
        entity_currency=quote.to_currency,
        entity_rate=quote.rate,
        entity_rate_on=quote.rate_on,
        description=line.description,
    )


def _parts(
    charged: Sequence[_Line], line_ids: dict[int, int], drafts: Sequence[ActualDraft]
) -> list[BilledPart]:
    stored = {
        draft.source_id: draft.entity_amount
        for draft in drafts
        if draft.type is ActualType.BILLED_SALES and draft.source_kind == INVOICE_LINE
    }
    return [
        BilledPart(
            line.contract_line_id,
            line.project_id,
            line.category_id,
            line.net,
            stored.get(line_ids[line.line_id]) or Decimal(0),
        )
        for line in charged
    ]


def _write(
    invoice_id: int,
    proposal: Proposal,
    contract: Contract,
    totals: Totals,
    drafts: Sequence[ActualDraft],
    parts: Sequence[BilledPart],
    invoiced_on: date,
    actor: Actor,
    at: datetime,
) -> Invoice:
    """Number, journal, invoice, taxes and open item; the series' locks are the last ones taken."""
    entity = contract.legal_entity
    book = ledger.profile_book()
    positions = ledger.contract_positions(contract_ids=[contract.pk], legal_entity_id=entity.pk)
    recognition = invoice_facts.recognition_by_line(contract.pk)
    frozen = invoice_facts.snapshot(
        contract=contract, account=proposal.account, entity=entity, drafts=drafts, totals=totals
    )
    year = journals.fiscal_year_of(entity, invoiced_on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk,
        document_type=INVOICE_SERIES,
        year=year,
        count=1,
        actor=actor,
        dated_on=invoiced_on,
    )
    number = f"{entity.invoice_prefix}-{year}-{sequence:05d}"
    entry = invoice_entry(
        EntryHeader(
            event=JournalEvent.INVOICE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=invoiced_on,
            source_kind="invoice",
            source_ref=number,
            description=f"Invoice {number}, {proposal.account.name}",
        ),
        book,
        invoice_facts.journal_fact(
            parts,
            contract=contract,
            account_id=proposal.account_id,
            totals=totals,
            recognition=recognition,
        ),
        positions=positions,
    )
    journal = journals.post_entries(drafts=[entry.draft], actor=actor, at=at)[0]
    invoice: Invoice = Invoice.objects.create(
        pk=invoice_id,
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=entity,
        contract=contract,
        account_id=proposal.account_id,
        proposal=proposal,
        issued_on=invoiced_on,
        due_on=invoiced_on + timedelta(days=contract.payment_terms_days),
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
    InvoiceBalance.objects.create(
        tenant_id=actor.tenant_id,
        invoice=invoice,
        open_amount=totals.total,
        open_entity_amount=totals.entity_total,
    )
    for record_type, record_id in (
        ("billing.Invoice", invoice_id),
        ("billing.Proposal", proposal.pk),
    ):
        audit.record(
            actor=actor,
            at=at,
            event=BillingEvent.INVOICE_CONFIRMED,
            record_type=record_type,
            record_id=record_id,
            sentence=f"Confirmed invoice {number}, dated {invoiced_on:%-d %b %Y}",
        )
    return invoice


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


def _insert_lines(invoice: Invoice, charged: Sequence[_Line], line_ids: dict[int, int]) -> None:
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


def _next_ids(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _release_held(proposal: Proposal, lines: Sequence[_Line], at: datetime) -> None:
    """Held work is free again. Billed work stays claimed: its proposal names the invoice."""
    held = [line.actual_id for line in lines if line.is_held and line.actual_id is not None]
    if held:
        claims.release(holder_kind=HOLDER, holder_ids=[proposal.pk], at=at, actual_ids=held)


def _mark_milestones(lines: Sequence[_Line], posted: dict[int, ActualDraft]) -> None:
    invoiced = [
        posted[line.actual_id].source_id
        for line in lines
        if line.actual_id is not None
        and line.is_on_invoice
        and posted[line.actual_id].source_kind == MILESTONE
    ]
    if invoiced:
        ContractMilestone.objects.filter(pk__in=invoiced).update(
            state=ContractMilestone.State.INVOICED
        )


def _tell_owner(invoice: Invoice, actor: Actor, at: datetime) -> None:
    owner_id = invoice.contract.owner_id
    if owner_id == actor.membership_id:
        return
    notifications.notify(
        membership_ids=[owner_id],
        event=BillingEvent.INVOICE_CONFIRMED,
        title=f"Invoice {invoice.number} was confirmed",
        body=f"{invoice.account.name}, contract {invoice.contract.number}",
        path=reverse("billing:invoice", urlconf=settings.TENANT_URLCONF, args=[invoice.pk]),
        at=at,
    )
