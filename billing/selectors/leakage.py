"""What was earned and is not on an invoice yet, wherever it is stuck."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, QuerySet, Sum
from django.urls import reverse

from billing.models import ContractMilestone, RetainerPeriod
from billing.permissions import BillingPermission
from billing.selectors import visibility
from projects.models import Project
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, ActualClaim
from psa.core.ledger.rules.types import ActualType
from psa.core.org.models import Resource
from psa.core.pricing.models import UnpricedEntry
from sales.models import Account, Contract
from timeexpense.models import EntryState, TimeEntry

SUBMIT_DAYS = 7
KINDS = (
    ("unbilled", "Unbilled"),
    ("in_proposal", "In a proposal"),
    ("parked", "Over a limit"),
    ("milestone", "Milestones due"),
    ("retainer", "Retainers due"),
    ("not_charged", "Approved, not charged"),
    ("not_submitted", "Not submitted"),
    ("not_approved", "Not approved"),
    ("unpriced", "No price"),
)


@dataclass(frozen=True, slots=True)
class UnbilledRow:
    """Unbilled work of one contract in one currency, for one payer."""

    contract_id: int
    contract: str
    customer: str
    owner: str
    currency: str
    amount: Decimal
    oldest_on: date
    is_in_proposal: bool


@dataclass(frozen=True, slots=True)
class LeakageRow:
    """One thing that is stuck: its value (or hours), its age, its owner, and the next step."""

    id: int
    kind: str
    what: str
    url: str
    customer: str
    owner: str
    amount: Decimal | None
    currency: str
    minutes: int | None
    since_on: date
    age_days: int
    action: str
    contract_id: int | None = None


def unbilled_by_contract(*, actor: Actor, as_of: date) -> list[UnbilledRow]:
    """Per contract, payer and currency: unbilled amount, oldest work date. Three queries, not per
    row. `customer` is who pays: where several do, each has a proposal of its own.
    """
    contracts = visibility.contracts_visible_to(actor)
    claim = ActualClaim.all_tenants.filter(
        tenant_id=OuterRef("tenant_id"), actual_id=OuterRef("id"), released_at__isnull=True
    )
    rows = (
        ledger.live(
            Actual.objects.filter(
                actual_type=ActualType.UNBILLED_SALES,
                work_on__lte=as_of,
                contract_id__in=contracts.values("pk"),
            )
        )
        .annotate(is_held=Exists(claim))
        .values("contract_id", "account_id", "currency", "is_held")
        .annotate(total=Sum("amount"), oldest=Min("work_on"))
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows if row["total"]]
    known, payers = _contracts({row["contract_id"] for row in found}), _payers(found)
    return [
        UnbilledRow(
            contract_id=row["contract_id"],
            contract=known[row["contract_id"]][0],
            customer=payers.get(row["account_id"]) or known[row["contract_id"]][1],
            owner=known[row["contract_id"]][2],
            currency=row["currency"],
            amount=row["total"],
            oldest_on=row["oldest"],
            is_in_proposal=row["is_held"],
        )
        for row in found
    ]


def leakage(*, actor: Actor, today: date) -> list[LeakageRow]:
    """All kinds of leakage, the oldest first. A fixed number of queries.

    The value is None where the actor does not see the contract's bill rates.
    """
    rows = [
        *_unbilled(actor, today),
        *_by_contract(actor, today, ActualType.PARKED_SALES, "parked"),
        *_milestones(actor, today),
        *_retainers(actor, today),
        *_not_charged(actor, today),
        *_entries(actor, today),
        *_unpriced(actor, today),
    ]
    priced = None
    if not actor.has(PricingPermission.VIEW_BILL_RATES):
        priced = set(
            Contract.objects.filter(
                visibility.priced_contracts(actor, by="pk"),
                pk__in={row.contract_id for row in rows if row.contract_id is not None},
            ).values_list("pk", flat=True)
        )
    if priced is not None:
        rows = [row if row.contract_id in priced else replace(row, amount=None) for row in rows]
    return sorted(rows, key=lambda row: (-row.age_days, row.kind, row.id))


def _contracts(ids: Any) -> dict[int, tuple[str, str, str]]:
    return {
        pk: (f"{number} {name}", customer, owner)
        for pk, number, name, customer, owner in Contract.objects.filter(pk__in=ids).values_list(
            "id", "number", "name", "account__name", "owner__name"
        )
    }


def _payers(rows: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Who pays each row, by account. One query."""
    ids = {row["account_id"] for row in rows}
    return dict(Account.objects.filter(pk__in=ids).values_list("id", "name"))


