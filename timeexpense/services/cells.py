"""The week grid's autosave: many cells in one call, each with an outcome of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from timeexpense.models import TimeEntry
from timeexpense.policies import EDITABLE
from timeexpense.rules import validation
from timeexpense.rules.spans import Span
from timeexpense.rules.typed_time import TimeRefused, Typed, read_time
from timeexpense.rules.validation import Finding, TimeFact
from timeexpense.selectors import people, validation_facts
from timeexpense.selectors.rows import RowKey, UsualRoles, usual_roles

from . import time_entries
from .time_entries import TimeDraft

SAVED, DELETED, UNCHANGED, FAILED, CONFLICT = "saved", "deleted", "unchanged", "failed", "conflict"


@dataclass(frozen=True, slots=True)
class CellDraft:
    """What a cell should hold. `typed` None keeps the time, a comment of None keeps the comment.

    `entry_id` and `lock_version` are what the grid last saw; a new cell has a client key instead.
    """

    ref: str
    project_id: int
    work_on: date
    typed: str | None
    task_id: int | None = None
    role_id: int | None = None
    activity: str = ""
    billing_type: str = ""
    description: str | None = None
    internal_note: str | None = None
    entry_id: int | None = None
    lock_version: int | None = None
    client_key: UUID | None = None
    # What needs no reading, instead of `typed`: whole minutes with their start and stop.
    time: Typed | None = None


class Refused(DomainError):
    """A cell that a rule refuses before any other is asked."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence, finding.field)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """What became of a cell, and what it holds now; `sentence` says why not, if not."""

    ref: str
    status: str
    entry_id: int | None = None
    lock_version: int | None = None
    minutes: int = 0
    sentence: str = ""
    findings: tuple[Finding, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(slots=True)
class _Plan:
    """What is to be done, decided before anything is written."""

    outcomes: dict[int, CellOutcome] = field(default_factory=dict)
    creating: dict[int, TimeDraft] = field(default_factory=dict)
    changing: dict[int, tuple[TimeEntry, TimeDraft]] = field(default_factory=dict)
    deleting: dict[int, TimeEntry] = field(default_factory=dict)


@transaction.atomic
def save_cells(*, cells: Sequence[CellDraft], actor: Actor, at: datetime) -> list[CellOutcome]:
    """Save the actor's own cells; one outcome each, in the order given. Constant queries.

    Empty and 0 delete a draft. Sending the same again changes nothing. A cell that was changed
    elsewhere meanwhile is a conflict and keeps what it holds; nothing typed is overwritten.
    Raises  NotFound for a member who books no time, PermissionDenied.
    """
    me = people.my_resource(actor)
    time_entries.lock_people({me.pk}, actor)
    late = time_entries.late_days([(me.pk, cell.work_on) for cell in cells], actor=actor, at=at)
    plan = _planned(cells, me, {on for _, on in late})
    touched = [entry.pk for entry, _ in plan.changing.values()]
    touched += [entry.pk for entry in plan.deleting.values()]
    facts = [time_entries.fact_of(draft) for _, draft in plan.changing.values()]
    found = dict(zip(plan.changing, _findings(facts, touched) if facts else (), strict=True))
    _delete(plan)
    _change(plan, found)
    _create(plan, actor, at)
    return [replace(plan.outcomes[i], ref=cell.ref) for i, cell in enumerate(cells)]


def _findings(facts: Sequence[TimeFact], touched: Sequence[int]) -> list[tuple[Finding, ...]]:
    return validation.validate(
        facts,
        facts=validation_facts.gather(facts, leaving_out=touched),
        switches=people.rule_modes(),
    )


def _planned(cells: Sequence[CellDraft], me: Resource, late: set[date]) -> _Plan:
    days = {cell.work_on for cell in cells if validation.is_plausible(cell.work_on)}
    keys = {cell.client_key for cell in cells if cell.client_key is not None}
    stored = list(TimeEntry.objects.filter(resource_id=me.pk, work_on__in=days))
    by_id = {entry.pk: entry for entry in stored}
    by_key = {entry.client_key: entry for entry in stored if entry.client_key is not None}
    others = set(
        TimeEntry.objects.filter(client_key__in=keys - set(by_key)).values_list(
            "client_key", flat=True
        )
    )
    usual = usual_roles(me, {row.project_id for row in (*stored, *cells)})
    by_cell: dict[tuple[RowKey, date], list[TimeEntry]] = defaultdict(list)
    for entry in stored:
        by_cell[usual.row_of(entry), entry.work_on].append(entry)
    plan = _Plan()
    seen: set[tuple[RowKey, date]] = set()
    for index, cell in enumerate(cells):
        entry = by_id.get(cell.entry_id) if cell.entry_id else by_key.get(cell.client_key)
        row = (_row_of(cell, usual), cell.work_on)
        try:
            if not validation.is_plausible(cell.work_on):
                raise Refused(validation.far_away(cell.work_on))
            if cell.work_on in late:
                raise Refused(time_entries.LATE)
            if cell.client_key in others:
                raise DomainError("This entry was sent before by somebody else. Reload the page.")
            if row in seen:
                raise DomainError("The same cell was sent twice at once. Save it again.")
            seen.add(row)
            same_row = entry is not None and (usual.row_of(entry), entry.work_on) == row
            _plan_one(plan, index, cell, entry, by_cell[row], me.pk, same_row)
        except DomainError as error:
            plan.outcomes[index] = _kept(cell, FAILED, entry, error)
    return plan


def _row_of(cell: CellDraft, usual: UsualRoles) -> RowKey:
    """The row of the grid that a cell is in; a role that is the usual one makes none of its own."""
    is_usual = cell.role_id == usual.role_on(cell.project_id, cell.work_on)
    role_id = None if is_usual else cell.role_id
    return RowKey(cell.project_id, cell.task_id, role_id, cell.billing_type, cell.activity)


def _kept(
    cell: CellDraft, status: str, entry: TimeEntry | None, why: DomainError | str = ""
) -> CellOutcome:
    """The outcome of a cell that keeps what it holds; a rule's refusal goes with its code."""
    sentence = why if isinstance(why, str) else why.message
    found = (why.finding,) if isinstance(why, TimeRefused | Refused) else ()
    if entry is None:
        return CellOutcome(cell.ref, status, sentence=sentence, findings=found)
    return CellOutcome(
        cell.ref,
        status,
        entry.pk,
        entry.lock_version,
        entry.minutes,
        sentence,
        found,
        validation_facts.spans_from(entry.spans),
    )


