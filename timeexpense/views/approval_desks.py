"""Around the inbox: lines decided one by one, sets and their outcomes, deputies, routing rules."""

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.errors import NotFound
from psa.core.web import lists
from psa.core.web.pages import (
    errors_on,
    go_to,
    go_to_url,
    render_form,
    render_page_or_part,
)
from psa.core.web.requests import TenantRequest
from timeexpense import forms, forms_of_approval
from timeexpense import lists_of_approval as specs
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approval_desks as selectors
from timeexpense.selectors import approvals as waiting
from timeexpense.services import approval_sets, approvals, delegations, returns, routes

from .approvals import after_decision
from .weeks import today_of

MOST_LINES = 100
MAY_NAME = (TimeExpensePermission.APPROVE, AccessPermission.MANAGE_PARAMETERS)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.APPROVE)
def lines(request: TenantRequest) -> HttpResponse:
    """Chosen entries, each with a comment of its own, returned or approved together."""
    actor = request.actor  # type: ignore[attr-defined]
    asked = forms.Entries({"entries": " ".join(request.GET.getlist("entries"))})
    keys = asked.cleaned_data["entries"] if asked.is_valid() else []
    chosen = waiting.chosen_waiting(actor=actor, keys=keys[:MOST_LINES])
    if not chosen:
        raise NotFound("None of these entries waits for you. Choose some in the inbox.")
    form = forms_of_approval.Lines(request.POST or None, lines=chosen)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            approves = form.cleaned_data["decision"] == "approve"
            done = (approvals.approve_entries if approves else returns.return_entries)(
                entries=[(line.kind, line.id) for line in chosen],
                comments=form.comments(),
                actor=actor,
                at=clock.now(),
            )
            return after_decision(request, done, kind=chosen[0].kind)
    more = f" The first {MOST_LINES} are here." if len(keys) > MOST_LINES else ""
    return _form(
        request,
        form,
        "Decide line by line",
        "Decide",
        back=reverse("timeexpense:approvals"),
        action=request.get_full_path(),
        intro=f"Each person reads the comment beside their entry.{more}",
    )


