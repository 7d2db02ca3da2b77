"""Travel requests: asked for with an estimate, decided on by whoever decides on such work."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import currency_of, minor_units, parse_amount
from psa.core.notifications import services as notifications
from psa.core.org import selectors as org
from timeexpense import policies
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import TravelRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.validation import is_plausible
from timeexpense.selectors import expenses, people, travel

State = TravelRequest.State
EDITABLE: Final = (State.DRAFT, State.RETURNED)
NOT_YOURS: Final = "There is no such travel request, or it is not yours to decide."
RECORD: Final = "timeexpense.TravelRequest"


@dataclass(frozen=True, slots=True)
class TravelDraft:
    """A journey as typed; the estimate is all that it is to cost, in one currency."""

    project_id: int
    purpose: str
    destination: str
    starts_on: date
    ends_on: date
    currency: str
    estimate: str


@transaction.atomic
def save_request(
    *, request_id: int | None, draft: TravelDraft, actor: Actor, at: datetime,
    lock_version: int | None = None,
) -> TravelRequest:  # fmt: skip
    """Make a request of one's own (`request_id` None), or change one before it is handed in.

    Raises  NotFound; Conflict when it was changed elsewhere; DomainError on the field that does not fit.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    if request_id is None:
        row = TravelRequest(
            tenant_id=actor.tenant_id, resource=me, created_at=at, number=_number(actor.tenant_id)
        )
    else:
        row = _own(request_id, actor)
        if lock_version is not None and lock_version != row.lock_version:
            raise Conflict("This request was changed elsewhere. Reload it and look again.")
        row.lock_version += 1
    for name, value in _checked(draft).items():
        setattr(row, name, value)
    row.save()
    _trail(row, "timeexpense.travel_saved", f"Saved the travel request {row.number}.", actor, at)
    return row


def _checked(draft: TravelDraft) -> dict[str, Any]:
    if not (is_plausible(draft.starts_on) and is_plausible(draft.ends_on)):
        raise DomainError("The days lie between 2000 and 2099.", "starts_on")
    if draft.ends_on < draft.starts_on:
        raise DomainError("The last day is the first or a later one.", "ends_on")
    if not expenses.is_work(draft.project_id, None):
        raise DomainError("There is no such project, or it is not yours to book on.", "project")
    code = currency_of(draft.currency.strip()[:10]).code
    amount: Decimal = parse_amount(draft.estimate, field="estimate", max_places=minor_units(code))
    if amount <= 0:
        raise DomainError("The estimate is above 0.", "estimate")
    return {
        "project_id": draft.project_id,
        "purpose": _text(draft.purpose, 200, "purpose"),
        "destination": _text(draft.destination, 120, "destination"),
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "currency": code,
        "estimate_amount": amount,
    }


def _text(text: str, limit: int, field: str) -> str:
    text = text.strip()
    if not text:
        raise DomainError("This is needed for the decision.", field)
    if len(text) > limit or "\0" in text:
        raise DomainError(f"At most {limit} characters fit here.", field)
    return text


def _number(tenant_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_expensecounter (tenant_id, last_number, last_travel_number) "
            "VALUES (%s, 0, 1) ON CONFLICT (tenant_id) DO UPDATE "
            "SET last_travel_number = timeexpense_expensecounter.last_travel_number + 1 "
            "RETURNING last_travel_number",
            [tenant_id],
        )
        return f"TR-{cursor.fetchone()[0]:05d}"


@transaction.atomic
def submit_request(*, request_id: int, actor: Actor, at: datetime) -> TravelRequest:
    """Hand one's own request in; all who may decide on it are told.

    Raises  NotFound; DomainError when it is no draft.
    """
    row = _own(request_id, actor)
    row.state, row.submitted_at, row.return_reason = State.SUBMITTED, at, ""
    row.lock_version += 1
    row.save()
    _trail(row, TimeExpenseEvent.TRAVEL_SUBMITTED, f"Submitted {row.number}.", actor, at)
    _tell(
        sorted(travel.deciders_of(row)), TimeExpenseEvent.TRAVEL_SUBMITTED,
        f"{row.resource.name} asks for a journey", row, at,
    )  # fmt: skip
    return row


@transaction.atomic
def take_back(*, request_id: int, actor: Actor, at: datetime) -> TravelRequest:
    """Make one's own request a draft again while nobody has decided on it.

    Raises  NotFound; DomainError when it was decided on meanwhile, or was never handed in.
    """
    row = _mine(request_id, actor)
    if row.state != State.SUBMITTED:
        raise DomainError("There is nothing to take back: it does not wait for a decision.")
    row.state, row.submitted_at = State.DRAFT, None
    row.lock_version += 1
    row.save()
    _trail(row, TimeExpenseEvent.TAKEN_BACK, f"Took {row.number} back.", actor, at)
    return row


@dataclass(frozen=True, slots=True)
class Refused:
    """A journey that was left as it is, and why; without its facts when it is nobody's to see."""

    reason: str
    person: str = ""
    on: date | None = None
    project: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    count: int
    refused: tuple[Refused, ...]


