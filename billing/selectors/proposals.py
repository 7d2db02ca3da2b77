"""Proposals as lists and the review page show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from moneyed import Money

from billing import policies
from billing.models import Proposal, ProposalLine
from billing.permissions import BillingPermission
from billing.rules.approval import ReviewedLine
from billing.selectors import approvals, invoice_facts, tax_codes, visibility
from billing.selectors.limits import LimitMeter, OrderMeter, meter_of, order_meter_of
from billing.selectors.proposal_views import (
    GroupView,
    LineView,
    RowView,
    TotalsView,
    total_minutes,
)
from projects.models import Project, Task
from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.periods import PeriodFact, period_of
from psa.core.ledger.rules.types import PeriodState
from psa.core.org.models import JobRole, Resource, TransactionCategory
from psa.core.web.activity import ActivityEntry
from sales.models import ContractLine

Treatment = ProposalLine.Treatment
GROUPINGS = ("role", "person", "task")
FLAGS = {
    "no_receipt": "No receipt",
    "weekend": "Weekend",
    "duplicate": "Possible duplicate",
    "blank_description": "No description",
    "late_entry": "Booked late",
}
CLASS_NAMES = {"time": "Time", "expense": "Expenses", "material": "Materials", "fee": "Fees"}


def proposals(*, actor: Actor) -> QuerySet[Any]:
    """The rows of the list of proposals; `shown_net` None where the actor does not see the rates."""
    charged = Q(lines__treatment=Treatment.CHARGEABLE)
    return (
        visibility.proposals_visible_to(actor)
        .annotate(
            net=Sum("lines__amount", filter=charged),
            line_count=Count("lines"),
            flag_count=Count("lines", filter=~Q(lines__flags=[])),
        )
        .annotate(shown_net=visibility.priced(actor, "net"))
        .values(
            "id", "number", "state", "account__name", "contract__number", "contract_id",
            "cutoff_on", "currency", "shown_net", "line_count", "flag_count", "reviewed_by__name",
            "created_at",
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """The whole review page."""

    proposal: Proposal
    title: str
    projects: tuple[tuple[int, str], ...]
    grouping: str
    groups: tuple[GroupView, ...]
    totals: TotalsView
    limit: LimitMeter | None
    order: OrderMeter | None
    line_count: int
    not_charged_count: int
    minutes: int | None
    sees_rates: bool
    can_review: bool
    can_confirm: bool
    can_approve: bool
    approval_reasons: tuple[str, ...]
    period_help: str
    due_days: int
    due_on: date
    series: str
    invoice: tuple[int, str] | None
    contract_lines: tuple[tuple[int, str], ...]
    activity: tuple[ActivityEntry, ...] = field(default=())

    @property
    def flag_count(self) -> int:
        return sum(len(g.rows) for g in self.groups if g.is_flagged)


def proposal_page(
    *, actor: Actor, proposal_id: int, grouping: str, open_key: str, invoiced_on: date
) -> ProposalPage:
    """The proposal with its lines grouped, its totals at `invoiced_on`, and what may be done.

    A fixed number of queries, however many lines. Raises  NotFound.
    """
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id)
    sees_rates = visibility.sees_bill_rates(actor, proposal.contract_id)
    grouping = grouping if grouping in GROUPINGS else "role"
    rows = list(ProposalLine.objects.filter(proposal=proposal).order_by("position"))
    names = _Names(rows)
    views = {row.pk: _view(row, names, sees_rates) for row in rows}
    is_editable = proposal.state in policies.OPEN
    reasons = _approval_reasons(proposal, rows, invoiced_on) if is_editable else ()
    invoice = proposal.invoices.values_list("id", "number").first()
    return ProposalPage(
        proposal=proposal,
        title=f"{proposal.account.name}, {proposal.cutoff_on:%B %Y}",
        projects=tuple(names.projects.items()),
        grouping=grouping,
        groups=_groups(rows, views, names, grouping, open_key),
        totals=_totals(proposal, rows, invoiced_on),
        limit=meter_of(proposal, rows),
        order=order_meter_of(proposal, rows),
        line_count=len(rows),
        not_charged_count=sum(row.treatment != Treatment.CHARGEABLE for row in rows),
        minutes=total_minutes(views.values()),
        sees_rates=sees_rates,
        can_review=is_editable and actor.has(BillingPermission.REVIEW),
        can_confirm=is_editable and actor.has(BillingPermission.CONFIRM),
        can_approve=bool(reasons)
        and actor.has(BillingPermission.APPROVE)
        and proposal.reviewed_by_id != actor.membership_id,
        approval_reasons=reasons,
        period_help=_period_help(proposal, invoiced_on),
        due_days=proposal.contract.payment_terms_days,
        due_on=invoiced_on + timedelta(days=proposal.contract.payment_terms_days),
        series=proposal.legal_entity.invoice_prefix,
        invoice=invoice,
        contract_lines=tuple(
            ContractLine.objects.filter(contract_id=proposal.contract_id)
            .order_by("position")
            .values_list("id", "name")
        ),
        activity=activity("billing.Proposal", proposal.pk),
    )


def _approval_reasons(
    proposal: Proposal, rows: Sequence[ProposalLine], invoiced_on: date
) -> tuple[str, ...]:
    """Why somebody has to approve it; () once somebody did, or without a rule."""
    if proposal.state == Proposal.State.APPROVED:
        return ()
    lines = [
        ReviewedLine(row.original_amount, row.amount if is_charged(row) else Decimal(0))
        for row in rows
        if row.treatment != Treatment.HOLD
    ]
    net = sum((line.invoiced for line in lines), Decimal(0))
    try:
        return approvals.why_needs_approval(
            net=Money(net, proposal.currency), lines=lines, on=invoiced_on
        )
    except DomainError as error:
        return (error.message,)


def is_charged(row: ProposalLine) -> bool:
    return bool(row.treatment == Treatment.CHARGEABLE)


def open_siblings(*, actor: Actor, proposal: Proposal) -> list[tuple[int, str]]:
    """Other open proposals that lines of this one may move to. One query."""
    return list(
        visibility.proposals_visible_to(actor)
        .filter(
            contract_id=proposal.contract_id,
            account_id=proposal.account_id,
            state__in=policies.OPEN,
        )
        .exclude(pk=proposal.pk)
        .order_by("number")
        .values_list("id", "number")
    )


def activity(record_type: str, record_id: int) -> tuple[ActivityEntry, ...]:
    """The newest entries of the trail, as pages show them."""
    return tuple(
        ActivityEntry(who=row.actor_name, what=_lower_first(row.sentence), at=row.at)
        for row in audit.activity_of(record_type=record_type, record_id=record_id)
    )


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


class _Names:
    """Names of everything that the lines point at; one query a kind."""

    def __init__(self, rows: Sequence[ProposalLine]) -> None:
        self.projects = _named(Project, (row.project_id for row in rows))
        self.tasks = _named(Task, (row.task_id for row in rows))
        self.people = _named(Resource, (row.resource_id for row in rows))
        self.roles = _named(JobRole, (row.role_id for row in rows))
        self.categories = _named(TransactionCategory, (row.category_id for row in rows))


def _named(model: Any, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {pk for pk in ids if pk is not None}
    if not wanted:
        return {}
    return dict(model.objects.filter(pk__in=wanted).values_list("id", "name"))


def _view(row: ProposalLine, names: _Names, sees_rates: bool) -> LineView:
    is_charged = row.treatment == Treatment.CHARGEABLE
    if row.transaction_class == "time":
        what = names.tasks.get(row.task_id or 0) or row.description
    else:
        what = row.description or names.categories.get(row.category_id or 0, "")
    return LineView(
        id=row.pk,
        position=row.position,
        is_added=row.actual_id is None,
        person=names.people.get(row.resource_id or 0, ""),
        what=what,
        description=row.description,
        worked_on=row.work_on,
        minutes=row.minutes,
        quantity=plain_quantity(row.quantity),
        price=row.price if sees_rates else None,
        original=(row.original_amount if row.actual_id else row.amount) if sees_rates else None,
        invoiced=(row.amount if is_charged else Decimal(0)) if sees_rates else None,
        treatment=row.treatment,
        treatment_label=row.get_treatment_display(),
        reason=row.reason,
        flags=tuple(FLAGS.get(flag, flag) for flag in row.flags),
    )


def plain_quantity(value: Decimal | None) -> Decimal | None:
    """The quantity without its trailing zeros."""
    if value is None:
        return None
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def _groups(
    rows: Sequence[ProposalLine],
    views: dict[int, LineView],
    names: _Names,
    grouping: str,
    open_key: str,
) -> tuple[GroupView, ...]:
    grouped: dict[str, dict[str, list[LineView]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        label = "" if row.flags else _group_label(row, names, grouping)
        grouped[label][_row_key(row)].append(views[row.pk])
    labels = sorted(grouped, key=lambda label: (label != "", label in CLASS_NAMES.values(), label))
    return tuple(
        GroupView(
            label=label or "Look at these first",
            rows=tuple(
                RowView(key, tuple(lines), key == open_key)
                for key, lines in sorted(
                    grouped[label].items(),
                    key=lambda item: (item[1][0].person, item[1][0].what, item[1][0].worked_on),
                )
            ),
            is_flagged=not label,
        )
        for label in labels
    )


def _group_label(row: ProposalLine, names: _Names, grouping: str) -> str:
    if row.transaction_class != "time":
        return CLASS_NAMES.get(row.transaction_class, "Other")
    found = {
        "role": names.roles.get(row.role_id or 0),
        "person": names.people.get(row.resource_id or 0),
        "task": names.tasks.get(row.task_id or 0),
    }[grouping]
    return found or f"No {grouping}"


def _row_key(row: ProposalLine) -> str:
    """Lines with one key are one row; a changed or added line stands alone."""
    if row.transaction_class != "time" or row.amount != row.original_amount:
        return f"l{row.pk}"
    flags = "".join(flag[0] for flag in row.flags)
    price = format(row.price.normalize(), "f")
    return f"{row.resource_id}-{row.task_id}-{row.role_id}-{price}-{row.treatment}-{flags}"


def _totals(proposal: Proposal, rows: Sequence[ProposalLine], invoiced_on: date) -> TotalsView:
    approved = sum((row.original_amount for row in rows), Decimal(0))
    given: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.treatment != Treatment.CHARGEABLE:
            given[row.get_treatment_display()] -= row.original_amount
        elif row.actual_id is None:
            given["Added in review"] += row.amount
        elif row.amount != row.original_amount:
            given["Changed in review"] += row.amount - row.original_amount
    net = approved + sum(given.values(), Decimal(0))
    deductions = tuple((label, amount) for label, amount in given.items() if amount)
    charged = [row for row in rows if row.treatment == Treatment.CHARGEABLE]
    if not charged:
        return TotalsView(approved, deductions, net, (), net)
    try:
        quote = invoice_facts.quote_of(proposal.contract, proposal.legal_entity, invoiced_on)
        if proposal.account.is_department:
            totals = invoice_facts.untaxed_totals(
                sum((row.amount for row in charged), Decimal(0)), quote
            )
        else:
            totals = invoice_facts.totals_of(
                [(row.amount, row.tax_code_id) for row in charged],
                currency=proposal.currency,
                tax_on=invoiced_on,
                quote=quote,
            )
    except DomainError as error:
        return TotalsView(approved, deductions, net, (), net, error.message)
    taxes = tuple(
        (tax_codes.label(part.name, part.tax_percent), part.tax.amount)
        for group in totals.groups
        for part in group.components
    )
    return TotalsView(approved, deductions, net, taxes, totals.total)


def _period_help(proposal: Proposal, invoiced_on: date) -> str:
    calendar: list[PeriodFact] = ledger.periods_by_entity([proposal.legal_entity_id]).get(
        proposal.legal_entity_id, []
    )
    try:
        period = period_of(calendar, invoiced_on)
    except DomainError as error:
        return error.message
    if period.state is PeriodState.OPEN:
        return f"{invoiced_on:%B %Y} is open for billing"
    return f"{invoiced_on:%B %Y} is {period.state.replace('_', ' ')}; choose a later date"
