"""Taking approved entries back: asked for by the person, granted by an approver or finance."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, ActualLink
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import posting
from psa.core.notifications import services as notifications
from sales.services import accrual_terms, parked
from timeexpense import holders, policies
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.validation import day
from timeexpense.selectors import deciders
from timeexpense.selectors.deciders import Waits

from . import storage
from .accrual_works import SOURCE_KINDS

MODELS: dict[str, type[TimeEntry] | type[ExpenseEntry]] = {
    "time": TimeEntry,
    "expense": ExpenseEntry,
}
REASON_LIMIT = 400


class EntryHeld(Conflict):
    """The work is on a draft invoice, or invoiced; the message names it."""


@transaction.atomic
def request_recall(*, kind: str, entry_id: int, reason: str, actor: Actor, at: datetime) -> None:
    """Ask for one's own approved entry to be taken back.

    Raises  NotFound, DomainError without a reason or when the entry is not approved.
    """
    actor.require(TimeExpensePermission.ENTER)
    reason = _checked_reason(reason)
    entry = _locked(kind, entry_id, actor)
    if entry.resource.membership_id != actor.membership_id:
        raise PermissionDenied("You ask for the recall of your own entries only.")
    _check_approved(entry)
    MODELS[kind].objects.filter(pk=entry.pk).update(recall_reason=reason)
    _trail(TimeExpenseEvent.RECALL_REQUESTED, entry, actor, at, f"Asked for a recall: {reason}")
    waits = Waits(entry.awaits, entry.project_id, entry.route_id, entry.resource_id)
    notifications.notify(
        membership_ids=deciders.deciders_of([waits])[waits],
        event=TimeExpenseEvent.RECALL_REQUESTED,
        title=f"{entry.resource.name} asks for a recall",
        body=f"{day(_day_of(entry))}: {reason}",
        path=reverse("timeexpense:approvals", urlconf=settings.TENANT_URLCONF),
        at=at,
        decides_on={"kind": kind, "entry": entry.pk},
    )


@transaction.atomic
def grant_recall(*, kind: str, entry_id: int, actor: Actor, at: datetime, reason: str = "") -> None:
    """Reverse all that an approved entry posted and make it a draft again, with a new revision.

    Rows that were parked and released since are reversed too, and other parked work takes the room
    that came free under a limit, oldest first. Needs an approver of the project
    or the permission to grant recalls; without a request, a reason of the granter's own.
    Raises  NotFound, PermissionDenied, DomainError; EntryHeld while the work is on a draft invoice
            or invoiced, naming it.
    Source  docs/rules/timeexpense.md, T-7.
    """
    entry = _locked(kind, entry_id, actor)
    check_can_decide(entry, actor)
    _check_approved(entry)
    reason = _checked_reason(entry.recall_reason or reason)
    _lock_contracts(kind, entry.pk)
    actuals = standing_actuals(kind=kind, entry_id=entry.pk)
    check_not_held([actual.pk for actual in actuals])
    for actual in actuals:
        if actual.actual_type == ActualType.BILLED_SALES:
            raise EntryHeld(
                f"It is invoiced ({holders.name_of(actual.source_kind, actual.source_id)}). "
                "Credit that invoice first."
            )
    if actuals:
        posting.reverse_actuals(
            actual_ids=[actual.pk for actual in actuals], actor=actor, at=at, kind="recall"
        )
        parked.release_freed_room(
            contract_ids=[actual.contract_id for actual in actuals], actor=actor, at=at,
            today_on=at.date(),
        )  # fmt: skip
    MODELS[kind].objects.filter(pk=entry.pk).update(
        state=EntryState.DRAFT,
        revision=F("revision") + 1,
        lock_version=F("lock_version") + 1,
        recall_reason="",
        submitted_at=None,
        decided_at=None,
        decided_by=None,
        flags=[],
        **({"billable_minutes": None, "billable_reason": ""} if kind == "time" else {}),
    )
    storage.record_decisions(
        [(kind, entry.pk, entry.revision)], decision="recalled", actor=actor, at=at, reason=reason
    )
    _trail(TimeExpenseEvent.RECALL_GRANTED, entry, actor, at, f"Took the entry back: {reason}")
    _tell(entry, TimeExpenseEvent.RECALL_GRANTED, "Your entry can be changed again", at)


@transaction.atomic
def decline_recall(*, kind: str, entry_id: int, reason: str, actor: Actor, at: datetime) -> None:
    """Leave an approved entry as it is, with the reason for the person who asked.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    reason = _checked_reason(reason)
    entry = _locked(kind, entry_id, actor)
    check_can_decide(entry, actor)
    if not entry.recall_reason:
        raise DomainError("Nobody asks for a recall of this entry any more. Reload the page.")
    MODELS[kind].objects.filter(pk=entry.pk).update(recall_reason="")
    storage.record_decisions(
        [(kind, entry.pk, entry.revision)], decision="declined", actor=actor, at=at, reason=reason
    )
    _trail(TimeExpenseEvent.RECALL_DECLINED, entry, actor, at, f"Declined the recall: {reason}")
    _tell(entry, TimeExpenseEvent.RECALL_DECLINED, f"The entry stays approved: {reason}", at)


