"""Travel requests, and what the journeys came to beside their estimates."""

from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Min, Q, QuerySet
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from timeexpense import policies
from timeexpense.models import Awaits, ExpenseEntry, TravelRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.expense_validation import AboveEstimate

from . import deciders
from .deciders import Waits
from .expenses import in_own_currency
from .routing import approving_members

State = TravelRequest.State


def visible(actor: Actor) -> "QuerySet[TravelRequest]":
    """One's own, those that one decides on once they are handed in, or all with view_all."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return TravelRequest.objects.all()
    found = Q(resource__membership_id=actor.membership_id)
    if actor.has(TimeExpensePermission.APPROVE):
        found |= _decidable(actor) & ~Q(state=State.DRAFT)
    return TravelRequest.objects.filter(found)


def _decidable(actor: Actor) -> Q:
    return policies.journeys_decided_by(actor.membership_id, *policies.stands_in_for(actor))


def may_decide(row: TravelRequest, actor: Actor) -> bool:
    """Whether the journey is the actor's to decide, by a right of their own or as a deputy."""
    return row.pk in decidable_ids([row.pk], actor)


def decidable_ids(request_ids: Collection[int], actor: Actor) -> set[int]:
    """As `may_decide`, of several. One query, and who the actor stands in for."""
    if policies.is_system(actor):
        return set(request_ids)
    if not actor.has(TimeExpensePermission.APPROVE):
        return set()
    rows = TravelRequest.objects.filter(_decidable(actor), pk__in=request_ids)
    return set(rows.values_list("id", flat=True))


def waiting_for(actor: Actor) -> set[int]:
    """The requests that wait for the actor's decision; their own only if the firm allows that."""
    return set(to_decide(actor).values_list("id", flat=True))


def to_decide(actor: Actor) -> "QuerySet[TravelRequest]":
    """As `waiting_for`, as rows."""
    if policies.is_system(actor) or not actor.has(TimeExpensePermission.APPROVE):
        return TravelRequest.objects.none()
    own_too = org.parameters().self_approval_allowed
    return decidable_journeys(own_too, actor.membership_id, *policies.stands_in_for(actor))


def decidable_journeys(
    own_too: bool, member_id: int, *in_place_of: int
) -> "QuerySet[TravelRequest]":
    """Submitted requests that a member decides on who is the deputy of these others."""
    rows = TravelRequest.objects.filter(
        policies.journeys_decided_by(member_id, *in_place_of), state=State.SUBMITTED
    )
    return rows if own_too else rows.exclude(resource__membership_id=member_id)


@dataclass(frozen=True, slots=True)
class WaitingJourney:
    """One journey that waits for a decision. `has_begun` when there is no longer any before it."""

    id: int
    number: str
    person: str
    role: str
    purpose: str
    destination: str
    project: str
    starts_on: date
    ends_on: date
    estimate: Money
    submitted_at: datetime | None
    has_begun: bool

    @property
    def key(self) -> str:
        return f"travel:{self.id}"


def waiting_journeys(*, actor: Actor, today: date, most: int) -> tuple[WaitingJourney, ...]:
    """The journeys that wait for the actor, the next to begin first. One query."""
    rows = to_decide(actor).select_related("resource__job_role", "project")
    return tuple(
        WaitingJourney(
            row.pk, row.number, row.resource.name,
            row.resource.job_role.name if row.resource.job_role else "",
            row.purpose, row.destination, row.project.name, row.starts_on, row.ends_on,
            Money(row.estimate_amount, row.currency), row.submitted_at, row.starts_on <= today,
        )
        for row in rows.order_by("starts_on", "id")[:most]
    )  # fmt: skip


class Journeys(NamedTuple):
    """Journeys of one person for one project."""

    project_id: int
    resource_id: int
    is_internal: bool

    @property
    def waits(self) -> tuple[Waits, Waits]:
        """For the project's approvers, or for the person's manager."""
        of_project, of_manager = (
            Waits(desk, self.project_id, None, self.resource_id)
            for desk in (Awaits.PROJECT, Awaits.MANAGER)
        )
        return of_project, of_manager


def deciders_of(row: TravelRequest) -> frozenset[int]:
    """The members who may decide on a request, deputies too. Constant queries."""
    journeys = Journeys(row.project_id, row.resource_id, row.project.is_internal)
    return _deciders_of([journeys])[journeys]


def _deciders_of(found: Collection[Journeys]) -> dict[Journeys, frozenset[int]]:
    deciding = deciders.deciders_of({waits for one in found for waits in one.waits})
    able = approving_members()
    members: dict[Journeys, frozenset[int]] = {}
    for one in found:
        of_project, of_manager = one.waits
        own = deciding[of_project]
        if one.is_internal or not own:
            own |= deciding[of_manager]
        members[one] = own & able
    return members


def desks() -> dict[int, tuple[int, datetime]]:
    """How many journeys wait for each approver, and since when. One query, nine where some wait."""
    rows = (
        TravelRequest.objects.filter(state=State.SUBMITTED, submitted_at__isnull=False)
        .order_by()
        .values_list("project_id", "resource_id", "project__is_internal")
        .annotate(Count("id"), Min("submitted_at"))
    )
    waiting = {Journeys(*row[:3]): (row[3], row[4]) for row in rows}
    found: dict[int, tuple[int, datetime]] = {}
    for journeys, members in (_deciders_of(waiting) if waiting else {}).items():
        count, since = waiting[journeys]
        for member_id in members:
            known = found.get(member_id, (0, since))
            found[member_id] = (known[0] + count, min(known[1], since))
    return found


