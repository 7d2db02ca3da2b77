"""Pages around approving: rules, deputies, who has how much waiting, and what became of a set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from django.db.models import Case, Q, QuerySet, Value, When
from moneyed import Money

from psa.core.access.models import Membership, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.jobs.models import JobRun
from psa.core.notifications.services import zone_of
from timeexpense import policies
from timeexpense.models import (
    ApprovalDecision,
    ApprovalDelegation,
    ApprovalRoute,
    ExpenseEntry,
    TimeEntry,
)
from timeexpense.permissions import TimeExpensePermission

from . import deciders, travel
from .deadlines import cutoff_passed
from .routing import approving_members

PAGE: Final = 200
KINDS: Final = {"": "Time and expenses", "time": "Time", "expense": "Expenses"}
EntryKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A routing rule in words."""

    id: int
    name: str
    level: int
    position: int
    what: str
    decided_by: str
    is_active: bool


def route_rows() -> list[RouteRow]:
    """All rules, in the order in which they are asked. Two queries."""
    roles = dict(Role.objects.values_list("code", "name"))
    rows = ApprovalRoute.objects.select_related(
        "category", "org_unit", "legal_entity", "approver"
    ).order_by("level", "position", "id")
    return [
        RouteRow(
            row.pk, row.name, row.level, row.position, _said(row),
            row.approver.name if row.approver else roles.get(row.approver_role, row.approver_role),
            row.is_active,
        )
        for row in rows
    ]  # fmt: skip


def _said(row: ApprovalRoute) -> str:
    parts = [KINDS.get(row.entry_kind, row.entry_kind)]
    if row.amount_over is not None:
        parts.append(f"over {row.amount_over:,.2f}")
    parts += [str(one.name) for one in (row.category, row.org_unit, row.legal_entity) if one]
    return ", ".join(parts)


def get_route(*, route_id: int) -> ApprovalRoute:
    """Raises  NotFound."""
    row: ApprovalRoute | None = ApprovalRoute.objects.filter(pk=route_id).first()
    if row is None:
        raise NotFound("There is no such routing rule.")
    return row


def approvers_of(actor: Actor) -> "QuerySet[Membership]":
    """The approvers whose deputies the actor names: themselves, their people, or all."""
    able = Membership.objects.filter(id__in=approving_members(), is_active=True).order_by("name")
    if actor.has(AccessPermission.MANAGE_PARAMETERS):
        return able
    reports = policies.reports_of(actor.membership_id).values("membership_id")
    return able.filter(Q(id=actor.membership_id) | Q(id__in=reports))


def delegations(actor: Actor) -> "QuerySet[ApprovalDelegation]":
    """Deputyships that the actor names, or holds."""
    rows = ApprovalDelegation.objects.select_related("approver", "delegate")
    if actor.has(AccessPermission.MANAGE_PARAMETERS):
        return rows
    reports = policies.reports_of(actor.membership_id).values("membership_id")
    return rows.filter(
        Q(approver_id=actor.membership_id)
        | Q(delegate_id=actor.membership_id)
        | Q(approver_id__in=reports)
    )


def deputy_rows(*, actor: Actor, at: datetime) -> "QuerySet[ApprovalDelegation]":
    """`delegations` with `stands`: now, coming or over."""
    return delegations(actor).annotate(
        stands=Case(
            When(is_active=True, then=Value("now")),
            When(starts_at__gt=at, then=Value("coming")),
            default=Value("over"),
        )
    )


def get_delegation(*, actor: Actor, delegation_id: int) -> ApprovalDelegation:
    """Raises  NotFound."""
    row: ApprovalDelegation | None = delegations(actor).filter(pk=delegation_id).first()
    if row is None:
        raise NotFound("There is no such deputy, or they are not yours to see.")
    return row


@dataclass(frozen=True, slots=True)
class DeskRow:
    """What waits for one approver: entries, and journeys to come."""

    id: int
    name: str
    count: int
    journeys: int
    past_cutoff: int
    oldest_on: date | None
    waiting_since: datetime


def desk_rows(*, actor: Actor, at: datetime, zone: str) -> list[DeskRow]:
    """What waits for the actor and for their people, or with view_all for everybody.

    Those with most past the cut-off first. Thirty queries at most, whatever the number.
    """
    return _desks(
        Membership.objects.filter(_seen_desks(actor)),
        before=cutoff_passed(at=at, zone=zone_of(zone)),
    )


def _seen_desks(actor: Actor) -> Q:
    """The approvers whose desks the actor sees."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return Q()
    reports = policies.reports_of(actor.membership_id).values("membership_id")
    return Q(id=actor.membership_id) | Q(id__in=reports)


def _desks(members: "QuerySet[Membership]", *, before: date) -> list[DeskRow]:
    waiting = deciders.desks()
    late = deciders.desks(worked_before=before) if waiting else {}
    journeys = travel.desks()
    rows = []
    for pk, name in members.filter(id__in={*waiting, *journeys}).values_list("id", "name"):
        entries, asked = waiting.get(pk), journeys.get(pk)
        since = [*([entries.waiting_since] if entries else ()), *([asked[1]] if asked else ())]
        rows.append(
            DeskRow(
                pk, name, entries.count if entries else 0, asked[0] if asked else 0,
                late[pk].count if pk in late else 0, entries.oldest_on if entries else None,
                min(since),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.past_cutoff, -row.count, -row.journeys, row.name))


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One approver's desk, and whether the reader says who stands in for them."""

    id: int
    name: str
    row: DeskRow | None
    can_take_over: bool


