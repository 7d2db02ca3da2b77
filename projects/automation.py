"""What rules of the firm may be about in projects: projects, and milestones of plans."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from psa.core.access.models import Membership
from psa.core.automation.rules.conditions import Kind
from psa.core.automation.subjects import Deadline, Facts, Field, Subject, register
from psa.core.org import selectors as org
from psa.core.org.models import Resource

from . import policies
from .models import Project, RegisterEntry, Task
from .selectors.register import overdue_entries
from .selectors.reports import overdue_reports

PRACTICE_LEADER = "practice_leader"
FIELDS = (
    Field("status", "Status", Kind.TEXT),
    Field("customer", "Customer", Kind.TEXT),
    Field("unit", "Unit", Kind.TEXT),
    Field("is_internal", "Internal", Kind.YES_NO),
    Field("starts_on", "Starts", Kind.DATE),
    Field("ends_on", "Ends", Kind.DATE),
)
PEOPLE = (
    ("manager", "Its project manager"),
    ("practice_leader", "The practice leader of its unit"),
    ("contract_owner", "The owner of its contract"),
)


def _leaders(unit_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Per unit, the practice leaders who sit in it or nearest above it; else all of them."""
    rows = Membership.objects.filter(
        is_active=True, role_links__role__code=PRACTICE_LEADER
    ).values_list("id", "resources__org_unit_id")
    by_unit: dict[int | None, list[int]] = {}
    for member_id, unit_id in rows:
        by_unit.setdefault(unit_id, []).append(member_id)
    everyone = tuple(sorted({pk for members in by_unit.values() for pk in members}))
    parents = org.unit_parents() if by_unit else {}
    return {
        unit_id: next(
            (tuple(by_unit[up]) for up in org.units_up(unit_id, parents=parents) if up in by_unit),
            everyone,
        )
        for unit_id in unit_ids
    }


def people_of(projects: Collection[Project]) -> dict[int, dict[str, tuple[int, ...]]]:
    """Per project, who its people are as members. Three queries."""
    leaders = _leaders({project.contracting_unit_id for project in projects})
    managers = dict(
        Resource.objects.filter(
            pk__in={project.manager_id for project in projects}, membership__isnull=False
        ).values_list("id", "membership_id")
    )
    return {
        project.pk: {
            "manager": _one(managers.get(project.manager_id)),
            "practice_leader": leaders[project.contracting_unit_id],
            "contract_owner": _one(project.contract.owner_id if project.contract else None),
        }
        for project in projects
    }


def _one(member_id: int | None) -> tuple[int, ...]:
    return (member_id,) if member_id else ()


def load_projects(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        Project.objects.filter(pk__in=ids).select_related("account", "contracting_unit", "contract")
    )
    people = people_of(rows)
    return {
        row.pk: Facts(
            f"{row.code} {row.name}",
            "projects:project",
            row.pk,
            {
                "status": str(row.get_status_display()),
                "customer": row.account.name if row.account else None,
                "unit": row.contracting_unit.name,
                "is_internal": row.is_internal,
                "starts_on": row.starts_on,
                "ends_on": row.ends_on,
            },
            people[row.pk],
        )
        for row in rows
    }


def load_tasks(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        Task.objects.filter(pk__in=ids).select_related(
            "project__account", "project__contracting_unit", "project__contract"
        )
    )
    people = people_of({row.project_id: row.project for row in rows}.values())
    return {
        row.pk: Facts(
            f"{row.name}, {row.project.code} {row.project.name}",
            "projects:plan",
            row.project_id,
            {
                "status": str(row.project.get_status_display()),
                "customer": row.project.account.name if row.project.account else None,
                "unit": row.project.contracting_unit.name,
                "is_internal": row.project.is_internal,
                "starts_on": row.starts_on,
                "ends_on": row.finishes_on,
            },
            people[row.project_id],
        )
        for row in rows
    }


ENTRY_FIELDS = (
    Field("kind", "Kind", Kind.TEXT),
    Field("status", "Status", Kind.TEXT),
    Field("priority", "Priority", Kind.TEXT),
    Field("score", "Score of a risk", Kind.NUMBER),
    Field("due_on", "Due", Kind.DATE),
    *(field for field in FIELDS if field.key in ("customer", "unit", "is_internal")),
)


def load_entries(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        RegisterEntry.objects.filter(pk__in=ids).select_related(
            "owner", "project__account", "project__contracting_unit", "project__contract"
        )
    )
    people = people_of({row.project_id: row.project for row in rows}.values())
    return {
        row.pk: Facts(
            f"{row.code} {row.title}, {row.project.code} {row.project.name}",
            "projects:register_entry",
            row.pk,
            {
                "kind": str(row.get_kind_display()),
                "status": str(row.get_status_display()),
                "priority": str(row.get_priority_display()),
                "score": row.probability * row.impact if row.probability and row.impact else None,
                "due_on": row.due_on,
                "customer": row.project.account.name if row.project.account else None,
                "unit": row.project.contracting_unit.name,
                "is_internal": row.project.is_internal,
            },
            people[row.project_id]
            | {"owner": _one(row.owner.membership_id if row.owner else None)},
        )
        for row in rows
    }


def due_milestones(from_on: date, until_on: date) -> Sequence[tuple[int, date]]:
    """Milestones of plans under way that are not done, by their day. One query."""
    return list(
        Task.objects.filter(
            is_milestone=True,
            is_completed=False,
            finishes_on__gte=from_on,
            finishes_on__lt=until_on,
            project__status__in=policies.BOOKABLE,
        )
        .order_by("finishes_on", "id")
        .values_list("id", "finishes_on")
    )


register(
    Subject(
        "projects.Project",
        "Project",
        (
            ("projects.project.created", "Project created"),
            ("projects.project.status_changed", "Project moved to another status"),
            ("projects.project.edited", "Project edited"),
            ("projects.team.changed", "Team of a project changed"),
            ("projects.report.published", "Status report published"),
        ),
        FIELDS,
        PEOPLE,
        load_projects,
    ),
    Subject("projects.Task", "Task", (), FIELDS, PEOPLE, load_tasks),
    Subject(
        "projects.RegisterEntry",
        "Risk, issue or action",
        (
            ("projects.register.added", "Risk, issue, action, decision or change request added"),
            ("projects.register.edited", "Risk, issue, action, decision or change request changed"),
            ("projects.register.escalated", "Issue escalated"),
        ),
        ENTRY_FIELDS,
        (("owner", "Its owner"), *PEOPLE),
        load_entries,
    ),
    Deadline(
        "projects.report_overdue", "Status report is overdue", "projects.Project", overdue_reports
    ),
    Deadline(
        "projects.register_overdue",
        "Risk, issue or action is overdue",
        "projects.RegisterEntry",
        overdue_entries,
    ),
    Deadline(
        "projects.milestone_due", "Milestone of a plan is due", "projects.Task", due_milestones
    ),
)
