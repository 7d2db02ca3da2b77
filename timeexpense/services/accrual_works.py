"""From entries to what accrual asks about them: a constant number of queries for any batch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from projects import selectors as projects
from projects.models import Task
from projects.selectors import TeamRole, WorkContext, WorkKey
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import Resource
from psa.core.pricing.rules.types import AgreedRate
from sales.models import Contract
from sales.services.accrual_drafts import ApprovedWork
from timeexpense.models import ExpenseEntry

SOURCE_KINDS = {"time": "time_entry", "expense": "expense_entry"}
KIND_OF = {source: kind for kind, source in SOURCE_KINDS.items()}


class Submitted(NamedTuple):
    """An entry under decision, as plain values. Time has minutes, an expense its amounts."""

    kind: str
    id: int
    resource_id: int
    project_id: int
    task_id: int | None
    work_on: date
    billing_type: str
    description: str
    revision: int
    state: str
    lock_version: int
    level: int = 1
    awaits: str = "project"
    route_id: int | None = None
    role_id: int | None = None
    minutes: int | None = None
    billable_minutes: int | None = None
    category_id: int | None = None
    amount: Decimal = Decimal(0)
    tax_amount: Decimal = Decimal(0)
    currency: str = ""
    payment_method: str = ""

    @property
    def transaction_class(self) -> TransactionClass:
        return TransactionClass.TIME if self.kind == "time" else TransactionClass.EXPENSE


def works_of(entries: Sequence[Submitted]) -> tuple[list[ApprovedWork], dict[int, str]]:
    """What accrual needs of each entry, and by position why an entry cannot be accrued at all."""
    keys = [
        WorkKey(e.project_id, e.task_id, e.transaction_class.value, e.resource_id, e.work_on)
        for e in entries
    ]
    contexts = projects.work_context(keys)
    resources = {
        row[0]: _Person(*row)
        for row in Resource.objects.filter(
            id__in={entry.resource_id for entry in entries}
        ).values_list("id", "org_unit_id", "job_role_id", "seniority", "work_location")
    }
    parents = dict(
        Task.objects.filter(project_id__in={entry.project_id for entry in entries}).values_list(
            "id", "parent_id"
        )
    )
    currencies = dict(
        Contract.objects.filter(
            id__in={context.contract_id for context in contexts.values() if context.contract_id}
        ).values_list("id", "currency")
    )
    paths: dict[int, tuple[int, ...]] = {}
    works: list[ApprovedWork] = []
    refused: dict[int, str] = {}
    for index, (entry, key) in enumerate(zip(entries, keys, strict=True)):
        context = contexts.get(key)
        if context is None:
            refused[index] = "Its task does not belong to its project. Return it to be corrected."
            continue
        path: tuple[int, ...] = ()
        if entry.task_id is not None:
            path = paths.get(entry.task_id) or tuple(_path(entry.task_id, parents))
            paths[entry.task_id] = path
        works.append(_work(entry, context, resources[entry.resource_id], path, currencies))
    return works, refused


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    org_unit_id: int
    job_role_id: int
    seniority: str
    work_location: str

    @property
    def price_facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("resource.seniority", self.seniority),
            ("resource.work_location", self.work_location),
        )


def _path(task_id: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """The task and those above it, nearest first."""
    current: int | None = task_id
    while current is not None:
        yield current
        current = parents.get(current)


def _work(
    entry: Submitted,
    context: WorkContext,
    person: _Person,
    path: tuple[int, ...],
    currencies: Mapping[int, str],
) -> ApprovedWork:
    role_id = entry.role_id or (
        context.team_roles[0].role_id if context.team_roles else person.job_role_id
    )
    is_time = entry.kind == "time"
    event = JournalEvent.TIME_COST
    if not is_time:
        own = entry.payment_method == ExpenseEntry.PaymentMethod.OWN
        event = JournalEvent.EXPENSE_OWN_PAID if own else JournalEvent.EXPENSE_CARD
    return ApprovedWork(
        source_kind=SOURCE_KINDS[entry.kind],
        source_id=entry.id,
        revision=entry.revision,
        transaction_class=entry.transaction_class,
        work_on=entry.work_on,
        project_id=entry.project_id,
        contracting_unit_id=context.contracting_unit_id,
        legal_entity_id=context.legal_entity_id,
        resource_id=entry.resource_id,
        resourcing_unit_id=person.org_unit_id,
        role_id=role_id if is_time else None,
        posting_event=event.value,
        task_id=entry.task_id,
        task_path=path,
        contract_line_id=context.contract_line_id,
        category_id=entry.category_id,
        billing_type=entry.billing_type or context.task_billing_type,
        minutes=entry.minutes,
        billable_minutes=entry.billable_minutes,
        net_cost_amount=None if is_time else entry.amount - entry.tax_amount,
        cost_currency=entry.currency,
        recoverable_tax=entry.tax_amount,
        description=entry.description,
        agreed_bill_rate=_agreed(context, role_id, currencies) if is_time else None,
        price_facts=person.price_facts,
    )


def _agreed(context: WorkContext, role_id: int, currencies: Mapping[int, str]) -> AgreedRate | None:
    """The rate agreed for the person on this team, in the contract's currency."""
    place: TeamRole | None = next(
        (
            role
            for role in context.team_roles
            if role.role_id == role_id and role.bill_rate_override is not None
        ),
        None,
    )
    if place is None or place.bill_rate_override is None or context.contract_id is None:
        return None
    return AgreedRate(
        "team_member",
        place.member_id,
        place.bill_rate_override,
        currencies[context.contract_id],
        place.bill_rate_unit,
    )
