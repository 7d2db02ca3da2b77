"""Time from other tools: every line passes the tenant's rules and is entered once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from projects.models import Project
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from psa.core.org.rules import names
from timeexpense.models import TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors.names import NamesOfWork
from timeexpense.services import time_entries, withdrawals
from timeexpense.services.time_entries import TimeDraft

from ..kind_registry import Aliased, Draft, Kind, Outcome, Settings, register
from ..rules import aliases, cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed
from .time_profiles import PROFILES

RECORD = "timeexpense.TimeEntry"
TEXT_LENGTH: Final = 400
TARGETS = (
    Target(
        "person",
        "Person",
        (
            "email",
            "e mail",
            "user email",
            "person",
            "employee",
            "user",
            "username",
            "full name",
            "resource",
            "consultant",
            "author email",
            "author",
        ),
        help_text="Code, e-mail or name.",
    ),
    Target(
        "person_name",
        "Person's name",
        ("author", "author name", "full name", "display name"),
        help_text="Read where the person's column is blank.",
    ),
    Target(
        "first_name",
        "First name",
        ("first name",),
        help_text="With the last name, instead of the person.",
    ),
    Target("last_name", "Last name", ("last name", "surname")),
    Target(
        "project",
        "Project",
        ("project code", "project key", "project", "project name"),
        True,
        "Code or name.",
    ),
    Target(
        "project_name",
        "Project's name",
        ("project name",),
        help_text="Read where the project's column is blank, or holds no code of ours.",
    ),
    Target("task", "Task", ("task", "task name", "wbs"), help_text="Outline number or name."),
    Target("work_on", "Date", ("work date", "start date", "date", "day", "started"), True),
    Target(
        "time",
        "Time",
        (
            "duration decimal",
            "duration h",
            "duration",
            "hours",
            "time spent seconds",
            "time spent",
            "minutes",
            "time",
        ),
        True,
    ),
    Target(
        "description",
        "Description",
        ("description", "notes", "work description", "comment", "note"),
    ),
    Target(
        "billable",
        "Billable",
        ("billable", "chargeable"),
        help_text="No makes it non-chargeable; yes leaves it to the contract.",
    ),
    Target(
        "role",
        "Role",
        ("role", "job role"),
        help_text="Empty: the team's on that day, else the person's own.",
    ),
    Target("activity", "Activity", ("activity",)),
    Target(
        "external_id",
        "Own number",
        ("worklog id", "entry id", "external id", "time entry id", "id"),
        help_text="What makes the line itself in the other tool. Without one its content does.",
    ),
)


class TimeEntries:
    """Enters drafts through the service that the week grid and the API call."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        reader = _Reader(settings, rows)
        keys = [row.key or key for row, key in zip(rows, _keys_of(rows, settings), strict=True)]
        outcomes: list[Outcome | None] = [None] * len(rows)
        drafts: list[tuple[int, TimeDraft]] = []
        for index, (row, key) in enumerate(zip(rows, keys, strict=True)):
            try:
                drafts.append((index, reader.draft(row.fields, UUID(key))))
            except DomainError as error:
                outcomes[index] = Outcome("bad", error.message, key=key)
        there = _stored([draft.client_key for _, draft in drafts])
        entered = time_entries.enter_time(
            entries=[draft for _, draft in drafts], actor=actor, at=at
        )
        for (index, draft), result in zip(drafts, entered, strict=True):
            key = str(draft.client_key)
            if result.entry_id is None:
                why = next((f.sentence for f in result.findings if f.blocks), "It was refused.")
                outcomes[index] = Outcome("bad", why, key=key)
            elif draft.client_key in there:
                outcomes[index] = Outcome(
                    "known", "This line was entered before.", RECORD, result.entry_id, key
                )
            else:
                warning = " ".join(finding.sentence for finding in result.findings)
                outcomes[index] = Outcome("imported", warning, RECORD, result.entry_id, key)
        return [outcome for outcome in outcomes if outcome is not None]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        return withdrawals.withdraw_time(entry_ids=record_ids, actor=actor, at=at)

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        codes = dict(Project.objects.values_list("id", "code"))
        known = names.by_names(_projects())
        told = _told(settings, "project")
        minutes: dict[Key, int] = defaultdict(int)
        for row in rows:
            given = row.fields
            try:
                on = cells.day_of(given.get("work_on", ""), settings.reading.date_order)
                spent = _minutes(given, settings.reading)
            except DomainError:
                continue
            project = aliases.named(_names_of_project(given), told, known)
            code = codes.get(known.get(project, known.get(names.plain(project), 0)), project)
            minutes["Hours", f"{code}, {cells.months_of(on)}", "h"] += spent
        return {key: Decimal(total) for key, total in minutes.items()}

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = [record_id for _, record_id in records]
        return summed(
            (("Hours", f"{code}, {cells.months_of(on)}", "h"), Decimal(minutes))
            for code, on, minutes in TimeEntry.objects.filter(pk__in=ids).values_list(
                "project__code", "work_on", "minutes"
            )
        )


