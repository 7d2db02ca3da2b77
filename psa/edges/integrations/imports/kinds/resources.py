"""People and other capacity: employees, contractors, generic resources."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import JobRole, OrgUnit, Resource, WorkCalendar
from psa.core.org.rules import names
from psa.core.org.services import structure

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

RECORD = "org.Resource"
KINDS: Final = {
    "": "employee", "employee": "employee", "contractor": "contractor", "freelancer": "contractor",
    "generic": "generic", "future hire": "future_hire", "future_hire": "future_hire",
}  # fmt: skip
LOCATIONS: Final = {
    "": "any",
    "any": "any",
    "onsite": "onsite",
    "on-site": "onsite",
    "remote": "remote",
}
TARGETS = (
    Target("name", "Name", ("full name", "employee name", "name", "employee", "resource"), True),
    Target(
        "code",
        "Code",
        ("employee id", "employee number", "code", "personnel number", "id"),
        help_text="Empty: made of the e-mail or the name.",
    ),
    Target("email", "E-mail", ("email", "e mail", "work email", "email address")),
    Target(
        "kind",
        "Kind",
        ("kind", "type", "employment type"),
        help_text="employee, contractor, generic or future hire",
    ),
    Target(
        "unit",
        "Unit",
        ("unit", "org unit", "department", "team", "practice"),
        help_text="Code or name.",
    ),
    Target(
        "role",
        "Role",
        ("role", "job role", "job title", "title", "grade"),
        help_text="Code or name.",
    ),
    Target("calendar", "Calendar", ("calendar", "work calendar")),
    Target(
        "manager",
        "Manager",
        ("manager", "line manager", "reports to"),
        help_text="Code, e-mail or name; may stand in an earlier row.",
    ),
    Target(
        "employed_from",
        "Employed from",
        ("employed from", "start date", "hire date", "joined", "entry date"),
    ),
    Target(
        "employed_until",
        "Employed until",
        ("employed until", "end date", "leaving date", "exit date"),
        help_text="The first day no more employed.",
    ),
    Target("location", "Location", ("location", "city", "office")),
    Target("work_location", "Work location", ("work location",), help_text="onsite, remote or any"),
    Target("seniority", "Seniority", ("seniority", "level")),
    Target("is_bookable", "Bookable", ("bookable",)),
)


class Resources:
    """Creates people one by one, as the form does; those that are there are left as they are."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        known = _Known()
        return [_apply_one(row, settings, known, actor, at) for row in rows]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        kept = {}
        # A manager stands in an earlier row than those they manage: the last go first.
        for record_id in sorted(record_ids, reverse=True):
            try:
                with transaction.atomic():
                    structure.withdraw_person(record_id, actor=actor, at=at)
            except DomainError as error:
                kept[record_id] = error.message
        return kept

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        units = dict(OrgUnit.objects.values_list("id", "name"))
        known = names.by_names(OrgUnit.objects.values_list("id", "code", "name"))
        items: list[tuple[Key, Decimal]] = []
        for row in rows:
            text = row.fields.get("unit", "") or str(settings.get("unit"))
            unit = units.get(known.get(names.plain(text), 0), text)
            items.append((("People", unit, ""), Decimal(1)))
        return summed(items)

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = [record_id for _, record_id in records]
        units = Resource.objects.filter(pk__in=ids).values_list("org_unit__name", flat=True)
        return summed((("People", unit, ""), Decimal(1)) for unit in units)


class _Known:
    """Units, roles, calendars and people by what a file may call them."""

    def __init__(self) -> None:
        self.units = names.by_names(OrgUnit.objects.values_list("id", "code", "name"))
        self.roles = names.by_names(JobRole.objects.values_list("id", "code", "name"))
        self.calendars = names.by_names(WorkCalendar.objects.values_list("id", "name"))
        self.first_calendar = (
            WorkCalendar.objects.order_by("id").values_list("id", flat=True).first()
        )
        people = list(Resource.objects.values_list("id", "code", "email", "name"))
        self.people = names.by_names(people)
        self.codes = {str(code).casefold(): str(name) for _, code, _, name in people}
        self.emails = {str(email).casefold(): str(name) for _, _, email, name in people if email}

    def remember(self, row: Resource) -> None:
        """A later row may name this person as its manager."""
        for text in (row.name, row.email, row.code):
            if text:
                self.people[names.plain(text)] = row.pk
        self.codes[row.code.casefold()] = row.name
        if row.email:
            self.emails[row.email.casefold()] = row.name

    def code_for(self, name: str, email: str) -> str:
        """A code that is free, of the e-mail's first part or the name."""
        stem = email.partition("@")[0] or name
        stem = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-").upper()[:16] or "PERSON"
        code, number = stem, 2
        while code.casefold() in self.codes:
            code, number = f"{stem}-{number}", number + 1
        return code


