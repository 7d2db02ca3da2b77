"""How a project performs: earned value, what is left of its tasks, its baselines."""

from typing import Annotated, Any

from ninja import Field

from projects.selectors import finance, performance
from projects.selectors.finance import BaselinesPage, ForecastPage
from projects.selectors.performance import PerformancePage
from projects.services import baselines, forecasts
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Id, Minutes, Text

from .area import CHANGE, SEE, endpoints

PerformanceOut = shape(
    PerformancePage,
    "PerformanceOut",
    without=("head", "chart", "spi_line", "cpi_line", "eac_line"),
)
ForecastOut = shape(ForecastPage, "ForecastOut", without=("head",))
BaselinesOut = shape(BaselinesPage, "BaselinesOut", without=("head",))


class LeftIn(In):
    task_id: Id
    minutes: Minutes
    seen_minutes: Minutes = Field(
        description="What was left when it was read: refused when somebody changed it since."
    )


class ForecastIn(In):
    tasks: list[LeftIn] = Field(max_length=5000)


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


@endpoints.write(
    "POST", "/projects/{project_id}/baselines", BaselinesOut, *CHANGE, status=201, of=get_baselines
)
def set_baseline(request: ApiRequest, project_id: Id, body: BaselineIn) -> Any:
    """Keep the plan as it is now, with what it is to cost."""
    baselines.set_baseline(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_baselines(request, project_id=project_id)
