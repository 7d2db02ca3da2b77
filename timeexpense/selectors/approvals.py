"""What waits for an approver: exceptions first, then what is clean. Hours, never rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Q, Value, When
from moneyed import Money

from projects import selectors as projects
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger.models import Actual
from psa.core.org import selectors as org
from timeexpense import policies
from timeexpense.models import ApprovalDecision, EntryState, ExpenseEntry, TimeEntry

from .expenses import DETAILS, details_of
from .late_work import LateSlot, late_slots

SHOWN = 500
CLOSED_PERIOD = "closed_period"
NOTHING_FOUND = Q(flags=[], blocked_reason="")


@dataclass(frozen=True, slots=True)
class Finding:
    """What to look at before deciding; `code` names the rule that found it, if one did."""

    sentence: str
    tone: str = "warn"
    code: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One submitted entry. `amount` is the person's own expense, None for time.

    `level` is 1 unless somebody approved it before; `rule` names the routing rule that sent it here.
    `late` says where it posts when its own period is closed.
    """

    kind: str
    id: int
    person: str
    resource_id: int
    role: str
    project_id: int
    project: str
    task: str
    on: date
    minutes: int
    amount: Money | None
    description: str
    internal_note: str
    billing: str
    submitted_at: datetime | None
    findings: tuple[Finding, ...]
    has_receipt: bool = False
    category: str = ""
    merchant: str = ""
    paid: str = ""
    level: int = 1
    rule: str = ""
    late: LateSlot | None = None
    # How a table's amount came about, who was there, and why it was necessary.
    details: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def is_clean(self) -> bool:
        return not self.findings and self.late is None


def to_approve(model: Any, actor: Actor) -> Any:
    """Submitted entries that the actor decides on, without their own unless that is allowed."""
    if policies.is_system(actor):
        return model.objects.filter(state=EntryState.SUBMITTED)
    own_too = org.parameters().self_approval_allowed
    return decidable_entries(model, own_too, actor.membership_id, *policies.stands_in_for(actor))


def decidable_entries(model: Any, own_too: bool, member_id: int, *in_place_of: int) -> Any:
    """Submitted entries that a member decides on who is the deputy of these others."""
    rows = model.objects.filter(
        policies.decidable_by(member_id, *in_place_of), state=EntryState.SUBMITTED
    )
    return rows if own_too else rows.exclude(resource__membership_id=member_id)


def waiting_time(
    *, actor: Actor, most: int | None = None, ids: Sequence[int] | None = None
) -> list[Waiting]:
    """Time that waits for the actor, by person and day. Seven queries.

    Of more than `most` entries, those with findings are taken before others.
    """
    rows = _of(to_approve(TimeEntry, actor), ids).order_by(
        *_exceptions_first(most), "resource__name", "work_on", "id"
    )[:most]
    return with_standing(
        Waiting(
            "time", i, person, resource_id, role, project_id, project, task or project, on,
            minutes, None, description, note, billing, submitted_at, _findings(flags, blocked),
            level=level, rule=rule or "",
        )
        for (
            i, person, resource_id, role, project_id, project, task, on, minutes, description,
            note, billing, submitted_at, flags, blocked, level, rule,
        ) in rows.values_list(
            "id", "resource__name", "resource_id", "role__name", "project_id", "project__name",
            "task__name", "work_on", "minutes", "description", "internal_note", "billing_type",
            "submitted_at", "flags", "blocked_reason", "level", "route__name",
        )
    )  # fmt: skip


def waiting_expenses(
    *, actor: Actor, most: int | None = None, ids: Sequence[int] | None = None
) -> list[Waiting]:
    """Expenses that wait for the actor, by person and day; `most` as of time. Seven queries."""
    rows = _of(to_approve(ExpenseEntry, actor), ids).order_by(
        *_exceptions_first(most), "resource__name", "spent_on", "id"
    )
    return with_standing(
        Waiting(
            "expense", row["id"], row["resource__name"], row["resource_id"],
            row["resource__job_role__name"], row["project_id"], row["project__name"],
            row["task__name"] or row["category__name"], row["spent_on"], 0,
            Money(row["amount"], row["currency"]), row["description"], row["internal_note"],
            row["billing_type"], row["submitted_at"],
            _findings(row["flags"], row["blocked_reason"]), row["has_receipt"],
            row["category__name"], row["merchant"],
            ExpenseEntry.PaymentMethod(row["payment_method"]).label, row["level"],
            row["route__name"] or "", details=details_of(row),
        )
        for row in rows.values(
            "id", "resource__name", "resource_id", "resource__job_role__name", "project_id",
            "project__name", "task__name", "category__name", "spent_on", "amount", "currency",
            "description", "internal_note", "billing_type", "submitted_at", "flags",
            "blocked_reason", "has_receipt", "merchant", "payment_method", "level", "route__name",
            *DETAILS,
        )[:most]
    )  # fmt: skip


def with_standing(rows: Iterable[Waiting]) -> list[Waiting]:
    """Entries with what holds now: a budget that is used up, a period that was closed since.

    Four queries, whatever the number. What was found of the period on submission makes way.
    """
    found = list(rows)
    if not found:
        return found
    parameters = org.parameters()
    over = _over_budget({row.project_id for row in found}, parameters.budget_control)
    late = late_slots({(row.project_id, row.on) for row in found})
    refuses_late = parameters.late_work_policy == "refuse"
    return [
        _standing(row, over.get(row.project_id), late.get((row.project_id, row.on)), refuses_late)
        for row in found
    ]


