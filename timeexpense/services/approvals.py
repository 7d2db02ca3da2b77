"""Deciding on submitted entries: one, forty, or a hundred thousand, through the same door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity
from psa.core.pricing.services import unpriced
from sales.services.accrual_drafts import ApprovedWork
from sales.services.accruals import Refused
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.routing import Step
from timeexpense.rules.validation import day
from timeexpense.selectors import validation_facts

from . import accrual_works, budgets, policy_rules, routing, storage
from .accrual_works import KIND_OF, SOURCE_KINDS, Submitted
from .accruing import Posted, accrue_and_post, key_of
from .refusals import Adjustment, EntryKey, Said, refusals


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one entry: `approved`, `returned`, or `refused` with the reason.

    `passed` is an approval after which somebody else's is needed; the reason names the rule.
    """

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
    def passed_count(self) -> int:
        return sum(decision.outcome == "passed" for decision in self.decisions)

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
    comments: Mapping[EntryKey, str] | None = None,
) -> Approval:
    """Approve entries and post their actuals, in one transaction. Constant queries for a batch.

    `entries` are ("time" or "expense", id); `adjustments` are by time entry, `comments` by entry.
    An entry that cannot be approved stays submitted with its reason, and the rest go on: one that
    somebody else has decided on, one's own, one with a flag of the policy that the actor has not
    acknowledged, one without a price, one that no open period takes. One that a routing rule wants
    a further decision on is passed on to that and posts nothing yet. Two approvals of the same
    entry post it once: its row is locked first.
    Raises  PermissionDenied.
    Source  docs/rules/timeexpense.md, T-6 and T-10; docs/rules/sales.md, S-4 and S-7.
    """
    actor.require(TimeExpensePermission.APPROVE)
    wanted = list(dict.fromkeys(entries))
    said = Said(adjustments or {}, comments or {})
    rows = locked_entries(wanted)
    refused, rights = refusals(wanted, rows, actor, at, said)
    refused |= policy_rules.unacknowledged(rows, refused, actor)
    deciding = _Deciding(rows, said, rights, actor, at)
    further = routing.further_steps([rows[key] for key in wanted if key not in refused])
    passed = _pass_on(further, deciding)
    open_now = [key for key in wanted if key not in refused and key not in passed]
    approval = _carry_out(wanted, open_now, refused, deciding)
    return replace(
        approval,
        decisions=tuple(
            Decision(one.kind, one.entry_id, "passed", passed[one.kind, one.entry_id])
            if (one.kind, one.entry_id) in passed
            else one
            for one in approval.decisions
        ),
    )


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
        open_now = [key for key in wanted if key not in refused]
        return _carry_out(wanted, open_now, refused, _Deciding(rows, Said(), {}, actor, at))


@dataclass(frozen=True, slots=True)
class _Deciding:
    """Who decides on which locked rows, in whose place, and what they say beside yes."""

    rows: Mapping[EntryKey, Submitted]
    said: Said
    rights: Mapping[EntryKey, int | None]
    actor: Actor
    at: datetime

    def record(
        self,
        decision: str,
        decided: Sequence[Submitted],
        *,
        reasons: Sequence[str] | None = None,
        batch_id: int | None = None,
    ) -> None:
        """One row of the decision for each, with the comment on it where it has no reason."""
        keys = [(row.kind, row.id) for row in decided]
        if reasons is None and self.said.comments:
            reasons = [self.said.comment_on(*key) for key in keys]
        deputies = [self.rights.get(key) for key in keys]
        storage.record_decisions(
            [(row.kind, row.id, row.revision) for row in decided],
            decision=decision,
            actor=self.actor,
            at=self.at,
            batch_id=batch_id,
            reasons=reasons,
            stands_in_for=deputies if any(deputies) else None,
        )

    def set_billable(self, decided: Sequence[Submitted]) -> None:
        """What is billed of those that the approver changed, and why."""
        changed = self.said.adjustments
        storage.set_billable(
            {
                row.id: (row.billable_minutes, changed[row.id].reason.strip())
                for row in decided
                if row.kind == "time" and row.id in changed
            }
        )


def _pass_on(further: Mapping[EntryKey, Step], deciding: _Deciding) -> dict[EntryKey, str]:
    """Send entries on to the decision that follows; a sentence for each that names its rule."""
    if not further:
        return {}
    rows = [_adjusted(deciding.rows[key], deciding.said.adjustments) for key in further]
    for kind in SOURCE_KINDS:
        storage.send_on(kind, {key[1]: step for key, step in further.items() if key[0] == kind})
    deciding.set_billable(rows)
    deciding.record("passed", rows)
    audit.record(
        actor=deciding.actor,
        at=deciding.at,
        event=TimeExpenseEvent.PASSED_ON,
        record_type="org.Resource",
        record_id=rows[0].resource_id,
        sentence=f"Approved {counted(len(rows), 'entry', 'entries')} that a rule wants approved "
        "once more.",
    )
    names = routing.names_of(further)
    return {
        key: f"It waits for a further approval: {names.get(step.route_id or 0, 'a rule')}."
        for key, step in further.items()
    }


