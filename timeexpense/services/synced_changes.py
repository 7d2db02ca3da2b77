"""What a phone wrote without a network: each change done once, however often it is sent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from timeexpense.models import EntryState, ExpenseEntry, ExpenseReport, SyncedChange, TimeEntry
from timeexpense.policies import EDITABLE
from timeexpense.rules.typed_time import read_time
from timeexpense.selectors import people, phone_days

from . import cells, expenses, time_entries
from .cells import CellDraft, CellOutcome
from .expenses import ExpenseDraft, Upload

# Longer than any phone stays without a network; then a change that comes again is new.
KEPT_FOR: Final = timedelta(days=400)
DONE: Final = frozenset({cells.SAVED, cells.DELETED, cells.UNCHANGED})
SOMEBODY_ELSES = "This was sent before by somebody else. Nothing was changed."


@dataclass(frozen=True, slots=True)
class TimeChange:
    """One cell as the phone wants it. Its `client_key` is the change's own id for a new entry."""

    change_id: UUID
    cell: CellDraft


@dataclass(frozen=True, slots=True)
class Held:
    """What the system holds where a change met another one."""

    entry_id: int
    version: int
    minutes: int
    description: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a change: the statuses of `cells`, what stands now, and what rules say.

    A conflict brings what is `held`; none is held where the entry was deleted meanwhile.
    """

    change_id: str
    status: str
    entry_id: int | None = None
    version: int | None = None
    minutes: int = 0
    sentence: str = ""
    findings: tuple[str, ...] = ()
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class ExpenseAnswer:
    """The stored expense and the report that it was put into."""

    entry_id: int
    report_id: int
    report_number: str
    findings: tuple[str, ...]


@transaction.atomic
def sync_time(*, changes: Sequence[TimeChange], actor: Actor, at: datetime) -> list[Answer]:
    """Save changes through the grid's own door, `cells.save_cells`; an answer each, in order.

    A change that was done before is answered as it was then. What is refused or in conflict is
    not kept: the person decides and sends it again. The person is locked first, so that the same
    change sent twice at once is done once. The number of queries is constant.
    Raises  NotFound for a member who books no time, PermissionDenied.
    """
    me = people.my_resource(actor)
    time_entries.lock_people({me.pk}, actor)
    answers = _answered([change.change_id for change in changes], me)
    fresh = {c.change_id: c.cell for c in changes if c.change_id not in answers}
    known = phone_days.held(
        resource=me, entry_ids=[cell.entry_id for cell in fresh.values() if cell.entry_id]
    )
    for change_id, cell in fresh.items():
        if cell.entry_id and cell.entry_id not in known:
            answers[change_id] = _gone(change_id, cell)
    sent = {key: cell for key, cell in fresh.items() if key not in answers}
    done = cells.save_cells(cells=list(sent.values()), actor=actor, at=at) if sent else []
    outcomes = dict(zip(sent, done, strict=True))
    now_held = phone_days.held(
        resource=me,
        entry_ids=[o.entry_id for o in done if o.status == cells.CONFLICT and o.entry_id],
    )
    for change_id, outcome in outcomes.items():
        row = now_held.get(outcome.entry_id or 0) if outcome.status == cells.CONFLICT else None
        answers[change_id] = _answer(change_id, outcome, _held(row) if row else None)
    _keep({key: asdict(answers[key]) for key in fresh if answers[key].status in DONE}, me, at)
    return [answers[change.change_id] for change in changes]


@transaction.atomic
def sync_expense(
    *,
    change_id: UUID,
    draft: ExpenseDraft,
    receipts: Sequence[Upload],
    title: str,
    actor: Actor,
    at: datetime,
) -> ExpenseAnswer:
    """Put an expense with its receipts into the person's open report of this title.

    The report is made when there is none, or when all are handed in. Done once, as `sync_time`.
    Raises  as `expenses.add_expense`.
    """
    me = people.my_resource(actor)
    time_entries.lock_people({me.pk}, actor)
    row = SyncedChange.objects.filter(change_id=change_id).first()
    if row is not None:
        if row.resource_id != me.pk:
            raise DomainError(SOMEBODY_ELSES)
        return ExpenseAnswer(**row.answer | {"findings": tuple(row.answer["findings"])})
    report = _open_report(me, title) or expenses.create_report(title=title, actor=actor, at=at)
    made = expenses.add_expense(
        report_id=report.pk, draft=draft, receipts=receipts, actor=actor, at=at
    )
    answer = ExpenseAnswer(
        made.entry_id, report.pk, report.number, tuple(one.sentence for one in made.findings)
    )
    _keep({change_id: asdict(answer)}, me, at)
    return answer


def forget(*, at: datetime) -> int:
    """Drop answers that no phone will ask for any more; how many."""
    removed, _ = SyncedChange.objects.filter(synced_at__lt=at - KEPT_FOR).delete()
    return int(removed)


def has_old(*, at: datetime) -> bool:
    return bool(SyncedChange.objects.filter(synced_at__lt=at - KEPT_FOR).exists())


def _answered(change_ids: Sequence[UUID], me: Resource) -> dict[UUID, Answer]:
    answers = {}
    for row in SyncedChange.objects.filter(change_id__in=change_ids):
        if row.resource_id != me.pk or "status" not in row.answer:
            answers[row.change_id] = Answer(
                str(row.change_id), cells.FAILED, sentence=SOMEBODY_ELSES
            )
        else:
            given = row.answer | {"findings": tuple(row.answer["findings"]), "held": None}
            answers[row.change_id] = Answer(**given)
    return answers


def _gone(change_id: UUID, cell: CellDraft) -> Answer:
    """The entry is no longer there: deleting it is done, changing it is for its person to decide."""
    if cell.typed is not None and _is_nothing(cell.typed):
        return Answer(str(change_id), cells.DELETED)
    return Answer(
        str(change_id), cells.CONFLICT, sentence="This entry was deleted elsewhere meanwhile."
    )


def _is_nothing(typed: str) -> bool:
    try:
        return read_time(typed).minutes == 0
    except DomainError:
        return False


def _answer(change_id: UUID, outcome: CellOutcome, held: Held | None) -> Answer:
    return Answer(
        str(change_id),
        outcome.status,
        outcome.entry_id,
        outcome.lock_version,
        outcome.minutes,
        outcome.sentence,
        tuple(finding.sentence for finding in outcome.findings if not finding.blocks),
        held,
    )


def _held(row: TimeEntry) -> Held:
    state = "" if row.state == EntryState.DRAFT else row.state
    return Held(row.pk, row.lock_version, row.minutes, row.description, row.internal_note, state)


def _keep(answers: dict[UUID, dict[str, Any]], me: Resource, at: datetime) -> None:
    SyncedChange.objects.bulk_create(
        [
            SyncedChange(
                tenant_id=me.tenant_id,
                resource_id=me.pk,
                change_id=change_id,
                answer=answer,
                synced_at=at,
            )
            for change_id, answer in answers.items()
        ]
    )


def _open_report(me: Resource, title: str) -> ExpenseReport | None:
    """The person's newest report of this title of which nothing is handed in."""
    found: ExpenseReport | None = (
        ExpenseReport.objects.filter(resource_id=me.pk, title=title)
        .exclude(
            pk__in=ExpenseEntry.objects.filter(resource_id=me.pk)
            .exclude(state__in=EDITABLE)
            .values("report_id")
        )
        .order_by("-id")
        .first()
    )
    return found