def _standing(
    row: Waiting, over: Finding | None, late: LateSlot | None, refuses_late: bool
) -> Waiting:
    if over is None and late is None and not row.findings:
        return row
    findings = [finding for finding in row.findings if finding.code != CLOSED_PERIOD]
    if over is not None:
        findings.append(over)
    if late is not None and (refuses_late or late.posts_on is None):
        why = "late work is refused" if refuses_late else "no later period is open"
        sentence = f"{late.period_name} is closed and {why}."
        findings.append(Finding(sentence, "bad", CLOSED_PERIOD))
    return replace(row, findings=tuple(findings), late=late)


def _over_budget(project_ids: set[int], policy: str) -> dict[int, Finding]:
    """What approving says of projects whose budget is used up, before it is asked. No amounts."""
    rooms = projects.budget_rooms(project_ids)
    controls = {
        project_id: room.control or policy
        for project_id, room in rooms.items()
        if room.is_used_up and (room.control or policy) != "off"
    }
    return {
        project_id: Finding(
            f"The budget of {rooms[project_id].code} is used up.",
            "bad" if control == "block" else "warn",
            "budget_used_up",
        )
        for project_id, control in controls.items()
    }


def _of(rows: Any, ids: Sequence[int] | None) -> Any:
    return rows if ids is None else rows.filter(id__in=ids)


def chosen_waiting(*, actor: Actor, keys: Sequence[tuple[str, int]]) -> list[Waiting]:
    """Those of some entries that wait for the actor, time first. As `waiting_time`, of these."""
    ids = {kind: [i for of_kind, i in keys if of_kind == kind] for kind in ("time", "expense")}
    return [
        *(waiting_time(actor=actor, ids=ids["time"]) if ids["time"] else ()),
        *(waiting_expenses(actor=actor, ids=ids["expense"]) if ids["expense"] else ()),
    ]


def _exceptions_first(most: int | None) -> tuple[Case, ...]:
    """By whether nothing was found, where only the first are read."""
    if most is None:
        return ()
    return (Case(When(NOTHING_FOUND, then=Value(1)), default=Value(0)),)


def _findings(flags: Iterable[dict[str, str]], blocked: str) -> tuple[Finding, ...]:
    found = [Finding(blocked, "bad", "blocked")] if blocked else []
    return (
        *found,
        *(Finding(flag.get("sentence", ""), code=flag.get("code", "")) for flag in flags),
    )


def clean_entries(*, actor: Actor) -> list[Waiting]:
    """What waits for the actor and has no finding. Four queries."""
    return [
        row for row in (*waiting_time(actor=actor), *waiting_expenses(actor=actor)) if row.is_clean
    ]


@dataclass(frozen=True, slots=True)
class Decided:
    """One step in the life of an entry."""

    decision: str
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class TimeEntryPage:
    """One time entry with what was decided about it."""

    id: int
    person: str
    project: str
    task: str
    role: str
    on: date
    minutes: int
    billable_minutes: int | None
    billable_reason: str
    description: str
    internal_note: str
    state: str
    flags: tuple[str, ...]
    blocked_reason: str
    recall_reason: str
    is_mine: bool
    posted_on: date | None
    decisions: tuple[Decided, ...]
    lock_version: int
    is_editable: bool
    project_id: int
    task_id: int | None
    activity: str
    billing_type: str

    @property
    def can_ask_recall(self) -> bool:
        return self.is_mine and self.state == EntryState.APPROVED and not self.recall_reason

    @property
    def is_late(self) -> bool:
        """Whether it was posted in a later month than it was worked in."""
        return self.posted_on is not None and (self.posted_on.year, self.posted_on.month) != (
            self.on.year,
            self.on.month,
        )


def time_entry_page(*, actor: Actor, entry_id: int) -> TimeEntryPage:
    """An entry that the actor may see. Raises  NotFound."""
    row = (
        policies.visible_time(actor)
        .select_related("resource", "project", "task", "role")
        .filter(pk=entry_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such entry, or it is not yours to see.")
    return TimeEntryPage(
        row.pk, row.resource.name, row.project.name, row.task.name if row.task else "",
        row.role.name, row.work_on, row.minutes, row.billable_minutes, row.billable_reason,
        row.description, row.internal_note, row.state,
        tuple(flag.get("sentence", "") for flag in row.flags), row.blocked_reason,
        row.recall_reason, row.resource.membership_id == actor.membership_id,
        _posted_on("time_entry", row.pk, row.revision),
        decisions_of("time", row.pk), row.lock_version,
        row.state in policies.EDITABLE and row.resource.membership_id == actor.membership_id,
        row.project_id, row.task_id, row.activity, row.billing_type,
    )  # fmt: skip


def _posted_on(source_kind: str, source_id: int, revision: int) -> date | None:
    """The accounting date of what the entry posted, if it did. One query."""
    found: date | None = (
        Actual.objects.filter(source_kind=source_kind, source_id=source_id, revision=revision)
        .order_by("id")
        .values_list("posted_on", flat=True)
        .first()
    )
    return found


def decisions_of(kind: str, entry_id: int) -> tuple[Decided, ...]:
    """What was decided about an entry, oldest first. One query."""
    return tuple(
        Decided(decision, who or "System", at, reason)
        for decision, who, at, reason in ApprovalDecision.objects.filter(
            entry_kind=kind, entry_id=entry_id
        )
        .order_by("id")
        .values_list("decision", "decided_by__name", "decided_at", "reason")
    )
