"""A person's own rights: a copy of what is kept about them, and to be forgotten.

What was worked, billed and posted stays: the ledger names people by number, and the numbers then
lead to nobody. Why so, and what remains: docs/adr/0032.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from psa.core.access import actors
from psa.core.access.models import Membership, MembershipRole, User
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, NotFound
from psa.core.notifications.models import (
    MutedRecord,
    Notification,
    NotificationPreference,
    QuietHours,
)
from psa.core.org.models import Resource
from psa.core.tenancy.models import Tenant, TenantModel
from psa.core.tenancy.scope import set_local, tenant_scope
from sales.models import Contact
from timeexpense.models import BankAccount

# What these hold about a person is the firm's own calculation: rates, and what follows from them.
_NOT_TOLD = frozenset({"pricing", "ledger", "billing", "revenue"})
# References by these names make a row one about the person; others say who acted in it.
_ABOUT = frozenset({"membership", "resource", "contact", "person"})
# Of a row about a person these stay the firm's: what it charges for them, and what opens its doors.
_LEFT_OUT = frozenset(
    {
        "projects.TeamMember.bill_rate_override",
        "projects.TeamMember.bill_rate_unit",
        "api.ApiToken.digest",
        "calendars.CalendarFeed.digest",
        "timeexpense.BankAccount.sealed_number",
        "notifications.PushDevice.auth_secret",
        "notifications.PushDevice.sealed_auth_secret",
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """The rows under one e-mail address in one firm; any of them may be missing."""

    members: list[Membership]
    resources: list[Resource]
    contacts: list[Contact]

    def ids_of(self, model: type[models.Model]) -> list[int]:
        known: dict[type[models.Model], list[int]] = {
            Membership: [row.pk for row in self.members],
            Resource: [row.pk for row in self.resources],
            Contact: [row.pk for row in self.contacts],
        }
        return known.get(model, [])


def copy_of_person(*, slug: str, email: str) -> dict[str, Any]:
    """All that a firm keeps about a person, by table, as JSON values.

    The rows about them in full; of rows in which they acted only how many there are. Rates are the
    firm's and are left out. Raises  NotFound.
    """
    tenant = _tenant(slug)
    with tenant_scope(tenant.pk):
        person = _person(email)
        about: dict[str, list[dict[str, Any]]] = {}
        acted: dict[str, int] = {}
        for rows in (person.members, person.resources, person.contacts):
            for row in rows:
                about.setdefault(row._meta.label, []).append(_values(row))
        for model, field, ids in _references(person):
            found = model._default_manager.filter(**{f"{field.name}_id__in": ids})
            if _is_told(model, field):
                told = [_values(row) for row in found.order_by("pk")]
                if told:
                    about.setdefault(model._meta.label, []).extend(told)
            elif count := found.count():
                acted[f"{model._meta.label}.{field.name}"] = count
    return {"firm": tenant.name, "email": email, "about": about, "acted": acted}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a firm keeps about a person, in counts, and why they cannot be forgotten, if so."""

    email: str
    names: tuple[str, ...]
    about: tuple[tuple[str, int], ...]
    acted: int
    why_not: str


def kept_about(*, email: str, actor: Actor, today_on: date) -> Kept:
    """What there is under an address, for the page; nothing is noted.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    found = copy_of_person(slug=_slug(actor), email=email)
    person = _person(email)
    try:
        _check_has_left(person, today_on)
    except Conflict as refusal:
        why_not = refusal.message
    else:
        why_not = ""
    return Kept(
        email.strip(),
        (
            *(row.name for row in person.members),
            *(row.name for row in person.resources),
            *(row.name for row in person.contacts),
        ),
        tuple((_words(label), len(rows)) for label, rows in sorted(found["about"].items())),
        sum(found["acted"].values()),
        why_not,
    )


def copy_for_person(*, email: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """The copy that an administrator makes for a person who asks; the trail says so.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    found = copy_of_person(slug=_slug(actor), email=email)
    sentence = "Made a copy of what is kept about them, at the person's request."
    _record(_person(email), actor, at, "operations.person_copied", sentence)
    return found


def forget_for_person(*, email: str, actor: Actor, today_on: date, at: datetime) -> dict[str, int]:
    """`forget_person` by an administrator. Raises  PermissionDenied besides."""
    actor.require(AccessPermission.MANAGE_USERS)
    return forget_person(slug=_slug(actor), email=email, today_on=today_on, at=at, actor=actor)


def _slug(actor: Actor) -> str:
    slug: str = Tenant.objects.values_list("slug", flat=True).get(pk=actor.tenant_id)
    return slug


def _words(label: str) -> str:
    return str(apps.get_model(label)._meta.verbose_name_plural).capitalize()


