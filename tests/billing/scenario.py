"""Unbilled work to invoice: posted through the ledger's own door, so that no other room is needed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing.models import Invoice, Proposal
from billing.services import invoices, proposals
from psa.core.actor import Actor
from psa.core.ledger.models import Actual, JournalLine
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from psa.core.money.rounding import amount_for_minutes
from sales.models import ContractLine
from tests.factories import Engagement, Firm, make_engagement, make_firm

AT = datetime(2026, 7, 9, 10, tzinfo=UTC)
CUTOFF = date(2026, 6, 30)
INVOICED_ON = date(2026, 7, 1)
_sources = iter(range(1, 10_000_000))


@dataclass
class Case:
    """A firm with an engagement, and Bill who bills and Fay who does finance."""

    firm: Firm
    work: Engagement

    @property
    def bill(self) -> Actor:
        return self.firm.actors["bill"]

    @property
    def fay(self) -> Actor:
        return self.firm.actors["fay"]

    def scope(self):
        return self.firm.scope()


def make_case(slug: str = "acme", **engagement: object) -> Case:
    firm = make_firm(slug)
    with firm.scope():
        return Case(firm, make_engagement(firm, **engagement))  # type: ignore[arg-type]


def time_draft(
    case: Case,
    *,
    on: date = date(2026, 6, 15),
    minutes: int = 480,
    price: Decimal = Decimal("125"),
    line: ContractLine | None = None,
    resource: str = "ben",
    description: str = "Integration design",
) -> ActualDraft:
    """A day of Ben's at 125.00 an hour on the time-and-material line: 1,000.00."""
    contract = case.work.contract
    line = line or case.work.time_line
    amount = amount_for_minutes(minutes, price, "hour", Decimal(8), contract.currency).amount
    person = case.firm.resources[resource]
    return ActualDraft(
        type=ActualType.UNBILLED_SALES,
        work_on=on,
        legal_entity_id=contract.legal_entity_id,
        transaction_class=TransactionClass.TIME,
        currency=contract.currency,
        amount=amount,
        source_kind="time",
        source_id=next(_sources),
        contracting_unit_id=contract.contracting_unit_id,
        resourcing_unit_id=person.org_unit_id,
        project_id=case.work.project.pk,
        task_id=case.work.build.pk,
        contract_id=contract.pk,
        contract_line_id=line.pk,
        account_id=contract.account_id,
        resource_id=person.pk,
        role_id=person.job_role_id,
        billing_type=BillingType.CHARGEABLE,
        minutes=minutes,
        unit="hour",
        price=price,
        list_amount=amount,
        description=description,
    )


def post_days(case: Case, count: int = 3, **values: object) -> list[int]:
    """`count` days from Monday 15 June on; returns the actuals' ids."""
    drafts = [
        time_draft(case, on=date(2026, 6, 15) + timedelta(days=n % 5), **values)  # type: ignore[arg-type]
        for n in range(count)
    ]
    return posting.post(drafts=drafts, actor=case.fay, at=AT, kind="approval").actual_ids


def propose(case: Case, *, run_key: str = "run 1", cutoff_on: date = CUTOFF) -> list[Proposal]:
    return proposals.propose_invoices(
        contract_id=case.work.contract.pk,
        cutoff_on=cutoff_on,
        run_key=run_key,
        actor=case.bill,
        at=AT,
    )


def confirm(case: Case, proposal: Proposal, *, on: date = INVOICED_ON) -> Invoice:
    return invoices.post_invoice(proposal_id=proposal.pk, invoiced_on=on, at=AT, actor=case.bill)


def sums(case: Case) -> dict[str, Decimal]:
    """Type of actual → sum in the contract's currency."""
    totals: dict[str, Decimal] = {}
    for kind, amount in Actual.objects.filter(contract_id=case.work.contract.pk).values_list(
        "actual_type", "amount"
    ):
        totals[kind] = totals.get(kind, Decimal(0)) + amount
    return totals


def journal_of(entry_id: int) -> list[tuple[str, Decimal]]:
    """(account code, debit − credit), in the entry's order."""
    return [
        (code, debit - credit)
        for code, debit, credit in JournalLine.objects.filter(entry_id=entry_id)
        .order_by("position")
        .values_list("account__code", "debit", "credit")
    ]