@transaction.atomic
def decide_all(
    *, request_ids: Collection[int], approve: bool, reason: str, actor: Actor, at: datetime
) -> Decided:
    """Approve or return several requests with one reason; one that cannot be, stays, the rest go on.

    Raises  PermissionDenied; DomainError without a reason.
    """
    reason = _checked_decision(approve, reason, actor)
    rows = _locked(request_ids, actor)
    own_too = _decides_on_own(actor)
    refused = [Refused(NOT_YOURS)] * (len(set(request_ids)) - len(rows))
    for row in rows:
        said = _refusal(row, own_too, actor)
        if said:
            refused.append(Refused(said, row.resource.name, row.starts_on, row.project.name))
        else:
            _write(row, approve, reason, actor, at)
    return Decided(len(set(request_ids)) - len(refused), tuple(refused))


@transaction.atomic
def decide(
    *, request_id: int, approve: bool, reason: str, actor: Actor, at: datetime
) -> TravelRequest:
    """Approve a submitted request, or return it with a reason; never one's own.

    Raises  PermissionDenied, NotFound; DomainError when it is not waiting, or without a reason.
    """
    actor.require(TimeExpensePermission.APPROVE)
    found = _locked([request_id], actor)
    if not found:
        raise NotFound(NOT_YOURS)
    said = _refusal(found[0], _decides_on_own(actor), actor)
    if said:
        raise DomainError(said)
    _write(found[0], approve, _checked_decision(approve, reason, actor), actor, at)
    return found[0]


def _locked(request_ids: Collection[int], actor: Actor) -> list[TravelRequest]:
    """Those that the actor decides on, in any state but a draft."""
    return list(
        travel.visible(actor)
        .select_for_update(of=("self",))
        .select_related("resource", "project")
        .filter(pk__in=travel.decidable_ids(request_ids, actor))
        .order_by("pk")
    )


def _decides_on_own(actor: Actor) -> bool:
    return policies.is_system(actor) or org.parameters().self_approval_allowed


def _refusal(row: TravelRequest, own_too: bool, actor: Actor) -> str:
    """Why a request is not decided on now; empty when it may be."""
    if row.state != State.SUBMITTED:
        return f"It is {row.get_state_display().lower()}; there is nothing to decide."
    if not own_too and row.resource.membership_id == actor.membership_id:
        return "It is your own. Another approver of the project has to decide on it."
    return ""


def _checked_decision(approve: bool, reason: str, actor: Actor) -> str:
    """The reason without blanks around it."""
    actor.require(TimeExpensePermission.APPROVE)
    reason = reason.strip()
    if not approve and not reason:
        raise DomainError("Say what has to be corrected; the person reads it.", "reason")
    if len(reason) > 400 or "\0" in reason:
        raise DomainError("A reason has at most 400 characters.", "reason")
    return reason


def _write(row: TravelRequest, approve: bool, reason: str, actor: Actor, at: datetime) -> None:
    row.state = State.APPROVED if approve else State.RETURNED
    row.return_reason = "" if approve else reason
    row.decided_at, row.decided_by_id = at, actor.membership_id
    row.lock_version += 1
    row.save()
    sentence = f"Approved {row.number}." if approve else f"Returned {row.number}."
    _trail(row, TimeExpenseEvent.TRAVEL_DECIDED, sentence, actor, at)
    if row.resource.membership_id is not None:
        _tell(
            [row.resource.membership_id], TimeExpenseEvent.TRAVEL_DECIDED,
            f"{row.number} was approved" if approve else f"{row.number} was returned",
            row, at, body=reason,
        )  # fmt: skip


def _own(request_id: int, actor: Actor) -> TravelRequest:
    """The actor's request, while they may change it."""
    row = _mine(request_id, actor)
    if row.state not in EDITABLE:
        raise DomainError(f"It is {row.get_state_display().lower()} and cannot be changed.")
    return row


def _mine(request_id: int, actor: Actor) -> TravelRequest:
    actor.require(TimeExpensePermission.ENTER)
    row: TravelRequest | None = (
        TravelRequest.objects.select_for_update(of=("self",))
        .select_related("resource", "project")
        .filter(pk=request_id, resource__membership_id=actor.membership_id)
        .first()
    )
    if row is None:
        raise NotFound("There is no such travel request, or it is not yours to change.")
    return row


def _trail(row: TravelRequest, event: str, sentence: str, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=row.pk, sentence=sentence
    )


def _tell(
    members: Sequence[int], event: str, title: str, row: TravelRequest, at: datetime, body: str = ""
) -> None:
    notifications.notify(
        membership_ids=members, event=event, title=title[:160],
        body=body
        or f"From {row.starts_on:%-d %b %Y} to {row.ends_on:%-d %b %Y}: {row.destination}",
        path=reverse("timeexpense:travel_request", urlconf=settings.TENANT_URLCONF, args=[row.pk]),
        at=at,
        decides_on={"travel": row.pk} if event == TimeExpenseEvent.TRAVEL_SUBMITTED else None,
    )  # fmt: skip