class _Reader:
    """Rows as drafts: people, projects, tasks and roles by what the file calls them, read once."""

    def __init__(self, settings: Settings, rows: Sequence[Draft]) -> None:
        self.reading = settings.reading
        self.projects, self.people = _told(settings, "project"), _told(settings, "person")
        spoken = {name for row in rows for name in _names_of_project(row.fields) if name}
        self.names = NamesOfWork(spoken | set(self.projects.values()))

    def draft(self, given: Mapping[str, str], key: UUID) -> TimeDraft:
        """The row as the service takes it. Raises  DomainError naming what is wrong with it."""
        project = aliases.named(_names_of_project(given), self.projects, self.names.projects)
        project_id = self.names.project(_needed({"project": project}, "project"))
        task, role = given.get("task", ""), given.get("role", "")
        minutes = _minutes(given, self.reading)
        return TimeDraft(
            resource_id=self.names.person(self._person(given)),
            project_id=project_id,
            task_id=self.names.task(project_id, task) if task else None,
            role_id=self.names.role(role) if role else None,
            work_on=cells.day_of(_needed(given, "work_on"), self.reading.date_order),
            minutes=minutes,
            description=cells.check_no_formula(given.get("description", ""))[:TEXT_LENGTH],
            activity=given.get("activity", ""),
            billing_type="" if _is_billable(given) else "non_chargeable",
            client_key=key,
        )  # fmt: skip

    def _person(self, given: Mapping[str, str]) -> str:
        found = aliases.named(_names_of_person(given), self.people, self.names.people)
        if not found:
            raise DomainError("The person is missing.", "person")
        return found


def _needed(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if not text:
        words = {"project": "project", "work_on": "date"}
        raise DomainError(f"The {words[name]} is missing.", name)
    return text


def _names_of_project(given: Mapping[str, str]) -> tuple[str, str]:
    return given.get("project", ""), given.get("project_name", "")


def _told(settings: Settings, code: str) -> Mapping[str, str]:
    """What was said that the file's names of projects or people mean here."""
    found: Mapping[str, str] = settings.get("names", {}).get(code, {})
    return found


def _projects() -> list[tuple[int, str, str]]:
    return list(Project.objects.values_list("id", "code", "name"))


def _people() -> list[tuple[int, str, str, str]]:
    return list(Resource.objects.values_list("id", "code", "email", "name"))


def _minutes(given: Mapping[str, str], reading: cells.Reading) -> int:
    return cells.minutes_of(
        given.get("time", ""), reading.duration, reading.decimal, reading.minutes_per_day
    )


def _names_of_person(given: Mapping[str, str]) -> tuple[str]:
    """One name: an e-mail that is nobody's here is to be told, two people may be called the same."""
    full = f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()
    return (given.get("person", "") or given.get("person_name", "") or full,)


def _is_billable(given: Mapping[str, str]) -> bool:
    return "billable" not in given or cells.yes_or_no(given["billable"], field="billable")


_BESIDE: Final = {"project_name": "project", "person_name": "person"}


def _keys_of(rows: Sequence[Draft], settings: Settings) -> list[str]:
    """What makes each row itself: its own number in the other tool, else all it says.

    Two lines that say the same are two lines: the second of them counts as the second.
    """
    seen: dict[str, int] = defaultdict(int)
    keys = []
    for row in rows:
        own = row.fields.get("external_id", "").strip()
        # A name beside the project's code or the person's says nothing more.
        said = sorted(item for item in row.fields.items() if item[0] not in _BESIDE)
        said += [
            (name, row.fields.get(name, ""))
            for name, code in _BESIDE.items()
            if not row.fields.get(code) and (name == "project_name" or row.fields.get(name))
        ]
        text = own or "\x1f".join(f"{name}={value}" for name, value in said)
        if not own:
            seen[text] += 1
            text = f"{text}\x1f{seen[text]}"
        keys.append(str(uuid5(NAMESPACE_URL, f"{settings.source}\x1f{text}")))
    return keys


def _stored(keys: Sequence[UUID | None]) -> set[UUID]:
    return set(TimeEntry.objects.filter(client_key__in=keys).values_list("client_key", flat=True))


register(
    Kind(
        code="time",
        title="Time",
        noun=("time entry", "time entries"),
        permissions=(TimeExpensePermission.ENTER_FOR_OTHERS,),
        targets=TARGETS,
        importer=TimeEntries(),
        max_rows=100_000,
        intro="Lines become draft time entries of the people named, under the rules of time entry.",
        chunk_rows=5_000,
        profiles=PROFILES,
        left_out=("rate", "amount", "cost", "price", "revenue", "profit", "fee"),
        aliased=(
            Aliased(
                "project", "Project", ("project", "project_name"), _names_of_project, _projects
            ),
            Aliased(
                "person",
                "Person",
                ("person", "person_name", "first_name", "last_name"),
                _names_of_person,
                _people,
            ),
        ),
    )
)
