"""The plan of a project: its tasks, added by the batch, changed and arranged one by one."""

from typing import Annotated, Any

from ninja import Field

from projects.selectors import pages
from projects.selectors.page_rows import PlanPage, PlanRow
from projects.services import tasks
from projects.services.task_values import NewTask
from psa.core import clock
from psa.core.ledger.rules.types import BillingType
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Text

from .area import CHANGE, SEE, endpoints

TaskRow = shape(PlanRow, "PlanTask")
PlanOut = shape(
    PlanPage,
    "PlanOut",
    rows=list[TaskRow],  # type: ignore[valid-type]
    total=TaskRow,
)


class TaskOut(Out):
    """One task, as it is planned."""

    id: int
    project_id: int
    parent_id: int | None
    outline: str
    depth: int
    name: str
    role_id: int | None
    effort_minutes: int
    remaining_minutes: int
    starts_on: Day | None
    finishes_on: Day | None
    is_milestone: bool
    is_summary: bool
    is_completed: bool
    billing_type: str
    external_reference: str
    lock_version: int


_BILLING = ("", *BillingType)


class TaskIn(In):
    name: Annotated[str, Text(160, blank=False)]
    depth: int = Field(1, ge=1, le=10, description="1 is the topmost level.")
    effort_minutes: Minutes = 0
    starts_on: Day | None = None
    finishes_on: Day | None = None
    role_id: Id | None = None
    is_milestone: bool = False
    billing_type: Annotated[str, OneOf(*_BILLING)] = ""


class TasksIn(In):
    tasks: list[TaskIn] = Field(min_length=1, max_length=500)


class EditTask(In):
    """What is left out stays as it is."""

    name: Annotated[str, Text(160, blank=False)] = ""
    role_id: Id | None = None
    effort_minutes: Minutes = 0
    remaining_minutes: Minutes = 0
    starts_on: Day | None = None
    finishes_on: Day | None = None
    is_milestone: bool = False
    is_completed: bool = False
    billing_type: Annotated[str, OneOf(*_BILLING)] = ""
    external_reference: Annotated[str, Text(60)] = ""


class Remaining(In):
    task_id: Id
    remaining_minutes: Minutes


class RemainingIn(In):
    tasks: list[Remaining] = Field(min_length=1, max_length=500)


class MoveIn(In):
    is_down: bool


class PlaceIn(In):
    parent_id: Id | None = Field(description="The task to stand under; null: the topmost level.")


@endpoints.read("/projects/{project_id}/plan", PlanOut, *SEE)
def get_plan(request: ApiRequest, project_id: Id) -> Any:
    """The whole plan in order."""
    return pages.plan_page(actor=request.actor, project_id=project_id, as_of=clock.today())


@endpoints.read("/projects/{project_id}/tasks/{task_id}", TaskOut, *CHANGE)
def get_task(request: ApiRequest, project_id: Id, task_id: Id) -> Any:
    """One task of a project that you may change."""
    return pages.editable_task(actor=request.actor, project_id=project_id, task_id=task_id)


@endpoints.write(
    "POST",
    "/projects/{project_id}/tasks",
    list[TaskOut],
    *CHANGE,
    status=201,
)
def add_tasks(request: ApiRequest, project_id: Id, body: TasksIn) -> Any:
    """Add tasks to the end of the plan, all or none; summaries follow from `depth`."""
    return tasks.add_tasks(
        project_id=project_id,
        tasks=[NewTask(**task.values()) for task in body.tasks],
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write(
    "PATCH",
    "/projects/{project_id}/tasks/{task_id}",
    TaskOut,
    *CHANGE,
    of=get_task,
    versioned=True,
)
def edit_task(request: ApiRequest, project_id: Id, task_id: Id, body: EditTask) -> Any:
    """Change what is given."""
    tasks.edit_task(
        project_id=project_id,
        task_id=task_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.given(),
    )
    return get_task(request, project_id=project_id, task_id=task_id)


@endpoints.write("POST", "/projects/{project_id}/remaining", PlanOut, *CHANGE)
def set_remaining(request: ApiRequest, project_id: Id, body: RemainingIn) -> Any:
    """Say for many tasks at once how much is left."""
    tasks.set_remaining(
        project_id=project_id,
        minutes_by_task={one.task_id: one.remaining_minutes for one in body.tasks},
        actor=request.actor,
        at=clock.now(),
    )
    return get_plan(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/tasks/{task_id}/indent", PlanOut, *CHANGE)
def indent_task(request: ApiRequest, project_id: Id, task_id: Id, body: Nothing) -> Any:
    """Put a task under the one before it."""
    tasks.indent_task(project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now())
    return get_plan(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/tasks/{task_id}/outdent", PlanOut, *CHANGE)
def outdent_task(request: ApiRequest, project_id: Id, task_id: Id, body: Nothing) -> Any:
    """Take a task out from under its parent."""
    tasks.outdent_task(project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now())
    return get_plan(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/tasks/{task_id}/move", PlanOut, *CHANGE)
def move_task(request: ApiRequest, project_id: Id, task_id: Id, body: MoveIn) -> Any:
    """Move a task up or down among its siblings."""
    tasks.move_task(
        project_id=project_id,
        task_id=task_id,
        is_down=body.is_down,
        actor=request.actor,
        at=clock.now(),
    )
    return get_plan(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/tasks/{task_id}/place", PlanOut, *CHANGE)
def place_task(request: ApiRequest, project_id: Id, task_id: Id, body: PlaceIn) -> Any:
    """Put a task last under another one."""
    tasks.place_task(
        project_id=project_id,
        task_id=task_id,
        parent_id=body.parent_id,
        actor=request.actor,
        at=clock.now(),
    )
    return get_plan(request, project_id=project_id)


@endpoints.write("DELETE", "/projects/{project_id}/tasks/{task_id}", PlanOut, *CHANGE, of=get_task)
def delete_task(request: ApiRequest, project_id: Id, task_id: Id) -> Any:
    """Take a task and all below it out of the plan, unless work was booked on it."""
    tasks.delete_task(project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now())
    return get_plan(request, project_id=project_id)
