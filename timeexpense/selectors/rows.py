"""Rows of the week: what makes one, what it is called, and what may be added."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from projects import selectors as projects
from projects.models import Project, Task
from projects.selectors import TeamRole
from psa.core.org.models import JobRole, Resource
from timeexpense.models import TimeEntry
from timeexpense.models import Work as WorkRow


class RowKey(NamedTuple):
    """What makes a row of the grid. Without a role: the team's on that day, else the own one."""

    project_id: int
    task_id: int | None = None
    role_id: int | None = None
    billing_type: str = ""
    activity: str = ""

    @property
    def text(self) -> str:
        """As an address or a field's name holds it; the activity last, as it is free text."""
        task, role = self.task_id or "", self.role_id or ""
        return f"{self.project_id}:{task}:{role}:{self.billing_type}:{self.activity}"


def key_from(text: str) -> RowKey | None:
    """The row that a text names, with or without its later parts; None for one that names none."""
    project, task, role, billing, activity = (text.split(":", 4) + [""] * 4)[:5]
    if not _is_number(project) or any(part and not _is_number(part) for part in (task, role)):
        return None
    return RowKey(
        int(project),
        int(task) if task else None,
        int(role) if role else None,
        billing[:16],
        activity[:40],
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


@dataclass(frozen=True, slots=True)
class UsualRoles:
    """The role that a person's time on a project has unless a row says otherwise."""

    own_role_id: int
    team: Mapping[int, Sequence[TeamRole]]

    def role_on(self, project_id: int, on: date) -> int:
        places = self.team.get(project_id, ())
        return next((place.role_id for place in places if place.covers(on)), self.own_role_id)

    def row_of(self, entry: TimeEntry) -> RowKey:
        """The row of the grid that an entry is in."""
        usual = self.role_on(entry.project_id, entry.work_on)
        return RowKey(
            entry.project_id,
            entry.task_id,
            None if entry.role_id == usual else entry.role_id,
            entry.billing_type,
            entry.activity,
        )


def usual_roles(resource: Resource, project_ids: Collection[int]) -> UsualRoles:
    """One query, none without projects."""
    found = projects.team_roles(project_ids, {resource.pk}) if project_ids else {}
    return UsualRoles(resource.job_role_id, {key[0]: roles for key, roles in found.items()})


def key_of_work(row: WorkRow) -> RowKey:
    """The row that a favourite or a timer stands for."""
    return RowKey(row.project_id, row.task_id, row.role_id, row.billing_type, row.activity)


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that may be added: `value` is its key as text."""

    value: str
    label: str
    project_name: str


BILLING_WORDS: dict[str, str] = {
    "chargeable": "Chargeable",
    "non_chargeable": "Non-chargeable",
    "complimentary": "Complimentary",
}


class Names:
    """What rows are called: at most three queries."""

    def __init__(self, keys: Iterable[RowKey]) -> None:
        wanted = set(keys)
        project_ids = {key.project_id for key in wanted}
        task_ids = {key.task_id for key in wanted if key.task_id is not None}
        role_ids = {key.role_id for key in wanted if key.role_id is not None}
        self.projects: dict[int, tuple[str, str, bool]] = {}
        self.tasks: dict[int, tuple[str, str, int]] = {}
        self.roles: dict[int, str] = {}
        for pk, name, billing_type, project_id, *project in Task.objects.filter(
            id__in=task_ids
        ).values_list(
            "id", "name", "billing_type", "project_id",
            "project__name", "project__account__name", "project__is_internal",
        ):  # fmt: skip
            self.tasks[pk] = (name, billing_type, project_id)
            self.projects[project_id] = (project[0], project[1], project[2])
        if rest := project_ids - self.projects.keys():
            for pk, *project in Project.objects.filter(id__in=rest).values_list(
                "id", "name", "account__name", "is_internal"
            ):
                self.projects[pk] = (project[0], project[1], project[2])
        if role_ids:
            self.roles = dict(JobRole.objects.filter(id__in=role_ids).values_list("id", "name"))

    def knows(self, key: RowKey) -> bool:
        if key.project_id not in self.projects:
            return False
        if key.role_id is not None and key.role_id not in self.roles:
            return False
        return key.task_id is None or (
            key.task_id in self.tasks and self.tasks[key.task_id][2] == key.project_id
        )

    def task(self, key: RowKey) -> str:
        """The task, or the project without one, with what makes the row a special one."""
        name = self.tasks[key.task_id][0] if key.task_id else self.projects[key.project_id][0]
        role = self.roles[key.role_id] if key.role_id else ""
        return ", ".join(part for part in (name, key.activity, role) if part)

    def project(self, key: RowKey) -> str:
        name, account, _ = self.projects[key.project_id]
        return " · ".join(part for part in (name, account or "Internal") if part)

    def is_non_chargeable(self, key: RowKey) -> bool:
        task_billing = self.tasks[key.task_id][1] if key.task_id else ""
        return self.projects[key.project_id][2] or (key.billing_type or task_billing) not in (
            "",
            "chargeable",
        )

    def choice(self, key: RowKey) -> Choice:
        words = (self.task(key), BILLING_WORDS.get(key.billing_type, ""))
        return Choice(key.text, ", ".join(part for part in words if part), self.project(key))


def choices_of(bookable: Sequence[projects.BookableProject]) -> tuple[Choice, ...]:
    """Tasks that may be booked on, by project; the project itself where it has none."""
    found = []
    for project in bookable:
        named = " · ".join(part for part in (project.name, project.account_name) if part)
        leaves = [task for task in project.tasks if not task.is_summary]
        if not leaves:
            found.append(Choice(f"{project.id}:", project.name, named))
        found += [Choice(f"{project.id}:{task.id}", task.name, named) for task in leaves]
    return tuple(found)


def bookable_choices(*, resource: Resource, on: date) -> tuple[Choice, ...]:
    """What a person may book on, on a day, as choices "project:task". Two queries."""
    return choices_of(projects.bookable_projects(resource.pk, on))
