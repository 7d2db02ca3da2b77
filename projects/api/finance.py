"""How a project performs: earned value, what is left of its tasks, its baselines."""

from typing import Annotated, Any

from ninja import Field

from projects.models import Project
from projects.rules.explanation import FIGURES
from projects.selectors import TaskReadiness, finance, performance, task_readiness
from projects.selectors.chart import ChartRow
from projects.selectors.finance import BaselinesPage, ForecastPage
from projects.selectors.performance import PerformancePage, Why
from projects.services import acceptance, baselines, forecasts
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, shape
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Text

from .area import CHANGE, SEE, endpoints

BurnUpPointOut = shape(ChartRow, "BurnUpPointOut")
PerformanceOut = shape(
    PerformancePage,
    "PerformanceOut",
    without=("head", "chart", "spi_line", "cpi_line", "eac_line"),
    burn_up=list[BurnUpPointOut],  # type: ignore[valid-type]
)
FigureWhyOut = shape(Why, "EarnedValueFigureOut")
FigureKey = Annotated[str, OneOf(*FIGURES)]
ForecastOut = shape(ForecastPage, "ForecastOut", without=("head",))
BaselinesOut = shape(BaselinesPage, "BaselinesOut", without=("head",))
AcceptanceOut = shape(TaskReadiness, "TaskAcceptanceOut", is_ready=bool)
_Number = Annotated[int, Field(ge=0, le=10)]


class LeftIn(In):
    task_id: Id
    minutes: Minutes
    seen_minutes: Minutes = Field(
        description="What was left when it was read: refused when somebody changed it since."
    )


class ForecastIn(In):
    tasks: list[LeftIn] = Field(max_length=5000)


class MethodsIn(In):
    etc_method: Annotated[str, OneOf(*Project.EtcMethod.values)]
    progress_method: Annotated[str, OneOf(*Project.ProgressMethod.values)]


class TaskAcceptanceIn(In):
    """Without criteria nothing is to be accepted; day and name come together."""

    criteria: Annotated[str, Text(20000)] = ""
    accepted_on: Day | None = None
    accepted_by_name: Annotated[str, Text(120)] = ""


class BaselineIn(In):
    number: Annotated[int, Field(ge=0, le=10)]
    name: Annotated[str, Text(80)] = ""
    overwrite: bool = Field(
        False, description="Write over the baseline of this number; never over an approved one."
    )


@endpoints.read("/projects/{project_id}/performance", PerformanceOut, *SEE)
def get_performance(request: ApiRequest, project_id: Id) -> Any:
    """Earned value today, with its reasons' figures, cost by category and the weekly trend."""
    today = clock.today()
    return performance.performance_page(
        actor=request.actor, project_id=project_id, as_of=today, today=today
    )


@endpoints.report("/projects/{project_id}/performance/{on}", PerformanceOut, *SEE)
def get_performance_on(request: ApiRequest, project_id: Id, on: Day) -> Any:
    """Earned value of a day as it was known then: baseline, progress and cost of that day."""
    return performance.performance_page(
        actor=request.actor, project_id=project_id, as_of=on, today=clock.today()
    )


@endpoints.report("/projects/{project_id}/performance/{on}/figures/{figure}", FigureWhyOut, *SEE)
def get_performance_figure(request: ApiRequest, project_id: Id, on: Day, figure: FigureKey) -> Any:
    """How one figure of a day comes about, in sentences."""
    return performance.figure_why(
        actor=request.actor, project_id=project_id, figure=figure, as_of=on, today=clock.today()
    )


@endpoints.read("/projects/{project_id}/forecast", ForecastOut, *SEE)
def get_forecast(request: ApiRequest, project_id: Id) -> Any:
    """What is left of each open task, and what was left a week ago."""
    return finance.forecast_page(actor=request.actor, project_id=project_id, as_of=clock.today())


@endpoints.write("POST", "/projects/{project_id}/forecast", ForecastOut, *CHANGE, of=get_forecast)
def save_forecast(request: ApiRequest, project_id: Id, body: ForecastIn) -> Any:
    """Set what is left of many tasks at once, all or none."""
    forecasts.save_forecast(
        typed={one.task_id: forecasts.Typed(one.minutes, one.seen_minutes) for one in body.tasks},
        project_id=project_id, actor=request.actor, at=clock.now(),
    )  # fmt: skip
    return get_forecast(request, project_id=project_id)


@endpoints.read("/projects/{project_id}/baselines", BaselinesOut, *SEE)
def get_baselines(request: ApiRequest, project_id: Id) -> Any:
    """The baselines, and the plan beside the one that measures."""
    return finance.baselines_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(), number=None
    )


@endpoints.read("/projects/{project_id}/baselines/{number}", BaselinesOut, *SEE)
def compare_baseline(request: ApiRequest, project_id: Id, number: _Number) -> Any:
    """The baselines, and the plan beside this one."""
    return finance.baselines_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(), number=number
    )


@endpoints.write(
    "POST", "/projects/{project_id}/baselines", BaselinesOut, *CHANGE, status=201, of=get_baselines
)
def set_baseline(request: ApiRequest, project_id: Id, body: BaselineIn) -> Any:
    """Keep the plan as it is now, with what it is to cost."""
    baselines.set_baseline(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_baselines(request, project_id=project_id)


@endpoints.write(
    "POST",
    "/projects/{project_id}/baselines/{number}/approve",
    BaselinesOut,
    *CHANGE,
    of=compare_baseline,
)
def approve_baseline(request: ApiRequest, project_id: Id, number: _Number, body: Nothing) -> Any:
    """Measure the project by this baseline from now on; it can no longer be changed."""
    baselines.approve_baseline(
        project_id=project_id, number=number, actor=request.actor, at=clock.now()
    )
    return get_baselines(request, project_id=project_id)


@endpoints.write(
    "DELETE",
    "/projects/{project_id}/baselines/{number}",
    BaselinesOut,
    *CHANGE,
    of=compare_baseline,
)
def delete_baseline(request: ApiRequest, project_id: Id, number: _Number) -> Any:
    """Remove a baseline that was never approved."""
    baselines.delete_baseline(
        project_id=project_id, number=number, actor=request.actor, at=clock.now()
    )
    return get_baselines(request, project_id=project_id)


@endpoints.write(
    "PUT", "/projects/{project_id}/methods", PerformanceOut, *CHANGE, of=get_performance
)
def choose_methods(request: ApiRequest, project_id: Id, body: MethodsIn) -> Any:
    """How the estimate to complete is made, and what complete means."""
    forecasts.choose_methods(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_performance(request, project_id=project_id)


@endpoints.write(
    "PUT",
    "/projects/{project_id}/tasks/{task_id}/acceptance",
    AcceptanceOut,
    *CHANGE,
)
def set_task_acceptance(
    request: ApiRequest, project_id: Id, task_id: Id, body: TaskAcceptanceIn
) -> Any:
    """State what the client is to accept of a task, and who accepted it when, if they did."""
    acceptance.set_acceptance(
        project_id=project_id, task_id=task_id, today_on=clock.today(), actor=request.actor,
        at=clock.now(), **body.values(),
    )  # fmt: skip
    return task_readiness([task_id])[task_id]
