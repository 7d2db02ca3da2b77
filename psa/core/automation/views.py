"""Pages of rules: the list, a rule with its log and dry run, the builder; approvals."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.automation import forms, selectors, subjects
from psa.core.automation import lists_of_automation as specs
from psa.core.automation.models import RuleRun
from psa.core.automation.services import approvals, dry_runs, rules
from psa.core.errors import NotFound
from psa.core.web import lists, states
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

LAST_MONTH_DAYS = 31


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.RULES, selectors.rules(actor=request.actor))


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def run_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.RUNS, selectors.runs(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule_create(request: TenantRequest) -> HttpResponse:
    """First the moment, then the rule at it; the address carries the moment."""
    moment = forms.moment_of(request.GET.get("when", ""))
    if moment is None:
        asked = forms.Moment(request.POST or None)
        if request.method == "POST" and asked.is_valid():
            when = asked.cleaned_data["when"]
            return go_to_url(request, f"{reverse('automation:rule_create')}?when={when}")
        return _form(request, asked, "New rule", "Go on", intro="First: when does it act?")
    form = forms.Rule(request.POST or None, kind=moment[0], key=moment[1])
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = rules.save_rule(
                rule_id=None, rule=form.rule(), actor=request.actor, at=clock.now()
            )
            return go_to(request, "automation:rule", made.pk, toast="Rule saved; it is on")
    return _form(
        request,
        form,
        "New rule",
        "Save rule",
        intro=_said(*moment),
        action=f"{reverse('automation:rule_create')}?when={moment[0]}:{moment[1]}",
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule_edit(request: TenantRequest, rule_id: int) -> HttpResponse:
    row = selectors.get_rule(actor=request.actor, rule_id=rule_id)
    if forms.moment_of(f"{row.trigger_kind}:{row.trigger}") is None:
        raise NotFound("This rule asks about something that this version does not know.")
    form = forms.Rule(
        request.POST or None,
        kind=row.trigger_kind,
        key=row.trigger,
        initial=forms.initial_of(row),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            rules.save_rule(rule_id=rule_id, rule=form.rule(), actor=request.actor, at=clock.now())
            return go_to(request, "automation:rule", rule_id, toast="Rule saved")
    return _form(request, form, row.name, "Save rule", intro=_said(row.trigger_kind, row.trigger))


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule(request: TenantRequest, rule_id: int) -> HttpResponse:
    return _rule(request, rule_id)


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule_switch(request: TenantRequest, rule_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        row = rules.switch_rule(
            rule_id=rule_id,
            is_active=request.POST.get("is_active") == "yes",
            actor=request.actor,
            at=clock.now(),
        )
        return go_to(
            request, "automation:rule", rule_id, toast="Rule on" if row.is_active else "Rule off"
        )
    return _rule(request, rule_id, refused=form)


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def rule_dry_run(request: TenantRequest, rule_id: int) -> HttpResponse:
    """What it would have fired for in the last month; nothing is written."""
    form = PlainForm({})
    found = None
    with errors_on(form):
        found = dry_runs.dry_run(
            rule_id=rule_id, days=LAST_MONTH_DAYS, actor=request.actor, at=clock.now()
        )
    return render_form(
        request,
        form,
        page="automation/dry_run.html",
        part="automation/_dry_run.html",
        context={
            "found": found,
            "rule": selectors.get_rule(actor=request.actor, rule_id=rule_id),
        },
    )


@require_GET
@for_every_member
def request_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.requests_visible_to(request.actor).select_related(
        "rule", "requested_by", "decided_by"
    )
    return lists.list_page(request, specs.REQUESTS, rows)


@require_http_methods(["GET", "POST"])
@for_every_member
def approval_request(request: TenantRequest, request_id: int) -> HttpResponse:
    found = selectors.get_request(actor=request.actor, request_id=request_id)
    form = forms.Decide(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            approvals.decide(
                request_id=request_id,
                is_approved=form.cleaned_data["decision"] == "approve",
                comment=form.cleaned_data["comment"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "automation:request", request_id, toast="Decided")
    may_decide = (
        found.state == "waiting"
        and found.requested_by_id != request.actor.membership_id
        and found.rule.approver_role in selectors.role_codes_of(request.actor)
    )
    return render_form(
        request,
        form,
        page="automation/request.html",
        part="automation/_request.html",
        context={
            "found": found,
            "state": specs.REQUEST_STATES[found.state],
            "record_url": reverse(found.url_name, args=[found.url_id]),
            "may_decide": may_decide,
        },
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def gate(request: TenantRequest, gate_key: str, record_id: int) -> HttpResponse:
    """What holds a step of a record up, and the form to ask; the record's page loads it."""
    known = subjects.gate(gate_key)
    if not known.can_see(request.actor, record_id):
        raise NotFound("There is no such record, or it is not yours to see.")
    form = forms.Ask(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            approvals.request_approval(
                gate=gate_key,
                record_id=record_id,
                note=form.cleaned_data["note"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "automation:request_list", toast="Approval asked for")
    found = approvals.standings(gate=gate_key, record_id=record_id, at=clock.now())
    return render_form(
        request,
        form,
        page="automation/gate.html",
        part="automation/_gate.html",
        context={
            "standings": found,
            "states": specs.REQUEST_STATES,
            "gate_key": gate_key,
            "record_id": record_id,
            "may_ask": any(one.request is None or one.request.state == "declined" for one in found),
        },
    )


def _said(kind: str, key: str) -> str:
    words = dict(pair for _, choices in forms.moments() for pair in choices)
    return f"When: {words.get(f'{kind}:{key}', key)}."


def _rule(
    request: TenantRequest, rule_id: int, *, refused: PlainForm | None = None
) -> HttpResponse:
    page = selectors.rule_page(actor=request.actor, rule_id=rule_id)
    return render_page_or_part(
        request,
        "automation/rule.html",
        "automation/_rule.html",
        {
            "page": page,
            "state": states.ON_OFF[page.row.is_active],
            "runs": [
                (run, specs.OUTCOMES[RuleRun.Outcome(run.outcome)], specs.record_url(vars(run)))
                for run in page.runs
            ],
            "refused": refused,
        },
        status=200 if refused is None else 422,
    )


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    title: str,
    submit: str,
    *,
    intro: str = "",
    action: str = "",
) -> HttpResponse:
    back = reverse("automation:rule_list")
    context: dict[str, Any] = {
        "title": title,
        "submit": submit,
        "intro": intro,
        "action_url": action,
        "cancel_url": back,
        "crumbs": [("Rules", back)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
