"""From a customer to recognised revenue, step by step, by the services that people use.

A step that refuses is named with the reason, in words, and where to mend it. Nothing here is kept:
`rehearsal.rehearse` undoes the transaction that it all happens in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from billing.models import ContractMilestone, InvoiceBalance, Proposal, SkippedContract
from billing.services import approvals as billing_approvals
from billing.services import invoices, payments, proposals, readiness, review
from projects.models import Project, Task
from projects.services import projects, team
from psa.core.errors import DomainError
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import posting_run
from psa.core.org.models import LegalEntity
from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from revenue.services import estimates as revenue_estimates
from sales.models import Account, LineTerms
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.services import accounts, estimates, opportunities, quotes, sending
from sales.services.accounts import AccountFacts
from sales.services.estimates import DetailInput
from sales.services.opportunities import OpportunityFacts
from timeexpense.selectors import expenses as expense_selectors
from timeexpense.services import approvals, expenses, time_entries, weeks
from timeexpense.services.expenses import ExpenseDraft
from timeexpense.services.time_entries import TimeDraft

from .people import Crew, crew_of
from .remedies import Remedy, remedy_for

Method = LineTerms.Method
DAY_MINUTES: Final = 480
FIXED_PRICE: Final = Decimal(10_000)
RETAINER: Final = Decimal(5_000)
EXPENSE_AMOUNT: Final = "10.00"


class StepRefused(Exception):
    """A step of the chain refused: which, why, and what mends it."""

    def __init__(self, step: str, reason: str, remedy: Remedy) -> None:
        super().__init__(step, reason)
        self.step, self.reason, self.remedy = step, reason, remedy


@dataclass(slots=True)
class Chain:
    """One sample on its way: who, when, and what was made so far."""

    entity: LegalEntity
    method: str
    with_expense: bool
    tenant_id: int
    at: datetime
    is_lent: bool = False
    done: list[str] = field(default_factory=list)
    work_on: date = date.min
    crew: Crew | None = None
    project: Project | None = None
    contract_id: int = 0

    @property
    def on(self) -> date:
        return self.at.date()

    @property
    def people(self) -> Crew:
        assert self.crew is not None  # the first step makes them
        return self.crew


@contextmanager
def _step(chain: Chain, name: str) -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        raise StepRefused(name, error.message, remedy_for(name, error)) from error
    chain.done.append(name)


def run(chain: Chain) -> None:
    """All steps of one sample. Raises  StepRefused at the first that fails."""
    chain.work_on = _last_weekday(chain.on)
    with _step(chain, "People"):
        chain.crew = crew_of(
            chain.entity, as_of=chain.on, tenant_id=chain.tenant_id, is_lent=chain.is_lent
        )
    with _step(chain, "Sell"):
        _sell(chain)
    with _step(chain, "Staff"):
        _staff(chain)
    with _step(chain, "Time"):
        _time(chain)
    if chain.with_expense:
        with _step(chain, "Expense"):
            _expense(chain)
    with _step(chain, "Due"):
        _make_due(chain)
    with _step(chain, "Propose"):
        proposal = _propose(chain)
    with _step(chain, "Confirm"):
        invoice_id = _confirm(chain, proposal)
    with _step(chain, "Journal"):
        _journal(chain)
    with _step(chain, "Payment"):
        _pay(chain, invoice_id)
    with _step(chain, "Revenue"):
        _estimate(chain)


def _sell(chain: Chain) -> None:
    """Customer, opportunity, quote with one priced line, sent and won, with its project."""
    crew, actor, at = chain.people, chain.people.maker, chain.at
    account = accounts.create_account(
        facts=AccountFacts(
            name="Preflight customer", country=chain.entity.country,
            currency=chain.entity.currency, kind=Account.Kind.CUSTOMER,
            tax_id=chain.entity.tax_id,
            address="1 Preflight Way", email="preflight@psa.invalid",
            owner_id=actor.membership_id,
        ),
        is_no_duplicate=True, actor=actor, at=at,
    )  # fmt: skip
    opportunity = opportunities.create_opportunity(
        facts=OpportunityFacts(
            name="Preflight", account_id=account.pk, contracting_unit_id=crew.unit.pk,
            currency=chain.entity.currency, close_on=chain.on,
            estimated_amount=FIXED_PRICE,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope="Preflight.", actor=actor, at=at
    )
    line = quotes.add_line(quote_id=quote.pk, terms=_terms(chain), actor=actor, at=at)
    estimates.add_detail(
        line_id=line.pk,
        detail=DetailInput(
            starts_on=chain.work_on, role_id=crew.consultant.job_role_id,
            resourcing_unit_id=crew.consultant.org_unit_id, minutes=10 * DAY_MINUTES,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    if chain.method == Method.FIXED_PRICE:
        quotes.set_milestones(
            line_id=line.pk,
            milestones=[MilestoneInput("Preflight milestone", chain.on, FIXED_PRICE)],
            actor=actor,
            at=at,
        )
    sending.send_quote(quote_id=quote.pk, actor=actor, at=at)
    won = lifecycle.win_quote(
        quote_id=quote.pk,
        pricing_choice="share_lists",
        project=NewProject("Preflight", crew.manager.pk, chain.work_on),
        won_on=chain.work_on,
        actor=actor,
        at=at,
    )
    chain.contract_id = won.contract_id
    chain.project = Project.objects.get(pk=won.project_id)


def _terms(chain: Chain) -> LineTermsInput:
    shared: dict[str, Any] = {
        "name": "Preflight",
        "billing_method": chain.method,
        "starts_on": chain.work_on.replace(day=1),
        "ends_on": _month_end(chain.on + timedelta(days=31)),
    }
    if chain.method == Method.FIXED_PRICE:
        return LineTermsInput(value_amount=FIXED_PRICE, **shared)
    if chain.method == Method.RETAINER:
        return LineTermsInput(
            retainer_amount=RETAINER, retainer_minutes=2400, retainer_overage_policy="bill",
            retainer_underuse_policy="expire", **shared,
        )  # fmt: skip
    return LineTermsInput(transaction_classes=("time", "expense"), **shared)


def _staff(chain: Chain) -> None:
    assert chain.project is not None
    crew, actor, at = chain.people, chain.people.maker, chain.at
    projects.change_status(
        project_id=chain.project.pk, status=Project.Status.IN_DELIVERY, actor=actor, at=at
    )
    team.add_team_member(
        project_id=chain.project.pk, resource_id=crew.consultant.pk, valid_from=chain.work_on,
        actor=actor, at=at,
    )  # fmt: skip


def _time(chain: Chain) -> None:
    """A day entered, handed in, and approved by somebody else."""
    assert chain.project is not None
    task = Task.objects.filter(project=chain.project, is_summary=False).order_by("position").first()
    entered = time_entries.enter_time(
        entries=[
            TimeDraft(
                resource_id=chain.people.consultant.pk, project_id=chain.project.pk,
                task_id=task.pk if task else None, work_on=chain.work_on, minutes=DAY_MINUTES,
                description="Preflight",
            )
        ],
        actor=chain.people.maker, at=chain.at,
    )  # fmt: skip
    [outcome] = entered
    if outcome.entry_id is None:
        raise DomainError(_sentences(outcome.findings) or "The day was refused.")
    handed_in = weeks.submit_entries(
        entry_ids=[outcome.entry_id], actor=chain.people.maker, at=chain.at
    )
    if not all(one.is_submitted for one in handed_in):
        raise DomainError(_sentences([f for one in handed_in for f in one.findings]))
    _approve(chain, "time", outcome.entry_id)


def _expense(chain: Chain) -> None:
    """A small expense of the first category that asks for nothing but a receipt's figures."""
    assert chain.project is not None
    category = (
        expense_selectors.plain_categories().order_by("-receipt_required_over", "code").first()
    )
    if category is None:
        raise DomainError("There is no expense category in use. Add one.")
    actor = chain.people.maker
    report = expenses.create_report(title="Preflight", actor=actor, at=chain.at)
    made = expenses.add_expense(
        report_id=report.pk,
        draft=ExpenseDraft(
            category_id=category.pk, spent_on=chain.work_on, currency=chain.entity.currency,
            amount=EXPENSE_AMOUNT, project_id=chain.project.pk, merchant="Preflight",
            description="Preflight",
        ),
        receipts=[], actor=actor, at=chain.at,
    )  # fmt: skip
    handed_in = expenses.submit_report(report_id=report.pk, actor=actor, at=chain.at)
    if not all(one.is_submitted for one in handed_in):
        raise DomainError(_sentences([f for one in handed_in for f in one.findings]))
    _approve(chain, "expense", made.entry_id)


