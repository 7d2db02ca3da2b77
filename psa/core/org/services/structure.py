"""Writes of the organisation: legal entities, the tree of units, job roles, people."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from psa.core.access.permissions import OrgPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org import selectors, unit_uses
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource, WorkCalendar
from psa.core.org.rules.account_numbers import bank_code_of, end_of, number_of

RATES_OF_HINTS = {
    "cost_rate_hint": PricingPermission.VIEW_COST_RATES,
    "bill_rate_hint": PricingPermission.VIEW_BILL_RATES,
}
ENTITY_FIELDS = (
    "name", "address", "tax_id", "registration", "email", "time_zone", "language",
)  # fmt: skip
# A page of their own, which asks anew who it is: whoever changes them is paid.
BANK_FIELDS = ("bank_name", "bank_iban", "bank_bic")


def edit_entity(
    *, entity_id: int, values: dict[str, Any], actor: Actor, at: datetime
) -> LegalEntity:
    """Change a legal entity's name, address and bank; currency and codes stay for good.

    Invoices already confirmed keep what they said. The trail names an account number by its end
    alone; what was written there before that was so stays, as all of the trail.
    Raises  PermissionDenied, NotFound; DomainError for a field that cannot be changed,
            and for an account number or a BIC that is mistyped.
    """
    actor.require(OrgPermission.MANAGE)
    row = LegalEntity.objects.select_for_update().filter(pk=entity_id).first()
    if row is None:
        raise NotFound("This legal entity does not exist.")
    fixed = sorted(set(values) - {*ENTITY_FIELDS, *BANK_FIELDS})
    if fixed:
        raise DomainError(f"{fixed[0].replace('_', ' ')} cannot be changed.", fixed[0])
    values = {**values, **_numbers_of_bank(values)}
    changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    LegalEntity.objects.filter(pk=row.pk).update(**{k: new for k, (_, new) in changes.items()})
    if "bank_iban" in changes:
        former, number = changes["bank_iban"]
        changes["bank_iban"] = (end_of(former), end_of(number))
    _record(
        actor, at, "org.entity_edited", "org.LegalEntity", row.pk, f"Edited {row.name}.", changes
    )
    return row


def _numbers_of_bank(values: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of a bank among the values, proven and without their spaces."""
    proven = {}
    for name, prove in (("bank_iban", number_of), ("bank_bic", bank_code_of)):
        if values.get(name):
            try:
                proven[name] = prove(values[name])
            except DomainError as refusal:
                raise DomainError(refusal.message, name) from None
    return proven


def save_unit(
    *,
    unit_id: int | None,
    code: str,
    name: str,
    parent_id: int | None,
    legal_entity_id: int,
    actor: Actor,
    at: datetime,
) -> OrgUnit:
    """Make a unit (`unit_id` None) or change one; its place in the tree is its parent.

    A unit that is used stays with its legal entity: what was lent, and to whom, hangs on it.
    Raises  PermissionDenied, NotFound; Conflict if the code is taken; DomainError for a parent
            that is the unit itself or below it, or another entity of a unit that is used.
    """
    actor.require(OrgPermission.MANAGE)
    if not LegalEntity.objects.filter(pk=legal_entity_id).exists():
        raise DomainError("This legal entity does not exist.", "legal_entity")
    parents = selectors.unit_parents()
    if parent_id is not None and parent_id not in parents:
        raise DomainError("This unit does not exist.", "parent")
    if unit_id is not None:
        if unit_id not in parents:
            raise NotFound("This unit does not exist.")
        if parent_id in selectors.units_below(unit_id, parents=parents):
            raise DomainError("A unit cannot stand below itself.", "parent")
        _check_stays(unit_id, legal_entity_id)
    values = {
        "code": code.strip(),
        "name": name.strip(),
        "parent_id": parent_id,
        "legal_entity_id": legal_entity_id,
    }
    row, changes = _saved(OrgUnit, unit_id, values, actor, f"There is a unit “{code}” already.")
    _record(actor, at, "org.unit_saved", "org.OrgUnit", row.pk, f"Saved the unit {name}.", changes)
    made: OrgUnit = row
    return made


def _check_stays(unit_id: int, legal_entity_id: int) -> None:
    unit = OrgUnit.objects.select_for_update().select_related("legal_entity").get(pk=unit_id)
    if unit.legal_entity_id == legal_entity_id:
        return
    used_by = unit_uses.used_by(unit_id)
    if used_by is not None:
        raise DomainError(
            f"{unit.name} stays with {unit.legal_entity.name}, because {used_by}. Make another unit "
            "for the other legal entity, and move its people there.",
            "legal_entity",
        )


def save_job_role(
    *,
    role_id: int | None,
    code: str,
    name: str,
    billing_type: str,
    target_utilisation_percent: Decimal,
    is_active: bool,
    actor: Actor,
    at: datetime,
    required_skills: str = "",
    hints: Mapping[str, Decimal | None] | None = None,
) -> JobRole:
    """Make a job role (`role_id` None) or change one.

    `hints` (cost_rate_hint, bill_rate_hint) are where price lists start from; those left out stay.
    Raises  PermissionDenied, also for a hint of rates that the actor may not see; NotFound;
            Conflict if the code is taken; DomainError for a target outside 0 to 100 %, or a hint
            below 0.
    """
    actor.require(OrgPermission.MANAGE)
    if billing_type not in {"chargeable", "non_chargeable", "complimentary"}:
        raise DomainError(f"“{billing_type}” is not a billing type.", "billing_type")
    if not 0 <= target_utilisation_percent <= 100:
        raise DomainError("A target is between 0 and 100 %.", "target_utilisation_percent")
    values = {
        "code": code.strip(),
        "name": name.strip(),
        "billing_type": billing_type,
        "target_utilisation_percent": target_utilisation_percent,
        "is_active": is_active,
        "required_skills": required_skills.strip(),
        **_checked_hints(hints or {}, actor),
    }
    row, changes = _saved(JobRole, role_id, values, actor, f"There is a role “{code}” already.")
    _record(actor, at, "org.role_saved", "org.JobRole", row.pk, f"Saved the role {name}.", changes)
    made: JobRole = row
    return made


