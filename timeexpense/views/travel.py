"""Travel requests: the list, one request, and deciding on it."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms, forms_policy, lists_of_expenses
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people, rows, travel
from timeexpense.services import travel as services

from .weeks import today_of


@require_GET
@for_every_member
def travel_list(request: TenantRequest) -> HttpResponse:
    rows = travel.request_rows(actor=request.actor)  # type: ignore[attr-defined]
    return lists.list_page(request, lists_of_expenses.TRAVEL, rows)


@require_GET
@for_every_member
def travel_request(request: TenantRequest, request_id: int) -> HttpResponse:
    return _render(request, request_id)


def _render(
    request: TenantRequest, request_id: int, form: forms.Nothing | forms_policy.Decide | None = None
) -> HttpResponse:
    page = travel.request_page(
        actor=request.actor,  # type: ignore[attr-defined]
        request_id=request_id,
    )
    context = {
        "page": page,
        "state": lists_of_expenses.REPORT_STATES[page.state],
        "form": form,
        "decide": form if isinstance(form, forms_policy.Decide) else forms_policy.Decide(),
    }
    return render_page_or_part(
        request,
        "timeexpense/travel_request.html",
        "timeexpense/_travel_request.html",
        context,
        status=422 if form and form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def travel_create(request: TenantRequest) -> HttpResponse:
    today = today_of(request)
    initial = {"currency": request.tenant.currency, "starts_on": today, "ends_on": today}  # type: ignore[attr-defined]
    return _save(request, None, initial, "New travel request")


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def travel_edit(request: TenantRequest, request_id: int) -> HttpResponse:
    row = travel.get_request(
        actor=request.actor,  # type: ignore[attr-defined]
        request_id=request_id,
    )
    initial = {
        "project": str(row.project_id), "purpose": row.purpose, "destination": row.destination,
        "starts_on": row.starts_on, "ends_on": row.ends_on, "currency": row.currency,
        "estimate": f"{row.estimate_amount.normalize():f}", "lock_version": row.lock_version,
    }  # fmt: skip
    return _save(request, request_id, initial, f"Change {row.number}")


def _save(
    request: TenantRequest, request_id: int | None, initial: dict[str, object], title: str
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    me = people.my_resource(actor)
    bookable = rows.bookable_choices(resource=me, on=today_of(request))
    choices = {choice.value.partition(":")[0]: choice.project_name for choice in bookable}
    form = forms_policy.Travel(request.POST or None, initial=initial, projects=choices)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = services.save_request(
                request_id=request_id,
                draft=form.as_draft(),
                lock_version=form.cleaned_data["lock_version"],
                actor=actor,
                at=clock.now(),
            )
            return go_to(request, "timeexpense:travel_request", made.pk, toast="Saved")
    return render_form(
        request,
        form,
        page="_form.html",
        part="_components/form_part.html",
        context={
            "title": title,
            "submit": "Save",
            "cancel_url": reverse("timeexpense:travel_list"),
            "crumbs": [("Travel requests", reverse("timeexpense:travel_list"))],
        },
    )


@require_POST
@requires(TimeExpensePermission.ENTER)
def travel_submit(request: TenantRequest, request_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            services.submit_request(
                request_id=request_id,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:travel_request", request_id, toast="Submitted")
    return _render(request, request_id, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def travel_take_back(request: TenantRequest, request_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            services.take_back(
                request_id=request_id,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:travel_request", request_id, toast="Taken back")
    return _render(request, request_id, form)


@require_POST
@requires(TimeExpensePermission.APPROVE)
def travel_decide(request: TenantRequest, request_id: int) -> HttpResponse:
    form = forms_policy.Decide(request.POST)
    with errors_on(form):
        if form.is_valid():
            services.decide(
                request_id=request_id,
                approve=form.cleaned_data["decision"] == "approve",
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:travel_request", request_id, toast="Decided")
    return _render(request, request_id, form)
