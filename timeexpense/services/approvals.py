"""Deciding on submitted entries: one, forty, or a hundred thousand, through the same door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from projects import selectors as projects
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualDraft
from psa.core.ledger.services import posting
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity, Resource
from psa.core.pricing.services import unpriced
from sales.rules.not_to_exceed import LimitWarning
from sales.services import accruals, limit_warnings
from sales.services.accruals import ApprovedWork, Refused
from timeexpense import policies
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.validation import MINUTES_PER_DAY, day
from timeexpense.selectors import validation_facts

from . import accrual_works, budgets, storage
from .accrual_works import KIND_OF, SOURCE_KINDS, Submitted

LATE_WORK_REFUSED = "refuse"

EntryKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What to bill of a time entry when that is not what was worked, and why."""

    billable_minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one entry: `approved`, `returned`, or `refused` with the reason."""

    kind: str
    entry_id: int
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """The outcome of each entry in the order asked for, and limits that were passed on the way."""

    decisions: tuple[Decision, ...]
    warnings: tuple[str, ...] = ()
    batch_ids: tuple[int, ...] = ()

    @property
    def approved_count(self) -> int:
        return sum(decision.outcome == "approved" for decision in self.decisions)

    @property
    def refused(self) -> tuple[Decision, ...]:
        return tuple(one for one in self.decisions if one.outcome == "refused")


@transaction.atomic
def approve_entries(
    *,
    entries: Sequence[EntryKey],
    actor: Actor,
    at: datetime,
    adjustments: Mapping[int, Adjustment] | None = None,
) -> Approval:
    """Approve entries and post their actuals, in one transaction. Constant queries for a batch.

    `entries` are ("time" or "expense", id); `adjustments` are by time entry. An entry that cannot
    be approved stays submitted with its reason, and the rest go on: one that somebody else has
    decided on, one's own, one without a price, one that no open period takes. Two approvals of the
    same entry post it once: its row is locked first.
    Raises  PermissionDenied.
    Source  docs/rules/timeexpense.md, T-6; docs/rules/sales.md, S-4 and S-7.
    """
    actor.require(TimeExpensePermission.APPROVE)
    wanted = list(dict.fromkeys(entries))
    adjusted = adjustments or {}
    rows = locked_entries(wanted)
    refused = refusals(wanted, rows, actor, adjusted)
    return _carry_out(wanted, rows, refused, adjusted, actor, at)


def approve_waiting(*, entries: Sequence[EntryKey], actor: Actor, at: datetime) -> Approval:
    """Approve again what an approver had approved and no price was found for.

    The approver's decision stands, so the one who replays need not be an approver.
    Raises  PermissionDenied without the permission to replay.
    """
    actor.require(PricingPermission.REPLAY_UNPRICED)
    with transaction.atomic():
        wanted = list(dict.fromkeys(entries))
        rows = locked_entries(wanted)
        refused = {
            key: "It is no longer submitted; there is nothing to price."
            for key in wanted
            if key not in rows or rows[key].state != EntryState.SUBMITTED
        }
        return _carry_out(wanted, rows, refused, {}, actor, at)


def _carry_out(
    wanted: Sequence[EntryKey],
    rows: Mapping[EntryKey, Submitted],
    refused: dict[EntryKey, str],
    adjusted: Mapping[int, Adjustment],
    actor: Actor,
    at: datetime,
) -> Approval:
    """Accrue, post and mark what is not refused; the outcomes in the order asked for."""
    chosen = [_adjusted(rows[key], adjusted) for key in wanted if key not in refused]
    works, broken = accrual_works.works_of(chosen)
    parameters = org.parameters()
    late = _late_refusals(works, parameters.late_work_policy)
    over, over_warnings = budgets.over_budget(works, policy=parameters.budget_control)
    late |= {(KIND_OF[kind], source_id): why for (kind, source_id), why in over.items()}
    works = [work for work in works if (KIND_OF[work.source_kind], work.source_id) not in late]
    posted = _Posted()
    _accrue_and_post(works, actor, at, posted)
    posted.warnings += over_warnings
    blocked = {_key(one): one.reason for one in posted.refused}
    blocked |= late | {(chosen[i].kind, chosen[i].id): why for i, why in broken.items()}
    _store(chosen, rows, blocked, adjusted, posted, actor, at)
    refused |= blocked
    return Approval(
        tuple(
            Decision(kind, entry_id, "refused", refused[kind, entry_id])
            if (kind, entry_id) in refused
            else Decision(kind, entry_id, "approved")
            for kind, entry_id in wanted
        ),
        tuple(dict.fromkeys(posted.warnings)),
        tuple(posted.batch_ids),
    )


def locked_entries(wanted: Sequence[EntryKey]) -> dict[EntryKey, Submitted]:
    """The entries under their row locks, always time before expenses and by id."""
    rows: dict[EntryKey, Submitted] = {}
    time_ids = [entry_id for kind, entry_id in wanted if kind == "time"]
    if time_ids:
        for row in (
            TimeEntry.objects.select_for_update(of=("self",))
            .filter(id__in=time_ids)
            .order_by("id")
            .values_list(
                "id", "resource_id", "project_id", "task_id", "work_on", "billing_type",
                "description", "revision", "state", "lock_version", "role_id", "minutes",
                "billable_minutes",
            )
        ):  # fmt: skip
            rows["time", row[0]] = Submitted("time", *row)
    expense_ids = [entry_id for kind, entry_id in wanted if kind == "expense"]
    if expense_ids:
        for row in (
            ExpenseEntry.objects.select_for_update(of=("self",))
            .filter(id__in=expense_ids)
            .order_by("id")
            .values_list(
                "id", "resource_id", "project_id", "task_id", "spent_on", "billing_type",
                "description", "revision", "state", "lock_version", "category_id", "amount",
                "tax_amount", "currency", "payment_method",
            )
        ):  # fmt: skip
            rows["expense", row[0]] = _expense(row)
    return rows


def _expense(row: tuple[Any, ...]) -> Submitted:
    """An expense's columns as an entry: no role, no minutes."""
    return Submitted._make(("expense", *row[:10], None, None, None, *row[10:]))