def _checked_hints(hints: Mapping[str, Decimal | None], actor: Actor) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = {}
    for name, value in hints.items():
        actor.require(RATES_OF_HINTS[name])
        if value is not None and not (value.is_finite() and value >= 0):
            raise DomainError("A rate is 0 or more, or empty.", name)
        found[name] = value
    return found


def save_person(
    *,
    resource_id: int | None,
    code: str,
    name: str,
    email: str,
    kind: str,
    org_unit_id: int,
    job_role_id: int,
    calendar_id: int,
    employed_from: date,
    actor: Actor,
    at: datetime,
    manager_id: int | None = None,
    membership_id: int | None = None,
    location: str = "",
    work_location: str = "any",
    seniority: str = "",
    employed_until: date | None = None,
    is_bookable: bool = True,
) -> Resource:
    """Make a resource (`resource_id` None) or change one; unit and role count from now on.

    Raises  PermissionDenied, NotFound; Conflict if the code or the user is taken; DomainError for
            a reference that does not exist or an end of employment before its start.
    """
    actor.require(OrgPermission.MANAGE)
    if kind not in Resource.Kind.values:
        raise DomainError(f"“{kind}” is not a kind of resource.", "kind")
    if employed_until is not None and employed_until <= employed_from:
        raise DomainError("Employment must end after it starts.", "employed_until")
    for model, given, field in (
        (OrgUnit, org_unit_id, "org_unit"),
        (JobRole, job_role_id, "job_role"),
        (WorkCalendar, calendar_id, "calendar"),
        (Resource, manager_id, "manager"),
    ):
        if given is not None and not model.objects.filter(pk=given).exists():
            raise DomainError("This does not exist. Choose another.", field)
    if manager_id is not None and manager_id == resource_id:
        raise DomainError("Nobody manages themselves.", "manager")
    values = {
        "code": code.strip(),
        "name": name.strip(),
        "email": email.strip().lower(),
        "kind": kind,
        "org_unit_id": org_unit_id,
        "job_role_id": job_role_id,
        "calendar_id": calendar_id,
        "manager_id": manager_id,
        "membership_id": membership_id,
        "location": location.strip(),
        "work_location": work_location,
        "seniority": seniority.strip(),
        "employed_from": employed_from,
        "employed_until": employed_until,
        "is_bookable": is_bookable,
    }
    row, changes = _saved(
        Resource, resource_id, values, actor, f"“{code}” or this user is taken by another person."
    )
    _record(actor, at, "org.person_saved", "org.Resource", row.pk, f"Saved {name}.", changes)
    made: Resource = row
    return made


PERSON_VALUES = frozenset(
    {
        "code", "name", "email", "kind", "org_unit_id", "job_role_id", "calendar_id", "manager_id",
        "membership_id", "location", "work_location", "seniority", "employed_from",
        "employed_until", "is_bookable",
    }
)  # fmt: skip


@transaction.atomic
def change_person(
    *, resource_id: int, name: str, value: Any, actor: Actor, at: datetime
) -> Resource:
    """Change one value of a person and leave the others. Raises  as `save_person`."""
    actor.require(OrgPermission.MANAGE)
    row = Resource.objects.select_for_update(of=("self",)).filter(pk=resource_id).first()
    if row is None:
        raise NotFound("This person does not exist.")
    values = {field: getattr(row, field) for field in PERSON_VALUES} | {name: value}
    return save_person(resource_id=resource_id, actor=actor, at=at, **values)


@transaction.atomic
def withdraw_person(resource_id: int, *, actor: Actor, at: datetime) -> None:
    """Take back a resource that was made by mistake, while nothing names it.

    Raises  PermissionDenied, NotFound; DomainError if they sign in, or anything refers to them.
    """
    actor.require(OrgPermission.MANAGE)
    row = Resource.objects.select_for_update(of=("self",)).filter(pk=resource_id).first()
    if row is None:
        raise NotFound("This person is gone already.")
    if row.membership_id is not None:
        raise DomainError(f"{row.name} signs in by now; they stay.")
    try:
        with transaction.atomic():
            row.delete()
    except (ProtectedError, IntegrityError):
        raise DomainError(f"{row.name} is named by other records; they stay.") from None
    _record(
        actor, at, "org.person_withdrawn", "org.Resource", resource_id, f"Took back {row.name}.", {}
    )


def _saved(
    model: Any, row_id: int | None, values: dict[str, Any], actor: Actor, taken: str
) -> tuple[Any, dict[str, tuple[Any, Any]]]:
    try:
        with transaction.atomic():
            if row_id is None:
                return model.objects.create(tenant_id=actor.tenant_id, **values), {}
            row = model.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
            if row is None:
                raise NotFound("This record does not exist.")
            changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
            model.objects.filter(pk=row_id).update(**{k: new for k, (_, new) in changes.items()})
            row.refresh_from_db()
            return row, changes
    except IntegrityError as error:
        if "unique" not in str(error):
            raise
        raise Conflict(taken, "code") from None


def _record(
    actor: Actor,
    at: datetime,
    event: str,
    record_type: str,
    record_id: int,
    sentence: str,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type=record_type,
        record_id=record_id,
        sentence=sentence,
        changes=changes,
    )