def _unbilled(actor: Actor, today: date) -> list[LeakageRow]:
    return [
        LeakageRow(
            id=row.contract_id,
            kind="in_proposal" if row.is_in_proposal else "unbilled",
            what=row.contract,
            url=reverse("billing:proposal_list")
            if row.is_in_proposal
            else reverse("billing:run_create") + f"?contract={row.contract_id}",
            customer=row.customer,
            owner=row.owner,
            amount=row.amount,
            currency=row.currency,
            minutes=None,
            since_on=row.oldest_on,
            age_days=(today - row.oldest_on).days,
            action="Review the proposal" if row.is_in_proposal else "Draft the invoice",
            contract_id=row.contract_id,
        )
        for row in unbilled_by_contract(actor=actor, as_of=today)
    ]


def _by_contract(actor: Actor, today: date, kind: ActualType, name: str) -> list[LeakageRow]:
    rows = (
        Actual.objects.filter(
            actual_type=kind,
            contract_id__in=visibility.contracts_visible_to(actor).values("pk"),
        )
        .values("contract_id", "account_id", "currency")
        .annotate(total=Sum("amount"), oldest=Min("work_on"))
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows if row["total"]]
    known, payers = _contracts({row["contract_id"] for row in found}), _payers(found)
    return [
        LeakageRow(
            id=row["contract_id"],
            kind=name,
            what=known[row["contract_id"]][0],
            url=reverse("sales:contract", args=[row["contract_id"]]),
            customer=payers.get(row["account_id"]) or known[row["contract_id"]][1],
            owner=known[row["contract_id"]][2],
            amount=row["total"],
            currency=row["currency"],
            minutes=None,
            since_on=row["oldest"],
            age_days=(today - row["oldest"]).days,
            action="Raise the limit",
            contract_id=row["contract_id"],
        )
        for row in found
    ]


def _milestones(actor: Actor, today: date) -> list[LeakageRow]:
    rows = (
        visibility.milestones_visible_to(actor)
        .filter(
            state=ContractMilestone.State.NOT_STARTED,
            due_on__lte=today,
            contract_line__contract__status=Contract.Status.CONFIRMED,
        )
        .values_list(
            "id", "name", "contract_line__contract__number",
            "contract_line__contract__account__name", "contract_line__contract__owner__name",
            "amount", "contract_line__contract__currency", "due_on", "contract_line__contract_id",
        )
    )  # fmt: skip
    return [
        LeakageRow(
            pk, "milestone", f"{number} {name}", reverse("billing:milestone_list"), customer, owner,
            amount, currency, None, due_on, (today - due_on).days, "Mark it ready",
            contract_id,
        )
        for pk, name, number, customer, owner, amount, currency, due_on, contract_id in rows
    ]  # fmt: skip


def _retainers(actor: Actor, today: date) -> list[LeakageRow]:
    rows = RetainerPeriod.objects.filter(
        is_released=False,
        starts_on__lte=today,
        contract_line__contract__in=visibility.contracts_visible_to(actor).values("pk"),
        contract_line__contract__status=Contract.Status.CONFIRMED,
    ).values_list(
        "id", "contract_line__name", "contract_line__contract_id",
        "contract_line__contract__account__name", "contract_line__contract__owner__name",
        "amount", "contract_line__contract__currency", "starts_on",
    )  # fmt: skip
    return [
        LeakageRow(
            pk, "retainer", f"{name}, {on:%B %Y}",
            reverse("sales:contract", args=[contract_id]), customer, owner, amount, currency, None,
            on, (today - on).days, "Open the contract", contract_id,
        )
        for pk, name, contract_id, customer, owner, amount, currency, on in rows
    ]  # fmt: skip