@require_POST
@requires(TimeExpensePermission.APPROVE)
def approve_try(request: TenantRequest) -> HttpResponse:
    """What approving the chosen entries would do; nothing is kept of it."""
    form = forms.Entries({"entries": " ".join(request.POST.getlist("entries"))})
    tried = None
    with errors_on(form):
        if form.is_valid():
            tried = approval_sets.try_approval(
                entries=form.cleaned_data["entries"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
    rows = () if tried is None else selectors.outcomes_of(tried.decisions)
    return render_form(
        request,
        form,
        page="timeexpense/approval_try.html",
        part="timeexpense/_approval_try.html",
        context={
            "rows": rows,
            "tried": tried,
            "kind": "expense" if request.POST.get("kind") == "expense" else "time",
        },
    )


@require_GET
@requires(TimeExpensePermission.APPROVE)
def approval_set(request: TenantRequest, run_id: int) -> HttpResponse:
    number = request.GET.get("page", "1")
    page = selectors.set_page(
        actor=request.actor,  # type: ignore[attr-defined]
        run_id=run_id,
        kind=approval_sets.JOB_KIND,
        number=int(number) if number.isdecimal() and len(number) < 7 else 1,
        only="refused" if request.GET.get("only") == "refused" else "",
    )
    return render_page_or_part(
        request, "timeexpense/approval_set.html", "timeexpense/_approval_set.html", {"page": page}
    )


@require_GET
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def desk_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.desk_rows(
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
        zone=request.membership.time_zone,  # type: ignore[attr-defined]
    )
    return lists.list_page(request, specs.DESKS, rows)


@require_GET
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def desk(request: TenantRequest, member_id: int) -> HttpResponse:
    """What waits for one approver: one's own inbox, or what their manager may do about it."""
    if member_id == request.membership.pk:  # type: ignore[attr-defined]
        return go_to(request, "timeexpense:approvals")
    page = selectors.desk_page(
        actor=request.actor,  # type: ignore[attr-defined]
        member_id=member_id,
        at=clock.now(),
        zone=request.membership.time_zone,  # type: ignore[attr-defined]
    )
    return render_page_or_part(
        request, "timeexpense/desk.html", "timeexpense/_desk.html", {"page": page}
    )


@require_GET
@requires(*MAY_NAME)
def deputy_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.deputy_rows(actor=request.actor, at=clock.now())  # type: ignore[attr-defined]
    return lists.list_page(request, specs.DEPUTIES, rows)


@require_http_methods(["GET", "POST"])
@requires(*MAY_NAME)
def deputy_create(request: TenantRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    asked = request.GET.get("approver", "")
    approver = int(asked) if asked.isdecimal() and len(asked) < 18 else actor.membership_id
    today = today_of(request)
    form = forms_of_approval.Deputy(
        request.POST or None,
        approvers=selectors.approvers_of(actor),
        initial={"approver": approver, "from_on": today, "until_on": today},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            made = delegations.name_deputy(
                approver_id=given["approver"].pk,
                delegate_id=given["delegate"].pk,
                from_on=given["from_on"],
                until_on=given["until_on"],
                reason=given["reason"],
                actor=actor,
                at=clock.now(),
            )
            said = "They decide from now on" if made.is_active else "They decide from that day on"
            return go_to(request, "timeexpense:deputy_list", toast=said)
    return _form(
        request, form, "Name a deputy", "Name the deputy", back=reverse("timeexpense:deputy_list")
    )


@require_http_methods(["GET", "POST"])
@requires(*MAY_NAME)
def deputy(request: TenantRequest, delegation_id: int) -> HttpResponse:
    """One deputyship, and the button that ends it."""
    actor = request.actor  # type: ignore[attr-defined]
    row = selectors.get_delegation(actor=actor, delegation_id=delegation_id)
    form = forms.Nothing(request.POST or None)
    with errors_on(form):
        if request.method == "POST":
            delegations.end_deputy(delegation_id=delegation_id, actor=actor, at=clock.now())
            return go_to(request, "timeexpense:deputy_list", toast="Ended")
    return _form(
        request,
        form,
        f"{row.delegate.name} in place of {row.approver.name}",
        "End it now",
        back=reverse("timeexpense:deputy_list"),
        intro=f"From {row.from_on:%-d %b %Y} until {row.until_on:%-d %b %Y}. {row.reason}",
    )


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def route_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.ROUTES, selectors.route_rows())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def route_create(request: TenantRequest) -> HttpResponse:
    form = forms_of_approval.Route(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            routes.save_route(
                route=form.route(),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:route_list", toast="Rule saved; it is on")
    return _form(
        request, form, "New routing rule", "Save rule", back=reverse("timeexpense:route_list")
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def route(request: TenantRequest, route_id: int) -> HttpResponse:
    return _route(request, route_id)


def _route(
    request: TenantRequest, route_id: int, refused: forms.Nothing | None = None
) -> HttpResponse:
    row = selectors.get_route(route_id=route_id)
    typed = request.POST if request.method == "POST" and refused is None else None
    form = forms_of_approval.Route(typed, initial=forms_of_approval.initial_of(row))
    with errors_on(form):
        if typed is not None and form.is_valid():
            routes.save_route(
                route=form.route(),
                route_id=route_id,
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:route_list", toast="Rule saved")
    return render_page_or_part(
        request,
        "timeexpense/route.html",
        "timeexpense/_route.html",
        {"form": form, "row": row, "refused": refused},
        status=422 if form.errors or refused else 200,
    )


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def route_switch(request: TenantRequest, route_id: int) -> HttpResponse:
    form = forms.Nothing({})
    with errors_on(form):
        row = routes.switch_route(
            route_id=route_id,
            is_active=request.POST.get("is_active") == "yes",
            actor=request.actor,  # type: ignore[attr-defined]
            at=clock.now(),
        )
        return go_to_url(
            request,
            reverse("timeexpense:route_list"),
            toast="Rule on" if row.is_active else "Rule off",
        )
    return _route(request, route_id, refused=form)


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    title: str,
    submit: str,
    *,
    back: str,
    intro: str = "",
    action: str = "",
) -> HttpResponse:
    return render_form(
        request,
        form,
        page="timeexpense/form.html",
        part="_components/form_part.html",
        context={
            "title": title,
            "submit": submit,
            "cancel_url": back,
            "intro": intro,
            "action_url": action,
        },
    )
