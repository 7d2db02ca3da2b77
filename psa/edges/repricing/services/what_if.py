"""What another price list would do: the rooms' own pricing, with the list among the active ones, in
a transaction that is rolled back. There is no second way of finding a price."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Q, Sum

from projects import selectors as projects
from projects.models import Task, TeamMember
from projects.selectors import WorkKey
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.org.models import JobRole
from psa.core.pricing import selectors as pricing
from psa.core.pricing.models import PriceList
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.visibility import visible_list
from sales.models import QuoteLineDetail
from sales.selectors import visibility
from sales.services import accruals, estimates
from sales.services.accrual_drafts import ApprovedWork
from sales.services.accruals import Accrual
from timeexpense.models import EntryState, TimeEntry
from timeexpense.services import accrual_works
from timeexpense.services.accrual_works import Submitted

from ..rules.comparison import ComparedRow, PricedPart, compared

COST, SALES = "cost", "sales"
NO_ROLE: Final = "No role"
_SALES_TYPES: Final = (ActualType.UNBILLED_SALES, ActualType.PARKED_SALES)
TIME_SOURCE: Final = "time_entry"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows by role, and why some of the work has no price with the other list."""

    title: str
    rows: tuple[ComparedRow, ...]
    refused: int
    reasons: tuple[str, ...]


class _RolledBack(Exception):
    """Ends a what-if: its traces and locks are undone."""


@contextmanager
def rolled_back() -> Iterator[None]:
    """A savepoint of which nothing stays."""
    try:
        with transaction.atomic():
            yield
            raise _RolledBack
    except _RolledBack:
        pass


def reprice_quote(*, list_id: int, quote_id: int, actor: Actor, priced_on: date) -> Comparison:
    """A quote's estimate as it stands, beside the same with the list; overridden rates stay.

    Raises  PermissionDenied, NotFound.
    """
    checked_list(list_id, actor)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id)
    rows = list(
        QuoteLineDetail.objects.filter(line__quote=quote).select_related("line", "role", "category")
    )
    again = [copy(row) for row in rows]
    if rows:
        days = [priced_on, *(row.starts_on for row in rows)]
        book = pricing.trial_book(list_id=list_id, from_on=min(days), until_on=max(days))
        with rolled_back():
            estimates.price_rows(
                quote,
                again,
                overrides=[estimates.as_typed(row) for row in rows],
                priced_on=priced_on,
                book=book,
            )
    lacking = sum(1 for row in again if row.bill_amount is None or row.cost_amount is None)
    return Comparison(
        f"{quote.number}, version {quote.version}",
        tuple(
            compared(_estimate_parts(rows, quote.currency), _estimate_parts(again, quote.currency))
        ),
        lacking,
        (f"{lacking} rows of the estimate have no cost or no price.",) if lacking else (),
    )


def _estimate_parts(rows: Sequence[QuoteLineDetail], currency: str) -> list[PricedPart]:
    parts = []
    for row in rows:
        named = row.role or row.category
        group = named.name if named else row.description or NO_ROLE
        for side, amount in ((COST, row.cost_amount), (SALES, row.bill_amount)):
            if amount is not None:
                parts.append(PricedPart(group, side, currency, amount, row.minutes or 0))
    return parts


def reprice_backlog(*, list_id: int, contract_id: int, actor: Actor, as_of: date) -> Comparison:
    """What is left to do under a contract, priced by the lists as they are and with the list.

    Work is what its projects' plans say is left of each task; it counts on the task's start, or
    today when that is past. A task without role and assignments is shared by the project's team;
    without a team it is left out and counted.
    Raises  PermissionDenied, NotFound.
    """
    checked_list(list_id, actor)
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    works, without_role = _works_left(contract.pk, as_of)
    days = [as_of, *(work.work_on for work in works)]
    now_book = pricing.price_book(from_on=min(days), until_on=max(days))
    then_book = pricing.trial_book(list_id=list_id, from_on=min(days), until_on=max(days))
    now = _accrued(works, actor.tenant_id, now_book)
    then = _accrued(works, actor.tenant_id, then_book)
    reasons = list(dict.fromkeys(one.reason for one in then.refused))
    if without_role:
        reasons.append(f"{without_role} tasks name neither role nor people and are left out.")
    return Comparison(
        f"{contract.number} {contract.name}",
        tuple(compared(_draft_parts(now.drafts), _draft_parts(then.drafts))),
        len(then.refused) + without_role,
        tuple(reasons[:10]),
    )


def _works_left(contract_id: int, as_of: date) -> tuple[list[ApprovedWork], int]:
    leaves = list(
        Task.objects.filter(
            project__contract_id=contract_id, is_summary=False, is_milestone=False,
            is_completed=False, remaining_minutes__gt=0,
        )
        .select_related("project__contracting_unit")
        .prefetch_related("assignments__resource")
        .order_by("id")
    )  # fmt: skip
    teams: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for project_id, *member in (
        TeamMember.objects.filter(project_id__in={task.project_id for task in leaves})
        .order_by("id")
        .values_list("project_id", "resource_id", "role_id", "resource__org_unit_id")
    ):
        teams[project_id].append((member[0], member[1], member[2]))
    shares = [(task, *share) for task in leaves for share in _shares(task, teams[task.project_id])]
    keys = [
        WorkKey(
            task.project_id, task.pk, TransactionClass.TIME.value, resource_id, _day(task, as_of)
        )
        for task, resource_id, _, _, _ in shares
    ]
    contexts = projects.work_context(keys)
    works = [
        ApprovedWork(
            source_kind="what_if",
            source_id=number,
            revision=1,
            transaction_class=TransactionClass.TIME,
            work_on=key.work_on,
            project_id=task.project_id,
            contracting_unit_id=contexts[key].contracting_unit_id,
            legal_entity_id=contexts[key].legal_entity_id,
            resource_id=resource_id,
            resourcing_unit_id=unit_id or contexts[key].contracting_unit_id,
            role_id=role_id,
            posting_event=JournalEvent.TIME_COST.value,
            task_id=task.pk,
            task_path=(task.pk,),
            contract_line_id=contexts[key].contract_line_id,
            billing_type=task.billing_type,
            minutes=minutes,
        )
        for number, ((task, resource_id, role_id, unit_id, minutes), key) in enumerate(
            zip(shares, keys, strict=True), start=1
        )
        if role_id is not None
    ]
    return works, sum(1 for share in shares if share[2] is None)