def refusals(
    wanted: Sequence[EntryKey],
    rows: Mapping[EntryKey, Submitted],
    actor: Actor,
    adjusted: Mapping[int, Adjustment],
) -> dict[EntryKey, str]:
    """Why an entry is not the actor's to approve, or not now; nothing is written on these."""
    project_ids = {row.project_id for row in rows.values()}
    mine = _approvable(project_ids, actor)
    me = None
    if not policies.is_system(actor):
        me = (
            Resource.objects.filter(membership_id=actor.membership_id)
            .values_list("id", flat=True)
            .first()
        )
    self_allowed = org.parameters().self_approval_allowed
    found: dict[EntryKey, str] = {}
    for key in wanted:
        row = rows.get(key)
        if row is None or row.project_id not in mine:
            found[key] = "There is no such entry, or it is not yours to approve."
        elif row.state != EntryState.SUBMITTED:
            found[key] = f"It is {_word(row.state)}; there is nothing left to decide."
        elif row.resource_id == me and not self_allowed:
            found[key] = "It is your own. Another approver of the project has to decide on it."
        elif row.kind == "time" and (change := adjusted.get(row.id)) is not None:
            reason = _adjustment_refusal(change, row)
            if reason:
                found[key] = reason
    return found


def _word(state: str) -> str:
    return EntryState(state).label.lower()


def _approvable(project_ids: set[int], actor: Actor) -> set[int]:
    if policies.is_system(actor):
        return project_ids
    mine = projects.approvable_projects(actor).filter(id__in=project_ids)
    return set(mine.values_list("id", flat=True))


def _adjustment_refusal(change: Adjustment, row: Submitted) -> str:
    if not 0 <= change.billable_minutes <= MINUTES_PER_DAY:
        return "What is billed lies between 0 and 24 hours. Correct it."
    if change.billable_minutes != row.minutes and not change.reason.strip():
        return "Say why another time is billed than was worked."
    if len(change.reason) > 200 or "\0" in change.reason:
        return "The reason has at most 200 characters."
    return ""


def _adjusted(row: Submitted, adjusted: Mapping[int, Adjustment]) -> Submitted:
    change = adjusted.get(row.id) if row.kind == "time" else None
    if change is None:
        return row
    same = change.billable_minutes == row.minutes
    return row._replace(billable_minutes=None if same else change.billable_minutes)


def _late_refusals(works: Sequence[ApprovedWork], policy: str) -> dict[EntryKey, str]:
    """Work in a closed period, where the tenant refuses it instead of posting it later."""
    if not works or policy != LATE_WORK_REFUSED:
        return {}
    closed = validation_facts.closed_days({(w.legal_entity_id, w.work_on) for w in works})
    names = dict(LegalEntity.objects.values_list("id", "name"))
    return {
        (KIND_OF[work.source_kind], work.source_id): (
            f"{day(work.work_on)} lies in a closed period of {names[work.legal_entity_id]}. "
            "Ask finance to open it, or return the entry."
        )
        for work in works
        if (work.legal_entity_id, work.work_on) in closed
    }


class _Posted:
    """What the ledger took, and what accrual refused."""

    def __init__(self) -> None:
        self.batch_ids: list[int] = []
        self.batch_of: dict[EntryKey, int] = {}
        self.refused: list[Refused] = []
        self.waiting: list[Refused] = []
        self.warnings: list[str] = []


