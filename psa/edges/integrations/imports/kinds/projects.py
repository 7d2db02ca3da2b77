"""Projects: their frame alone. The plan, the team and the contract come by their own ways."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from projects import policies
from projects.models import Project
from projects.permissions import ProjectsPermission
from projects.services import projects, withdrawals
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import OrgUnit, Resource, WorkCalendar
from psa.core.org.rules import names
from sales.selectors import visibility

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

RECORD = "projects.Project"
INTERNAL: Final = "Internal"
TARGETS = (
    Target("name", "Name", ("project name", "project", "name", "title"), True),
    Target(
        "customer",
        "Customer",
        ("customer", "client", "account", "company"),
        help_text="Code or name. Empty: an internal project.",
    ),
    Target(
        "manager",
        "Manager",
        ("project manager", "manager", "owner", "lead"),
        True,
        "Code, e-mail or name.",
    ),
    Target("starts_on", "Start", ("start date", "starts on", "start", "begin"), True),
    Target("ends_on", "End", ("end date", "ends on", "end", "due date", "finish")),
    Target("unit", "Unit", ("unit", "org unit", "department"), help_text="Empty: the manager's."),
    Target("calendar", "Calendar", ("calendar",), help_text="Empty: the manager's."),
    Target("description", "Description", ("description", "notes", "summary")),
)


class Projects:
    """Makes projects one by one, as the form does; one of the same name and customer stays."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        known = _Known(actor)
        return [_apply_one(row, settings, known, actor, at) for row in rows]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        kept = {}
        for record_id in record_ids:
            try:
                withdrawals.withdraw_project(record_id, actor=actor, at=at)
            except DomainError as error:
                kept[record_id] = error.message
        return kept

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        return summed(
            (("Projects", row.fields.get("customer", "").strip() or INTERNAL, ""), Decimal(1))
            for row in rows
        )

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = [record_id for _, record_id in records]
        found = Project.objects.filter(pk__in=ids).values_list("account__name", flat=True)
        return summed((("Projects", name or INTERNAL, ""), Decimal(1)) for name in found)


class _Known:
    """Customers, people, units, calendars and projects by what a file may call them."""

    def __init__(self, actor: Actor) -> None:
        accounts = visibility.accounts_visible_to(actor).values_list("id", "code", "name")
        self.accounts = names.by_names(accounts)
        self.people = names.by_names(Resource.objects.values_list("id", "code", "email", "name"))
        self.units = names.by_names(OrgUnit.objects.values_list("id", "code", "name"))
        self.calendars = names.by_names(WorkCalendar.objects.values_list("id", "name"))
        # Those alone that the actor may see: the answer must not tell of others.
        self.there: dict[tuple[str, int | None], tuple[int, str]] = {
            (names.plain(name), account_id): (pk, code)
            for pk, code, name, account_id in policies.visible_to(actor).values_list(
                "id", "code", "name", "account_id"
            )
        }


def _apply_one(
    row: Draft, settings: Settings, known: _Known, actor: Actor, at: datetime
) -> Outcome:
    given = {name: text.strip() for name, text in row.fields.items()}
    try:
        for text in given.values():
            cells.check_no_formula(text)
        name = given.get("name", "")
        account_id = _named(given, known.accounts, "customer")
        there = known.there.get((names.plain(name), account_id))
        if there is not None:
            return Outcome(
                "known", f"{there[1]} has this name and customer already; it stays.",
                RECORD, there[0],
            )  # fmt: skip
        manager_id = _named(given, known.people, "manager")
        starts_on = _day(given, settings, "starts_on")
        if manager_id is None or starts_on is None:
            raise DomainError("A project needs a manager and a first day.", "manager")
        made = projects.create_project(
            name=name, manager_id=manager_id, starts_on=starts_on,
            ends_on=_day(given, settings, "ends_on"), account_id=account_id,
            is_internal=account_id is None, description=given.get("description", ""),
            contracting_unit_id=_named(given, known.units, "unit"),
            calendar_id=_named(given, known.calendars, "calendar"), actor=actor, at=at,
        )  # fmt: skip
    except DomainError as error:
        return Outcome("bad", error.message)
    known.there[names.plain(name), account_id] = (made.pk, made.code)
    return Outcome("imported", record_type=RECORD, record_id=made.pk)


def _named(given: Mapping[str, str], known: Mapping[str, int], word: str) -> int | None:
    text = given.get(word, "")
    if not text:
        return None
    return names.found(
        known, text, word=word, field=word, way_out="Create it first, or name another."
    )


def _day(given: Mapping[str, str], settings: Settings, name: str) -> date | None:
    text = given.get(name, "")
    return cells.day_of(text, settings.reading.date_order) if text else None


register(
    Kind(
        code="projects",
        title="Projects",
        noun=("project", "projects"),
        permissions=(ProjectsPermission.CREATE,),
        targets=TARGETS,
        importer=Projects(),
        max_rows=2_000,
        intro="A row is a project in planning, with its customer and manager. One of the same name "
        "and customer stays as it is. Plans come by Import a plan on each project.",
        # What a project may cost is its manager's to see, and an import is read by more than them.
        left_out=("budget", "cost", "rate", "amount", "price", "revenue", "margin", "fee", "value"),
    )
)
