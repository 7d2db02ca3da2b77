"""Pages of a project's money: performance, forecast, estimate and baselines."""

from datetime import date
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import DomainError, NotFound
from psa.core.web import formats
from psa.core.web.forms import minutes_of
from psa.core.web.pages import errors_on, go_to, render_page_or_part, render_part
from psa.core.web.requests import TenantRequest

from . import finance_forms as forms
from . import lists as room_lists
from .selectors import finance, performance
from .selectors.page_rows import ProjectHead
from .selectors.pages import editable_project
from .services import baselines, forecasts
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def performance_page(request: TenantRequest, project_id: int) -> HttpResponse:
    today = clock.today()
    page = performance.performance_page(
        actor=request.actor, project_id=project_id, as_of=_day(request, today), today=today
    )
    return finance_page(request, "performance", page.head, {"page": page, "today": today})


@require_GET
@requires(*SEE)
def figure_why(request: TenantRequest, project_id: int, figure: str) -> HttpResponse:
    today = clock.today()
    why = performance.figure_why(
        actor=request.actor, project_id=project_id, figure=figure, as_of=_day(request, today),
        today=today,
    )  # fmt: skip
    return render_part(request, "projects/_why.html", {"why": why})


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def methods(request: TenantRequest, project_id: int) -> HttpResponse:
    found = editable_project(actor=request.actor, project_id=project_id)
    form = forms.Methods(
        request.POST or None,
        initial={"etc_method": found.etc_method, "progress_method": found.progress_method},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            forecasts.choose_methods(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:performance", project_id, toast="Saved")
    back = reverse("projects:performance", args=[project_id])
    return form_page(request, form, f"How {found.code} is measured", "Save", back)


@require_http_methods(["GET", "POST"])
@requires(*SEE)
def forecast(request: TenantRequest, project_id: int) -> HttpResponse:
    if request.method == "POST":
        editable_project(actor=request.actor, project_id=project_id)
    form = forms.Forecast(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            count = forecasts.save_forecast(
                typed=_typed(request.POST), project_id=project_id, actor=request.actor,
                at=clock.now(),
            )  # fmt: skip
            return go_to(request, "projects:forecast", project_id, toast=_saved(count))
    page = finance.forecast_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    assert page.head is not None
    return finance_page(request, "forecast", page.head, {"page": page, "form": form})


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def my_forecast(request: TenantRequest) -> HttpResponse:
    form = forms.Forecast(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            count = forecasts.save_forecast(
                typed=_typed(request.POST), actor=request.actor, at=clock.now()
            )
            return go_to(request, "projects:my_forecast", toast=_saved(count))
    page = finance.my_forecast_page(actor=request.actor, as_of=clock.today())
    return render_page_or_part(
        request, "projects/my_forecast.html", "projects/_my_forecast.html",
        {"page": page, "form": form}, status=422 if form.errors else 200,
    )  # fmt: skip


@require_GET
@requires(*SEE)
def estimate(request: TenantRequest, project_id: int) -> HttpResponse:
    asked = request.GET.get("task", "")
    page = finance.estimate_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(),
        task_id=int(asked) if asked.isdecimal() and len(asked) < 19 else None,
    )  # fmt: skip
    return finance_page(request, "estimate", page.head, {"page": page})


@require_GET
@requires(*SEE)
def baseline_list(request: TenantRequest, project_id: int) -> HttpResponse:
    asked = request.GET.get("baseline", "")
    page = finance.baselines_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(),
        number=int(asked) if asked.isdecimal() and len(asked) < 3 else None,
    )  # fmt: skip
    return finance_page(request, "baselines", page.head, {"page": page})


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def baseline_set(request: TenantRequest, project_id: int) -> HttpResponse:
    found = editable_project(actor=request.actor, project_id=project_id)
    form = forms.SetBaseline(
        request.POST or None, initial={"number": request.GET.get("number", "0")}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            baselines.set_baseline(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:baseline_list", project_id, toast="Baseline set")
    back = reverse("projects:baseline_list", args=[project_id])
    return form_page(request, form, f"Set a baseline of {found.code}", "Set baseline", back)


@require_POST
@requires(*CHANGE)
def baseline_act(request: TenantRequest, project_id: int, number: int, act: str) -> HttpResponse:
    if act not in ("approve", "delete"):
        raise NotFound("A baseline is approved or deleted.")
    common: dict[str, Any] = {
        "project_id": project_id, "number": number, "actor": request.actor, "at": clock.now(),
    }  # fmt: skip
    form = forms.Forecast(request.POST)
    with errors_on(form):
        if form.is_valid():
            if act == "approve":
                baselines.approve_baseline(**common)
            else:
                baselines.delete_baseline(**common)
            words = "approved" if act == "approve" else "deleted"
            return go_to(request, "projects:baseline_list", project_id, toast=f"Baseline {words}")
    page = finance.baselines_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(), number=None
    )
    return finance_page(request, "baselines", page.head, {"page": page, "form": form})


def finance_page(
    request: TenantRequest, name: str, head: ProjectHead, context: dict[str, Any]
) -> HttpResponse:
    """One of the pages below the tab “Finance”."""
    form = context.get("form")
    context |= {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "finance",
        "part": name,
        "template": f"projects/_{name}.html",
    }
    return render_page_or_part(
        request, "projects/finance.html", f"projects/_{name}.html", context,
        status=422 if form is not None and form.is_bound and form.errors else 200,
    )  # fmt: skip


def _day(request: TenantRequest, today: date) -> date:
    """The day asked for; today for none, one to come, or what is no day."""
    try:
        return min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        return today


def _typed(data: QueryDict) -> dict[int, forecasts.Typed]:
    """`left_<task>` as typed and `seen_<task>` as it was. Raises  DomainError naming the field."""
    found = {}
    for name, text in data.items():
        key = name.removeprefix("left_")
        if key == name or not key.isdecimal() or len(key) > 18:
            continue
        seen_text = str(data.get(f"seen_{key}", ""))
        seen = int(seen_text) if seen_text.isdecimal() and len(seen_text) < 10 else None
        if seen is not None and str(text).strip() == formats.hours_text(seen):
            continue
        try:
            minutes = minutes_of(str(text)) if str(text).strip() else 0
        except ValueError:
            raise DomainError("Hours are typed as 7:30, 7.5 or 90m.", field=f"left_{key}") from None
        found[int(key)] = forecasts.Typed(minutes, minutes if seen is None else seen)
    return found


def _saved(count: int) -> str:
    if not count:
        return "Nothing has changed"
    return "1 task forecast" if count == 1 else f"{count} tasks forecast"
