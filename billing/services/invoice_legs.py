"""The ledger's side of an invoice's lines: unbilled rows reversed, billed rows added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from moneyed import Money

from billing.models import Proposal, ProposalLine
from billing.rules.confirmation import INVOICE_LINE, legs_for
from billing.rules.types import InvoicedLine, InvoiceFacts, Remainder
from billing.selectors.invoice_facts import BilledPart
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.rules.types import reverse as reversed_draft
from psa.core.ledger.services import links, posting, transfers
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT
from psa.core.tenancy.models import Tenant
from sales.models import Contract

Treatment = ProposalLine.Treatment
BATCH_KIND = "invoice"
# How a row came from another: invoiced, or left over when less was.
BILLED = "billed"
BACKLOG = "backlog"


@dataclass(frozen=True, slots=True)
class Posting:
    """The invoice that is about to be: what its legs name. `line_ids` by proposal line."""

    invoice_id: int
    proposal: Proposal
    contract: Contract
    quote: FxQuote
    invoiced_on: date
    line_ids: dict[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal's line beside the unbilled row that it invoices (None for an added line)."""

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
    task_id: int | None
    resource_id: int | None
    role_id: int | None
    posted_amount: Decimal | None
    posted_minutes: int | None
    posted_price: Decimal | None
    posted_entity_amount: Decimal | None
    posted_source_kind: str | None
    posted_source_id: int | None

    @property
    def is_held(self) -> bool:
        return self.treatment == Treatment.HOLD

    @property
    def is_on_invoice(self) -> bool:
        """Complimentary work is shown at nothing; non-chargeable work is not shown."""
        return self.treatment in (Treatment.CHARGEABLE, Treatment.COMPLIMENTARY)

    @property
    def is_as_posted(self) -> bool:
        """Invoiced whole, at what was approved: nothing to decide, nothing to round."""
        return (
            self.actual_id is not None
            and self.is_on_invoice
            and self.net == self.posted_amount
            and self.minutes == self.posted_minutes
            and self.price == self.posted_price
        )

    @property
    def net(self) -> Decimal:
        return self.amount if self.treatment == Treatment.CHARGEABLE else Decimal(0)


def lines_of(proposal: Proposal) -> list[Line]:
    """In the proposal's order. One query."""
    rows = ProposalLine.objects.filter(proposal=proposal).order_by("position")
    return [
        Line(*row)
        for row in rows.values_list(
            "id", "actual_id", "contract_line_id", "project_id", "category_id",
            "transaction_class", "minutes", "price", "original_amount", "amount", "treatment",
            "remainder", "tax_code_id", "description", "task_id", "resource_id", "role_id",
            "actual__amount", "actual__minutes", "actual__price", "actual__entity_amount",
            "actual__source_kind", "actual__source_id",
        )
    ]  # fmt: skip


def post(what: Posting, lines: Sequence[Line], *, actor: Actor, at: datetime) -> list[BilledPart]:
    """Post the legs of all lines but the held ones; returns each charged line's journal part.

    Lines invoiced as they were approved take one statement together; the others are decided one by
    one by `rules.confirmation.legs_for`, which the statement equals.
    Raises  AlreadyPosted, PeriodClosed, DomainError.
    """
    whole = [line for line in lines if line.is_as_posted]
    if whole:
        transfers.transfer(
            actual_ids=[line.actual_id for line in whole if line.actual_id is not None],
            source_ids=[what.line_ids[line.line_id] for line in whole],
            from_type=ActualType.UNBILLED_SALES,
            to_type=ActualType.BILLED_SALES,
            source_kind=INVOICE_LINE,
            link=BILLED,
            post_on=what.invoiced_on,
            kind=BATCH_KIND,
            actor=actor,
            at=at,
        )
    drafts = _legs(what, [line for line in lines if not line.is_as_posted and not line.is_held])
    if drafts:
        batch = posting.post(
            drafts=drafts, actor=actor, at=at, kind=BATCH_KIND, post_on=what.invoiced_on
        )
        origin = {what.line_ids[line.line_id]: line.actual_id for line in lines}
        links.link_new(
            [
                (origin.get(draft.source_id), BILLED if draft.leg == 1 else BACKLOG, actual_id)
                for draft, actual_id in zip(drafts, batch.actual_ids, strict=True)
                if draft.source_kind == INVOICE_LINE
            ],
            actor=actor,
        )
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
            (
                line.posted_entity_amount
                if line.is_as_posted
                else stored.get(what.line_ids[line.line_id])
            )
            or Decimal(0),
        )
        for line in lines
        if line.is_on_invoice
    ]


def _legs(what: Posting, lines: Sequence[Line]) -> list[ActualDraft]:
    if not lines:
        return []
    posted = ledger.as_drafts([line.actual_id for line in lines if line.actual_id is not None])
    home = Tenant.objects.values_list("currency", flat=True).get(pk=what.contract.tenant_id)
    invoiced, drafts = [], []
    reviewed: dict[int, Line] = {}
    for line in lines:
        line_id = what.line_ids[line.line_id]
        if line.actual_id is None:
            drafts.append(_added(what, line, line_id))
            continue
        fact = posted[line.actual_id]
        if not line.is_on_invoice:
            drafts.append(reversed_draft(line.actual_id, fact))
            continue
        reviewed[line_id] = line
        invoiced.append(
            InvoicedLine(
                invoice_line_id=line_id,
                actual_id=line.actual_id,
                posted=_with_tenant_rate(fact, home),
                invoiced=Money(line.net, what.proposal.currency),
                remainder=Remainder(line.remainder),
                invoiced_minutes=line.minutes if line.minutes != fact.minutes else None,
            )
        )
    for leg in legs_for(InvoiceFacts(what.invoice_id, tuple(invoiced))):
        line_of_leg = reviewed.get(leg.source_id) if leg.source_kind == INVOICE_LINE else None
        if line_of_leg is not None and leg.type is ActualType.BILLED_SALES:
            leg = replace(leg, price=line_of_leg.price)
        drafts.append(leg)
    return drafts


def _with_tenant_rate(posted: ActualDraft, tenant_currency: str) -> ActualDraft:
    """The row stores its tenant value but no tenant rate: its own ratio values the parts."""
    if posted.tenant_amount is None or posted.amount == 0:
        return posted
    ratio = EXACT.divide(posted.tenant_amount, posted.amount)
    return replace(posted, tenant_rate=ratio, tenant_currency=tenant_currency)


def _added(what: Posting, line: Line, line_id: int) -> ActualDraft:
    """A reviewer's discount, credit or fee: billed at once, at the invoice's rate."""
    return ActualDraft(
        type=ActualType.BILLED_SALES,
        work_on=what.invoiced_on,
        legal_entity_id=what.contract.legal_entity_id,
        transaction_class=TransactionClass(line.transaction_class),
        currency=what.proposal.currency,
        amount=line.net,
        source_kind=INVOICE_LINE,
        source_id=line_id,
        contracting_unit_id=what.contract.contracting_unit_id,
        resourcing_unit_id=what.contract.contracting_unit_id,
        project_id=line.project_id,
        contract_id=what.contract.pk,
        contract_line_id=line.contract_line_id,
        account_id=what.proposal.account_id,
        category_id=line.category_id,
        billing_type=BillingType.CHARGEABLE,
        quantity=Decimal(1),
        unit="unit",
        price=line.price,
        list_amount=line.net,
        entity_amount=converted(line.net, what.quote.rate, what.quote.to_currency),
        entity_currency=what.quote.to_currency,
        entity_rate=what.quote.rate,
        entity_rate_on=what.quote.rate_on,
        description=line.description,
    )