def _apply_one(
    row: Draft, settings: Settings, known: _Known, actor: Actor, at: datetime
) -> Outcome:
    given = {name: text.strip() for name, text in row.fields.items()}
    try:
        for text in given.values():
            cells.check_no_formula(text)
        name, email = given.get("name", ""), given.get("email", "").lower()
        if not name:
            raise DomainError("The name is missing.", "name")
        there = known.codes.get(given.get("code", "").casefold()) or known.emails.get(email)
        if there:
            return Outcome(
                "known", f"{there} has this code or e-mail already; nothing of them is changed."
            )
        if email and (email.count("@") != 1 or "." not in email.partition("@")[2]):
            raise DomainError(f"“{email[:60]}” is not an e-mail address.", "email")
        with transaction.atomic():
            made = structure.save_person(
                resource_id=None,
                code=(given.get("code") or known.code_for(name, email))[:20],
                name=_short(name, 120, "name"),
                email=_short(email, 254, "e-mail"),
                actor=actor,
                at=at,
                **_placed(given, settings, known),
            )
        known.remember(made)
    except DomainError as error:
        return Outcome("bad", error.message)
    return Outcome("imported", record_type=RECORD, record_id=made.pk)


def _placed(given: Mapping[str, str], settings: Settings, known: _Known) -> dict[str, Any]:
    """Unit, role, calendar, manager and dates of a row, as the service takes them."""
    kind = KINDS.get(given.get("kind", "").casefold())
    if kind is None:
        raise DomainError(f"“{given['kind'][:30]}” is not a kind of resource.", "kind")
    location = LOCATIONS.get(given.get("work_location", "").casefold())
    if location is None:
        raise DomainError(
            f"“{given['work_location'][:30]}” is neither onsite, remote nor any.", "work_location"
        )
    manager = given.get("manager", "")
    return {
        "kind": kind,
        "org_unit_id": _named(given, settings, known.units, "unit"),
        "job_role_id": _named(given, settings, known.roles, "role"),
        "calendar_id": _calendar(given, known),
        "manager_id": names.found(
            known.people, manager, word="person", field="manager",
            way_out="Put the manager's row before this one, or leave it empty.",
        ) if manager else None,
        "employed_from": _day(given, settings, "employed_from") or _first_day(settings),
        "employed_until": _day(given, settings, "employed_until"),
        "location": _short(given.get("location", ""), 80, "location"),
        "work_location": location,
        "seniority": _short(given.get("seniority", ""), 20, "seniority"),
        "is_bookable": cells.yes_or_no(given.get("is_bookable") or "yes", field="is_bookable"),
    }  # fmt: skip


def _named(
    given: Mapping[str, str], settings: Settings, known: Mapping[str, int], word: str
) -> int:
    text = given.get(word, "") or str(settings.get(word))
    if not text:
        raise DomainError(f"The {word} is missing.", word)
    return names.found(known, text, word=word, field=word, way_out="Create it, or name another.")


def _calendar(given: Mapping[str, str], known: _Known) -> int:
    text = given.get("calendar", "")
    if not text and known.first_calendar is not None:
        return int(known.first_calendar)
    return names.found(
        known.calendars, text, word="calendar", field="calendar",
        way_out="Create it, or name another.",
    )  # fmt: skip


def _day(given: Mapping[str, str], settings: Settings, name: str) -> date | None:
    text = given.get(name, "")
    return cells.day_of(text, settings.reading.date_order) if text else None


def _first_day(settings: Settings) -> date:
    text = str(settings.get("employed_from"))
    if not text:
        raise DomainError("The first day of employment is missing.", "employed_from")
    return date.fromisoformat(text)


def _short(text: str, length: int, label: str) -> str:
    if len(text) > length:
        raise DomainError(f"The {label} has more than {length} characters. Shorten it.", label)
    return text


register(
    Kind(
        code="resources",
        title="People",
        noun=("person", "people"),
        permissions=(OrgPermission.MANAGE,),
        targets=TARGETS,
        importer=Resources(),
        max_rows=2_000,
        intro="Employees, contractors and generic resources. Who is there by code or e-mail stays "
        "as they are.",
    )
)
