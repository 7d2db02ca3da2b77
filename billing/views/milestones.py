"""Pages of contract milestones."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing import forms
from billing.permissions import BillingPermission
from billing.selectors import milestones, readiness_chain, visibility
from billing.services import milestone_prompts, readiness
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import lists as specs


@require_GET
@requires(BillingPermission.VIEW, BillingPermission.VIEW_OWN)
def milestone_list(request: TenantRequest) -> HttpResponse:
    rows = milestones.milestones(actor=request.actor, today=clock.today())
    return lists.list_page(request, specs.MILESTONES, rows)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.VIEW, BillingPermission.VIEW_OWN)
def milestone_ready(request: TenantRequest, milestone_id: int) -> HttpResponse:
    found = visibility.get_milestone(actor=request.actor, milestone_id=milestone_id)
    now = clock.now()
    form = forms.MilestoneReady(request.POST or None, initial={"ready_on": now.date()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            readiness.mark_milestone_ready(
                milestone_id=milestone_id, actor=request.actor, at=now, **form.cleaned_data
            )
            return go_to(
                request, "billing:milestone_list", toast=f"“{found.name}” is ready to invoice"
            )
    context = {
        "title": found.name,
        "milestone": found,
        "chain": readiness_chain.readiness_chain(found),
        "state": specs.MILESTONE_STATES[found.state],
        "may_mark": found.state == "not_started"
        and (
            request.actor.has(BillingPermission.PROPOSE)
            or request.actor.has(BillingPermission.PROPOSE_OWN)
        ),
        "submit": "Mark ready to invoice",
        "cancel_url": reverse("billing:milestone_list"),
    }
    return render_form(
        request,
        form,
        page="billing/milestone.html",
        part="billing/_milestone.html",
        context=context,
    )


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.PROPOSE, BillingPermission.PROPOSE_OWN)
def milestone_task(request: TenantRequest, milestone_id: int) -> HttpResponse:
    """Which task of a plan delivers the milestone."""
    found = visibility.get_milestone(actor=request.actor, milestone_id=milestone_id)
    form = forms.MilestoneTask(
        request.POST or None,
        tasks=milestones.tasks_for(found),
        initial={"task": found.task_id},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            milestone_prompts.link_milestone_task(
                milestone_id=milestone_id, task_id=form.cleaned_data["task"],
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
            return go_to(request, "billing:milestone_ready", milestone_id, toast="Saved")
    context = {
        "title": f"Who delivers “{found.name}”",
        "submit": "Save",
        "cancel_url": reverse("billing:milestone_ready", args=[milestone_id]),
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