def _approve(chain: Chain, kind: str, entry_id: int) -> None:
    approval = approvals.approve_entries(
        entries=[(kind, entry_id)], actor=chain.people.checker, at=chain.at
    )
    if approval.refused:
        raise DomainError(approval.refused[0].reason)


def _make_due(chain: Chain) -> None:
    """What becomes due by itself or by a click: a milestone, a month of the retainer."""
    if chain.method == Method.FIXED_PRICE:
        milestone = ContractMilestone.objects.get(contract_line__contract_id=chain.contract_id)
        readiness.mark_milestone_ready(
            milestone_id=milestone.pk, ready_on=chain.on, actor=chain.people.maker, at=chain.at
        )
    if chain.method == Method.RETAINER:
        readiness.post_due_retainer_periods(
            contract_id=chain.contract_id, due_on=chain.on, actor=chain.people.maker, at=chain.at
        )


def _propose(chain: Chain) -> Proposal:
    key = f"preflight {chain.contract_id}"
    found = proposals.propose_invoices(
        contract_id=chain.contract_id, cutoff_on=chain.on, run_key=key, actor=chain.people.maker,
        at=chain.at,
    )  # fmt: skip
    if not found:
        skipped = SkippedContract.objects.filter(run_key=key).values_list("reason", flat=True)
        raise DomainError(next(iter(skipped), "Nothing was proposed."))
    return found[0]