def forget_person(
    *, slug: str, email: str, today_on: date, at: datetime, actor: Actor | None = None
) -> dict[str, int]:
    """Put a number in place of a person's name and address wherever the firm keeps them.

    Messages to them go; their account goes when no other firm knows them. Time, expenses, actuals,
    journals and the trail stay as they are. Answers how many rows changed or went, by kind.
    Without an actor it is the operator who does it.
    Raises  NotFound; Conflict while the person can still sign in or is still employed.
    """
    tenant = _tenant(slug)
    with transaction.atomic(), tenant_scope(tenant.pk):
        person = _person(email)
        _check_has_left(person, today_on)
        users = {member.user_id for member in person.members if member.user_id}
        counts = {
            "messages": sum(
                _delete(model, person)
                for model in (Notification, NotificationPreference, MutedRecord, QuietHours)
            ),
            "roles": _delete(MembershipRole, person),
            "members": _replace(person.members, "Former member", user=None),
            "bank accounts": BankAccount.objects.filter(
                resource_id__in=person.ids_of(Resource)
            ).delete()[0],
            "people": _replace(person.resources, "Former colleague", location="", code=True),
            "contacts": _replace(person.contacts, "Former contact", phone=""),
        }
        for user_id in users:
            counts["accounts"] = counts.get("accounts", 0) + _delete_account(user_id)
        sentence = "Replaced name and address by a number, at the person's request."
        doer = actor or actors.for_operator(tenant.pk)
        _record(person, doer, at, "operations.person_forgotten", sentence)
    return counts


def _person(email: str) -> Person:
    same = Q(email__iexact=email.strip())
    members = list(Membership.objects.filter(same))
    linked = same | Q(membership_id__in=[member.pk for member in members])
    person = Person(
        members, list(Resource.objects.filter(linked)), list(Contact.objects.filter(same))
    )
    if not (person.members or person.resources or person.contacts):
        raise NotFound(f"Nobody is kept under {email} in this firm.")
    return person


def _check_has_left(person: Person, today_on: date) -> None:
    if any(member.is_active for member in person.members):
        raise Conflict("This person can still sign in. Deactivate them under Set-up, Users, first.")
    for row in person.resources:
        if row.employed_until is None or row.employed_until >= today_on:
            raise Conflict(f"{row.name} is still employed. Enter the last day first.")


def _references(
    person: Person,
) -> Iterator[tuple[type[TenantModel], models.ForeignKey[Any, Any], list[int]]]:
    for model in apps.get_models():
        if not issubclass(model, TenantModel):
            continue
        for field in _keys(model):
            ids = person.ids_of(field.related_model)  # type: ignore[arg-type]
            if ids and model not in (Membership, Resource, Contact):
                yield model, field, ids


def _keys(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    return [field for field in model._meta.local_fields if isinstance(field, models.ForeignKey)]


def _is_told(model: type[models.Model], field: "models.ForeignKey[Any, Any]") -> bool:
    """Whether rows that name a person by this reference are about them and not the firm's own."""
    return field.name in _ABOUT and model._meta.app_label not in _NOT_TOLD


def told_fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """The fields of a table that a copy holds."""
    return [
        field
        for field in model._meta.local_fields
        if field.name != "tenant" and f"{model._meta.label}.{field.name}" not in _LEFT_OUT
    ]


def told_models() -> list[type[models.Model]]:
    """The tables that a copy may hold rows of in full."""
    own: list[type[models.Model]] = [Membership, Resource, Contact]
    return own + [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        and model not in own
        and any(_is_told(model, field) and field.related_model in own for field in _keys(model))
    ]


def _values(row: models.Model) -> dict[str, Any]:
    return {
        str(field.column): value
        if isinstance(value := field.value_from_object(row), int | bool | None | list | dict)
        else str(value)
        for field in told_fields(type(row))
    }


def _delete(model: Any, person: Person) -> int:
    members = person.ids_of(Membership)
    removed, _ = model._default_manager.filter(membership_id__in=members).delete()
    return removed


def _replace(rows: list[Any], words: str, *, code: bool = False, **values: Any) -> int:
    for row in rows:
        row.name = f"{words} {row.pk}"
        row.email = f"former-{row.pk}@psa.invalid"
        for name, value in values.items():
            setattr(row, name, value)
        if code:
            row.code = f"FORMER-{row.pk}"
        row.save()
    return len(rows)


def _delete_account(user_id: int) -> int:
    before = set_local("psa.user_id", str(user_id))
    elsewhere = Membership.all_tenants.filter(user_id=user_id).exists()
    found = User.objects.filter(pk=user_id, operator=None)
    removed = 0 if elsewhere else found.delete()[0]
    set_local("psa.user_id", before)
    return 1 if removed else 0


def _record(person: Person, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    for row in [*person.members, *person.resources, *person.contacts]:
        audit.record(
            actor=actor,
            at=at,
            event=event,
            record_type=row._meta.label,
            record_id=row.pk,
            sentence=sentence,
        )


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFound(f"There is no tenant “{slug}”.")
    return tenant