def _not_charged(actor: Actor, today: date) -> list[LeakageRow]:
    """Approved work of the last quarter that was given away: its value by list, per contract."""
    rows = (
        ledger.live(
            Actual.objects.filter(
                actual_type=ActualType.UNBILLED_SALES,
                amount=0,
                list_amount__gt=0,
                work_on__gte=today - timedelta(days=90),
                contract_id__in=visibility.contracts_visible_to(actor).values("pk"),
            )
        )
        .values("contract_id", "account_id", "currency")
        .annotate(total=Sum("list_amount"), worked=Sum("minutes"), oldest=Min("work_on"))
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows]
    known, payers = _contracts({row["contract_id"] for row in found}), _payers(found)
    return [
        LeakageRow(
            row["contract_id"], "not_charged", known[row["contract_id"]][0],
            reverse("sales:contract", args=[row["contract_id"]]),
            payers.get(row["account_id"]) or known[row["contract_id"]][1],
            known[row["contract_id"]][2], row["total"], row["currency"], row["worked"],
            row["oldest"], (today - row["oldest"]).days, "Look at the contract", row["contract_id"],
        )
        for row in found
    ]  # fmt: skip


def _projects(actor: Actor) -> "QuerySet[Project]":
    rows = Project.objects.filter(is_internal=False)
    if actor.has(BillingPermission.VIEW):
        return rows
    return rows.filter(contract__in=visibility.contracts_visible_to(actor).values("pk"))


def _entries(actor: Actor, today: date) -> list[LeakageRow]:
    """Hours on customers' projects that nobody submitted, or nobody approved, in time."""
    rows = (
        TimeEntry.objects.filter(
            state__in=(EntryState.DRAFT, EntryState.SUBMITTED),
            work_on__lte=today - timedelta(days=SUBMIT_DAYS),
            project__in=_projects(actor).values("pk"),
        )
        .values("state", "project_id", "resource_id")
        .annotate(
            worked=Sum("minutes"),
            oldest=Min("work_on"),
            project_name=F("project__name"),
            customer=F("project__account__name"),
            manager=F("project__manager__name"),
            person=F("resource__name"),
        )
    )
    return [
        LeakageRow(
            id=row["resource_id"],
            kind="not_submitted" if row["state"] == EntryState.DRAFT else "not_approved",
            what=f"{row['person']}, {row['project_name']}",
            url=reverse("projects:project", args=[row["project_id"]]),
            customer=row["customer"] or "",
            owner=row["person"] if row["state"] == EntryState.DRAFT else row["manager"],
            amount=None,
            currency="",
            minutes=row["worked"],
            since_on=row["oldest"],
            age_days=(today - row["oldest"]).days,
            action="Ask for the time" if row["state"] == EntryState.DRAFT else "Ask for approval",
        )
        for row in rows
    ]


def _unpriced(actor: Actor, today: date) -> list[LeakageRow]:
    rows = list(
        UnpricedEntry.objects.filter(
            resolved_at__isnull=True, project_id__in=_projects(actor).values("pk")
        )
        .values("project_id", "resource_id")
        .annotate(oldest=Min("work_on"))
    )
    projects = {
        pk: (name, customer, manager)
        for pk, name, customer, manager in Project.objects.filter(
            pk__in={row["project_id"] for row in rows}
        ).values_list("id", "name", "account__name", "manager__name")
    }
    people = _people({row["resource_id"] for row in rows if row["resource_id"]})
    return [
        LeakageRow(
            id=row["project_id"],
            kind="unpriced",
            what=f"{people.get(row['resource_id'], 'Work')}, {projects[row['project_id']][0]}",
            url=reverse("projects:project", args=[row["project_id"]]),
            customer=projects[row["project_id"]][1] or "",
            owner=projects[row["project_id"]][2],
            amount=None,
            currency="",
            minutes=None,
            since_on=row["oldest"],
            age_days=(today - row["oldest"]).days,
            action="Add the price",
        )
        for row in rows
    ]


def _people(ids: Sequence[int] | set[int]) -> dict[int, str]:
    return dict(Resource.objects.filter(pk__in=ids).values_list("id", "name"))


def unbilled_of_month(*, actor: Actor, today: date) -> bool:
    """Whether billable work of the month so far is not invoiced yet. One query."""
    rows = Actual.objects.filter(
        actual_type=ActualType.UNBILLED_SALES,
        work_on__gte=today.replace(day=1),
        work_on__lte=today,
        contract_id__in=visibility.contracts_visible_to(actor).values("pk"),
    )
    return ledger.live(rows).filter(amount__gt=0).exists()
