"""Work and people by what other tools call them: a code, an e-mail, an outline number, a name."""

from collections import defaultdict
from collections.abc import Collection

from projects.models import Project, Task
from psa.core.org.models import JobRole, Resource
from psa.core.org.rules import names


class NamesOfWork:
    """Who, on what and as what, read once for many lines: four queries.

    `projects` are what the lines call theirs, `project_ids` those they name by number; of no other
    projects are the tasks read. `only_person`: nobody else can be named.
    """

    def __init__(
        self,
        projects: Collection[str],
        project_ids: Collection[int] = (),
        only_person: int | None = None,
    ) -> None:
        people = Resource.objects.values_list("id", "code", "email", "name")
        if only_person is not None:
            people = people.filter(id=only_person)
        self.people = names.by_names(people)
        self.projects = names.by_names(Project.objects.values_list("id", "code", "name"))
        self._roles = names.by_names(JobRole.objects.values_list("id", "code", "name"))
        wanted = {self.projects.get(names.plain(text), 0) for text in projects} | set(project_ids)
        rows: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        for pk, project_id, outline, name in Task.objects.filter(project_id__in=wanted).values_list(
            "id", "project_id", "outline", "name"
        ):
            rows[project_id].append((pk, outline, name))
        self._tasks = {project_id: names.by_names(found) for project_id, found in rows.items()}

    def person(self, name: str) -> int:
        """By code, e-mail or name. Raises  DomainError on `person`, as `names.found`."""
        return names.found(
            self.people, name, word="person", field="person",
            way_out="Add them to the staff records, or correct the name.",
        )  # fmt: skip

    def project(self, name: str) -> int:
        """By code or name. Raises  DomainError on `project`."""
        return names.found(
            self.projects, name, word="project", field="project",
            way_out="Create it, or correct its code.",
        )  # fmt: skip

    def task(self, project_id: int, name: str) -> int:
        """By outline number or name. Raises  DomainError on `task`."""
        return names.found(
            self._tasks.get(project_id, {}), name, word="task of this project", field="task",
            way_out="Add it to the plan, or leave the column out.",
        )  # fmt: skip

    def role(self, name: str) -> int:
        """By code or name. Raises  DomainError on `role`."""
        return names.found(
            self._roles, name, word="role", field="role", way_out="Create it, or leave it empty."
        )
