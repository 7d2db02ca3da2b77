"""A project's plan as a document to export: with the schedule it was saved with."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from psa.core.actor import Actor
from psa.core.org.models import Resource, WorkCalendar

from ..models import Assignment, BaselineTask, PlanCalendar, PlanResource, Project, Task
from ..mspdi.document import (
    DocumentAssignment,
    DocumentBaseline,
    DocumentCalendar,
    DocumentResource,
    DocumentTask,
    PlanDocument,
)
from ..rules.scheduling import Delay, Plan, ScheduledTask, kept_gaps
from .schedule import LoadedPlan, load_plan
from .work import get_project


def plan_document(*, actor: Actor, project_id: int) -> PlanDocument:
    """The plan with its numbers (UIDs); tasks without one are numbered on from the last.

    A plan that was never scheduled has no dates in it. A fixed number of queries.
    Raises  NotFound.
    """
    project = get_project(actor=actor, project_id=project_id)
    loaded = load_plan(project)
    words = {
        row["id"]: row
        for row in Task.objects.filter(project_id=project.pk)
        .order_by("position")
        .values(
            "id", "uid", "depth", "priority", "percent_complete", "effort_minutes", "description",
            "mode", "is_effort_driven", "is_summary",
        )
    }  # fmt: skip
    uids = _numbered({task_id: row["uid"] for task_id, row in words.items()})
    baselines = _baselines(project)
    calendars = _calendars(project, loaded.plan, loaded.people)
    resources, assignments = _staffing(project, uids, loaded)
    work = _rolled_up(words, uids, assignments)
    return PlanDocument(
        name=project.name,
        plan=_renumbered(loaded.plan, uids),
        tasks=[
            DocumentTask(
                uid=uids[task_id],
                name=loaded.tasks[task_id]["name"],
                depth=row["depth"],
                priority=row["priority"],
                percent_complete=row["percent_complete"],
                work_minutes=work[task_id],
                note=row["description"],
                mode=loaded.tasks[task_id]["mode"],
                is_effort_driven=row["is_effort_driven"],
                baselines=tuple(baselines.get(task_id, ())),
            )
            for task_id, row in words.items()
        ],
        calendars=calendars,
        resources=resources,
        assignments=assignments,
        schedule={
            uids[task_id]: _scheduled(uids[task_id], task.row)
            for task_id, task in loaded.tasks.items()
            if task.row["scheduled_start_at"] is not None
        },
    )


def _numbered(given: Mapping[int, int | None]) -> dict[int, int]:
    last = max((uid for uid in given.values() if uid is not None), default=0)
    found = {}
    for key, uid in given.items():
        if uid is None:
            uid = last = last + 1
        found[key] = uid
    return found


def _rolled_up(
    rows: Mapping[int, Mapping[str, Any]],
    uids: Mapping[int, int],
    assignments: list[DocumentAssignment],
) -> dict[int, int]:
    """Work of each task; a summary's is that of the tasks below it, and of who is on it itself."""
    own: dict[int, int] = defaultdict(int)
    for assignment in assignments:
        own[assignment.task_uid] += assignment.work_minutes
    found: dict[int, int] = {}
    below: dict[int, list[int]] = defaultdict(list)
    for task_id, row in reversed(list(rows.items())):
        children = below.pop(row["depth"] + 1, [])
        found[task_id] = row["effort_minutes"]
        if row["is_summary"]:
            found[task_id] = sum(children) + own[uids[task_id]]
        below[row["depth"]].append(found[task_id])
    return found


def _renumbered(plan: Plan, uids: Mapping[int, int]) -> Plan:
    return replace(
        plan,
        tasks=[
            replace(
                task,
                id=uids[task.id],
                parent_id=None if task.parent_id is None else uids[task.parent_id],
            )
            for task in plan.tasks
        ],
        links=[
            replace(
                link,
                predecessor_id=uids[link.predecessor_id],
                successor_id=uids[link.successor_id],
            )
            for link in plan.links
        ],
    )