def _plan_one(
    plan: _Plan,
    index: int,
    cell: CellDraft,
    entry: TimeEntry | None,
    in_cell: Sequence[TimeEntry],
    resource_id: int,
    same_row: bool,
) -> None:
    if cell.entry_id and entry is None:
        raise DomainError("This entry is no longer there, or is not yours. Reload the week.")
    typed = read_time(cell.typed) if cell.typed is not None else cell.time
    if entry is None:
        if in_cell:
            held = sum(other.minutes for other in in_cell)
            plan.outcomes[index] = _kept(
                cell,
                CONFLICT,
                in_cell[0],
                f"This cell holds {validation.clock(held)} already, entered elsewhere. "
                "Reload the week.",
            )
        elif typed is None or not typed.minutes:
            if cell.description or cell.internal_note:
                raise DomainError("A comment needs time beside it. Enter the time first.")
            plan.outcomes[index] = CellOutcome(cell.ref, UNCHANGED)
        else:
            plan.creating[index] = _draft(cell, resource_id, typed, "", "")
        return
    held_spans = validation_facts.spans_from(entry.spans)
    if typed is None or (typed.minutes == entry.minutes and not typed.spans):
        typed = Typed(entry.minutes, held_spans)
    wanted = _draft(cell, resource_id, typed, entry.description, entry.internal_note)
    same = (wanted.minutes, wanted.spans, wanted.description, wanted.internal_note) == (
        entry.minutes, held_spans, entry.description, entry.internal_note,
    )  # fmt: skip
    if same and same_row:
        plan.outcomes[index] = _kept(cell, SAVED, entry)
        return
    if entry.state not in EDITABLE:
        raise DomainError(
            f"This entry is {entry.get_state_display().lower()}. "
            + ("Take it back first." if entry.state == "submitted" else "Ask for its recall first.")
        )
    if cell.lock_version is not None and cell.lock_version != entry.lock_version:
        plan.outcomes[index] = _kept(
            cell,
            CONFLICT,
            entry,
            f"This cell was changed elsewhere and holds {validation.clock(entry.minutes)} now. "
            "Reload the week, or type it again.",
        )
    elif typed.minutes == 0:
        plan.deleting[index] = entry
        plan.outcomes[index] = CellOutcome(cell.ref, DELETED)
    else:
        plan.changing[index] = (entry, wanted)


def _draft(
    cell: CellDraft, resource_id: int, typed: Typed, description: str, note: str
) -> TimeDraft:
    return TimeDraft(
        resource_id=resource_id,
        project_id=cell.project_id,
        task_id=cell.task_id,
        role_id=cell.role_id,
        work_on=cell.work_on,
        minutes=typed.minutes,
        spans=typed.spans,
        description=description if cell.description is None else cell.description.strip(),
        internal_note=note if cell.internal_note is None else cell.internal_note.strip(),
        activity=cell.activity,
        billing_type=cell.billing_type,
        client_key=cell.client_key,
    )


def _delete(plan: _Plan) -> None:
    if plan.deleting:
        TimeEntry.objects.filter(id__in=[entry.pk for entry in plan.deleting.values()]).delete()


def _change(plan: _Plan, found: dict[int, tuple[Finding, ...]]) -> None:
    changed = []
    for index, (entry, draft) in plan.changing.items():
        refusal = next((f.sentence for f in found[index] if f.blocks), "")
        if refusal:
            plan.outcomes[index] = CellOutcome(
                "", FAILED, entry.pk, entry.lock_version, entry.minutes, refusal, found[index]
            )
            continue
        entry.minutes = draft.minutes
        entry.description, entry.internal_note = draft.description, draft.internal_note
        entry.spans = list(draft.spans)
        entry.lock_version += 1
        changed.append(entry)
        plan.outcomes[index] = CellOutcome(
            "", SAVED, entry.pk, entry.lock_version, entry.minutes, "", found[index], draft.spans
        )
    if changed:
        TimeEntry.objects.bulk_update(
            changed,
            ["minutes", "spans", "description", "internal_note", "lock_version"],
            batch_size=500,
        )


def _create(plan: _Plan, actor: Actor, at: datetime) -> None:
    """New cells go through the door that bulk entry uses."""
    indexes = list(plan.creating)
    made = time_entries.enter_time(entries=[plan.creating[i] for i in indexes], actor=actor, at=at)
    for index, outcome in zip(indexes, made, strict=True):
        if outcome.entry_id is None:
            refusal = next((f.sentence for f in outcome.findings if f.blocks), "")
            plan.outcomes[index] = CellOutcome(
                "", FAILED, sentence=refusal, findings=outcome.findings
            )
        else:
            draft = plan.creating[index]
            plan.outcomes[index] = CellOutcome(
                "", SAVED, outcome.entry_id, 1, draft.minutes, "", outcome.findings, draft.spans
            )
