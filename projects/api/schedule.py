"""The schedule of a plan, and changes of it by the batch."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from projects.models import Dependency, Task
from projects.rules import workload
from projects.selectors.plan_schedule import PlanSchedule, ScheduleRow, plan_schedule
from projects.services import plan_changes
from projects.services.dependencies import Waiting
from projects.services.schedule import MovedTask, PlanChange
from psa.core import clock
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import BillingType
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Text, Within

from .area import CHANGE, SEE, endpoints
from .clocks import WallClock, clocked

RowOut = clocked(ScheduleRow, "ScheduledTask")
ScheduleOut = clocked(PlanSchedule, "PlanScheduleOut", tasks=list[RowOut])  # type: ignore[valid-type]
MovedOut = clocked(MovedTask, "MovedTask")
ChangeOut = clocked(PlanChange, "PlanChange", moved=list[MovedOut])  # type: ignore[valid-type]

Called = Annotated[str, Text(40)]
Lag = Annotated[int, Field(ge=-6_000_000, le=6_000_000)]
LagPercent = Annotated[Decimal, Within(digits=7, places=2, least=-10_000, most=10_000)]
Pause = Annotated[int, Field(ge=1, le=workload.LONGEST)]
Units = Annotated[Decimal, Within(digits=7, places=4, least=0, most=100)]

_WAYS = ("add", "edit", "arrange", "delete", "link", "unlink", "assign")
_PLACES = ("indent", "outdent", "up", "down", "place", "first", "behind")


class TaskValues(In):
    """What is left out stays as it is; of a new task, as it usually is."""

    name: Annotated[str, Text(160, blank=False)] = ""
    description: Annotated[str, Text(20000)] = ""
    role_id: Id | None = None
    open_role: Annotated[str, Text(80)] = Field(
        "", description="In a template's plan: a role that the firm does not have."
    )
    effort_minutes: Minutes = 0
    remaining_minutes: Minutes = 0
    duration_minutes: Minutes = 0
    starts_on: Day | None = None
    finishes_on: Day | None = None
    mode: Annotated[str, OneOf(*Task.Mode.values)] = Task.Mode.FIXED_UNITS.value
    is_effort_driven: bool = False
    constraint_kind: Annotated[str, OneOf(*Task.Constraint.values)] = "asap"
    constrained_to: WallClock | None = None
    deadline_at: WallClock | None = None
    levelling_delay_minutes: int = Field(
        0,
        ge=-6_000_000,
        le=6_000_000,
        description="How long the task waits where it could begin; negative, in a plan from its "
        "finish: how much earlier it ends.",
    )
    is_levelling_delay_elapsed: bool = Field(False, description="Day and night, not working time.")
    priority: int = Field(500, ge=0, le=1000)
    calendar_id: Id | None = None
    is_milestone: bool = False
    is_completed: bool = False
    percent_complete: int = Field(0, ge=0, le=100)
    actual_start_at: WallClock | None = None
    actual_finish_at: WallClock | None = None
    billing_type: Annotated[str, OneOf("", *BillingType)] = ""
    external_reference: Annotated[str, Text(60)] = ""


class PartWaits(In):
    """What puts somebody's part of a task off, and where it pauses; left out: nothing does."""

    delay_minutes: Lag = 0
    is_delay_elapsed: bool = False
    levelling_delay_minutes: Lag = 0
    is_levelling_delay_elapsed: bool = False
    gaps: list[tuple[Pause, Pause]] = Field(
        default=[],
        max_length=workload.MOST_GAPS,
        description="Pauses in order: after so many minutes of work, for so many working minutes.",
    )


