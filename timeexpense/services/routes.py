"""Routing rules as data: saved, and switched on and off."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import LegalEntity, OrgUnit, TransactionCategory
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import ApprovalRoute, Entry, EntryState, ExpenseEntry, TimeEntry
from timeexpense.rules.routing import FIRST_LEVEL, LAST_LEVEL
from timeexpense.selectors import routing

RECORD = "timeexpense.ApprovalRoute"
MOST = 100


@dataclass(frozen=True, slots=True)
class RouteInput:
    """A rule as typed. What is None or empty asks for nothing; one of the approvers is given."""

    name: str
    level: int = FIRST_LEVEL
    position: int = 1
    entry_kind: str = ""
    category_id: int | None = None
    org_unit_id: int | None = None
    legal_entity_id: int | None = None
    amount_over: Decimal | None = None
    approver_id: int | None = None
    approver_role: str = ""


@transaction.atomic
def save_route(
    *,
    route: RouteInput,
    actor: Actor,
    at: datetime,
    route_id: int | None = None,
    lock_version: int | None = None,
) -> ApprovalRoute:
    """Make a rule, or change one. Entries that wait already keep the desk they wait at; it holds
    for what is handed in from now on, and for the next level of what waits.

    Raises  PermissionDenied, NotFound, Conflict, DomainError on the field that does not fit.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    _check(route)
    if route_id is None:
        if ApprovalRoute.objects.count() >= MOST:
            raise DomainError(f"A firm has at most {MOST} routing rules.")
        row = ApprovalRoute(tenant_id=actor.tenant_id)
    else:
        row = _locked(route_id, lock_version)
        row.lock_version += 1
    for name in (
        "level", "position", "entry_kind", "category_id", "org_unit_id", "legal_entity_id",
        "amount_over", "approver_id", "approver_role",
    ):  # fmt: skip
        setattr(row, name, getattr(route, name))
    row.name = route.name.strip()
    row.save()
    _trail(row, actor, at, f"Saved the routing rule “{row.name}”.")
    return row


@transaction.atomic
def switch_route(*, route_id: int, is_active: bool, actor: Actor, at: datetime) -> ApprovalRoute:
    """Switch a rule on or off. Switched off, nothing more is sent to its desk.

    Raises  PermissionDenied, NotFound; DomainError while entries wait for its approver, since they
            would wait there for good.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = _locked(route_id, None)
    if row.is_active == is_active:
        return row
    if not is_active and (waiting := _waiting(row.pk)):
        raise DomainError(
            f"{waiting} submitted entries wait for a decision under this rule. Have them decided "
            "on first, or change who decides."
        )
    row.is_active = is_active
    row.lock_version += 1
    row.save(update_fields=["is_active", "lock_version"])
    word = "on" if is_active else "off"
    _trail(row, actor, at, f"Switched the routing rule “{row.name}” {word}.")
    return row


def _waiting(route_id: int) -> int:
    models: tuple[type[Entry], ...] = (TimeEntry, ExpenseEntry)
    return sum(
        model.objects.filter(state=EntryState.SUBMITTED, route_id=route_id).count()  # type: ignore[attr-defined]
        for model in models
    )


def _locked(route_id: int, lock_version: int | None) -> ApprovalRoute:
    row: ApprovalRoute | None = (
        ApprovalRoute.objects.select_for_update(of=("self",)).filter(pk=route_id).first()
    )
    if row is None:
        raise NotFound("There is no such routing rule.")
    if lock_version is not None and row.lock_version != lock_version:
        raise Conflict("Somebody else changed this rule meanwhile. Reload it and look again.")
    return row


def _check(route: RouteInput) -> None:
    name = route.name.strip()
    if not name or len(name) > 120 or "\0" in name:
        raise DomainError("Give the rule a name of at most 120 characters.", "name")
    if not FIRST_LEVEL <= route.level <= LAST_LEVEL:
        raise DomainError(f"A level lies between {FIRST_LEVEL} and {LAST_LEVEL}.", "level")
    if not 1 <= route.position <= 999:
        raise DomainError("A position lies between 1 and 999.", "position")
    if route.entry_kind not in ("", "time", "expense"):
        raise DomainError("Choose time, expenses or both.", "entry_kind")
    for model, chosen, field in (
        (TransactionCategory, route.category_id, "category"),
        (OrgUnit, route.org_unit_id, "org_unit"),
        (LegalEntity, route.legal_entity_id, "legal_entity"),
    ):
        if chosen is not None and not model.objects.filter(pk=chosen).exists():
            raise DomainError("There is no such choice any more. Choose again.", field)
    of_expenses = route.category_id is not None or route.amount_over is not None
    if of_expenses and route.entry_kind == "time":
        raise DomainError("Categories and amounts are of expenses. Choose expenses.", "entry_kind")
    if route.amount_over is not None and not 0 <= route.amount_over < Decimal(10) ** 12:
        raise DomainError("Give an amount of 0 or more.", "amount_over")
    _check_approver(route)


def _check_approver(route: RouteInput) -> None:
    """The approver, or somebody of the role, can decide; else entries would wait for good."""
    if (route.approver_id is None) == (not route.approver_role):
        raise DomainError("Choose one person or one role that decides.", "approver")
    able = routing.approving_members()
    if route.approver_id is not None:
        member = Membership.objects.filter(pk=route.approver_id, is_active=True).first()
        if member is None:
            raise DomainError("Choose somebody who has access.", "approver")
        if member.pk not in able:
            raise DomainError(
                f"{member.name} may not approve time. Give them a role that includes it first.",
                "approver",
            )
        return
    role = Role.objects.filter(code=route.approver_role).first()
    if role is None:
        raise DomainError("There is no such role.", "approver_role")
    members = MembershipRole.objects.filter(role=role).values_list("membership_id", flat=True)
    if not able & set(members):
        raise DomainError(
            f"Nobody with the role {role.name} may approve time. Add “Approve time and expenses” "
            "to the role first.",
            "approver_role",
        )


def _trail(row: ApprovalRoute, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.ROUTE_SAVED,
        record_type=RECORD,
        record_id=row.pk,
        sentence=sentence,
    )