@dataclass(frozen=True, slots=True)
class TravelRow:
    id: int
    number: str
    person: str
    purpose: str
    destination: str
    project: str
    starts_on: date
    ends_on: date
    estimate: Money
    state: str
    can_decide: bool


_Facts = tuple[int, str, str, str, str, str, date, date, Money, str]


def _facts(row: TravelRequest) -> _Facts:
    """What a row of the list says, in its order."""
    return (
        row.pk, row.number, row.resource.name, row.purpose, row.destination, row.project.name,
        row.starts_on, row.ends_on, Money(row.estimate_amount, row.currency), row.state,
    )  # fmt: skip


def request_rows(*, actor: Actor) -> list[TravelRow]:
    """Requests that the actor may see, the newest first. Two queries, four for who approves."""
    waiting = waiting_for(actor)
    return [
        TravelRow(*_facts(row), row.pk in waiting)
        for row in visible(actor).select_related("resource", "project").order_by("-id")[:500]
    ]


def get_request(*, actor: Actor, request_id: int) -> TravelRequest:
    """Raises  NotFound."""
    row: TravelRequest | None = (
        visible(actor)
        .select_related("resource", "project", "decided_by")
        .filter(pk=request_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such travel request, or it is not yours to see.")
    return row


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was spent on a journey, in the currency of its estimate, and the difference to it.

    `unconverted` counts expenses without an exchange rate; they are in no sum.
    """

    spent: Money
    difference: Money
    unconverted: int

    @property
    def is_over(self) -> bool:
        return self.difference.amount > 0


@dataclass(frozen=True, slots=True)
class TravelPage(TravelRow):
    """A request's row, and what its own page says besides."""

    return_reason: str
    decided_by: str
    reports: tuple[tuple[int, str], ...]
    settlement: Settlement | None
    is_editable: bool
    can_take_back: bool


def request_page(*, actor: Actor, request_id: int) -> TravelPage:
    """One request with its settlement so far. Raises  NotFound."""
    row = get_request(actor=actor, request_id=request_id)
    is_mine = row.resource.membership_id == actor.membership_id
    reports = tuple(
        policies.visible_reports(actor)
        .filter(travel_request_id=row.pk)
        .order_by("id")
        .distinct()
        .values_list("id", "number")
    )
    return TravelPage(
        *_facts(row), row.pk in waiting_for(actor), row.return_reason,
        row.decided_by.name if row.decided_by else "", reports,
        settlement(row) if reports else None,
        is_mine and row.state in (State.DRAFT, State.RETURNED),
        is_mine and row.state == State.SUBMITTED,
    )  # fmt: skip


def settlement(row: TravelRequest) -> Settlement:
    """All expenses of the journey's reports against the estimate, each at its day's rate.

    Source  docs/rules/timeexpense.md, T-23.
    """
    entries = list(ExpenseEntry.objects.filter(report__travel_request_id=row.pk))
    converted = in_own_currency(entries, row.currency)
    spent, missing = Decimal(0), 0
    for entry in entries:
        if entry.currency == row.currency:
            spent += entry.amount
        elif entry.pk in converted:
            spent += converted[entry.pk].amount
        else:
            missing += 1
    return Settlement(
        Money(spent, row.currency), Money(spent - row.estimate_amount, row.currency), missing
    )


def above_estimates(entry_ids: Collection[int]) -> dict[int, AboveEstimate]:
    """Those of these expenses with which the journey of their report passes its estimate.

    A journey's expenses are added up in the order they were entered, drafts too, as `settlement`
    does. One query, and three and more where there is a journey: by the currencies of estimates.
    """
    asked = TravelRequest.objects.filter(reports__entries__id__in=entry_ids).distinct()
    journeys = {row.pk: row for row in asked}
    if not journeys:
        return {}
    entries = list(
        ExpenseEntry.objects.filter(report__travel_request_id__in=journeys)
        .select_related("report")
        .order_by("id")
    )
    found: dict[int, AboveEstimate] = {}
    for currency in sorted({row.currency for row in journeys.values()}):
        here = [one for one in entries if journeys[_journey(one)].currency == currency]
        found |= _passing(here, journeys, currency, set(entry_ids))
    return found


def _journey(entry: ExpenseEntry) -> int:
    return entry.report.travel_request_id or 0


def _passing(
    entries: Sequence[ExpenseEntry], journeys: Mapping[int, TravelRequest], currency: str,
    wanted: Container[int],
) -> dict[int, AboveEstimate]:  # fmt: skip
    """As `above_estimates`, of journeys estimated in one currency."""
    converted = in_own_currency(entries, currency)
    spent: dict[int, Decimal] = defaultdict(Decimal)
    found: dict[int, AboveEstimate] = {}
    for entry in entries:
        journey = journeys[_journey(entry)]
        if entry.currency != currency and entry.pk not in converted:
            continue
        own = entry.amount if entry.currency == currency else converted[entry.pk].amount
        spent[journey.pk] += own
        above = spent[journey.pk] - journey.estimate_amount
        if above > 0 and entry.pk in wanted:
            found[entry.pk] = AboveEstimate(
                journey.number, Money(spent[journey.pk], currency), Money(above, currency)
            )
    return found


def approved_of(resource_id: int) -> list[tuple[int, str]]:
    """(id, words) of a person's approved journeys, for a report to be settled on. One query."""
    return [
        (pk, f"{number}, {destination}")
        for pk, number, destination in TravelRequest.objects.filter(
            resource_id=resource_id, state=State.APPROVED
        )
        .order_by("-id")
        .values_list("id", "number", "destination")[:50]
    ]