def _shares(
    task: Task, team: Sequence[tuple[int, int, int]]
) -> list[tuple[int, int | None, int | None, int]]:
    """(resource, role, unit, minutes) of what is left of a task: by its assignments, else by its
    role, else in equal shares by the project's team. The shares are the whole."""
    assigned = [
        (one.resource.pk, task.role_id or one.resource.job_role_id, one.resource.org_unit_id, one.minutes)
        for one in task.assignments.all()
        if one.minutes and one.resource is not None
    ]  # fmt: skip
    if not assigned and (task.role_id is not None or not team):
        return [(0, task.role_id, None, task.remaining_minutes)]
    parts = assigned or [(*member, 1) for member in team]
    whole = sum(weight for *_, weight in parts)
    left = task.remaining_minutes
    shares: list[tuple[int, int | None, int | None, int]] = []
    for place, (resource_id, role_id, unit_id, weight) in enumerate(parts, start=1):
        minutes = left if place == len(parts) else task.remaining_minutes * weight // whole
        left -= minutes
        shares.append((resource_id, role_id, unit_id, minutes))
    return [share for share in shares if share[3]]


def _day(task: Task, as_of: date) -> date:
    return max(task.starts_on, as_of) if task.starts_on else as_of


def _accrued(works: Sequence[ApprovedWork], tenant_id: int, book: PriceBook) -> Accrual:
    found = Accrual([], [], {})
    with rolled_back():
        found = accruals.accrue_without_limits(works=works, tenant_id=tenant_id, book=book)
    return found


def _draft_parts(drafts: Sequence[ActualDraft]) -> list[PricedPart]:
    names = dict(JobRole.objects.values_list("id", "name"))
    return [
        PricedPart(
            names.get(draft.role_id or 0, NO_ROLE),
            COST if draft.type is ActualType.COST else SALES,
            draft.currency,
            draft.amount,
            draft.minutes or 0,
        )
        for draft in drafts
        if draft.type is ActualType.COST or draft.type in _SALES_TYPES
    ]


def approved_ids(*, from_on: date, until_on: date) -> list[int]:
    """Approved time worked between two days (`until_on` is exclusive), in order. One query."""
    rows = TimeEntry.objects.filter(
        state=EntryState.APPROVED, work_on__gte=from_on, work_on__lt=until_on
    )
    return list(rows.order_by("work_on", "id").values_list("id", flat=True))


def reprice_actuals(*, list_id: int, from_id_list: Sequence[int], actor: Actor) -> Comparison:
    """Approved time as it was posted, beside what it would be with the list; set-based.

    Posted are the cost and sales that the entries accrued, recalls taken off; corrections made
    later by hand or at invoicing are not part of it.
    Raises  PermissionDenied, NotFound.
    """
    row = checked_list(list_id, actor)
    entries = [
        Submitted(kind="time", **values)
        for values in TimeEntry.objects.filter(pk__in=list(from_id_list)).order_by("id").values(
            "id", "resource_id", "project_id", "task_id", "work_on", "billing_type", "description",
            "revision", "state", "lock_version", "role_id", "minutes", "billable_minutes",
        )
    ]  # fmt: skip
    if not entries:
        return Comparison(row.name, (), 0, ())
    works, refused = accrual_works.works_of(entries)
    days = [entry.work_on for entry in entries]
    book = pricing.trial_book(list_id=list_id, from_on=min(days), until_on=max(days))
    then = _accrued(works, actor.tenant_id, book)
    reasons = list(dict.fromkeys([*refused.values(), *(one.reason for one in then.refused)]))
    return Comparison(
        row.name,
        tuple(compared(_posted_parts([entry.id for entry in entries]), _draft_parts(then.drafts))),
        len(refused) + len(then.refused),
        tuple(reasons[:10]),
    )


def _posted_parts(entry_ids: Sequence[int]) -> list[PricedPart]:
    names = dict(JobRole.objects.values_list("id", "name"))
    rows = (
        Actual.objects.filter(source_kind=TIME_SOURCE, source_id__in=list(entry_ids))
        .filter(Q(actual_type=ActualType.COST) | Q(actual_type__in=_SALES_TYPES))
        .values_list("role_id", "actual_type", "currency")
        .annotate(total=Sum("amount"), spent=Sum("minutes"))
    )
    return [
        PricedPart(
            names.get(role_id or 0, NO_ROLE),
            COST if actual_type == ActualType.COST else SALES,
            currency,
            Decimal(total),
            spent or 0,
        )
        for role_id, actual_type, currency, total, spent in rows
    ]


def checked_list(list_id: int, actor: Actor) -> PriceList:
    """The list to try, for somebody who manages lists.

    Raises  NotFound, PermissionDenied; DomainError if it has no lines.
    """
    row = visible_list(actor, list_id)
    actor.require(PricingPermission.MANAGE_LISTS)
    if not row.lines.exists():
        raise DomainError(f"“{row.name}” has no lines to try.")
    return row