def _carry_out(
    wanted: Sequence[EntryKey],
    open_now: Sequence[EntryKey],
    refused: dict[EntryKey, str],
    deciding: _Deciding,
) -> Approval:
    """Accrue, post and mark what is open; the outcomes in the order asked for."""
    chosen = [_adjusted(deciding.rows[key], deciding.said.adjustments) for key in open_now]
    works, broken = accrual_works.works_of(chosen)
    parameters = org.parameters()
    late = _late_refusals(works, parameters.late_work_policy)
    over, over_warnings = budgets.over_budget(works, policy=parameters.budget_control)
    late |= {(KIND_OF[kind], source_id): why for (kind, source_id), why in over.items()}
    works = [work for work in works if (KIND_OF[work.source_kind], work.source_id) not in late]
    posted = Posted()
    accrue_and_post(works, deciding.actor, deciding.at, posted)
    posted.warnings += over_warnings
    blocked = {key_of(one): one.reason for one in posted.refused}
    blocked |= late | {(chosen[i].kind, chosen[i].id): why for i, why in broken.items()}
    _store(chosen, blocked, posted, deciding)
    refused = refused | blocked
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
            .filter(storage.among("time", time_ids))
            .order_by("id")
            .values_list(
                "id", "resource_id", "project_id", "task_id", "work_on", "billing_type",
                "description", "revision", "state", "lock_version", "level", "awaits", "route_id",
                "role_id", "minutes",
                "billable_minutes",
            )
        ):  # fmt: skip
            rows["time", row[0]] = Submitted("time", *row)
    expense_ids = [entry_id for kind, entry_id in wanted if kind == "expense"]
    if expense_ids:
        for row in (
            ExpenseEntry.objects.select_for_update(of=("self",))
            .filter(storage.among("expense", expense_ids))
            .order_by("id")
            .values_list(
                "id", "resource_id", "project_id", "task_id", "spent_on", "billing_type",
                "description", "revision", "state", "lock_version", "level", "awaits", "route_id",
                "category_id", "amount",
                "tax_amount", "currency", "payment_method",
            )
        ):  # fmt: skip
            rows["expense", row[0]] = _expense(row)
    return rows


def _expense(row: tuple[Any, ...]) -> Submitted:
    """An expense's columns as an entry: no role, no minutes."""
    return Submitted._make(("expense", *row[:13], None, None, None, *row[13:]))


def _adjusted(row: Submitted, adjusted: Mapping[int, Adjustment]) -> Submitted:
    change = adjusted.get(row.id) if row.kind == "time" else None
    if change is None:
        return row
    same = change.billable_minutes == row.minutes
    return row._replace(billable_minutes=None if same else change.billable_minutes)


def _late_refusals(works: Sequence[ApprovedWork], policy: str) -> dict[EntryKey, str]:
    """Work in a closed period, where the tenant refuses it instead of posting it later."""
    if not works or policy != validation_facts.LATE_WORK_REFUSED:
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


def _store(
    chosen: Sequence[Submitted],
    blocked: Mapping[EntryKey, str],
    posted: Posted,
    deciding: _Deciding,
) -> None:
    """States, decisions, the unpriced queue and the trail: a few statements for any batch."""
    actor, at = deciding.actor, deciding.at
    approved = [row for row in chosen if (row.kind, row.id) not in blocked]
    for kind in SOURCE_KINDS:
        ids = [row.id for row in approved if row.kind == kind]
        storage.mark_approved(kind, ids, actor=actor, at=at)
        storage.mark_blocked(
            kind, {key[1]: reason for key, reason in blocked.items() if key[0] == kind}
        )
        if ids:
            unpriced.resolve(source_kind=SOURCE_KINDS[kind], source_ids=ids, at=at)
    deciding.set_billable(chosen)
    by_batch: dict[int | None, list[Submitted]] = {}
    for row in approved:
        by_batch.setdefault(posted.batch_of.get((row.kind, row.id)), []).append(row)
    for batch_id, decided in by_batch.items():
        deciding.record("approved", decided, batch_id=batch_id)
    held = [row for row in chosen if (row.kind, row.id) in blocked]
    deciding.record("blocked", held, reasons=[blocked[row.kind, row.id] for row in held])
    _queue_unpriced(posted.waiting, deciding.rows, actor, at)
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
                one.source_kind, one.source_id, one.context, rows[key_of(one)].work_on, one.unpriced,
                rows[key_of(one)].project_id, rows[key_of(one)].resource_id, rows[key_of(one)].role_id,
            )
            for one in waiting
            if one.unpriced is not None
        ],
        actor=actor,
        at=at,
    )  # fmt: skip