class PlanEdit(In):
    """One edit. A task is named by its id, or by what an earlier edit of the batch called it."""

    do: Annotated[str, OneOf(*_WAYS)]
    task_id: Id | None = None
    task_called: Called = ""
    task: TaskValues | None = Field(None, description="Of “add” (with a name) and “edit”.")
    called: Called = Field("", description="Of “add”: a name for later edits of this batch.")
    after_id: Id | None = Field(None, description="Of “add”: the row that the new one follows.")
    after_called: Called = ""
    as_child: bool = Field(False, description="Of “add”: as the last subtask of that row.")
    restores: Id | None = Field(
        None,
        description="Of “add”: a deleted task of this plan, whose comments, files, history and "
        "baselines come back with it.",
    )
    how: Annotated[str, OneOf(*_PLACES)] = Field("indent", description="Of “arrange”.")
    parent_id: Id | None = Field(
        None, description="Of “place”, “first” and “behind”; left out: the plan."
    )
    parent_called: Called = ""
    predecessor_id: Id | None = Field(None, description="Of “link” and “unlink”; the task waits.")
    predecessor_called: Called = ""
    kind: Annotated[str, OneOf(*Dependency.Kind.values)] = "FS"
    lag_minutes: Lag = 0
    lag_percent: LagPercent | None = None
    is_lag_elapsed: bool = False
    resource_id: Id | None = Field(None, description="Of “assign”.")
    units: Units = Field(Decimal(1), description="Of “assign”: 1 is full time, 0 takes them off.")
    waits: PartWaits | None = Field(None, description="Of “assign”; left out: as they are.")


class ChangesIn(In):
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Of the plan that the edits were made on."
    )
    edits: list[PlanEdit] = Field(min_length=1, max_length=500)


class MadeTask(Out):
    called: str
    id: int


class ChangesOut(Out):
    made: list[MadeTask]
    change: ChangeOut  # type: ignore[valid-type]


@endpoints.read("/projects/{project_id}/schedule", ScheduleOut, *SEE)
def get_schedule(request: ApiRequest, project_id: Id) -> Any:
    """The plan as it was last scheduled: tasks, links, assignments; times without a zone."""
    return plan_schedule(actor=request.actor, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/schedule", ChangesOut, *CHANGE, of=get_schedule)
def change_schedule(request: ApiRequest, project_id: Id, body: ChangesIn) -> Any:
    """Change the plan by a batch of edits, all or none; it is scheduled once.

    With `revision`, edits made on an older plan are refused, and the refusal says what changed.
    """
    done = plan_changes.change_plan(
        project_id=project_id,
        edits=[edit_of(edit) for edit in body.edits],
        revision=body.revision,
        actor=request.actor,
        at=clock.now(),
    )
    made = [{"called": called, "id": task_id} for called, task_id in done.made.items()]
    return {"made": made, "change": done.change}


def edit_of(edit: PlanEdit) -> plan_changes.Edit:
    """What the service is asked to do. Raises  DomainError for an edit without its task."""
    values = edit.task.given() if edit.task else {}
    if edit.do == "add":
        name = values.pop("name", "")
        after = edit.after_id or edit.after_called or None
        return plan_changes.AddTask(name, after, edit.as_child, edit.called, values, edit.restores)
    task = _named(edit.task_id, edit.task_called, "task_id")
    match edit.do:
        case "edit":
            return plan_changes.EditTask(task, values)
        case "arrange":
            return plan_changes.ArrangeTask(
                task, edit.how, edit.parent_id or edit.parent_called or None
            )
        case "delete":
            return plan_changes.DeleteTask(task)
        case "assign":
            if edit.resource_id is None:
                raise DomainError("Say who is assigned.", field="resource_id")
            waits = edit.waits.dict() if edit.waits else {}
            return plan_changes.AssignTask(task, edit.resource_id, edit.units, waits)
    before = _named(edit.predecessor_id, edit.predecessor_called, "predecessor_id")
    if edit.do == "unlink":
        return plan_changes.UnlinkTasks(before, task)
    lag = Waiting(edit.lag_minutes, edit.lag_percent, edit.is_lag_elapsed)
    return plan_changes.LinkTasks(before, task, edit.kind, lag)


def _named(number: int | None, called: str, field: str) -> int | str:
    if number is None and not called:
        raise DomainError("Say which task: by its id, or by what the batch called it.", field=field)
    return number or called