def _scheduled(uid: int, row: Mapping[str, Any]) -> ScheduledTask:
    return ScheduledTask(
        uid,
        row["scheduled_start_at"],
        row["scheduled_finish_at"],
        row["late_start_at"],
        row["late_finish_at"],
        row["total_slack_minutes"] or 0,
        row["free_slack_minutes"] or 0,
        row["is_critical"],
    )


def _baselines(project: Project) -> dict[int, list[DocumentBaseline]]:
    found: dict[int, list[DocumentBaseline]] = defaultdict(list)
    for task_id, *shot in (
        BaselineTask.objects.filter(baseline__project_id=project.pk)
        .order_by("baseline__number")
        .values_list(
            "task_id", "baseline__number", "start_at", "finish_at", "duration_minutes",
            "effort_minutes",
        )
    ):  # fmt: skip
        found[task_id].append(DocumentBaseline(*shot))
    return found


def _calendars(
    project: Project, plan: Plan, working_by: Mapping[int, str]
) -> list[DocumentCalendar]:
    """The plan's own by their numbers, then those of the firm that it uses.

    Only the calendar of one person alone is no base calendar.
    """
    sharing = Counter(working_by.values())
    own = {
        f"p{row[0]}": (row[1], row[2])
        for row in PlanCalendar.objects.filter(project_id=project.pk)
        .order_by("uid")
        .values_list("id", "uid", "name")
    }
    for_people = {
        f"p{calendar_id}"
        for calendar_id in PlanResource.objects.filter(
            project_id=project.pk, calendar__isnull=False
        ).values_list("calendar_id", flat=True)
    } - {plan.project_calendar, *(task.calendar for task in plan.tasks)}
    used = {plan.project_calendar, *(task.calendar for task in plan.tasks)}
    firms = dict(
        WorkCalendar.objects.filter(
            id__in=[int(key[1:]) for key in plan.calendars if key[0] == "c"]
        ).values_list("id", "name")
    )
    people = dict(
        Resource.objects.filter(
            id__in=[int(key[1:]) for key in plan.calendars if key[0] == "r"]
        ).values_list("id", "name")
    )
    found = []
    last = max((uid for uid, _ in own.values()), default=0)
    for key in (*own, *(key for key in plan.calendars if key not in own)):
        if key in own:
            uid, name = own[key]
        elif key[0] == "c" and key not in used:
            continue
        else:
            last += 1
            names = firms if key[0] == "c" else people
            uid, name = last, names[int(key[1:])]
            if sharing[key] > 1:
                name = f"Hours of {name} and {sharing[key] - 1} more"[:120]
        is_base = key not in for_people and (key[0] != "r" or sharing[key] > 1)
        found.append(DocumentCalendar(uid, key, name, plan.calendars[key], is_base))
    return found


def _staffing(
    project: Project, uids: Mapping[int, int], loaded: LoadedPlan
) -> tuple[list[DocumentResource], list[DocumentAssignment]]:
    """The plan's own resources by their numbers, then people of the firm by theirs."""
    found = [
        DocumentResource(
            row.uid,
            row.name,
            row.kind,
            row.max_units,
            None if row.calendar_id is None else f"p{row.calendar_id}",
        )
        for row in PlanResource.objects.filter(project_id=project.pk).order_by("uid")
    ]
    own = dict(PlanResource.objects.filter(project_id=project.pk).values_list("id", "uid"))
    shares = list(
        Assignment.objects.filter(task__project_id=project.pk)
        .order_by("task__position", "id")
        .select_related("resource")
    )
    last = max((resource.uid for resource in found), default=0)
    people: dict[int, int] = {}
    for share in shares:
        who = share.resource
        if who is None or who.pk in people:
            continue
        last += 1
        people[who.pk] = last
        calendar = loaded.people.get(who.pk, loaded.plan.project_calendar)
        found.append(DocumentResource(last, who.name, "work", Decimal(1), calendar))
    assignments = [
        DocumentAssignment(
            uids[share.task_id],
            own[share.plan_resource_id] if share.resource_id is None else people[share.resource_id],
            share.units,
            share.minutes,
            Delay(share.delay_minutes, share.is_delay_elapsed),
            Delay(share.levelling_delay_minutes, share.is_levelling_delay_elapsed),
            kept_gaps(share.gaps),
        )
        for share in shares
    ]
    return found, assignments
