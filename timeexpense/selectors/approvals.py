"""What waits for an approver: exceptions first, then what is clean. Hours, never rates."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Value, When
from moneyed import Money

from projects import selectors as projects
from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.errors import NotFound
from psa.core.ledger.models import Actual
from psa.core.org import selectors as org
from psa.core.tenancy import reading
from timeexpense import policies
from timeexpense.models import ApprovalDecision, EntryState, ExpenseEntry, TimeEntry
from timeexpense.rules.week import week_of

from .expenses import RECEIPT_OF

SHOWN = 500


@dataclass(frozen=True, slots=True)
class Finding:
    sentence: str
    tone: str = "warn"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One submitted entry. `amount` is the person's own expense, None for time."""

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

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def is_clean(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Group:
    """Clean entries of one person and week, or of one project."""

    title: str
    note: str
    entries: tuple[Waiting, ...]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def count(self) -> int:
        return len(self.entries)

    @property
    def keys(self) -> str:
        return " ".join(entry.key for entry in self.entries)

    @property
    def first(self) -> Waiting:
        return self.entries[0]


@dataclass(frozen=True, slots=True)
class RecallRequest:
    kind: str
    id: int
    person: str
    project: str
    on: date
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class InboxPage:
    kind: str
    by: str
    exceptions: tuple[Waiting, ...]
    clean: tuple[Group, ...]
    requests: tuple[RecallRequest, ...]
    counts: dict[str, int]
    chosen: Waiting | None = None
    receipts: tuple[Any, ...] = ()
    is_cut: bool = False

    @property
    def entries(self) -> list[Waiting]:
        return [*self.exceptions, *(entry for group in self.clean for entry in group.entries)]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def exception_minutes(self) -> int:
        return sum(entry.minutes for entry in self.exceptions)

    @property
    def clean_minutes(self) -> int:
        return sum(group.minutes for group in self.clean)

    @property
    def clean_count(self) -> int:
        return sum(group.count for group in self.clean)

    @property
    def clean_keys(self) -> str:
        return " ".join(group.keys for group in self.clean)

    @property
    def people_count(self) -> int:
        return len({entry.resource_id for group in self.clean for entry in group.entries})


def to_approve(model: Any, actor: Actor) -> Any:
    """Submitted entries of the actor's projects, without the actor's own unless that is allowed."""
    rows = model.objects.filter(state=EntryState.SUBMITTED)
    if policies.is_system(actor):
        return rows
    rows = rows.filter(project_id__in=projects.approvable_projects(actor).values("id"))
    if not org.parameters().self_approval_allowed:
        rows = rows.exclude(resource__membership_id=actor.membership_id)
    return rows


def waiting_count(actor: Actor) -> int:
    """How many entries wait for the actor, for the badge. Two queries."""
    return reading.once(waiting_key(actor), lambda: sum(waiting_counts(actor).values()))


def waiting_counts(actor: Actor) -> dict[str, int]:
    """How many hours and expenses wait for the actor, by kind. Two queries."""

    def count() -> dict[str, int]:
        times, expenses = (
            to_approve(model, actor)
            .order_by()
            .values(kind=Value(kind))
            .annotate(waiting=Count("id"))
            .values_list("kind", "waiting")
            for kind, model in (("time", TimeEntry), ("expense", ExpenseEntry))
        )
        return {"time": 0, "expense": 0} | dict(times.union(expenses, all=True))

    return reading.once(("timeexpense.waiting_counts", actor.membership_id), count)


def waiting_key(actor: Actor) -> tuple[str, int]:
    """Under which a page keeps the count, should it know it already."""
    return ("timeexpense.waiting", actor.membership_id)


def waiting_time(*, actor: Actor, most: int | None = None) -> list[Waiting]:
    """Time that waits for the actor, by person and day. Two queries.

    Of more than `most` entries, those with findings are taken before others.
    """
    rows = to_approve(TimeEntry, actor).order_by(
        *_exceptions_first(most), "resource__name", "work_on", "id"
    )[:most]
    return [
        Waiting(
            "time", i, person, resource_id, role, project_id, project, task or project, on,
            minutes, None, description, note, billing, submitted_at, _findings(flags, blocked),
        )
        for (
            i, person, resource_id, role, project_id, project, task, on, minutes, description,
            note, billing, submitted_at, flags, blocked,
        ) in rows.values_list(
            "id", "resource__name", "resource_id", "role__name", "project_id", "project__name",
            "task__name", "work_on", "minutes", "description", "internal_note", "billing_type",
            "submitted_at", "flags", "blocked_reason",
        )
    ]  # fmt: skip


def waiting_expenses(*, actor: Actor, most: int | None = None) -> list[Waiting]:
    """Expenses that wait for the actor, by person and day; `most` as of time. Two queries."""
    rows = to_approve(ExpenseEntry, actor).order_by(
        *_exceptions_first(most), "resource__name", "spent_on", "id"
    )
    return [
        Waiting(
            "expense", row["id"], row["resource__name"], row["resource_id"],
            row["resource__job_role__name"], row["project_id"], row["project__name"],
            row["task__name"] or row["category__name"], row["spent_on"], 0,
            Money(row["amount"], row["currency"]), row["description"], row["internal_note"],
            row["billing_type"], row["submitted_at"],
            _findings(row["flags"], row["blocked_reason"]), row["has_receipt"],
            row["category__name"], row["merchant"],
            ExpenseEntry.PaymentMethod(row["payment_method"]).label,
        )
        for row in rows.values(
            "id", "resource__name", "resource_id", "resource__job_role__name", "project_id",
            "project__name", "task__name", "category__name", "spent_on", "amount", "currency",
            "description", "internal_note", "billing_type", "submitted_at", "flags",
            "blocked_reason", "has_receipt", "merchant", "payment_method",
        )[:most]
    ]  # fmt: skip


def _exceptions_first(most: int | None) -> tuple[Case, ...]:
    """By whether nothing was found, where only the first are read."""
    if most is None:
        return ()
    return (Case(When(flags=[], blocked_reason="", then=Value(1)), default=Value(0)),)


def _findings(flags: Iterable[dict[str, str]], blocked: str) -> tuple[Finding, ...]:
    found = [Finding(blocked, "bad")] if blocked else []
    return (*found, *(Finding(flag.get("sentence", "")) for flag in flags))


def clean_entries(*, actor: Actor) -> list[Waiting]:
    """What waits for the actor and has no finding. Four queries."""
    return [
        row for row in (*waiting_time(actor=actor), *waiting_expenses(actor=actor)) if row.is_clean
    ]


def inbox_page(
    *, actor: Actor, kind: str = "time", by: str = "person", chosen: str = ""
) -> InboxPage:
    """The approver's page: exceptions one by one, what is clean in groups, and recall requests."""
    counts = waiting_counts(actor)
    read = waiting_expenses if kind == "expense" else waiting_time
    cut = counts[kind] > SHOWN
    rows = read(actor=actor, most=SHOWN if cut else None) if counts[kind] else []
    requests = recall_requests(actor=actor)
    exceptions = tuple(row for row in rows if not row.is_clean)
    groups = _groups([row for row in rows if row.is_clean], by)
    shown = [*exceptions, *(row for group in groups for row in group.entries)]
    one = next((row for row in shown if row.key == chosen), shown[0] if shown else None)
    return InboxPage(
        kind=kind,
        by=by,
        exceptions=exceptions,
        clean=groups,
        requests=requests,
        counts=counts | {"requests": len(requests)},
        chosen=one,
        receipts=_receipts(one),
        is_cut=cut,
    )


def _groups(rows: Sequence[Waiting], by: str) -> tuple[Group, ...]:
    starts = org.parameters().week_starts_on
    found: dict[tuple[Any, ...], list[Waiting]] = defaultdict(list)
    for row in rows:
        week = week_of(row.on, starts_weekday=starts)
        key = (
            (row.project, row.project_id)
            if by == "project"
            else (
                row.person,
                row.resource_id,
                week.starts_on,
            )
        )
        found[key].append(row)
    groups = []
    for key, entries in sorted(found.items(), key=lambda item: item[0]):
        other = {row.person if by == "project" else row.project for row in entries}
        groups.append(Group(key[0], ", ".join(sorted(other)), tuple(entries)))
    return tuple(groups)


def _receipts(one: Waiting | None) -> tuple[Any, ...]:
    if one is None or one.kind != "expense":
        return ()
    return tuple(
        Document.objects.filter(record_type=RECEIPT_OF, record_id=one.id)
        .order_by("id")
        .values("id", "filename", "size")
    )


def recall_requests(*, actor: Actor) -> tuple[RecallRequest, ...]:
    """Approved entries whose people want them back, on projects that the actor approves for."""
    found: list[RecallRequest] = []
    for kind, rows, on in (
        ("time", policies.visible_time(actor), "work_on"),
        ("expense", policies.visible_expenses(actor), "spent_on"),
    ):
        asked = (
            rows.filter(state=EntryState.APPROVED)
            .exclude(recall_reason="")
            .exclude(resource__membership_id=actor.membership_id)
            .order_by("id")
        )
        names = ["id", "resource__name", "project__name", on, "recall_reason"]
        for row in asked.values_list(*names, *(["minutes"] if kind == "time" else [])):
            minutes = row[5] if kind == "time" else 0
            found.append(RecallRequest(kind, row[0], row[1], row[2], row[3], minutes, row[4]))
    return tuple(found)


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
