"""The register: what may go wrong, what did, what is to be done, decided or changed."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.notifications import services as notifications
from psa.core.org.models import Resource

from .. import policies
from ..events import ProjectEvent
from ..models import Project, RegisterEntry
from ..rules import register as rules
from . import change_amendments
from .locking import apply, check_fresh, lock_project

RECORD = "projects.RegisterEntry"
Kind = RegisterEntry.Kind

_COMMON: Final = frozenset(
    {"title", "description", "owner_id", "due_on", "status", "resolution", "is_client_visible"}
)
_OF_KIND: Final[dict[str, frozenset[str]]] = {
    rules.RISK: frozenset(
        {"risk_type", "probability", "impact", "response", "mitigation", "impact_amount"}
    ),
    rules.ISSUE: frozenset({"priority"}),
    rules.ACTION: frozenset(),
    rules.DECISION: frozenset(),
    rules.CHANGE: frozenset({"price_amount", "delay_days", "amendment_reference"}),
}
# What the owner of an entry may say about it who does not manage the project.
_OF_OWNERS: Final = frozenset({"status", "resolution"})
_AMOUNTS: Final = frozenset({"impact_amount", "price_amount"})
_MOST: Final = Decimal(10**15)


@transaction.atomic
def add_entry(
    *, project_id: int, kind: str, actor: Actor, at: datetime, on: date, **values: Any
) -> RegisterEntry:
    """Put a line into a project's register, numbered next of its kind; its owner is told.

    Takes title, description, owner_id, due_on, status, resolution and is_client_visible; of a risk
    risk_type, probability, impact (1 to 5), response, mitigation and impact_amount (cost, in the
    firm's own currency); of an issue priority; of a change request price_amount (in the contract's
    currency), delay_days and amendment_reference. `on` is the day it ends if it has ended already.
    Raises  NotFound, PermissionDenied (also of amounts the actor may not see), DomainError.
    """
    if kind not in Kind.values:
        raise DomainError("A register has risks, issues, actions, decisions and changes.", "kind")
    project = lock_project(actor=actor, project_id=project_id)
    entry = RegisterEntry(
        tenant_id=actor.tenant_id,
        project=project,
        kind=kind,
        number=_next_number(project, kind),
        raised_by_id=actor.membership_id,
        raised_at=at,
    )
    before = entry.status
    _check_fields(entry, values)
    for name, value in _checked(project, entry, values, actor).items():
        setattr(entry, name, value)
    _check_whole(entry)
    _check_status(entry, before)
    entry.ended_on = on if rules.is_ended(entry.status) else None
    entry.save(force_insert=True)
    audit.record(
        actor=actor, at=at, event=ProjectEvent.REGISTER_ADDED, record_type=RECORD,
        record_id=entry.pk, sentence=f"added {entry.code} “{entry.title}” to {project.code}",
    )  # fmt: skip
    _tell_owner(entry, actor, at)
    return entry


@transaction.atomic
def edit_entry(
    *,
    entry_id: int,
    lock_version: int | None,
    actor: Actor,
    at: datetime,
    on: date,
    **values: Any,
) -> RegisterEntry:
    """Change what is given, as `add_entry` takes it; a new owner is told.

    Who manages the project changes all of it; its owner status and resolution alone. A status that
    ends the entry is dated `on`; an earlier one takes it up again.
    Raises  NotFound, PermissionDenied, Conflict (a stale form), DomainError naming the field.
    """
    entry = _locked(entry_id, actor)
    check_fresh(entry, lock_version)
    _check_fields(entry, values)
    _check_may_edit(entry, values, actor)
    before, owner_before = entry.status, entry.owner_id
    wanted = _checked(entry.project, entry, values, actor)
    _check_status(entry, before, wanted)
    status = wanted.get("status", before)
    if rules.is_ended(status) != rules.is_ended(before):
        wanted["ended_on"] = on if rules.is_ended(status) else None
    changes = apply(entry, wanted)
    if not changes:
        return entry
    _check_whole(entry)
    words = ", ".join(k.replace("_", " ") for k in changes if k not in ("lock_version", "ended_on"))
    told = f"changed {words} of {entry.code}"
    if "status" in changes:
        told += f"; it is {str(entry.get_status_display()).lower()}"
    audit.record(
        actor=actor, at=at, event=ProjectEvent.REGISTER_EDITED, record_type=RECORD,
        record_id=entry.pk, sentence=told,
        changes={k: v for k, v in changes.items() if k not in _AMOUNTS},
    )  # fmt: skip
    if entry.owner_id != owner_before:
        _tell_owner(entry, actor, at)
    if "status" in changes and status == rules.APPROVED:
        change_amendments.draft_amendment(entry=entry, actor=actor, at=at, on=on)
    return entry


@transaction.atomic
def escalate_issue(
    *, entry_id: int, to_resource_id: int, reason: str, actor: Actor, at: datetime, on: date
) -> RegisterEntry:
    """Put an open issue before somebody with a login, with the reason; they are told and see it.

    Raises  NotFound, PermissionDenied, DomainError naming the field.
    """
    entry = _locked(entry_id, actor)
    _check_may_edit(entry, {}, actor)
    if entry.kind != Kind.ISSUE or rules.is_ended(entry.status):
        raise DomainError(f"{entry.code} is not an open issue. Only open issues are escalated.")
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why it is escalated.", field="reason")
    person: Resource | None = Resource.objects.filter(pk=to_resource_id).first()
    if person is None or person.membership_id is None:
        raise DomainError("Choose somebody who can sign in.", field="to")
    changes = apply(entry, {"escalated_to_id": person.membership_id, "escalated_on": on})
    audit.record(
        actor=actor, at=at, event=ProjectEvent.REGISTER_ESCALATED, record_type=RECORD,
        record_id=entry.pk, sentence=f"escalated {entry.code} to {person.name}: {reason}",
        changes=changes,
    )  # fmt: skip
    if person.membership_id != actor.membership_id:
        notifications.notify(
            membership_ids=[person.membership_id],
            event=ProjectEvent.REGISTER_ESCALATED,
            title=f"Escalated to you: {entry.title}",
            body=f"{entry.project.code} {entry.project.name}: {reason}",
            path=path_of("projects:register_entry", entry.pk),
            at=at,
            email=True,
        )
    return entry


def _locked(entry_id: int, actor: Actor) -> RegisterEntry:
    ids = policies.register_visible_to(actor).filter(pk=entry_id).values("id")
    entry: RegisterEntry | None = (
        RegisterEntry.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project__manager", "project__contract", "owner", "amendment")
        .filter(pk__in=ids)
        .first()
    )
    if entry is None:
        raise NotFound("There is no such entry in a register, or it is not yours to see.")
    return entry


def _check_may_edit(entry: RegisterEntry, values: Mapping[str, Any], actor: Actor) -> None:
    owner = entry.owner.membership_id if entry.owner else None
    if (
        owner is not None
        and owner == actor.membership_id
        and values
        and values.keys() <= _OF_OWNERS
    ):
        if entry.project.status == Project.Status.CLOSED:
            policies.check_can_manage(entry.project, actor)
        return
    policies.check_can_manage(entry.project, actor)


def _check_fields(entry: RegisterEntry, values: Mapping[str, Any]) -> None:
    unknown = values.keys() - _COMMON - _OF_KIND[entry.kind]
    if unknown:
        name = min(unknown)
        raise DomainError(
            f"{entry.get_kind_display()}s have no {name.replace('_', ' ').removesuffix(' id')}.",
            field=name,
        )


def _checked(
    project: Project, entry: RegisterEntry, values: Mapping[str, Any], actor: Actor
) -> dict[str, Any]:
    """The values, trimmed and each in its range."""
    found: dict[str, Any] = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    if "title" in found and not 1 <= len(found["title"]) <= 160:
        raise DomainError("It needs a title of at most 160 characters.", field="title")
    owner_id = found.get("owner_id")
    is_new = owner_id is not None and owner_id != entry.owner_id
    if is_new and not Resource.objects.filter(pk=owner_id).exists():
        raise DomainError("This person does not exist. Choose another.", field="owner")
    for name in ("probability", "impact"):
        if name in found and found[name] not in rules.LEVELS:
            raise DomainError(f"The {name} is a level from 1 to 5.", field=name)
    for name, choices in _CHOICES.items():
        if found.get(name) and found[name] not in choices.values:
            raise DomainError("Choose one of those offered.", field=name)
    for name in _AMOUNTS & found.keys():
        _check_amount(project, name, found[name], getattr(entry, name), actor)
    days = found.get("delay_days")
    if days is not None and not -1000 <= days <= 1000:
        raise DomainError("The delay is at most 1,000 days.", field="delay_days")
    return found


_CHOICES: Final = {
    "risk_type": RegisterEntry.RiskType,
    "response": RegisterEntry.Response,
    "priority": RegisterEntry.Priority,
}


def _check_amount(
    project: Project, name: str, amount: Decimal | None, before: Decimal | None, actor: Actor
) -> None:
    if amount == before:
        return
    owner = project.manager.membership_id
    sees = policies.may_see_cost if name == "impact_amount" else policies.may_see_bill
    if not sees(actor, manager_membership_id=owner):
        raise PermissionDenied("Your role does not include the amounts of this project.")
    if amount is None:
        return
    if not amount.is_finite() or abs(amount) >= _MOST:
        raise DomainError("This amount is too large.", field=name)
    if name == "impact_amount" and amount < 0:
        raise DomainError("What a risk would cost is an amount from 0.", field=name)
    if name == "price_amount" and project.contract_id is None:
        raise DomainError(
            f"Project {project.code} has no contract, so a change has no price.", field=name
        )


def _check_whole(entry: RegisterEntry) -> None:
    """What an entry of its kind cannot do without."""
    if not entry.title:
        raise DomainError("It needs a title of at most 160 characters.", field="title")
    if entry.kind == Kind.RISK:
        for name in ("risk_type", "probability", "impact"):
            if not getattr(entry, name):
                raise DomainError("A risk needs type, probability and impact.", field=name)
    if entry.kind == Kind.ISSUE and not entry.priority:
        raise DomainError("An issue needs a priority.", field="priority")


def _check_status(
    entry: RegisterEntry, before: str, wanted: Mapping[str, Any] | None = None
) -> None:
    given = wanted or {}
    rules.check_status(
        entry.kind,
        before,
        given.get("status", entry.status),
        words=given.get("resolution", entry.resolution),
        reference=given.get("amendment_reference", entry.amendment_reference),
    )


def _next_number(project: Project, kind: str) -> int:
    """The project is locked, so nobody takes the same one."""
    rows = RegisterEntry.objects.filter(project=project, kind=kind)
    return int(rows.aggregate(last=Max("number"))["last"] or 0) + 1


def _tell_owner(entry: RegisterEntry, actor: Actor, at: datetime) -> None:
    owner = Resource.objects.filter(pk=entry.owner_id).values_list("membership_id", flat=True)
    member_id = owner.first() if entry.owner_id else None
    if member_id is None or member_id == actor.membership_id or rules.is_ended(entry.status):
        return
    due = f" It is due on {entry.due_on:%-d %B %Y}." if entry.due_on else ""
    kind = str(entry.get_kind_display()).lower()
    notifications.notify(
        membership_ids=[member_id],
        event=ProjectEvent.REGISTER_ADDED,
        title=f"Yours to look after: {entry.code} {entry.title}",
        body=f"The {kind} of {entry.project.code} {entry.project.name} is yours.{due}",
        path=path_of("projects:register_entry", entry.pk),
        at=at,
    )