def desk_page(*, actor: Actor, member_id: int, at: datetime, zone: str) -> DeskPage:
    """Raises  NotFound for an approver whose desk the actor does not see."""
    members = Membership.objects.filter(_seen_desks(actor), pk=member_id)
    name = members.values_list("name", flat=True).first()
    if name is None:
        raise NotFound("There is no such approver, or their desk is not yours to see.")
    rows = _desks(members, before=cutoff_passed(at=at, zone=zone_of(zone)))
    named = approvers_of(actor).filter(pk=member_id).exists()
    return DeskPage(member_id, name, rows[0] if rows else None, named)


# What became of a set


class Decision(Protocol):
    """One entry's outcome, as the service tells it."""

    @property
    def kind(self) -> str: ...
    @property
    def entry_id(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One entry of a set: what it is, and what became of it."""

    key: EntryKey
    person: str
    project: str
    on: date | None
    minutes: int
    amount: Money | None
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetPage:
    """A page of a set's entries with their outcomes."""

    run: JobRun
    verb: str
    rows: tuple[OutcomeRow, ...]
    counts: dict[str, int]
    only: str
    number: int
    page_count: int


def set_page(*, actor: Actor, run_id: int, kind: str, number: int = 1, only: str = "") -> SetPage:
    """The entries of an approval set with their outcomes, 200 a page. Raises  NotFound."""
    run = JobRun.objects.filter(pk=run_id, kind=kind).first()
    if run is None or (
        run.requested_by_id != actor.membership_id and not actor.has("jobs.view_all")
    ):
        raise NotFound("There is no such approval set, or it is not yours to see.")
    keys = [(str(of_kind), int(entry_id)) for of_kind, entry_id in run.arguments["entries"]]
    refused = {
        failure["record"]: failure["reason"]
        for failures in run.chunks.order_by("position").values_list("failures", flat=True)
        for failure in failures
    }
    if only == "refused":
        keys = [key for key in keys if record_of(key) in refused]
    page_count = max(1, -(-len(keys) // PAGE))
    number = max(1, min(number, page_count))
    shown = keys[(number - 1) * PAGE : number * PAGE]
    decided = _decisions(shown, run)
    outcomes = {
        key: ("refused", refused[record_of(key)])
        if record_of(key) in refused
        else decided.get(key, ("waiting", ""))
        for key in shown
    }
    counts = {word: int(run.result.get(word, 0)) for word in ("approved", "passed", "returned")}
    return SetPage(
        run=run,
        verb="Return" if "reason" in run.arguments else "Approve",
        rows=outcome_rows(shown, outcomes),
        counts=counts | {"refused": len(refused), "all": len(run.arguments["entries"])},
        only=only,
        number=number,
        page_count=page_count,
    )


def record_of(key: EntryKey) -> str:
    """How a run's list of failures names an entry."""
    return f"Time entry {key[1]}" if key[0] == "time" else f"Expense entry {key[1]}"


def _decisions(keys: Sequence[EntryKey], run: JobRun) -> dict[EntryKey, tuple[str, str]]:
    """The last decision of the run's person on each entry since it was asked for."""
    rows = ApprovalDecision.objects.filter(
        entry_id__in={entry_id for _, entry_id in keys},
        decided_by_id=run.requested_by_id,
        decided_at__gte=run.requested_at,
    ).order_by("id")
    return {
        (kind, entry_id): ("refused" if decision == "blocked" else decision, reason)
        for kind, entry_id, decision, reason in rows.values_list(
            "entry_kind", "entry_id", "decision", "reason"
        )
    }


def outcome_rows(
    keys: Sequence[EntryKey], outcomes: dict[EntryKey, tuple[str, str]]
) -> tuple[OutcomeRow, ...]:
    """Entries in the order given, with what became of them. Two queries.

    An entry that is not the reader's to see is told by its outcome alone: callers name such only
    from what its own approver sent.
    """
    known: dict[EntryKey, Any] = {}
    for kind, model, fields in (
        ("time", TimeEntry, ("work_on", "minutes")),
        ("expense", ExpenseEntry, ("spent_on", "amount", "currency")),
    ):
        ids = [entry_id for of_kind, entry_id in keys if of_kind == kind]
        if ids:
            rows = model.objects.filter(id__in=ids)
            for row in rows.values_list("id", "resource__name", "project__name", *fields):
                known[kind, row[0]] = row[1:]
    found = []
    for key in keys:
        outcome, reason = outcomes[key]
        row = known.get(key)
        if row is None:
            found.append(OutcomeRow(key, "", "", None, 0, None, outcome, reason))
        elif key[0] == "time":
            found.append(OutcomeRow(key, row[0], row[1], row[2], row[3], None, outcome, reason))
        else:
            money = Money(row[3], row[4])
            found.append(OutcomeRow(key, row[0], row[1], row[2], 0, money, outcome, reason))
    return tuple(found)


def outcomes_of(decisions: Sequence[Decision]) -> tuple[OutcomeRow, ...]:
    """What became, or would become, of entries that their approver decided on. Two queries."""
    return outcome_rows(
        [(one.kind, one.entry_id) for one in decisions],
        {
            (one.kind, one.entry_id): (one.outcome, one.reason if one.outcome != "approved" else "")
            for one in decisions
        },
    )