def lock_expenses(entry_ids: Collection[int]) -> None:
    """Keep expenses from being taken back until the transaction ends, for who is about to hold
    them: a recall that waits then finds them held."""
    list(
        ExpenseEntry.objects.select_for_update(of=("self",))
        .filter(storage.among("expense", sorted(entry_ids)))
        .order_by("id")
        .values_list("id")
    )


def _lock_contracts(kind: str, entry_id: int) -> None:
    """No proposal takes the work and no invoice is confirmed while it is being taken back."""
    contract_ids = set(
        Actual.objects.filter(
            source_kind=SOURCE_KINDS[kind], source_id=entry_id, contract_id__isnull=False
        ).values_list("contract_id", flat=True)
    )
    if contract_ids:
        accrual_terms.lines_with_terms((), contract_ids=contract_ids)


def standing_actuals(*, kind: str, entry_id: int) -> list[Actual]:
    """All that the entry posted and that stands, by id: also what was released or billed since.

    Rows of another source are reached through the ledger's links. Two queries a link away.
    """
    reached = set(
        Actual.objects.filter(source_kind=SOURCE_KINDS[kind], source_id=entry_id).values_list(
            "id", flat=True
        )
    )
    front = reached
    while front:
        front = (
            set(
                ActualLink.objects.filter(from_actual_id__in=front).values_list(
                    "to_actual_id", flat=True
                )
            )
            - reached
        )
        reached |= front
    return list(ledger.live(Actual.objects.filter(id__in=reached)).order_by("id"))


def check_not_held(actual_ids: Sequence[int]) -> None:
    """Refuse while a draft holds any of these, naming it. Raises  EntryHeld."""
    held = ledger.holders_of(actual_ids)
    if held:
        name = holders.name_of(held[0].holder_kind, held[0].holder_id)
        raise EntryHeld(f"It is on {name}. Take it off that draft first.")


def check_can_decide(entry: TimeEntry | ExpenseEntry, actor: Actor) -> None:
    """Refuse all but the entry's approvers and those who grant recalls. Two queries."""
    if actor.has(TimeExpensePermission.GRANT_RECALL) or policies.is_system(actor):
        return
    mine = type(entry).objects.filter(policies.answers_for(actor), pk=entry.pk)
    if actor.has(TimeExpensePermission.APPROVE) and mine.exists():
        return
    raise PermissionDenied("An approver of the project, or finance, decides on recalls.")


def _locked(kind: str, entry_id: int, actor: Actor) -> TimeEntry | ExpenseEntry:
    seen = policies.visible_time(actor) if kind == "time" else policies.visible_expenses(actor)
    entry: TimeEntry | ExpenseEntry | None = None
    if kind in MODELS:
        entry = (
            seen.select_for_update(of=("self",)).select_related("resource").filter(pk=entry_id)
        ).first()
    if entry is None:
        raise NotFound("There is no such entry, or it is not yours to see.")
    return entry


def _check_approved(entry: TimeEntry | ExpenseEntry) -> None:
    if entry.state != EntryState.APPROVED:
        raise DomainError(
            f"The entry is {entry.get_state_display().lower()}; only approved ones are recalled."
        )


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise DomainError("Give a reason; it stays with the entry.", "reason")
    if len(reason) > REASON_LIMIT or "\0" in reason:
        raise DomainError(f"A reason has at most {REASON_LIMIT} characters.", "reason")
    return reason


def _day_of(entry: TimeEntry | ExpenseEntry) -> date:
    return entry.work_on if isinstance(entry, TimeEntry) else entry.spent_on


def _trail(
    event: str, entry: TimeEntry | ExpenseEntry, actor: Actor, at: datetime, sentence: str
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type=entry._meta.label,
        record_id=entry.pk,
        sentence=sentence,
    )


def _tell(entry: TimeEntry | ExpenseEntry, event: str, text: str, at: datetime) -> None:
    if entry.resource.membership_id is None:
        return
    url_name, ids = (
        ("timeexpense:time_entry", [entry.pk])
        if isinstance(entry, TimeEntry)
        else ("timeexpense:expense_report", [entry.report_id])
    )
    notifications.notify(
        membership_ids=[entry.resource.membership_id],
        event=event,
        title=text[:160],
        body=f"Entry of {day(_day_of(entry))}",
        path=reverse(url_name, urlconf=settings.TENANT_URLCONF, args=ids),
        at=at,
    )