def _confirm(chain: Chain, proposal: Proposal) -> int:
    """Reviewed by one, approved by the other, confirmed: also where no approval is needed."""
    review.start_review(proposal_id=proposal.pk, actor=chain.people.maker, at=chain.at)
    proposal.refresh_from_db()
    billing_approvals.approve_proposal(
        proposal_id=proposal.pk,
        lock_version=proposal.lock_version,
        actor=chain.people.checker,
        at=chain.at,
    )
    invoice = invoices.confirm_proposal(
        proposal_id=proposal.pk, invoiced_on=chain.on, at=chain.at, actor=chain.people.maker
    )
    return int(invoice.pk)


def _journal(chain: Chain) -> None:
    """The posting run over what this sample posted, and nothing else."""
    batches = set(
        Actual.objects.filter(contract_id=chain.contract_id).values_list("batch_id", flat=True)
    )
    posting_run.journal_batches(batch_ids=sorted(batches), actor=chain.people.checker, at=chain.at)
    if chain.is_lent:
        _check_both_sides(chain)


def _check_both_sides(chain: Chain) -> None:
    """Lent work stands in the lender's books and the borrower's, for the same amount."""
    posted = {
        row.actual_type: row
        for row in Actual.objects.filter(contract_id=chain.contract_id, transaction_class="time")
    }
    sold = posted.get(ActualType.INTER_ORGANISATION_SALES)
    cost, lent = posted.get(ActualType.COST), posted.get(ActualType.RESOURCING_UNIT_COST)
    if sold is None or cost is None or lent is None:
        raise DomainError(
            "Work of another legal entity was posted in one entity's books alone. Check the legal "
            "entities of the units."
        )
    if sold.amount != cost.amount or sold.legal_entity_id == cost.legal_entity_id:
        raise DomainError("What is charged for lent work is not what it costs who borrows.")


def _pay(chain: Chain, invoice_id: int) -> None:
    balance = InvoiceBalance.objects.select_related("invoice").get(invoice_id=invoice_id)
    payments.record_payment(
        request_key=f"preflight {invoice_id}", account_id=balance.invoice.account_id,
        legal_entity_id=chain.entity.pk, received_on=chain.on, amount=balance.open_amount,
        currency=balance.invoice.currency, actor=chain.people.checker, at=chain.at,
    )  # fmt: skip


def _estimate(chain: Chain) -> None:
    period = FiscalPeriod.objects.filter(
        legal_entity=chain.entity, starts_on__lte=chain.on, ends_on__gt=chain.on
    ).first()
    if period is None:
        raise DomainError(
            f"{chain.entity.name} has no fiscal period for {chain.on:%-d %b %Y}. Add periods."
        )
    key = f"preflight {chain.contract_id}"
    revenue_estimates.draft_estimates(
        period_id=period.pk, run_key=key, actor=chain.people.checker, at=chain.at
    )


def _sentences(findings: object) -> str:
    return " ".join(str(getattr(one, "sentence", one)) for one in findings)  # type: ignore[attr-defined]


def _last_weekday(on: date) -> date:
    while on.weekday() > 4:
        on -= timedelta(days=1)
    return on


def _month_end(on: date) -> date:
    following = (on.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)
