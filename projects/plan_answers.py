"""A plan as the page's script reads it: compact, and without any amount of money."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .selectors import plan_sheet
from .selectors.plan_sheet import PlanSheet, SheetLink, SheetRow
from .services.plan_changes import (
    AddTask,
    ArrangeTask,
    AssignTask,
    DeleteTask,
    Edit,
    EditTask,
    LinkTasks,
    PlanChanged,
    TaskRef,
    UnlinkTasks,
)

COLUMNS = tuple(field.name for field in fields(SheetRow))


def whole(sheet: PlanSheet, *, as_of: date) -> dict[str, Any]:
    """Everything the page shows at first. Two queries: roles, and who is on the team."""
    people, role_ids = plan_sheet.team_of(sheet.project.pk)
    project = sheet.project
    origin = (project.starts_on - plan_sheet.EPOCH.date()).days
    is_draft = project.draft_of_id is not None
    return {
        "project": project.pk,
        "revision": project.plan_revision,
        "columns": COLUMNS,
        "rows": [_row(row) for row in sheet.rows.values()],
        "links": [_link(link) for link in sheet.links.values()],
        "roles": plan_sheet.role_names(),
        "people": people,
        "roleIds": role_ids,
        "baseline": sheet.baseline,
        "dayMinutes": sheet.day_minutes,
        "off": sheet.days_off(),
        "today": origin if is_draft else (as_of - plan_sheet.EPOCH.date()).days,
        # Of a template: the day that is number 1, and the columns that it does not have.
        "origin": origin if is_draft else None,
        "hidden": ("people", "done", "left") if is_draft else (),
        "status": plan_sheet.minutes_at(project.status_at),
        "finish": plan_sheet.minutes_at(project.scheduled_finish_at),
    }


def changed(before: PlanSheet, after: PlanSheet, done: PlanChanged) -> dict[str, Any]:
    """What a batch changed of the rows and links; what stayed is left out."""
    rows, links = after.rows, after.links
    order = list(rows)
    return {
        "revision": done.change.revision,
        "made": done.made,
        "rows": [_row(row) for key, row in rows.items() if before.rows.get(key) != row],
        "order": order if order != list(before.rows) else None,
        "links": [_link(link) for key, link in links.items() if before.links.get(key) != link],
        "unlinked": [key for key in before.links if key not in links],
        "finish": plan_sheet.minutes_at(done.change.finish_at),
        "effect": effect(before, done),
    }


def effect(before: PlanSheet, done: PlanChanged) -> dict[str, Any]:
    """What a change does to the schedule: the finish, milestones, and where bars would stand."""
    change = done.change
    moved = [one for one in change.moved if one.id in before.tasks]
    days = [
        one
        for one in moved
        if (one.start_at, one.finish_at) != (one.was_start_at, one.was_finish_at)
    ]
    at = plan_sheet.minutes_at
    return {
        "finish": at(change.finish_at),
        "was": at(change.was_finish_at),
        "milestones": sum(1 for one in days if before.tasks[one.id]["is_milestone"]),
        "tasks": len(days),
        "moved": [(one.id, at(one.start_at), at(one.finish_at)) for one in days],
        "warnings": [warning.sentence for warning in change.warnings[:3]],
    }


def edits_json(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Edits in the words in which the page sends them."""
    return [_edit(edit) for edit in edits]


def _edit(edit: Edit) -> dict[str, Any]:
    match edit:
        case AddTask():
            return {
                "do": "add", "task": _values({**edit.values, "name": edit.name}),
                "called": edit.called, **_ref("after", edit.after), "as_child": edit.as_child,
                **({} if edit.restores is None else {"restores": edit.restores}),
            }  # fmt: skip
        case EditTask():
            return {"do": "edit", **_ref("task", edit.task), "task": _values(edit.values)}
        case ArrangeTask():
            return {
                "do": "arrange", **_ref("task", edit.task), "how": edit.how,
                **_ref("parent", edit.parent),
            }  # fmt: skip
        case DeleteTask():
            return {"do": "delete", **_ref("task", edit.task)}
        case LinkTasks():
            percent = edit.lag.percent
            return {
                "do": "link", **_pair(edit.predecessor, edit.successor), "kind": edit.kind,
                "lag_minutes": edit.lag.minutes, "is_lag_elapsed": edit.lag.is_elapsed,
                "lag_percent": None if percent is None else str(percent),
            }  # fmt: skip
        case UnlinkTasks():
            return {"do": "unlink", **_pair(edit.predecessor, edit.successor)}
        case AssignTask():
            return {
                "do": "assign", **_ref("task", edit.task), "resource_id": edit.resource_id,
                "units": str(edit.units), **({"waits": edit.waits} if edit.waits else {}),
            }  # fmt: skip


def _pair(before: TaskRef, after: TaskRef) -> dict[str, Any]:
    return {**_ref("predecessor", before), **_ref("task", after)}


def _ref(name: str, task: TaskRef | None) -> dict[str, Any]:
    if task is None:
        return {}
    return {f"{name}_id" if isinstance(task, int) else f"{name}_called": task}


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, (date, datetime)) else value
        for name, value in values.items()
    }


def _row(row: SheetRow) -> tuple[Any, ...]:
    return astuple(row)


def _link(link: SheetLink) -> list[Any]:
    percent = link.lag_percent
    shown = float(percent) if isinstance(percent, Decimal) else None
    return [
        link.id, link.before, link.after, link.kind, link.lag_minutes, shown, int(link.is_elapsed)
    ]  # fmt: skip