def _accrue_and_post(
    works: Sequence[ApprovedWork], actor: Actor, at: datetime, posted: _Posted
) -> None:
    """Accrue and post; when the ledger refuses a batch, its halves are tried, down to the entry.

    Each half accrues anew, so that the room under a limit is that of what was really posted.
    """
    if not works:
        return
    try:
        with transaction.atomic():
            accrual = accruals.accrue(works=works, tenant_id=actor.tenant_id)
            batch = None
            if accrual.drafts:
                batch = posting.post(drafts=accrual.drafts, actor=actor, at=at, kind="approval")
    except DomainError as error:
        if len(works) == 1:
            work = works[0]
            posted.refused.append(Refused(work.source_kind, work.source_id, error.message))
            return
        middle = len(works) // 2
        _accrue_and_post(works[:middle], actor, at, posted)
        _accrue_and_post(works[middle:], actor, at, posted)
        return
    posted.refused += accrual.refused
    posted.waiting += [one for one in (*accrual.refused, *accrual.flagged) if one.unpriced]
    posted.warnings += [_sentence(warning) for warning in accrual.warnings]
    if accrual.warned:
        limit_warnings.tell(
            warned=accrual.warned, manager_ids=_managers(works, accrual.drafts), at=at
        )
    if batch is not None:
        posted.batch_ids.append(batch.batch_id)
        for work in works:
            posted.batch_of[KIND_OF[work.source_kind], work.source_id] = batch.batch_id


def _managers(works: Sequence[ApprovedWork], drafts: Sequence[ActualDraft]) -> dict[int, set[int]]:
    """By contract: the members who manage a project that these works are on. One query."""
    manager_of = projects.manager_members({work.project_id for work in works})
    found: dict[int, set[int]] = {}
    for draft in drafts:
        member_id = manager_of.get(draft.project_id or 0)
        if draft.contract_id is not None and member_id is not None:
            found.setdefault(draft.contract_id, set()).add(member_id)
    return found


def _sentence(warning: LimitWarning) -> str:
    """A limit that was passed, without its amounts: approvers may not see them."""
    if warning.is_reached:
        return "A limit of the contract is reached; what is over it is parked."
    return "A limit of the contract has passed its warning mark."


def _key(one: Refused) -> EntryKey:
    return (KIND_OF[one.source_kind], one.source_id)


def _store(
    chosen: Sequence[Submitted],
    rows: Mapping[EntryKey, Submitted],
    blocked: Mapping[EntryKey, str],
    adjusted: Mapping[int, Adjustment],
    posted: _Posted,
    actor: Actor,
    at: datetime,
) -> None:
    """States, decisions, the unpriced queue and the trail: a few statements for any batch."""
    approved = [row for row in chosen if (row.kind, row.id) not in blocked]
    for kind in SOURCE_KINDS:
        ids = [row.id for row in approved if row.kind == kind]
        storage.mark_approved(kind, ids, actor=actor, at=at)
        storage.mark_blocked(
            kind, {key[1]: reason for key, reason in blocked.items() if key[0] == kind}
        )
        if ids:
            unpriced.resolve(source_kind=SOURCE_KINDS[kind], source_ids=ids, at=at)
    storage.set_billable(
        {
            row.id: (row.billable_minutes, adjusted[row.id].reason.strip())
            for row in chosen
            if row.kind == "time" and row.id in adjusted
        }
    )
    by_batch: dict[int | None, list[tuple[str, int, int]]] = {}
    for row in approved:
        batch_id = posted.batch_of.get((row.kind, row.id))
        by_batch.setdefault(batch_id, []).append((row.kind, row.id, row.revision))
    for batch_id, decided in by_batch.items():
        storage.record_decisions(
            decided, decision="approved", actor=actor, at=at, batch_id=batch_id
        )
    storage.record_decisions(
        [(row.kind, row.id, row.revision) for row in chosen if (row.kind, row.id) in blocked],
        decision="blocked",
        actor=actor,
        at=at,
    )
    _queue_unpriced(posted.waiting, rows, actor, at)
    if approved:
        people = len({row.resource_id for row in approved})
        audit.record(
            actor=actor,
            at=at,
            event=TimeExpenseEvent.APPROVED,
            record_type="ledger.ActualBatch",
            record_id=posted.batch_ids[0] if posted.batch_ids else 0,
            sentence=f"Approved {counted(len(approved), 'entry', 'entries')} of "
            f"{counted(people, 'person', 'people')}.",
        )


def _queue_unpriced(
    waiting: Sequence[Refused], rows: Mapping[EntryKey, Submitted], actor: Actor, at: datetime
) -> None:
    unpriced.queue(
        items=[
            unpriced.WaitingWork(
                one.source_kind, one.source_id, one.context, rows[_key(one)].work_on, one.unpriced,
                rows[_key(one)].project_id, rows[_key(one)].resource_id, rows[_key(one)].role_id,
            )
            for one in waiting
            if one.unpriced is not None
        ],
        actor=actor,
        at=at,
    )  # fmt: skip
