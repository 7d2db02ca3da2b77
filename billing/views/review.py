"""What a reviewer does with several lines, and who approves the whole."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing import forms
from billing.models import Proposal
from billing.permissions import BillingPermission
from billing.selectors import approvals as rules
from billing.selectors import proposals, visibility
from billing.services import approvals, line_moves, review
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from .proposals import review_page


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.REVIEW)
def lines_change(request: TenantRequest, proposal_id: int) -> HttpResponse:
    found = visibility.get_proposal(actor=request.actor, proposal_id=proposal_id)
    form = forms.ChangeLines(
        request.POST if request.method == "POST" else None,
        sees_rates=visibility.sees_bill_rates(request.actor, found.contract_id),
        currency=found.currency,
        initial=_ticked(request, found),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            review.change_lines(
                proposal_id=proposal_id,
                line_ids=data["lines"],
                price=data.get("price"),
                description=data["description"],
                reason=data["reason"],
                lock_version=data["lock_version"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "billing:proposal", proposal_id, toast="Lines changed")
    return _form(request, form, found, title="Change ticked lines", submit="Change lines")


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.REVIEW)
def lines_move(request: TenantRequest, proposal_id: int) -> HttpResponse:
    found = visibility.get_proposal(actor=request.actor, proposal_id=proposal_id)
    form = forms.MoveLines(
        request.POST if request.method == "POST" else None,
        targets=proposals.open_siblings(actor=request.actor, proposal=found),
        initial=_ticked(request, found),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            target = line_moves.move_lines(
                proposal_id=proposal_id,
                line_ids=form.cleaned_data["lines"],
                target_id=form.cleaned_data["target"],
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(
                request, "billing:proposal", target.pk, toast=f"Lines moved to {target.number}"
            )
    return _form(request, form, found, title="Move ticked lines", submit="Move lines")


@require_POST
@requires(BillingPermission.APPROVE)
def proposal_approve(request: TenantRequest, proposal_id: int) -> HttpResponse:
    form = forms.ApproveProposal(request.POST)
    with errors_on(form):
        if form.is_valid():
            approvals.approve_proposal(
                proposal_id=proposal_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
    return review_page(request, proposal_id, refused=form)


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def approval_rule(request: TenantRequest) -> HttpResponse:
    rule = rules.approval_rule()
    form = forms.ApprovalRule(
        request.POST or None,
        initial={
            "over_amount": rule.over_amount.normalize() if rule and rule.over_amount else None,
            "over_percent": rule.over_percent if rule else None,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            approvals.change_approval_rule(actor=request.actor, at=clock.now(), **form.cleaned_data)
            return go_to(request, "billing:approval_rule", toast="Approval rule saved")
    context = {
        "title": "Approval of invoices",
        "intro": "An invoice above one of these is approved by somebody other than its reviewer "
        "before it is confirmed. The amount is in your firm's own currency.",
        "submit": "Save",
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


def _ticked(request: TenantRequest, found: Proposal) -> dict[str, Any]:
    return {
        "lock_version": found.lock_version,
        "lines": ",".join(request.GET.getlist("selected")),
    }


def _form(
    request: TenantRequest, form: forms.ChosenLines, found: Proposal, *, title: str, submit: str
) -> HttpResponse:
    url = reverse("billing:proposal", args=[found.pk])
    chosen = str(form["lines"].value() or "")
    count = len([part for part in chosen.split(",") if part])
    context = {
        "title": title,
        "intro": f"{count} line{'' if count == 1 else 's'} of {found.number} ticked.",
        "submit": submit,
        "cancel_url": url,
        "crumbs": [("Proposals", reverse("billing:proposal_list")), (found.number, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )
