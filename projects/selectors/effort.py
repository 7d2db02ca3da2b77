"""Working time that the people of a project have left, against the work that is left of it."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from psa.core.org import selectors as org
from psa.core.org.rules import working_time

from ..models import Assignment, Project, TeamMember
from ..rules.health import effort_health
from .figures import ProjectFigures


def effort_health_of(
    projects: Collection[Project], figures: Mapping[int, ProjectFigures], *, on: date
) -> dict[int, str]:
    """Health by effort of each project on a day: of those assigned, else of its team.

    A project without people, or whose end is not known or past, says nothing. Eight queries.
    Source  docs/rules/projects.md, P-6.
    """
    ends = {p.pk: _end(p, figures[p.pk]) for p in projects}
    people = _people([p.pk for p in projects])
    last_on = max((end for end in ends.values() if end), default=on)
    until_on = min(last_on, on + timedelta(days=3650)) + timedelta(days=1)
    first_on = on + timedelta(days=1)
    everybody = {person for found in people.values() for person in found}
    specs = org.working_spec(everybody, first_on, until_on) if until_on > first_on else {}
    # One pass over the days of each person; projects then read sums up to their own ends.
    sums: dict[int, list[int]] = {}
    for person, spec in specs.items():
        total, running = 0, [0]
        for minutes in working_time.capacity_by_day(spec, first_on, until_on).values():
            total += minutes
            running.append(total)
        sums[person] = running
    found = {}
    for project in projects:
        end = ends[project.pk]
        left = figures[project.pk].total.remaining_minutes
        available = None
        if end is not None and people.get(project.pk):
            days = max(0, min((end - on).days, (until_on - first_on).days))
            available = sum(sums[one][days] for one in people[project.pk] if one in sums)
        found[project.pk] = effort_health(left, available)
    return found


def _end(project: Project, figures: ProjectFigures) -> date | None:
    return project.ends_on or figures.total.finishes_on


def _people(project_ids: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for project_id, resource_id in Assignment.objects.filter(
        task__project_id__in=project_ids, task__is_completed=False, resource__isnull=False
    ).values_list("task__project_id", "resource_id"):
        found.setdefault(project_id, set()).add(resource_id)
    without = [pk for pk in project_ids if pk not in found]
    for project_id, resource_id in TeamMember.objects.filter(project_id__in=without).values_list(
        "project_id", "resource_id"
    ):
        found.setdefault(project_id, set()).add(resource_id)
    return found
